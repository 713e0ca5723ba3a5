"""Does a metric order the translations of one segment as people do?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mtbench.significance.agreement.correlation import Concordance, pearson
from mtbench.significance.agreement.systems import pair_indexes

Array = NDArray[np.float64]

MOSTLY_TIES = 0.9  # an ε that calls more of the pairs ties says nothing


class TieCalibrated(NamedTuple):
    """Pairwise accuracy within segments, with ties (Deutsch et al. 2023).

    Attributes:
        value: The accuracy at the best ε, as the mean over segments.
        epsilon: Differences up to it count as ties of the metric.
        tied: Share of pairs that it makes ties.
        outcomes: Array of shape (p,): 1 where a pair is right, else 0.
        segments: Array of shape (p,): for each pair the number of its segment.
    """

    value: float
    epsilon: float
    tied: float
    outcomes: Array
    segments: NDArray[np.int64]

    @property
    def degenerate(self) -> bool:
        """Whether ε makes nearly everything a tie."""
        return self.tied > MOSTLY_TIES

    def by_segment(self, count: int) -> Array:
        """Accuracy of each segment: shape (count,), NaN where it has no pair."""
        pairs = np.bincount(self.segments, minlength=count)
        right = np.bincount(self.segments, weights=self.outcomes, minlength=count)
        return np.where(pairs > 0, right / np.maximum(pairs, 1), np.nan)


def accuracy_with_ties(metric: Array, human: Array) -> TieCalibrated:
    """Pairwise accuracy within segments, ε chosen on the same data.

    Deutsch, Foster & Freitag (2023), "Ties Matter: Meta-Evaluating Modern Metrics with Pairwise
    Accuracy and Tie Calibration", EMNLP. Among equally good ε the smallest is taken.

    Args:
        metric: Array of shape (s, n), NaN where there is no score.
        human: Array of shape (s, n) likewise.

    Raises:
        ValueError: If no segment has two systems with both scores.

    Example:
        >>> found = accuracy_with_ties(np.array([[1.0], [1.1], [3.0]]), np.array([[5.0], [5], [9]]))
        >>> round(found.value, 3), round(found.epsilon, 3)
        (1.0, 0.1)
    """
    first, second = pair_indexes(len(metric))
    ours, theirs = metric[first] - metric[second], human[first] - human[second]
    there = np.isfinite(ours) & np.isfinite(theirs)
    if not there.any():
        raise ValueError("no two systems have scores of one segment")
    segments = np.broadcast_to(np.arange(metric.shape[1]), ours.shape)[there]
    ours, theirs = ours[there], theirs[there]
    a_segment = np.bincount(segments, minlength=metric.shape[1])
    weight = 1.0 / a_segment[segments] / np.count_nonzero(a_segment)
    # Each pair changes its outcome once, when ε reaches its distance: right order, then a tie.
    ordered = (np.sign(ours) == np.sign(theirs)) & (theirs != 0) & (ours != 0)
    tie = theirs == 0
    distance = np.abs(ours)
    steps, at = np.unique(distance, return_inverse=True)
    gain = np.bincount(at, weights=weight * (tie.astype(np.float64) - ordered))
    start = float((weight * ordered).sum())
    values = start + np.cumsum(gain)
    if steps[0] > 0:  # ε = 0 is a choice too, though no pair lies there
        steps, values = np.concatenate([[0.0], steps]), np.concatenate([[start], values])
    # Sums of equal outcomes in another order differ in their last digits.
    best = int(np.flatnonzero(values >= values.max() - 1e-12)[0])
    epsilon = float(steps[best])
    called_tie = distance <= epsilon
    outcomes = np.where(called_tie, tie, ordered).astype(np.float64)
    return TieCalibrated(
        value=float((weight * outcomes).sum()),
        epsilon=epsilon,
        tied=float(called_tie.mean()),
        outcomes=outcomes,
        segments=segments.astype(np.int64),
    )


def within_segments(metric: Array, human: Array) -> tuple[Array, Array]:
    """Pearson's and Kendall's correlation within each segment.

    Args:
        metric: Array of shape (s, n), NaN where there is no score.
        human: Array of shape (s, n) likewise.

    Returns:
        Two arrays of shape (n,), NaN where a segment has fewer than two scores or a side is
        constant; such segments are left out of an average, and are to be counted.
    """
    linear, ranked = np.full(metric.shape[1], np.nan), np.full(metric.shape[1], np.nan)
    for segment in range(metric.shape[1]):
        there = np.isfinite(metric[:, segment]) & np.isfinite(human[:, segment])
        if there.sum() > 1:
            x, y = metric[there, segment], human[there, segment]
            linear[segment] = pearson(x, y)
            ranked[segment] = Concordance(x, y).tau_b()
    return linear, ranked
