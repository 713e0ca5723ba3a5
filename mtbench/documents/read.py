"""Reading one raw document: bytes → text → paragraphs."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from mtbench.documents.encoding import guess
from mtbench.documents.markup import markdown_paragraphs
from mtbench.documents.pages import article
from mtbench.documents.paragraphs import plain_paragraphs
from mtbench.errors import DataError, RequestError
from mtbench.files.inputs import content

PLAIN = frozenset({"", ".txt", ".text"})
MARKDOWN = frozenset({".md", ".markdown"})
HTML = frozenset({".html", ".htm", ".xhtml"})

_META_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([A-Za-z0-9_.:-]{2,40})", re.I
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Paragraphs(NamedTuple):
    """What a document says.

    Attributes:
        texts: Its paragraphs.
        encoding: Its encoding where that had to be guessed; else empty.
        left_out: Paragraphs of a page that stand around its article, counted by kind.
    """

    texts: tuple[str, ...]
    encoding: str = ""
    left_out: Mapping[str, int] = MappingProxyType({})


def read_paragraphs(path: Path, name: str) -> Paragraphs:
    """The paragraphs of a document, whatever its encoding and form.

    Args:
        path: The file: plain text, Markdown or HTML, told by its suffix.
        name: What messages call it.

    Raises:
        RequestError: If the file cannot be read or is of another kind.
        DataError: If it is binary or has no text.
        MissingExtra: If its form needs a package that is not installed.
    """
    kind = path.suffix.lower()
    if path.is_dir():
        raise RequestError(f"{name}: a folder", hint=f"name its files: {name.rstrip('/')}/*.txt")
    if kind not in PLAIN | MARKDOWN | HTML:
        raise RequestError(
            f"{name}: a document of an unknown kind ({kind})",
            hint="give text (.txt), Markdown (.md) or HTML (.html)",
        )
    raw = content(path)
    text, encoding = decode(raw, name, html=kind in HTML)
    try:
        found, left_out = _paragraphs(text, kind)
    except DataError as error:
        raise DataError(f"{name}: {error.message}", hint=error.hint) from error
    if not found:
        raise DataError(f"{name}: no text in it", hint="leave it out")
    return Paragraphs(found, encoding, left_out)


def _paragraphs(text: str, kind: str) -> tuple[tuple[str, ...], dict[str, int]]:
    if kind in HTML:
        return article(text)
    return (markdown_paragraphs(text) if kind in MARKDOWN else plain_paragraphs(text)), {}


def decode(raw: bytes, name: str, *, html: bool = False) -> tuple[str, str]:
    """Bytes as text: by byte-order mark, as UTF-8, as an HTML page declares, or as guessed.

    Returns:
        The text, and the encoding where it was guessed; else an empty string.

    Raises:
        DataError: If the bytes are no text.
        MissingExtra: If they need detection and the detector is not installed.
    """
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            try:
                return _checked(raw.decode(encoding), name), ""
            except UnicodeDecodeError as error:
                raise DataError(
                    f"{name}: not {encoding.upper()}, as its first bytes say"
                ) from error
    try:
        return _checked(raw.decode("utf-8"), name), ""
    except UnicodeDecodeError:
        pass
    declared = _META_CHARSET.search(raw[:4096]) if html else None
    if declared:
        try:
            return _checked(raw.decode(declared.group(1).decode("ascii")), name), ""
        except (LookupError, UnicodeDecodeError):
            pass  # a page that does not hold what it declares is detected like any other
    if b"\0" in raw:
        raise DataError(f"{name}: binary, not text", hint="leave it out")
    guessed = guess(raw)
    if guessed is None:
        raise DataError(
            f"{name}: in no encoding that can be told, or binary", hint="convert it to UTF-8"
        )
    return _checked(guessed[0], name), guessed[1]


def _checked(text: str, name: str) -> str:
    odd = sum(unicodedata.category(c) == "Cc" and c not in "\t\n\r\f\v\x85" for c in text)
    if "\0" in text or odd > len(text) / 100:
        raise DataError(f"{name}: binary, not text", hint="leave it out")
    return text
