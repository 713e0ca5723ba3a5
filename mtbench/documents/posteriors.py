"""How likely each pair of runs is part of the alignment, all alignments considered.

An alignment weighs the sum of its pairs' gains and its gaps' costs. Each pair's chance is the share
of the alignments that have it, by weight: forward and backward over a grid of (rows + 1) x
(columns + 1) points, a row at a time. A gap skips rows first and columns then, so that no
alignment counts twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtbench.documents.align import Move

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Gap:
    """What is paid for units that stand in no pair.

    Attributes:
        opening: For each place where any are skipped.
        step: For each unit skipped.
    """

    opening: float
    step: float


@dataclass(frozen=True)
class Chances:
    """What all alignments together say.

    Attributes:
        of: Move → chance of the pair that starts at (i, j); shape (rows, columns).
        gaps: Expected number of gaps.
        total: Log of the weight of all alignments.
    """

    of: dict[Move, Matrix]
    gaps: float
    total: float


def chances(gains: Mapping[Move, Matrix], rows: int, columns: int, gap: Gap) -> Chances:
    """Chances of all pairs.

    Args:
        gains: Move → gain of the move that starts at (i, j); shape (rows, columns), ``-inf`` where
            it is not to be taken.
        rows: Units on the left.
        columns: Units on the right.
        gap: What gaps cost.
    """
    with np.errstate(invalid="ignore"):
        paired, anyhow = _forward(gains, rows, columns, gap)
        onward, rest_paired, rest_skipping = _backward(gains, rows, columns, gap)
    total = float(anyhow[rows, columns])
    of = {}
    for (h, w), gain in gains.items():
        of[h, w] = np.zeros((rows, columns))
        if h <= rows and w <= columns:
            inside = np.s_[: rows - h + 1, : columns - w + 1]
            weight = anyhow[:-h, :-w][inside] + gain[inside] + rest_paired[h:, w:][inside]
            of[h, w][inside] = np.exp(weight - total)
    start = paired + gap.opening + gap.step - total
    gaps = np.exp(start[:-1] + rest_skipping[1:]).sum()
    gaps += np.exp(start[:, :-1] + onward[:, 1:]).sum()
    return Chances(of, float(gaps), total)


def _forward(
    gains: Mapping[Move, Matrix], rows: int, columns: int, gap: Gap
) -> tuple[Matrix, Matrix]:
    """Weights of all ways to a point: those whose last step is a pair; all."""
    paired = np.full((rows + 1, columns + 1), -np.inf)
    skipped = np.full_like(paired, -np.inf)
    anyhow = np.full_like(paired, -np.inf)
    paired[0, 0] = 0.0
    slope = gap.step * np.arange(columns + 1)
    for i in range(rows + 1):
        for (h, w), gain in gains.items():
            if h <= i and w <= columns:
                came = anyhow[i - h, : columns - w + 1] + gain[i - h, : columns - w + 1]
                np.logaddexp(paired[i, w:], came, out=paired[i, w:])
        if i:
            skipped[i] = gap.step + np.logaddexp(paired[i - 1] + gap.opening, skipped[i - 1])
        leaving = np.logaddexp(paired[i] + gap.opening, skipped[i])
        across = np.full(columns + 1, -np.inf)
        across[1:] = np.logaddexp.accumulate(leaving - slope)[:-1] + slope[1:]
        anyhow[i] = np.logaddexp(np.logaddexp(paired[i], skipped[i]), across)
    return paired, anyhow


def _backward(
    gains: Mapping[Move, Matrix], rows: int, columns: int, gap: Gap
) -> tuple[Matrix, Matrix, Matrix]:
    """Weights of all ways on from a point: after a skipped column; a pair; a skipped row."""
    onward = np.full((rows + 1, columns + 1), -np.inf)
    paired = np.full_like(onward, -np.inf)
    skipping = np.full_like(onward, -np.inf)
    slope = gap.step * np.arange(columns + 1)
    for i in range(rows, -1, -1):
        pair = np.full(columns + 1, -np.inf)
        if i == rows:
            pair[columns] = 0.0
        for (h, w), gain in gains.items():
            if i + h <= rows and w <= columns:
                goes = gain[i, : columns - w + 1] + paired[i + h, w:]
                np.logaddexp(pair[: columns - w + 1], goes, out=pair[: columns - w + 1])
        onward[i] = np.logaddexp.accumulate((pair + slope)[::-1])[::-1] - slope
        across = np.full(columns + 1, -np.inf)
        across[:-1] = gap.step + onward[i, 1:]
        down = gap.step + skipping[i + 1] if i < rows else np.full(columns + 1, -np.inf)
        elsewhere = np.logaddexp(across, down)
        skipping[i] = np.logaddexp(pair, elsewhere)
        paired[i] = np.logaddexp(pair, elsewhere + gap.opening)
    return onward, paired, skipping
