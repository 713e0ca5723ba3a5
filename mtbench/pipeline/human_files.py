"""Forms for people to fill, and files of human judgements, spreadsheets among them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from mtbench.corpora.formats.segments import Remarks
from mtbench.corpora.formats.spreadsheets import spreadsheet_rows, write_spreadsheet
from mtbench.errors import DataError
from mtbench.files.spreadsheets import unquoted
from mtbench.judgements.read import judgements_of_rows, read_judgements
from mtbench.types.judgements import JudgementFile

SHEETS = (".xlsx", ".xls", ".xlsb", ".ods")


def read_human_file(path: Path) -> JudgementFile:
    """The judgements of a file: a spreadsheet with a header, or what ``read_judgements`` reads.

    Raises:
        RequestError: If the file cannot be read.
        DataError: With the place, for the first row that does not hold.
        MissingExtra: If it is a spreadsheet and nothing here reads those.
    """
    if path.suffix.lower() not in SHEETS or not path.is_file():
        return read_judgements(path)
    return judgements_of_rows(path, _rows(path), "spreadsheet")


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    rows = spreadsheet_rows(path, "", Remarks())
    _, where, names = next(rows, (0, str(path), []))
    missing = {"id", "system", "score"} - {name.strip() for name in names}
    if missing:
        raise DataError(
            f"{where}: no column {', '.join(sorted(missing))}",
            hint="the first row names the columns: id, system, score",
        )
    for _, where, cells in rows:
        filled = zip(names, cells + [""] * (len(names) - len(cells)), strict=False)
        yield where, {name.strip(): unquoted(cell) for name, cell in filled}


def sheet(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A form as a spreadsheet.

    Raises:
        DataError: If a cell cannot hold a text.
        MissingExtra: If nothing here writes spreadsheets.
    """
    stream = io.BytesIO()
    write_spreadsheet(columns, ((f"{row[0]} {row[1]}", row) for row in rows), stream)
    return stream.getvalue()
