"""Documents as vectors: each paragraph, runs of some, and the document as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from mtbench.encoders.packaged import SentenceEncoder, Vectors
from mtbench.text.anchors import anchors, brackets, ends, parts, sentences
from mtbench.text.numbers import numbers

Matrix = NDArray[np.float64]
Steps = tuple[int, ...]
Floats = TypeVar("Floats", NDArray[np.float64], NDArray[np.float32])


class UnitParts(NamedTuple):
    """UnitParts of a document's units.

    Attributes:
        vectors: Of each part: shape (parts, d).
        lengths: In characters: (parts,).
        of: Numbers of the parts of each unit.
    """

    vectors: Vectors
    lengths: Matrix
    of: list[list[int]]


class Embedded:
    """The units of one document with their vectors; runs are encoded when asked for.

    Args:
        texts: The units, in order.
        encoder: What makes the vectors.
    """

    def __init__(self, texts: Sequence[str], encoder: SentenceEncoder) -> None:
        self.texts = tuple(texts)
        self._encoder = encoder
        self.usual = encoder.usual
        self.vectors: Vectors = encoder.encode(self.texts)
        self.lengths: Matrix = np.array([len(text) for text in self.texts], dtype=np.float64)
        self._runs: dict[tuple[int, Steps], Vectors] = {}
        self._rough: dict[Steps, Vectors] = {}

    def __len__(self) -> int:
        return len(self.texts)

    def runs(self, starts: Iterable[int], steps: Steps) -> Vectors:
        """Vectors of units run together, those at some steps from each start: (starts, d)."""
        wanted = [int(start) for start in starts]
        if steps == (0,):
            return self.vectors[wanted]
        missing = sorted({start for start in wanted if (start, steps) not in self._runs})
        if missing:
            joined = [" ".join(self.texts[start + step] for step in steps) for start in missing]
            found = zip(missing, self._encoder.encode(joined), strict=True)
            self._runs.update({(start, steps): vector for start, vector in found})
        return np.stack([self._runs[start, steps] for start in wanted])

    def rough_runs(self, steps: Steps) -> Vectors:
        """About what all ``runs`` are, without encoding: means weighted by length."""
        if steps == (0,):
            return self.vectors
        if steps not in self._rough:
            weighted = np.asarray(self.vectors * np.sqrt(self.lengths)[:, None], dtype=np.float32)
            sums: Vectors = gathered(weighted, steps)
            self._rough[steps] = np.asarray(sums / np.maximum(_norms(sums), 1e-9), dtype=np.float32)
        return self._rough[steps]

    @cached_property
    def parts(self) -> UnitParts:
        """About the sentences of all units."""
        cut = [parts(text) for text in self.texts]
        ends = np.cumsum([len(part) for part in cut]).tolist()
        texts = [text for part in cut for text in part]
        return UnitParts(
            vectors=self._encoder.encode(texts),
            lengths=np.array([len(text) for text in texts], dtype=np.float64),
            of=[list(range(end - len(part), end)) for end, part in zip(ends, cut, strict=True)],
        )

    @cached_property
    def anchors(self) -> tuple[frozenset[str], ...]:
        """Anchors of each unit."""
        return tuple(anchors(text) for text in self.texts)

    @cached_property
    def numbers(self) -> tuple[tuple[str, ...], ...]:
        """Numbers of each unit."""
        return tuple(numbers(text) for text in self.texts)

    @cached_property
    def sentences(self) -> Matrix:
        """About how many sentences each unit has."""
        return np.array([sentences(text) for text in self.texts], dtype=np.float64)

    @cached_property
    def brackets(self) -> Matrix:
        """How many brackets each unit opens."""
        return np.array([brackets(text) for text in self.texts], dtype=np.float64)

    @cached_property
    def ends(self) -> NDArray[np.str_]:
        """What kind of end each unit has."""
        return np.array([ends(text) for text in self.texts], dtype=np.str_)

    def mean(self, units: Sequence[int]) -> Vectors:
        """Mean vector of some units, weighted by length: shape (1, d), of length one."""
        chosen = list(units)
        weights = np.sqrt(self.lengths[chosen]).astype(np.float32)[:, None]
        total = (self.vectors[chosen] * weights).sum(axis=0, keepdims=True)
        return np.asarray(total / np.maximum(_norms(total), 1e-9), dtype=np.float32)

    def centre(self) -> Vectors:
        """The document as one unit vector: shape (d,)."""
        return np.asarray(self.mean(range(len(self)))[0], dtype=np.float32)


def gathered(values: Floats, steps: Steps) -> Floats:
    """Sums of values at some steps from each place that has them all: (n - last step, ...)."""
    last = max(len(values) - steps[-1], 0)
    total = values[:last]
    for step in steps[1:]:
        total = total + values[step : last + step]
    return total


def cosines(left: Vectors, right: Vectors) -> Matrix:
    """Cosine of each pair, rounded so that the last bits of a product decide nothing."""
    if not len(left) or not len(right):
        return np.zeros((len(left), len(right)), dtype=np.float64)
    product = np.asarray(left @ right.T, dtype=np.float64)
    return np.asarray(np.round(product, 5), dtype=np.float64)


def anchor_matrix(left: Sequence[frozenset[str]], right: Sequence[frozenset[str]]) -> Matrix:
    """Anchors shared: Dice coefficient of each pair, in 0..1; 0.5 where neither has any."""
    names = sorted({a for group in (*left, *right) for a in group})
    column = {name: i for i, name in enumerate(names)}
    one = _incidence(left, column)
    two = _incidence(right, column)
    shared = one @ two.T
    sizes = one.sum(1)[:, None] + two.sum(1)[None, :]
    return np.where(sizes > 0, 2 * shared / np.maximum(sizes, 1), 0.5)


def _incidence(groups: Sequence[frozenset[str]], column: dict[str, int]) -> Matrix:
    found = np.zeros((len(groups), len(column)), dtype=np.float64)
    for row, group in enumerate(groups):
        for name in sorted(group):
            found[row, column[name]] = 1.0
    return found


def likeness(one: Embedded, two: Embedded, left: Vectors, right: Vectors) -> Matrix:
    """Cosines of vectors of two documents, brought to the scale of the embedded encoder."""
    return _rescaled(cosines(left, right), one.usual)


def _rescaled(values: Matrix, usual: tuple[float, float]) -> Matrix:
    low, high = SentenceEncoder.usual
    if usual == (low, high):
        return values
    share = (values - usual[0]) / (usual[1] - usual[0])
    return np.asarray(np.round(np.minimum(low + share * (high - low), 1.0), 5), dtype=np.float64)


def _norms(vectors: Vectors) -> Vectors:
    return np.asarray(np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)
