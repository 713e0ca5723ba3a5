"""Stored output health → counts, and scores with flagged segments counted as worst."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from mtbench import corpus as corpora
from mtbench import score as scoring
from mtbench.config import Workspace, corpus_folders
from mtbench.errors import MtbenchError, RequestError
from mtbench.plugins import Array, Metric, make_metric
from mtbench.results import Results
from mtbench.seams import MeanMetric
from mtbench.types import Json, Leaderboard, MetricResult, Record, Row, Runtime, Table, TestSet


class SystemHealth(Record):
    """What is wrong with one output at first sight.

    Attributes:
        system: The system.
        segments, flagged: Counts.
        counts: Flag → segments that have it.
        evidence: Segment id → flag → evidence.
        as_worst: Metric with bounds → its score with every flagged segment counted as worst.
        not_worst: Metric → why there is no such score.
    """

    system: str
    segments: int
    flagged: int
    counts: dict[str, int]
    evidence: dict[str, dict[str, str]]
    as_worst: dict[str, float]
    not_worst: dict[str, str]


def health_of(
    space: Workspace, board: Leaderboard
) -> Iterator[tuple[Table, tuple[SystemHealth, ...]]]:
    """The health of every system of a leaderboard.

    Raises:
        RequestError: If a table's systems were not scored by ``health``.
    """
    results = Results(space.results)
    for table in board.tables:
        rows = [
            row for row in table.rows if "health" in row.cells and row.cells["health"].signature
        ]
        if not rows:
            raise RequestError(
                f"{table.corpus}/{table.pair}: no stored health",
                hint="run mtbench evaluate with --metric health (beside the others)",
            )
        test_set = test_set_of(table, rows[0], space)
        yield table, tuple(_one(results, table, row, test_set) for row in rows)


def _one(results: Results, table: Table, row: Row, test_set: TestSet | str) -> SystemHealth:
    health = stored_result(results, table, row, "health")
    evidence: Mapping[str, dict[str, str]] = health.score.annotations
    flagged = np.array([name in evidence for name in health.statistics.ids])
    as_worst, not_worst = {}, {}
    for metric in table.metrics:
        if metric == "health" or row.cells[metric].signature is None:
            continue
        found = _as_worst(stored_result(results, table, row, metric), flagged, test_set)
        if isinstance(found, str):
            not_worst[metric] = found
        else:
            as_worst[metric] = found
    return SystemHealth(
        system=row.system,
        segments=row.segments,
        flagged=int(flagged.sum()),
        counts={flag: int(n) for flag, n in health.score.notes.items()},
        evidence=dict(evidence),
        as_worst=as_worst,
        not_worst=not_worst,
    )


def stored_result(results: Results, table: Table, row: Row, metric: str) -> MetricResult:
    """The stored score of a row with its statistics."""
    folder = results.run(table.corpus, table.pair, row.folder)
    return folder.read_result(folder.score_path(metric, str(row.cells[metric].signature)))


def _as_worst(
    result: MetricResult,
    flagged: np.ndarray[tuple[int], np.dtype[np.bool_]],
    test_set: TestSet | str,
) -> float | str:
    """The score with flagged segments at the metric's worst, or why there is none."""
    info = result.score.info
    if info.bounds is None:
        return "it has no bounds, so there is no worst score"
    rows = result.statistics.rows.copy()
    try:
        metric = make_metric(result.score.metric, result.score.options, Runtime())
        if not flagged.any():
            pass
        elif isinstance(metric, MeanMetric):
            worst = info.bounds[0] if info.higher_is_better else info.bounds[1]
            rows[flagged, 0] = worst * rows[flagged, 1]
        else:
            rows[flagged] = _empty_rows(metric, test_set)[flagged]
    except MtbenchError as error:
        return str(error)
    return float(metric.pool(rows.sum(axis=0)))


def _empty_rows(metric: Metric, test_set: TestSet | str) -> Array:
    """Statistics of empty hypotheses: the worst that a metric of counts can give.

    Raises:
        RequestError: If the corpus cannot be had.
    """
    if isinstance(test_set, str):
        raise RequestError(test_set)
    scorer = metric.prepare(scoring.view(test_set, metric.info))
    return scorer.statistics({"empty": [""] * len(test_set)})["empty"]


def test_set_of(table: Table, row: Row, space: Workspace) -> TestSet | str:
    """The test set of a table, or why it cannot be had."""
    name, _, limit = table.corpus.partition("@first")
    folder = corpus_folders(space.corpora).get(name)
    if folder is None:
        return f"there is no corpus {name!r} here"
    try:
        files = {str(file.pair): file for file in corpora.pair_files(folder)}
        whole = corpora.load(files[str(table.pair)]) if str(table.pair) in files else None
    except MtbenchError as error:
        return str(error)
    if whole is None:
        return f"{name} does not serve {table.pair}"
    found = corpora.first(whole, int(limit)) if limit.isdigit() else whole
    return found if found.digest() == row.testset_digest else f"the corpus {name!r} has changed"


def as_json(table: Table, systems: tuple[SystemHealth, ...]) -> Json:
    """One table as a JSON value."""
    return {
        "corpus": table.corpus,
        "pair": str(table.pair),
        "systems": [system.model_dump(mode="json") for system in systems],
    }
