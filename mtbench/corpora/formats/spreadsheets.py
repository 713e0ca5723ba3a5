"""Spreadsheets: read by calamine (xlsx, xlsb, ods), written by openpyxl (xlsx)."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO
from xml.parsers import expat

from mtbench.corpora.formats.delimited import Row
from mtbench.corpora.formats.recognise import recognise
from mtbench.corpora.formats.segments import Remarks
from mtbench.errors import DataError, RequestError, UnknownName
from mtbench.files.inputs import as_it_is
from mtbench.packages import require

MOST_BYTES = 1 << 30
"""What a packed document may swell to."""
_MOST_CELLS = 50_000_000
_FILLED = re.compile(rb'<c\b[^<>]{0,300}?\br="([A-Z]{1,3})(\d{1,7})"[^<>]{0,300}(?<!/)>(?!</c>)')
_FILLED_RECORDS = range(2, 12)  # of a binary sheet: numbers, errors, texts, formulas
_BREAK = re.compile(rb"<text:(tab|line-break)\b[^<>]{0,300}/>")
_SIGNS = {b"tab": b"\t", b"line-break": b"\n"}
_LONGEST_CELL = 32_767
_TASK = "reading spreadsheets"


def spreadsheet_rows(path: Path, sheet: str, remarks: Remarks) -> Iterator[Row]:
    """The rows of one sheet as text, its header among them; empty rows are passed over.

    Args:
        path: The file.
        sheet: Its name; may be left out where one sheet alone holds anything.
        remarks: Told of cells that hold no text.

    Raises:
        DataError: If it is damaged, or would swell beyond all bounds.
        RequestError: If several sheets hold something and none is named.
        UnknownName: If there is no such sheet.
        MissingExtra: If python-calamine is not installed.
    """
    calamine = require("python_calamine", _TASK, "office")
    recognise(path)  # refuses by name what is no such file
    check_packed(path)
    broken = _check_sheets(path)
    try:
        book = calamine.load_workbook(_unbroken(path) if broken else str(path))
        name = _chosen(path, book, sheet)
        rows = book.get_sheet_by_name(name).iter_rows()
        for number, cells in enumerate(rows, start=1):
            where = f"{path}:{name}:{number}"
            texts = [_text(cell, remarks, where) for cell in cells]
            if any(texts):
                yield number, where, texts
    except (calamine.CalamineError, OSError) as error:
        raise DataError(f"{path}: damaged, or no spreadsheet: {error}") from error


def _check_sheets(path: Path) -> bool:
    """Refuses a sheet that is cut off or garbled, or whose filled cells lie too far apart.

    The reader passes over what it does not understand. It holds the whole rectangle between the
    cells, and memory that is not to be had ends the process by a signal.

    Returns:
        Whether cells of an OpenDocument sheet hold tabs or line ends as elements.

    Raises:
        DataError: If one is so.
    """
    broken = False
    with _archive_errors(path), as_it_is(path) as stream, zipfile.ZipFile(stream) as archive:
        for name in archive.namelist():
            last = widest = 0
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                for block in _blocks(archive, name, expat.ParserCreate(), path):
                    for column, row in _FILLED.findall(block):
                        last, widest = max(last, int(row)), max(widest, _number_of(column))
            elif name.startswith("xl/worksheets/") and name.endswith(".bin"):
                with archive.open(name) as records:
                    last, widest = _extent_of_records(records)
            elif name == "content.xml":
                cells = _OpenCells()
                for block in _blocks(archive, name, cells.parser, path):
                    broken = broken or _BREAK.search(block) is not None
                last, widest = cells.last, cells.widest
            elif name == "xl/sharedStrings.xml":
                deque(_blocks(archive, name, expat.ParserCreate(), path), maxlen=0)
            if last * widest > _MOST_CELLS:
                raise DataError(
                    f"{path}: cells of {name} lie too far apart to be held",
                    hint="remove what stands far from the table, or export it as CSV",
                )
    return broken


class _OpenCells:
    """How far the filled cells of an OpenDocument sheet reach, repeated ones counted.

    Attributes:
        parser: To be fed with ``content.xml``.
        last: The last row with something in it, of all sheets.
        widest: The last column likewise.
    """

    def __init__(self) -> None:
        self.last = self.widest = self._row = self._rows = self._column = self._filled = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end

    def _begin(self, tag: str, values: Mapping[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "table":
            self._row = 0
        elif name == "table-row":
            self._rows = _times(values.get("table:number-rows-repeated"))
            self._column = self._filled = 0
        elif name in ("table-cell", "covered-table-cell"):
            self._column += _times(values.get("table:number-columns-repeated"))
            if "office:value-type" in values:
                self._filled = self._column
        elif name == "p":
            self._filled = self._column

    def _end(self, tag: str) -> None:
        if not tag.endswith(":table-row"):
            return
        self._row += self._rows
        if self._filled:
            self.last, self.widest = self._row, max(self.widest, self._filled)


def _times(said: str | None) -> int:
    return int(said) if said and said.isdecimal() and len(said) < 20 else 1


def _unbroken(path: Path) -> BinaryIO:
    """An OpenDocument sheet whose tabs and line ends in cells are signs.

    The reader would leave the elements out, and words on both sides would be one.
    """
    packed = io.BytesIO()
    with (
        as_it_is(path) as stream,
        zipfile.ZipFile(stream) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in ("mimetype", "META-INF/manifest.xml"):
            if name in old.namelist():
                new.writestr(name, old.read(name))
        with old.open("content.xml") as source, new.open("content.xml", "w") as target:
            rest = b""
            while block := source.read(1 << 20):
                whole, mark, rest = (rest + block).rpartition(b">")
                target.write(_BREAK.sub(lambda m: _SIGNS[m[1]], whole + mark))
            target.write(rest)
    packed.seek(0)
    return packed


@contextmanager
def _archive_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError) as error:
        raise DataError(f"{path}: a damaged archive: {error}") from error


def _blocks(
    archive: zipfile.ZipFile, name: str, parser: expat.XMLParserType, path: Path
) -> Iterator[bytes]:
    """What a member holds, in blocks that begin with the end of the one before, each parsed.

    Raises:
        DataError: If it is not XML to its end.
    """
    end = b""
    try:
        with archive.open(name) as stream:
            while block := stream.read(1 << 20):
                parser.Parse(block, False)
                yield end + block
                end = block[-1000:]
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise DataError(
            f"{path}: damaged: {name}: {error}", hint="save it again from the program that wrote it"
        ) from error


def _extent_of_records(stream: IO[bytes]) -> tuple[int, int]:
    """The last row and column of a binary sheet: its records are kind, size, content."""
    row = last = widest = 0
    while (kind := _sevens(stream)) is not None:
        left = _sevens(stream) or 0
        start = stream.read(min(left, 4))
        left -= len(start)
        while left and (skipped := len(stream.read(min(left, 1 << 16)))):
            left -= skipped
        if kind == 0:
            row = int.from_bytes(start, "little")
        elif kind in _FILLED_RECORDS:
            last = max(last, row + 1)
            widest = max(widest, int.from_bytes(start, "little") + 1)
    return last, widest


def _sevens(stream: IO[bytes]) -> int | None:
    """A number in seven bits a byte, the low ones first; None at the end."""
    number = 0
    for shift in (0, 7, 14, 21):
        byte = stream.read(1)
        if not byte:
            return None
        number |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            break
    return number


def _number_of(letters: bytes) -> int:
    """The number of a column, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _chosen(path: Path, book: Any, sheet: str) -> str:
    names = [str(name) for name in book.sheet_names]
    if sheet:
        if sheet not in names:
            raise UnknownName(f"sheet of {path}", sheet, names)
        return sheet
    filled = [n for n in names if book.get_sheet_by_name(n).height]
    if len(filled) != 1:
        raise RequestError(
            f"{path}: {len(filled)} sheets hold something: {', '.join(filled)}",
            hint="name one by --sheet",
        )
    return filled[0]


def _text(cell: Any, remarks: Remarks, where: str) -> str:
    if isinstance(cell, str):
        return cell
    remarks.changed("cells that hold a number or a date, written as plain text", where)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)


def check_packed(path: Path) -> None:
    """Unpacks every member once, keeping nothing, to see that none swells beyond all bounds.

    What the archive says of its sizes is not believed.

    Raises:
        DataError: If the whole is too large, or damaged.
    """
    total = 0
    with _archive_errors(path), as_it_is(path) as stream, zipfile.ZipFile(stream) as archive:
        for member in archive.infolist():
            if member.flag_bits & 1:
                raise DataError(f"{path}: protected by a password", hint="save it without")
            for size in _unpacked(stream, member):
                total += size
                if total > MOST_BYTES:
                    raise DataError(
                        f"{path}: swells to more than {MOST_BYTES >> 30} GB when unpacked",
                        hint="divide it, or export it as CSV",
                    )


def _unpacked(stream: BinaryIO, member: zipfile.ZipInfo) -> Iterator[int]:
    """Sizes of what a member unpacks to, block by block."""
    stream.seek(member.header_offset)
    header = stream.read(30)
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile(f"no member where {member.filename!r} should be")
    stream.seek(
        int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1
    )
    if member.compress_type == zipfile.ZIP_STORED:
        yield member.compress_size
        return
    if member.compress_type != zipfile.ZIP_DEFLATED:
        raise zipfile.BadZipFile(f"{member.filename!r} is packed in an unusual way")
    inflate = zlib.decompressobj(-15)
    left = member.compress_size
    while left > 0 and not inflate.eof:
        block = stream.read(min(left, 1 << 16))
        if not block:
            raise EOFError(f"{member.filename!r} is cut off")
        left -= len(block)
        yield len(inflate.decompress(block, 1 << 20))
        while inflate.unconsumed_tail:
            yield len(inflate.decompress(inflate.unconsumed_tail, 1 << 20))


def write_spreadsheet(
    names: Sequence[str],
    rows: Iterable[tuple[str, Sequence[str | float | None]]],
    stream: BinaryIO,
) -> int:
    """Writes rows as one sheet, row by row; texts are texts, never formulas.

    Args:
        names: Of the columns.
        rows: Each with what it is called in messages.
        stream: Where to write.

    Returns:
        The number of rows, the header aside.

    Raises:
        DataError: If a cell cannot hold a text, naming the row.
        MissingExtra: If openpyxl is not installed.
    """
    openpyxl = require("openpyxl", "writing spreadsheets", "office")
    cells = require("openpyxl.cell", "writing spreadsheets", "office")
    errors = require("openpyxl.utils.exceptions", "writing spreadsheets", "office")
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("segments")
    sheet.freeze_panes = "A2"
    for letter in "BC":
        sheet.column_dimensions[letter].width = 60

    def texts(values: Sequence[str | float | None], what: str) -> list[Any]:
        found: list[Any] = []
        for value in values:
            if not isinstance(value, str):
                found.append(value)
                continue
            if len(value) > _LONGEST_CELL:
                raise DataError(
                    f"{what}: {len(value)} characters, where a cell holds {_LONGEST_CELL}",
                    hint="export as --to csv",
                )
            try:
                cell = cells.WriteOnlyCell(sheet, value=value)
            except errors.IllegalCharacterError as error:
                raise DataError(
                    f"{what}: a control character, which a sheet cannot hold",
                    hint="export as --to csv, or remove it",
                ) from error
            cell.data_type = "s"  # otherwise a text that begins with = would be run
            found.append(cell)
        return found

    count = 0
    try:
        sheet.append(texts(names, "the header"))
        for what, values in rows:
            sheet.append(texts(values, what))
            count += 1
    except BaseException:
        sheet.close()  # its writer would complain when it is thrown away
        raise
    book.save(stream)
    return count
