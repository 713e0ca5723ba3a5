"""Which row of a table names its columns: the first, unless titles stand above it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from mtbench.corpora.formats.delimited import MOST_TITLES, Row
from mtbench.corpora.formats.segments import Remarks
from mtbench.errors import RequestError

Names = Callable[[Sequence[str]], bool]
"""Whether the cells of a row are names of columns that can be read."""


def named_rows(
    rows: Iterator[Row], header_row: int | None, names: Names, path: Path, remarks: Remarks
) -> Iterator[Row]:
    """The rows of a table from its header on.

    Args:
        rows: All of them.
        header_row: Number of the header's row where the user said it.
        names: Whether cells name the columns.
        path: The file, for messages.
        remarks: Told of rows above the header.

    Raises:
        RequestError: If no row begins at the number said, or none of several rows that can be the
            header is so beyond doubt.
    """
    if header_row is not None:
        return _from(header_row, rows, path, remarks)
    first = next(rows, None)
    if first is None or names(first[2]):
        return chain([first] if first else (), rows)
    start = [first, *islice(rows, MOST_TITLES)]
    header = _recognised([(row[0], _filled(row[2])) for row in start if names(row[2])], start, path)
    if header is None:
        return chain(start, rows)
    remarks.noted(f"{path}: row {header} read as the header; --header-row says otherwise")
    return _from(header, chain(start, rows), path, remarks)


def _recognised(fit: Sequence[tuple[int, int]], start: Sequence[Row], path: Path) -> int | None:
    """Of rows that can be the header the number of the one beyond doubt; None where none can be.

    Titles fill fewer cells than a header: a row as full as it may be data, which is not passed
    over unasked.
    """
    if not fit:
        return None
    number, width = fit[0]
    above = max(_filled(row[2]) for row in start if row[0] < number)
    if len(fit) > 1 or above >= width:
        several = " and ".join(str(one) for one, _ in fit[:2])
        raise RequestError(
            f"{path}: the first row does not name the columns, and row {several} can be the header",
            hint=f"say it: --header-row {number}, or --columns src,ref where the first is data",
        )
    return number


def _from(header: int, rows: Iterator[Row], path: Path, remarks: Remarks) -> Iterator[Row]:
    for row in rows:
        if row[0] < header:
            remarks.left_out("rows above the header", row[1])
            continue
        if row[0] > header:
            break
        return chain([row], rows)
    raise RequestError(
        f"{path}: --header-row {header}: no row with anything in it begins there",
        hint="count lines of a text file, or rows of a sheet, from 1",
    )


def _filled(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell.strip())
