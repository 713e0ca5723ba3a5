"""Stored scores, as their statistics and the metric's code of today give them.

What a score file says of itself (score, direction, bounds, interval) is a copy. Whoever shows one
takes it from here: it is computed from the statistics again, and a copy that says otherwise is
named.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mtbench.errors import DataError, MtbenchError
from mtbench.plugins import Array, Metric, stored_metric
from mtbench.results import Results, RunFolder
from mtbench.significance import (
    RELIABLE_UNITS,
    UnitChoice,
    bootstrap_interval,
    choose_unit,
    interval_basis,
)
from mtbench.stages.scoring import segment_scores
from mtbench.types import SAME_SCORE, Interval, MetricResult, Score, Statistics

INTERVAL_RESAMPLES = 1_000
LEVEL, METHOD = (Interval.model_fields[name].default for name in ("level", "method"))


class StoredScore(NamedTuple):
    """A score file, read and computed again.

    Attributes:
        result: What follows from the statistics.
        metric: What it follows by; None where the metric cannot be made here, and then the result
            is what the file says.
        differences: What the file says otherwise, in sentences; empty where it holds.
        written: The score as the file has it.
    """

    result: MetricResult
    metric: Metric | None
    differences: tuple[str, ...]
    written: Score


class StoredScores:
    """Reads the scores of one results folder.

    Args:
        results: The folder.
        seed: Of the intervals; by default each keeps the seed it was made with.
    """

    def __init__(self, results: Results, seed: int | None = None) -> None:
        self._results = results
        self._seed = seed
        self._units: dict[tuple[str, str, tuple[str, ...]], UnitChoice] = {}

    def read(self, folder: RunFolder, path: Path) -> StoredScore:
        """One score, with its interval.

        Raises:
            DataError: If a file does not hold.
        """
        found = recomputed(folder.read_result(path))
        score, statistics = found.result.score, found.result.statistics
        if found.metric is None or not len(statistics.ids):
            return found
        units = self._choice(score, statistics.ids)
        seed = self._seed
        if seed is None:
            seed = score.interval.seed if score.interval is not None else 0
        interval = interval_of(statistics, found.metric, units, seed, score.interval)
        return found._replace(
            result=MetricResult(score.model_copy(update={"interval": interval}), statistics)
        )

    def score(self, folder: RunFolder, path: Path) -> tuple[Score, Score, tuple[str, ...]]:
        """One score with its interval, as the file has it, and what that says otherwise.

        Its statistics are let go, so that there are no two at once.

        Raises:
            DataError: If a file does not hold.
        """
        found = self.read(folder, path)
        return found.result.score, found.written, found.differences

    def _choice(self, score: Score, ids: tuple[str, ...]) -> UnitChoice:
        key = (score.corpus, str(score.pair), ids)
        if key not in self._units:
            labels = self._results.labels_of(score.corpus, score.pair, ids)
            self._units[key] = choose_unit(labels.documents if labels else (None,) * len(ids))
        return self._units[key]


def recomputed(result: MetricResult) -> StoredScore:
    """Score, segment scores and what the metric is, from statistics and code; no interval.

    Raises:
        DataError: If the statistics are not of the metric's shape.
    """
    written = result.score
    try:
        metric = stored_metric(written)
    except MtbenchError as error:
        line = f"shown as it is stored, because the metric cannot be made here: {error.message}"
        return StoredScore(result, None, (line,), written)
    rows = result.statistics.rows
    try:
        score = float(metric.pool(rows.sum(axis=0)))
        with np.errstate(invalid="ignore"):  # a segment without a score has a row of zeros
            segments = segment_scores(metric, rows)
    except (IndexError, TypeError, ValueError) as error:
        raise DataError(
            f"{written.system} on {written.corpus}/{written.pair}: the stored statistics of "
            f"{written.metric} are not of its shape: {rows.shape}",
            hint="remove the score's file to score again",
        ) from error
    differences = list(_differences(written, result.statistics, score, segments, metric))
    followed = written.model_copy(
        update={
            "info": metric.info,
            "score": written.score if same(score, written.score) else score,
        }
    )
    statistics = Statistics(result.statistics.ids, rows, segments)
    return StoredScore(MetricResult(followed, statistics), metric, tuple(differences), written)


def _differences(
    written: Score, statistics: Statistics, score: float, segments: Array, metric: Metric
) -> Iterable[str]:
    if not same(score, written.score):
        yield f"its file says {written.score:.6g}, its statistics {score:.6g}, which is shown"
    if not np.allclose(segments, statistics.segment_scores, 0, SAME_SCORE, equal_nan=True):
        yield "its file's segment scores are not those of its statistics, which are used"
    if written.info.higher_is_better != metric.info.higher_is_better:
        better = "higher" if metric.info.higher_is_better else "lower"
        yield f"its file has the direction turned round; {better} is better"


def same(a: float, b: float) -> bool:
    """Whether two scores are one number, computed in two places."""
    return math.isclose(a, b, rel_tol=0, abs_tol=SAME_SCORE)


def interval_of(
    statistics: Statistics,
    metric: Metric,
    units: UnitChoice,
    seed: int,
    kept: Interval | None = None,
) -> Interval | None:
    """The interval of a score: a kept one where it was made from just this, else a new one.

    None for a score that the metric could not give every segment.
    """
    if np.isnan(statistics.segment_scores).any():
        return None
    basis = interval_basis(statistics.rows, units.index)
    if (
        kept is not None
        and (kept.basis, kept.seed, kept.resamples) == (basis, seed, INTERVAL_RESAMPLES)
        and (kept.unit, kept.units) == (units.unit, units.units)
        and kept.reliable == (units.units >= RELIABLE_UNITS)
        and (kept.level, kept.method) == (LEVEL, METHOD)
    ):
        return kept
    return bootstrap_interval(
        statistics.rows,
        metric.pool,
        resamples=INTERVAL_RESAMPLES,
        seed=seed,
        units=units.index,
    )
