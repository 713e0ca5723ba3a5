"""Spreadsheets of texts in each of the forms that programs save, some as no library writes them."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Container, Iterable, Mapping, Sequence
from importlib import import_module
from itertools import chain
from typing import BinaryIO, cast

from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

Rows = Sequence[Sequence[str]]
_NUMBERED = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_OASIS = "urn:oasis:names:tc:opendocument:xmlns"


def xlsx(rows: Rows) -> bytes:
    """Excel's form since 2007."""
    book = import_module("openpyxl").Workbook()
    for row in rows:
        book.active.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def ods(rows: Rows) -> bytes:
    """OpenDocument's form."""
    book = OpenDocumentSpreadsheet()
    table = Table(name="S")
    book.spreadsheet.addElement(table)
    for row in rows:
        line = TableRow()
        table.addElement(line)
        for text in row:
            cell = TableCell(valuetype="string")
            line.addElement(cell)
            for part in text.split("\n"):
                cell.addElement(P(text=part))
    stream = io.BytesIO()
    book.save(cast(BinaryIO, stream))
    return stream.getvalue()


def xlsb(
    rows: Rows,
    hidden_rows: Container[int] = (),
    hidden_columns: Iterable[int] = (),
    errors: Mapping[tuple[int, int], int] | None = None,
) -> bytes:
    """Excel's binary form, as [MS-XLSB] describes it; no library writes it.

    Args:
        rows: The texts.
        hidden_rows: Positions from 0.
        hidden_columns: Likewise.
        errors: Row and column → code of the error that stands there.
    """
    texts = {text: n for n, text in enumerate(dict.fromkeys(chain.from_iterable(rows)))}
    strings = _record(159, struct.pack("<II", len(texts), len(texts)))
    strings += b"".join(_record(19, b"\0" + _wide(text)) for text in texts) + _record(160)
    last = len(rows) - 1, max(map(len, rows)) - 1
    extent = struct.pack("<IIII", 0, last[0], 0, last[1])
    columns = [
        _record(60, struct.pack("<IIIIH", column, column, 2560, 0, 1)) for column in hidden_columns
    ]
    if columns:
        columns = [_record(390), *columns, _record(391)]
    sheet = [_record(129), _record(148, extent), *columns, _record(145)]
    for number, row in enumerate(rows):
        flags = 0x1000 if number in hidden_rows else 0
        sheet.append(_record(0, struct.pack("<IIHH", number, 0, 300, flags) + bytes(5)))
        for column, text in enumerate(row):
            code = (errors or {}).get((number, column))
            if code is None:
                sheet.append(_record(7, struct.pack("<III", column, 0, texts[text])))
            else:
                sheet.append(_record(3, struct.pack("<IIB", column, 0, code)))
    sheet += [_record(146), _record(130)]
    bundle = struct.pack("<II", 0, 1) + _wide("rId1") + _wide("S")
    book = _record(131) + _record(143) + _record(156, bundle) + _record(144) + _record(132)
    return _packed(
        {
            "xl/workbook.bin": book,
            "xl/worksheets/sheet1.bin": b"".join(sheet),
            "xl/sharedStrings.bin": strings,
        }
    )


def xlsx_of(sheet: str, strings: str = "") -> bytes:
    """A workbook of one sheet and shared strings as they stand in its XML."""
    spaces = f'xmlns="{_NUMBERED}" xmlns:x="{_NUMBERED}" xmlns:r="{_LINK}"'
    head = f'<?xml version="1.0"?><{{}} {spaces}>{{}}</{{}}>'
    parts = {
        "workbook": '<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets>',
        "worksheet": sheet,
        "sst": strings,
    }
    xml = {name: head.format(name, body, name).encode() for name, body in parts.items()}
    return _packed(
        {
            "xl/workbook.xml": xml["workbook"],
            "xl/worksheets/sheet1.xml": xml["worksheet"],
            "xl/sharedStrings.xml": xml["sst"],
        }
    )


def ods_of(rows: str) -> bytes:
    """An OpenDocument sheet of rows as they stand in its XML."""
    names = {"office": "office", "table": "table", "text": "text"}
    spaces = " ".join(f'xmlns:{short}="{_OASIS}:{name}:1.0"' for short, name in names.items())
    spaces += (
        ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    )
    content = (
        f'<?xml version="1.0"?><office:document-content {spaces}><office:body>'
        f'<office:spreadsheet><table:table table:name="S">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            f'<?xml version="1.0"?><m:manifest xmlns:m="{_OASIS}:manifest:1.0"/>',
        )
        archive.writestr("content.xml", content)
    return stream.getvalue()


def _packed(parts: Mapping[str, bytes]) -> bytes:
    """The parts of a workbook, the first of them its index, with what ties them together."""
    book, sheet, strings = parts
    links = (
        f'<?xml version="1.0"?><Relationships xmlns="{_RELATIONS}">'
        f'<Relationship Id="rId1" Type="{_LINK}/worksheet" Target="{sheet[3:]}"/>'
        f'<Relationship Id="rId2" Type="{_LINK}/sharedStrings" Target="{strings[3:]}"/>'
        "</Relationships>"
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
            'content-types"><Default Extension="bin" ContentType="application/vnd.ms-excel.'
            'sheet.binary.macroEnabled.main"/><Default Extension="xml" ContentType='
            '"application/xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<?xml version="1.0"?><Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" '
            f'Type="{_LINK}/officeDocument" Target="{book}"/></Relationships>',
        )
        archive.writestr(f"xl/_rels/{book[3:]}.rels", links)
        for name, body in parts.items():
            archive.writestr(name, body)
    return stream.getvalue()


def _record(kind: int, body: bytes = b"") -> bytes:
    """A record: its kind and size in seven bits a byte, then what it holds."""
    return _sevens(kind) + _sevens(len(body)) + body


def _sevens(number: int) -> bytes:
    found = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        found.append(low | (0x80 if number else 0))
        if not number:
            return bytes(found)


def _wide(text: str) -> bytes:
    encoded = text.encode("utf-16-le")
    return struct.pack("<I", len(encoded) // 2) + encoded
