"""Pieces of lines on a page to lines in the order of reading: column by column."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

CHARACTERS_APART = 1.5
"""Widths of a character, above which two belong to two pieces."""
_SPACE = 2.5  # of the size, up to which two pieces in a row are one line
_GUTTER = 6.0  # points between two columns, at least
_CROSSING = (0.0, 0.05, 0.1, 0.2)  # of the rows may cross it: headings, figures with captions
_COLUMN = 4  # lines on either side, at least
_BESIDE = 0.5  # of the lines of the shorter column, at least, have one of the other beside them
_STEP = 2  # points


class PageLine(NamedTuple):
    """A line on a page, or a piece of one.

    Attributes:
        text: What it says.
        left, right, bottom, top: Where it stands, in points from the lower left corner.
        size: Of most of its characters, in points.
        font: Of most of its characters.
    """

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    font: str


def ordered(pieces: Sequence[PageLine]) -> list[PageLine]:
    """The lines of a page, whole and in the order of reading.

    Where a strip that few lines cross runs down the page, what is left of it is read first, down
    to the next line that crosses it.

    Args:
        pieces: What was found on the page, in any order.

    Example:
        >>> piece = PageLine("one", 10, 30, 80, 90, 10, "F")
        >>> [line.text for line in ordered([piece._replace(text="two", left=35, right=50), piece])]
        ['one two']
    """
    if not pieces:
        return []
    gutter = _gutter(pieces)
    if gutter is None:
        return _rows(pieces)
    crossing = [one for one in pieces if one.left < gutter < one.right]
    beside = sorted((one for one in pieces if one not in crossing), key=lambda one: -one.bottom)
    found: list[PageLine] = []
    for line in [*_rows(crossing), None]:
        above = [one for one in beside if line is None or one.bottom > line.bottom]
        beside = beside[len(above) :]
        found += ordered([one for one in above if one.right <= gutter])
        found += ordered([one for one in above if one.left >= gutter])
        found += [line] if line else []
    return found


def _rows(pieces: Sequence[PageLine]) -> list[PageLine]:
    """Pieces from top to bottom, those that stand in one row run together."""
    found: list[PageLine] = []
    for row in _in_rows(pieces):
        line, *rest = sorted(row, key=lambda one: one.left)
        for piece in rest:
            if piece.left - line.right > _SPACE * max(piece.size, line.size):
                found.append(line)
                line = piece
            else:
                line = _run(line, piece)
        found.append(line)
    return found


def _in_rows(pieces: Sequence[PageLine]) -> list[list[PageLine]]:
    rows: list[list[PageLine]] = []
    for piece in sorted(pieces, key=lambda one: (-one.bottom, one.left)):
        if rows and _one_row(rows[-1][0], piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return rows


def _one_row(one: PageLine, two: PageLine) -> bool:
    return _overlap(one, two) > 0.5 * min(one.top - one.bottom, two.top - two.bottom)


def _overlap(one: PageLine, two: PageLine) -> float:
    return min(one.top, two.top) - max(one.bottom, two.bottom)


def _run(one: PageLine, two: PageLine) -> PageLine:
    longer = max(one, two, key=lambda line: len(line.text))
    return longer._replace(
        text=f"{one.text} {two.text}",
        left=one.left,
        right=max(one.right, two.right),
        bottom=min(one.bottom, two.bottom),
        top=max(one.top, two.top),
    )


def _gutter(pieces: Sequence[PageLine]) -> float | None:
    """Middle of the widest strip between two columns; None where there is one column.

    One that nothing crosses is looked for first.
    """
    left, right = min(one.left for one in pieces), max(one.right for one in pieces)
    rows = len(_in_rows(pieces))
    crossed = [
        (at, sum(one.left < at < one.right for one in pieces))
        for at in range(int(left), int(right) + 1, _STEP)
    ]
    for share in _CROSSING:
        strips = []
        for free, run in itertools.groupby(_free(crossed, share * rows), lambda one: one[1]):
            places = [at for at, _ in run]
            wide, middle = places[-1] - places[0], (places[0] + places[-1]) / 2
            if free and wide >= _GUTTER and _divides(pieces, middle):
                strips.append((wide, middle))
        if strips:
            return max(strips)[1]
    return None


def _free(crossed: Sequence[tuple[int, int]], most: float) -> list[tuple[int, bool]]:
    return [(at, count <= most) for at, count in crossed]


def _divides(pieces: Sequence[PageLine], at: float) -> bool:
    """Whether there are columns on both sides, one beside the other."""
    here = [one for one in pieces if one.right <= at]
    there = [one for one in pieces if one.left >= at]
    few, many = sorted((here, there), key=len)
    if len(few) < _COLUMN:
        return False
    beside = sum(any(_overlap(one, two) > 0 for two in many) for one in few)
    return beside >= _BESIDE * len(few)
