"""Monotone alignment by dynamic programming.

Moves: runs of up to three with one or two (two runs may be cut at different places) and, at no
gain, 1-0 and 0-1. What
a move is worth is the caller's; this module finds the best way through.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Move = tuple[int, int]
MOVES: tuple[Move, ...] = ((1, 1), (1, 2), (2, 1), (2, 2), (1, 3), (3, 1), (2, 3), (3, 2))
Step = tuple[int, int, Move]


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
