"""Is an output the reference itself, in whole or in part?

Real systems say what a reference says in some segments; the longer a segment, the seldomer. More
of them than chance gives means that a system has seen the references, or that they were made of
its output: its scores are then no answer about other texts.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from mtbench.text.patterns import NO_LETTER_OR_DIGIT, WORD
from mtbench.text.scripts import has_words

# Words from which on segments are counted (two letters each where there are no spaces), and the
# share of them that may well be a reference. From 12 on it is .123 at most in the 13 outputs of
# WMT22, where this was set, and .007 in 22 others of WMT21 and WMT24. Short texts of programs are
# often translated in one way only.
USUAL = ((12, 1 / 8), (4, 1 / 2))
END = 40  # characters in which the last word is looked for
ONCE_IN = 5000  # outputs with the usual share would have so many by chance


class Likeness(NamedTuple):
    """An output that is the reference in more segments than chance gives.

    Attributes:
        same: Positions of the segments that are a reference, letter for letter.
        among: How many segments have a reference of that many words that is not the source.
        words: From how many words on they were counted.
    """

    same: tuple[int, ...]
    among: int
    words: int

    def sentence(self) -> str:
        """What was counted, in one clause.

        Example:
            >>> Likeness((0, 1, 3), 4, 12).sentence()
            '3 of the 4 segments with a reference of 12 words or more are it, letter for letter'
        """
        return (
            f"{len(self.same)} of the {self.among} segments with a reference of {self.words} words "
            "or more are it, letter for letter"
        )


def find_likeness(
    sources: Sequence[str], texts: Sequence[str | None], references: Sequence[tuple[str, ...]]
) -> Likeness | None:
    """Whether an output is the reference in more segments than chance gives.

    Args:
        sources: The source texts; what a reference takes over as it stands tells nothing.
        texts: The output; None for a failure.
        references: For each segment its references.

    Example:
        >>> words = "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf"
        >>> texts = [f"{words} {n}" for n in range(20)]
        >>> find_likeness([""] * 20, texts, [(text.upper(),) for text in texts]).among
        20
        >>> find_likeness([""] * 20, texts, [(words,)] * 20) is None
        True
    """
    found = [
        (at, equal)
        for at, (source, text, several) in enumerate(zip(sources, texts, references, strict=True))
        if text and (equal := _equal(source, text, several))
    ]
    for words, usual in USUAL:
        same = tuple(at for at, equal in found if has_words(equal, words))
        if not beyond_chance(len(same), len(same), usual):
            continue
        among = _could_be(sources, references, words, round(len(same) / usual))
        if beyond_chance(len(same), among, usual):
            return Likeness(same, among, words)
    return None


def _could_be(
    sources: Sequence[str], references: Sequence[tuple[str, ...]], words: int, enough: int
) -> int:
    """How many segments have a reference of so many words that is not the source.

    Counted up to ``enough``, with which those that are equal are no more than usual.
    """
    among = 0
    for source, several in zip(sources, references, strict=True):
        among += any(has_words(one, words) and not _same(one, source) for one in several)
        if among >= enough:
            break
    return among


def beyond_chance(same: int, among: int, usual: float) -> bool:
    """Whether so many are more than chance gives, by Chernoff's bound of the binomial tail.

    Args:
        same: Segments that are a reference.
        among: Segments that could be.
        usual: The share that real systems may have.

    Example:
        >>> beyond_chance(5, 5, 1 / 8), beyond_chance(4, 4, 1 / 8)
        (True, False)
        >>> beyond_chance(30, 100, 1 / 8), beyond_chance(15, 100, 1 / 8)
        (True, False)
    """
    if same <= usual * among:
        return False
    share, divergence = same / among, 0.0
    for seen, expected in ((share, usual), (1 - share, 1 - usual)):
        divergence += seen * math.log(seen / expected) if seen else 0.0
    return among * divergence > math.log(ONCE_IN)


def _equal(source: str, text: str, references: tuple[str, ...]) -> str:
    """The reference that a text is; empty where there is none, or where it is the source."""
    found = next((one for one in references if _same(text, one)), "")
    return "" if found and _same(found, source) else found


def _same(one: str, other: str) -> bool:
    """Whether two texts are one but for capitals, blanks and punctuation."""
    ends = (_first_word(one) == _first_word(other)) and _last_word(one) == _last_word(other)
    return ends and _letters(one) == _letters(other)


def _first_word(text: str) -> str:
    found = WORD.search(text)
    return _folded(found.group()) if found else ""


def _last_word(text: str) -> str:
    found = WORD.findall(text, max(0, len(text) - END))
    return _folded(found[-1][-8:]) if found else ""  # where there are no spaces, words are long


def _folded(word: str) -> str:
    return unicodedata.normalize("NFC", word.casefold())


def _letters(text: str) -> str:
    return NO_LETTER_OR_DIGIT.sub("", unicodedata.normalize("NFC", text).casefold())
