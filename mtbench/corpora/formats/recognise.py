"""What a file is, by its structure: names lie, and a line of text may begin with any word.

What holds bytes that no text has is told by its first ones. What is text is something else than
plain text only where it is built like that: a page goes from tag to tag, a catalogue has its
entries one under the other, JSON is JSON to the end. Where neither tells, a name that promises a
format is taken at its word, so that its reader says what is wrong with a damaged file.
"""

from __future__ import annotations

import codecs
import json
import re
import zipfile
from pathlib import Path
from typing import Literal, NamedTuple

from mtbench.errors import DataError
from mtbench.files.archives import BROKEN
from mtbench.files.inputs import head, readable
from mtbench.files.jsonl import BadLine, parse_object
from mtbench.files.safe_xml import root_tag, tree
from mtbench.text.utf import unmarked_utf16

Kind = Literal[
    "text", "table", "jsonl", "tmx", "wmt-xml", "wmt-sgml", "xliff", "po", "spreadsheet", "parquet"
]
HEAD = 65536
"""So many bytes tell what a file is."""

# How files begin that hold bytes which no text has.
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "a PDF document", "make a corpus of it by corpus build"),
    (
        b"\xd0\xcf\x11\xe0",
        "a file of Office before 2007",
        "save it as .docx for corpus build, or a table as .xlsx or CSV",
    ),
    (b"BZh", "packed with bzip2", "unpack it: bunzip2 -k FILE"),
    (b"\xfd7zXZ", "packed with xz", "unpack it: unxz -k FILE"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "unpack it: unzstd FILE"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it"),
    (b"Rar!", "a RAR archive", "unpack it"),
    (b"ARROW1", "an Arrow file", "give the folder of the data set, or save it as Parquet"),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV"),
)
_TIME = rb"(?:\d+:)?\d\d:\d\d[,.]\d{3}"
_CUE = _TIME + rb"[ \t]+-->[ \t]+" + _TIME
_PDF = re.compile(rb"\A%PDF-\d\.\d[ \t]*[\r\n]\s*(?:%[^\n\r]*[\r\n]\s*){0,9}\d+ \d+ obj\b")
_RTF = re.compile(rb"\A\{\\rtf[\d\\]")
# What is text by its bytes and none of segments, by the first lines that make it so.
_BUILT: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (
        re.compile(rb"\A\s*\d+[ \t]*\r?\n" + _CUE),
        "SRT subtitles",
        "corpora are of text, not of cues: extract the lines",
    ),
    (
        re.compile(rb"\AWEBVTT(?:[ \t][^\n]*)?\r?\n(?:[^\n]*\n){0,50}?" + _CUE),
        "WebVTT subtitles",
        "corpora are of text, not of cues: extract the lines",
    ),
    (_PDF, "a PDF document", "make a corpus of it by corpus build"),
    (_RTF, "an RTF document", "save it as .docx, and make a corpus of that by corpus build"),
)
_STRING = rb'"(?:[^"\\]|\\.)*"'
_REMARKS = rb"(?:\s|/\*(?:(?!\*/).)*\*/|//[^\n]*\n)*"
# Files of texts under keys, which corpora cannot be made of line by line.
_LOCALISED: tuple[tuple[tuple[str, ...], re.Pattern[bytes], str, str], ...] = (
    ((), re.compile(rb"\A(?:\s|%[^\n]*\n)*\\documentclass\b"), "LaTeX", ""),
    (
        (),
        re.compile(rb"\A(?:" + _REMARKS + _STRING + rb"\s*=\s*" + _STRING + rb"\s*;){2}", re.S),
        "strings of an Apple program",
        "prop2po --personality=strings",
    ),
    (
        (".properties",),
        re.compile(rb"\A(?:\s*[#!][^\n]*\n)*[^=:\n]+[=:]"),
        "Java properties",
        "prop2po",
    ),
    (
        (".yml", ".yaml"),
        re.compile(rb"\A(?:\s*#[^\n]*\n|\s*---[^\n]*\n)*\s*[\w.\"'-]+:(?:\s|\Z)"),
        "YAML",
        "yaml2po",
    ),
)
_ZIP = b"PK\x03\x04"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
# What may stand before the first element: a declaration, comments, a document type.
_PROLOG = (
    rb"\A\s*(?:<\?[^<>]*\?>\s*|<!--(?:(?!-->).)*-->\s*|<!doctype\b[^<>\[]*(?:\[[^\]]*\]\s*)?>\s*)*"
)
_HTML = re.compile(
    rb"\A\s*(?:<\?[^<>]*\?>\s*|<!--(?:(?!-->).)*-->\s*)*"
    rb"<(?:!doctype\s+html|html|head|body)\b[^<>]*>\s*"
    rb"(<(?:!|\?|/?(?:html|head|body|meta|title|link|script|style|base|noscript|div|p|h\d|table|ul|ol"
    rb"|center|font|a|img|br|hr|header|main|article|section|nav|form|pre|iframe|svg)\b))?",
    re.I | re.S,
)
_HTML_END = re.compile(rb"</(?:html|body)\s*>\s*\Z", re.I)
# An element of a format, and one that stands first in it.
_SGML = re.compile(
    _PROLOG + rb"<(?:srcset|refset|tstset|mteval)\b[^<>]*>\s*<(?:!--|/?(?:doc|...set|mteval)\b)",
    re.I | re.S,
)
_XML = re.compile(
    _PROLOG + rb"<(?:tmx\b[^<>]*>\s*<(?:!--|/?(?:header|body|tmx)\b)"
    rb"|dataset\b[^<>]*>\s*<(?:!--|/?(?:doc|collection|dataset)\b)"
    rb"|xliff\b[^<>]*>\s*<(?:!--|/?(?:file|xliff)\b))",
    re.I | re.S,
)
_OTHER_XML = re.compile(_PROLOG + rb"<[a-z_][\w.:-]*\s[^<>]*\bxmlns\b[^<>]*>\s*<", re.I | re.S)
_DECLARED = re.compile(
    rb"\A\s*(?:<\?xml\s+version\s*=[^<>]*\?>\s*<[a-z_!?]"
    rb"|<!doctype\s+([\w.:-]+)(?![\w.:-])[^<>\[]*(?:\[[^\]]*\]\s*)?>\s*<\1\b[^<>]*>)",
    re.I,
)
_PO_LINE = re.compile(rb'(?:#[^\n]*|(?:(?:domain|msgctxt|msgid|msgid_plural)[ \t]+)?"[^\n]*")?')
_ROOTS: dict[str, Kind] = {"tmx": "tmx", "dataset": "wmt-xml", "xliff": "xliff"}
_SGML_ROOTS = ("srcset", "refset", "tstset", "mteval")
_TABLES = (".tsv", ".csv", ".tab")
# What a name promises, where the content is text of no structure that tells.
_PROMISED: dict[str, Kind] = {
    ".tmx": "tmx", ".xlf": "xliff", ".xliff": "xliff", ".sgm": "wmt-sgml", ".sgml": "wmt-sgml",
    ".po": "po", ".pot": "po", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet",
    ".xml": "wmt-xml",
}  # fmt: skip
# A bracket alone, or before a word, is text; before a key, an item or another bracket it is JSON.
_JSON_DOCUMENT = re.compile(
    rb'\s*(?:\{\s*"[^"\n]*"\s*:|\[\s*(?:\{\s*["}]|\[\s*["{\d]|"[^"\n]*"\s*[,\]]))'
)
_FIRST_LINES = 20


class Recognised(NamedTuple):
    """What a file is.

    Attributes:
        kind: How it is read; ``table`` is text whose name says that it has columns.
        encoding: ``utf-16`` where its first bytes say so, ``utf-16-le`` or ``utf-16-be`` where they
            are so without saying it; else ``utf-8``, unproven.
    """

    kind: Kind
    encoding: str = "utf-8"


def recognise(path: Path) -> Recognised:
    """The format of a file, by its content; by its name only where that is text without structure.

    Raises:
        RequestError: If the file cannot be read.
        DataError: If it is something that is not read here, naming it and the way in.
    """
    start = head(path, HEAD)
    if start.startswith(_ZIP):
        return Recognised(_in_zip(path))
    encoding = "utf-16" if start.startswith(_UTF16) else unmarked_utf16(start) or "utf-8"
    if encoding != "utf-8":
        start = start.decode(encoding, "replace").encode()
    elif not _holds_text(start):
        if start.startswith(b"PAR1"):
            return Recognised("parquet")
        _refuse_by_bytes(path, start)
    return Recognised(_in_text(path, start.removeprefix(codecs.BOM_UTF8)), encoding)


def _holds_text(start: bytes) -> bool:
    """Whether bytes are UTF-8 that a text may have; the last character may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return b"\0" not in start


def _refuse_by_bytes(path: Path, start: bytes) -> None:
    for mark, name, way in _MAGIC:
        if start.startswith(mark):
            raise DataError(f"{path}: {name}", hint=way)
    if start[257:262] == b"ustar":
        raise DataError(f"{path}: a tar archive", hint="unpack it: tar xf FILE")


def _in_zip(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            said = b""
            if "mimetype" in names:
                with archive.open("mimetype") as stream:
                    said = stream.read(100)
    except (*BROKEN, OSError) as error:
        raise DataError(f"{path}: a damaged zip archive: {error}") from error
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names or b"spreadsheet" in said:
        return "spreadsheet"
    if "word/document.xml" in names or b"opendocument.text" in said:
        raise DataError(
            f"{path}: a document of a word processor",
            hint="make a corpus of it by corpus build",
        )
    raise DataError(f"{path}: a zip archive", hint="unpack it: unzip FILE")


def is_pdf(start: bytes) -> bool:
    r"""Whether a file begins as a PDF document does.

    Example:
        >>> is_pdf(b"%PDF-1.4\n1 0 obj"), is_pdf(b"%PDF-1.4 is a header")
        (True, False)
    """
    return start.startswith(b"%PDF-") and (not _holds_text(start) or bool(_PDF.match(start)))


def is_rtf(start: bytes) -> bool:
    r"""Whether a file begins as a document in RTF does.

    Example:
        >>> is_rtf(b"{\\rtf1\\ansi One.}"), is_rtf(b"{\\rtf is how RTF begins}")
        (True, False)
    """
    return _RTF.match(start) is not None


def is_page(start: bytes) -> bool:
    """Whether a file is a web page: it begins as one, and goes on from tag to tag or ends as one.

    Example:
        >>> is_page(b"<!DOCTYPE html><p>"), is_page(b"<html> is the first tag of a page.")
        (True, False)
    """
    start = start[:HEAD]
    begun = _HTML.match(start)
    if begun is None or _lines_of_markup(start):
        return False
    return begun[1] is not None or _HTML_END.search(start) is not None


def _lines_of_markup(start: bytes) -> bool:
    """Whether the first line is a whole document by itself, and others follow: lines of text."""
    first, _, rest = start.strip().partition(b"\n")
    if not rest.strip() or not first.rstrip().endswith(b">") or b"</" not in first:
        return False
    if rest.lstrip().startswith((b"<!--", b"</")):
        return False
    return _well_formed(first)


def _in_text(path: Path, start: bytes) -> Kind:
    for pattern, name, way in _BUILT:
        if pattern.match(start):
            raise DataError(f"{path}: {name}", hint=way)
    _refuse_localised(path, start)
    if is_page(start):
        raise DataError(f"{path}: an HTML page", hint="make a corpus of it by corpus build")
    if _SGML.match(start):
        return "wmt-sgml"
    if _is_xml(start):
        return _in_xml(path)
    if _is_catalogue(start):
        return "po"
    promised = _PROMISED.get(_suffix(path))
    if promised == "wmt-xml":
        return _in_xml(path)
    if promised:
        return promised
    if _in_json(path, start):
        return "jsonl"
    return "table" if _suffix(path) in _TABLES else "text"


def _refuse_localised(path: Path, start: bytes) -> None:
    for names, pattern, name, program in _LOCALISED:
        if (not names or _suffix(path) in names) and pattern.match(start):
            way = f"make a catalogue of the two files: {program} -t SOURCE TARGET OUT.po"
            raise DataError(
                f"{path}: {name}, not text of one segment per line",
                hint=way if program else "give its paragraphs as plain text",
            )


def _is_xml(start: bytes) -> bool:
    """Whether it is declared as XML, begins as a format does that is read, or is XML to the end."""
    if _XML.match(start) or _DECLARED.match(start):
        return not _lines_of_markup(start)
    return bool(_OTHER_XML.match(start)) and (len(start) == HEAD or _well_formed(start))


def _well_formed(markup: bytes) -> bool:
    try:
        tree(markup.strip(), "")
    except DataError:
        return False
    return True


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


def _is_catalogue(start: bytes) -> bool:
    """Whether nothing but comments and strings stands before the first ``msgstr`` of a message."""
    asked = False
    for line in start.split(b"\n"):
        if asked and re.match(rb'msgstr(?:\[0\])?[ \t]+"', line):
            return True
        if not _PO_LINE.fullmatch(line.strip()):
            return False
        asked = asked or line.startswith(b"msgid")
    return False


def _in_json(path: Path, start: bytes) -> bool:
    """Whether it is JSON lines; text may begin with a bracket, or with what looks like JSON.

    Raises:
        DataError: If it is JSON, but not one object per line.
    """
    if start.lstrip()[:1] not in (b"{", b"["):
        return False
    whole = start if len(start) < HEAD else start.rpartition(b"\n")[0] or start
    lines = [line.strip() for line in whole.split(b"\n") if line.strip()][:_FIRST_LINES]
    objects = sum(map(_is_object, lines))
    if objects and 2 * objects >= len(lines):
        return True
    one_by_one = all(_json_so_far(line) for line in lines)
    if _JSON_DOCUMENT.match(start) and (one_by_one or _json_so_far(start)):
        raise DataError(
            f"{path}: one JSON document, not one object a line",
            hint="write one object a line: jq -c '.[]' FILE > FILE.jsonl",
        )
    return False


def _is_object(line: bytes) -> bool:
    """Whether a line is an object that says something; two brackets alone are text."""
    try:
        return bool(parse_object(line.decode("utf-8")))
    except (BadLine, UnicodeDecodeError):
        return False


def _json_so_far(text: bytes) -> bool:
    """Whether it is JSON, or the beginning of it."""
    found = text.decode("utf-8", "replace").strip()
    try:
        json.loads(found)
    except json.JSONDecodeError as error:
        rest = found[error.pos :]  # nothing, or the beginning of a word
        return error.msg.startswith("Unterminated string") or (
            error.pos > 0 and any(word.startswith(rest) for word in ("true", "false", "null"))
        )
    except (RecursionError, ValueError):  # too deep, or a number too long to convert
        pass
    return True


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
        said = found.encoding.upper()
        raise DataError(f"{path}: {said}", hint=f"convert it: iconv -f {said} -t UTF-8 {path}")
    start = head(path, HEAD)
    if b"\n" not in start and b"\r" in start.rstrip(b"\r"):
        raise DataError(
            f"{path}: its lines end in carriage returns alone, as those of old Macs",
            hint=f"convert it: tr '\\r' '\\n' < {path} > FILE",
        )
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
