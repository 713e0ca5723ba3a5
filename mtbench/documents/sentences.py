"""Sentences of paragraphs."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from mtbench.languages import base_language
from mtbench.plugins import require

Split = Callable[[str], list[str]]

_FULL_WIDTH = re.compile(
    r"(?<=[。！？…])(?![。！？…”’」』）)\]\"'])|(?<=[。！？…][”’」』）)\]\"'])"
)
_UNSPACED = frozenset({"ja", "yue", "zh"})
# Abbreviations that the package's Italian list lacks: no sentence ends with one.
_ITALIAN = re.compile(
    r"(?:^|[\s('’])(?:sigg?|sig\.ra|dott|art|artt|pagg?|avv|ing|prof|cfr|n|tel)\.$", re.I
)


@functools.lru_cache(maxsize=64)
def splitter(language: str) -> tuple[Split, bool]:
    """How texts of a language are split into sentences.

    Args:
        language: Its tag.

    Returns:
        The function, and whether it knows the language's abbreviations.

    Raises:
        MissingExtra: If sentence-splitter is not installed.
    """
    base = base_language(language)
    if base in _UNSPACED:
        return _split_full_width, True
    module = require("sentence_splitter", "splitting into sentences", "text")
    try:
        made = module.SentenceSplitter(language=base)
        known = True
    except module.SentenceSplitterException:
        made, known = module.SentenceSplitter(language="en"), False

    def split(text: str) -> list[str]:
        return _glued([s for s in made.split(text) if s.strip()], base)

    return split, known


def _split_full_width(text: str) -> list[str]:
    return [part.strip() for part in _FULL_WIDTH.split(text) if part.strip()]


def _glued(sentences: list[str], language: str) -> list[str]:
    if language != "it":
        return sentences
    found: list[str] = []
    for sentence in sentences:
        if found and _ITALIAN.search(found[-1]):
            found[-1] = f"{found[-1]} {sentence}"
        else:
            found.append(sentence)
    return found
