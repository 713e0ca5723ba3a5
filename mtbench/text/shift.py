"""Is a column of texts one line off against another, from some place on?

A lost or doubled line leaves the number of lines in one file as it should be, or nearly so, and
every pair after it wrong: segment i then fits its neighbour's partner over a long run.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable
from typing import NamedTuple

from mtbench.languages import base_language
from mtbench.text.anchors import anchors
from mtbench.text.patterns import WORD
from mtbench.text.scripts import UNSPACED

MARGIN = 0.05  # by which a neighbour must fit better to count
ENOUGH = 4.0  # sum of what neighbours fit better, over a run
RUN = 10  # pairs in which a neighbour fits better
SHARE = 0.7  # of the pairs of a run that tell anything
FADING = 0.01  # what a pair that tells nothing takes off a run
BY_LENGTH = 0.3  # weight of lengths between two languages; the rest is numbers, names, addresses
_ODD = re.compile(r"[^\w\x00-\x7f]")  # of no word, and of more than one byte
_TABLE = bytes(byte if byte > 127 or WORD.match(chr(byte)) else ord(" ") for byte in range(256))
_KNOWN = 10  # pairs from which on the usual ratio of lengths is known


class Shift(NamedTuple):
    """A run of pairs that are one off.

    Attributes:
        first, last: Positions of its pairs, from 0.
        offset: 1 where the left text fits the next right one, -1 where it fits the one before.
    """

    first: int
    last: int
    offset: int


class _Run:
    """The best run so far (Kadane's maximum sum over neighbours)."""

    def __init__(self) -> None:
        self.best: tuple[float, int, int, int, int] = (0.0, 0, 0, 0, 0)
        self._now = (0.0, 0, 0, 0)  # sum, first, wins, pairs that tell something

    def add(self, at: int, better: float | None) -> None:
        total, first, wins, told = self._now
        if not total and (better is None or better <= MARGIN):
            self._now = (0.0, at + 1, 0, 0)
            return
        if better is None:
            total -= FADING
        else:
            total, wins, told = total + better - MARGIN, wins + (better > MARGIN), told + 1
        if total <= 0:
            self._now = (0.0, at + 1, 0, 0)
            return
        self._now = (total, first, wins, told)
        self.best = max(self.best, (total, first, at, wins, told))


class ShiftFinder:
    """Finds a shift in pairs that come one after the other, in memory of one pair.

    Args:
        left, right: Tags of their languages; with the same one, words decide.

    Example:
        >>> finder = ShiftFinder("en", "en")
        >>> for n in range(30):
        ...     finder.add(f"word{n} again{n}", f"word{n + 1} again{n + 1}")
        >>> finder.found()
        Shift(first=1, last=29, offset=-1)
    """

    def __init__(self, left: str, right: str) -> None:
        self._same = base_language(left) == base_language(right)
        self._unspaced = base_language(right) in UNSPACED
        self._at = 0
        self._runs = {1: _Run(), -1: _Run()}
        self._before: tuple[_Side, _Side, float | None] | None = None
        self._ratios = 0.0

    def add(self, left: str, right: str) -> None:
        """Takes the next pair."""
        one, two = self._side(left), self._side(right)
        if one.length and two.length:
            self._ratios += math.log(two.length / one.length)
        own = self._fit(one, two)
        if self._before is not None:
            left_before, right_before, own_before = self._before
            forward = self._fit(left_before, two)
            self._runs[1].add(self._at - 1, _better(forward, own_before))
            self._runs[-1].add(self._at, _better(self._fit(one, right_before), own))
        self._before = one, two, own
        self._at += 1

    def found(self) -> Shift | None:
        """The longest shift in what was added; None where there is none."""
        total, offset = max((run.best[0], offset) for offset, run in self._runs.items())
        _, first, last, wins, told = self._runs[offset].best
        if total < ENOUGH or wins < RUN or wins < SHARE * told:
            return None
        return Shift(first, last, offset)

    def _side(self, text: str) -> _Side:
        if not self._same:
            return _Side(anchors(text), len(text))
        lower = text.casefold()
        if self._unspaced:
            return _Side(frozenset(a + b for a, b in itertools.pairwise(lower)), 0)
        return _Side(_words(lower), 0)

    def _fit(self, left: _Side, right: _Side) -> float | None:
        """How well two texts fit, in 0..1; None where they tell nothing."""
        size = len(left[0]) + len(right[0])
        shared = 2 * len(left[0] & right[0]) / size if size else None
        if self._same:
            return shared
        if not (left.length and right.length) or self._at < _KNOWN:
            return shared
        usual = self._ratios / (self._at + 1)
        near = max(0.0, 1 - abs(math.log(right.length / left.length) - usual))
        return BY_LENGTH * near + (1 - BY_LENGTH) * (shared or 0.0)


class _Side(NamedTuple):
    """What is compared of a text."""

    marks: frozenset[str] | frozenset[bytes]
    length: int


def _words(text: str) -> frozenset[bytes]:
    """What ``WORD`` finds, as UTF-8: twice as fast by a table of bytes."""
    plain = text if text.isascii() else _ODD.sub(" ", text)
    return frozenset(plain.encode().translate(_TABLE).split())


def _better(neighbour: float | None, own: float | None) -> float | None:
    if neighbour is None or own is None or max(neighbour, own) == 0:
        return None
    return neighbour - own


def find_shift(left: Iterable[str], right: Iterable[str], tags: tuple[str, str]) -> Shift | None:
    """A shift between two columns of the same length.

    Args:
        left: The texts of one column.
        right: The texts of the other, as many.
        tags: Their languages.
    """
    finder = ShiftFinder(*tags)
    for one, two in zip(left, right, strict=True):
        finder.add(one, two)
    return finder.found()
