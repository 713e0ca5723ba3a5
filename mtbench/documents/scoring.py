"""What a pair of runs is worth: the gains that the dynamic program adds up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mtbench.documents.align import MOVES, Move, best_path
from mtbench.documents.records import Bead
from mtbench.documents.similarity import Encoded, cosines

Matrix = NDArray[np.float64]

THRESHOLD = 0.5
JOIN_PENALTY = 0.05


def move_cosines(left: Encoded, right: Encoded, *, exact: bool) -> dict[Move, Matrix]:
    """Cosine of each move at each place: shape (n, m), ``-inf`` where it would leave the matrix.

    Args:
        left: Units on the left.
        right: Units on the right.
        exact: Whether runs of two are encoded, or taken from the vectors of their parts.
    """
    n, m = len(left), len(right)
    left_runs = left.runs if exact else left.rough_runs()
    right_runs = right.runs if exact else right.rough_runs()
    one_or_two = {1: (left.vectors, right.vectors), 2: (left_runs, right_runs)}
    found = {}
    for move in MOVES:
        values = np.full((n, m), -np.inf)
        part = cosines(one_or_two[move[0]][0], one_or_two[move[1]][1])
        values[: part.shape[0], : part.shape[1]] = part
        found[move] = values
    return found


def align(left: Encoded, right: Encoded, *, exact: bool = True) -> list[Bead]:
    """The pairs of runs that say the same, in order, each with its confidence."""
    values = move_cosines(left, right, exact=exact)
    single = values[1, 1]
    gains = {}
    for move, value in values.items():
        gain = value - THRESHOLD
        if move != (1, 1):
            parts = single.copy()
            h, w = move
            for a in range(h):
                for b in range(w):
                    shifted = np.full_like(single, -np.inf)
                    shifted[: single.shape[0] - a, : single.shape[1] - b] = single[a:, b:]
                    parts = np.maximum(parts, shifted)
            gain = np.where(value > parts + 0.02, gain - JOIN_PENALTY, -np.inf)
        gains[move] = gain
    beads = []
    for i, j, (h, w) in best_path(gains, len(left), len(right)):
        cosine = values[h, w][i, j]
        confidence = round(float(1 / (1 + np.exp(-12 * (cosine - 0.55)))), 3)
        beads.append(
            Bead(left=tuple(range(i, i + h)), right=tuple(range(j, j + w)), confidence=confidence)
        )
    return beads
