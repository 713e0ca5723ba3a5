"""Spreadsheets: read by calamine (xlsx, xlsb, ods), written by openpyxl (xlsx)."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from mtbench.corpora.formats.delimited import Row
from mtbench.corpora.formats.recognise import recognise
from mtbench.corpora.formats.segments import Remarks
from mtbench.corpora.formats.worksheets import BREAK, NO_VALUE, Sheet, archive_errors, look_inside
from mtbench.errors import DataError, RequestError, UnknownName
from mtbench.files.inputs import as_it_is
from mtbench.packages import require

MOST_BYTES = 1 << 30
"""What a packed document may swell to."""
_SIGNS = {b"tab": b"\t", b"line-break": b"\n"}
_LONGEST_CELL = 32_767
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # of text that looks like an escape of OOXML
_TASK = "reading spreadsheets"


def spreadsheet_rows(
    path: Path, sheet: str, remarks: Remarks, *, skip_hidden: bool = False
) -> Iterator[Row]:
    """The rows of one sheet as text, its header among them; empty rows are passed over.

    A cell that shows an error is read as empty. Hidden rows and columns are read like any other:
    a filter that somebody left on hides what belongs to the table.

    Args:
        path: The file.
        sheet: Its name; may be left out where one sheet alone holds anything, or one of those
            that are not hidden.
        remarks: Told of cells that hold no text, and of what is hidden.
        skip_hidden: Whether hidden rows and columns are left out.

    Raises:
        DataError: If it is damaged, or would swell beyond all bounds.
        RequestError: If several sheets hold something and none is named.
        UnknownName: If there is no such sheet.
        MissingExtra: If python-calamine is not installed.
    """
    calamine = require("python_calamine", _TASK, "office")
    recognise(path)  # refuses by name what is no such file
    check_packed(path)
    inside = look_inside(path)
    try:
        book = calamine.load_workbook(_unbroken(path) if inside.broken else str(path))
        name = _chosen(path, book, sheet, remarks)
        cells = book.get_sheet_by_name(name)
        first = cells.start[1] + 1 if cells.start else 1
        place = f"{path}:{name}"
        marks = _Marks(inside.sheets.get(name, Sheet(place)), first, remarks, skip=skip_hidden)
        for number, row in enumerate(cells.iter_rows(), start=1):
            where = f"{place}:{number}"
            texts = [_text(cell, remarks, where) for cell in row]
            where = marks.without_errors(number, texts, where)
            if any(texts) and not marks.left_out(number, texts, where):
                yield number, where, texts
        marks.close(place)
    except (calamine.CalamineError, OSError) as error:
        raise DataError(f"{path}: damaged, or no spreadsheet: {error}") from error


class _Marks:
    """What a sheet hides, and where it shows errors, applied to its rows.

    Args:
        sheet: What it says.
        first: The column that its rows begin with.
        remarks: Told of what is hidden, and of errors.
        skip: Whether what is hidden is left out.
    """

    def __init__(self, sheet: Sheet, first: int, remarks: Remarks, *, skip: bool) -> None:
        self._sheet, self._first, self._remarks, self._skip = sheet, first, remarks, skip
        self._columns: dict[int, bool] = {}  # hidden ones, and whether anything stands in them

    def without_errors(self, number: int, texts: list[str], where: str) -> str:
        """Empties the cells of a row that show errors, and gives its place with them."""
        shown = self._sheet.errors.get(number)
        if not shown:
            return where
        for column, error in sorted(shown.items()):
            at = column - self._first
            if 0 <= at < len(texts):
                texts[at] = ""
                kind = NO_VALUE if error == NO_VALUE else "an error, such as #N/A"
                self._remarks.suspicious(
                    f"cells read as empty that show {kind}", f"{where}, {letters(column)}: {error}"
                )
        said = ", ".join(f"{letters(column)} shows {error}" for column, error in shown.items())
        return f"{where} ({said[:80]})"

    def left_out(self, number: int, texts: list[str], where: str) -> bool:
        """Whether a row is left out because it is hidden; hidden cells are emptied likewise."""
        if number in self._sheet.hidden_rows:
            if self._skip:
                self._remarks.left_out("hidden rows", where)
                return True
            self._remarks.suspicious(
                "hidden rows, read like any other (--skip-hidden leaves them out)", where
            )
        for at, text in enumerate(texts):
            column = at + self._first
            if column not in self._columns and column in self._sheet.hidden_columns:
                self._columns[column] = False
            if column in self._columns and text:
                self._columns[column] = True
                texts[at] = "" if self._skip else text
        return not any(texts)

    def close(self, place: str) -> None:
        """Says at the end of a sheet which hidden columns hold something."""
        hidden = [letters(column) for column, filled in sorted(self._columns.items()) if filled]
        if hidden and self._skip:
            self._remarks.noted(f"{place}: hidden columns left out: {', '.join(hidden)}")
        elif hidden:
            self._remarks.suspicious(
                "hidden columns, read like any other (--skip-hidden leaves them out)",
                f"{place}, {hidden[0]}",
                len(hidden),
            )


def letters(column: int) -> str:
    """What a spreadsheet calls a column.

    Args:
        column: Its number, from 1.

    Example:
        >>> letters(2), letters(28)
        ('B', 'AB')
    """
    found = ""
    while column > 0:
        column, low = divmod(column - 1, 26)
        found = chr(ord("A") + low) + found
    return found


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
                target.write(BREAK.sub(lambda m: _SIGNS[m[1]], whole + mark))
            target.write(rest)
    packed.seek(0)
    return packed


def _chosen(path: Path, book: Any, sheet: str, remarks: Remarks) -> str:
    names = [str(name) for name in book.sheet_names]
    if sheet:
        if sheet not in names:
            raise UnknownName(f"sheet of {path}", sheet, names)
        return sheet
    filled = [n for n in names if book.get_sheet_by_name(n).height]
    seen = {str(one.name) for one in book.sheets_metadata if str(one.visible).endswith(".Visible")}
    shown = [name for name in filled if name in seen]
    if len(filled) > 1 and len(shown) == 1:
        hidden = ", ".join(name for name in filled if name not in seen)
        remarks.noted(f"{path}: hidden sheets not read: {hidden}; --sheet reads one")
        return shown[0]
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
    with archive_errors(path), as_it_is(path) as stream, zipfile.ZipFile(stream) as archive:
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
                cell = cells.WriteOnlyCell(sheet, value=_ESCAPED.sub("_x005F_", value))
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
