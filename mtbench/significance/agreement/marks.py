"""Errors that metrics and people mark in the translations of a test set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from mtbench.significance.agreement import error_free, spans
from mtbench.significance.agreement.table import Humans, MetricGrid, estimate
from mtbench.types.agreement import (
    ErrorFreeDetection,
    SpanAgreement,
    SpanScores,
    ThresholdOutcome,
)
from mtbench.types.judgements import ErrorSpan

Array = NDArray[np.float64]

SEVERITIES = ("major", "minor")
_CHUNK = 1 << 22  # entries of resampled weights at a time: 32 MB


@dataclass(frozen=True, slots=True)
class Marked:
    """A translation in which somebody marked errors, or found none.

    Attributes:
        system: The row of the system.
        segment: The position of the segment.
        spans: What was marked.
        length: Characters of the translation.
        rater: Who judged, where that is known.
    """

    system: int
    segment: int
    spans: Sequence[ErrorSpan]
    length: int
    rater: str | None = None


@dataclass(frozen=True, slots=True)
class Marker:
    """What a metric marks.

    Attributes:
        name: The metric, or what a sentinel marks.
        spans: System and segment → its errors; a translation that is not there has none.
        placeless: Of those, the errors without a place that it marked besides.
        sentinel: Whether it looks at no quality.
    """

    name: str
    spans: Mapping[tuple[int, int], Sequence[ErrorSpan]]
    placeless: int = 0
    sentinel: bool = False


def whole_translation(judged: Iterable[Marked]) -> Marker:
    """A sentinel that marks everything as a major error."""
    return Marker(
        "whole translation",
        {(one.system, one.segment): [ErrorSpan(0, one.length, "major")] for one in judged},
        sentinel=True,
    )


def span_agreement(marker: Marker, judged: Sequence[Marked], counts: Array) -> SpanAgreement:
    """The errors of a metric beside people's; each rater's judgement counts for itself.

    Args:
        marker: The metric.
        judged: What people marked.
        counts: Resamples as counts by segment: shape (resamples, n).
    """
    both = [(marker.spans.get((one.system, one.segment), ()), one) for one in judged]
    return SpanAgreement(
        metric=marker.name,
        sentinel=marker.sentinel,
        judgements=len(judged),
        marked=sum(_located(ours) for ours, _ in both),
        people=sum(_located(one.spans) for one in judged),
        placeless=marker.placeless,
        partial_credit=_scores(
            ((spans.partial_credit(ours, one.spans), one) for ours, one in both), counts
        ),
        by_severity={
            severity: _scores(
                (
                    (
                        spans.partial_credit(
                            spans.of_severity(ours, severity),
                            spans.of_severity(one.spans, severity),
                        ),
                        one,
                    )
                    for ours, one in both
                ),
                counts,
            )
            for severity in SEVERITIES
        },
        characters=_scores(
            ((spans.characters(ours, one.spans, one.length), one) for ours, one in both), counts
        ),
    )


def between_raters(judged: Sequence[Marked], counts: Array) -> SpanScores | None:
    """Raters beside each other by partial credit, each in turn as if it were the metric.

    Returns:
        None where no translation was judged by two.
    """
    rows: dict[tuple[int, int], list[Marked]] = {}
    for one in judged:
        rows.setdefault((one.system, one.segment), []).append(one)
    pairs = [pair for several in rows.values() for pair in permutations(several, 2)]
    if not pairs:
        return None
    return _scores(
        ((spans.partial_credit(one.spans, other.spans), one) for one, other in pairs), counts
    )


def _located(marked: Iterable[ErrorSpan]) -> int:
    return sum(one.start is not None for one in marked)


def _scores(sums: Iterable[tuple[spans.Sums, Marked]], counts: Array) -> SpanScores:
    by_segment = np.zeros((counts.shape[1], len(spans.Sums._fields)))
    for one, where in sums:
        by_segment[where.segment] += one
    return _of_sums(by_segment, counts)


def _of_sums(by_segment: Array, counts: Array) -> SpanScores:
    """Precision, recall and F1 with intervals, from sums by segment of shape (n, 4)."""
    values, drawn = spans.scores(by_segment.sum(axis=0)), spans.scores(counts @ by_segment)
    return SpanScores(
        **{
            name: estimate(float(values[at]), drawn[:, at])
            for at, name in enumerate(SpanScores.model_fields)
        }
    )


def error_free_detection(
    grid: MetricGrid,
    free: NDArray[np.bool_],
    humans: Humans,
    rule: str,
    marker: Marker | None = None,
) -> ErrorFreeDetection | None:
    """How well a metric finds the translations without an error.

    Args:
        grid: The metric's scores, of shape (s, n).
        free: Array of shape (s, n): where people find no error.
        humans: Their scores.
        rule: When a translation counts as such.
        marker: What the metric marks, where it does.

    Returns:
        None where all judged translations have errors, or none has.
    """
    there = np.isfinite(grid.scores) & np.isfinite(humans.scores)
    scores, good, segments = grid.scores[there], free[there], np.nonzero(there)[1]
    if good.all() or not good.any():
        return None
    curve = error_free.thresholds(scores, good)
    drawn = _average_precisions(scores, good, humans.counts, segments)
    return ErrorFreeDetection(
        metric=grid.name,
        sentinel=grid.sentinel,
        rows=len(good),
        error_free=int(good.sum()),
        rule=rule,
        average_precision=estimate(error_free.average_precision(curve), drawn),
        best=_outcome(error_free.best(curve), grid.turn),
        curve=tuple(_outcome(one, grid.turn) for one in error_free.thinned(curve)),
        unmarked=None if marker is None else _unmarked(marker, good, there, humans.counts),
    )


def _outcome(one: error_free.Threshold, turn: float) -> ThresholdOutcome:
    return ThresholdOutcome(
        threshold=turn * one.value + 0.0, precision=one.precision, recall=one.recall, f1=one.f1
    )


def _average_precisions(
    scores: Array, good: NDArray[np.bool_], counts: Array, segments: NDArray[np.int64]
) -> Array:
    """Average precision in each resample of segments: shape (resamples,)."""
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    step = max(1, _CHUNK // len(scores))
    return np.concatenate(
        [
            _areas(counts[at : at + step, segments[order]], good[order], last)
            for at in range(0, len(counts), step)
        ]
    )


def _areas(weights: Array, good: NDArray[np.bool_], last: NDArray[np.int64]) -> Array:
    taken = np.cumsum(weights, axis=1)[:, last]
    hits = np.cumsum(weights * good, axis=1)[:, last]
    total = hits[:, -1:]
    precision = hits / np.where(taken > 0, taken, 1)
    steps = np.diff(hits, axis=1, prepend=0.0) / np.where(total > 0, total, np.nan)
    return np.asarray((precision * steps).sum(axis=1))


def _unmarked(
    marker: Marker, good: NDArray[np.bool_], there: NDArray[np.bool_], counts: Array
) -> SpanScores:
    by_segment = np.zeros((counts.shape[1], 4))
    for right, (system, segment) in zip(good, np.argwhere(there).tolist(), strict=True):
        unmarked = not marker.spans.get((system, segment))
        by_segment[segment] += (unmarked and right, unmarked, unmarked and right, right)
    return _of_sums(by_segment, counts)
