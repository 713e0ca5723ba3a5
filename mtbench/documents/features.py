"""The evidence for and against each pair of runs that is worth a look, as numbers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtbench.documents.align import GAPPED, SINGLE, WHOLE, Shape
from mtbench.documents.similarity import Embedded, anchor_matrix, gathered, likeness

Matrix = NDArray[np.float64]
Places = NDArray[np.int64]
Steps = tuple[int, ...]

FLOOR = 0.2  # cosine below which no pair is looked at
FLOOR_JOINED = 0.4
GAIN_OF_JOINING = -0.1  # what a joined pair must have over the best of its parts
GAIN_OF_THREE = 0.03  # what one must have that reaches over three, which is far more seldom
COVERED = 0.8  # cosine from which a sentence is said on the other side, too
MOSTLY_COVERED = 0.6
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
    "gapped",
    "gap alike",
    "least covered",
    "uncovered",
    "better extended",
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


def candidates(left: Embedded, right: Embedded, *, exact: bool) -> dict[Shape, Candidates]:
    """The pairs of runs whose vectors are near, with the evidence for each.

    Only pairs above ``FLOOR`` are looked at, and runs are encoded only where the vectors
    of their parts make it likely that they are better than their parts.

    Args:
        left: Units on the left.
        right: Units on the right.
        exact: Whether runs and sentences are encoded; else runs are taken from the vectors of their
            parts, sentences are not looked at, and nothing is left out of a run.
    """
    single = likeness(left, right, left.vectors, right.vectors)
    shapes = WHOLE + GAPPED if exact else WHOLE
    values = {shape: _values(left, right, shape, single, exact=exact) for shape in shapes}
    context = _Context(left, right, single, _better_joined(single, values))
    found = {shape: context.candidates(shape, values[shape]) for shape in shapes}
    if exact:
        _add_covered(found, left, right)
    _add_extended(found, values)
    return found


def _best_part(single: Matrix, shape: Shape) -> Matrix:
    """For each run, the best cosine among its parts; ``inf`` where it leaves the matrix."""
    h, w = shape.extent
    n, m = single.shape
    found = np.full((n, m), np.inf)
    if n >= h and m >= w:
        inside = found[: n - h + 1, : m - w + 1]
        inside[:] = -np.inf
        for a, b in itertools.product(*shape):
            np.maximum(inside, single[a : n - h + 1 + a, b : m - w + 1 + b], out=inside)
    return found


def _values(
    left: Embedded, right: Embedded, shape: Shape, single: Matrix, *, exact: bool
) -> Matrix:
    """Cosine of each pair of runs that is worth a look, else ``-inf``: shape (n, m)."""
    if shape == SINGLE:
        return np.where(single >= FLOOR, single, -np.inf)
    h, w = shape.extent
    values = np.full(single.shape, -np.inf)
    if len(left) < h or len(right) < w:
        return values
    rough = likeness(left, right, left.rough_runs(shape.left), right.rough_runs(shape.right))
    values[: rough.shape[0], : rough.shape[1]] = rough
    parts = _best_part(single, shape)
    # The vectors of the parts tell that of the run to about 0.03.
    slack = 0.03 if exact else 0.0
    gain = GAIN_OF_THREE if max(h, w) > 2 else GAIN_OF_JOINING
    values[(values < FLOOR_JOINED) | (values < parts + gain - slack)] = -np.inf
    if not exact:
        return values
    rows, columns = np.nonzero(values > -np.inf)
    if len(rows):
        starts = np.unique(rows), np.unique(columns)
        whole = likeness(
            left, right, left.runs(starts[0], shape.left), right.runs(starts[1], shape.right)
        )
        values[rows, columns] = whole[
            np.searchsorted(starts[0], rows), np.searchsorted(starts[1], columns)
        ]
    values[values < parts + gain] = -np.inf
    return values


def _better_joined(single: Matrix, values: Mapping[Shape, Matrix]) -> Matrix:
    """How much better the best joined pair is that a pair is part of; 0 where none is."""
    best = np.full(single.shape, -np.inf)
    for shape, value in values.items():
        if shape == SINGLE or shape.gapped:
            continue
        for a, b in itertools.product(*shape):
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


class _Context:
    """What the evidence for all pairs of two documents is made of."""

    def __init__(self, left: Embedded, right: Embedded, single: Matrix, better: Matrix) -> None:
        self._left, self._right = left, right
        self._single, self._better = single, better
        self._ratio = _usual_ratio(left, right, single)

    def candidates(self, shape: Shape, values: Matrix) -> Candidates:
        """The pairs of one shape."""
        rows, columns = np.nonzero(values > -np.inf)
        cosine = values[rows, columns]
        features = np.zeros((len(rows), len(NAMES)))
        if len(rows):
            features[:, 0], features[:, 1], features[:, 2] = 1, cosine, cosine**2
            features[:, 3] = np.maximum(
                _rivals(self._single, rows, columns, shape),
                _rivals(self._single.T, columns, rows, Shape(shape.right, shape.left)),
            )
            self._add_surface(features, rows, columns, shape)
            self._add_joining(features, rows, columns, shape)
        return Candidates(rows, columns, cosine, features)

    def _add_surface(self, features: Matrix, rows: Places, columns: Places, shape: Shape) -> None:
        """Lengths, names and numbers, sentences, brackets, ends."""
        left, right = self._left, self._right
        sizes = (
            gathered(left.lengths, shape.left)[rows],
            gathered(right.lengths, shape.right)[columns],
        )
        short = 1 / np.sqrt(np.minimum(*sizes) + 4)
        apart = np.abs(np.log((sizes[0] + 4) / (sizes[1] + 4)) - self._ratio)
        shared = anchor_matrix(
            _unions(left.anchors, shape.left), _unions(right.anchors, shape.right)
        )
        features[:, 4] = np.minimum(apart / (0.1 + 1.5 * short), 4.0)
        features[:, 5] = shared[rows, columns] - 0.5
        features[:, 6] = _numbers_differ(left, right, rows, columns, shape)
        features[:, 7] = short
        counts = (
            gathered(left.sentences, shape.left)[rows],
            gathered(right.sentences, shape.right)[columns],
        )
        features[:, 12] = np.abs(np.log(counts[0] / counts[1]))
        opened = (
            gathered(left.brackets, shape.left)[rows]
            - gathered(right.brackets, shape.right)[columns]
        )
        features[:, 13] = np.minimum(np.abs(opened), 3.0)
        features[:, 14] = left.ends[rows + shape.left[-1]] != right.ends[columns + shape.right[-1]]

    def _add_joining(self, features: Matrix, rows: Places, columns: Places, shape: Shape) -> None:
        """What joining gains, and how far a unit that is left out goes with the other side."""
        if shape == SINGLE:
            features[:, 11] = self._better[rows, columns]
            return
        sizes = len(shape.left), len(shape.right)
        features[:, 8] = 1
        gain = features[:, 1] - _best_part(self._single, shape)[rows, columns]
        features[:, 9] = np.minimum(gain, 0.5)
        features[:, 10] = min(sizes) > 1
        features[:, 15] = max(sizes) > 2
        if shape.gapped:
            features[:, 16] = 1
            one, other = (rows, columns), shape.right
            single = self._single
            if len(shape.left) == shape.extent[0]:  # what is left out is on the right
                one, other, single = (columns, rows), shape.left, single.T
            features[:, 17] = np.max([single[one[0] + 1, one[1] + step] for step in other], axis=0)


def _unions(groups: Sequence[frozenset[str]], steps: Steps) -> list[frozenset[str]]:
    return [
        frozenset().union(*(groups[start + step] for step in steps))
        for start in range(len(groups) - steps[-1])
    ]


def _numbers_differ(
    left: Embedded, right: Embedded, rows: Places, columns: Places, shape: Shape
) -> NDArray[np.bool_]:
    known: dict[tuple[str, ...], int] = {}

    def keys(units: Sequence[tuple[str, ...]], steps: Steps) -> Places:
        runs = (
            itertools.chain(*(units[start + step] for step in steps))
            for start in range(len(units) - steps[-1])
        )
        return np.array([known.setdefault(tuple(sorted(run)), len(known)) for run in runs])

    one, two = keys(left.numbers, shape.left), keys(right.numbers, shape.right)
    return np.asarray(one[rows] != two[columns])


def _rivals(single: Matrix, rows: Places, columns: Places, shape: Shape) -> Matrix:
    """The best cosine that the units of a run of rows have outside its pair."""
    order = np.argsort(-single, axis=1, kind="stable")[:, :4]  # a run of three leaves one over
    best = np.take_along_axis(single, order, axis=1)
    found = np.zeros(len(rows))
    own = columns[:, None] + np.array(shape.right)
    for line in shape.left:
        places, values = order[rows + line], best[rows + line]
        outside = (places[:, :, None] != own[:, None, :]).all(axis=2)
        np.maximum(found, np.where(outside, values, 0.0).max(axis=1), out=found)
    return found


def _add_covered(found: Mapping[Shape, Candidates], left: Embedded, right: Embedded) -> None:
    """How far each sentence of a pair is said on the other side: the least, and how much is not."""
    one, two = left.parts, right.parts
    both = likeness(left, right, one.vectors, two.vectors)
    of_left = likeness(left, right, one.vectors, right.vectors)
    of_right = likeness(left, right, left.vectors, two.vectors)
    for shape, part in found.items():
        places = zip(part.rows.tolist(), part.columns.tolist(), strict=True)
        for number, (i, j) in enumerate(places):
            units = [i + step for step in shape.left], [j + step for step in shape.right]
            here = [at for unit in units[0] for at in one.of[unit]]
            there = [at for unit in units[1] for at in two.of[unit]]
            if len(here) == len(there) == 1:
                continue
            near = both[np.ix_(here, there)]
            known = (
                np.maximum(near.max(axis=1), of_left[np.ix_(here, units[1])].max(axis=1)),
                np.maximum(near.max(axis=0), of_right[np.ix_(units[0], there)].max(axis=0)),
            )
            sizes = one.lengths[here], two.lengths[there]
            for cosines, lengths in zip(known, sizes, strict=True):
                if len(cosines) > 1:
                    least = max(COVERED - float(cosines.min()), 0.0)
                    missing = lengths @ np.maximum(MOSTLY_COVERED - cosines, 0) / lengths.sum()
                    row = part.features[number]
                    row[18], row[19] = max(row[18], least), max(row[19], missing)


def _add_extended(found: Mapping[Shape, Candidates], values: Mapping[Shape, Matrix]) -> None:
    """How much nearer the two sides of the best larger pair are that holds a pair whole."""
    for shape, part in found.items():
        best = np.full(len(part.rows), -np.inf)
        for larger, value in values.items():
            if larger == shape or larger.gapped:
                continue
            for a, b in itertools.product(range(larger.extent[0]), range(larger.extent[1])):
                if not _within(shape.left, larger.left, a) or not _within(
                    shape.right, larger.right, b
                ):
                    continue
                rows, columns = part.rows - a, part.columns - b
                inside = (rows >= 0) & (columns >= 0)
                best[inside] = np.maximum(best[inside], value[rows[inside], columns[inside]])
        part.features[:, 20] = np.maximum(best - part.cosines, 0.0)


def _within(steps: Steps, larger: Steps, shift: int) -> bool:
    return all(step + shift in larger for step in steps)
