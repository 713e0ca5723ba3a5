"""Chances that runs of pieces of a text are the segments' translations, in order.

A conditional random field over segmentations (Sarawagi and Cohen 2004): each segment has a run or
none, additions may lie between runs, and whole sentences within a run may be additions too. A run
may also be a hallucination: it stands where its segment's does and says nothing of the source.
Sums over all ways to lay the text (forward and backward) give the chance that each piece is a
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
_LEAST = -36.0  # logarithm of a chance that no sum notices
_NEVER = -1e30
_T = TypeVar("_T", np.float64, np.int64)


class Field(NamedTuple):
    """What speaks for runs.

    Attributes:
        sentence: Of each piece: shape (pieces,).
        lengths: Characters of each piece, what a loop repeats counting once; whole numbers:
            (pieces,).
        written: Characters that there are: (pieces,).
        gain: What speaks for each piece as each segment's: (pieces, segments).
        begin: For a run that begins at a piece: (pieces, segments).
        end: For a run that ends with a piece: (pieces, segments).
        expected: Characters of each segment's translation: (segments,).
        omitted: For each segment's omission: (segments,).
        added_begin: For an addition that begins at a piece: (pieces,).
        added: For each sentence of an addition.
        precision: Weights of lengths, by difference and by ratio.
        hallucinated: For each segment's hallucination: (segments,).
        strange: For each piece as a part of one: (pieces,).
        strange_begin: For one that begins at a piece: (pieces,).
        loose: Weights of a hallucination's length, as ``precision``.
    """

    sentence: Numbers
    lengths: Array
    written: Array
    gain: Array
    begin: Array
    end: Array
    expected: Array
    omitted: Array
    added_begin: Array
    added: float
    precision: tuple[float, float]
    hallucinated: Array
    strange: Array
    strange_begin: Array
    loose: tuple[float, float]


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
        self._strange = _before(field.strange[:, None])[:, 0]
        self._written = _before(field.written[:, None])[:, 0]

    def chances(self) -> OwnChances:
        """As ``chances``."""
        field = self._field
        count, segments = field.gain.shape
        ahead = np.full(count + 1, _NEVER)
        ahead[0] = 0.0
        before: list[Array] = []
        runs = np.full((segments, count), _NEVER)  # sums over a segment's runs, by their last piece
        for segment in range(segments):
            before.append(self._with_additions(ahead))
            ahead = before[-1] + field.omitted[segment]
            for ends, starts, score, strange in self._blocks(segment, np.arange(count)):
                here = before[-1][starts]
                sums = _log_sum(here + score), _log_sum(here + strange)
                runs[segment, ends - 1] = np.logaddexp(*sums)
            ahead[1:] = np.logaddexp(ahead[1:], runs[segment])
        evidence = float(self._with_additions(ahead)[-1])
        behind = np.full(count + 1, _NEVER)
        behind[-1] = 0.0
        behind = self._before_additions(behind)
        own = np.zeros((count, segments))
        omitted = np.zeros(segments)
        for segment in reversed(range(segments)):
            chance = runs[segment] + behind[1:] - evidence
            last = np.flatnonzero(chance > _LEAST)
            here = before[segment] - evidence
            begun, own[:, segment] = self._of_segment(segment, last, here, behind)
            left = np.exp(before[segment] + field.omitted[segment] + behind - evidence)
            omitted[segment] = left.sum()
            with np.errstate(divide="ignore"):
                behind = np.log(begun + left) + evidence - before[segment]
            behind = np.where(np.isfinite(behind), behind, _NEVER)
            behind = self._before_additions(behind)
        return OwnChances(own, omitted, evidence)

    def _of_segment(
        self, segment: int, last: Numbers, before: Array, behind: Array
    ) -> tuple[Array, Array]:
        """Chances that a segment's run begins at each place, and that each piece is its own.

        Only runs that end with some pieces are looked at; no other is likely.
        """
        field, count = self._field, len(self._field.sentence)
        sentences = len(self._first) - 1
        begun, ended, strange = np.zeros(count + 1), np.zeros(count + 1), np.zeros((2, count + 1))
        within = np.zeros(sentences)
        for ends, starts, score, odd in self._blocks(segment, last):
            here = before[starts] + behind[ends][:, None]
            chance = np.exp(here + odd)
            strange[0] += np.bincount(starts.ravel(), chance.ravel(), count + 1)
            strange[1, ends] += chance.sum(axis=1)
            chance = np.exp(here + score)
            begun += np.bincount(starts.ravel(), chance.ravel(), count + 1)
            ended[ends] += chance.sum(axis=1)
            there = field.sentence[ends - 1]
            alone = np.where(field.sentence[starts] == there[:, None], chance, 0.0).sum(axis=1)
            within += np.bincount(there, alone, sentences)
        cover = np.cumsum(begun - ended)[:-1]
        first = np.bincount(field.sentence, begun[:-1], sentences)
        final = np.bincount(field.sentence, ended[1:], sentences)
        from_here = np.cumsum(first[::-1])[::-1]  # runs that begin in a sentence or later
        inner = np.maximum(0.0, begun.sum() - np.cumsum(final) - from_here + within)
        lost = inner * (1 - self._share[:, segment])
        hidden = np.cumsum(strange[0] - strange[1])[:-1]
        own = np.clip(cover - lost[field.sentence] + hidden, 0.0, 1.0)
        return begun + strange[0], own

    def _blocks(
        self, segment: int, last: Numbers
    ) -> Iterator[tuple[Numbers, Numbers, Array, Array]]:
        """Runs of a segment: ends (n,), starts (n, m), and what speaks for each (n, m).

        The second such is of runs as hallucinations.

        Starts that there are not have a number of 0 and never happen.

        Args:
            segment: Whose runs they are.
            last: Pieces that they end with.
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
        sizes = np.arange(self._written[-1] + 1)
        of_sizes = field.hallucinated[segment] + of_length(sizes, expected, field.loose)
        starts = _windows(np.arange(count), reach, 0)
        opening = _windows(gain[closed] - gain[:-1] - inner[sentence + 1] + begin, reach, _NEVER)
        opening_length = _windows(length[closed] - length[:-1] - own[sentence + 1], reach, 0.0)
        alone = _windows(begin - gain[:-1], reach, _NEVER)
        alone_length = _windows(-length[:-1], reach, 0.0)
        written = _windows(-self._written[:-1], reach, 0.0)
        strange = _windows(field.strange_begin - self._strange[:-1], reach, _NEVER)
        rows = max(1, _CELLS // reach)
        for row in range(0, len(last), rows):
            at = last[row : row + rows]
            within = starts[at] >= opened[at, None]
            closing = gain[at + 1] - gain[opened[at]] + inner[sentence[at]]
            closing_length = length[at + 1] - length[opened[at]] + own[sentence[at]]
            plain_size = alone_length[at] + length[at + 1, None]
            size = np.where(
                within,
                plain_size,
                opening_length[at] + closing_length[:, None],
            )
            score = np.where(within, alone[at] + gain[at + 1, None], opening[at] + closing[:, None])
            score += of_length(size, expected, field.precision)
            score += field.end[at, segment, None]
            odd = strange[at] + self._strange[at + 1, None]
            # A loop is long enough for all that is longer than what it repeats.
            filled = np.maximum(plain_size, np.rint(expected))
            filled = np.minimum(filled, written[at] + self._written[at + 1, None])
            odd += of_sizes[np.maximum(filled, 0).astype(np.int64)]
            yield at + 1, starts[at], score, odd

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
