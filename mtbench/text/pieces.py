"""Cutting a text that is too long for one request, and putting its translation together again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from mtbench.languages import base_language
from mtbench.text.scripts import HAN_LANGUAGES

# Where a text is cut, the best places first: paragraphs, lines, sentences, clauses, words.
_ENDS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\n[^\S\n]{0,99}\n\s*",
        r"\n\s*",
        r"(?<=[.!?…])[\"'”’»)\]]{0,2}\s+|(?<=[。！？؟।])[」』”’）]{0,2}\s*",
        r"(?<=[,;:])\s+|(?<=[，；：、])\s*",
        r"\s+",
    )
)
_MARKS = re.compile(r"[\u0300-\u036f\u200d\ufe0f\U0001f3fb-\U0001f3ff]")  # go with what is before


class Piece(NamedTuple):
    """A part of a text.

    Attributes:
        text: What is translated.
        space: The white space behind it.
    """

    text: str
    space: str


def pieces(text: str, fits: Callable[[str], bool]) -> list[Piece]:
    """Parts of a text that fit, each as long as can be, cut where it hurts least.

    Args:
        text: Its parts, with the white space behind each, make it up again.
        fits: Whether a part is short enough; a single character must be.

    Example:
        >>> pieces("One house. Two houses.", lambda part: len(part) < 15)
        [Piece(text='One house.', space=' '), Piece(text='Two houses.', space='')]
    """
    found = []
    rest = text
    while rest and not fits(rest):
        cut = _cut(rest, fits)
        part = rest[:cut]
        bare = part.rstrip()
        found.append(Piece(bare or part, part[len(bare) :] if bare else ""))
        rest = rest[cut:]
    return [*found, Piece(rest, "")] if rest or not found else found


def _cut(text: str, fits: Callable[[str], bool]) -> int:
    """Where the longest part ends that fits; a better place is worth half of its length."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(text[:middle]) else (low, middle - 1)
    for pattern in _ENDS:
        ends = [
            found.end()
            for found in pattern.finditer(text, 0, low)
            if low // 2 <= found.end() <= low
        ]
        if ends:
            return ends[-1]
    cut = low
    while cut > 1 and cut < len(text) and _MARKS.match(text[cut]):
        cut -= 1
    return cut


def joined(parts: list[Piece], translations: list[str], source: str, target: str) -> str:
    """The translations of parts, with the white space that stood between them.

    Args:
        parts: From ``pieces``.
        translations: Of each.
        source: Language of the parts.
        target: Language of the translations, which may write spaces where the source does not.

    Example:
        >>> parts = pieces("一二三。四五六。", lambda part: len(part) < 6)
        >>> joined(parts, ["One.", "Two."], "zh", "en")
        'One. Two.'
    """
    into_han = base_language(target) in HAN_LANGUAGES
    between = " " if base_language(source) in HAN_LANGUAGES and not into_han else ""
    found = ""
    for part, translation in zip(parts, translations, strict=True):
        space = "" if into_han and "\n" not in part.space else part.space or between
        found += translation.strip() + space
    return found.strip()
