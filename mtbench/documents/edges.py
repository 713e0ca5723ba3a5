"""How likely the translation of a segment begins or ends at each place of a document.

A beginning is held against the source's: the kind of character (a capital, a digit, ``@``, a
quote), the first words by n-grams and dictionary, and whether a sentence or a line ends before it.
An end likewise, by the mark, tag or picture that it closes with. It says most where pieces in the
middle say least: posts of a few words without a mark between them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mtbench.documents.pieces import AT_COMMA, WITHIN, CutText
from mtbench.text.patterns import HAN, URL

Array = NDArray[np.float64]

OF_BEGINNINGS = (
    "comma",
    "within",
    "line",
    "joined",
    "alike",
    "unlike",
    "small",
    "capital",
    "n-grams",
    "dictionary",
)
OF_PLACE = 4  # of these, the first that no source takes part in
OF_ENDS = (
    "alike",
    "unlike",
    "its own",
    "without a mark",
    "with a mark",
    "n-grams",
    "dictionary",
)
NEAR, NEAR_HAN = 30, 14  # characters of a segment that its beginning or end has
FEW, FEW_HAN = 3, 6  # pieces of a text likewise
_QUOTES = "\"'«»“”„‘’「」『』"
_PICTURE = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff]")
_OPEN_ENDS = (*"。！？；：，、", "")


def kind_of_beginning(text: str) -> str:
    """What a text begins with, in a character.

    Example:
        >>> [kind_of_beginning(text) for text in ("Yes", "no", "@me", " 12 km", "«Да»", "好", "")]
        ['A', 'a', '@', '0', '"', 'x', '']
    """
    first = unicodedata.normalize("NFKC", text.lstrip()[:1])[:1]
    if first in _QUOTES and first:
        return '"'
    if _PICTURE.match(first):
        return "+"
    if first.isdigit():
        return "0"
    if first.isalpha():
        return "A" if first.isupper() else "a" if first.islower() else "x"
    return first


def kind_of_end(text: str) -> str:
    """What a text ends with, in a character.

    Example:
        >>> [kind_of_end(text) for text in ("Yes.", "no", "so #true", "好！", "he said: “No.”", "")]
        ['.', 'a', '#', '!', '"', '']
    """
    text = text.rstrip()[-200:].rstrip("\ufe0f\u200d").rstrip()
    last = text[-1:]
    token = text.split()[-1] if text else ""
    if URL.match(token):
        return "/"
    if token[:1] == "#" and len(token) > 1:
        return "#"
    if _PICTURE.match(last):
        return "+"
    plain = unicodedata.normalize("NFKC", last)[:1]
    if plain in _QUOTES and plain:
        return '"'
    if plain in ("。", "।"):
        return "."
    return "a" if plain.isalnum() else plain


def first_part(text: str) -> str:
    """A text's beginning, of whole words.

    Example:
        >>> first_part("It has been raining for three days now."), first_part("好" * 20)
        ('It has been raining for three', '好好好好好好好好好好好好好好')
    """
    return _first_words(text.split(), text.strip()[:NEAR_HAN])


def last_part(text: str) -> str:
    """A text's end, likewise."""
    words = text.split()[::-1]
    own = text.strip()[-NEAR_HAN:]
    return own if HAN.search(own) else " ".join(_first_words(words, "").split()[::-1])


def _first_words(words: Sequence[str], han: str) -> str:
    """Words until they are long enough, or what is given where that is Han."""
    if HAN.search(han):
        return han
    found: list[str] = []
    size = 0
    for word in words:
        if size >= NEAR:
            break
        found.append(word)
        size += len(word) + 1
    return " ".join(found)


def of_beginnings(text: str, pieces: CutText, sources: Sequence[str]) -> Array:
    """What is seen of each piece's beginning: (pieces, segments, len(OF_BEGINNINGS))."""
    found = np.zeros((len(pieces.spans), len(sources), len(OF_BEGINNINGS)))
    said = [text[start:end] for start, end in pieces.spans]
    own = np.array([kind_of_beginning(one) for one in said])[:, None]
    theirs = np.array([kind_of_beginning(one) for one in sources])[None]
    letters = ("A", "a", "x", "")
    special, say = ~np.isin(theirs, letters), ~np.isin(own, letters)
    found[..., 0] = (pieces.behind == AT_COMMA)[:, None]
    found[..., 1] = (pieces.behind == WITHIN)[:, None]
    blank = [one[: len(one) - len(one.lstrip())] for one in said]
    found[1:, :, 2] = np.array(["\n" in one for one in blank[1:]])[:, None]
    joined = [
        not b and not HAN.match(a) and text[at - 1 : at] not in _OPEN_ENDS
        for a, b, (at, _) in zip(said, blank, pieces.spans, strict=True)
    ]
    found[1:, :, 3] = np.array(joined[1:])[:, None]
    found[..., 4] = (own == theirs) & special
    found[..., 5] = (own != theirs) & (special | say)
    found[..., 6] = (own == "a") & (theirs == "A")
    found[..., 7] = (own == "A") & (theirs == "a")
    return found


def of_ends(text: str, pieces: CutText, sources: Sequence[str]) -> Array:
    """What is seen of each piece's end: (pieces, segments, len(OF_ENDS))."""
    found = np.zeros((len(pieces.spans), len(sources), len(OF_ENDS)))
    own = np.array([_kind_at(text, *span) for span in pieces.spans])[:, None]
    theirs = np.array([kind_of_end(one) for one in sources])[None]
    plain = (".", "a", "")
    special, say = ~np.isin(theirs, plain), ~np.isin(own, plain)
    found[..., 0] = (own == theirs) & special
    found[..., 1] = (own != theirs) & special
    found[..., 2] = ~special & say
    found[..., 3] = (own == "a") & (theirs == ".")
    found[..., 4] = (own == ".") & (theirs == "a")
    return found


def _kind_at(text: str, start: int, end: int) -> str:
    """The kind of end that a piece is, given what stands before it without a blank."""
    longest = max(0, end - 200)
    blank = max(text.rfind(" ", longest, end), text.rfind("\n", longest, end))
    return kind_of_end(text[max(longest, min(blank + 1, start)) : end])
