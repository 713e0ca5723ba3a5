"""Monotone alignment by dynamic programming.

Moves: runs of up to three with one or two (two runs may be cut at different places) and, at no
gain, 1-0 and 0-1. What a move is worth is the caller's; this module finds the best way through.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Move = tuple[int, int]
MOVES: tuple[Move, ...] = ((1, 1), (1, 2), (2, 1), (2, 2), (1, 3), (3, 1), (2, 3), (3, 2))
Step = tuple[int, int, Move]


class Shape(NamedTuple):
    """Which units of either side a pair holds, counted from its first.

    ``(0, 2)`` holds two units and not the one between them, which the other side lacks.
    """

    left: tuple[int, ...]
    right: tuple[int, ...]

    @property
    def extent(self) -> Move:
        """The move that a pair of this shape is, what it leaves out included."""
        return self.left[-1] + 1, self.right[-1] + 1

    @property
    def gapped(self) -> bool:
        """Whether a unit is left out."""
        return self.extent != (len(self.left), len(self.right))


_ONE, _TWO, _APART = (0,), (0, 1), (0, 2)
SINGLE = Shape(_ONE, _ONE)
WHOLE = tuple(Shape(tuple(range(h)), tuple(range(w))) for h, w in MOVES)
GAPPED = (
    Shape(_ONE, _APART), Shape(_APART, _ONE), Shape(_TWO, _APART), Shape(_APART, _TWO),
)  # fmt: skip


def best_path(gains: Mapping[Move, Matrix], rows: int, columns: int) -> list[Step]:
    """The monotone way with the greatest total gain.

    One row at a time, a whole row at once: skipping a column gains nothing, so that the best
    value of a row is a running maximum.

    Args:
        gains: Move → gain of the move that starts at (i, j); shape (rows, columns), where a
            move that would leave the matrix, or is not to be taken, is ``-inf``.
        rows: Units on the left.
        columns: Units on the right.

    Returns:
        Steps (i, j, move) in order, those with a gain alone. Of ways of equal gain the one that
        prefers, from the end, skipping and then the smaller move: always the same one.
    """
    best = np.zeros((rows + 1, columns + 1), dtype=np.float64)
    for i in range(1, rows + 1):
        row = best[i - 1].copy()
        for (height, width), gain in gains.items():
            if i < height:
                continue
            came = best[i - height, : columns + 1 - width] + gain[i - height, : columns + 1 - width]
            np.maximum(row[width:], came, out=row[width:])
        best[i] = np.maximum.accumulate(row)
    return _trace(best, gains, rows, columns)


def _trace(best: Matrix, gains: Mapping[Move, Matrix], rows: int, columns: int) -> list[Step]:
    steps: list[Step] = []
    i, j = rows, columns
    while i > 0 and j > 0:
        here = best[i, j]
        if here == best[i - 1, j]:
            i -= 1
        elif here == best[i, j - 1]:
            j -= 1
        else:
            move = next(
                (h, w)
                for h, w in gains
                if h <= i and w <= j and best[i - h, j - w] + gains[h, w][i - h, j - w] == here
            )
            i, j = i - move[0], j - move[1]
            steps.append((i, j, move))
    return steps[::-1]
