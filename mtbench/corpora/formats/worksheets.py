"""What the members of a packed spreadsheet say that its reader does not: how far the filled cells
reach, what is hidden, and where an error stands in the place of a value.

References: ECMA-376 part 1, chapter 18 (sheets of .xlsx); [MS-XLSB] 2.4 and 2.5.97.2 (records and
errors of .xlsb); OpenDocument 1.3 part 3, chapter 9 (tables).
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.parsers import expat

from mtbench.errors import DataError
from mtbench.files.archives import BROKEN
from mtbench.files.inputs import as_it_is
from mtbench.files.safe_xml import tree

BREAK = re.compile(rb"<text:(tab|line-break)\b[^<>]{0,300}/>")
"""A tab or the end of a line in a cell of OpenDocument."""
_MOST_CELLS = 50_000_000
_MOST_ERRORS = 1_000_000
_SAME_PLACE = 100_000
_FILLED = re.compile(
    rb'<(?:x:)?c\b[^<>]{0,300}?\br="([A-Z]{1,3})(\d{1,7})"[^<>]{0,300}(?<!/)>(?!</(?:x:)?c>)'
)
_BEYOND = re.compile(rb'<(?:x:)?(?:c|row)\b[^<>]{0,300}?\br="(?:[A-Z]{4}|[A-Z]{0,3}\d{8})')
"""A place that no sheet has."""
_FILLED_RECORDS = range(2, 12)  # of a binary sheet: numbers, errors, texts, formulas
_OVERLAP = 9_000  # bytes; a formula has 8,192 characters at most
_ROW = re.compile(rb"<(?:x:)?row\b([^<>]{0,500})>")
_COLUMN = re.compile(rb"<(?:x:)?col\b([^<>]{0,500})>")
_FORMULA = rb"<(?:x:)?f\b[^<>]{0,300}(?:/>|>[^<]{0,8192}</(?:x:)?f>)"
_ERROR = re.compile(
    rb'<(?:x:)?c\b(?=[^<>]{0,300}\bt="e")([^<>]{0,300}[^<>/])>(?:'
    + _FORMULA
    + rb")?<(?:x:)?v>(#[^<]{1,20})</(?:x:)?v>"
)
_NO_VALUE = re.compile(
    rb"<(?:x:)?c\b([^<>]{0,300})>"
    + _FORMULA
    + rb"(?:<(?:x:)?v>\s{0,9}</(?:x:)?v>|<(?:x:)?v/>)?</(?:x:)?c>"
)
_ATTRIBUTE = re.compile(rb'\b(r|min|max|hidden)="([^"]{0,20})"')
_PLACE = re.compile(rb"([A-Z]{1,3})(\d{1,7})")
_BINARY_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!",
    0x2A: "#N/A", 0x2B: "#GETTING_DATA",
}  # fmt: skip
_UNKNOWN = "an error"
NO_VALUE = "a formula whose value is not in the file"
"""What a cell shows that no program has calculated before it saved the file."""


class Runs:
    """Runs of numbers that do not overlap, given in any order, the same ones several times."""

    def __init__(self) -> None:
        self._lasts: dict[int, int] = {}
        self._firsts: list[int] = []

    def add(self, first: int, last: int) -> None:
        """Takes in the numbers from one to another."""
        self._lasts[first] = last
        self._firsts = []

    def __contains__(self, number: int) -> bool:
        self._firsts = self._firsts or sorted(self._lasts)
        at = bisect_right(self._firsts, number)
        return at > 0 and number <= self._lasts[self._firsts[at - 1]]


@dataclass(slots=True)
class Sheet:
    """What a sheet says beside its texts. Rows and columns are counted from 1.

    Attributes:
        where: What messages call it.
        hidden_rows: Those that nobody sees, a filter's among them.
        hidden_columns: Likewise.
        errors: Row → column → the error that its cell shows.
        last: The last row with something in it.
        widest: The last column with something in it.
        shown: How many cells show an error.
        held: How many cells are filled.
    """

    where: str
    hidden_rows: Runs = field(default_factory=Runs)
    hidden_columns: Runs = field(default_factory=Runs)
    errors: dict[int, dict[int, str]] = field(default_factory=dict)
    last: int = 0
    widest: int = 0

    shown: int = 0
    held: int = 0

    def reach(self, row: int, column: int) -> None:
        """Takes in a filled cell.

        Raises:
            DataError: If it lies so far from others that all between them cannot be held.
        """
        self.last, self.widest = max(self.last, row), max(self.widest, column)
        if self.last * self.widest > _MOST_CELLS:
            raise DataError(
                f"{self.where} lie too far apart to be held",
                hint="remove what stands far from the table, or export it as CSV",
            )

    def hold(self, cells: int) -> None:
        """Takes in how many cells are filled; those where blocks overlap count twice.

        Raises:
            DataError: If there are more than places.
        """
        self.held += cells
        if self.held > 2 * self.last * self.widest + _SAME_PLACE:
            raise DataError(
                f"{self.where}: many stand in one place, as in no sheet that a program wrote",
                hint="export it as CSV from the program that shows it",
            )

    def shows(self, row: int, column: int, error: str) -> None:
        """Takes in a cell that shows an error.

        Raises:
            DataError: If there are too many to be held.
        """
        self.errors.setdefault(row, {})[column] = error
        self.shown += 1
        if self.shown > _MOST_ERRORS:
            raise DataError(
                f"{self.where}: more than {_MOST_ERRORS:,} show an error",
                hint="mend their formulas, or export the texts as CSV",
            )


@dataclass(slots=True)
class Inside:
    """What the members of a spreadsheet say.

    Attributes:
        sheets: Name → sheet.
        broken: Whether cells of an OpenDocument sheet hold tabs or line ends as elements.
    """

    sheets: dict[str, Sheet]
    broken: bool = False


def look_inside(path: Path) -> Inside:
    """Goes through the members, and refuses a sheet that is cut off, garbled, or too wide.

    The reader passes over what it does not understand. It holds the whole rectangle between the
    cells, and memory that is not to be had ends the process by a signal.

    Raises:
        DataError: If a sheet is so.
    """
    broken = False
    found: dict[str, Sheet] = {}
    with archive_errors(path), as_it_is(path) as stream, zipfile.ZipFile(stream) as archive:
        names = _names(archive, path)
        for member in archive.namelist():
            where = f"{path}: cells of {member}"
            if member.startswith("xl/worksheets/") and member.endswith(".xml"):
                sheet = found[names.get(member, member)] = Sheet(where)
                for block in _blocks(archive, member, expat.ParserCreate(), path):
                    _take_block(block, sheet)
            elif member.startswith("xl/worksheets/") and member.endswith(".bin"):
                sheet = found[names.get(member, member)] = Sheet(where)
                with archive.open(member) as records:
                    _take_records(records, sheet)
            elif member == "content.xml":
                cells = _OpenCells(where)
                for block in _blocks(archive, member, cells.parser, path):
                    broken = broken or BREAK.search(block) is not None
                found |= cells.sheets
            elif member == "xl/sharedStrings.xml":
                deque(_blocks(archive, member, expat.ParserCreate(), path), maxlen=0)
    return Inside(found, broken)


def _names(archive: zipfile.ZipFile, path: Path) -> dict[str, str]:
    """Member → name of the sheet in it, as the book says; what it does not say stays unnamed."""
    for book in ("xl/workbook.xml", "xl/workbook.bin"):
        links = f"xl/_rels/{book[3:]}.rels"
        if {book, links} <= set(archive.namelist()):
            break
    else:
        return {}
    targets = {
        str(one.get("Id")): posixpath.normpath(posixpath.join("/xl", str(one.get("Target") or "")))
        for one in tree(archive.read(links), f"{path}: {links}")
    }
    if book.endswith(".bin"):
        with archive.open(book) as records:
            named = [_bundle(body) for kind, body in _records(records, 4096) if kind == 156]
    else:
        named = [
            (next((v for k, v in one.items() if k.rpartition("}")[2] == "id"), ""), one.get("name"))
            for one in tree(archive.read(book), f"{path}: {book}").iter("{*}sheet")
        ]
    return {targets.get(str(link), "").lstrip("/"): str(name) for link, name in named}


def _bundle(body: bytes) -> tuple[str, str]:
    """Relation and name of a sheet in a binary book: two wide strings behind eight bytes."""
    texts, at = [], 8
    for _ in range(2):
        size = 2 * int.from_bytes(body[at : at + 4], "little")
        texts.append(body[at + 4 : at + 4 + size].decode("utf-16-le", "replace"))
        at += 4 + size
    return texts[0], texts[1]


def _take_block(block: bytes, sheet: Sheet) -> None:
    """What a block of the XML of a sheet says; blocks overlap, and say the same again."""
    filled = _FILLED.findall(block)
    for letters, row in filled:
        sheet.reach(int(row), _number_of(letters))
    sheet.hold(len(filled))
    if _BEYOND.search(block):
        sheet.reach(_MOST_CELLS + 1, 1)
    if b"hidden=" in block:
        for pattern, runs in ((_ROW, sheet.hidden_rows), (_COLUMN, sheet.hidden_columns)):
            for found in pattern.findall(block):
                said = dict(_ATTRIBUTE.findall(found))
                first, last = said.get(b"min", said.get(b"r")), said.get(b"max", said.get(b"r"))
                if said.get(b"hidden") in (b"1", b"true") and first and last:
                    runs.add(_count(first), _count(last))
    for attributes, error in _ERROR.findall(block):
        _place_error(sheet, attributes, error.decode("utf-8", "replace"))
    for attributes in _NO_VALUE.findall(block):
        _place_error(sheet, attributes, NO_VALUE)


def _place_error(sheet: Sheet, attributes: bytes, error: str) -> None:
    at = _PLACE.fullmatch(dict(_ATTRIBUTE.findall(attributes)).get(b"r", b""))
    if at:
        sheet.shows(int(at[2]), _number_of(at[1]), error)


def _count(said: bytes) -> int:
    return int(said) if said.isdigit() and len(said) < 10 else 0


class _OpenCells:
    """What the sheets of an OpenDocument spreadsheet say, repeated rows and cells counted.

    Attributes:
        parser: To be fed with ``content.xml``.
        sheets: Name → sheet.
    """

    def __init__(self, where: str) -> None:
        self.sheets: dict[str, Sheet] = {}
        self._where = where
        self._sheet = Sheet(where)
        self._row = self._rows = self._column = self._columns = self._filled = self._width = 0
        self._error: list[str] | None = None  # what the cell shows, if it shows an error
        self._errors: dict[int, str] = {}  # of the row
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end

    def _begin(self, tag: str, values: Mapping[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "table":
            self._sheet = self.sheets.setdefault(values.get("table:name", ""), Sheet(self._where))
            self._row = self._columns = 0
        elif name == "table-column":
            first, self._columns = self._columns, self._columns + _repeated(values, "columns")
            if values.get("table:visibility", "visible") != "visible":
                self._sheet.hidden_columns.add(first + 1, self._columns)
        elif name == "table-row":
            self._rows = _repeated(values, "rows")
            self._column = self._filled = 0
            self._errors = {}
            if values.get("table:visibility", "visible") != "visible":
                self._sheet.hidden_rows.add(self._row + 1, self._row + self._rows)
        elif name in ("table-cell", "covered-table-cell"):
            self._width = _repeated(values, "columns")
            self._column += self._width
            if "office:value-type" in values:
                self._filled = self._column
            if values.get("calcext:value-type") == "error":
                self._error = []
                self.parser.CharacterDataHandler = self._error.append
        elif name == "p":
            self._filled = self._column

    def _end(self, tag: str) -> None:
        if tag.endswith(":table-cell") and self._error is not None:
            self.parser.CharacterDataHandler = None
            error = "".join(self._error).strip()[:20] or _UNKNOWN
            self._error = None
            self._errors |= {self._column - at: error for at in range(min(self._width, 1000))}
        if not tag.endswith(":table-row"):
            return
        for number in range(self._row + 1, self._row + 1 + min(self._rows, 1000)):
            for column, error in self._errors.items():
                self._sheet.shows(number, column, error)
        self._row += self._rows
        if self._filled:
            self._sheet.reach(self._row, self._filled)


def _repeated(values: Mapping[str, str], what: str) -> int:
    said = values.get(f"table:number-{what}-repeated")
    return int(said) if said and said.isdecimal() and len(said) < 20 else 1


@contextmanager
def archive_errors(path: Path) -> Iterator[None]:
    """Says of a damaged archive that it is one."""
    try:
        yield
    except (*BROKEN, OSError) as error:
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
                end = block[-_OVERLAP:]
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise DataError(
            f"{path}: damaged: {name}: {error}", hint="save it again from the program that wrote it"
        ) from error


def _take_records(stream: IO[bytes], sheet: Sheet) -> None:
    """What the records of a binary sheet say."""
    row = 0
    for kind, body in _records(stream, 17):
        first = int.from_bytes(body[:4], "little")
        if kind == 0:  # a row; its flags stand behind style and height
            row = first + 1
            if len(body) > 11 and body[11] & 0x10:
                sheet.hidden_rows.add(row, row)
        elif kind in _FILLED_RECORDS:
            sheet.reach(row, first + 1)
            if kind in (3, 11) and len(body) > 8:  # an error, as a value or of a formula
                sheet.shows(row, first + 1, _BINARY_ERRORS.get(body[8], _UNKNOWN))
        elif kind == 60 and len(body) > 16 and body[16] & 1:  # columns, the first and the last
            sheet.hidden_columns.add(first + 1, int.from_bytes(body[4:8], "little") + 1)


def _records(stream: IO[bytes], most: int) -> Iterator[tuple[int, bytes]]:
    """Kind and beginning of each record: they are kind, size, content."""
    while (kind := _sevens(stream)) is not None:
        left = _sevens(stream) or 0
        body = stream.read(min(left, most))
        left -= len(body)
        while left and (skipped := len(stream.read(min(left, 1 << 16)))):
            left -= skipped
        yield kind, body


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
