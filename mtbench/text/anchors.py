"""What a text has that a translation is likely to carry over: numbers, addresses, names, shape."""

from __future__ import annotations

import itertools
import re

from mtbench.text.noise import addresses, without_addresses
from mtbench.text.numbers import numbers
from mtbench.text.patterns import DIGIT

_CODE = re.compile(r"\w{2,}")
_LOWER = re.compile(r"[a-z0-9]")
_CAPITAL = re.compile(r"[A-Z]")
_NAME = re.compile(r"(?<=[a-zà-ÿ,;] )[A-ZÀ-Þ][\w&'’-]{2,}")
_INSIDE_END = re.compile(r"[.!?…]['\")»”]*\s(?=\W{0,8}[A-ZÀ-ÞΑ-ΩА-Я])|[。！？]|[؟।]\s")


def anchors(text: str) -> frozenset[str]:
    """What a translation is likely to carry over: URLs, numbers, acronyms, names."""
    found = set(addresses(text))
    bare = without_addresses(text)
    found.update(numbers(text))
    found.update(m.casefold() for m in _CODE.findall(bare) if _is_code(m))
    found.update(m.casefold() for m in _NAME.findall(bare))
    return frozenset(found)


def _is_code(word: str) -> bool:
    """Whether a word is an acronym, or has a capital inside or beside a digit: XL, iPhone, A4."""
    if not _CAPITAL.search(word):
        return False
    if DIGIT.search(word) or (word.isascii() and word.isalpha() and word.isupper()):
        return True
    first = _LOWER.search(word)
    return first is not None and _CAPITAL.search(word, first.end()) is not None


def sentences(text: str) -> int:
    """About how many sentences a text has, at least 1."""
    return 1 + len(_INSIDE_END.findall(text))


def parts(text: str) -> list[str]:
    """A text cut where one sentence seems to end and another begins.

    Example:
        >>> parts("So it is. And so on")
        ['So it is.', 'And so on']
    """
    cuts = [0, *(found.end() for found in _INSIDE_END.finditer(text)), len(text)]
    found = [text[start:end].strip() for start, end in itertools.pairwise(cuts)]
    return [part for part in found if part] or [text]


def brackets(text: str) -> int:
    """How many brackets a text opens."""
    return sum(text.count(mark) for mark in "([<{")


def ends(text: str) -> str:
    """What kind of end a text has: a sentence's, a colon's, or neither, as a heading."""
    last = text.rstrip(" \"'»”’)]")[-1:]
    return "." if last in ".!?…。！？؟।" else ":" if last in ":;：" else ""
