"""Paragraphs of plain text."""

from __future__ import annotations

import itertools
import re

_SPACES = re.compile(r"[ \t\r\n\f\v]+")
BLANK_LINE = re.compile(r"\n[ \t\f\v]*\n")
_WRAP_COLUMNS = 120


def clean(text: str) -> str:
    """A paragraph on one line: runs of spaces, tabs and line ends become one space."""
    return _SPACES.sub(" ", text).strip(" ")


def plain_paragraphs(text: str) -> tuple[str, ...]:
    """Paragraphs of plain text.

    A line is a paragraph, unless the text is wrapped at a column (then blank lines divide).
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    blocks = BLANK_LINE.split(lines)
    parts = blocks if _wrapped(blocks) else lines.split("\n")
    return tuple(found for part in parts if (found := clean(part)))


def _wrapped(blocks: list[str]) -> bool:
    """Whether lines were broken at a column: nearly every next word would not have fitted."""
    lines = [[clean(line) for line in block.split("\n") if clean(line)] for block in blocks]
    width = max((len(line) for block in lines for line in block), default=0)
    breaks = [
        len(one) + 1 + len(two.split(" ", 1)[0]) > width - 1
        for block in lines
        for one, two in itertools.pairwise(block)
    ]
    if width > _WRAP_COLUMNS or len(breaks) < 2:
        return False
    return sum(breaks) >= 0.6 * len(breaks)
