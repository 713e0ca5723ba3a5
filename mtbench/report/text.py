"""A leaderboard for a terminal."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mtbench.report import words
from mtbench.types import Leaderboard, Table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as Grid

UNBOUNDED = 400  # columns, where no terminal bounds the width
WIDEST_NAME = 30  # a longer name of a system may be folded
LEAST_REMARKS = 12  # columns


def to_text(board: Leaderboard, *, verbose: bool = False) -> str:
    """The tables, one under the other; colour only on a terminal."""
    from rich.console import Console
    from rich.text import Text

    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else UNBOUNDED
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=terminal)
    for table in board.tables:
        _print(console, board, table, verbose=verbose)
    missing = list(words.without_scores(board))
    for line in missing:
        console.print(Text(line))
    if missing:
        console.print()
    return "\n".join(line.rstrip() for line in stream.getvalue().split("\n"))


def _print(console: Console, board: Leaderboard, table: Table, *, verbose: bool) -> None:
    from rich.text import Text

    console.print(Text(words.heading(table), style="bold"))
    console.print(Text(words.circumstances(table)))
    shown = [m for m in table.metrics if any(r.cells[m].score is not None for r in table.rows)]
    for grid in _grids(console, board, table, shown):
        console.print(grid)
    for note in words.footnotes(board, table, verbose=verbose):
        console.print(Text(note))
    console.print()


def _grids(
    console: Console, board: Leaderboard, table: Table, shown: Sequence[str]
) -> Iterator[Grid]:
    """One grid with intervals beside the scores, else under them, else several grids."""
    beside = _grid(board, table, shown, under=False, remarks=True)
    if _fits(console, beside):
        yield beside
        return
    rest, last = list(shown), _grid(board, table, shown, under=True, remarks=True)
    while rest and not _fits(console, last):
        count = len(rest)
        grid = _grid(board, table, rest, under=True, remarks=False)
        while count > 1 and not _fits(console, grid):
            count -= 1
            grid = _grid(board, table, rest[:count], under=True, remarks=False)
        yield _squeezed(console, grid)
        rest = rest[count:]
        last = _grid(board, table, rest, under=True, remarks=True)
    told = any(words.remarks(row) or row.terms for row in table.rows)
    if rest or not shown or told:
        yield _squeezed(console, last)


def _squeezed(console: Console, grid: Grid) -> Grid:
    """A grid whose names and remarks may be folded anywhere, where it does not fit otherwise."""
    if not _fits(console, grid):
        for column in grid.columns:
            column.min_width = column.min_width if column.no_wrap else None
    return grid


def _fits(console: Console, grid: Grid) -> bool:
    """Whether a grid fits without a cut or a fold, but for the remarks."""
    from rich.measure import Measurement

    wide = console.options.update(width=UNBOUNDED)
    return Measurement.get(console, wide, grid).minimum <= console.width


def _grid(
    board: Leaderboard, table: Table, shown: Sequence[str], *, under: bool, remarks: bool
) -> Grid:
    from rich import box
    from rich.cells import cell_len
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False)
    ranked = any(row.rank is not None for row in table.rows)
    if ranked:
        grid.add_column("rank", justify="right", no_wrap=True)
    longest = max((len(row.system) for row in table.rows), default=0)
    grid.add_column("system", overflow="fold", min_width=min(longest, WIDEST_NAME))
    for metric in shown:
        title = words.column(metric, board.metrics.get(metric))
        grid.add_column(title, justify="right", no_wrap=True)
        if not under:
            grid.add_column("95 %", justify="left", no_wrap=True, style="dim")
    terms = [words.terms(row) if remarks else "" for row in table.rows]
    said = [words.remarks(row) if remarks else "" for row in table.rows]
    last = [texts for texts, there in ((terms, False), (said, not under)) if there or any(texts)]
    if any(terms):
        grid.add_column("terms", justify="right", no_wrap=True)
    if any(said) or not under:
        grid.add_column("remarks", overflow="fold", min_width=LEAST_REMARKS if any(said) else None)
    for at, row in enumerate(table.rows):
        cells = [Text(words.rank(row))] if ranked else []
        cells.append(Text(row.system))
        for metric in shown:
            info, cell = board.metrics.get(metric), row.cells[metric]
            value, interval = words.value(cell, info), words.interval(cell, info)
            if under:
                cells.append(Text.assemble(value, "\n", (interval, "dim")))
            else:
                cells += [Text(value), Text(interval)]
        cells += [Text(texts[at]) for texts in last]
        grid.add_row(*cells)
    for column in grid.columns:
        if column.no_wrap:  # or else its least width is that of its longest word
            lines = [line for cell in column.cells for line in str(cell).split("\n")]
            column.min_width = max(map(cell_len, (str(column.header), *lines)))
    return grid
