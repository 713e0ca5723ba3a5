"""An encoder without any model: what a translation spells as its source does.

Numbers, addresses, names, and words of one origin. It knows no meaning, so that it is for
languages that no other encoder serves, and tells little between languages without a common script.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterator, Sequence

import numpy as np

from mtbench.encoders.packaged import SentenceEncoder, Vectors
from mtbench.text.anchors import anchors
from mtbench.text.patterns import LETTERS

DIMENSIONS = 2048
ANCHOR = 3.0
SHORTEST = 4  # letters of a word that may be of one origin with another; articles are shorter
GRAM = 4
# All vectors share one component, so that none is empty: cosine c becomes SHARED + (1-SHARED)·c.
SHARED = 0.4


class LexicalEncoder(SentenceEncoder):
    """Hashed spellings as unit vectors."""

    name = "lexical"
    version = "1"
    usual = (0.42, 0.62)  # spellings in common give less than meaning does

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of shape (n, 2049)."""
        found = np.zeros((len(texts), DIMENSIONS + 1), dtype=np.float32)
        for row, text in enumerate(texts):
            for feature, weight in _features(text):
                place = zlib.crc32(feature.encode("utf-8"))
                found[row, place % DIMENSIONS] += weight if place & (1 << 31) else -weight
        norms = np.linalg.norm(found, axis=1, keepdims=True)
        found *= np.sqrt(1 - SHARED) / np.maximum(norms, 1e-9)
        found[:, DIMENSIONS] = np.sqrt(SHARED)
        unit = found / np.linalg.norm(found, axis=1, keepdims=True)
        return np.asarray(unit, dtype=np.float32)


def _features(text: str) -> Iterator[tuple[str, float]]:
    marks = anchors(text)
    for mark in sorted(marks):
        yield f"={mark}", ANCHOR
    for word in sorted({_plain(w) for w in LETTERS.findall(text)}):
        if len(word) < SHORTEST:
            continue
        padded = f"^{word}"
        grams = {padded[i : i + GRAM] for i in range(len(padded) - GRAM + 1)}
        for gram in sorted(grams):
            yield gram, 1 / np.sqrt(len(grams))


def _plain(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))
