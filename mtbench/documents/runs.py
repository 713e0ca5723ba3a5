"""Chances that runs of pieces of a text are the segments' translations, in order.

A conditional random field over segmentations (Sarawagi and Cohen 2004): each segment has a run or
none, additions may lie between runs, and whole sentences within a run may be additions too. Sums
over all ways to lay the text (forward and backward) give the chance that each piece is a
segment's, and the text is laid so that as many characters as can be expected are where they belong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]

LONGEST, MORE = 3.0, 60.0  # times the expected length, and some characters
MOST_DEVIATION, MOST_RATIO = 30.0, 4.0
_CELLS = 1_000_000  # of a block, which bounds memory
_NEVER = -1e30
_T = TypeVar("_T", np.float64, np.int64)


class Field(NamedTuple):
    """What speaks for runs.

    Attributes:
        sentence: Of each piece: shape (pieces,).
        lengths: Characters of each piece: (pieces,).
        gain: What speaks for each piece as each segment's: (pieces, segments).
        begin: For a run that begins at a piece: (pieces, segments).
        end: For a run that ends with a piece: (pieces, segments).
        expected: Characters of each segment's translation: (segments,).
        omitted: For each segment's omission: (segments,).
        added_begin: For an addition that begins at a piece: (pieces,).
        added: For each sentence of an addition.
        precision: Weights of lengths, by difference and by ratio.
    """

    sentence: Numbers
    lengths: Array
    gain: Array
    begin: Array
    end: Array
    expected: Array
    omitted: Array
    added_begin: Array
    added: float
    precision: tuple[float, float]


class OwnChances(NamedTuple):
    """What becomes of a text.

    Attributes:
        own: Of each piece as each segment's: shape (pieces, segments).
        omitted: Of each segment: (segments,).
        evidence: Logarithm of the sum over all ways.
    """

    own: Array
    omitted: Array
    evidence: float


def chances(field: Field) -> OwnChances:
    """Sums over all ways to lay a text on segments."""
    return _Sums(field).chances()


def best_owners(own: Array, lengths: Array, doubt: float) -> Numbers:
    """The segment of each piece, in order, -1 for none: most characters where they belong.

    Args:
        own: Chances: shape (pieces, segments).
        lengths: Of pieces.
        doubt: Weight of the chance that a piece is no segment's.

    Example:
        >>> own = np.array([[0.9, 0.1], [0.2, 0.1], [0.3, 0.6]])
        >>> best_owners(own, np.ones(3), 1.0).tolist()
        [0, -1, 1]
    """
    value = own * lengths[:, None]
    none = doubt * lengths * np.maximum(0.0, 1 - own.sum(axis=1))
    places = np.arange(own.shape[1] + 1)
    best = np.where(places == 0, 0.0, _NEVER)  # by how many segments are behind
    backs: list[tuple[Numbers, NDArray[np.bool_]]] = []
    for row, without in zip(value, none.tolist(), strict=True):
        leader = np.maximum.accumulate(best)
        first = np.maximum.accumulate(np.where(best == leader, places, 0))
        taken = np.concatenate([[_NEVER], leader[1:] + row])
        left = best + without
        backs.append((first, taken >= left))
        best = np.maximum(taken, left)
    found = np.full(len(value), -1)
    at = int(np.argmax(best))
    for piece in reversed(range(len(value))):
        first, taken_here = backs[piece]
        if taken_here[at]:
            found[piece] = at - 1
            at = int(first[at])
    return found


def of_length(length: Array, expected: float, precision: tuple[float, float]) -> Array:
    """What lengths of a segment's translation speak for, by difference and by ratio: 0 at most."""
    difference = (length - expected) ** 2 / (6 * expected + 20)
    ratio = np.log((length + 1) / (expected + 1)) ** 2
    return np.asarray(
        -precision[0] * np.minimum(difference, MOST_DEVIATION)
        - precision[1] * np.minimum(ratio, MOST_RATIO)
    )


class _Sums:
    """Forward and backward sums over a field."""

    def __init__(self, field: Field) -> None:
        self._field = field
        count = len(field.sentence)
        self._first = np.append(np.flatnonzero(np.diff(field.sentence, prepend=-1)), count)
        self._before = _before(field.gain)
        self._length = _before(field.lengths[:, None])[:, 0]
        whole = self._before[self._first[1:]] - self._before[self._first[:-1]]
        size = self._length[self._first[1:]] - self._length[self._first[:-1]]
        # A sentence within a run is the segment's, or added.
        soft = np.logaddexp(whole, field.added)
        self._share = np.exp(np.minimum(whole - soft, 0.0))
        self._inner = _before(soft)
        self._inner_length = _before(size[:, None] * self._share)
        self._begun = np.append(field.sentence, field.sentence[-1] + 1)
        self._ended = np.concatenate([[0], field.sentence + 1])
        self._added_begin = np.append(field.added_begin, 0.0)

    def chances(self) -> OwnChances:
        """As ``chances``."""
        field = self._field
        count, segments = field.gain.shape
        ahead = np.full(count + 1, _NEVER)
        ahead[0] = 0.0
        before: list[Array] = []
        for segment in range(segments):
            before.append(self._with_additions(ahead))
            ahead = before[-1] + field.omitted[segment]
            for ends, starts, score in self._blocks(segment):
                ahead[ends] = np.logaddexp(ahead[ends], _log_sum(before[-1][starts] + score))
        evidence = float(self._with_additions(ahead)[-1])
        behind = np.full(count + 1, _NEVER)
        behind[-1] = 0.0
        behind = self._before_additions(behind)
        own = np.zeros((count, segments))
        omitted = np.zeros(segments)
        for segment in reversed(range(segments)):
            begun, own[:, segment] = self._of_segment(segment, before[segment], behind, evidence)
            left = np.exp(before[segment] + field.omitted[segment] + behind - evidence)
            omitted[segment] = left.sum()
            with np.errstate(divide="ignore"):
                behind = np.log(begun + left) + evidence - before[segment]
            behind = np.where(np.isfinite(behind), behind, _NEVER)
            behind = self._before_additions(behind)
        return OwnChances(own, omitted, evidence)

    def _of_segment(
        self, segment: int, before: Array, behind: Array, evidence: float
    ) -> tuple[Array, Array]:
        """Chances that a segment's run begins at each place, and that each piece is its own."""
        field, count = self._field, len(self._field.sentence)
        sentences = len(self._first) - 1
        begun, ended = np.zeros(count + 1), np.zeros(count + 1)
        within = np.zeros(sentences)
        for ends, starts, score in self._blocks(segment):
            chance = np.exp(before[starts] + score + behind[ends][:, None] - evidence)
            begun += np.bincount(starts.ravel(), chance.ravel(), count + 1)
            ended[ends] += chance.sum(axis=1)
            last = field.sentence[ends - 1]
            alone = np.where(field.sentence[starts] == last[:, None], chance, 0.0).sum(axis=1)
            within += np.bincount(last, alone, sentences)
        cover = np.cumsum(begun - ended)[:-1]
        first = np.bincount(field.sentence, begun[:-1], sentences)
        last = np.bincount(field.sentence, ended[1:], sentences)
        from_here = np.cumsum(first[::-1])[::-1]  # runs that begin in a sentence or later
        inner = np.maximum(0.0, begun.sum() - np.cumsum(last) - from_here + within)
        lost = inner * (1 - self._share[:, segment])
        return begun, np.clip(cover - lost[field.sentence], 0.0, 1.0)

    def _blocks(self, segment: int) -> Iterator[tuple[Numbers, Numbers, Array]]:
        """Runs of a segment: ends (n,), starts (n, m), and what speaks for each (n, m).

        Starts that there are not have a number of 0 and never happen.
        """
        field, count = self._field, len(self._field.sentence)
        expected = float(field.expected[segment])
        least = self._length[1:] - LONGEST * expected - MORE
        pieces = np.arange(1, count + 1) - np.searchsorted(self._length, least)
        reach = max(1, int(pieces.max()))
        sentence, first = field.sentence, self._first
        opened, closed = first[sentence], first[sentence + 1]
        gain, inner = self._before[:, segment], self._inner[:, segment]
        length, own = self._length, self._inner_length[:, segment]
        begin = field.begin[:, segment]
        starts = _windows(np.arange(count), reach, 0)
        opening = _windows(gain[closed] - gain[:-1] - inner[sentence + 1] + begin, reach, _NEVER)
        opening_length = _windows(length[closed] - length[:-1] - own[sentence + 1], reach, 0.0)
        alone = _windows(begin - gain[:-1], reach, _NEVER)
        alone_length = _windows(-length[:-1], reach, 0.0)
        rows = max(1, _CELLS // reach)
        for row in range(0, count, rows):
            at = np.arange(row, min(count, row + rows))
            within = starts[at] >= opened[at, None]
            closing = gain[at + 1] - gain[opened[at]] + inner[sentence[at]]
            closing_length = length[at + 1] - length[opened[at]] + own[sentence[at]]
            size = np.where(
                within,
                alone_length[at] + length[at + 1, None],
                opening_length[at] + closing_length[:, None],
            )
            score = np.where(within, alone[at] + gain[at + 1, None], opening[at] + closing[:, None])
            score += of_length(size, expected, field.precision)
            score += field.end[at, segment, None]
            yield at + 1, starts[at], score

    def _with_additions(self, ahead: Array) -> Array:
        """With at most one addition behind: each sentence that it has, even in part, counts."""
        field = self._field
        begun = ahead + self._added_begin - field.added * self._begun
        sums = np.logaddexp.accumulate(begun)
        ended = np.concatenate([[_NEVER], sums[:-1]]) + field.added * self._ended
        return np.logaddexp(ahead, ended)

    def _before_additions(self, behind: Array) -> Array:
        """Likewise, backward."""
        field = self._field
        sums = np.logaddexp.accumulate((behind + field.added * self._ended)[::-1])[::-1]
        ended = np.concatenate([sums[1:], [_NEVER]])
        return np.logaddexp(behind, ended + self._added_begin - field.added * self._begun)


def _before(values: Array) -> Array:
    """Sums of what stands before each row, and of all."""
    return np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])


def _windows(values: NDArray[_T], reach: int, absent: float) -> NDArray[_T]:
    """Of each place, the values that end there: shape (n, reach)."""
    padded = np.concatenate([np.full(reach - 1, absent, dtype=values.dtype), values])
    return np.lib.stride_tricks.sliding_window_view(padded, reach)


def _log_sum(values: Array) -> Array:
    """Logarithms of sums of exponentials, by row."""
    most = values.max(axis=1)
    return np.asarray(most + np.log(np.exp(values - most[:, None]).sum(axis=1)))
