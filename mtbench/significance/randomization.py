"""Randomization tests: swap the two systems' rows of a unit, then pool (Riezler & Maxwell 2005).

Under the null hypothesis the two outputs of a unit are exchangeable: which of them stands under
which name is a fair coin. Every system of a family sees the same coins, so the sums over swapped
units are taken once a system and not once a pair: with S of them for system x, a pair's swapped
totals are T_a - S_a + S_b and T_b - S_b + S_a.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mtbench.significance.draws import all_masks, swap_masks
from mtbench.significance.intervals import Pool, pooled
from mtbench.significance.units import Array
from mtbench.types import SAME_SCORE

EXACT_UNITS = 16

Method = Literal["exact randomization", "approximate randomization"]
Pair = tuple[str, str]

_ENTRIES = 1 << 22  # of a chunk's matrices taken together: 32 MB as float64
_FLOAT32_INTEGERS = 1 << 24


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a randomization test counted.

    Attributes:
        p: The two-sided p-value.
        extreme: How many swaps gave a difference at least as large as the observed one.
        resamples: How many swaps were looked at.
    """

    p: float
    extreme: int
    resamples: int


def method_for(units: int) -> Method:
    """Which randomization test is used for a number of units."""
    return "exact randomization" if units <= EXACT_UNITS else "approximate randomization"


def ruled_resamples(pairs: int, alpha: float) -> int:
    """Resamples that let a corrected test reject: max(10,000; 10 · pairs / α)."""
    return max(10_000, int(np.ceil(10 * pairs / alpha - 1e-6)))


def floor_p(units: int, resamples: int) -> float:
    """The smallest p-value that a test can give.

    Args:
        units: Units in which the two systems differ, or may differ.
        resamples: Number of resamples where the test is approximate.
    """
    possible = 2.0 ** (1 - units) if units else 1.0
    return possible if units <= EXACT_UNITS else max(possible, 1 / (resamples + 1))


def randomization_tests(
    systems: Mapping[str, Array],
    pool: Pool,
    pairs: Sequence[Pair],
    *,
    resamples: int,
    seed: int,
    stop_after: int | None = None,
    entries: int = _ENTRIES,
) -> dict[Pair, Outcome]:
    """Two-sided randomization tests of pairs of systems.

    Up to 16 units, all 2ⁿ swaps are looked at (half of them, by symmetry) and p = c / 2ⁿ.
    Otherwise p = (c + 1) / (R + 1) over R random swaps. Ties within 1e-9 count as extreme.

    Args:
        systems: System → array of shape (u, k): statistics of each unit, rounded by ``exact``.
        pool: Totals of shape (..., k) → scores of shape (...).
        pairs: The pairs to test.
        resamples: Number of random swaps R.
        seed: Of the swaps.
        stop_after: Give up on a pair once this many swaps h were extreme, with p = h / l after
            l swaps (Besag & Clifford 1991). None looks at all of them.
        entries: Largest number of entries of a chunk; changes nothing but memory and speed.

    Raises:
        MetricError: If ``pool`` gives something that is no number.
        ValueError: If shapes do not agree.
    """
    shapes = {rows.shape for rows in systems.values()}
    if len(shapes) != 1:
        raise ValueError(f"statistics of different shapes: {sorted(shapes)}")
    if resamples < 1 or (stop_after is not None and stop_after < 1):
        raise ValueError("a test needs at least one resample")
    units, width = shapes.pop()
    names = sorted({name for pair in pairs for name in pair})
    family = _Family({name: systems[name] for name in names}, pool, pairs)
    entries_a_swap = units + 2 * width * (len(names) + 2)
    chunk = max(1, entries // entries_a_swap) * units
    exact = method_for(units) == "exact randomization"
    masks: Iterable[NDArray[np.uint8]] = (
        all_masks(units, entries=chunk)
        if exact
        else swap_masks(units, resamples, seed, entries=chunk)
    )
    counts = _count(family, masks, None if exact else stop_after)
    return {pair: _outcome(counts[pair], exact, stop_after) for pair in pairs}


def _outcome(counted: tuple[int, int], exact: bool, stop_after: int | None) -> Outcome:
    extreme, seen = counted
    if exact:
        # Half of the swaps were seen; the other half are their mirror images.
        return Outcome(extreme / seen, 2 * extreme, 2 * seen)
    if stop_after is not None and extreme >= stop_after:
        return Outcome(extreme / seen, extreme, seen)
    return Outcome((extreme + 1) / (seen + 1), extreme, seen)


class _Family:
    """The systems of a family, ready to be swapped."""

    def __init__(self, systems: Mapping[str, Array], pool: Pool, pairs: Sequence[Pair]) -> None:
        self.pool = pool
        self.pairs = pairs
        self.totals = {name: rows.sum(axis=0) for name, rows in systems.items()}
        scores = {name: float(pooled(pool, total)) for name, total in self.totals.items()}
        self.observed = {(a, b): abs(scores[a] - scores[b]) for a, b in pairs}
        self.rows: dict[str, NDArray[Any]] = {
            name: _narrowed(rows) for name, rows in systems.items()
        }

    def swapped(self, mask: NDArray[np.uint8]) -> dict[str, Array]:
        """For each system, sums over swapped units: system → array of shape (k, chunk)."""
        kinds = {rows.dtype for rows in self.rows.values()}
        coins: dict[np.dtype[Any], NDArray[Any]] = {kind: mask.astype(kind) for kind in kinds}
        return {
            name: np.ascontiguousarray((coins[rows.dtype] @ rows).T, dtype=np.float64)
            for name, rows in self.rows.items()
        }

    def extremes(self, pair: Pair, swapped: Mapping[str, Array]) -> NDArray[np.bool_]:
        """Which swaps give a difference at least as large as the observed one: (chunk,)."""
        a, b = pair
        change = swapped[b] - swapped[a]
        both = np.stack(
            [self.totals[a][:, None] + change, self.totals[b][:, None] - change], axis=1
        )
        # (k, 2, chunk) seen as (2, chunk, k): each statistic lies in one piece for ``pool``.
        scores = pooled(self.pool, np.moveaxis(both, 0, -1))
        found: NDArray[np.bool_] = np.abs(scores[0] - scores[1]) >= self.observed[pair] - SAME_SCORE
        return found


def _narrowed(rows: Array) -> NDArray[Any]:
    """Statistics in single precision where every sum of them stays exact in it."""
    if np.abs(rows).sum(axis=0).max(initial=0.0) < _FLOAT32_INTEGERS:
        single = rows.astype(np.float32)
        if np.array_equal(single, np.rint(rows)):
            return single
    return rows


def _count(
    family: _Family, masks: Iterable[NDArray[np.uint8]], stop_after: int | None
) -> dict[Pair, tuple[int, int]]:
    """For each pair, how many swaps were extreme and how many were looked at."""
    counts = dict.fromkeys(family.pairs, (0, 0))
    going = list(family.pairs)
    for mask in masks:
        swapped = family.swapped(mask)
        for pair in going:
            extreme, seen = counts[pair]
            found = family.extremes(pair, swapped)
            counts[pair] = _tally(extreme, seen, found, stop_after)
        if stop_after is not None:
            going = [pair for pair in going if counts[pair][0] < stop_after]
            if not going:
                break
    return counts


def _tally(
    extreme: int, seen: int, found: NDArray[np.bool_], stop_after: int | None
) -> tuple[int, int]:
    hits = int(np.count_nonzero(found))
    if stop_after is not None and extreme + hits >= stop_after:
        last = int(np.flatnonzero(found)[stop_after - extreme - 1])
        return stop_after, seen + last + 1
    return extreme + hits, seen + len(found)


def all_pairs(names: Sequence[str]) -> Iterator[Pair]:
    """Every pair once, in the order of the names."""
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            yield a, b
