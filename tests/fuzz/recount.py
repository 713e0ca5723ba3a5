"""Files of other formats read once more, by parsers that are none of ours, under our written rules.

Each reader gives the pairs that a file holds: a source and its references. What a rule of the
documentation leaves out or changes, it leaves out and changes by itself.
"""

from __future__ import annotations

import csv
import html
import importlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from mtbench.corpora.formats.importing import ImportReport

Pair = tuple[str, tuple[str, ...]]
Recount = Callable[[Path, ImportReport], Iterable[Pair]]
XML = "{http://www.w3.org/XML/1998/namespace}"
CODES = {"bpt", "ept", "it", "ph", "ut", "x", "bx", "ex", "sc", "ec"}
BREAKS = {"lb", "br", "x-lb", "x-br", "linebreak", "paragraph"}
UNFINISHED = {"new", "initial", "needs-translation", "needs-adaptation", "needs-l10n"}
SOURCES = ("src", "source", "src_text", "en")
REFERENCES = ("ref", "reference", "references", "refs", "target", "tgt", "tgt_text", "it")
DELIMITERS = {"tabs": "\t", "commas": ",", "semicolons": ";", "bars": "|"}


class Unread(Exception):
    """The other parser refuses what is no text of the file."""


def of_row(row: Mapping[str, Any]) -> Pair:
    """A row by the names of its columns; whole numbers count as text."""

    folded = {name.casefold(): name for name in reversed(list(row))}

    def texts(names: Iterable[str]) -> list[Any]:
        name = next((n if n in row else folded[n] for n in names if n in folded), None)
        value = row[name] if name else None
        return value if isinstance(value, list) else [] if value in (None, "") else [value]

    named = [str(v) for n, v in row.items() if re.match(r"ref\..+", n) and v not in (None, "")]
    return str((texts(SOURCES) or [""])[0]), tuple(named or map(str, texts(REFERENCES)))


def json_lines(path: Path, _: ImportReport) -> Iterator[Pair]:
    text = path.read_bytes().decode("utf-8-sig")
    return (of_row(json.loads(line)) for line in text.split("\n") if line.strip())


def table(path: Path, report: ImportReport) -> Iterator[Pair]:
    """By Python's own module; what the import says of delimiter and encoding holds."""
    said = " ".join(report.remarks)
    encoding = re.search(r"read as (UTF-16-\w+), which|not UTF-8, so read as (\w+);", said)
    apart = re.search(r"read as cells apart by (\w+|'.*?'), (cells in|quotes as)", said)
    content = path.read_bytes()
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    told = encoding[1] or encoding[2] if encoding else None
    text = content.decode(told or ("utf-16" if utf16 else "utf-8-sig"))
    usual = "\t" if report.format == "tsv" else ","
    mark = DELIMITERS[apart[1]] if apart else usual
    quoted = apart[2] == "cells in" if apart else mark == ","
    if re.match(r'"?sep=.', text, re.I):
        text = text.partition("\n")[2]
    csv.field_size_limit(1 << 30)
    stream = io.StringIO(text, newline="")
    if quoted:
        return of_cells(csv.reader(stream, delimiter=mark))
    return of_cells(csv.reader(stream, delimiter=mark, quoting=csv.QUOTE_NONE))


def of_cells(rows: Iterable[list[str]]) -> Iterator[Pair]:
    """Rows under a header; empty ones are passed over."""
    filled = (row for row in rows if row and any(cell.strip() for cell in row))
    names = [name.strip() for name in next(filled)]
    for row in filled:
        yield of_row({n: text for n, text in zip(names, row, strict=False) if n not in ("", "-")})


def parsed(path: Path) -> ElementTree.Element:
    """The outermost element; UTF-16 is what its first bytes say, whatever it calls itself."""
    content = path.read_bytes()
    wide = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-16-le"
    if wide == "utf-16" or content.startswith(b"<\0"):
        content = re.sub(r"<\?xml.*?\?>", "", content.decode(wide)).strip().encode()
    try:
        return ElementTree.fromstring(content)  # noqa: S314 - of this folder
    except ElementTree.ParseError:
        if "\ufeff" in content.decode("utf-8", "replace")[1:]:  # part of a name since XML 1.0, 5th
            raise Unread from None
        raise


# --- XML --------------------------------------------------------------------------------------


def inline(element: ElementTree.Element) -> str:
    """Text without what stands in codes; codes that break a line do."""
    found = [element.text or ""]
    for child in element:
        name = child.tag.rsplit("}", 1)[-1]
        if name not in CODES:
            found.append(inline(child))
        elif (child.get("type") or child.get("ctype") or "").lower() in BREAKS:
            found.append("\n")
        found.append(child.tail or "")
    return "".join(found)


def lines_of(element: ElementTree.Element) -> str:
    """Its text with white space folded; a code that breaks a line ends one."""
    for child in element.iter():  # what is white space of the file, not of a break
        child.text = re.sub(r"[ \t\r\n]+", " ", child.text or "")
        child.tail = re.sub(r"[ \t\r\n]+", " ", child.tail or "")
    lines = inline(element).split("\n")
    return "\n".join(re.sub(r"[ \t\r\n]+", " ", line).strip(" ") for line in lines)


def tmx(path: Path, _: ImportReport) -> Iterator[Pair]:
    """Units that have both languages; white space folded, a code that breaks a line keeps it."""
    for unit in parsed(path).iter("tu"):
        texts: dict[str, list[str]] = {"en": [], "it": []}
        for variant in unit.findall("tuv"):
            language = (variant.get(XML + "lang") or variant.get("lang") or "").lower()
            segment = variant.find("seg")
            if language[:2] in texts and segment is not None:
                texts[language[:2]].append(lines_of(segment))
        if texts["en"] and texts["it"]:
            yield texts["en"][0], tuple(texts["it"])


def xliff(path: Path, _: ImportReport) -> Iterator[Pair]:
    """Units that are to be translated, and are."""
    root = parsed(path)
    name = root.tag[1:].partition("}")[0]
    one = "segment" if ":document:2" in name else "trans-unit"
    for parent in root.iter():
        for unit in parent.findall(f"{{{name}}}{one}"):
            source, target = unit.find(f"{{{name}}}source"), unit.find(f"{{{name}}}target")
            state = None if target is None else target.get("state") or unit.get("state")
            kept = "no" not in (unit.get("translate"), parent.get("translate"))
            if kept and source is not None and target is not None and state not in UNFINISHED:
                text = lines_of(target)
                if text.strip():
                    yield lines_of(source), (text,)


def wmt_xml(path: Path, _: ImportReport) -> Iterator[Pair]:
    """Documents that are of no test suite and have a reference or an output."""
    for document in parsed(path).iter("doc"):
        references = sorted(document.findall("ref"), key=lambda e: e.get("translator") or "ref")
        if document.get("testsuite") is not None or not references:
            continue
        sides = [{s.get("id"): "".join(s.itertext()) for s in r.iter("seg")} for r in references]
        for segment in document.findall("src")[0].iter("seg"):
            number = segment.get("id")
            yield "".join(segment.itertext()), tuple(s[number] for s in sides if number in s)


# --- catalogues and markup that is no XML ------------------------------------------------------


def po(path: Path, _: ImportReport) -> Iterator[Pair]:
    """By Babel: messages with one form that are translated, not fuzzy and not obsolete."""
    babel: Any = importlib.import_module("babel.messages.pofile")
    content = path.read_bytes()
    try:
        messages = list(babel.read_po(io.BytesIO(content), abort_invalid=True))
    except babel.PoFileError as error:
        if "translations than num_plurals" in str(error):  # of a message that is left out
            raise Unread from None
        if "expected only letters" not in str(error):
            raise
        # A language that is none says nothing of the messages.
        without = re.sub(rb'(?m)^"Language:.*\n', b"", content)
        messages = list(babel.read_po(io.BytesIO(without), abort_invalid=True))
    for message in messages:
        if message.id and isinstance(message.id, str) and not message.fuzzy:
            text = str(message.string or "")
            if text.strip():
                yield message.id, (text,)


SEG = re.compile(r"<seg\s[^>]*?\bid\s*=\s*\"([^\"]*)\"[^>]*>(.*?)</\s*seg\s*>", re.I | re.S)
DOC = re.compile(r"<doc\s[^>]*?\bdocid\s*=\s*\"([^\"]*)\"[^>]*>(.*?)</\s*doc\s*>", re.I | re.S)


def sgml(path: Path, _: ImportReport) -> Iterator[Pair]:
    """Source and reference by document and number, in the order of the source; tags are text."""

    def plain(text: str) -> str:
        text = re.sub(r"<[!?][^>]*>", "", text)
        text = re.sub(r"</([a-zA-Z][^>\s]*)[^>]*>", lambda end: f"</{end[1].lower()}>", text)
        return html.unescape(text).strip()

    source, reference = (
        {
            (document, number): plain(text)
            for document, within in DOC.findall(one.read_bytes().decode("utf-8-sig"))
            for number, text in SEG.findall(within)
        }
        for one in (path.parent / "x-src.sgm", path.parent / "x-ref.sgm")
    )
    return ((text, tuple(filter(None, [reference.get(key)]))) for key, text in source.items())


# --- sheets and columns ------------------------------------------------------------------------


def written(value: object) -> str:
    """A cell as the documentation says that it is written."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def xlsx(path: Path, _: ImportReport) -> Iterator[Pair]:
    openpyxl: Any = importlib.import_module("openpyxl")
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(n) for n in archive.namelist() if "sheet1.xml" in n]
        if any(b"<a>" in one for one in sheets):
            raise Unread  # what follows an element of nobody's within a text is not read
        if any(b"spreadsheetml/2006/main" not in one for one in sheets):
            raise Unread  # rows of a vocabulary that it does not know are none to it
    try:
        sheet = openpyxl.load_workbook(path, data_only=True).active
    except Exception:  # noqa: BLE001 - properties and styles, which hold no text, are read as well
        raise Unread from None
    return of_cells([written(cell) for cell in row] for row in sheet.iter_rows(values_only=True))


def ods(path: Path, _: ImportReport) -> Iterator[Pair]:
    """Rows and cells as often as they are repeated; paragraphs of a cell are its lines."""

    def named(element: ElementTree.Element, name: str) -> list[ElementTree.Element]:
        return [one for one in element.iter() if one.tag.rpartition("}")[2] == name]

    def repeated(element: ElementTree.Element, what: str) -> int:
        said = {key.rpartition("}")[2]: value for key, value in element.items()}
        return int(said.get(f"number-{what}-repeated", "1"))

    def rows() -> Iterator[list[str]]:
        with zipfile.ZipFile(path) as archive:
            content = archive.read("content.xml")
        root = ElementTree.fromstring(content)  # noqa: S314 - of this folder
        for row in named(root, "table-row"):
            cells: list[str] = []
            for cell in named(row, "table-cell"):
                text = "\n".join("".join(p.itertext()) for p in named(cell, "p"))
                cells += [text] * repeated(cell, "columns")
            yield from [cells] * repeated(row, "rows")

    return of_cells(rows())


def parquet(path: Path, _: ImportReport) -> Iterator[Pair]:
    from pyarrow import parquet as files

    return map(of_row, files.read_table(path).to_pylist())


def arrow(path: Path, _: ImportReport) -> Iterator[Pair]:
    import pyarrow

    with pyarrow.OSFile(str(path)) as stream, pyarrow.ipc.open_stream(stream) as batches:
        return iter([of_row(row) for row in batches.read_all().to_pylist()])
