"""Boilerplate: lines that recur across documents."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence

from mtbench.text.patterns import NO_LETTER_OR_DIGIT


def line_key(text: str) -> str:
    """A line as it is compared: compatibility form, case folded, letters and digits alone."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return NO_LETTER_OR_DIGIT.sub(" ", folded).strip()


def recurring(documents: Sequence[Sequence[str]], languages: Sequence[str]) -> set[tuple[str, str]]:
    """Lines that stand in two documents of one language or more.

    Args:
        documents: Paragraphs of each document, versions of one text left out.
        languages: Language of each document.

    Returns:
        Pairs of language and line key. A line without letters or digits has an empty key and
        always counts as recurring.
    """
    where: dict[tuple[str, str], set[int]] = defaultdict(set)
    for index, (paragraphs, language) in enumerate(zip(documents, languages, strict=True)):
        for paragraph in paragraphs:
            where[language, line_key(paragraph)].add(index)
    found = {key for key, places in where.items() if len(places) > 1}
    return found | {key for key in where if not key[1]}
