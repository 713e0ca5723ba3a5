"""Documents as vectors: each paragraph, each run of two, and the document as a whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mtbench.embeddings import SentenceEncoder, Vectors

Matrix = NDArray[np.float64]


class Encoded:
    """The units of one document with their vectors; runs of two are encoded when asked for.

    Args:
        texts: The units, in order.
        encoder: What makes the vectors.
    """

    def __init__(self, texts: Sequence[str], encoder: SentenceEncoder) -> None:
        self.texts = tuple(texts)
        self._encoder = encoder
        self.vectors: Vectors = encoder.encode(self.texts)
        self.lengths: Matrix = np.array([len(text) for text in self.texts], dtype=np.float64)
        self._runs: Vectors | None = None

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def runs(self) -> Vectors:
        """Vectors of each unit run together with the next: shape (n - 1, d)."""
        if self._runs is None:
            joined = [f"{a} {b}" for a, b in zip(self.texts, self.texts[1:], strict=False)]
            self._runs = self._encoder.encode(joined)
        return self._runs

    def rough_runs(self) -> Vectors:
        """About what ``runs`` is, without encoding: means weighted by length."""
        weighted = self.vectors * np.sqrt(self.lengths).astype(np.float32)[:, None]
        sums = weighted[:-1] + weighted[1:]
        return np.asarray(sums / np.maximum(_norms(sums), 1e-9), dtype=np.float32)

    def centre(self) -> Vectors:
        """The document as one unit vector: shape (d,)."""
        total = (self.vectors * np.sqrt(self.lengths).astype(np.float32)[:, None]).sum(axis=0)
        return np.asarray(total / max(float(np.linalg.norm(total)), 1e-9), dtype=np.float32)


def cosines(left: Vectors, right: Vectors) -> Matrix:
    """Cosine of each pair, rounded so that the last bits of a product decide nothing."""
    if not len(left) or not len(right):
        return np.zeros((len(left), len(right)), dtype=np.float64)
    product = np.asarray(left @ right.T, dtype=np.float64)
    return np.asarray(np.round(product, 5), dtype=np.float64)


def _norms(vectors: Vectors) -> Vectors:
    return np.asarray(np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)
