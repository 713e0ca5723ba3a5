"""A document's text cut at three sizes: pieces that are never divided, clauses, and sentences.

All are found by marks, line ends and blanks alone, so that a language needs no list.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mtbench.text.patterns import HAN, HAN_RANGES

Numbers = NDArray[np.int64]

WITHIN, AT_COMMA, AT_END = 2, 1, 0  # what a piece begins behind
SHORTEST_CLAUSE = 18  # characters; half as many where a character is a word

_MARKS = ",;:.!?…。！？؟।，；：、—–"
_CLOSERS = "'\")»”’」』）]"
_PIECE = re.compile(
    rf"(?:[{HAN_RANGES}]|[^\s{_MARKS}{HAN_RANGES}]+|(?=[{_MARKS}]))"
    rf"(?:[{_MARKS}]+['\")»”’」』）\]]*)?"
)
_ENDS, _COMMAS = frozenset(".!?…。！？؟।"), frozenset(",;:，；：、—–")
_FULL_WIDTH = frozenset("。！？")
_PICTURE = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff\ufe0f\u200d]")
_WORD = re.compile(r"\w")


class CutText(NamedTuple):
    """A text in pieces.

    Attributes:
        spans: Start and end of each piece, the blanks before it being its own.
        lengths: Characters, the blanks before a word being one: shape (pieces,).
        behind: ``AT_END``, ``AT_COMMA`` or ``WITHIN``, of each piece's beginning: (pieces,).
        clause: Number of the clause that each piece is in: (pieces,).
        sentence: Number of the sentence: (pieces,).
    """

    spans: list[tuple[int, int]]
    lengths: NDArray[np.float64]
    behind: Numbers
    clause: Numbers
    sentence: Numbers

    def texts(self, text: str, owners: Numbers) -> list[str]:
        """The texts of clauses or sentences.

        Args:
            text: That was cut.
            owners: ``clause`` or ``sentence``.
        """
        starts = np.flatnonzero(np.diff(owners, prepend=-1))
        ends = [*starts[1:], len(owners)]
        return [
            " ".join(text[self.spans[start][0] : self.spans[end - 1][1]].split())
            for start, end in zip(starts, ends, strict=True)
        ]


def cut(text: str, *, capitals: bool) -> CutText:
    """Cuts a text.

    Args:
        text: Of a document.
        capitals: Whether a capital within a sentence is likely to begin something, as it is not
            in German.

    Example:
        >>> found = cut("Well, yes. No!", capitals=True)
        >>> [text for text in found.texts("Well, yes. No!", found.sentence)]
        ['Well, yes.', 'No!']
    """
    spans: list[tuple[int, int]] = []
    end = 0
    for match in _PIECE.finditer(text):
        spans.append((end, match.end()))
        end = match.end()
    behind = [AT_END, *(_behind(text, *both) for both in pairwise(spans))][: len(spans)]
    lengths = [_length(text[start:end]) for start, end in spans]
    sentence = _sentences(text, spans, behind)
    clause = _clauses(text, spans, sentence, behind, lengths, capitals)
    return CutText(
        spans,
        np.array(lengths, dtype=np.float64),
        np.array(behind, dtype=np.int64),
        np.array(clause, dtype=np.int64),
        np.array(sentence, dtype=np.int64),
    )


def _length(piece: str) -> int:
    return len(piece.strip()) + piece[:1].isspace()


def _behind(text: str, before: tuple[int, int], piece: tuple[int, int]) -> int:
    said = text[slice(*before)]
    last = said.rstrip(_CLOSERS)[-1:]
    here = text[slice(*piece)]
    blank = here[: len(here) - len(here.lstrip())]
    begun = here.lstrip()[:1]
    if _PICTURE.match(begun):
        return WITHIN  # it goes with what was said before it
    if begun == "#":
        return AT_COMMA  # so do most tags
    if "\n" in blank or last in _FULL_WIDTH or (last in _ENDS and (blank or said[-1] in _CLOSERS)):
        return AT_END
    if last in _ENDS:
        return AT_COMMA  # a full stop within a word or number, or a blank left out
    return AT_COMMA if last in _COMMAS else WITHIN


def _sentences(text: str, spans: list[tuple[int, int]], behind: list[int]) -> list[int]:
    """The sentence of each piece; marks alone go with the sentence before them."""
    found: list[int] = []
    number = -1
    starts = [at for at, kind in enumerate(behind) if kind == AT_END]
    for start, end in pairwise([*starts, len(spans)]):
        said = text[spans[start][0] : spans[end - 1][1]]
        if number < 0 or _WORD.search(said) or _PICTURE.search(said):
            number += 1
        found += [number] * (end - start)
    return found


def _clauses(
    text: str,
    spans: list[tuple[int, int]],
    sentence: list[int],
    behind: list[int],
    lengths: list[int],
    capitals: bool,
) -> list[int]:
    """The clause of each piece: sentences cut again where something may begin, unless too short."""
    found: list[int] = []
    size = left = number = 0
    last_of: dict[int, int] = {}
    for at, one in enumerate(sentence):
        last_of[one] = last_of.get(one, 0) + lengths[at]
    for at, one in enumerate(sentence):
        new = bool(at) and one != sentence[at - 1]
        if new or not at:
            left = last_of[one]
        here = text[slice(*spans[at])].lstrip()
        enough = SHORTEST_CLAUSE // 2 if HAN.match(here) else SHORTEST_CLAUSE
        before = text[slice(*spans[at - 1])] if at else ""
        if not new and at and min(size, left) >= enough:
            new = behind[at] == AT_COMMA or _begins(before, here, capitals)
        number += new
        size = lengths[at] if new else size + lengths[at]
        left -= lengths[at]
        found.append(number)
    return found


def _begins(before: str, here: str, capitals: bool) -> bool:
    """Whether something may begin at a piece, though no mark is before it."""
    if here[:1] in "@#" or (_PICTURE.match(before[-1:]) and not _PICTURE.match(here[:1])):
        return True
    return capitals and here[:1].isupper() and here[1:2].islower() and before[-1:].islower()
