"""Are the errors that a metric marks those that people mark?

Two measures, because neither is enough alone (Perrella, Agostinho & Zaragoza 2026, "Span-Level
Machine Translation Meta-Evaluation", arXiv:2603.19921):

- Partial credit: within a segment each marked error goes with at most one of people's, so that the
  segment's F1 is largest. A pair brings the share of the marked one that is right to precision,
  and the share of people's that was found to recall; both are summed over all segments before they
  are divided by the numbers of errors. Long spans gain nothing, segments without errors neither.
- Characters: the official measure of WMT25 ("Findings of the WMT25 Shared Task on Automated
  Translation Evaluation Systems"). Each character of each marked error counts, half where the
  severity is another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mtbench.types.judgements import ErrorSpan

Array = NDArray[np.float64]

OTHER_SEVERITY = 0.5  # credit of a character that is marked with another severity
SAME = 1e-12  # values nearer to each other are equal
# Ways to pair the errors of one segment that are looked at side by side: states × credits of each.
# More than that takes dozens of errors in one place; then the most promising are looked at.
_MOST_STATES, _MOST_CREDITS = 256, 32

_GRAVE = ("major", "critical")  # WMT25 takes them as one


class Sums(NamedTuple):
    """What precision and recall are made of; sums over segments are sums.

    Attributes:
        right: Of the metric's errors, how much is right.
        marked: Of the metric's errors, how much there is.
        found: Of people's errors, how much was found.
        there: Of people's errors, how much there is.
    """

    right: float
    marked: float
    found: float
    there: float


def scores(sums: Array) -> Array:
    """Precision, recall and F1.

    Args:
        sums: Array of shape (..., 4), as ``Sums``.

    Returns:
        Array of shape (..., 3). Where nothing is marked precision is 1, where nothing is there
        to be found recall is 1: the sources' rule.

    Example:
        >>> scores(np.array([1.0, 2.0, 1.0, 1.0])).round(3).tolist()
        [0.5, 1.0, 0.667]
    """
    right, marked, found, there = np.moveaxis(np.asarray(sums, dtype=np.float64), -1, 0)
    precision = np.where(marked > 0, right / np.where(marked > 0, marked, 1), 1.0)
    recall = np.where(there > 0, found / np.where(there > 0, there, 1), 1.0)
    both = precision + recall
    f1 = np.where(both > 0, 2 * precision * recall / np.where(both > 0, both, 1), 0.0)
    return np.stack([precision, recall, f1], axis=-1)


def partial_credit(marked: Sequence[ErrorSpan], people: Sequence[ErrorSpan]) -> Sums:
    """What one segment brings to the measure by partial credit.

    Args:
        marked: The metric's errors; those without a place are left out.
        people: People's errors likewise.

    Example:
        >>> a = [ErrorSpan(0, 10, "major"), ErrorSpan(12, 15, "minor")]
        >>> b = [ErrorSpan(0, 5, "major"), ErrorSpan(12, 15, "minor")]
        >>> partial_credit(a, b)
        Sums(right=1.5, marked=2.0, found=2.0, there=2.0)
    """
    ours, theirs = _places(marked), _places(people)
    right, found = 0.0, 0.0
    if ours and theirs:
        right, found = max(
            _pairings(ours, theirs), key=lambda way: _worth(way[0], way[1], len(ours), len(theirs))
        )
    return Sums(right, float(len(ours)), found, float(len(theirs)))


def _places(spans: Iterable[ErrorSpan]) -> list[tuple[int, int]]:
    return sorted(
        (one.start, one.end)
        for one in spans
        if one.start is not None and one.end is not None and one.end > one.start
    )


def _worth(right: float, found: float, marked: int, there: int) -> tuple[float, ...]:
    """F1 of a segment first; where two ways have the same, the sources' tie-breaks."""
    precision, recall, f1 = scores(np.array([right, marked, found, there])).tolist()
    return tuple(round(value / SAME) * SAME for value in (f1, precision + recall, precision))


def _pairings(
    ours: Sequence[tuple[int, int]], theirs: Sequence[tuple[int, int]]
) -> list[tuple[float, float]]:
    """All ways to pair that may be best, as their credits for precision and recall.

    The metric's errors are gone through from left to right. What has to be remembered of a way
    is which of people's errors are taken; those that lie wholly before are forgotten.
    """
    states: dict[frozenset[int], list[tuple[float, float]]] = {frozenset(): [(0.0, 0.0)]}
    for at, (start, end) in enumerate(ours):
        overlaps = {
            number: common
            for number, (their_start, their_end) in enumerate(theirs)
            if (common := min(end, their_end) - max(start, their_start)) > 0
        }
        coming = min((other[0] for other in ours[at + 1 :]), default=end)
        extended: dict[frozenset[int], list[tuple[float, float]]] = {}
        for taken, ways in states.items():
            choices = [(taken, 0.0, 0.0)] + [
                (
                    taken | {number},
                    common / (end - start),
                    common / (theirs[number][1] - theirs[number][0]),
                )
                for number, common in overlaps.items()
                if number not in taken
            ]
            for now, right, found in choices:
                kept = frozenset(number for number in now if theirs[number][1] > coming)
                extended.setdefault(kept, []).extend((r + right, f + found) for r, f in ways)
        states = _pruned({taken: _undominated(ways) for taken, ways in extended.items()})
    return [way for ways in states.values() for way in ways]


def _undominated(ways: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The ways that no other one beats in both credits."""
    kept: list[tuple[float, float]] = []
    for right, found in sorted(set(ways), reverse=True):
        if not kept or found > kept[-1][1]:
            kept.append((right, found))
    return sorted(kept, key=sum, reverse=True)[:_MOST_CREDITS]


def _pruned(
    states: dict[frozenset[int], list[tuple[float, float]]],
) -> dict[frozenset[int], list[tuple[float, float]]]:
    """The most promising states."""
    if len(states) <= _MOST_STATES:
        return states
    order = sorted(
        states, key=lambda taken: (-max(map(sum, states[taken])), len(taken), sorted(taken))
    )
    return {taken: states[taken] for taken in order[:_MOST_STATES]}


def characters(marked: Sequence[ErrorSpan], people: Sequence[ErrorSpan], length: int) -> Sums:
    """What one segment brings to WMT25's measure by characters.

    Args:
        marked: The metric's errors; those without a place are left out.
        people: People's errors likewise.
        length: Characters of the translation.

    Example:
        >>> characters([ErrorSpan(0, 4, "minor")], [ErrorSpan(2, 4, "major")], 9)
        Sums(right=1.0, marked=4.0, found=1.0, there=2.0)
    """
    ours, theirs = _counts(marked, length), _counts(people, length)
    same = np.minimum(ours, theirs)
    rest = np.minimum((ours - same).sum(axis=0), (theirs - same).sum(axis=0))
    credit = float(same.sum() + OTHER_SEVERITY * rest.sum())
    return Sums(credit, float(ours.sum()), credit, float(theirs.sum()))


def _counts(spans: Iterable[ErrorSpan], length: int) -> Array:
    """Array of shape (2, length): how often each character is marked, gravely and mildly."""
    counts = np.zeros((2, length))
    for one in spans:
        if one.start is not None and one.end is not None:
            counts[0 if one.severity in _GRAVE else 1, one.start : one.end] += 1
    return counts


def of_severity(spans: Iterable[ErrorSpan], severity: str) -> list[ErrorSpan]:
    """The errors of a severity; critical ones are among the major.

    Example:
        >>> of_severity([ErrorSpan(0, 1, "critical"), ErrorSpan(2, 3, "minor")], "major")
        [ErrorSpan(start=0, end=1, severity='critical', category='')]
    """
    grave = severity in _GRAVE
    return [one for one in spans if (one.severity in _GRAVE) == grave]
