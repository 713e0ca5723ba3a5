"""TSV and CSV with named columns, and JSONL of other shapes.

TSV is what machine translation calls by that name: one line a segment, fields apart by tabs,
quotes are text. CSV is RFC 4180: a field in quotes may hold commas, quotes and line ends.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from mtbench.corpora.formats.columns import Columns
from mtbench.corpora.formats.segments import ImportedSegment, Remarks, Wanted
from mtbench.corpora.line import KEYS
from mtbench.errors import DataError, RequestError
from mtbench.files.writing import decode_line, read_lines, unreadable
from mtbench.types import Json

_LONGEST_FIELD = 10_000_000
Map = Mapping[str, tuple[str, ...]]
Row = tuple[int, str, Mapping[str, Json]]


def read_table(
    path: Path,
    kind: str,
    mapping: Map,
    header: Sequence[str],
    wanted: Wanted,
    remarks: Remarks,
) -> Iterator[ImportedSegment]:
    """Rows of a TSV or CSV file as segments; an id that no column gives is the line's number.

    Args:
        path: The file.
        kind: ``tsv`` or ``csv``.
        mapping: From ``columns.parse_map``.
        header: Names of the columns where the first line does not hold them; ``-`` for one to
            leave out.
        wanted: The directions.
        remarks: Told of what is left out.

    Raises:
        DataError: With file and line, if a row has more or fewer fields than the header.
        RequestError: If a column that is needed is not there.
    """
    rows = _tsv_rows(path) if kind == "tsv" else _csv_rows(path)
    names = list(header)
    columns: Columns | None = None
    for number, fields in rows:
        if not names:
            names = fields
            _check_header(names, path)
            continue
        if columns is None:
            kept = [name for name in names if name != "-"]
            columns = Columns(mapping, kept, wanted, remarks, str(path), fixed=True)
        if len(fields) != len(names):
            raise DataError(
                f"{path}:{number}: {len(fields)} fields, where there are {len(names)} columns",
                hint=_hint(kind),
            )
        row = {name: text for name, text in zip(names, fields, strict=True) if name != "-"}
        filled = {name: text or None for name, text in row.items()}
        yield from columns.segments(filled, number, f"{path}:{number}")


def _hint(kind: str) -> str:
    if kind == "tsv":
        return "in TSV quotes are text; a file with quoted fields is --from csv"
    return "quote fields that hold commas or line ends"


def _check_header(names: Sequence[str], path: Path) -> None:
    twice = sorted({name for name in names if names.count(name) > 1 and name != "-"})
    if twice:
        raise DataError(f"{path}:1: two columns named {twice[0]!r}")
    if not all(name.strip() for name in names):
        raise DataError(
            f"{path}:1: a column without a name",
            hint="name the columns by --columns if the first line is data",
        )


def _tsv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    for number, line in read_lines(path):
        yield number, line.split("\t")


def _csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    try:
        with path.open("rb") as stream:
            lines = _decoded(stream, path)
            reader = csv.reader(lines, strict=True)
            while True:
                before = reader.line_num
                try:
                    fields = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    raise DataError(
                        f"{path}:{reader.line_num}: not CSV: {error}", hint=_hint("csv")
                    ) from error
                if fields:
                    yield before + 1, fields
    except OSError as error:
        raise unreadable(path, error) from error


def _decoded(stream: IO[bytes], path: Path) -> Iterator[str]:
    """Lines with their ends, which belong to the text inside quotes."""
    for number, raw in enumerate(stream, start=1):
        end = b"\r\n" if raw.endswith(b"\r\n") else b"\n" if raw.endswith(b"\n") else b""
        yield decode_line(raw, path, number) + end.decode()


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
        _write_row(
            [cells.get(name, "") for name in names], write, stream, f"segment {segment.id!r}"
        )
        count += 1
    return count


def _column_names(segments: Iterable[ImportedSegment]) -> list[str]:
    used: dict[str, None] = {}
    for segment in segments:
        used.update(dict.fromkeys(_cells(segment)))
    ours = [k for k in KEYS if k in used or k == "ref"]
    references = sorted((k for k in used if k == "ref" or k.startswith("ref.")), key=_by_letter)
    at = ours.index("ref")
    ours[at : at + 1] = references
    return [*ours, *(k for k in used if k not in ours)]


def _by_letter(name: str) -> tuple[int, str]:
    return len(name), name


def _cells(segment: ImportedSegment) -> dict[str, str]:
    found = {"id": segment.id, "src": segment.source}
    for key, text in zip(reference_columns(segment), segment.references, strict=True):
        found[key] = text
    values = {
        "doc": segment.document,
        "domain": segment.domain,
        "original_language": segment.original_language,
        "origin": segment.origin,
        "alignment": None if segment.alignment is None else repr(segment.alignment),
        "context": segment.context,
        "instruction": segment.instruction,
    }
    found.update({key: value for key, value in values.items() if value is not None})
    for key, value in segment.extra.items():
        if key in KEYS or key.startswith("ref."):
            raise RequestError(f"segment {segment.id!r}: the extra key {key!r} is a column's name")
        found[key] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return found


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
