"""Segment scores of metrics and of people → how far the metrics are to be believed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from mtbench.significance.agreement import differing, segments, systems
from mtbench.significance.agreement.correlation import Concordance, pearson
from mtbench.significance.draws import multinomial_counts
from mtbench.significance.intervals import RESAMPLES, Pool
from mtbench.significance.paired import holm
from mtbench.significance.ranking import clusters
from mtbench.types.agreement import (
    Measured,
    MetricAgreement,
    MetricTest,
    Statistic,
    SystemAgreement,
    TieAccuracy,
    WithinSegments,
)

Array = NDArray[np.float64]

FEWEST = 2  # systems, and segments judged for all of them
PERMUTATIONS = 1_000
TEST_DRAWS = 1_000  # of the p-values within a test: both metrics see the same ones
ENOUGH_FOR_NORMAL = 100  # segments from which a test of SPA takes normal p-values
MOST_PAIRED = 20_000  # units beyond which no interval of the flat τ is computed

_STATISTICS: tuple[Statistic, ...] = get_args(Statistic)


@dataclass(frozen=True, slots=True, eq=False)
class MetricGrid:
    """One metric's scores, turned so that higher is better.

    Attributes:
        name: The metric, or what a sentinel counts.
        scores: Array of shape (s, n): by system and segment of the whole set.
        rows: For each system its statistics of shape (n, k); empty where there are none.
        pool: Totals of shape (..., k) → scores of shape (...); None without rows.
        turn: 1, or -1 where lower was better.
        signature: Of the scores.
        sentinel: Whether it looks at no quality.
    """

    name: str
    scores: Array
    rows: Sequence[Array] = ()
    pool: Pool | None = None
    turn: float = 1.0
    signature: str | None = None
    sentinel: bool = False


@dataclass(frozen=True, eq=False)
class Humans:
    """Human scores on a test set, higher being better.

    Attributes:
        scores: Array of shape (s, n), NaN where nobody judged.
        units: Array of shape (n,): the number of each segment's resampling unit.
        seed: Of all draws.
        draws: Of the permutation p-values.
    """

    scores: Array
    units: NDArray[np.int64]
    seed: int = 0
    draws: int = systems.SPA_DRAWS
    resamples: int = RESAMPLES
    permutations: int = PERMUTATIONS
    _p: dict[int, Array] = field(default_factory=dict)

    @cached_property
    def judged(self) -> NDArray[np.bool_]:
        """Array of shape (n,): segments that every system has a score of."""
        return np.asarray(np.isfinite(self.scores).all(axis=0))

    @cached_property
    def complete(self) -> Array:
        """Array of shape (s, judged)."""
        return self.scores[:, self.judged]

    @cached_property
    def counts(self) -> Array:
        """Resamples of units, as counts by segment: shape (resamples, n)."""
        names, index = np.unique(self.units, return_inverse=True)
        drawn = np.concatenate(list(multinomial_counts(len(names), self.resamples, self.seed)))
        return np.asarray(drawn[:, index])

    def p(self, draws: int) -> Array:
        """Permutation p-values of the human scores, computed once."""
        if draws not in self._p:
            self._p[draws] = systems.permutation_p(self.complete, draws=draws, seed=self.seed)
        return self._p[draws]


def sentinels(
    source_lengths: Sequence[int], output_lengths: Mapping[str, Sequence[int]]
) -> list[MetricGrid]:
    """What looks at no quality: a metric that does not beat it says nothing about quality.

    Args:
        source_lengths: For each segment, the characters of its source.
        output_lengths: System → for each segment the characters of its translation.
    """
    shape = (len(output_lengths), len(source_lengths))
    outputs = np.array([list(lengths) for lengths in output_lengths.values()], dtype=np.float64)
    sources = np.broadcast_to(np.asarray(source_lengths, dtype=np.float64), shape)
    return [
        MetricGrid("source length", -sources, sentinel=True),
        MetricGrid("output length", -outputs, sentinel=True),
        MetricGrid("constant", np.zeros(shape), sentinel=True),
    ]


def agreement(metric: MetricGrid, humans: Humans) -> MetricAgreement:
    """One metric beside human scores; tests against others come from ``tests``.

    Raises:
        ValueError: If fewer than two systems or segments are judged.
    """
    if len(humans.scores) < FEWEST or humans.judged.sum() < FEWEST:
        raise ValueError("agreement takes two systems and two segments judged for both")
    judged = metric.scores[:, humans.judged]
    counts = humans.counts[:, humans.judged]
    tied = segments.accuracy_with_ties(metric.scores, humans.scores)
    flat, within = _flat(metric.scores, humans), _within(metric.scores, humans)
    return MetricAgreement(
        metric=metric.name,
        signature=metric.signature,
        sentinel=metric.sentinel,
        whole_set=_by_corpus_scores(metric, humans, np.ones_like(humans.judged)),
        judged_segments=_by_corpus_scores(metric, humans, humans.judged),
        segment_means=_between(judged.mean(axis=1), _means(judged, counts), metric.turn, humans),
        soft_pairwise_accuracy=_soft(metric, humans),
        accuracy_with_ties=_ties(tied, humans),
        pearson_flat=flat[0],
        kendall_flat=flat[1],
        pearson_within=within[0],
        kendall_within=within[1],
    )


def _means(scores: Array, counts: Array) -> Array:
    """Means of resamples: (resamples, s); NaN where a resample draws no judged segment."""
    total = counts.sum(axis=1, keepdims=True)
    return np.asarray(counts @ scores.T / np.where(total > 0, total, np.nan))


def _by_corpus_scores(
    metric: MetricGrid, humans: Humans, part: NDArray[np.bool_]
) -> SystemAgreement | None:
    if metric.pool is None:
        return None
    rows = np.stack([one[part] for one in metric.rows])  # (s, n, k)
    counts = humans.counts[:, part]
    point = metric.turn * metric.pool(rows.sum(axis=1))
    drawn = np.stack([metric.turn * metric.pool(counts @ one) for one in rows], axis=1)
    return _between(point, drawn, metric.turn, humans)


def _between(point: Array, drawn: Array, turn: float, humans: Humans) -> SystemAgreement:
    people = humans.complete.mean(axis=1)
    values = systems.between(point, people)
    resampled = systems.between(drawn, _means(humans.complete, humans.counts[:, humans.judged]))
    pairs = len(point) * (len(point) - 1) // 2
    return SystemAgreement(
        scores=tuple(float(score * turn) for score in point),
        agreeing=int(systems.agreeing_pairs(point, people)),
        pairs=pairs,
        **{name: estimate(float(values[name]), resampled[name]) for name in values},
    )


def estimate(value: float, resampled: Array | None = None, *, centred: bool = False) -> Measured:
    """A value with the 2.5 and 97.5 percentiles of its resamples.

    Args:
        value: NaN where it is undefined.
        resampled: Array of shape (r,); undefined ones are left out.
        centred: Whether the resamples, of a share, are moved to the value: where they are biased.
            What then lies beyond 0 or 1 is cut there.
    """
    if not math.isfinite(value):
        return Measured(value=None, reason="one side is constant")
    kept = resampled[np.isfinite(resampled)] if resampled is not None else np.empty(0)
    if not len(kept):
        return Measured(value=value)
    low, high = np.percentile(kept, [2.5, 97.5])
    if centred:
        low, high = np.clip(np.array([low, high]) + value - kept.mean(), 0.0, 1.0)
    return Measured(value=value, low=float(low), high=float(high))


def _soft(metric: MetricGrid, humans: Humans) -> Measured:
    ours = metric.scores[:, humans.judged]
    p = systems.permutation_p(ours, draws=humans.draws, seed=humans.seed)
    value = float(systems.soft_pairwise_accuracy(p, humans.p(humans.draws)))
    counts = humans.counts[:, humans.judged]
    resampled = systems.soft_pairwise_accuracy(
        _normal_p(ours, counts), _normal_p(humans.complete, counts)
    )
    # p-values of resamples are more extreme than those of the data: their middle is moved back.
    return estimate(value, resampled, centred=True)


def _normal_p(scores: Array, counts: Array | None = None) -> Array:
    """p-values by the normal approximation: (pairs,), or (resamples, pairs) with counts."""
    first, second = systems.pair_indexes(len(scores))
    deltas = scores[first] - scores[second]
    weights = np.ones(scores.shape[1]) if counts is None else counts
    sums, squares = weights @ deltas.T, weights @ (deltas * deltas).T
    z = sums / np.sqrt(np.where(squares > 0, squares, 1.0))
    return np.asarray(0.5 * _erfc(z / math.sqrt(2)))


_erfc = np.vectorize(math.erfc, otypes=[np.float64])


def _ties(found: segments.TieCalibrated, humans: Humans) -> TieAccuracy:
    by_segment = found.by_segment(humans.scores.shape[1])
    there = np.isfinite(by_segment)
    resampled = _means(by_segment[None, there], humans.counts[:, there])[:, 0]
    return TieAccuracy(
        estimate=estimate(found.value, resampled),
        epsilon=found.epsilon,
        tied=found.tied,
        degenerate=found.degenerate,
    )


def _flat(scores: Array, humans: Humans) -> tuple[Measured, Measured]:
    """Pearson's and Kendall's correlation over all rows."""
    there = np.isfinite(humans.scores) & np.isfinite(scores)
    x, y = scores[there], humans.scores[there]
    weights = humans.counts[:, np.nonzero(there)[1]]
    some = there.any(axis=0)
    pairs = Concordance(
        np.where(there, scores, np.nan)[:, some], np.where(there, humans.scores, np.nan)[:, some]
    )
    counts = humans.counts[:, some] if some.sum() <= MOST_PAIRED else None
    return (
        estimate(float(pearson(x, y)), pearson(x, y, weights)),
        estimate(float(pairs.tau_b()), None if counts is None else pairs.tau_b(counts)),
    )


def _within(scores: Array, humans: Humans) -> list[WithinSegments]:
    """Pearson's and Kendall's correlation within segments, averaged."""
    compared = (np.isfinite(scores) & np.isfinite(humans.scores)).sum(axis=0) > 1
    found = []
    for values in segments.within_segments(scores, humans.scores):
        there = np.isfinite(values)
        drawn = _means(values[None, there], humans.counts[:, there])[:, 0] if there.any() else None
        found.append(
            WithinSegments(
                estimate=estimate(float(values[there].mean()) if there.any() else math.nan, drawn),
                segments=int(there.sum()),
                left_out=int((compared & ~there).sum()),
            )
        )
    return found


def tests(
    metrics: Sequence[MetricGrid],
    found: Sequence[MetricAgreement],
    humans: Humans,
    *,
    alpha: float,
) -> list[MetricTest]:
    """All pairs of metrics but two sentinels, in each statistic that can be tested.

    Holm's correction is over the pairs of one statistic: metrics with metrics one family,
    metrics with sentinels another.
    """
    grids = {grid.name: grid for grid in metrics}
    values = {one.metric: tested_values(one) for one in found}
    outcome: list[MetricTest] = []
    for statistic in _STATISTICS:
        for with_sentinels in (False, True):
            pairs = [
                (a, b)
                for a, b in _pairs(list(grids.values()), with_sentinels=with_sentinels)
                if values[a.name][statistic] is not None and values[b.name][statistic] is not None
            ]
            raw = [_p(statistic, a, b, humans) for a, b in pairs]
            for (a, b), p, corrected in zip(pairs, raw, holm(raw), strict=True):
                outcome.append(_test(statistic, (a.name, b.name), values, p, corrected, alpha))
    return outcome


def tested_values(one: MetricAgreement) -> dict[Statistic, float | None]:
    """The values of a metric in the statistics that are tested."""
    return {
        "pairwise_accuracy": one.segment_means.pairwise_accuracy.value,
        "soft_pairwise_accuracy": one.soft_pairwise_accuracy.value,
        "accuracy_with_ties": one.accuracy_with_ties.estimate.value,
        "pearson_flat": one.pearson_flat.value,
    }


def _pairs(
    metrics: Sequence[MetricGrid], *, with_sentinels: bool
) -> list[tuple[MetricGrid, MetricGrid]]:
    return [
        (a, b)
        for i, a in enumerate(metrics)
        for b in metrics[i + 1 :]
        if (a.sentinel or b.sentinel) == with_sentinels and not (a.sentinel and b.sentinel)
    ]


def _test(
    statistic: Statistic,
    names: tuple[str, str],
    values: Mapping[str, Mapping[Statistic, float | None]],
    p: float,
    corrected: float,
    alpha: float,
) -> MetricTest:
    ours, theirs = (values[name][statistic] or 0.0 for name in names)
    better, worse = names if ours >= theirs else names[::-1]
    return MetricTest(
        statistic=statistic,
        a=better,
        b=worse,
        difference=abs(ours - theirs),
        p=p,
        p_corrected=corrected,
        significant=corrected <= alpha,
    )


def _p(statistic: Statistic, a: MetricGrid, b: MetricGrid, humans: Humans) -> float:
    options = {"permutations": humans.permutations, "seed": humans.seed}
    if statistic == "accuracy_with_ties":
        weighted = []
        for grid in (a, b):
            found = segments.accuracy_with_ties(grid.scores, humans.scores)
            pairs = np.bincount(found.segments, minlength=humans.scores.shape[1])
            weighted.append(found.outcomes / pairs[found.segments] / np.count_nonzero(pairs))
        return differing.outcomes_p(weighted[0], weighted[1], **options)
    judged = humans.judged
    ours, theirs = a.scores[:, judged], b.scores[:, judged]
    return differing.swapped_p(ours, theirs, _statistic(statistic, humans), **options)


def _statistic(statistic: Statistic, humans: Humans) -> Callable[[Array], Array]:
    people = humans.complete
    if statistic == "pairwise_accuracy":
        means = people.mean(axis=1)
        return lambda grids: systems.between(grids.mean(axis=-1), means)["pairwise_accuracy"]
    if statistic == "pearson_flat":
        flat = people.ravel() - people.mean()
        norm = float(np.sqrt((flat * flat).sum()))

        def correlation(grids: Array) -> Array:
            rows = grids.reshape(len(grids), -1)
            rows = rows - rows.mean(axis=1, keepdims=True)
            length = np.sqrt((rows * rows).sum(axis=1))
            return np.asarray(rows @ flat / np.where(length * norm > 0, length * norm, np.nan))

        return correlation
    if people.shape[1] >= ENOUGH_FOR_NORMAL:
        normal = _normal_p(people)
        return lambda grids: systems.soft_pairwise_accuracy(
            np.stack([_normal_p(grid) for grid in grids]), normal
        )
    theirs = humans.p(TEST_DRAWS)
    return lambda grids: systems.soft_pairwise_accuracy(
        systems.permutation_p(grids, draws=TEST_DRAWS, seed=humans.seed), theirs
    )


def not_above(metric: str, values: Sequence[MetricTest], names: set[str]) -> tuple[Statistic, ...]:
    """Statistics in which a metric is not significantly above every sentinel.

    Args:
        metric: Its name.
        values: From ``tests``.
        names: The sentinels' names.
    """
    found = []
    for statistic in _STATISTICS:
        mine = [
            test
            for test in values
            if test.statistic == statistic
            and metric in (test.a, test.b)
            and names & {test.a, test.b}
        ]
        if any(test.a != metric or not test.significant for test in mine):
            found.append(statistic)
    return tuple(found)


def in_clusters(
    found: Sequence[MetricAgreement], outcome: Sequence[MetricTest]
) -> dict[Statistic, tuple[tuple[str, ...], ...]]:
    """Metrics in clusters, best first: a boundary stands where all above beat all below."""
    grouped: dict[Statistic, tuple[tuple[str, ...], ...]] = {}
    for statistic in _STATISTICS:
        values = {
            one.metric: value
            for one in found
            if not one.sentinel and (value := tested_values(one)[statistic]) is not None
        }
        order = sorted(values, key=lambda name: (-values[name], name))
        beats = {(t.a, t.b) for t in outcome if t.statistic == statistic and t.significant}
        grouped[statistic] = tuple(tuple(members) for members in clusters(order, beats))
    return grouped
