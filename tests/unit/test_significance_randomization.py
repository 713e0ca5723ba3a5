"""Randomization tests: rows are swapped, then pooled."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mtbench.errors import RequestError
from mtbench.significance.draws import all_masks, swap_masks
from mtbench.significance.randomization import (
    Outcome,
    floor_p,
    randomization_tests,
    ruled_resamples,
)
from mtbench.significance.units import exact
from tests.support.examples import examples
from tests.support.lexical_rows import Pool, mean, mean_rows, pool_bleu, pool_ter

Array = NDArray[np.float64]
PAIR = ("a", "b")


def outcome(
    a: Array,
    b: Array,
    pool: Pool = mean,
    *,
    resamples: int = 999,
    seed: int = 0,
    stop_after: int | None = None,
    entries: int = 1 << 22,
) -> Outcome:
    return randomization_tests(
        {"a": exact(a), "b": exact(b)},
        pool,
        [PAIR],
        resamples=resamples,
        seed=seed,
        stop_after=stop_after,
        entries=entries,
    )[PAIR]


def brute_force(a: Array, b: Array, pool: Pool) -> float:
    """Share of all 2ⁿ swaps whose difference is at least as large, one by one."""
    observed = abs(float(pool(a.sum(axis=0))) - float(pool(b.sum(axis=0))))
    extreme = 0
    for swap in itertools.product([False, True], repeat=len(a)):
        chosen = np.array(swap)[:, None]
        one = float(pool(np.where(chosen, b, a).sum(axis=0)))
        other = float(pool(np.where(chosen, a, b).sum(axis=0)))
        extreme += abs(one - other) >= observed - 1e-9
    return float(extreme / 2 ** len(a))


def test_three_segments_by_hand() -> None:
    # Deltas 1, 2, 3: the mean difference is ±6/3 for two of the eight signs, less for the rest.
    assert outcome(mean_rows([1, 2, 3]), mean_rows([0, 0, 0])).p == 2 / 8
    # Deltas 1, 2, -3: the sum is 0, so nothing is less extreme.
    assert outcome(mean_rows([1, 2, 0]), mean_rows([0, 0, 3])).p == 1.0
    # Deltas 3, 1, 1: sums ±5 (2 of 8); observed 3 + 1 - 1 = 3 is reached by ±5, ±3, ±3.
    assert outcome(mean_rows([3, 1, 0]), mean_rows([0, 0, 1])).p == 6 / 8


def test_seven_paragraphs_cannot_go_below_their_floor() -> None:
    found = outcome(mean_rows(np.arange(1.0, 8.0)), mean_rows(np.zeros(7)))
    assert found == Outcome(p=2 / 2**7, extreme=2, resamples=128)
    assert floor_p(7, 10_000) == 0.015625
    assert floor_p(10, 10_000) == pytest.approx(0.00195, abs=5e-6)
    assert floor_p(2000, 9_999) == 1e-4
    assert floor_p(0, 10) == 1.0


def test_sixteen_units_are_exact_and_seventeen_are_not() -> None:
    rows = mean_rows(np.arange(17.0))
    assert outcome(rows[:16], rows[:16] * [0, 1]).resamples == 2**16
    assert outcome(rows, rows * [0, 1], resamples=99).resamples == 99


COUNTS = st.integers(1, 7).flatmap(
    lambda n: st.lists(
        st.lists(st.integers(0, 6), min_size=20, max_size=20), min_size=n, max_size=n
    )
)


@settings(max_examples=examples(60), deadline=None)
@given(drawn=COUNTS)
def test_exact_is_brute_force_for_bleu(drawn: list[list[int]]) -> None:
    both = np.array(drawn, dtype=np.float64)
    a, b = both[:, :10], both[:, 10:]
    assert outcome(a, b, pool_bleu).p == brute_force(a, b, pool_bleu)


@settings(max_examples=examples(60), deadline=None)
@given(drawn=COUNTS, entries=st.integers(1, 3000))
def test_exact_is_symmetric_and_bounded(drawn: list[list[int]], entries: int) -> None:
    both = np.array(drawn, dtype=np.float64)
    a, b = both[:, :2] + [0, 1], both[:, 2:4] + [0, 1]
    found = outcome(a, b, pool_ter)
    assert found == outcome(b, a, pool_ter, entries=entries)
    assert 2 / 2 ** len(a) <= found.p <= 1 or len(a) == 1
    assert outcome(a, a, pool_ter).p == 1.0


def test_random_swaps_approach_the_exact_value() -> None:
    generator = np.random.default_rng(5)
    a, b = generator.random(12), generator.random(12) - 0.2
    true = outcome(mean_rows(a), mean_rows(b)).p
    # Units that do not differ change no difference, but make the test an approximate one.
    same = np.full(8, 0.5)
    found = outcome(
        mean_rows(np.concatenate([a, same])),
        mean_rows(np.concatenate([b, same])),
        resamples=20_000,
    )
    assert found.resamples == 20_000
    assert found.p == pytest.approx(true, abs=4 * np.sqrt(true * (1 - true) / 20_000))


def test_the_chunk_and_the_company_change_nothing() -> None:
    generator = np.random.default_rng(6)
    systems = {name: exact(mean_rows(generator.random(70))) for name in "abcd"}
    alone = randomization_tests(systems, mean, [("a", "b")], resamples=500, seed=9)
    pairs = [("a", "b"), ("c", "a"), ("d", "b"), ("b", "c")]
    for entries in (1, 5_000, 1 << 22):
        together = randomization_tests(systems, mean, pairs, resamples=500, seed=9, entries=entries)
        assert together[("a", "b")] == alone[("a", "b")]
        backwards = {name: systems[name] for name in "dcba"}
        again = randomization_tests(backwards, mean, pairs, resamples=500, seed=9)
        assert again == together


def test_seed_zero_is_a_seed_and_others_differ() -> None:
    generator = np.random.default_rng(7)
    a, b = mean_rows(generator.random(50)), mean_rows(generator.random(50))
    assert outcome(a, b, seed=0) == outcome(a, b, seed=0)
    assert outcome(a, b, seed=0) != outcome(a, b, seed=1)
    with pytest.raises(RequestError, match="seed"):
        outcome(a, b, seed=-3)


def test_a_system_and_its_copy() -> None:
    rows = mean_rows(np.random.default_rng(8).random(100))
    assert outcome(rows, rows.copy()).p == 1.0


def test_single_and_double_precision_agree() -> None:
    # The same counts, once small enough for single precision and once not.
    generator = np.random.default_rng(9)
    a, b = generator.integers(1, 50, (2, 80, 2)).astype(np.float64)
    big = float(1 << 22)
    small = outcome(a, b, pool_ter, seed=3)
    assert small.p < 1
    assert outcome(a * big, b * big, pool_ter, seed=3) == small


def test_early_stopping_counts_to_the_last_needed_swap() -> None:
    generator = np.random.default_rng(10)
    a, b = mean_rows(generator.random(60)), mean_rows(generator.random(60) + 0.05)
    full = outcome(a, b, resamples=5_000)
    stopped = outcome(a, b, resamples=5_000, stop_after=20)
    assert full.extreme > 100
    assert stopped.extreme == 20 and stopped.p == 20 / stopped.resamples
    # The swap it stopped at is the twentieth extreme one: one fewer holds nineteen.
    assert outcome(a, b, resamples=stopped.resamples).extreme == 20
    assert outcome(a, b, resamples=stopped.resamples - 1).extreme == 19
    for entries in (100, 10_000):
        assert outcome(a, b, resamples=5_000, stop_after=20, entries=entries) == stopped
    # Nothing stops where too few swaps are extreme.
    assert outcome(a, b, resamples=5_000, stop_after=full.extreme + 1) == full


def test_masks_are_fair_and_complete() -> None:
    coins = np.concatenate(list(swap_masks(70, 4_000, 1)))
    assert coins.shape == (4_000, 70)
    assert np.abs(coins.mean(axis=0) - 0.5).max() < 5 * 0.5 / np.sqrt(4_000)
    correlation = np.corrcoef(coins.T) - np.eye(70)
    assert np.abs(correlation).max() < 5.5 / np.sqrt(4_000)
    every = np.concatenate(list(all_masks(5, entries=7)))
    assert len({tuple(row) for row in every.tolist()}) == 16
    assert not every[:, 0].any()


@pytest.mark.parametrize(
    "pairs,alpha,expected",
    [(1, 0.05, 10_000), (55, 0.05, 11_000), (190, 0.05, 38_000), (190, 0.01, 190_000)],
)
def test_resamples_grow_with_the_family(pairs: int, alpha: float, expected: int) -> None:
    assert ruled_resamples(pairs, alpha) == expected
