"""Every function that looks at a foreign text takes time linear in it: 10 µs a character at most.

What is worst is looked for among what foreign texts repeat, where that is quick. With
``MTBENCH_FUZZ`` the worst of each gets a megabyte.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from mtbench.backends.prompts import extract
from mtbench.documents.sentences import splitter
from mtbench.health import detectors, look
from mtbench.health.language import LanguageCheck
from mtbench.health.texts import SegmentTexts
from mtbench.metrics import judge_guard
from mtbench.metrics.integrity import constrained, structure
from mtbench.metrics.integrity import numbers as kept_numbers
from mtbench.metrics.tokenizers import load_tokenizer
from mtbench.servers import answers
from mtbench.text import identify, markup, numbers, scripts, terms, thinking
from mtbench.types.corpora import Constraints
from tests.fuzz.pace import seconds
from tests.fuzz.patterns import USUAL, of_size

FIRST, LARGER = 1_500, 30_000
LARGEST = (1_000_000,) if "MTBENCH_FUZZ" in os.environ else ()
A_CHARACTER = 10e-6  # CPU seconds, on a machine that does other work as well
PARTS = (
    *USUAL,
    *(
        "a, ",
        "One two. ",
        "<b>",
        "</b>",
        "<think>",
        "{0} ",
        "%s ",
        "1.5 ",
        "12/3 ",
        "中文。",
        "é ",
        "\u200b",
    ),
    *(
        '{"a":',
        "[",
        "* a\n",
        "1. a\n",
        "# a\n",
        "http://a.b ",
        "&amp;",
        "_A ",
        "ciao ciao ",
        "🙂",
        "a\u0301",
    ),
)
Look = Callable[[str], object]


def twice(two: Callable[[str, str], object]) -> tuple[Look, Look, Look]:
    """As a source, as a translation, and as both, the second without its end."""
    return (
        lambda text: two(text, "Ciao."),
        lambda text: two("Hello.", text),
        lambda text: two(text, text[: -len(text) // 3]),
    )


def of_segments(one: Callable[[SegmentTexts], object]) -> tuple[Look, Look, Look]:
    return twice(lambda source, text: one(SegmentTexts(source, text)))


def functions() -> Iterator[tuple[str, Look]]:
    """Each by its name, once for every way in which foreign text comes in."""
    for text_of in (
        thinking.split_thinking, numbers.numbers, numbers.with_words, markup.marks, markup.tags,
        markup.numbered, markup.without_marks, markup.hot_key, markup.name_of,
        scripts.letters_by_script, scripts.unspaced_letters, scripts.word_units, scripts.visible,
        identify.guesses, structure.parse_json,
    ):  # fmt: skip
        yield f"{text_of.__module__}.{text_of.__name__}", text_of
    for name in ("13a", "intl", "char", "zh"):
        yield f"tokenizer {name}", load_tokenizer(name)
    for language in ("en", "de", "zh"):
        yield f"splitter {language}", splitter(language)[0]
    yield "scripts.foreign_script", lambda text: scripts.foreign_script(text, "it")
    yield "scripts.has_words", lambda text: scripts.has_words(text, 10**9)
    yield "identify.identified", lambda text: identify.identified(text, "it")
    yield "identify.Others", lambda text: identify.among(text, ("it", "en"))
    yield "terms.uses", lambda text: terms.uses("gestore ferroviario", text, "it")
    yield "terms.uses itself", lambda text: terms.uses(text[:100], text, "de")
    yield "terms.stands", lambda text: terms.stands("Tor", text)
    yield "answers.said", lambda text: answers.said({"content": text})
    yield (
        "answers.assembled",
        lambda text: answers.assembled(
            f'data: {{"choices":[{{"delta":{{"content":{text!r}}}}}]}}\n\n'.encode(
                "utf-8", "replace"
            )
        ),
    )
    yield "judge_guard.addressing", lambda text: judge_guard.addressing(text, "Hello.")
    asked = Constraints(terms={"cell": ("cella",)}, do_not_translate=("Tor",))
    yield (
        "constrained.do_not_translate",
        lambda text: constrained.do_not_translate(asked, text, text),
    )
    yield (
        "constrained.terms",
        lambda text: constrained.terms(asked.terms, text, "it", inflected=True),
    )
    several: dict[str, tuple[Look, ...]] = {
        f"detectors.{one.__name__}": of_segments(one) for one in look._DETECTORS.values()
    }
    several["detectors.truncated"] = of_segments(lambda s: detectors.truncated(s, 1.0, "it"))
    several["detectors.length"] = of_segments(lambda s: detectors.length(s, 1.0))
    check = LanguageCheck("en", "it")
    several["language"] = of_segments(lambda s: check.look(s.hypothesis, s.source, ()))
    for kept in (
        structure.placeholders, structure.tags, structure.html, structure.urls, structure.markdown,
        structure.lines, structure.hot_keys, markup.differences, markup.edges,
        numbers.lost_numbers, numbers.differing_numbers, extract,
    ):  # fmt: skip
        several[f"{kept.__module__}.{kept.__name__}"] = twice(kept)
    several["integrity.numbers"] = twice(lambda s, t: kept_numbers.numbers(s, t, "it"))
    for name, ways in several.items():
        for way, words in zip(ways, ("source", "hypothesis", "both"), strict=True):
            yield f"{name} {words}", way


ALL = dict(functions())


@pytest.mark.parametrize("name", ALL)
def test_linear(name: str) -> None:
    of, worst, found = ALL[name], "a", 0.0
    of("Hello.")  # what is loaded once
    for part in dict.fromkeys(PARTS):
        took = seconds(of, of_size(part, FIRST))
        assert took < 0.1 + FIRST * A_CHARACTER, (part, took)
        if took > found:
            worst, found = part, took
    for size in (LARGER, *LARGEST):
        took = seconds(of, of_size(worst, size))
        assert took < 0.1 + size * A_CHARACTER, (worst, size, took)
