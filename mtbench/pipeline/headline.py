"""One number over several metrics, beside them: a column of its own, never a ranking."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mtbench.errors import RequestError, UnknownName
from mtbench.pipeline.health import stored_result
from mtbench.pipeline.stored import INTERVAL_RESAMPLES
from mtbench.plugins import METRICS
from mtbench.results import Results
from mtbench.significance import RELIABLE_UNITS, choose_unit
from mtbench.significance.autorank import autorank, autorank_intervals
from mtbench.types import Cell, Interval, Leaderboard, MetricInfo, Row, Table

NAME = "autorank"
INFO = MetricInfo(
    name=NAME,
    title="AutoRank",
    needs=(),
    higher_is_better=False,
    decimals=2,
    description="One number over several metrics; 1 is the best of those that take part.",
    reference="Kocmi et al. 2025, Preliminary Ranking of WMT25 General Machine Translation Systems",
)


def parse_headline(text: str) -> tuple[str, ...]:
    """The metrics that ``--headline autorank[:METRIC,…]`` names; none for the default ones.

    Raises:
        RequestError: If it is not of that form.
        UnknownName: If it names another aggregate or an unknown metric.
    """
    name, colon, rest = text.partition(":")
    if name.lower() != NAME:
        raise UnknownName("headline", name, [NAME])
    metrics = tuple(dict.fromkeys(part.strip() for part in rest.split(",") if part.strip()))
    if colon and not metrics:
        raise RequestError(f"--headline {text}: no metric after the colon")
    return metrics


def with_headline(
    results: Results, board: Leaderboard, metrics: Sequence[str], seed: int
) -> Leaderboard:
    """The leaderboard with a column of AutoRank at the end of each table.

    Args:
        results: Where the scores are.
        board: Of it.
        metrics: To take; by default the neural ones with full rows.
        seed: Of the resamples.

    Raises:
        UnknownName: If a metric is asked for that no table has.
    """
    for name in metrics:
        if name not in board.metrics:
            METRICS.get(name)
            raise UnknownName("metric here", name, board.metrics)
    tables = tuple(_with_column(results, board, table, metrics, seed) for table in board.tables)
    infos = {**board.metrics, NAME: INFO}
    return board.model_copy(update={"metrics": infos, "tables": tables})


def _with_column(
    results: Results, board: Leaderboard, table: Table, wanted: Sequence[str], seed: int
) -> Table:
    rows = [row for row in table.rows if not row.baseline]
    full = [m for m in table.metrics if rows and all(_is_whole(row, m) for row in rows)]
    chosen = tuple(wanted) or tuple(m for m in full if board.metrics[m].neural)
    cells: dict[str, Cell] = {}
    if not chosen:
        reason = "no neural metric has a score of every system; name some: autorank:chrf,bleu"
    else:
        reason = f"not every metric of {', '.join(chosen)} has a score of it"
        taking_part = [row for row in rows if all(_is_whole(row, m) for m in chosen)]
        if len(taking_part) > 1:
            cells = _cells(results, board, table, taking_part, chosen, seed)
        else:
            reason = f"fewer than two systems have scores by {', '.join(chosen)}"
    column = {
        row.folder: Cell(reason="a baseline takes no part") if row.baseline
        else cells.get(row.folder, Cell(reason=reason))
        for row in table.rows
    }  # fmt: skip
    shown = tuple(
        row.model_copy(update={"cells": {**row.cells, NAME: column[row.folder]}})
        for row in table.rows
    )
    update = {"metrics": (*table.metrics, NAME), "rows": shown, "headline": NAME}
    return table.model_copy(update={**update, "headline_metrics": chosen})


def _is_whole(row: Row, metric: str) -> bool:
    cell = row.cells.get(metric)
    return cell is not None and cell.signature is not None and not cell.partial


def _cells(
    results: Results,
    board: Leaderboard,
    table: Table,
    rows: Sequence[Row],
    chosen: Sequence[str],
    seed: int,
) -> dict[str, Cell]:
    stored = {m: [stored_result(results, table, row, m) for row in rows] for m in chosen}
    if len({one.statistics.ids for of in stored.values() for one in of}) > 1:
        reason = "the scores are of different segments; evaluate again"
        return {row.folder: Cell(reason=reason) for row in rows}
    ids = stored[chosen[0]][0].statistics.ids
    scores = {
        m: np.stack([one.statistics.segment_scores for one in of]) for m, of in stored.items()
    }
    higher = {m: board.metrics[m].higher_is_better for m in chosen}
    labels = results.labels_of(table.corpus, table.pair, ids)
    units = choose_unit(labels.documents if labels else (None,) * len(ids))
    values = autorank({m: some.mean(axis=1) for m, some in scores.items()}, higher)
    low, high = autorank_intervals(
        scores, higher, resamples=INTERVAL_RESAMPLES, seed=seed, units=units.index
    )
    found = {}
    for at, row in enumerate(rows):
        run = results.run(table.corpus, table.pair, row.folder).read_run()
        favoured = sorted(set(run.card.optimised_for) & set(chosen)) if run else []
        found[row.folder] = Cell(
            score=float(values[at]),
            interval=Interval(
                low=float(low[at]),
                high=float(high[at]),
                resamples=INTERVAL_RESAMPLES,
                seed=seed,
                unit=units.unit,
                units=units.units,
                reliable=units.units >= RELIABLE_UNITS,
            ),
            notes=tuple(f"AutoRank favours it: it is optimised for {name}" for name in favoured),
        )
    return found
