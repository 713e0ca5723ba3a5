"""What a file is, by what stands in it: names lie, and two files are no proof of plain text."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Literal, NamedTuple

from mtbench.errors import DataError
from mtbench.files.inputs import head, readable
from mtbench.files.jsonl import BadLine, parse_object
from mtbench.files.safe_xml import root_tag

Kind = Literal[
    "text", "table", "jsonl", "tmx", "wmt-xml", "wmt-sgml", "xliff", "po", "spreadsheet", "parquet"
]
_HEAD = 65536

# What stands at the beginning of a file that is not text, or not text of ours.
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "a PDF document", "make a corpus of it by corpus build"),
    (
        b"\xd0\xcf\x11\xe0",
        "a file of Office before 2007",
        "save it as .docx for corpus build, or a table as .xlsx or CSV",
    ),
    (b"{\\rtf", "an RTF document", "save it as .docx, and make a corpus of that by corpus build"),
    (b"BZh", "packed with bzip2", "unpack it: bunzip2 -k FILE"),
    (b"\xfd7zXZ", "packed with xz", "unpack it: unxz -k FILE"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "unpack it: unzstd FILE"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it"),
    (b"Rar!", "a RAR archive", "unpack it"),
    (b"ARROW1", "an Arrow file", "give the folder of the data set, or save it as Parquet"),
    (b"WEBVTT", "WebVTT subtitles", "corpora are of text, not of cues: extract the lines"),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV"),
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CUE = re.compile(rb"\A\s*\d+\s*\r?\n\d\d:\d\d:\d\d[,.]\d{3} --> ")
_HTML = re.compile(
    rb"\A\s*(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_SGML = re.compile(rb"<(?:srcset|refset|tstset|mteval)\b", re.I)
_PO = re.compile(rb'^msgid[ \t]+"[^\n]*"\r?\n(?:"[^\n]*"\r?\n|msgid_plural\s[^\n]*\n)*msgstr', re.M)
_ROOTS: dict[str, Kind] = {"tmx": "tmx", "dataset": "wmt-xml", "xliff": "xliff"}
_SGML_ROOTS = ("srcset", "refset", "tstset", "mteval")
_TABLES = (".tsv", ".csv", ".tab")
# A bracket alone, or before a word, is text; before a key, an item or another bracket it is JSON.
_JSON_DOCUMENT = re.compile(
    rb'\s*(?:\{\s*"[^"\n]*"\s*:|\[\s*(?:\{\s*["}]|\[\s*["{\d]|"[^"\n]*"\s*[,\]]))'
)


class Recognised(NamedTuple):
    """What a file is.

    Attributes:
        kind: How it is read; ``table`` is text whose name says that it has columns.
        encoding: ``utf-16`` where its first bytes say so; else ``utf-8``, unproven.
    """

    kind: Kind
    encoding: str = "utf-8"


def recognise(path: Path) -> Recognised:
    """The format of a file, by its content; by its name only where text may be a table.

    Raises:
        RequestError: If the file cannot be read.
        DataError: If it is something that is not read here, naming it and the way in.
    """
    start = head(path, _HEAD)
    if start.startswith(b"PAR1"):
        return Recognised("parquet")
    if start.startswith(b"PK\x03\x04"):
        return Recognised(_in_zip(path))
    for mark, name, way in _MAGIC:
        if start.startswith(mark):
            raise DataError(f"{path}: {name}", hint=way)
    if len(start) > 262 and start[257:262] == b"ustar":
        raise DataError(f"{path}: a tar archive", hint="unpack it: tar xf FILE")
    encoding = "utf-16" if start.startswith(_UTF16) else "utf-8"
    plain = start.decode("utf-16", "replace").encode() if encoding == "utf-16" else start
    return Recognised(_in_text(path, plain.removeprefix(b"\xef\xbb\xbf")), encoding)


def _in_zip(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            said = archive.read("mimetype")[:100] if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise DataError(f"{path}: a damaged zip archive: {error}") from error
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names or b"spreadsheet" in said:
        return "spreadsheet"
    if "word/document.xml" in names or b"opendocument.text" in said:
        raise DataError(
            f"{path}: a document of a word processor",
            hint="make a corpus of it by corpus build",
        )
    raise DataError(f"{path}: a zip archive", hint="unpack it: unzip FILE")


def is_page(start: bytes) -> bool:
    """Whether a file begins as a web page does.

    Example:
        >>> is_page(b"<!DOCTYPE html><p>"), is_page(b"Home")
        (True, False)
    """
    return _HTML.match(start[:_HEAD]) is not None


def _in_text(path: Path, start: bytes) -> Kind:
    if _CUE.match(start):
        raise DataError(
            f"{path}: SRT subtitles", hint="corpora are of text, not of cues: extract the lines"
        )
    if is_page(start):
        raise DataError(f"{path}: an HTML page", hint="make a corpus of it by corpus build")
    if _SGML.search(start):
        return "wmt-sgml"
    if re.match(rb"\s*<[?!A-Za-z]", start) and _looks_like_xml(start):
        return _in_xml(path)
    if _PO.search(start):
        return "po"
    if start.lstrip()[:1] in (b"{", b"["):
        found = _in_json(path, start)
        if found is not None:
            return found
    return "table" if _suffix(path) in _TABLES else "text"


def _looks_like_xml(start: bytes) -> bool:
    """Whether it begins as XML: a line of plain text may well begin with a tag."""
    return bool(re.match(rb"\s*<\?xml|\s*<!DOCTYPE", start)) or bool(
        re.match(rb"\s*<(?:tmx|dataset|xliff|[A-Za-z_][\w.:-]*\s[^<>]*xmlns)\b", start)
    )


def _in_xml(path: Path) -> Kind:
    root = root_tag(path).rsplit("}", 1)[-1]
    if root in _ROOTS:
        return _ROOTS[root]
    if root.lower() in _SGML_ROOTS:
        return "wmt-sgml"
    if root.lower() == "html":
        raise DataError(f"{path}: an HTML page", hint="make a corpus of it by corpus build")
    raise DataError(
        f"{path}: its outermost element is <{root}>: neither TMX, XLIFF nor XML of WMT",
        hint="convert it to TMX, XLIFF or TSV",
    )


def _in_json(path: Path, start: bytes) -> Kind | None:
    """JSON lines, or None where it is text that begins with a bracket."""
    first = next((line for line in start.split(b"\n") if line.strip()), b"").strip()
    whole = len(start) < _HEAD or b"\n" in start
    try:
        found = parse_object(first.decode("utf-8"))
    except UnicodeDecodeError:
        return "jsonl" if _suffix(path) in (".jsonl", ".ndjson") else None
    except BadLine:
        if _suffix(path) in (".jsonl", ".ndjson") or not whole:
            return "jsonl"
    else:
        if found or _suffix(path) in (".jsonl", ".ndjson"):  # two brackets hold nothing to read
            return "jsonl"
    if _JSON_DOCUMENT.match(start):
        raise DataError(
            f"{path}: one JSON document, not one object a line",
            hint="write one object a line: jq -c '.[]' FILE > FILE.jsonl",
        )
    return None


def _suffix(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def require_text(path: Path) -> None:
    """Says that a file is text, one segment per line, before its lines are taken for segments.

    Raises:
        RequestError: If the file cannot be read.
        DataError: If it is something else, naming it and the way in.
    """
    if not readable(path):  # the reader says what is wrong
        return
    found = recognise(path)
    if found.encoding != "utf-8":
        raise DataError(f"{path}: UTF-16", hint=f"convert it: iconv -f UTF-16 -t UTF-8 {path}")
    if found.kind not in ("text", "table"):
        raise DataError(
            f"{path}: {NAMES[found.kind]}, not text of one segment per line",
            hint="make a corpus of it by corpus import, and name that by --corpus",
        )


NAMES: dict[Kind, str] = {
    "text": "plain text",
    "table": "a table",
    "jsonl": "JSON lines",
    "tmx": "a translation memory (TMX)",
    "wmt-xml": "XML of WMT",
    "wmt-sgml": "SGML of WMT",
    "xliff": "XLIFF",
    "po": "a PO catalogue",
    "spreadsheet": "a spreadsheet",
    "parquet": "Parquet",
}
"""What each kind is called in messages."""
