"""A leaderboard as CSV: RFC 4180, sorted, a stable order of columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from mtbench.files.spreadsheets import quoted
from mtbench.report.words import row_notes
from mtbench.types import Leaderboard, Row, Table

LEADING = (
    "corpus", "src", "tgt", "system", "segments", "rank", "rank_low", "rank_high", "cluster",
)  # fmt: skip
TRAILING = (
    "failures", "off_target", "empty", "copied", "length_ratio", "seconds_per_segment",
    "rank_metric", "testset_digest", "output_digest", "mtbench_version", "notes",
)  # fmt: skip
TERMS = ("term_recall", "terms_asked", "terms_used")
HEADLINE = ("headline", "headline_ci_low", "headline_ci_high", "headline_metrics")
METRIC_SUFFIXES = ("", "_ci_low", "_ci_high", "_signature")


def columns(board: Leaderboard) -> list[str]:
    """The header."""
    metrics = _metrics(board.tables[0]) if board.tables else ()
    headline = HEADLINE if any(table.headline for table in board.tables) else ()
    terms = TERMS if _with_terms(board) else ()
    scores = [f"{metric}{suffix}" for metric in metrics for suffix in METRIC_SUFFIXES]
    return [*LEADING, *scores, *TRAILING, *terms, *headline]


def _with_terms(board: Leaderboard) -> bool:
    return any(row.terms for table in board.tables for row in table.rows)


def _metrics(table: Table) -> list[str]:
    return [metric for metric in table.metrics if metric != table.headline]


def to_csv(board: Leaderboard) -> str:
    r"""The whole file; lines end in ``\r\n`` as RFC 4180 has it."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(columns(board))
    for table in board.tables:
        for row in sorted(table.rows, key=lambda r: r.system):
            terms = _term_cells(row) if _with_terms(board) else []
            row_cells = [*_cells(table, row, board.mtbench_version), *terms]
            writer.writerow([*row_cells, *_headline_cells(table, row)])
    return stream.getvalue()


def _cells(table: Table, row: Row, version: str) -> Iterator[str]:
    yield from (quoted(table.corpus), table.pair.source, table.pair.target, quoted(row.system))
    yield from (_whole(row.segments), _whole(row.rank), _whole(row.rank_low))
    yield from (_whole(row.rank_high), _whole(row.cluster))
    for metric in _metrics(table):
        cell = row.cells[metric]
        yield number(cell.score)
        yield number(cell.interval.low if cell.interval else None)
        yield number(cell.interval.high if cell.interval else None)
        yield quoted(cell.signature or "")
    yield from (_whole(row.failures), _whole(row.off_target), _whole(row.empty))
    yield from (_whole(row.copied), number(row.length_ratio), number(row.seconds_per_segment))
    yield from (table.rank_metric or "", row.testset_digest, row.output_digest, version)
    yield quoted("; ".join(row_notes(row)))


def _term_cells(row: Row) -> list[str]:
    found = row.terms
    if found is None:
        return [""] * len(TERMS)
    return [number(found.share), _whole(found.asked), _whole(found.used)]


def _headline_cells(table: Table, row: Row) -> Iterator[str]:
    if table.headline:
        cell = row.cells[table.headline]
        yield number(cell.score)
        yield number(cell.interval.low if cell.interval else None)
        yield number(cell.interval.high if cell.interval else None)
        yield quoted(",".join(table.headline_metrics))


def number(value: float | None) -> str:
    """Six decimals and a dot; empty for no value."""
    if value is None:
        return ""
    text = f"{value:.6f}"
    return "0.000000" if text == "-0.000000" else text


def _whole(value: int | None) -> str:
    return "" if value is None else str(value)
