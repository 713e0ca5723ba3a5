"""The fast count of edits against sacreBLEU's own, on random text."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.lib_ter import translation_edit_rate

from mtbench.metrics.ter import Reference, count_edits, load_levenshtein
from tests.support.examples import examples

LEVENSHTEIN = load_levenshtein()


def ours(hypothesis: list[str], reference: list[str]) -> int:
    return count_edits(hypothesis, Reference(reference), LEVENSHTEIN)


def moved(seed: int, words: list[str], changes: int, vocabulary: int) -> list[str]:
    """Words with random substitutions, deletions, insertions and moved blocks."""
    dice = random.Random(seed)
    found = list(words)
    for _ in range(changes):
        kind, at = dice.randrange(5), dice.randrange(len(found) + 1)
        if kind == 0:
            found[at : at + 1] = [str(dice.randrange(vocabulary + 3))]
        elif kind == 1:
            del found[at : at + 1]
        elif kind == 2:
            found.insert(at, str(dice.randrange(vocabulary + 3)))
        else:
            block = found[at : at + dice.randint(1, 12)]
            del found[at : at + len(block)]
            to = dice.randrange(len(found) + 1)
            found[to:to] = block
    return found


words = st.lists(st.sampled_from("abcdefgh"), max_size=24)


@given(hypothesis=words, reference=words)
@settings(max_examples=examples(400), deadline=None)
def test_equal_on_short_texts(hypothesis: list[str], reference: list[str]) -> None:
    assert (ours(hypothesis, reference), len(reference)) == translation_edit_rate(
        hypothesis, reference
    )


@given(
    seed=st.integers(0, 2**32),
    length=st.integers(1, 70),
    vocabulary=st.integers(1, 60),
    changes=st.integers(0, 12),
)
@settings(max_examples=examples(40), deadline=None)
def test_equal_on_shuffled_texts(seed: int, length: int, vocabulary: int, changes: int) -> None:
    dice = random.Random(seed)
    reference = [str(dice.randrange(vocabulary)) for _ in range(length)]
    hypothesis = moved(seed + 1, reference, changes, vocabulary)
    assert ours(hypothesis, reference) == translation_edit_rate(hypothesis, reference)[0]


@pytest.mark.parametrize(
    ("seed", "length", "other", "vocabulary"),
    [
        (1, 70, 70, 40),  # more edits than the beam is surely free for
        (2, 120, 60, 200),
        (3, 40, 130, 9),
        (4, 3, 160, 5),  # a ratio of lengths that widens the beam
        (5, 160, 3, 5),
        (6, 55, 55, 2),  # 1,000 candidates and more
        (7, 90, 95, 1),
    ],
)
@pytest.mark.slow
def test_equal_where_limits_bite(seed: int, length: int, other: int, vocabulary: int) -> None:
    dice = random.Random(seed)
    hypothesis = [str(dice.randrange(vocabulary)) for _ in range(length)]
    reference = [str(dice.randrange(vocabulary)) for _ in range(other)]
    assert ours(hypothesis, reference) == translation_edit_rate(hypothesis, reference)[0]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.slow
def test_equal_on_long_texts_with_moved_blocks(seed: int) -> None:
    dice = random.Random(seed)
    reference = [str(int(dice.paretovariate(0.7))) for _ in range(90)]
    hypothesis = moved(seed, reference, 40, 50)
    assert ours(hypothesis, reference) == translation_edit_rate(hypothesis, reference)[0]


def test_no_words() -> None:
    assert ours([], []) == 0
    assert ours(["a", "b"], []) == 2
    assert ours([], [str(number) for number in range(60)]) == 60


def test_a_shift_costs_one_edit() -> None:
    # Snover et al. (2006): a block of any length moves for one edit.
    assert ours(["c", "d", "e", "a", "b"], ["a", "b", "c", "d", "e"]) == 1


def test_snovers_example() -> None:
    # Snover et al. (2006), section 3.1: 1 shift, 2 substitutions, 1 insertion = 4 edits,
    # 13 words of reference.
    reference = "saudi arabia denied this week information published in the american new york times"
    hypothesis = "this week the saudis denied information published in the new york times"
    assert len(reference.split()) == 13
    assert ours(hypothesis.split(), reference.split()) == 4
