"""Reading one raw document: bytes → text → paragraphs."""

from __future__ import annotations

import codecs
import re
import unicodedata
from pathlib import Path
from typing import Protocol

from mtbench.corpora.formats.recognise import HEAD, NAMES, is_page, is_pdf, is_rtf, recognise
from mtbench.documents.docx import docx_paragraphs
from mtbench.documents.encoding import guess
from mtbench.documents.layout import Layout, read_text
from mtbench.documents.markup import markdown_paragraphs
from mtbench.documents.odt import odt_paragraphs
from mtbench.documents.pages import article
from mtbench.documents.paragraphs import Paragraphs
from mtbench.documents.pdf import pdf_paragraphs
from mtbench.errors import DataError, RequestError
from mtbench.files.archives import archive
from mtbench.files.inputs import head, opened
from mtbench.text.utf import damaged_utf8, unmarked_utf16

PLAIN = frozenset({"", ".txt", ".text"})
MARKDOWN = frozenset({".md", ".markdown"})
HTML = frozenset({".html", ".htm", ".xhtml"})
SOFT_HYPHEN = "\N{SOFT HYPHEN}"
MOST_TEXT = 128 << 20  # bytes
SAVED = frozenset({".mhtml", ".mht"})

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


def read_paragraphs(
    path: Path, name: str, layout: Layout | None = None, *, notes: bool = False
) -> Paragraphs:
    """The paragraphs of a document, whatever its encoding and form.

    Args:
        path: The file: text, Markdown, a web page, Word (.docx), OpenDocument (.odt) or PDF.
        name: What messages call it.
        layout: How it is laid out where it is plain text; None to find that out.
        notes: Whether footnotes and endnotes of Word, OpenDocument and PDF stand after the text;
            else they are left out.

    Raises:
        RequestError: If the file cannot be read or is of another kind, or a layout is named for
            what is not plain text.
        DataError: If it is damaged, hostile, or has no text.
        MissingExtra: If its form needs a package that is not installed.
    """
    if path.is_dir():
        raise RequestError(f"{name}: a folder", hint=f"name its files: {name.rstrip('/')}/*.txt")
    read = _packed(path, name)
    if read:
        _refuse_layout(layout, name)
        return _filled(read(path, name, notes=notes), name)
    kind = Path(path.name.lower().removesuffix(".gz")).suffix
    if kind not in PLAIN | MARKDOWN | HTML | SAVED:
        raise RequestError(
            f"{name}: a document of an unknown kind ({kind})",
            hint="give text (.txt), Markdown (.md), HTML, Word (.docx), OpenDocument (.odt) or PDF",
        )
    raw = _unpacked(path, name)
    if kind in SAVED:
        raw, kind = _page_of(raw, name), ".html"
    elif kind in PLAIN and is_page(raw):
        kind = ".html"
    text, encoding = decode(raw, name, html=kind in HTML)
    if kind in PLAIN:
        _check_plain(path, name)
    else:
        _refuse_layout(layout, name)
    try:
        found, left_out, read_as = _paragraphs(text, kind, layout)
    except DataError as error:
        raise DataError(f"{name}: {error.message}", hint=error.hint) from error
    return _filled(Paragraphs(found, encoding, left_out, read_as), name)


def _filled(found: Paragraphs, name: str) -> Paragraphs:
    """A document that has text, without marks of where a word may be divided, which are no text."""
    if not found.texts:
        raise DataError(f"{name}: no text in it", hint="leave it out")
    marks = sum(text.count(SOFT_HYPHEN) for text in found.texts)
    if not marks:
        return found
    texts = tuple(text.replace(SOFT_HYPHEN, "") for text in found.texts)
    return found._replace(texts=texts, left_out={**found.left_out, "soft hyphens": marks})


def _refuse_layout(layout: Layout | None, name: str) -> None:
    if layout:
        raise RequestError(
            f"--layout: {name} is not plain text", hint="name it for plain text alone"
        )


def _unpacked(path: Path, name: str) -> bytes:
    """All bytes of a text file, packed or not."""
    with opened(path) as stream:
        raw = stream.read(MOST_TEXT + 1)
    if len(raw) > MOST_TEXT:
        raise DataError(f"{name}: more than {MOST_TEXT >> 20} MB of text", hint="divide it")
    return raw


class _PackedReader(Protocol):
    """Reads a document that is no text file."""

    def __call__(self, path: Path, name: str, *, notes: bool) -> Paragraphs: ...


def _packed(path: Path, name: str) -> _PackedReader | None:
    """What reads a document that is no text file, by its first bytes; None for a text file.

    Raises:
        RequestError: If it cannot be read.
        DataError: If it is damaged, or of a kind that is not read here.
    """
    raw = head(path, HEAD)
    if is_pdf(raw) or path.suffix.lower() == ".pdf":
        return pdf_paragraphs
    if raw.startswith(b"\xd0\xcf\x11\xe0"):
        raise DataError(
            f"{name}: a file of Office before 2007, or protected by a password",
            hint="save it as .docx, without a password",
        )
    if is_rtf(raw):
        raise DataError(f"{name}: an RTF document", hint="save it as .docx or .odt")
    if not raw.startswith(b"PK\x03\x04"):
        return None
    with archive(path) as packed:
        if "[Content_Types].xml" in packed.names and any(
            part.startswith("word/") for part in packed.names
        ):
            return docx_paragraphs
        said = packed.read("mimetype") if "mimetype" in packed.names else b""
    if said.startswith(b"application/vnd.oasis.opendocument.text"):
        return odt_paragraphs
    raise DataError(
        f"{name}: a packed file that is neither Word nor OpenDocument text",
        hint="save its text as .docx, .odt, .html or .txt",
    )


def _page_of(raw: bytes, name: str) -> bytes:
    """The page itself in a file that a browser saved it to with everything it shows (MHTML).

    Raises:
        DataError: If there is none in it.
    """
    from email import message_from_bytes

    for part in message_from_bytes(raw).walk():
        if part.get_content_type() == "text/html":
            body = part.get_payload(decode=True)
            if isinstance(body, bytes):
                declared = part.get_content_charset()
                return _redeclared(body, declared) if declared else body
    raise DataError(f"{name}: no web page in it", hint="save the page again, as HTML")


def _redeclared(body: bytes, encoding: str) -> bytes:
    """A page in UTF-8, where what it was sent as says its encoding."""
    text = _text_in(body, encoding)
    return body if text is None else text.encode("utf-8")


def _text_in(raw: bytes, encoding: str) -> str | None:
    """Bytes in an encoding that a page names; None where they are not, or nobody knows it."""
    try:
        text = raw.decode(encoding)
        text.encode("utf-8")
    except (LookupError, ValueError):  # of a name with a NUL as well
        return None
    return text


def _check_plain(path: Path, name: str) -> None:
    """Refuses what is called text and is something else.

    Raises:
        DataError: Naming what it is, and the way in.
    """
    kind = recognise(path).kind
    if kind not in ("text", "table"):
        raise DataError(
            f"{name}: {NAMES[kind]}, not a document", hint="make a corpus of it by corpus import"
        )


def _paragraphs(
    text: str, kind: str, layout: Layout | None
) -> tuple[tuple[str, ...], dict[str, int], str]:
    if kind in HTML:
        return *article(text), "web page"
    if kind in MARKDOWN:
        return markdown_paragraphs(text), {}, "Markdown"
    found = read_text(text, layout)
    return found.paragraphs, {}, found.words


def decode(raw: bytes, name: str, *, html: bool = False) -> tuple[str, str]:
    """Bytes as text: by byte-order mark, as UTF-8, as an HTML page declares, or as guessed.

    Returns:
        The text, and the encoding where it was guessed; else an empty string.

    Raises:
        DataError: If the bytes are no text.
        MissingExtra: If they need detection and the detector is not installed.
    """
    marked = next((encoding for mark, encoding in _BOMS if raw.startswith(mark)), "")
    unmarked = "" if marked else unmarked_utf16(raw)
    if marked or unmarked:
        try:
            return _checked(raw.decode(marked or unmarked), name), unmarked
        except UnicodeDecodeError as error:
            said = (marked or unmarked).upper()
            raise DataError(f"{name}: not {said}, as its first bytes say") from error
    try:
        return _checked(raw.decode("utf-8"), name), ""
    except UnicodeDecodeError:
        pass
    declared = _META_CHARSET.search(raw[:4096]) if html else None
    if declared:
        found = _text_in(raw, declared.group(1).decode("ascii"))
        if found is not None:  # a page that does not hold what it declares is detected like others
            return _checked(found, name), ""
    if b"\0" in raw:
        raise DataError(f"{name}: binary, not text", hint="leave it out")
    if damaged_utf8([raw]):
        raise DataError(
            f"{name}:{_first_bad(raw)}: not UTF-8, though the rest of the file is",
            hint="mend that text",
        )
    guessed = guess(raw)
    if guessed is None:
        raise DataError(
            f"{name}: in no encoding that can be told, or binary", hint="convert it to UTF-8"
        )
    return _checked(guessed[0], name), guessed[1]


def _first_bad(raw: bytes) -> int:
    """Number of the line with the first bytes that are not UTF-8."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return raw.count(b"\n", 0, error.start) + 1
    return 0


def _checked(text: str, name: str) -> str:
    odd = sum(unicodedata.category(c) == "Cc" and c not in "\t\n\r\f\v\x85" for c in text)
    if "\0" in text or odd > len(text) / 100:
        raise DataError(f"{name}: binary, not text", hint="leave it out")
    return text
