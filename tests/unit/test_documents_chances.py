"""Chances of pairs against a sum over all alignments, one by one."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from mtbench.documents.align import MOVES, best_path
from mtbench.documents.posteriors import Gap, chances

Gains = dict[tuple[int, int], NDArray[np.float64]]
Pairs = tuple[tuple[tuple[int, int], int, int], ...]
GAP = Gap(opening=-0.7, step=-0.3)


def _random_gains(rows: int, columns: int, seed: int) -> Gains:
    generator = np.random.default_rng(seed)
    gains: Gains = {}
    for h, w in MOVES:
        gain = generator.normal(size=(rows, columns))
        gain[max(rows - h + 1, 0) :] = -np.inf
        gain[:, max(columns - w + 1, 0) :] = -np.inf
        gains[h, w] = gain
    gains[1, 1][0, 0] = -np.inf
    return gains


def _all_alignments(gains: Gains, rows: int, columns: int) -> Iterator[tuple[float, Pairs, int]]:
    """Weight, pairs and gaps of every alignment; in a gap rows go first."""

    def onward(
        i: int, j: int, last: str, weight: float, pairs: Pairs, gaps: int
    ) -> Iterator[tuple[float, Pairs, int]]:
        if (i, j) == (rows, columns):
            yield weight, pairs, gaps
        for (h, w), gain in gains.items():
            if i + h <= rows and j + w <= columns and gain[i, j] > -np.inf:
                more = (*pairs, ((h, w), i, j))
                yield from onward(i + h, j + w, "pair", weight + gain[i, j], more, gaps)
        paid = GAP.step + (GAP.opening if last == "pair" else 0.0)
        opened = gaps + (last == "pair")
        if i < rows and last != "column":
            yield from onward(i + 1, j, "row", weight + paid, pairs, opened)
        if j < columns:
            yield from onward(i, j + 1, "column", weight + paid, pairs, opened)

    yield from onward(0, 0, "pair", 0.0, (), 0)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 3), (2, 1), (3, 4), (4, 3)])
def test_they_are_what_all_alignments_say(rows: int, columns: int) -> None:
    gains = _random_gains(rows, columns, seed=rows * 10 + columns)
    total, opened = 0.0, 0.0
    weight_of: dict[tuple[tuple[int, int], int, int], float] = defaultdict(float)
    for weight, pairs, gaps in _all_alignments(gains, rows, columns):
        total += math.exp(weight)
        opened += math.exp(weight) * gaps
        for pair in pairs:
            weight_of[pair] += math.exp(weight)
    found = chances(gains, rows, columns, GAP)
    assert found.total == pytest.approx(math.log(total))
    assert found.gaps == pytest.approx(opened / total)
    for move in MOVES:
        for i in range(rows):
            for j in range(columns):
                expected = weight_of[move, i, j] / total
                assert found.of[move][i, j] == pytest.approx(expected, abs=1e-12)


def test_an_empty_side_has_no_pairs() -> None:
    found = chances({move: np.zeros((0, 3)) for move in MOVES}, 0, 3, GAP)
    assert found.total == pytest.approx(GAP.opening + 3 * GAP.step)
    assert all(chance.size == 0 for chance in found.of.values())


def test_the_best_path_has_the_greatest_total() -> None:
    for seed in range(20):
        gains = _random_gains(3, 3, seed)
        path = best_path(gains, 3, 3)
        best = max(
            sum(gains[move][i, j] for move, i, j in pairs)
            for _, pairs, _ in _all_alignments(gains, 3, 3)
        )
        assert sum(gains[move][i, j] for i, j, move in path) == pytest.approx(max(best, 0.0))
