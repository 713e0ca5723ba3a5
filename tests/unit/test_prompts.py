"""Prompts of LLMs and what of an answer is the translation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mtbench.backends.prompts import Prompter, PromptOptions, extract
from mtbench.errors import DataError, RequestError, SegmentError
from mtbench.languages import LanguagePair
from mtbench.types import Source

EN_DE = LanguagePair.parse("en-de")


def prompter(pair: str = "en-de", **options: Any) -> Prompter:
    return Prompter(PromptOptions.model_validate(options), LanguagePair.parse(pair))


def asked(made: Prompter, *sources: Source) -> str:
    (request,) = made.requests(sources)
    return request.messages[-1].content


# --- asking -----------------------------------------------------------------------------------


def test_the_standard_prompt() -> None:
    assert asked(prompter(pair="en-pt-BR"), Source(id="1", text="Rain {text}.")) == (
        "Translate the text below from English to Portuguese (Brazil). "
        "Answer with the translation alone.\n\nText:\nRain {text}."
    )


def test_context_and_instruction_reach_the_prompt() -> None:
    source = Source(id="1", text="Rain.", context="It was June.", instruction="Be brief.")
    assert asked(prompter(), source) == (
        "Translate the text below from English to German. Answer with the translation alone.\n\n"
        "Context, not to be translated:\nIt was June.\n\n"
        "Instructions for the translation:\nBe brief.\n\n"
        "Text:\nRain."
    )


def test_a_prompt_of_ones_own_and_what_it_leaves_out() -> None:
    made = prompter(prompt='{src}>{tgt} {{"q": "{text}"}}', system="You write {tgt}.")
    source = Source(id="1", text="Rain.", context="June.")
    (request,) = made.requests([source])
    assert [(m.role, m.content) for m in request.messages] == [
        ("system", "You write de."),
        ("user", 'en>de {"q": "Rain."}'),
    ]
    assert made.notes() == ()
    made.sources([source, Source(id="2", text="Snow.")])
    assert made.notes() == ("the prompt leaves out context or instructions of 1 segments",)


def test_context_and_instruction_may_stand_in_the_system_message() -> None:
    made = prompter(prompt="{text}", system="{context}{instruction}To {tgt}.")
    source = Source(id="1", text="Rain.", context="June.", instruction="Be brief.")
    (request,) = made.requests([source])
    assert request.messages[0].content == (
        "Context, not to be translated:\nJune.\n\n"
        "Instructions for the translation:\nBe brief.\n\nTo de."
    )
    made.sources([source])
    assert made.notes() == ()
    half = prompter(prompt="{text}", system="{context}")
    half.sources([source])
    assert "leaves out context or instructions of 1 segments" in half.notes()[0]
    (bare,) = half.requests([Source(id="2", text="Snow.")])
    assert [message.role for message in bare.messages] == ["user"]


def test_segments_of_no_document_are_noted() -> None:
    given = [Source(id="1", text="a", document="d"), *(Source(id=i, text=i) for i in "23")]
    made = prompter(unit="document")
    made.sources(given)
    assert made.notes() == ("2 segments belong to no document: each was asked for alone",)
    made = prompter()
    made.sources(given)
    assert made.notes() == ()


@pytest.mark.parametrize(
    ("options", "defect"),
    [
        ({"prompt": "Translate!"}, r"holds \{text\} once"),
        ({"prompt": "{text} {text}"}, r"holds \{text\} once"),
        ({"prompt": "{text} {reference}"}, r"nothing to put for \{reference\}"),
        ({"system": "{txt}"}, r"nothing to put for \{txt\}"),
        ({"system": "Translate {text}."}, r"no place for \{text\}"),
        ({"shots": 0}, "shots"),
    ],
)
def test_prompts_that_cannot_be(options: dict[str, Any], defect: str) -> None:
    with pytest.raises(ValidationError, match=defect):
        PromptOptions.model_validate(options)


def test_a_document_is_asked_for_by_number() -> None:
    made = prompter(unit="document")
    sources = [
        Source(id="a", text="One.", context="Before."),
        Source(id="b", text='Two "2".', instruction="Formal."),
    ]
    said = asked(made, *sources)
    assert "Context, not to be translated:\n1: Before.\n\n" in said
    assert "Instructions for the translation:\n2: Formal.\n\n" in said
    assert json.loads(said[said.index("{") :]) == {"1": "One.", "2": 'Two "2".'}


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5))
def test_any_text_survives_the_way_there_and_back(texts: list[str]) -> None:
    made = prompter(unit="document", prompt="{text}")
    (request,) = made.requests([Source(id=str(i), text=t) for i, t in enumerate(texts)])
    said = request.messages[-1].content
    assert list(json.loads(said).values()) == texts
    if all(text.strip() for text in texts):
        assert [t.text for t in made.read(request, said)] == [text.strip() for text in texts]


# --- examples -----------------------------------------------------------------------------------


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    path = tmp_path / "shots.en-de.jsonl"
    path.write_text(
        '{"id": "x1", "src": "Snow.", "ref": "Schnee."}\n'
        '{"id": "x2", "src": "Wind.", "ref": ["Wind.", "Der Wind."]}\n',
        "utf-8",
    )
    return path


def test_examples_are_turns_of_the_chat(examples: Path) -> None:
    made = prompter(examples=str(examples).replace("en-de", "{src}-{tgt}"), prompt="T: {text}")
    (request,) = made.requests([Source(id="1", text="Rain.")])
    assert [(m.role, m.content) for m in request.messages] == [
        ("user", "T: Snow."),
        ("assistant", "Schnee."),
        ("user", "T: Wind."),
        ("assistant", "Wind."),
        ("user", "T: Rain."),
    ]
    (one,) = prompter(examples=str(examples), shots=1).requests([Source(id="1", text="Rain.")])
    assert len(one.messages) == 3
    whole = prompter(examples=str(examples), unit="document", prompt="{text}")
    (request,) = whole.requests([Source(id="1", text="Rain.")])
    assert [json.loads(m.content) for m in request.messages] == [
        {"1": "Snow.", "2": "Wind."},
        {"1": "Schnee.", "2": "Wind."},
        {"1": "Rain."},
    ]


def test_examples_are_held_out(examples: Path) -> None:
    made = prompter(examples=str(examples))
    made.sources([Source(id="1", text="Rain.")])
    with pytest.raises(DataError, match=r"example 2 .* is segment 's9' of the test set"):
        made.sources([Source(id="s9", text=" Wind. ")])


@pytest.mark.parametrize("text", ["snow", "SNOW!", "“Snow”", "Ｓnow .", "schnee"])
def test_an_example_that_differs_in_nothing_that_matters_is_not_held_out(
    examples: Path, text: str
) -> None:
    made = prompter(examples=str(examples))
    with pytest.raises(DataError, match=r"example 1 .* is segment 's9' of the test set"):
        made.sources([Source(id="s9", text=text)])
    made.sources([Source(id="s9", text=f"{text} falls"), Source(id="s10", text="!?")])


def test_the_digest_follows_what_is_said(examples: Path) -> None:
    plain = prompter().digest()
    assert plain == prompter().digest()
    others = [
        prompter(unit="document"),
        prompter(prompt="{text}"),
        prompter(system="Be good."),
        prompter(examples=str(examples)),
        prompter(examples=str(examples), shots=1),
    ]
    assert len({plain, *(other.digest() for other in others)}) == 6


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ("", DataError, "no examples"),
        ('{"src": "a"}\n', DataError, r":1: an example needs src and ref"),
        ('{"src": "a", "ref": ""}\n', DataError, r":1: an example needs src and ref"),
        ('{"src": "a", "ref": "b"}\n{\n', DataError, r":2: not a JSON object"),
    ],
)
def test_examples_that_are_none(
    content: str, error: type[Exception], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "shots.jsonl"
    path.write_text(content)
    with pytest.raises(error, match=message):
        prompter(examples=str(path)).examples()


def test_too_few_examples(examples: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="holds 2 examples, and shots is 3"):
        prompter(examples=str(examples), shots=3).examples()
    with pytest.raises(RequestError, match="cannot be read"):
        prompter(examples=str(tmp_path / "nowhere.jsonl")).examples()


# --- reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "text", "removed"),
    [
        ("Regen.", "Regen.", []),
        ("  Regen.\n", "Regen.", []),
        ("```\nRegen.\n```", "Regen.", ["fence"]),
        ("```text\nRegen.\n\nSchnee.\n```\n", "Regen.\n\nSchnee.", ["fence"]),
        ("~~~\nRegen.\n~~~", "Regen.", ["fence"]),
        ('"Regen."', "Regen.", ["quotes"]),
        ("„Regen.“", "Regen.", ["quotes"]),
        ("« Pluie. »", "Pluie.", ["quotes"]),
        ('```\n"Regen."\n```', "Regen.", ["fence", "quotes"]),
        # What is not all of the answer stays, chatter included.
        ("Sure! Here it is:\n```\nRegen.\n```", "Sure! Here it is:\n```\nRegen.\n```", []),
        ('"Regen", sagte sie, "bald."', '"Regen", sagte sie, "bald."', []),
        ("Translation: Regen.", "Translation: Regen.", []),
        ("'s regnet'", "s regnet", ["quotes"]),
        ('""', '""', []),
        ("```", "```", []),
    ],
)
def test_what_is_extracted(raw: str, text: str, removed: list[str]) -> None:
    assert extract(raw, "Rain.") == (text, removed)


def test_quotes_stay_where_the_source_has_them() -> None:
    assert extract("„Regen.“", "“Rain.”") == ("„Regen.“", [])
    assert extract("„Regen.“", "“Rain,” she said, “soon.”") == ("Regen.", ["quotes"])


@given(st.text())
def test_extraction_only_ever_cuts_from_the_ends(raw: str) -> None:
    text, removed = extract(raw, "Rain.")
    assert text in raw
    if not removed:
        assert text == raw.strip()


def test_the_raw_answer_is_kept() -> None:
    made = prompter()
    (request,) = made.requests([Source(id="1", text="Rain.")])
    (translation,) = made.read(request, '```\n"Regen."\n```')
    assert translation.text == "Regen."
    assert translation.kept == {"raw": '```\n"Regen."\n```', "removed": ["fence", "quotes"]}
    with pytest.raises(SegmentError, match="empty"):
        made.read(request, "```\n\n```")


def test_a_document_comes_back_whole() -> None:
    made = prompter(unit="document")
    (request,) = made.requests([Source(id="a", text="One."), Source(id="b", text="Two.")])
    raw = '```json\n{"2": "Zwei.", "1": " Eins. "}\n```'
    first, second = made.read(request, raw)
    assert (first.text, second.text) == ("Eins.", "Zwei.")
    assert first.kept == {"raw": raw, "removed": ["fence"]}
    assert second.kept == {"raw_beside": "a"}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ('{"1": "Eins."}', "holds 1 translations by number, asked for were 2"),
        ('{"1": "Eins.", "2": "Zwei.", "3": "Drei."}', "holds 3"),
        ('["Eins.", "Zwei."]', "holds 2 translations by number"),
        ('{"1": "Eins.", "1": "Zwei."}', "a number occurs twice"),
        ('{"1": "Eins.", "2": " "}', "says nothing for paragraph 2"),
        ('{"1": "Eins.", "2": null}', "says nothing for paragraph 2"),
        ('{"1": "Eins.", "2": "Zw', "not the JSON asked for"),
        ("Eins. Zwei.", "not the JSON asked for"),
        ("[" * 100_000, "not the JSON asked for"),
    ],
)
def test_a_document_that_does_not(raw: str, reason: str) -> None:
    made = prompter(unit="document")
    (request,) = made.requests([Source(id="a", text="One."), Source(id="b", text="Two.")])
    with pytest.raises(SegmentError, match=reason):
        made.read(request, raw)
