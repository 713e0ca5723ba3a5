"""Lines on pages to paragraphs: what stands around the text goes, what a page divided is joined."""

from __future__ import annotations

import itertools
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from mtbench.documents.layout import ENDS, ITEM, joined
from mtbench.documents.pdf_columns import PageLine
from mtbench.text.patterns import DIGITS

Pages = Sequence[Sequence[PageLine]]
_EDGE = 3  # lines at either end of a page, among which headers and footers are looked for
_NEAR = 4.0  # points
_SMALL = 0.93  # of the usual size: footnotes
_SAME_SIZE = 0.05
_INDENT = 0.6  # of the size
_DEEPEST_INDENT = 8.0
_LOOSE = 0.35  # of the size, above the usual distance of two lines
_MARK = re.compile(r"(?:\d{1,3}|[*†‡§]|\[\d{1,3}\])\D")
_MARKED = re.compile(r"(?:\d{1,3}[.)]?|[*†‡§]|\[\d{1,3}\])\s*")
_PAGE_NUMBER = re.compile(r"\W*(?:\d{1,4}|[ivxlc]{1,7})\W*(?:(?:of|/|von|di|sur|de)\W*\d{1,4})?\W*")
_LIGATURES = {
    ord(sign): letters
    for sign, letters in zip("ﬀﬁﬂﬃﬄﬅﬆ", ["ff", "fi", "fl", "ffi", "ffl", "st", "st"], strict=True)
}


def assembled(pages: Pages) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, int]]:
    """The paragraphs of some pages.

    Args:
        pages: The lines of each, in the order of reading.

    Returns:
        The paragraphs; the footnotes, without their marks; and how many lines were left out
        beside, by kind.

    Example:
        >>> first = PageLine("A long line that goes", 10, 110, 80, 90, 10, "F")
        >>> assembled([[first, first._replace(text="on here.", right=50, top=78, bottom=68)]])
        (('A long line that goes on here.',), (), {})
    """
    size = _usual_size(pages)
    inner, left_out = _without_edges(pages)
    divided = [_without_notes(page, size) for page in inner]
    bodies, notes = [body for body, _ in divided], [one for _, foot in divided for one in foot]
    words = Counter(word for page in bodies for one in page for word in _spelled(one.text).split())
    return tuple(_paragraphs(bodies, words)), tuple(_notes(notes, words)), dict(+left_out)


def _usual_size(pages: Pages) -> float:
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page:
            sizes[line.size] += len(line.text)
    return max(sizes, key=lambda size: (sizes[size], size), default=0.0)


def _without_edges(pages: Pages) -> tuple[list[list[PageLine]], Counter[str]]:
    """Pages without headers, footers and page numbers: what recurs at one height of several."""
    edges = [_edge(page) for page in pages]
    where: dict[str, list[tuple[int, PageLine]]] = defaultdict(list)
    for number, edge in enumerate(edges):
        for line in edge:
            where[DIGITS.sub("#", line.text)].append((number, line))
    left_out: Counter[str] = Counter()
    found = []
    for number, (page, edge) in enumerate(zip(pages, edges, strict=True)):
        gone = set()
        middle = _middle(page)
        for line in edge:
            twins = where[DIGITS.sub("#", line.text)]
            if _PAGE_NUMBER.fullmatch(line.text.lower()):
                left_out["page numbers"] += 1
            elif any(_recurs(line, other, n - number) for n, other in twins if n != number):
                left_out["headers" if line.bottom > middle else "footers"] += 1
            else:
                continue
            gone.add(line)
        found.append([line for line in page if line not in gone])
    return found, left_out


def _recurs(one: PageLine, two: PageLine, pages: int) -> bool:
    """Whether a line is the same some pages on, but for the number of the page."""
    if abs(one.bottom - two.bottom) > _NEAR:
        return False
    numbers = zip(DIGITS.findall(one.text), DIGITS.findall(two.text), strict=True)
    return one.text == two.text or any(int(b[:9]) - int(a[:9]) == pages for a, b in numbers)


def _middle(page: Sequence[PageLine]) -> float:
    return (max(one.top for one in page) + min(one.bottom for one in page)) / 2 if page else 0.0


def _edge(page: Sequence[PageLine]) -> list[PageLine]:
    by_height = sorted(page, key=lambda line: -line.bottom)
    return list(dict.fromkeys(by_height[:_EDGE] + by_height[-_EDGE:]))


def _without_notes(page: Sequence[PageLine], size: float) -> tuple[list[PageLine], list[PageLine]]:
    """A page without its notes: small lines at the foot of a column, the first with a mark."""
    body: list[PageLine] = []
    notes: list[PageLine] = []
    run: list[PageLine] = []
    for line, after in itertools.zip_longest(page, page[1:]):
        if line.size < _SMALL * size and (run or _MARK.match(line.text)):
            run.append(line)
            if after is None or after.bottom > line.top:  # the next column begins
                notes += run
                run = []
            continue
        body += [*run, line]
        run = []
    return ([*body, *run], notes) if body else (list(page), [])


class _Column(NamedTuple):
    """The column that a line stands in: its edges, and how far lines usually are apart in it."""

    left: float
    right: float
    apart: float


def _columns(page: Sequence[PageLine]) -> list[_Column]:
    found = []
    for line in page:
        mine = [
            one
            for one in page
            if _same_size(one, line)
            and min(one.right, line.right) - max(one.left, line.left)
            > 0.5 * min(one.right - one.left, line.right - line.left)
        ]
        gaps = [
            one.bottom - two.top
            for one, two in itertools.pairwise(mine)
            if two.top < one.top and abs(one.bottom - two.top) < 2 * line.size
        ]
        apart = statistics.median_low(gaps) if gaps else 0.0
        found.append(_Column(min(one.left for one in mine), max(one.right for one in mine), apart))
    return found


def _same_size(one: PageLine, two: PageLine) -> bool:
    return abs(one.size - two.size) <= _SAME_SIZE * max(one.size, two.size)


def _paragraphs(pages: Pages, words: Counter[str]) -> list[str]:
    """Lines joined wherever nothing shows that a paragraph ends."""
    found: list[str] = []
    before: tuple[PageLine, _Column] | None = None
    for page in pages:
        for line, column in zip(page, _columns(page), strict=True):
            text = _spelled(line.text)
            if before and _goes_on(*before, line, column):
                found[-1] = joined(found[-1], text, words)
            else:
                found.append(text)
            before = line, column
    return [text.replace("\N{SOFT HYPHEN}", "-") for text in found]


def _notes(lines: Sequence[PageLine], words: Counter[str]) -> list[str]:
    """A text per note: a mark begins one, the first line has one."""
    found: list[str] = []
    for line in lines:
        text = _spelled(line.text)
        if _MARK.match(text):
            found.append(_MARKED.sub("", text))
        else:
            found[-1] = joined(found[-1], text, words)
    return found


def _spelled(text: str) -> str:
    """A line without ligatures; a soft hyphen that is seen within a line is a hyphen."""
    plain = text.translate(_LIGATURES)
    return plain[:-1].replace("\N{SOFT HYPHEN}", "-") + plain[-1:]


def _goes_on(one: PageLine, column: _Column, two: PageLine, its: _Column) -> bool:
    """Whether the second line goes on with the paragraph of the first."""
    if not _same_size(one, two) or (ITEM.match(two.text) and ENDS.search(one.text)):
        return False
    below = two.top < one.top and min(one.right, two.right) > max(one.left, two.left)
    if (
        below
        and abs((one.left + one.right) - (two.left + two.right)) < _NEAR
        and (abs(one.left - two.left) > _NEAR and one.font == two.font)
    ):  # two lines in the middle
        return one.bottom - two.top <= column.apart + _LOOSE * one.size
    first = two.text.split(" ", 1)[0]
    needed = (two.right - two.left) * (len(first) + 1) / max(len(two.text), 1)
    full = one.right + needed > column.right - 0.5 * one.size
    indented = _INDENT * two.size < two.left - its.left < _DEEPEST_INDENT * two.size
    if not below:  # another column or page
        more = full or two.text[:1].islower()
        return more and not indented and not ENDS.search(one.text)
    if one.bottom - two.top > column.apart + _LOOSE * one.size or not full:
        return False
    return not (indented and two.left - one.left > _INDENT * two.size)
