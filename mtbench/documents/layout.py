"""How a plain text is laid out: a paragraph per line, or wrapped at a width; what divides then."""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple, get_args

from mtbench.documents.paragraphs import clean
from mtbench.text.patterns import CLOSING, SENTENCE_END
from mtbench.text.scripts import without_spaces

Layout = Literal["lines", "blocks", "indents", "hanging", "flush"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)

ITEM = re.compile(r"(?:[-*+•‣▪◦–—]|\(?\d{1,3}[.)]|\(?[a-z]\))\s+(?=\S)")
"""What an item of a list begins with."""
ENDS = re.compile(rf"[{SENTENCE_END}:][{CLOSING}]*$")
"""How a line ends with which a sentence ends."""
_INNER = re.compile(rf"(?:[{SENTENCE_END}][{CLOSING}]{{0,3}}\s|[。！？][{CLOSING}]{{0,3}})(?=(.))")
"""Where a sentence ends within a line, with what follows it."""
_ROW = re.compile(r"\||\+[-=]")
"""What a row of a drawn table begins with."""
_OPENING = re.compile(r"^[\W_]+")
_HYPHENS = "-\N{SOFT HYPHEN}\N{HYPHEN}"

# "Nord- und Südsee": the hyphen stands for the rest of the word.
_AFTER_A_PART = frozenset(
    ["and", "bis", "e", "en", "et", "o", "oder", "of", "or", "ou", "to", "und", "y"]
)

_PART = 3  # letters; more than that make a word
_WIDTHS = (20, 200)  # columns; nobody wraps text at less or more
_USUAL = 0.95  # of the lines are no wider than the width, where some stick out far
_STICKING_OUT = 4  # columns
_FEWEST_LINES = 3  # lines that can tell anything
_WITHIN = 0.12  # of the lines, at least, end in the middle of a sentence
_UNMARKED = 0.85  # of the lines, from which on that says nothing: then as many ...
_MANY = 0.4  # ... must come to their end
_FULL = 0.85  # of those, at least, could not have held the next word, or only just
_FULL_ALL = 0.95  # of all lines without a blank one below, where sentences tell nothing
_NEARLY_FULL = 0.9
_RAGGED = 0.05  # of those may be shorter than what counts as the end of a line
_BASE = 0.05  # of the lines, at least, begin where lines begin
_INDENTED = 0.03  # of the lines, at least, where indents divide
_STRAY = 0.3  # of what others do: lines that begin a paragraph seldom go on with a sentence
_GREEDY = 0.75  # of the lines within sentences could not have held the next word
_PILED = 0.5  # of them at a margin that no line crosses: by chance it is one in ten
_FEWEST_PILED = 5  # lines that make such a margin
_KINSOKU = 2  # columns by which marks that may not begin a line stick out, or pull a letter down
_CLEARLY = 0.9  # where blank lines divide already, a line that ends a paragraph is this short

_WORDS: dict[Layout, str] = {
    "lines": "a paragraph per line",
    "blocks": "paragraphs apart by blank lines",
    "indents": "paragraphs that begin with an indent",
    "hanging": "paragraphs of which all lines but the first are indented",
    "flush": "paragraphs that end with a short line",
}


class Reading(NamedTuple):
    """A text as it was read.

    Attributes:
        paragraphs: Its paragraphs.
        words: How it is laid out, for people.
    """

    paragraphs: tuple[str, ...]
    words: str


class _Row(NamedTuple):
    """A line: its text, the column it begins at and ends at, and the blank lines above it."""

    text: str
    start: int
    end: int
    blank: int


class _Wrapped(NamedTuple):
    """What is known of a text that was wrapped.

    Attributes:
        width: In columns.
        full: A line that has come to its end takes more than this with the next word.
        sure: Share of the lines which end within a sentence that have come to their end.
        greedy: Whether each line holds what it can, so that a shorter one ends a paragraph.
        shown: The layout, where only that shows that lines go on.
    """

    width: int
    full: int
    sure: float
    greedy: bool = False
    shown: Layout | None = None


def read_text(text: str, layout: Layout | None = None) -> Reading:
    r"""The paragraphs of a plain text.

    A line is one, unless the text was wrapped at a width: then lines end within sentences, where
    they could not have held the first word of the next. There, blank lines divide paragraphs, or
    indents, or short lines.

    Args:
        text: The text.
        layout: How it is laid out, where the user says it.

    Example:
        >>> read_text("One line.\n\nAnother one.").words
        'a paragraph per line'
        >>> text = "A text that somebody had\nwrapped at a width goes\non, and it ends\n"
        >>> read_text(text + "there.\n", "blocks").paragraphs
        ('A text that somebody had wrapped at a width goes on, and it ends there.',)
    """
    rows, doubled, wrapped = _measured(text)
    if layout is None:
        layout = (wrapped.shown or _layout(rows, wrapped)) if wrapped else "lines"
    if layout == "lines":
        return Reading(tuple(row.text for row in rows), _WORDS["lines"])
    known = wrapped or _Wrapped(max((row.end for row in rows), default=0), 0, 0.0)
    paragraphs = tuple(_divided(rows, layout, known))
    spaced = ", double-spaced" if doubled else ""
    return Reading(paragraphs, f"wrapped at {known.width} columns{spaced}, {_WORDS[layout]}")


def _measured(text: str) -> tuple[list[_Row], bool, _Wrapped | None]:
    """Lines, whether they are double-spaced, and what is known of their width.

    Programs that wrap count characters or columns: which of them is seen by what comes out even.
    """
    found = []
    for width_of in (len,) if text.isascii() else (_columns, len):
        rows, doubled = _single_spaced(list(_rows(text, width_of)))
        found.append((rows, doubled, _wrapped(rows)))
    return max(found, key=lambda one: one[2].sure if one[2] else 0.0)


def _rows(text: str, width_of: Callable[[str], int]) -> Iterator[_Row]:
    blank = 0
    for line in text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n").split("\n"):
        plain = line.expandtabs(8).rstrip()
        said = clean(plain.strip())
        if not said:
            blank += 1
            continue
        start = width_of(plain[: len(plain) - len(plain.lstrip())])
        yield _Row(said, start, width_of(plain), blank)
        blank = 0


def _columns(text: str) -> int:
    """How wide a text is shown, letters of East Asia counting twice."""
    return sum(
        2 if unicodedata.east_asian_width(one) in "WF" else unicodedata.category(one) != "Mn"
        for one in text
    )


def _single_spaced(rows: list[_Row]) -> tuple[list[_Row], bool]:
    """Rows without the blank line that stands between any two, where that is how they are set."""
    least = min((row.blank for row in rows[1:]), default=0)
    if not least or len(rows) < _FEWEST_LINES:
        return rows, False
    closer = [rows[0], *(row._replace(blank=row.blank - least) for row in rows[1:])]
    return (closer, True) if _wrapped(closer) else (rows, False)


def _needed(one: _Row, two: _Row) -> int:
    """Columns that a line would have taken with the first word of the next."""
    if without_spaces(two.text[:1]):
        return one.end + _columns(two.text[:1]) + _KINSOKU
    word = itertools.takewhile(lambda sign: sign != " " and not without_spaces(sign), two.text)
    return one.end + len(separator(one.text, two.text)) + _columns("".join(word))


def _within(one: _Row, two: _Row) -> bool:
    """Whether a line ends in the middle of a sentence: the next begins with a small letter."""
    begun = ITEM.match(two.text) or _ROW.match(two.text)
    first = "" if begun else _OPENING.sub("", two.text)[:1]
    if first.isalpha() and first.upper() == first.lower():  # a script that has no small letters
        return not ENDS.search(one.text)
    return first.islower()


def _goes_on(one: _Row, two: _Row, wrapped: _Wrapped) -> bool:
    """Whether a sentence goes on from line to line, so far as its signs and the width show."""
    first = _OPENING.sub("", two.text)[:1]
    return _within(one, two) and (first.islower() or _needed(one, two) > wrapped.full)


def _wrapped(rows: Sequence[_Row]) -> _Wrapped | None:
    """Whether a text was wrapped, and at which width."""
    if len(rows) < _FEWEST_LINES:
        return None
    ends = sorted(row.end for row in rows)
    width, widest = ends[math.ceil(_USUAL * (len(ends) - 1))], ends[-1]
    width = widest if widest - width <= _STICKING_OUT else width
    pairs = [(one, two) for one, two in itertools.pairwise(rows) if not two.blank]
    needed = sorted(_needed(one, two) for one, two in pairs if _within(one, two))
    least = _WITHIN
    if len(needed) > _UNMARKED * len(pairs):  # a script without marks at the end of a sentence
        needed, least = [one for one in needed if one > _NEARLY_FULL * width], _MANY
    shown: Layout | None = None
    if len(needed) < max(_FEWEST_LINES - 1, least * len(pairs)):
        shown, needed = _shown(rows, width)
    if not needed or not _WIDTHS[0] <= width <= _WIDTHS[1]:
        return None
    greedy = sum(one > width for one in needed)
    piled = bool(shown) or (width == widest and greedy >= max(_FEWEST_PILED, _PILED * len(needed)))
    full = sum(one > _NEARLY_FULL * width for one in needed)
    if full < _FULL * len(needed) and not piled:
        return None
    ragged = needed[int(_RAGGED * len(needed))] - 1
    even = piled or greedy >= _GREEDY * len(needed)
    return _Wrapped(
        width, width if even else min(width, ragged), greedy / len(needed), piled, shown
    )


def _shown(rows: Sequence[_Row], width: int) -> tuple[Layout | None, list[int]]:
    """A layout which shows that lines go on, and the columns that each needed with the next word.

    Capitals may hide where sentences go on. But where some lines stand together, by blank lines or
    indents, a text was wrapped if they are full, and uneven, other than rows of a table.
    """
    base = _base(rows)
    pairs = list(itertools.pairwise(rows))
    close = [(one, two) for one, two in pairs if not two.blank]
    together: dict[Layout, list[tuple[_Row, _Row]]] = {
        "blocks": close,
        "indents": [(one, two) for one, two in close if two.start <= base],
        "hanging": [(one, two) for one, two in close if two.start > base],
    }
    for layout, some in together.items():
        needed = sorted(_needed(one, two) for one, two in some)
        full = sum(one > width for one in needed)
        uneven = len({one.end for one, _ in some}) > 1
        enough = max(_FEWEST_LINES - 1, _FULL_ALL * len(needed))
        if uneven and len(needed) < len(pairs) and full >= enough:
            return layout, needed
    return None, []


def _layout(rows: Sequence[_Row], wrapped: _Wrapped) -> Layout:
    """What divides the paragraphs of a wrapped text."""
    base = _base(rows)
    pairs = list(itertools.pairwise(rows))
    deeper = [two.start > base for _, two in pairs]
    if sum(deeper) >= max(2, _INDENTED * len(rows)):
        signs = [[_goes_on(one, two, wrapped) for one, two in pairs]]
        if wrapped.greedy:  # before a line that goes on with a paragraph, any line is full
            signs.append([_needed(one, two) > wrapped.full for one, two in pairs])
        for going_on in signs:
            inner, usual = _shares(going_on, deeper)
            if inner <= _STRAY * usual:
                return "indents"
            if usual <= _STRAY * inner:
                return "hanging"
    return "blocks" if any(row.blank for row in rows[1:]) else "flush"


def _shares(said: Sequence[bool], deeper: Sequence[bool]) -> tuple[float, float]:
    """Of how many indented lines something is said, and of how many others."""
    inner = sum(one for one, deep in zip(said, deeper, strict=True) if deep)
    usual = len(deeper) - sum(deeper)
    return inner / max(sum(deeper), 1), (sum(said) - inner) / max(usual, 1)


def _base(rows: Sequence[_Row]) -> int:
    """The column at which lines begin, those with an indent aside."""
    counts = Counter(row.start for row in rows)
    return min(
        (at for at, count in counts.items() if count >= max(2, _BASE * len(rows))), default=0
    )


def _divided(rows: Sequence[_Row], layout: Layout, wrapped: _Wrapped) -> Iterator[str]:
    words = Counter(word for row in rows for word in row.text.split())
    base = _base(rows)
    hidden = layout == "flush" and _hidden_ends(rows, wrapped)
    text = ""
    for number, row in enumerate(rows):
        before = rows[number - 1] if number else None
        if before and not (
            _divides(before, row, layout, wrapped, base) or (hidden and _may_be_last(before, row))
        ):
            text = joined(text, row.text, words)
            continue
        if text:
            yield text
        text = row.text
    if text:
        yield text


def _divides(one: _Row, two: _Row, layout: Layout, wrapped: _Wrapped, base: int) -> bool:
    """Whether a paragraph ends between two lines."""
    if two.blank or _ROW.match(two.text) or _ROW.match(one.text):
        return True
    share = _CLEARLY if layout == "blocks" else 1.0
    short = _needed(one, two) <= share * wrapped.full
    if ITEM.match(two.text) and (short or ENDS.search(one.text)):
        return True
    if layout in ("indents", "hanging"):
        return (two.start > base) == (layout == "indents")
    return short and (wrapped.greedy or not _goes_on(one, two, wrapped))


def _may_be_last(one: _Row, two: _Row) -> bool:
    """Whether a sentence ends with a line, and with it perhaps a paragraph."""
    return bool(ENDS.search(one.text)) and not _within(one, two)


def _hidden_ends(rows: Sequence[_Row], wrapped: _Wrapped) -> bool:
    """Whether more full lines that end a sentence end a paragraph than do not.

    The last line of a paragraph is of any length, so that by chance it could not have held the
    next word either: in as many of them as that word takes of the width. By the same chance a
    sentence within a paragraph ends with a line. Short lines and sentences that end within lines
    are seen, and tell how many of either are not.
    """
    if not wrapped.greedy:
        return False
    last = inner = 0.0
    for one, two in itertools.pairwise(rows):
        word = _needed(one, two) - one.end
        inner += word * sum(not found[1].islower() for found in _INNER.finditer(one.text))
        if not two.blank and _may_be_last(one, two) and one.end + word <= wrapped.full:
            last += word
    return last > inner


def separator(one: str, two: str) -> str:
    """What stands between two parts of a text that a line end divided.

    Example:
        >>> separator("to", "be"), separator("中", "文")
        (' ', '')
    """
    return "" if without_spaces(one[-1:]) or without_spaces(two[:1]) else " "


def joined(one: str, two: str, words: Counter[str]) -> str:
    """Two lines run together; a word that was divided at the end of the first is made whole.

    Args:
        one: The first line, or all before it.
        two: The line after it.
        words: How often the text has each word: a hyphen stays where that makes known ones.

    Example:
        >>> joined("a divi-", "ded word", Counter())
        'a divided word'
        >>> joined("is well-", "known", Counter({"well-known": 1}))
        'is well-known'
    """
    head, tail = one[:-1].rsplit(" ", 1)[-1], two.split(" ", 1)[0]
    divided = one[-1:] in _HYPHENS and head[-1:].isalnum() and tail[:1].isalnum()
    if not divided or tail in _AFTER_A_PART:
        return one + separator(one, two) + two
    if not (head[-1].isalpha() and tail[0].islower()):
        return f"{one[:-1]}-{two}"
    kept, whole = words[f"{head}-{tail}"], words[head + tail]
    parts = min(len(head), len(tail)) > _PART and words[head] and words[tail]
    return f"{one[:-1]}-{two}" if kept > whole or (parts and not whole) else one[:-1] + two
