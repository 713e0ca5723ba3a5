"""Whether a paragraph falls into the two that it is to be joined with."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from mtbench.documents.align import Move
from mtbench.documents.features import Candidates
from mtbench.documents.similarity import Encoded, likeness

Matrix = NDArray[np.float64]
NAME = "falls into two"

_BORDER = re.compile(r"(?<=\S)\s+(?=\S)")
_AFTER_SENTENCE = re.compile(r"[.!?:…]['\")»”]*$")
_SENTENCE_BONUS = 0.1  # of the paragraph's length: how far the end of a sentence may lie off


def falls_apart(left: Encoded, right: Encoded, move: Move, found: Candidates) -> Matrix:
    """For each candidate of one unit with two, the lesser cosine of its two parts.

    The one unit is cut where the lengths of the two suggest, at the end of a sentence if there is
    one near. A text run together with a heading is so told from the text alone, to which the
    whole is just as near. 0 for other candidates.
    """
    result = np.zeros(len(found.rows))
    if move not in ((1, 2), (2, 1)) or not len(found.rows):
        return result
    one, two = (left, right) if move == (1, 2) else (right, left)
    whole, parts = (found.rows, found.columns) if move == (1, 2) else (found.columns, found.rows)
    cuts = [
        cut(one.texts[i], one_share(two, j))
        for i, j in zip(whole.tolist(), parts.tolist(), strict=True)
    ]
    heads = one.pieces([head for head, _ in cuts])
    tails = one.pieces([tail for _, tail in cuts])
    for k, j in enumerate(parts.tolist()):
        first = likeness(one, two, heads[k : k + 1], two.vectors[j : j + 1])[0, 0]
        second = likeness(one, two, tails[k : k + 1], two.vectors[j + 1 : j + 2])[0, 0]
        result[k] = min(first, second)
    return result


def one_share(document: Encoded, start: int) -> float:
    """Share of the first of two units in their length."""
    return float(document.lengths[start] / document.lengths[start : start + 2].sum())


def cut(text: str, share: float) -> tuple[str, str]:
    """A text in two, the first about a share of it."""
    borders = [(match.start(), match.end()) for match in _BORDER.finditer(text)]
    if not borders:
        return text, text

    def off(border: tuple[int, int]) -> float:
        bonus = _SENTENCE_BONUS if _AFTER_SENTENCE.search(text[: border[0]][-3:]) else 0.0
        return abs(border[0] / len(text) - share) - bonus

    start, end = min(borders, key=off)
    return text[:start], text[end:]
