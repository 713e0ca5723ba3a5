"""What a text has that a translation is likely to carry over: numbers, addresses, names, shape."""

from __future__ import annotations

import re
import unicodedata

_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"'«»“”)\]]+|[\w.+-]+@[\w-]+\.[\w.]+")
_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f' ]\d{3})+(?![\d])|\d+")
_CODE = re.compile(r"\b(?=\w*[A-Z])(?=\w*[a-z0-9]\w*[A-Z]|\w*\d)\w{2,}\b|\b[A-Z]{2,}\b")
_NAME = re.compile(r"(?<=[a-zà-ÿ,;] )[A-ZÀ-Þ][\w&'’-]{2,}")
_INSIDE_END = re.compile(r"[.!?…]['\")»”]*\s(?=\W*[A-ZÀ-ÞΑ-ΩА-Я])|[。！？]|[؟।]\s")
_GROUPING = re.compile(r"[.,\u00a0\u202f' ]")


def numbers(text: str) -> tuple[str, ...]:
    """The numbers of a text in order, grouping marks removed; those in URLs left out."""
    bare = _URL.sub(" ", text)
    return tuple(_digits(m) for m in _NUMBER.findall(bare))


def _digits(text: str) -> str:
    return unicodedata.normalize("NFKC", _GROUPING.sub("", text))


def anchors(text: str) -> frozenset[str]:
    """What a translation is likely to carry over: URLs, numbers, acronyms, names."""
    found = set(_URL.findall(text))
    bare = _URL.sub(" ", text)
    found.update(_digits(m) for m in _NUMBER.findall(bare))
    found.update(m.casefold() for m in _CODE.findall(bare))
    found.update(m.casefold() for m in _NAME.findall(bare))
    return frozenset(found)


def sentences(text: str) -> int:
    """About how many sentences a text has, at least 1."""
    return 1 + len(_INSIDE_END.findall(text))


def brackets(text: str) -> int:
    """How many brackets a text opens."""
    return sum(text.count(mark) for mark in "([<{")


def ends(text: str) -> str:
    """What kind of end a text has: a sentence's, a colon's, or neither, as a heading."""
    last = text.rstrip(" \"'»”’)]")[-1:]
    return "." if last in ".!?…。！？؟।" else ":" if last in ":;：" else ""
