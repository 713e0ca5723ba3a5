"""Paths in and out of the beam: every shortcut gives what the search row by row gives."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from mtbench.metrics.ter import Reference, load_levenshtein
from mtbench.metrics.ter_paths import Beam, beam_path, beam_rows, beam_tails, best_path
from tests.support.examples import examples

LEVENSHTEIN = load_levenshtein()


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, Reference]:
    """A hypothesis and a reference of 25 words and more, which a beam can be too narrow for."""
    dice = random.Random(draw(st.integers(0, 2**32)))
    vocabulary = draw(st.sampled_from((2, 8, 40, 200)))
    words = [str(dice.randrange(vocabulary)) for _ in range(draw(st.integers(25, 90)))]
    at = dice.randrange(len(words))
    moved = words[at:] + words[:at] if draw(st.booleans()) else list(words)
    for _ in range(draw(st.integers(0, 30))):
        place = dice.randrange(len(moved))
        moved[place : place + dice.randrange(3)] = [str(dice.randrange(vocabulary))]
    reference = Reference(words)
    return reference.encode(moved), reference


@given(pair=pairs())
@settings(max_examples=examples(150), deadline=None)
def test_heads_and_tails_meet_in_every_row(pair: tuple[str, Reference]) -> None:
    hypothesis, reference = pair
    beam = Beam(len(hypothesis), len(reference.text))
    rows = beam_rows(hypothesis, reference.text, beam)
    tails = beam_tails(hypothesis, reference.text, beam)
    for row in range(1, len(hypothesis) + 1):
        head = beam_rows(hypothesis, reference.text, beam, rows[: row // 2 + 1], row)[-1]
        assert head == rows[row]
        assert min(map(sum, zip(head, tails[row], strict=False))) == rows[-1][-1]


@given(pair=pairs())
@settings(max_examples=examples(300), deadline=None)
def test_a_best_path_within_the_beam_is_the_beams(pair: tuple[str, Reference]) -> None:
    hypothesis, reference = pair
    text = reference.text
    beam = Beam(len(hypothesis), len(text))
    rows = beam_rows(hypothesis, text, beam)
    distance = LEVENSHTEIN.distance(hypothesis, text)
    assert distance <= rows[-1][-1]
    steps = best_path(hypothesis, text, reference.masks)
    assert sum(step != " " for step in steps) == distance
    if beam.holds(steps):
        assert rows[-1][-1] == distance
        assert beam_path(hypothesis, text, rows) == steps
    if beam.surely_holds(LEVENSHTEIN.edits(hypothesis, text).as_list()) or distance <= beam.free:
        assert rows[-1][-1] == distance
