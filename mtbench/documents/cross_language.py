"""What the other languages of a story say about a pair of runs."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mtbench.documents.align import Shape
from mtbench.documents.features import Candidates

Matrix = NDArray[np.float64]
Pair = tuple[int, int]
NAMES = ("agree", "disagree", "most disagree", "least disagree")


def overlaps(
    found: Mapping[Shape, Candidates], chances: Mapping[Shape, Matrix], size: tuple[int, int]
) -> Matrix:
    """Chance of each unit on the left to say something that each on the right says, too.

    Args:
        found: Pairs of runs.
        chances: For each, that its two sides say the same or a part of the same.
        size: Of the two documents.

    Returns:
        Shape (n, m).
    """
    total = np.zeros(size)
    for shape, part in found.items():
        for a, b in itertools.product(*shape):
            total[part.rows + a, part.columns + b] += chances[shape]
    return np.asarray(np.minimum(total, 1.0), dtype=np.float64)


def testimony(pair: Pair, shape: Shape, found: Candidates, units: Mapping[Pair, Matrix]) -> Matrix:
    """For each candidate how far other languages agree: one row each, columns as ``NAMES``.

    Where two runs say the same, a unit of a third language has something of both or of neither.
    One that has something of both speaks for the pair; one that has something of one side alone
    speaks against it: that side says something that the other does not.

    Args:
        pair: The two languages.
        shape: Of the candidates.
        found: The candidates.
        units: For each two languages, what ``overlaps`` gives.
    """
    third = sorted({side for both in units for side in both} - set(pair))
    agree, disagree = [], []
    for other in third:
        left = _mass(_towards(pair[0], other, units), found.rows, shape.left)
        right = _mass(_towards(pair[1], other, units), found.columns, shape.right)
        agree.append(np.minimum((left * right).sum(axis=1), 1.0))
        apart = (left * (1 - right) + right * (1 - left)).sum(axis=1)
        disagree.append(np.minimum(apart, 2.0))
    if not third or not len(found.rows):
        return np.zeros((len(found.rows), len(NAMES)))
    against = np.array(disagree)
    return np.stack(
        [np.mean(agree, axis=0), against.mean(axis=0), against.max(axis=0), against.min(axis=0)],
        axis=1,
    )


def _towards(one: int, other: int, units: Mapping[Pair, Matrix]) -> Matrix:
    return units[one, other] if (one, other) in units else units[other, one].T


def _mass(
    chances: Matrix, starts: Sequence[int] | NDArray[np.int64], steps: Sequence[int]
) -> Matrix:
    """Chance of each unit of the other language to go with a run: (candidates, units)."""
    places = np.asarray(starts)
    total = sum(chances[places + step] for step in steps)
    return np.asarray(np.minimum(total, 1.0), dtype=np.float64)
