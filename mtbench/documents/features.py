"""The evidence for and against each pair of runs that is worth a look, as numbers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtbench.documents.align import MOVES, Move
from mtbench.documents.similarity import Embedded, anchor_matrix, likeness, sliding
from mtbench.encoders.packaged import Vectors

Matrix = NDArray[np.float64]
Places = NDArray[np.int64]

FLOOR = 0.2  # cosine below which no pair is looked at
FLOOR_JOINED = 0.4
GAIN_OF_JOINING = -0.1  # what a joined pair must have over the best of its parts
GAIN_OF_THREE = 0.03  # what one must have that joins three, which is far more seldom
NAMES = (
    "one",
    "cosine",
    "cosine squared",
    "rival",
    "length",
    "anchors",
    "numbers differ",
    "short",
    "joined",
    "joined gain",
    "several to several",
    "better joined",
    "sentences differ",
    "brackets differ",
    "ends differ",
    "three",
)


@dataclass(frozen=True)
class Candidates:
    """Pairs of runs of one shape that are worth a look.

    Attributes:
        rows: Where each starts on the left.
        columns: Where each starts on the right.
        cosines: Of the two runs.
        features: One row each, columns as ``NAMES``.
    """

    rows: Places
    columns: Places
    cosines: Matrix
    features: Matrix


def candidates(left: Embedded, right: Embedded, *, exact: bool) -> dict[Move, Candidates]:
    """The pairs of runs whose vectors are near, with the evidence for each.

    Only pairs above ``FLOOR`` are looked at, and runs are encoded only where the vectors
    of their parts make it likely that they are better than their parts.

    Args:
        left: Units on the left.
        right: Units on the right.
        exact: Whether runs are encoded, or taken from the vectors of their parts.
    """
    single = likeness(left, right, left.vectors, right.vectors)
    values = {move: _values(left, right, move, single, exact=exact) for move in MOVES}
    better = _better_joined(single, values)
    ratio = _usual_ratio(left, right, single)
    return {
        move: _candidates(left, right, move, values[move], single, better, ratio) for move in MOVES
    }


def _best_part(single: Matrix, move: Move) -> Matrix:
    """For each run, the best cosine among its parts; ``inf`` where it leaves the matrix."""
    h, w = move
    n, m = single.shape
    found = np.full((n, m), np.inf)
    if n >= h and m >= w:
        inside = found[: n - h + 1, : m - w + 1]
        inside[:] = -np.inf
        for a in range(h):
            for b in range(w):
                np.maximum(inside, single[a : n - h + 1 + a, b : m - w + 1 + b], out=inside)
    return found


def _values(left: Embedded, right: Embedded, move: Move, single: Matrix, *, exact: bool) -> Matrix:
    """Cosine of each pair of runs that is worth a look, else ``-inf``: shape (n, m)."""
    if move == (1, 1):
        return np.where(single >= FLOOR, single, -np.inf)
    h, w = move
    values = np.full(single.shape, -np.inf)
    if len(left) < h or len(right) < w:
        return values
    rough = likeness(
        left,
        right,
        left.vectors if h == 1 else left.rough_runs(h),
        right.vectors if w == 1 else right.rough_runs(w),
    )
    values[: rough.shape[0], : rough.shape[1]] = rough
    parts = _best_part(single, move)
    # The vectors of the parts tell that of the run to about 0.03.
    slack = 0.03 if exact else 0.0
    gain = GAIN_OF_THREE if max(move) > 2 else GAIN_OF_JOINING
    values[(values < FLOOR_JOINED) | (values < parts + gain - slack)] = -np.inf
    if not exact:
        return values
    rows, columns = np.nonzero(values > -np.inf)
    if len(rows):
        whole = likeness(left, right, _runs(left, h, rows), _runs(right, w, columns))
        values[rows, columns] = whole[
            np.searchsorted(np.unique(rows), rows), np.searchsorted(np.unique(columns), columns)
        ]
    values[values < parts + gain] = -np.inf
    return values


def _runs(document: Embedded, size: int, starts: Places) -> Vectors:
    """Vectors of the runs that start at some places, each once, in order."""
    wanted = np.unique(starts)
    if size == 1:
        return document.vectors[wanted]
    return np.stack(list(document.runs(wanted.tolist(), size).values()))


def _better_joined(single: Matrix, values: dict[Move, Matrix]) -> Matrix:
    """How much better the best joined pair is that a pair is part of; 0 where none is."""
    best = np.full(single.shape, -np.inf)
    for (h, w), value in values.items():
        if (h, w) == (1, 1):
            continue
        for a in range(h):
            for b in range(w):
                part = value[: value.shape[0] - a, : value.shape[1] - b]
                np.maximum(best[a:, b:], part, out=best[a:, b:])
    return np.maximum(best - single, 0.0)


def _usual_ratio(left: Embedded, right: Embedded, single: Matrix) -> float:
    """Log of the usual length ratio of the two documents: median of the surest pairs.

    Drawn towards 0 where few pairs are sure.
    """
    if not single.size:
        return 0.0
    one = single.argmax(axis=1)
    two = single.argmax(axis=0)
    sure = [i for i, j in enumerate(one.tolist()) if two[j] == i and single[i, j] >= 0.7]
    ratios = np.log((left.lengths[sure] + 4) / (right.lengths[one[sure]] + 4))
    return float(np.median(ratios)) * len(sure) / (len(sure) + 4) if sure else 0.0


def _candidates(
    left: Embedded,
    right: Embedded,
    move: Move,
    values: Matrix,
    single: Matrix,
    better: Matrix,
    ratio: float,
) -> Candidates:
    h, w = move
    rows, columns = np.nonzero(values > -np.inf)
    cosine = values[rows, columns]
    features = np.zeros((len(rows), len(NAMES)))
    if not len(rows):
        return Candidates(rows, columns, cosine, features)
    sizes = sliding(left.lengths, h)[rows], sliding(right.lengths, w)[columns]
    short = 1 / np.sqrt(np.minimum(*sizes) + 4)
    apart = np.abs(np.log((sizes[0] + 4) / (sizes[1] + 4)) - ratio)
    shared = anchor_matrix(_unions(left.anchors, h), _unions(right.anchors, w))
    features[:, 0] = 1
    features[:, 1] = cosine
    features[:, 2] = cosine**2
    features[:, 3] = np.maximum(
        _rivals(single, rows, columns, move), _rivals(single.T, columns, rows, move[::-1])
    )
    features[:, 4] = np.minimum(apart / (0.1 + 1.5 * short), 4.0)
    features[:, 5] = shared[rows, columns] - 0.5
    features[:, 6] = _numbers_differ(left, right, rows, columns, move)
    features[:, 7] = short
    counts = sliding(left.sentences, h)[rows], sliding(right.sentences, w)[columns]
    features[:, 12] = np.abs(np.log(counts[0] / counts[1]))
    opened = sliding(left.brackets, h)[rows] - sliding(right.brackets, w)[columns]
    features[:, 13] = np.minimum(np.abs(opened), 3.0)
    features[:, 14] = left.ends[rows + h - 1] != right.ends[columns + w - 1]
    if move == (1, 1):
        features[:, 11] = better[rows, columns]
    else:
        features[:, 8] = 1
        features[:, 9] = np.minimum(cosine - _best_part(single, move)[rows, columns], 0.5)
        features[:, 10] = min(move) > 1
        features[:, 15] = max(move) > 2
    return Candidates(rows, columns, cosine, features)


def _unions(groups: Sequence[frozenset[str]], size: int) -> list[frozenset[str]]:
    return [frozenset().union(*groups[i : i + size]) for i in range(len(groups) - size + 1)]


def _numbers_differ(
    left: Embedded, right: Embedded, rows: Places, columns: Places, move: Move
) -> NDArray[np.bool_]:
    known: dict[tuple[str, ...], int] = {}

    def keys(units: Sequence[tuple[str, ...]], size: int) -> Places:
        runs = (itertools.chain(*units[i : i + size]) for i in range(len(units) - size + 1))
        return np.array([known.setdefault(tuple(sorted(r)), len(known)) for r in runs])

    one, two = keys(left.numbers, move[0]), keys(right.numbers, move[1])
    return np.asarray(one[rows] != two[columns])


def _rivals(single: Matrix, rows: Places, columns: Places, move: Move) -> Matrix:
    """The best cosine that the units of a run of rows have outside its pair."""
    order = np.argsort(-single, axis=1, kind="stable")[:, :4]  # a run of three leaves one over
    best = np.take_along_axis(single, order, axis=1)
    found = np.zeros(len(rows))
    for line in range(move[0]):
        places, values = order[rows + line], best[rows + line]
        outside = (places < columns[:, None]) | (places >= columns[:, None] + move[1])
        np.maximum(found, np.where(outside, values, 0.0).max(axis=1), out=found)
    return found
