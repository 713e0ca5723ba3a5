"""Stored statistics → scores on parts of a test set."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import get_args

from mtbench.boards.slices import By, labels_by, slice_scores
from mtbench.errors import RequestError
from mtbench.pipeline.slice_tests import with_tests
from mtbench.plugins import stored_metric
from mtbench.results import Results
from mtbench.significance import interval_of_part
from mtbench.types import Cell, Leaderboard, Table
from mtbench.types.findings import Sliced


def slices(
    results: Results, board: Leaderboard, by: By, metric: str | None = None, *, seed: int = 0
) -> Iterator[tuple[Table, Sliced]]:
    """Scores of every table's systems by document, domain, original language or length, tested.

    Systems with partial scores are not among them, nor are tables of only such;
    ``partial_systems`` names them.

    Args:
        results: Where the statistics are.
        board: The leaderboard.
        by: What tells segments apart.
        metric: Whose scores; by default each table's primary metric.
        seed: Of the intervals.

    Raises:
        RequestError: If a table has no such scores, or its segments have no such label.
        DataError: If a file does not hold.
    """
    for table in board.tables:
        name = metric or table.rank_metric
        rows = [row for row in table.rows if name and _whole(row.cells.get(name))]
        if name is not None and not rows and partial_systems(table, name):
            continue
        if name is None or not rows:
            raise RequestError(f"{table.corpus}/{table.pair} has no {name or 'primary metric'}")
        statistics = {}
        for row in rows:
            folder = results.run(table.corpus, table.pair, row.folder)
            path = folder.score_path(name, str(row.cells[name].signature))
            result = folder.read_result(path)
            statistics[row.system] = result.statistics.rows
        labels = results.labels_of(table.corpus, table.pair, result.statistics.ids)
        if labels is None:
            raise RequestError(
                f"{table.corpus}/{table.pair}: the segments' labels are not stored",
                hint="run mtbench evaluate again to have them stored",
            )
        named = labels_by(labels, by)
        if not any(named):
            others = [other for other in get_args(By) if any(labels_by(labels, other))]
            raise RequestError(
                f"{table.corpus}/{table.pair}: its segments have no {by}",
                hint=f"they have: {', '.join(others)}",
            )
        scorer = stored_metric(result.score)
        sliced = slice_scores(
            statistics,
            named,
            scorer.pool,
            partial(interval_of_part, documents=labels.documents, seed=seed),
            by=by,
            metric=name,
        )
        tested = with_tests(
            sliced,
            statistics,
            named,
            scorer,
            documents=labels.documents,
            baselines={row.system for row in rows if row.baseline},
            seed=seed,
            most=None,
        )
        yield table, tested


def partial_systems(table: Table, metric: str) -> tuple[str, ...]:
    """Systems of a table in whose scores failed segments count as empty."""
    cells = {row.system: row.cells.get(metric) for row in table.rows}
    return tuple(system for system, cell in cells.items() if cell is not None and cell.partial)


def _whole(cell: Cell | None) -> bool:
    return cell is not None and cell.signature is not None and not cell.partial
