"""A leaderboard as Markdown tables."""

from __future__ import annotations

import re

from mtbench.report import words
from mtbench.types import Leaderboard, Table


def to_markdown(board: Leaderboard) -> str:
    """The tables under headings, with signatures below each."""
    missing = [f"- {escaped(line)}\n" for line in words.without_scores(board)]
    return "\n".join([*(_one(board, table) for table in board.tables), *missing])


def _one(board: Leaderboard, table: Table) -> str:
    shown = [m for m in table.metrics if any(r.cells[m].score is not None for r in table.rows)]
    titles = [words.column(m, board.metrics.get(m)) for m in shown]
    terms = ["terms"] if any(row.terms for row in table.rows) else []
    lines = [
        f"### {escaped(words.heading(table))}",
        "",
        escaped(words.circumstances(table)),
        "",
        "| " + " | ".join(["rank", "system", *map(escaped, titles), *terms, "remarks"]) + " |",
        "|" + "|".join(["--:", ":--", *["--:"] * (len(shown) + len(terms)), ":--"]) + "|",
    ]
    for row in table.rows:
        scores = []
        for metric in shown:
            info, cell = board.metrics.get(metric), row.cells[metric]
            scores.append(f"{words.value(cell, info)} {words.interval(cell, info)}".strip())
        told = [words.terms(row)] if terms else []
        cells = [words.rank(row), row.system, *scores, *told, words.remarks(row)]
        lines.append("| " + " | ".join(map(escaped, cells)) + " |")
    notes = [*words.footnotes(board, table, verbose=False), *words.signatures(table)]
    return "\n".join([*lines, "", *(f"- {escaped(note)}" for note in notes), ""])


def escaped(text: str) -> str:
    """Text that Markdown shows as it stands."""
    one_line = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]<>|#~&])", r"\\\1", one_line)
