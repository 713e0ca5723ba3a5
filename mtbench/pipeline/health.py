"""Stored output health → counts, and scores with flagged segments counted as worst."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from mtbench.config import Workspace
from mtbench.errors import MtbenchError, RequestError
from mtbench.pipeline.stored import recomputed
from mtbench.plugins import make_metric
from mtbench.results import Results
from mtbench.types import Json, Leaderboard, MetricResult, Record, Row, Runtime, Table


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
        yield table, tuple(_one(results, table, row) for row in rows)


def _one(results: Results, table: Table, row: Row) -> SystemHealth:
    health = stored_result(results, table, row, "health")
    evidence: Mapping[str, dict[str, str]] = health.score.annotations
    flagged = np.array([name in evidence for name in health.statistics.ids])
    as_worst, not_worst = {}, {}
    for metric in table.metrics:
        if metric == "health" or row.cells[metric].signature is None:
            continue
        found = _as_worst(stored_result(results, table, row, metric), flagged)
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
    path = folder.score_path(metric, str(row.cells[metric].signature))
    return recomputed(folder.read_result(path)).result


def _as_worst(
    result: MetricResult, flagged: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> float | str:
    """The score with flagged segments at the metric's worst, or why there is none."""
    if result.score.info.bounds is None:
        return "it has no bounds, so there is no worst score"
    try:
        metric = make_metric(result.score.metric, result.score.options, Runtime())
    except MtbenchError as error:
        return str(error)
    rows = result.statistics.rows
    worst = metric.worst_rows(rows)
    if worst is None:
        return "it does not say what its worst is"
    return float(metric.pool(np.where(flagged[:, None], worst, rows).sum(axis=0)))


def as_json(table: Table, systems: tuple[SystemHealth, ...]) -> Json:
    """One table as a JSON value."""
    return {
        "corpus": table.corpus,
        "pair": str(table.pair),
        "systems": [system.model_dump(mode="json") for system in systems],
    }
