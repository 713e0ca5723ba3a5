"""Paired tests with what a reader needs beside the p-value.

The randomization test decides; the bootstrap gives the interval of the delta.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mtbench.significance.intervals import RESAMPLES, Pool, bootstrap_scores, percentiles, pooled
from mtbench.significance.randomization import (
    Outcome,
    Pair,
    method_for,
    randomization_tests,
    ruled_resamples,
)
from mtbench.significance.units import RELIABLE_UNITS, Array, Units, exact, unit_sums
from mtbench.types import SAME_SCORE, Interval
from mtbench.types.findings import PairedTest, Unit

DETECTABLE = 2.8  # z(0.975) + z(0.8) standard errors: 80 % power of a two-sided test at 5 %


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected over their family by Holm's step-down method (Holm 1979).

    The i-th smallest of m is multiplied by m - i + 1, never below the one before, at most 1.
    """
    corrected = [0.0] * len(p_values)
    highest = 0.0
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    for position, i in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - position) * p_values[i]))
        corrected[i] = highest
    return corrected


def over_family(tests: Sequence[PairedTest], alpha: float) -> list[PairedTest]:
    """Tests done one by one, corrected over all of them by Holm.

    Args:
        tests: Of one family.
        alpha: The family-wise level.
    """
    corrected = holm([test.p for test in tests])
    return [
        test.model_copy(
            update={
                "p_adjusted": p,
                "alpha": alpha,
                "family": len(tests),
                "correction": "holm" if len(tests) > 1 else "none",
            }
        )
        for test, p in zip(tests, corrected, strict=True)
    ]


class Family:
    """Systems of one test set under one metric, ready for tests.

    Args:
        systems: System → array of shape (n, k), one row per segment, in the same order.
        pool: Totals of shape (..., k) → scores of shape (...).
        metric: The metric's name.
        higher_is_better: Its direction.
        seed: Of all draws.
        units: For each segment, the number of its document; None for segments.
        segment_scores: System → array of shape (n,); by default ``pool`` of each row.

    Raises:
        ValueError: If shapes do not agree.
    """

    def __init__(
        self,
        systems: Mapping[str, Array],
        pool: Pool,
        *,
        metric: str = "",
        higher_is_better: bool = True,
        seed: int,
        units: Units | None = None,
        segment_scores: Mapping[str, Array] | None = None,
    ) -> None:
        self.pool = pool
        self.metric = metric
        self.higher_is_better = higher_is_better
        self.seed = seed
        self.unit: Unit = "segment" if units is None else "document"
        self.sums = {name: exact(unit_sums(rows, units)) for name, rows in systems.items()}
        shapes = {np.shape(rows) for rows in systems.values()}
        if len(shapes) != 1:
            raise ValueError(f"statistics of different shapes: {sorted(shapes)}")
        self.units = len(next(iter(self.sums.values())))
        self.scores = {
            name: float(pooled(pool, rows.sum(axis=0))) for name, rows in self.sums.items()
        }
        self._rows = systems
        self._given = segment_scores
        self._segments: dict[str, Array] = {}
        self._resampled: dict[str, Array] = {}

    def test(
        self,
        pairs: Sequence[Pair],
        *,
        alpha: float = 0.05,
        resamples: int | None = None,
        stop_after: int | None = None,
        baseline: str | None = None,
    ) -> list[PairedTest]:
        """Randomization tests of pairs, corrected by Holm over exactly these pairs.

        Args:
            pairs: What to test.
            alpha: The family-wise level.
            resamples: Number of swaps; by default max(10,000; 10 · pairs / α).
            stop_after: See ``randomization_tests``.
            baseline: Kept in the records.
        """
        if not pairs:
            return []
        swaps = ruled_resamples(len(pairs), alpha) if resamples is None else resamples
        outcomes = randomization_tests(
            self.sums, self.pool, pairs, resamples=swaps, seed=self.seed, stop_after=stop_after
        )
        adjusted = holm([outcomes[pair].p for pair in pairs])
        return [
            self._record(pair, outcomes[pair], p, len(pairs), alpha, swaps, baseline)
            for pair, p in zip(pairs, adjusted, strict=True)
        ]

    def interval(self, name: str, level: float = 0.95) -> Interval:
        """The percentile bootstrap interval of a system's score."""
        return self._interval(self.resampled(name), level)

    def resampled(self, name: str) -> Array:
        """Scores of a system on 1,000 bootstrap resamples, the same units for every system."""
        if not self._resampled:
            self._resampled = bootstrap_scores(
                self.sums, self.pool, resamples=RESAMPLES, seed=self.seed
            )
        return self._resampled[name]

    def segments(self, name: str) -> Array:
        """Scores of a system's segments: (n,)."""
        if name not in self._segments:
            given = None if self._given is None else self._given.get(name)
            rows = self._rows[name]
            scores = (
                pooled(self.pool, np.asarray(rows, dtype=np.float64))
                if given is None
                else np.asarray(given)
            )
            if scores.shape != (len(rows),):
                raise ValueError(f"{len(rows)} segments against {len(scores)} segment scores")
            self._segments[name] = scores
        return self._segments[name]

    def _interval(self, values: Array, level: float) -> Interval:
        low, high = percentiles(values, level)
        return Interval(
            low=low,
            high=high,
            level=level,
            resamples=len(values),
            seed=self.seed,
            unit=self.unit,
            units=self.units,
            reliable=self.units >= RELIABLE_UNITS,
        )

    def _record(
        self,
        pair: Pair,
        outcome: Outcome,
        p_adjusted: float,
        family: int,
        alpha: float,
        swaps: int,
        baseline: str | None,
    ) -> PairedTest:
        a, b = pair
        deltas = self.resampled(a) - self.resampled(b)
        error = float(deltas.std(ddof=1))
        gain = (self.segments(a) - self.segments(b)) * (1 if self.higher_is_better else -1)
        differing = int(np.any(self.sums[a] != self.sums[b], axis=1).sum())
        smallest = 2.0 ** (1 - differing) if differing else 1.0
        method = method_for(self.units)
        if method == "approximate randomization":
            smallest = max(smallest, 1 / (swaps + 1))
        return PairedTest(
            a=a,
            b=b,
            metric=self.metric,
            higher_is_better=self.higher_is_better,
            score_a=self.scores[a],
            score_b=self.scores[b],
            delta=self.scores[a] - self.scores[b],
            p=outcome.p,
            p_adjusted=p_adjusted,
            method=method,
            resamples=outcome.resamples,
            seed=self.seed,
            unit=self.unit,
            units=self.units,
            alpha=alpha,
            correction="holm" if family > 1 else "none",
            family=family,
            baseline=baseline,
            floor=min(1.0, smallest),
            interval=self._interval(deltas, 0.95),
            interval_90=self._interval(deltas, 0.90),
            standard_error=error,
            detectable=DETECTABLE * error if self.units >= RELIABLE_UNITS else None,
            wins=int(np.count_nonzero(gain > SAME_SCORE)),
            losses=int(np.count_nonzero(gain < -SAME_SCORE)),
            ties=int(np.count_nonzero(np.abs(gain) <= SAME_SCORE)),
        )


def paired_test(
    a: tuple[str, Array],
    b: tuple[str, Array],
    pool: Pool,
    *,
    metric: str = "",
    higher_is_better: bool = True,
    seed: int,
    units: Units | None = None,
    alpha: float = 0.05,
    resamples: int | None = None,
    stop_after: int | None = None,
    segment_scores: tuple[Array, Array] | None = None,
) -> PairedTest:
    """The randomization test of two systems, each a name and rows of shape (n, k).

    Two runs of one system may be told apart by names of your choice; the names must differ.

    Raises:
        ValueError: If names are equal or shapes do not agree.
    """
    if a[0] == b[0]:
        raise ValueError(f"two systems of one name: {a[0]!r}")
    family = Family(
        dict([a, b]),
        pool,
        metric=metric,
        higher_is_better=higher_is_better,
        seed=seed,
        units=units,
        segment_scores=None
        if segment_scores is None
        else {a[0]: segment_scores[0], b[0]: segment_scores[1]},
    )
    (found,) = family.test(
        [(a[0], b[0])], alpha=alpha, resamples=resamples, stop_after=stop_after, baseline=b[0]
    )
    return found


def paired_bootstrap(
    a: Array, b: Array, pool: Pool, *, resamples: int, seed: int, units: Units | None = None
) -> float:
    """The two-sided p-value of paired bootstrap resampling, with signed deltas centred.

    p = (#{|d* - mean(d*)| ≥ |d|} + 1) / (R + 1). Given beside the randomization test in
    studies; it does not decide anything here.

    Args:
        a: Array of shape (n, k), one row per segment.
        b: Likewise, of the other system.
        pool: Totals of shape (..., k) → scores of shape (...).
        resamples: Number of resamples R, each of as many units as there are.
        seed: Of the draws.
        units: For each segment, the number of its document; None for segments.
    """
    if np.shape(a) != np.shape(b):
        raise ValueError(f"statistics of different shapes: {np.shape(a)}, {np.shape(b)}")
    sums = {name: exact(unit_sums(rows, units)) for name, rows in (("a", a), ("b", b))}
    totals = {name: float(pooled(pool, rows.sum(axis=0))) for name, rows in sums.items()}
    observed = abs(totals["a"] - totals["b"])
    scores = bootstrap_scores(sums, pool, resamples=resamples, seed=seed)
    deltas = scores["a"] - scores["b"]
    extreme = int(np.count_nonzero(np.abs(deltas - deltas.mean()) >= observed - SAME_SCORE))
    return (extreme + 1) / (resamples + 1)
