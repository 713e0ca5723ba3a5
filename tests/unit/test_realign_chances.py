"""Chances of laying a text, beside every way to lay it written out; and what comes of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pytest

from mtbench.documents.likelihood import KnownSegments
from mtbench.documents.realign import Realigner
from mtbench.documents.runs import Field, chances

SENTENCES = [0, 0, 1, 2, 2, 3]


class Way(NamedTuple):
    """One way to lay a text.

    Attributes:
        score: Logarithm of its weight.
        own: Of each piece, how much of it is whose.
        omitted: Segments.
    """

    score: float
    own: dict[tuple[int, int], float]
    omitted: tuple[int, ...]


def field(seed: int, *, loops: bool) -> Field:
    draw = np.random.default_rng(seed)
    count, segments = len(SENTENCES), 3
    written = draw.integers(1, 9, count).astype(float)
    return Field(
        sentence=np.array(SENTENCES),
        lengths=np.minimum(written, 3) if loops else written,
        written=written,
        gain=draw.normal(size=(count, segments)),
        begin=draw.normal(size=(count, segments)),
        end=draw.normal(size=(count, segments)),
        expected=draw.uniform(3, 15, segments),
        omitted=draw.normal(size=segments) - 1,
        added_begin=draw.normal(size=count),
        added=-0.7,
        precision=(0.4, 0.9),
        hallucinated=draw.normal(size=segments) - 1,
        strange=draw.normal(size=count),
        strange_begin=draw.normal(size=count),
        loose=(0.2, 0.3),
    )


def of_length(length: float, expected: float, precision: tuple[float, float]) -> float:
    square = (length - expected) ** 2 / (6 * expected + 20)
    ratio = math.log((length + 1) / (expected + 1)) ** 2
    return -precision[0] * min(square, 30) - precision[1] * min(ratio, 4)


def runs(of: Field, segment: int, start: int, end: int) -> Iterator[Way]:
    """The two things that a run can be."""
    gain, sentence, length = 0.0, of.sentence, 0.0
    own: dict[tuple[int, int], float] = {}
    for number in range(sentence[start], sentence[end - 1] + 1):
        pieces = [at for at in range(start, end) if sentence[at] == number]
        here, size = of.gain[pieces, segment].sum(), of.lengths[pieces].sum()
        share = 1.0
        if number not in (sentence[start], sentence[end - 1]):  # it may be an addition
            share = math.exp(here) / (math.exp(here) + math.exp(of.added))
            here = math.log(math.exp(here) + math.exp(of.added))
        gain, length = gain + here, length + share * size
        own |= {(at, segment): share for at in pieces}
    gain += of.begin[start, segment] + of.end[end - 1, segment]
    yield Way(gain + of_length(length, of.expected[segment], of.precision), own, ())
    filled = max(of.lengths[start:end].sum(), round(of.expected[segment]))
    filled = min(filled, of.written[start:end].sum())
    strange = of.hallucinated[segment] + of.strange_begin[start] + of.strange[start:end].sum()
    strange += of_length(filled, of.expected[segment], of.loose)
    yield Way(strange, {(at, segment): 1.0 for at in range(start, end)}, ())


def additions(of: Field, start: int) -> Iterator[tuple[int, float]]:
    """Where an addition ends, and its score; none first."""
    yield start, 0.0
    for end in range(start + 1, len(SENTENCES) + 1):
        many = of.sentence[end - 1] - of.sentence[start] + 1
        yield end, of.added_begin[start] + of.added * many


def ways(of: Field, start: int, segment: int) -> Iterator[Way]:
    count, segments = of.gain.shape
    for at, added in additions(of, start):
        if segment == segments:
            if at == count:
                yield Way(added, {}, ())
            continue
        for rest in ways(of, at, segment + 1):
            score = added + of.omitted[segment] + rest.score
            yield Way(score, rest.own, (segment, *rest.omitted))
        for end in range(at + 1, count + 1):
            for rest in ways(of, end, segment + 1):
                for run in runs(of, segment, at, end):
                    score = added + run.score + rest.score
                    yield Way(score, rest.own | run.own, rest.omitted)


@pytest.mark.parametrize(("seed", "loops"), [(0, False), (1, True)])
def test_chances_are_those_of_all_ways(seed: int, loops: bool) -> None:
    of = field(seed, loops=loops)
    every = list(ways(of, 0, 0))
    evidence = math.log(sum(math.exp(way.score) for way in every))
    own, omitted = np.zeros(of.gain.shape), np.zeros(len(of.omitted))
    for way in every:
        chance = math.exp(way.score - evidence)
        for place, share in way.own.items():
            own[place] += chance * share
        omitted[list(way.omitted)] += chance
    found = chances(of)
    assert found.evidence == pytest.approx(evidence)
    assert found.own == pytest.approx(own)
    assert found.omitted == pytest.approx(omitted)


SOURCES = [
    "Die Katze schläft auf dem Sofa.",
    "Draußen regnet es seit drei Tagen.",
    "Der Zug nach Wien fährt um 9.40 Uhr.",
]
REFERENCES = [
    "The cat is sleeping on the sofa.",
    "Outside it has been raining for three days.",
    "The train to Vienna leaves at 9.40.",
]


def laid(text: str, second: tuple[str, str] = (SOURCES[1], REFERENCES[1])) -> list[str]:
    """The text of each segment."""
    sources, references = (
        [own[0], middle, own[2]] for own, middle in zip((SOURCES, REFERENCES), second, strict=True)
    )
    found = Realigner(KnownSegments(sources, references, None)).lay(text, [0, 1, 2])
    return [
        " ".join(text[start:end].strip() for owner, start, end in found.spans if owner == at)
        for at in range(3)
    ]


@pytest.mark.parametrize(
    "nonsense",
    ["Contact us, contact us, " + "contact us, " * 30 + "contact us.", "0" * 120 + "."],
)
def test_a_loop_stands_for_the_segment_in_whose_place_it_is(nonsense: str) -> None:
    text = f"The cat sleeps on the sofa. {nonsense} The train to Vienna leaves at 9.40."
    assert laid(text) == [
        "The cat sleeps on the sofa.",
        nonsense,
        "The train to Vienna leaves at 9.40.",
    ]


def test_a_hallucination_for_a_short_segment_stands_in_its_place() -> None:
    text = "The cat sleeps on the sofa. Contact us. The train to Vienna leaves at 9.40."
    middle = "Contact us."
    assert laid(text, second=("@user8", "@user8"))[1] == middle
    assert laid(text, second=("🙌", "🙌"))[1] == middle


def test_a_foreign_sentence_is_none_for_a_longer_segment() -> None:
    foreign = "Shares of the company fell by twelve percent on Friday, the agency reported."
    text = f"The cat sleeps on the sofa. {foreign} The train to Vienna leaves at 9.40."
    assert laid(text)[1] == ""
    assert laid(text, second=("Ja.", "Yes."))[1] == ""


def test_a_loop_beside_segments_that_are_all_there_is_an_addition() -> None:
    loop = "contact us, " * 30 + "contact us."
    text = f"{' '.join(REFERENCES)} {loop}"
    assert laid(text) == REFERENCES
