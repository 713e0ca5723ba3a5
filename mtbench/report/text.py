"""A leaderboard for a terminal."""

from __future__ import annotations

import io
import shutil
import sys
from typing import TYPE_CHECKING

from mtbench.report import words
from mtbench.types import Leaderboard, Table

if TYPE_CHECKING:
    from rich.console import Console

UNBOUNDED = 400  # columns, where no terminal bounds the width


def to_text(board: Leaderboard, *, verbose: bool = False) -> str:
    """The tables, one under the other; colour only on a terminal."""
    from rich.console import Console

    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else UNBOUNDED
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=terminal)
    for table in board.tables:
        _print(console, board, table, verbose=verbose)
    return "\n".join(line.rstrip() for line in stream.getvalue().split("\n"))


def _print(console: Console, board: Leaderboard, table: Table, *, verbose: bool) -> None:
    from rich import box
    from rich.table import Table as Grid
    from rich.text import Text

    console.print(Text(words.heading(table), style="bold"))
    console.print(Text(words.circumstances(table)))
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False)
    ranked = any(row.rank is not None for row in table.rows)
    if ranked:
        grid.add_column("rank", justify="right")
    grid.add_column("system", overflow="fold")
    shown = [m for m in table.metrics if any(r.cells[m].score is not None for r in table.rows)]
    for metric in shown:
        title = words.column(metric, board.metrics.get(metric))
        grid.add_column(title, justify="right", no_wrap=True)
        grid.add_column("95 %", justify="left", no_wrap=True, style="dim")
    grid.add_column("remarks", overflow="fold")
    for row in table.rows:
        cells = [Text(words.rank(row))] if ranked else []
        cells.append(Text(row.system))
        for metric in shown:
            info, cell = board.metrics.get(metric), row.cells[metric]
            cells += [Text(words.value(cell, info)), Text(words.interval(cell, info))]
        grid.add_row(*cells, Text(words.remarks(row)))
    console.print(grid)
    for note in words.footnotes(board, table, verbose=verbose):
        console.print(Text(note))
    console.print()
