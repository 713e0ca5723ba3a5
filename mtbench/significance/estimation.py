"""From few human scores to many segments: what the judged ones say about the whole set.

The mean of human scores over all segments of a set is estimated from those that were drawn with
known probability, with the help of a metric that scored all of them: the metric's mean over all,
plus the mean over the judged of what humans give beyond it. In survey sampling this is the
regression estimator (Cochran 1977, Sampling Techniques, chapter 7), of late known as
prediction-powered inference (Angelopoulos et al. 2023). The weight λ of the metric is fitted on the
judged; where the metric does not make the interval narrower it gets none, and the estimate is the
plain mean of the judged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]

RELIABLE = 100  # judged segments
FEWEST_DOCUMENTS = 20
FEWEST_DRAWN = 3  # judged segments of a stratum, or in all
LEVEL = 0.95


class MeanEstimate(NamedTuple):
    """The mean human score over the whole set.

    Attributes:
        judged: How many segments were judged.
        mean_judged: Their plain mean.
        value: The estimate.
        low, high: Its 95 % interval.
        weight: λ of the metric; 0 where the metric does not help.
        worth: How many plainly drawn judgements would give as narrow an interval.
        deviation: The standard error.
        freedom: Degrees of freedom of the interval.
    """

    judged: int
    mean_judged: float
    value: float
    low: float
    high: float
    weight: float
    worth: float
    deviation: float
    freedom: int

    @property
    def reliable(self) -> bool:
        """Whether enough was judged for the interval to hold its level."""
        return self.judged >= RELIABLE


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """How the judged segments were drawn.

    Attributes:
        drawn: Array of shape (N,): which segments were drawn.
        strata: Array of shape (N,): the stratum of each; all of one number where there are none.
        documents: Array of shape (N,): the document of each, where whole documents were drawn.
    """

    drawn: NDArray[np.bool_]
    strata: Numbers
    documents: Numbers | None = None


class _Fit(NamedTuple):
    value: float
    variance: float
    freedom: int


def estimate_mean(human: Array, design: Design, metric: Array | None = None) -> MeanEstimate:
    """The mean human score over all segments, with its interval.

    Args:
        human: Array of shape (N,): scores of the drawn segments; others are not looked at.
        design: How they were drawn.
        metric: Array of shape (N,): the metric's score of every segment; None does without.

    Raises:
        ValueError: If a drawn segment has no score, or too little was drawn.

    Example:
        >>> drawn = np.arange(10) % 2 == 0
        >>> design = Design(drawn, np.zeros(10, dtype=np.int64))
        >>> found = estimate_mean(np.arange(10.0), design, np.arange(10.0))
        >>> found.mean_judged, found.value
        (4.0, 4.5)
    """
    judged = human[design.drawn]
    if not np.isfinite(judged).all():
        raise ValueError("a drawn segment has no human score")
    plain = _fit(human, design, np.zeros(len(human)), 0.0, spent=0)
    best, weight = plain, 0.0
    if metric is not None:
        slope = _slope(human, design, metric)
        helped = _fit(human, design, metric, slope, spent=1)
        if slope and _half(helped) < _half(plain):
            best, weight = helped, slope
    half = _half(best)
    return MeanEstimate(
        judged=len(judged),
        mean_judged=float(judged.mean()),
        value=best.value,
        low=best.value - half,
        high=best.value + half,
        weight=weight,
        worth=_worth(human, design, best.variance),
        deviation=math.sqrt(best.variance),
        freedom=best.freedom,
    )


def _half(fit: _Fit) -> float:
    return t_quantile(0.5 + LEVEL / 2, fit.freedom) * math.sqrt(fit.variance)


def _slope(human: Array, design: Design, metric: Array) -> float:
    """λ by least squares within strata, each weighed by its share of the set."""
    across = spread = 0.0
    for here, share in _strata(design):
        x, y = metric[here] - metric[here].mean(), human[here] - human[here].mean()
        across += share * float((x * y).mean())
        spread += share * float((x * x).mean())
    return across / spread if spread > 0 else 0.0


def _strata(design: Design) -> list[tuple[Numbers, float]]:
    """For each stratum its drawn segments, and its share of the set."""
    found = []
    for number in np.unique(design.strata):
        members = design.strata == number
        here = np.flatnonzero(members & design.drawn)
        if len(here) < FEWEST_DRAWN:
            raise ValueError(f"{len(here)} segments drawn of a stratum of {members.sum()}")
        found.append((here, float(members.mean())))
    return found


def _fit(human: Array, design: Design, metric: Array, slope: float, *, spent: int) -> _Fit:
    """λ · mean of the metric over all + mean of the residuals over the drawn."""
    residuals = human - slope * metric
    if design.documents is not None:
        offset = slope * float(metric.mean())
        return _by_document(residuals, design, design.documents, offset, spent)
    value = slope * float(metric.mean())
    variance, freedom = 0.0, -spent
    for here, share in _strata(design):
        size, drawn = round(share * len(human)), len(here)
        value += share * float(residuals[here].mean())
        squares = float(((residuals[here] - residuals[here].mean()) ** 2).sum())
        # One λ for all strata costs one degree of freedom in all: shared out by size.
        freedom_here = drawn - 1 - spent * share
        variance += share**2 * (1 - drawn / size) * squares / freedom_here / drawn
        freedom += drawn - 1
    return _Fit(value, variance, max(1, freedom))


def _by_document(
    residuals: Array, design: Design, documents: Numbers, offset: float, spent: int
) -> _Fit:
    """The ratio estimator of a cluster sample: drawn documents vary, not segments."""
    all_documents = len(np.unique(documents))
    names, index = np.unique(documents[design.drawn], return_inverse=True)
    if len(names) < FEWEST_DOCUMENTS:
        raise ValueError(f"{len(names)} documents drawn; an estimate takes {FEWEST_DOCUMENTS}")
    totals = np.bincount(index, weights=residuals[design.drawn])
    sizes = np.bincount(index)
    ratio = float(totals.sum() / sizes.sum())
    freedom = len(names) - 1 - spent
    squares = float(((totals - ratio * sizes) ** 2).sum()) / freedom
    share_left = 1 - len(names) / all_documents
    variance = share_left * squares / len(names) / float(sizes.mean()) ** 2
    return _Fit(offset + ratio, variance, freedom)


def _worth(human: Array, design: Design, variance: float) -> float:
    """Size of a plain sample without replacement that has this variance."""
    weights = np.zeros(len(human))
    for here, share in _strata(design):
        weights[here] = share / len(here)
    chosen = np.flatnonzero(design.drawn)
    mean = float(weights[chosen] @ human[chosen])
    spread = float(weights[chosen] @ (human[chosen] - mean) ** 2) * len(chosen) / (len(chosen) - 1)
    if spread == 0:
        return float(len(chosen))
    return 1 / (variance / spread + 1 / len(human))


class MeanDifference(NamedTuple):
    """How far two systems' mean human scores over the whole set lie apart.

    Attributes:
        value: The first one's less the second one's.
        low, high: Its 95 % interval.
        p: Two-sided.
    """

    value: float
    low: float
    high: float
    p: float


def difference(value: float, deviation: float, freedom: int) -> MeanDifference:
    """An interval and a test of an estimated difference.

    Args:
        value: The estimate.
        deviation: Its standard error.
        freedom: Degrees of freedom.

    Example:
        >>> round(difference(2.0, 1.0, 1000).p, 3)
        0.046
    """
    half = t_quantile(0.5 + LEVEL / 2, freedom) * deviation
    if deviation == 0:
        return MeanDifference(value, value, value, 1.0 if value == 0 else 0.0)
    return MeanDifference(
        value, value - half, value + half, _t_two_sided(value / deviation, freedom)
    )


def t_quantile(share: float, freedom: int) -> float:
    """A quantile of Student's t (Abramowitz & Stegun 26.7.5; within .001 from 8 degrees on).

    Args:
        share: Between 0 and 1.
        freedom: Degrees of freedom.

    Example:
        >>> round(t_quantile(0.975, 30), 3)
        2.042
    """
    z, n = NormalDist().inv_cdf(share), float(freedom)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / n ** (at + 1) for at, term in enumerate(terms))


def _t_two_sided(t: float, freedom: int) -> float:
    """By the normal of a transformed t (Wallace 1959), good to three digits from 5 degrees on."""
    n = float(freedom)
    z = math.sqrt(n * math.log1p(t * t / n)) * (1 - 3 / (4 * n)) / (1 - 1 / (2 * n))
    return math.erfc(z / math.sqrt(2))
