"""Text with columns: its delimiter, quoting and encoding, recognised from what stands in it."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import NamedTuple

from mtbench.corpora.formats.recognise import recognise
from mtbench.corpora.formats.segments import Remarks, Wanted
from mtbench.errors import DataError, RequestError
from mtbench.files.inputs import LONGEST_LINE, head, lines, opened
from mtbench.languages import base_language
from mtbench.text.utf import damaged_utf8

Row = tuple[int, str, list[str]]
"""Number, place and cells of a row."""

MOST_TITLES = 20
"""How many rows may stand above the header of a table where nobody says which row it is."""
_SAMPLE = 1 << 20
_LONGEST_FIELD = 10_000_000
_BLOCK = 1 << 20
_DELIMITERS = "\t,;|"
_NAMES = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars"}
_SPELLED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "space": " "}

# What Windows calls ANSI where these languages are written; cp1252 elsewhere.
_ANSI = {
    "cp1250": "bs cs hr hu pl ro sk sl sq",
    "cp1251": "be bg kk ky mk mn ru sr tg uk",
    "cp1253": "el",
    "cp1254": "az tr",
    "cp1255": "he yi",
    "cp1256": "ar fa ps ur",
    "cp1257": "et lt lv",
    "cp1258": "vi",
    "cp874": "th",
    "cp932": "ja",
    "cp936": "zh",
    "cp949": "ko",
}


class Layout(NamedTuple):
    """What the user fixed of how a table is laid out.

    Attributes:
        delimiter: What stands between cells; recognised where empty.
        encoding: Of the text; recognised where empty.
        sheet: Of a spreadsheet; the only one where empty.
        header_row: Number of the row that names the columns; recognised where None.
        skip_hidden: Whether hidden rows and columns of a spreadsheet are left out.
    """

    delimiter: str = ""
    encoding: str = ""
    sheet: str = ""
    header_row: int | None = None
    skip_hidden: bool = False


RECOGNISED = Layout()
"""Nothing fixed: everything as recognised."""


class _Dialect(NamedTuple):
    delimiter: str
    quoted: bool
    told: bool  # by a first line such as sep=;


def parse_delimiter(text: str) -> str:
    """What ``--delimiter`` means: one character, or its name.

    Raises:
        RequestError: If it is neither.

    Example:
        >>> parse_delimiter("semicolon")
        ';'
    """
    found = _SPELLED.get(text.lower(), text)
    if len(found) != 1 or found in '"\r\n':
        raise RequestError(
            f"--delimiter {text}: not one character", hint="such as ';', or tab, comma, semicolon"
        )
    return found


def parse_encoding(text: str) -> str:
    """What ``--encoding`` means.

    Raises:
        RequestError: If Python knows no encoding of that name.
    """
    try:
        found = codecs.lookup(text)
    except LookupError as error:
        raise RequestError(
            f"--encoding {text}: unknown", hint="such as cp1252 or utf-16"
        ) from error
    if not getattr(found, "_is_text_encoding", True):
        raise RequestError(f"--encoding {text}: none of text", hint="such as cp1252 or utf-16")
    return found.name


def delimited_rows(
    path: Path, kind: str, layout: Layout, wanted: Wanted, remarks: Remarks
) -> Iterator[Row]:
    """The rows of a file, its header among them.

    Args:
        path: The file.
        kind: ``csv``, or ``tsv`` where cells are apart by tabs.
        layout: What the user fixed.
        wanted: The directions, which tell an old encoding.
        remarks: Told how it was read.

    Raises:
        DataError: With file and line, if it is damaged or its text is not of the encoding.
    """
    encoding = layout.encoding or _encoding(path, wanted, remarks)
    dialect = _dialect(path, kind, layout, encoding)
    if (kind == "csv" and dialect.delimiter != ",") or (dialect.quoted and kind == "tsv"):
        words = _NAMES.get(dialect.delimiter, repr(dialect.delimiter))
        quotes = "cells in quotes" if dialect.quoted else "quotes as text"
        remarks.noted(f"{path}: read as cells apart by {words}, {quotes}")
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    with opened(path) as stream:
        text = TextIOWrapper(stream, encoding=encoding, newline="")
        try:
            found = _lines(text, path, encoding)
            if dialect.told:
                next(found, None)
            yield from _parsed(found, dialect, path)
        finally:
            text.detach()  # the stream is closed by who opened it


def _parsed(texts: Iterator[str], dialect: _Dialect, path: Path) -> Iterator[Row]:
    reader = csv.reader(
        texts,
        delimiter=dialect.delimiter,
        quoting=csv.QUOTE_MINIMAL if dialect.quoted else csv.QUOTE_NONE,
        strict=True,
    )
    extra = int(dialect.told)
    while True:
        before = reader.line_num + extra + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(
                f"{path}:{reader.line_num + extra}: not CSV: {error}",
                hint="quote fields that hold delimiters or line ends",
            ) from error
        if fields:
            yield before, f"{path}:{before}", fields


def _lines(text: TextIOWrapper, path: Path, encoding: str) -> Iterator[str]:
    """Lines with their ends, which belong to the text inside quotes."""
    number = 0
    try:
        while line := text.readline(LONGEST_LINE):
            number += 1
            if len(line) >= LONGEST_LINE:
                raise DataError(f"{path}:{number}: a line of more than {LONGEST_LINE >> 20} MB")
            if "\0" in line:
                raise DataError(f"{path}:{number}: a NUL character", hint="remove it")
            yield line
    except UnicodeError as error:
        raise DataError(
            f"{_first_bad(path, encoding, number + 1)}: not {_upper(encoding)}",
            hint="say what it is by --encoding, or convert the file to UTF-8",
        ) from error


def _first_bad(path: Path, encoding: str, near: int) -> str:
    """File and line of the first bytes that are not of an encoding."""
    if "\n".encode(encoding).endswith(b"\n"):  # lines can be told before they are decoded
        for number, line in lines(path):
            try:
                line.decode(encoding)
            except UnicodeError:
                return f"{path}:{number}"
    return f"{path}:{near}"


def _encoding(path: Path, wanted: Wanted, remarks: Remarks) -> str:
    """UTF-8 or UTF-16 where the bytes are that; else the code page of the languages asked for."""
    told = recognise(path).encoding
    if told != "utf-8":
        why = "as its first bytes say" if told == "utf-16" else "which no byte order mark says"
        remarks.noted(f"{path}: read as {told.upper()}, {why}")
        return told
    decoder = codecs.getincrementaldecoder("utf-8")()
    with opened(path) as stream:
        try:
            while block := stream.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            pass
        else:
            return "utf-8-sig"
    with opened(path) as stream:
        if damaged_utf8(iter(lambda: stream.read(_BLOCK), b"")):
            raise DataError(
                f"{_first_bad(path, 'utf-8', 1)}: not UTF-8, though the rest of the file is",
                hint="mend that text; --encoding says it where all of it is in an older encoding",
            )
    found = _code_page(wanted)
    remarks.changed(f"{path}: not UTF-8, so read as {found}; --encoding says otherwise")
    return found


def _code_page(wanted: Wanted) -> str:
    spoken = [base_language(tag) for pair in wanted.pairs for tag in (pair.source, pair.target)]
    for page, languages in _ANSI.items():
        if set(spoken) & set(languages.split()):
            return page
    return "cp1252"


def _dialect(path: Path, kind: str, layout: Layout, encoding: str) -> _Dialect:
    sample = _sample(path, encoding)
    first = sample.split("\n", 1)[0].strip().strip('"')
    told = first.lower().startswith("sep=") and len(first) == 5
    if told:
        sample = sample.partition("\n")[2]
    titles = (layout.header_row or 1) - 1 - told
    sample = _below(sample, titles) if titles > 0 else sample
    if layout.delimiter or told:
        found = layout.delimiter or first[4]
    else:
        found, sample = _below_titles(sample, kind)
    quoted = found != "\t" or _quoted(sample, found)
    return _Dialect(found, quoted, told)


def _below_titles(sample: str, kind: str) -> tuple[str, str]:
    """What divides the cells, and the sample from the first line on that it divides."""
    found = _delimiter(sample, kind)
    for number in range(1, MOST_TITLES):
        if found:
            break
        sample = _below(sample, 1)
        found = _delimiter(sample[: _SAMPLE >> number], kind)
    return found or ("\t" if kind == "tsv" else ","), sample


def _below(sample: str, count: int) -> str:
    return "".join(sample.split("\n", count)[count:])


def _sample(path: Path, encoding: str) -> str:
    text = head(path, _SAMPLE).decode(encoding, "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    # The last line may be cut.
    return text.rpartition("\n")[0] if len(text) > _SAMPLE // 2 and "\n" in text else text


def _delimiter(sample: str, kind: str) -> str:
    """What divides every row into as many cells, two or more; of several, what divides most.

    Nothing where none divides the first.
    """
    if kind == "tsv" and "\t" in sample.split("\n", 1)[0]:
        return "\t"
    best, score = "", (0.0, 0)
    for mark in _DELIMITERS:
        rows = _rows(sample, mark)
        if not rows or len(rows[0]) < 2:
            continue
        alike = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        if (alike, len(rows[0])) > score:
            best, score = mark, (alike, len(rows[0]))
    return best


def _quoted(sample: str, mark: str) -> bool:
    """Whether quotes are marks of a spreadsheet, or text.

    A spreadsheet quotes every cell, or those that hold a quote (doubled), a tab or a line end;
    in text of machine translation a cell in quotes is something said.
    """
    rows = _rows(sample, mark)
    if not rows:
        return False
    plain = [line.split(mark) for line in sample.split("\n") if line]
    if all(cell.startswith('"') and cell.endswith('"') for cell in plain[0] if cell):
        return all(len(row) == len(rows[0]) for row in rows)
    told = any(
        cell.startswith('"') and len(cell) > 1 and (not cell.endswith('"') or '""' in cell[1:-1])
        for row in plain
        for cell in row
    )
    return told and all(len(row) <= len(rows[0]) for row in rows)


def _rows(sample: str, mark: str) -> list[list[str]]:
    """The sample as rows, or nothing where quotes do not hold."""
    try:
        reader = csv.reader(_kept_ends(sample), delimiter=mark, strict=True)
        return [row for row in reader if row]
    except csv.Error:
        return []


def _kept_ends(sample: str) -> Iterable[str]:
    return (line + "\n" for line in sample.split("\n"))


def _upper(encoding: str) -> str:
    return encoding.removesuffix("-sig").upper()
