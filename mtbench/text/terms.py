"""Whether a text uses a term, in any form of its inflection."""

from __future__ import annotations

import functools
import re
import unicodedata

from mtbench.languages import base_language
from mtbench.text.patterns import WORD
from mtbench.text.scripts import UNSPACED

# They write compounds in one word, or articles and suffixes on to a noun: a term may stand within.
_WITHIN = frozenset(
    ["af", "ar", "da", "de", "et", "eu", "fa", "fi", "fo", "fy", "he", "hu", "is", "ka", "lb", "nb",
     "nl", "nn", "no", "sv"]
)  # fmt: skip
# Their words hardly change.
_STIFF = frozenset({"en", "vi", "id", "ms"})
_SHORTEST_WITHIN = 5  # letters of a term that may stand within another word


def uses(term: str, text: str, tag: str, *, inflected: bool = True) -> bool:
    """Whether a text of a language has a term: as it stands, or in a form of it.

    Case and accents do not count. Of each word its beginning decides: up to three letters of the
    end may change, and some may be added; where compounds are written in one word, a term may be
    part of one. Irregular forms (go, went) have to be named as terms of their own.

    Args:
        term: One word, or several that follow each other.
        text: The text.
        tag: Its language.
        inflected: Whether other forms count at all.

    Example:
        >>> uses("gestore ferroviario", "I gestori ferroviari protestano", "it")
        True
        >>> uses("Zelle", "In den Tabellenzellen", "de"), uses("car", "Carpets", "en")
        (True, False)
    """
    base = base_language(tag)
    folded, wanted = _folded(text), _folded(term).strip()
    if base in UNSPACED or base == "ko":
        return wanted in folded
    words, sought = _words(folded), _words(wanted)
    if not sought:
        return wanted in folded
    if not inflected:
        return any(words[at : at + len(sought)] == sought for at in range(len(words)))
    last = len(words) - len(sought)
    return any(
        all(_same(one, words[at + i], base) for i, one in enumerate(sought))
        for at in range(last + 1)
    )


def stands(name: str, text: str) -> bool:
    """Whether a name stands in a text as it is, letter for letter, and not inside a word.

    An s may follow, and a few letters a longer name, as in languages that inflect names.

    Example:
        >>> stands("Tor", "Nach Torino"), stands("mtbench", "请使用mtbench"), stands("Tor", "tor")
        (False, True, False)
        >>> stands("LibreOffice", "LibreOffices Hilfe")
        True
    """
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        after = re.match(r"[^\W\d_]*", text[end : end + 6])
        ending = after.group() if after else ""
        free = not _joins(ending[:1]) or ending == "s" or (len(name) > 4 and len(ending) <= 4)
        inside = name[:1].isalnum() and at > 0 and _joins(text[at - 1])
        if not inside and (free or not name[-1:].isalnum()):
            return True
        at = text.find(name, at + 1)
    return False


def _joins(character: str) -> bool:
    """Whether a character would make a longer word of what stands beside it."""
    return character.isalnum() and not "\u2e80" <= character < "\U000e0000"


def _same(term: str, word: str, base: str) -> bool:
    if term == word:
        return True
    size = len(term)
    if size < 3 or not term.isalpha():
        return False
    changes = 1 if base in _STIFF or size <= 4 else 2 if size <= 6 else 3
    stem = term[: max(3, size - changes)]
    more = 3 if size <= 4 else 6
    if word.startswith(stem):
        return len(word) <= size + more or base in _WITHIN
    return base in _WITHIN and size >= _SHORTEST_WITHIN and stem in word


@functools.lru_cache(maxsize=4096)
def _words(folded: str) -> list[str]:
    return WORD.findall(folded)


def _folded(text: str) -> str:
    if text.isascii():
        return text.casefold()
    apart = unicodedata.normalize("NFD", text.casefold())
    return unicodedata.normalize("NFC", "".join(c for c in apart if not unicodedata.combining(c)))
