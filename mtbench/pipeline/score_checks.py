"""One stored score against the output and the references it was made from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from mtbench.errors import MtbenchError, UnknownName
from mtbench.pipeline.scores import belongs
from mtbench.pipeline.stored import interval_of
from mtbench.plugins import Metric, stored_metric
from mtbench.results import RunFolder
from mtbench.significance import choose_unit
from mtbench.stages import scoring
from mtbench.types import (
    SAME_SCORE,
    Interval,
    MetricResult,
    Record,
    SystemOutput,
    TestSet,
)


class Verified(Record):
    """One thing looked at.

    Attributes:
        where: The file.
        what: What was compared.
        holds: True, False, or None where it could not be looked at.
        detail: Why not.
    """

    where: str
    what: str
    holds: bool | None
    detail: str = ""


def check_score(
    folder: RunFolder, path: Path, output: SystemOutput, test_set: TestSet | str
) -> Iterator[Verified]:
    """Everything that can be held against a stored score.

    Args:
        folder: Of the run.
        path: The score's file.
        output: What it is a score of.
        test_set: With the references that its signature names, or why it cannot be had.
    """
    where = str(path)
    try:
        result = folder.read_result(path)
        metric = stored_metric(result.score)
    except MtbenchError as error:
        known = not isinstance(error, UnknownName)
        yield Verified(where=where, what="score", holds=False if known else None, detail=str(error))
        return
    score = result.score
    named = folder.score_path(score.metric, score.signature) == path
    yield Verified(where=where, what="file is named by its signature", holds=named)
    yield Verified(where=where, what="made from this output", holds=belongs(score, output.run))
    if result.statistics.ids != output.ids:
        yield Verified(where=where, what="has a row for each segment", holds=False)
        return
    yield from _follows(where, result, metric)
    if isinstance(test_set, str):
        yield Verified(where=where, what="made from the corpus", holds=None, detail=test_set)
        return
    same = score.references_digest == test_set.references_digest()
    detail = "" if same else "the references have changed since; evaluate again"
    yield Verified(where=where, what="made from the corpus's references", holds=same, detail=detail)
    if score.sources_digest == test_set.sources_digest():
        yield from _labelled(where, result, metric, test_set)
    if metric.recomputable and same:
        yield _recomputed(where, result, metric, output, test_set)


def _follows(where: str, result: MetricResult, metric: Metric) -> Iterator[Verified]:
    rows, score = result.statistics.rows, result.score
    pooled = float(metric.pool(rows.sum(axis=0)))
    close = math.isclose(pooled, score.score, rel_tol=0, abs_tol=SAME_SCORE)
    detail = "" if close else f"statistics give {pooled!r}, the file says {score.score!r}"
    yield Verified(
        where=where, what="score follows from its statistics", holds=close, detail=detail
    )
    with np.errstate(invalid="ignore"):  # a segment without a score has a row of zeros
        segments = np.asarray(metric.segment_scores(rows), dtype=np.float64)
    written = result.statistics.segment_scores
    close = np.allclose(segments, written, rtol=0, atol=SAME_SCORE, equal_nan=True)
    yield Verified(where=where, what="segment scores follow from their statistics", holds=close)
    told, made = score.info, metric.info
    close = (told.higher_is_better, told.bounds) == (made.higher_is_better, made.bounds)
    yield Verified(where=where, what="direction and bounds are the metric's", holds=close)


def _labelled(
    where: str, result: MetricResult, metric: Metric, test_set: TestSet
) -> Iterator[Verified]:
    score = result.score
    rows, documents = scoring.with_score(result.statistics, test_set.documents)
    _, domains = scoring.with_score(result.statistics, test_set.domains)
    for what, labels, told in (
        ("documents", documents, score.documents),
        ("domains", domains, score.domains),
    ):
        close = _alike(scoring.by_label(rows, labels, metric), told)
        yield Verified(where=where, what=f"scores of {what} follow from statistics", holds=close)
    if score.interval is not None:
        units = choose_unit(test_set.documents)
        made = interval_of(result.statistics, metric, units, score.interval.seed)
        close = made is not None and _same_interval(made, score.interval)
        yield Verified(where=where, what="interval follows from statistics", holds=close)


def _same_interval(made: Interval, told: Interval) -> bool:
    ends = _alike({"low": made.low, "high": made.high}, {"low": told.low, "high": told.high})
    if not told.basis:  # as version 0.1.0 wrote it
        made = made.model_copy(update={"basis": ""})
    return ends and made == told.model_copy(update={"low": made.low, "high": made.high})


def _alike(found: Mapping[str, float], told: Mapping[str, float]) -> bool:
    return found.keys() == told.keys() and all(
        math.isclose(found[key], told[key], rel_tol=0, abs_tol=SAME_SCORE) for key in found
    )


def _recomputed(
    where: str, result: MetricResult, metric: Metric, output: SystemOutput, test_set: TestSet
) -> Verified:
    what = "score is the same when computed again"
    try:
        metric.check()
        view = scoring.view(test_set, metric.info)
        with metric:
            rows = metric.prepare(view).statistics({"it": output.texts})["it"]
    except MtbenchError as error:
        return Verified(where=where, what=what, holds=None, detail=str(error))
    same = rows.shape == result.statistics.rows.shape and bool(
        np.allclose(rows, result.statistics.rows, rtol=0, atol=SAME_SCORE)
    )
    return Verified(where=where, what=what, holds=same)
