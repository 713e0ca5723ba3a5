"""Paragraphs to sentences: what ends one, and that nothing is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtbench.documents.paragraphs import clean
from mtbench.documents.sentences import splitter


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "en",
            ["Mr. Smith of Smith Co. left the U.S. in Jan. 2020.", 'He said "No."', "And then?"],
        ),
        (
            "de",
            [
                "Die Firma Müller & Co. hat am 3. Mai ca. 5 Mio. Euro gezahlt.",
                "Dr. Maier schwieg.",
            ],
        ),
        ("fr", ["M. Dupont a dit « Bonjour. »", "Puis il est parti."]),
        ("it", ["Il sig. Rossi cita l'art. 5 del dott. Bianchi.", "È tutto a pag. 12."]),
        ("ru", ["Он пришёл в 5 ч. вечера.", "Потом ушёл."]),
        ("pt-BR", ["O Sr. Silva saiu.", "Voltou às 10h."]),
    ],
)
def test_abbreviations_end_no_sentence(language: str, sentences: list[str]) -> None:
    split, known = splitter(language)
    assert known
    assert split(" ".join(sentences)) == sentences


def test_full_width_marks_end_a_sentence() -> None:
    split, known = splitter("zh-Hans")
    assert known
    assert split("今天天气很好。“我们去公园吧！”她说。你来吗？") == [
        "今天天气很好。",
        "“我们去公园吧！”",
        "她说。",
        "你来吗？",
    ]


def test_a_language_without_rules_is_split_and_said() -> None:
    split, known = splitter("sw")
    assert not known
    assert split("Habari za leo. Karibu sana.") == ["Habari za leo.", "Karibu sana."]


@given(st.sampled_from(["en", "de", "fr", "it", "zh", "sw"]), st.text())
def test_nothing_is_lost(language: str, text: str) -> None:
    paragraph = clean(text)
    split, _ = splitter(language)
    found = split(paragraph)
    assert re.sub(r"\s", "", "".join(found)) == re.sub(r"\s", "", paragraph)
    assert all(sentence.strip() for sentence in found)
