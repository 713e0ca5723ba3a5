"""Text of PDF documents that have a text layer, read in a process of its own, within bounds."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mtbench.documents.paragraphs import Paragraphs, with_notes
from mtbench.documents.pdf_columns import CHARACTERS_APART, PageLine, ordered
from mtbench.documents.pdf_layout import assembled
from mtbench.errors import DataError, RunFailed
from mtbench.packages import require
from mtbench.processes.pipe import WorkerProcess

MOST_MEMORY = 2 << 30  # bytes of address space
MOST_SECONDS = 300  # of processor time
_END = b"%%EOF"
_TAIL = 4096  # bytes; some programs write a little more after the end
_MARKS = frozenset("0123456789*†‡§¹²³")
_MARK_SIZE = 0.8  # of the line's
_NAMELESS = re.compile(r"\(cid:\d+\)|\0")  # signs that are no letter: the library's, and fonts'
_SAID = "ActualText"
_FEW = 0.01  # of the characters, that may have no letter
_WORKER = "mtbench.documents.pdf:reader"


def pdf_paragraphs(path: Path, name: str, *, notes: bool = False) -> Paragraphs:
    """The paragraphs of a PDF document, put together from its lines.

    Headers, footers and page numbers are left out; words divided at the end of a line are put
    together. Nothing in it is run and nothing outside it is looked at.

    Args:
        path: The file.
        name: What messages call it.
        notes: Whether footnotes stand after the text, without their marks; else they are left out,
            too.

    Returns:
        The paragraphs, how much was left out, by kind, and whether notes stand at the end.

    Raises:
        DataError: If it is damaged, hostile, or protected by a password, has no text, or text that
            cannot be put in order.
        MissingExtra: If pdfminer.six is not installed.
    """
    require("pdfminer", "reading PDF", "office")
    worker = WorkerProcess(_WORKER, {"memory": MOST_MEMORY, "seconds": MOST_SECONDS}, {})
    try:
        texts, left_out, appended = worker.ask((str(path), name, notes))
    except RunFailed as error:
        raise DataError(
            f"{name}: no PDF that can be read in {MOST_MEMORY >> 30} GB and {MOST_SECONDS} seconds",
            why=error.message,
            hint="print it to a new PDF, or save it as text",
        ) from error
    finally:
        worker.end()
    return Paragraphs(texts, left_out=left_out, read_as=with_notes("PDF", appended))


def reader(memory: int, seconds: int) -> Callable[[tuple[str, str, bool]], Any]:
    """What the process calls: reads one file, with limits that hold for all of the process."""
    try:
        import resource
    except ImportError:  # not on Windows
        pass
    else:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)
    return lambda item: read_pdf(Path(item[0]), item[1], notes=item[2])


def read_pdf(
    path: Path, name: str, *, notes: bool = False
) -> tuple[tuple[str, ...], dict[str, int], int]:
    """As ``pdf_paragraphs``, in this very process, without its limits, and in plain types."""
    with path.open("rb") as stream:
        stream.seek(0, 2)
        stream.seek(max(0, stream.tell() - _TAIL))
        if _END not in stream.read():
            raise DataError(f"{name}: a PDF that is cut off", hint="fetch it again")
    pages = list(_pages(path, name))
    if not any(pages):
        raise DataError(
            f"{name}: a PDF without text: its {len(pages)} pages are pictures",
            hint="have a program for character recognition (OCR) read it, such as ocrmypdf",
        )
    body, foot, left_out = assembled(pages)
    paragraphs = (*body, *foot) if notes else body
    if foot and not notes:
        left_out["footnotes"] = len(foot)
    if empty := sum(not page for page in pages):
        left_out["pages without text"] = empty
    _check(paragraphs, name)
    unnamed = sum(len(_NAMELESS.findall(text)) for text in paragraphs)
    if unnamed:
        left_out["signs that a font does not name"] = unnamed
        paragraphs = tuple(_NAMELESS.sub("\N{REPLACEMENT CHARACTER}", text) for text in paragraphs)
    return paragraphs, left_out, len(foot) if notes else 0


def _pages(path: Path, name: str) -> Iterator[list[PageLine]]:
    """The lines of each page, in the order of reading."""
    from pdfminer.layout import LAParams
    from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFPasswordIncorrect
    from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
    from pdfminer.pdfpage import PDFPage
    from pdfminer.pdfparser import PDFParser
    from pdfminer.pdftypes import resolve1

    with path.open("rb") as stream:
        try:
            document = PDFDocument(PDFParser(stream))
        except (PDFPasswordIncorrect, PDFEncryptionError) as error:
            raise DataError(f"{name}: protected by a password", hint="save it without") from error
        resources = PDFResourceManager()
        device = _device(
            resources,
            laparams=LAParams(char_margin=CHARACTERS_APART, boxes_flow=None, all_texts=True),
        )
        interpreter = PDFPageInterpreter(resources, device)
        count = 0
        for page in PDFPage.create_pages(document):
            interpreter.process_page(page)
            yield ordered([line for line in _lines(device.get_result()) if line.text])
            count += 1
        said = resolve1(resolve1(document.catalog.get("Pages")).get("Count"))
        if said != count:
            raise DataError(
                f"{name}: says that it has {said} pages, and {count} are there",
                hint="it is damaged: fetch it again",
            )


def _device(resources: Any, **settings: Any) -> Any:
    """What gathers the letters of a page; where a font names none, those that the page says."""
    from pdfminer.converter import PDFPageAggregator
    from pdfminer.utils import decode_text

    class Device(PDFPageAggregator):
        def __init__(self) -> None:
            super().__init__(resources, **settings)
            self._said: list[str | None] = []

        def begin_tag(self, tag: Any, props: Any = None) -> None:
            said = props.get(_SAID) if isinstance(props, dict) else None
            self._said.append(decode_text(said) if isinstance(said, bytes) else None)

        def end_tag(self) -> None:
            del self._said[-1:]

        def render_char(self, *given: Any, **more: Any) -> float:
            width: float = super().render_char(*given, **more)
            letter: Any = self.cur_item._objs[-1]
            if self._said and self._said[-1] is not None and _nameless(letter.get_text()):
                letter._text, self._said[-1] = self._said[-1], ""
            return width

    return Device()


def _nameless(said: str) -> bool:
    """Whether a font does not say which letter a sign is."""
    return _NAMELESS.match(said) is not None


def _lines(item: Any) -> Iterator[PageLine]:
    from pdfminer.layout import LTContainer, LTTextLineHorizontal

    if isinstance(item, LTTextLineHorizontal):
        yield _line(item)
    elif isinstance(item, LTContainer):
        for one in item:
            yield from _lines(one)


def _line(item: Any) -> PageLine:
    """A line, or a part of one, without the small raised marks that point to notes."""
    from pdfminer.layout import LTChar

    letters = [one for one in item if isinstance(one, LTChar) and one.get_text().strip()]
    sizes = Counter((round(one.size, 1), one.fontname) for one in letters)
    size, font = max(sizes, key=lambda key: (sizes[key], key), default=(0.0, ""))
    base = min((one.y0 for one in letters if abs(one.size - size) < 0.1), default=0.0)
    pieces: list[str] = []
    for one in item:
        if isinstance(one, LTChar) and _mark(one, size, base):
            pieces.append("" if any(piece.strip() for piece in pieces) else f"{one.get_text()} ")
        else:
            pieces.append(one.get_text())
    said = " ".join("".join(pieces).split())
    return PageLine(said, item.x0, item.x1, item.y0, item.y1, size, font)


def _mark(letter: Any, size: float, base: float) -> bool:
    small = letter.size < _MARK_SIZE * size and letter.y0 > base + 0.1 * size
    return small and letter.get_text() in _MARKS


def _check(paragraphs: tuple[str, ...], name: str) -> None:
    from unicodedata import bidirectional

    text = "".join(paragraphs)
    letters = [one for one in text if one.isalpha()]
    unknown = len(_NAMELESS.findall(text))
    if unknown > _FEW * len(text) or not letters:
        raise DataError(
            f"{name}: a PDF whose fonts do not say which letters their signs are",
            hint="have a program for character recognition (OCR) read it, such as ocrmypdf",
        )
    if sum(bidirectional(one) in ("R", "AL") for one in letters) * 2 > len(letters):
        raise DataError(
            f"{name}: a PDF of text from right to left, whose order is not kept in it",
            hint="give the document that it was made of, or its text",
        )
