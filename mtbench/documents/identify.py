"""The language of a document, from its text alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mtbench.documents.encoding import SAMPLE
from mtbench.errors import RequestError
from mtbench.languages import base_language
from mtbench.plugins import require

CERTAIN = 0.95
_FEW_WORDS = 5


class LanguageIdentifier:
    """Identifies languages with py3langid, among all it knows or among a few.

    Args:
        candidates: The tags there can be; empty for every language it knows.

    Raises:
        MissingExtra: If py3langid is not installed.
    """

    def __init__(self, candidates: Sequence[str] = ()) -> None:
        module = require("py3langid.langid", "language identification", "text")
        self._candidates = tuple(candidates)
        self._open: Any = module.LanguageIdentifier.from_pickled_model(
            module.MODEL_FILE, norm_probs=True
        )
        known = set(self._open.nb_classes)
        self._tag_of: dict[str, str | None] = {}
        for tag in self._candidates:
            base = base_language(tag)
            if base in known:  # two tags of one language cannot be told apart
                self._tag_of[base] = None if base in self._tag_of else tag
        self._narrow: Any = self._open
        if self._tag_of:
            self._narrow = module.LanguageIdentifier.from_pickled_model(
                module.MODEL_FILE, norm_probs=True
            )
            self._narrow.set_languages(sorted(self._tag_of))

    def identify(self, text: str, name: str) -> tuple[str, float]:
        """The language of a text and the probability given to it.

        Args:
            text: The document's text.
            name: The document's name, for messages only.

        Raises:
            RequestError: If the text does not decide it.
        """
        sample = text[:SAMPLE]
        hint = f"say it: --language {name}=TAG"
        if len(sample.split()) < _FEW_WORDS and not _dense(sample):
            raise RequestError(f"{name}: too short to tell its language", hint=hint)
        if self._candidates and not self._tag_of:
            raise RequestError(
                f"{name}: its language cannot be identified among {', '.join(self._candidates)}",
                why="the identifier knows none of them",
                hint=hint,
            )
        base, probability = self._narrow.classify(sample, datatype="uint32")
        tag = self._tag_of.get(base, None) if self._tag_of else base
        if tag is None:
            raise RequestError(
                f"{name}: its language is {base}, and --languages names several kinds of it",
                hint=hint,
            )
        if float(probability) < CERTAIN:
            raise RequestError(
                f"{name}: its language is undecided ({base}: {float(probability):.2f})", hint=hint
            )
        return tag, round(float(probability), 3)

    def foreign(self, text: str) -> str | None:
        """The language of a text that is clearly none of the candidates, else None."""
        if not self._candidates:
            return None
        sample = text[:SAMPLE]
        base, probability = self._open.classify(sample, datatype="uint32")
        clear = float(probability) > 0.999 and len(sample) >= 200
        known = {base_language(tag) for tag in self._candidates}
        return str(base) if clear and base not in known else None


def _dense(text: str) -> bool:
    """Whether a text is in a script that writes no spaces between words, and long enough."""
    letters = [c for c in text if c.isalpha()]
    return len(letters) >= 10 and sum(ord(c) > 0x2E00 for c in letters) > len(letters) / 2
