"""Tables with named columns, and JSONL of other shapes: rows to segments, segments to rows."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, BinaryIO

from mtbench.corpora.formats.columns import Columns, names_columns
from mtbench.corpora.formats.delimited import RECOGNISED, Layout, delimited_rows
from mtbench.corpora.formats.headers import named_rows
from mtbench.corpora.formats.segments import ImportedSegment, Remarks, Wanted
from mtbench.corpora.line import KEYS
from mtbench.errors import DataError, RequestError
from mtbench.types import Json

_ERRORS = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#ERROR!", "#SPILL!"}
)
_FIRST = "ref.A"
_RULE = re.compile(r":?-{3,}:?")
Map = Mapping[str, tuple[str, ...]]
Row = tuple[int, str, Mapping[str, Json]]


def read_table(
    path: Path,
    kind: str,
    mapping: Map,
    header: Sequence[str],
    wanted: Wanted,
    remarks: Remarks,
    layout: Layout = RECOGNISED,
) -> Iterator[ImportedSegment]:
    """Rows of a table as segments; an id that no column gives is the line's or row's number.

    Args:
        path: The file.
        kind: ``tsv``, ``csv`` or ``spreadsheet``.
        mapping: From ``columns.parse_map``.
        header: Names of the columns where the first line does not hold them; ``-`` for one to
            leave out.
        wanted: The directions.
        remarks: Told how the table was read, and of what is left out.
        layout: What the user fixed of delimiter, encoding, sheet, and where the header stands.

    Raises:
        DataError: With file and line, if a row has more or fewer fields than the header.
        RequestError: If a column that is needed is not there, or it cannot be told which row is
            the header.
    """
    if kind == "spreadsheet":
        from mtbench.corpora.formats.spreadsheets import spreadsheet_rows

        rows = spreadsheet_rows(path, layout.sheet, remarks, skip_hidden=layout.skip_hidden)
    else:
        rows = delimited_rows(path, kind, layout, wanted, remarks)
    names = list(header)
    if not names:

        def named(cells: Sequence[str]) -> bool:
            return names_columns([cell.strip() for cell in cells], mapping, wanted)

        rows = named_rows(rows, layout.header_row, named, path, remarks)
    columns: Columns | None = None
    markdown = False
    for number, where, fields in rows:
        if not names:
            names = _header([name.strip() for name in fields], where)
            _check_several(names, path, mapping, kind)
            continue
        if columns is None and not markdown and _is_rule(fields):
            markdown = True
            remarks.noted(
                f"{path}: a table of Markdown: its rule and the blanks in its cells left out"
            )
            continue
        fields = [field.strip() for field in fields] if markdown else fields
        if columns is None:
            kept = [name for name in names if name not in ("-", "")]
            columns = Columns(mapping, kept, wanted, remarks, str(path), fixed=True)
        fields = _fitted(fields, names, where)
        if not any(field.strip() for field in fields):
            remarks.left_out("empty rows", where)
            continue
        if not _ERRORS.isdisjoint(fields):
            remarks.suspicious("rows with a text that is the error of a formula (#N/A)", where)
        row = {n: text or None for n, text in zip(names, fields, strict=True) if n not in ("-", "")}
        yield from columns.segments(row, number, where)


def _check_several(names: Sequence[str], path: Path, mapping: Map, kind: str) -> None:
    if len(names) == 1 and not mapping and kind == "spreadsheet":
        raise RequestError(
            f"{path}: the sheet has one column, so no table",
            hint="name another sheet by --sheet (a hidden one, too), or the row of the names of "
            "the columns by --header-row",
        )
    if len(names) == 1 and not mapping:
        raise RequestError(
            f"{path}: one column, so no table; and plain text comes in two files or more",
            hint="give the source and then its references (train.en train.it), or say --delimiter, "
            "or --header-row where titles stand above the names of the columns",
        )


def _header(names: list[str], where: str) -> list[str]:
    """Names of the columns; those without one must be empty throughout."""
    twice = sorted({n for n in names if names.count(n) > 1 and n not in ("-", "")})
    if twice:
        raise DataError(
            f"{where}: two columns named {twice[0]!r}", hint="rename one of them in the file"
        )
    if not any(names):
        raise DataError(f"{where}: a header without names", hint="name the columns by --columns")
    return names


def _is_rule(fields: Sequence[str]) -> bool:
    """Whether a row is what stands under the header of a table of Markdown: ``|---|:--:|``."""
    cells = [field.strip() for field in fields if field.strip()]
    return bool(cells) and all(_RULE.fullmatch(cell) for cell in cells)


def _fitted(fields: list[str], names: Sequence[str], where: str) -> list[str]:
    """A row as long as the header; empty cells at its end may be missing or too many."""
    while len(fields) > len(names) and not fields[-1].strip():
        fields = fields[:-1]
    if len(fields) < len(names) and not any(names[len(fields) :]):
        fields = [*fields, *[""] * (len(names) - len(fields))]
    if len(fields) != len(names):
        raise DataError(
            f"{where}: {len(fields)} fields, where there are {len(names)} columns",
            hint="quote fields that hold delimiters or line ends, or say --delimiter; "
            "or --header-row where titles stand above the names of the columns",
        )
    for name, field in zip(names, fields, strict=True):
        if not name and field.strip():
            raise DataError(
                f"{where}: text in a column without a name",
                hint="the header names every column: say --header-row where another row is it; "
                "where there is none, name the columns by --columns",
            )
    return fields


def read_rows(
    rows: Iterable[Row], mapping: Map, wanted: Wanted, remarks: Remarks, place: str
) -> Iterator[ImportedSegment]:
    """Objects (of a JSONL or Parquet file) as segments; an id that no key gives is the number.

    Args:
        rows: Numbers, places and values.
        mapping: From ``columns.parse_map``.
        wanted: The directions.
        remarks: Told of keys left out.
        place: The file, for messages.

    Raises:
        DataError: With file and line, if a row does not hold.
        RequestError: If no key of the first row can be the source.
    """
    columns: Columns | None = None
    for number, where, row in rows:
        if columns is None:
            columns = Columns(mapping, list(row), wanted, remarks, place, fixed=False)
        yield from columns.segments(row, number, where)
    if columns is not None:
        columns.check()


def write_table(segments: Iterable[ImportedSegment], kind: str, stream: IO[str]) -> int:
    """Writes segments of one direction as TSV or CSV, with a header.

    Columns: those of a corpus line that any segment has, one for each reference (``ref``, or
    ``ref.NAME`` of several), and one for each extra key. What is no text is written as JSON.

    Args:
        segments: Gone through twice, so no iterator.
        kind: ``tsv`` or ``csv``.
        stream: Opened with ``newline=""``.

    Returns:
        The number of rows.

    Raises:
        DataError: In TSV, naming the segment whose text holds a tab or line end.
        RequestError: If an extra key has the name of a column of ours.
    """
    names = _column_names(segments)
    write = csv.writer(stream, lineterminator="\r\n").writerow if kind == "csv" else None
    count = 0
    _write_row(names, write, stream, "the header")
    for segment in segments:
        cells = _cells(segment)
        _write_row(_row(cells, names), write, stream, f"segment {segment.id!r}")
        count += 1
    return count


REVIEW = ("verdict", "comment")
"""Columns of a spreadsheet for the one who reviews it, empty."""


def write_sheet(segments: Iterable[ImportedSegment], stream: BinaryIO) -> int:
    """Writes segments of one direction as a spreadsheet: the columns of a table, and for review.

    Args:
        segments: Gone through twice, so no iterator.
        stream: Where to write.

    Returns:
        The number of rows.

    Raises:
        DataError: If a cell cannot hold a text, naming the segment.
        RequestError: If an extra key has the name of a column of ours.
        MissingExtra: If openpyxl is not installed.
    """
    from mtbench.corpora.formats.spreadsheets import write_spreadsheet

    names = _column_names(segments)
    review = [name for name in REVIEW if name not in names]
    rows = ((f"segment {s.id!r}", _row(_cells(s), [*names, *review])) for s in segments)
    return write_spreadsheet([*names, *review], rows, stream)


def _column_names(segments: Iterable[ImportedSegment]) -> list[str]:
    used: dict[str, None] = {}
    for segment in segments:
        used.update(dict.fromkeys(_cells(segment)))
    if "ref" in used and any(key.startswith("ref.") for key in used):
        del used["ref"]
        used.setdefault(_FIRST)
    ours = [k for k in KEYS if k in used or k == "ref"]
    references = sorted((k for k in used if k == "ref" or k.startswith("ref.")), key=_by_letter)
    at = ours.index("ref")
    ours[at : at + 1] = references
    return [*ours, *(k for k in used if k not in ours)]


def _row(cells: dict[str, str], names: Sequence[str]) -> list[str]:
    """A segment's cells; the one reference of it is the first where others have several."""
    if "ref" in cells and "ref" not in names:
        cells[_FIRST] = cells.pop("ref")
    return [cells.get(name, "") for name in names]


def _by_letter(name: str) -> tuple[int, str]:
    return len(name), name


def _cells(segment: ImportedSegment) -> dict[str, str]:
    found = {"id": segment.id, "src": segment.source}
    found.update(zip(reference_columns(segment), segment.references, strict=True))
    values = {
        "doc": segment.document,
        "domain": segment.domain,
        "original_language": segment.original_language,
        "origin": segment.origin,
        "alignment": None if segment.alignment is None else repr(segment.alignment),
        "context": segment.context,
        "instruction": segment.instruction,
        "constraints": _json(segment.constraints),
    }
    found.update({key: value for key, value in values.items() if value is not None})
    for key, value in segment.extra.items():
        if key in KEYS or key.startswith("ref."):
            raise RequestError(f"segment {segment.id!r}: the extra key {key!r} is a column's name")
        found[key] = value if isinstance(value, str) else _json(value) or "null"
    return found


def _json(value: Json) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def reference_columns(segment: ImportedSegment) -> list[str]:
    """Column names of a segment's references: ``ref`` alone, ``ref.A`` … of several."""
    count = len(segment.references)
    if segment.reference_names:
        return [f"ref.{name}" for name in segment.reference_names]
    return ["ref"] if count == 1 else [f"ref.{letter(at)}" for at in range(count)]


def letter(at: int) -> str:
    """The customary name of the reference at a position: A, B … Z, then 27, 28 …."""
    return chr(ord("A") + at) if at < 26 else str(at + 1)


def _write_row(
    row: Sequence[str], write: Callable[[Sequence[str]], object] | None, stream: IO[str], what: str
) -> None:
    if write is not None:
        write(row)
        return
    for cell in row:
        if any(mark in cell for mark in "\t\n\r"):
            raise DataError(
                f"{what}: a tab or line end, which TSV cannot hold", hint="export as --to csv"
            )
    stream.write("\t".join(row) + "\n")
