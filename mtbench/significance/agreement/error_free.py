"""Can a metric tell the translations in which people find no error from the others?

WMT26 asks it of metrics: which segments need nobody's eye? A threshold on the metric's score
answers, and every threshold is a trade between precision (of those let through, how many are
without an error) and recall (of those without an error, how many are let through).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

GOOD = 85.0  # of 100: an ESA score from which a translation without a marked error is error-free
CURVE_POINTS = 21


class Threshold(NamedTuple):
    """What a threshold does.

    Attributes:
        value: Scores from it on count as error-free.
        precision, recall, f1: Of that.
    """

    value: float
    precision: float
    recall: float
    f1: float


def thresholds(scores: Array, error_free: NDArray[np.bool_]) -> list[Threshold]:
    """Every threshold that makes a difference, from the strictest to the mildest.

    Args:
        scores: Array of shape (n,), higher being better.
        error_free: Array of shape (n,).

    Example:
        >>> thresholds(np.array([3.0, 2.0, 1.0]), np.array([True, False, True]))[0]
        Threshold(value=3.0, precision=1.0, recall=0.5, f1=0.6666666666666666)
    """
    order = np.argsort(-scores, kind="stable")
    falling, right = scores[order], np.cumsum(error_free[order])
    last = np.append(np.flatnonzero(np.diff(falling)), len(falling) - 1)  # of each value
    hits, taken = right[last], last + 1
    total = int(error_free.sum())
    precision = hits / taken
    recall = hits / max(total, 1)
    f1 = 2 * hits / (taken + max(total, 1))
    return [
        Threshold(*map(float, values))
        for values in zip(falling[last], precision, recall, f1, strict=True)
    ]


def average_precision(curve: list[Threshold]) -> float:
    """Precision averaged over recall, without interpolation.

    Args:
        curve: From ``thresholds``.

    Example:
        >>> scores, error_free = np.array([3.0, 2.0, 1.0]), np.array([True, False, True])
        >>> round(average_precision(thresholds(scores, error_free)), 4)
        0.8333
    """
    before, area = 0.0, 0.0
    for one in curve:
        area += (one.recall - before) * one.precision
        before = one.recall
    return area


def best(curve: list[Threshold]) -> Threshold:
    """The threshold with the largest F1; of several the strictest."""
    return max(curve, key=lambda one: (one.f1, one.value))


def thinned(curve: list[Threshold], points: int = CURVE_POINTS) -> list[Threshold]:
    """A curve of few points: at each step of recall the strictest threshold that reaches it."""
    if len(curve) <= points:
        return curve
    recalls = np.array([one.recall for one in curve])
    chosen = np.searchsorted(recalls, np.linspace(recalls[0], recalls[-1], points))
    return [curve[at] for at in dict.fromkeys(chosen.tolist())]
