"""Systems over several test sets: ranks, wins, and averages over complete grids only.

Scores of different test sets or language pairs are on different scales, whatever the metric; so
systems are told apart by ranks and wins, and an average is given only where every system has a
score everywhere under one signature, and then it is called what it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from mtbench.errors import UnknownName
from mtbench.types import Leaderboard, Table
from mtbench.types.findings import OverTestSets, Overview


def overview(board: Leaderboard, metric: str | None = None) -> Overview:
    """Candidates over all test sets of a leaderboard; baselines stand outside.

    Args:
        board: The leaderboard; ``tables`` may be a selection of its tables.
        metric: Whose scores to average; by default the primary metric of the tables, where it
            is the same for all. Ranks and wins are always those of each table's primary metric.

    Raises:
        UnknownName: If the leaderboard has no such metric.
        ValueError: If there are no tables.
    """
    if not board.tables:
        raise ValueError("no test sets")
    if metric is not None and metric not in board.tables[0].metrics:
        raise UnknownName("metric of this leaderboard", metric, board.tables[0].metrics)
    test_sets = {_name(table): table for table in board.tables}
    primary = {table.rank_metric for table in board.tables}
    chosen = metric or (primary.pop() if len(primary) == 1 else None)
    systems = sorted({r.system for t in board.tables for r in t.rows if not r.baseline})
    scores = {s: _scores(s, test_sets, chosen) for s in systems}
    label, reason = _average_of(scores, test_sets, chosen)
    rows = [_row(system, test_sets, scores[system], label is not None) for system in systems]
    return Overview(
        metric=chosen or "",
        test_sets=tuple(test_sets),
        systems=tuple(sorted(rows, key=lambda r: (r.losses - r.wins, r.system))),
        label=label,
        reason=reason,
    )


def _name(table: Table) -> str:
    return f"{table.corpus}/{table.pair}"


def _scores(
    system: str, test_sets: Mapping[str, Table], metric: str | None
) -> dict[str, tuple[float, str]]:
    """Test set → score and signature, where the system has one of a whole output."""
    found = {}
    for name, table in test_sets.items():
        for row in table.rows:
            cell = row.cells.get(metric) if metric else None
            if row.system != system or cell is None or cell.partial:
                continue
            if cell.score is not None:
                found[name] = (cell.score, cell.signature or "")
    return found


def _average_of(
    scores: Mapping[str, Mapping[str, tuple[float, str]]],
    test_sets: Mapping[str, Table],
    metric: str | None,
) -> tuple[str | None, str | None]:
    """What an average would be of, or why there is none."""
    if metric is None:
        return None, "the test sets have different primary metrics"
    if len(test_sets) < 2:
        return None, "one test set needs no average"
    for system, found in scores.items():
        for name in test_sets:
            if name not in found:
                return None, f"the grid is not complete: {system} has no {metric} on {name}"
    signatures = {signature for found in scores.values() for _, signature in found.values()}
    if len(signatures) > 1:
        return None, f"{metric} was not computed alike on all test sets"
    return f"macro-average of {metric} over {len(test_sets)} test sets, each counting once", None


def _row(
    system: str,
    test_sets: Mapping[str, Table],
    scores: Mapping[str, tuple[float, str]],
    averaged: bool,
) -> OverTestSets:
    ranks: dict[str, tuple[int, int]] = {}
    wins = losses = 0
    for name, table in test_sets.items():
        for row in table.rows:
            if row.system != system or row.rank_low is None or row.rank_high is None:
                continue
            ranks[name] = (row.rank_low, row.rank_high)
            # A rank range is losses + 1 … candidates - wins.
            losses += row.rank_low - 1
            wins += sum(r.rank_low is not None for r in table.rows) - row.rank_high
    average = sum(score for score, _ in scores.values()) / len(test_sets) if averaged else None
    return OverTestSets(system=system, ranks=ranks, wins=wins, losses=losses, macro_average=average)
