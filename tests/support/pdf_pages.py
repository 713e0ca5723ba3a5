"""Small PDF files of lines at places, in one of the fonts that every reader has."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import NamedTuple


class Placed(NamedTuple):
    """A line of text on a page, in points from the lower left corner."""

    x: float
    y: float
    text: str
    size: float = 10


def pdf(pages: Sequence[Sequence[Placed]], *, encrypted: bool = False) -> bytes:
    """A PDF of some pages; a page without lines is like one that was scanned."""
    objects: dict[int, bytes] = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    }
    kids = []
    for number, page in enumerate(pages):
        at = 4 + 2 * number
        kids.append(f"{at} 0 R")
        objects[at] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {at + 1} 0 R "
            "/Resources << /Font << /F 3 0 R >> >> >>"
        ).encode()
        objects[at + 1] = stream("".join(map(_shown, page)).encode("cp1252"))
    count = len(kids)
    objects[2] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {count} >>".encode()
    if encrypted:
        mark = b"<" + b"41" * 32 + b">"
        objects[900] = b"<< /Filter /Standard /V 1 /R 2 /O " + mark + b" /U " + mark + b" /P -1 >>"
    return written(objects, b"/Encrypt 900 0 R /ID [<41> <41>]" if encrypted else b"")


def stream(content: bytes) -> bytes:
    """A packed stream."""
    packed = zlib.compress(content)
    start = f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode()
    return start + packed + b"\nendstream"


def written(objects: dict[int, bytes], trailer: bytes = b"") -> bytes:
    """A file of numbered objects, the first of them its catalogue."""
    found = bytearray(b"%PDF-1.4\n")
    places = {}
    for number, body in sorted(objects.items()):
        places[number] = len(found)
        found += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(found)
    found += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in places.items():
        found += f"{number} 1\n{place:010} 00000 n \n".encode()
    size = max(objects) + 1
    found += f"trailer\n<< /Size {size} /Root 1 0 R ".encode() + trailer + b" >>\n"
    return bytes(found + f"startxref\n{start}\n%%EOF\n".encode())


def _shown(line: Placed) -> str:
    escaped = line.text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT /F {line.size} Tf {line.x} {line.y} Td ({escaped}) Tj ET\n"
