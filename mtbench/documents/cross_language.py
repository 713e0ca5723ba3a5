"""What the other languages of a story say about a pair of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mtbench.documents.features import Candidates
from mtbench.documents.posteriors import Chances

Matrix = NDArray[np.float64]
Pair = tuple[int, int]
NAMES = ("agree", "disagree", "most disagree")


def unit_chances(found: Chances) -> Matrix:
    """Chance of each unit on the left to stand in a pair with each on the right: (n, m)."""
    first = next(iter(found.of.values()))
    total = np.zeros_like(first)
    for (h, w), chance in found.of.items():
        for a in range(h):
            for b in range(w):
                total[a:, b:] += chance[: chance.shape[0] - a, : chance.shape[1] - b]
    return np.asarray(np.minimum(total, 1.0), dtype=np.float64)


def testimony(
    pair: Pair, move: tuple[int, int], found: Candidates, units: Mapping[Pair, Matrix]
) -> Matrix:
    """For each candidate how far other languages agree: one row each, columns as ``NAMES``.

    A unit of a third language that goes with both sides speaks for the pair; one that goes with
    one side alone speaks against it: that side says something that the other does not.

    Args:
        pair: The two languages.
        move: The shape of the candidates.
        found: The candidates.
        units: For each two languages, what ``unit_chances`` gives.
    """
    third = sorted({side for both in units for side in both} - set(pair))
    agree, disagree = [], []
    for other in third:
        left = _mass(_towards(pair[0], other, units), found.rows, move[0])
        right = _mass(_towards(pair[1], other, units), found.columns, move[1])
        agree.append(np.minimum((left * right).sum(axis=1), 1.0))
        apart = (left * (1 - right) + right * (1 - left)).sum(axis=1)
        disagree.append(np.minimum(apart, 2.0))
    if not third or not len(found.rows):
        return np.zeros((len(found.rows), len(NAMES)))
    return np.stack(
        [np.mean(agree, axis=0), np.mean(disagree, axis=0), np.max(disagree, axis=0)], axis=1
    )


def _towards(one: int, other: int, units: Mapping[Pair, Matrix]) -> Matrix:
    return units[one, other] if (one, other) in units else units[other, one].T


def _mass(chances: Matrix, starts: Sequence[int] | NDArray[np.int64], size: int) -> Matrix:
    """Chance of each unit of the other language to go with a run: (candidates, units)."""
    places = np.asarray(starts)
    total = sum(chances[places + k] for k in range(size))
    return np.asarray(np.minimum(total, 1.0), dtype=np.float64)
