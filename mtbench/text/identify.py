"""Is a text in the language that it should be in? Asked only where the answer can be trusted."""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from mtbench.languages import base_language, language_name
from mtbench.plugins import require

_WORDS = 8  # below that an identification is not trusted
_LETTERS = 30
_CERTAIN = 0.999
_READ = 500  # characters that are looked at
_NOISE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|[@#]\w+|\d+")
_NO_LETTER = re.compile(r"[\W\d_]+")

# Languages near enough that a text in one may stand where another is wanted.
_FAMILIES = (
    "es pt ca gl it fr ro",
    "da no nb nn sv is",
    "hr sr bs sl mk bg",
    "cs sk pl sl",
    "ru uk be bg mk sr kk ky mn",
    "de nl af",
    "id ms",
    "hi mr ne",
    "ar fa ur ps ug ku",
    "zh ja ko",
    "et fi",
    "lt lv",
    "tr az",
    "xh zu",
    "bn as",
)
# Languages that the identifier cannot tell apart with certainty.
_ALIKE = ("no nb nn da", "hr sr bs", "id ms", "gl pt", "xh zu", "hi mr ne", "af nl")
# Written without spaces: words cannot be counted.
_UNSPACED = frozenset({"zh", "ja", "th", "lo", "km", "my", "bo", "yue"})


class LanguageCheck:
    """Identifies languages among those that are possible here.

    Args:
        languages: Tags of the languages that belong there; their relatives and English come along.
        words: From so many words on an identification is trusted.
        letters: From so many letters on.
        certain: From this probability on.

    Raises:
        MissingExtra: If the identifier is not installed.
    """

    def __init__(
        self,
        languages: Iterable[str],
        *,
        words: int = _WORDS,
        letters: int = _LETTERS,
        certain: float = _CERTAIN,
    ) -> None:
        self._words, self._letters, self._certain = words, letters, certain
        self._model = _identifier()
        self._all: Any = None
        known = {str(language) for language in self._model.nb_classes}
        wanted = {base_language(tag) for tag in languages}
        self.unknown = sorted(wanted - known)
        family = {
            code for group in _FAMILIES for code in group.split() if wanted & set(group.split())
        }
        self._candidates = sorted((wanted | family | {"en"}) & known)
        self._model.set_languages(self._candidates)

    def other_language(self, text: str, tag: str) -> str | None:
        """The language a text is in, if it is surely another than it should be.

        None for short texts, for languages the identifier does not know, and between languages
        that it cannot tell apart.
        """
        expected = base_language(tag)
        clean = _NOISE.sub(" ", text[:_READ])
        if expected not in self._candidates or not self._long_enough(clean, expected):
            return None
        found, certainty = _classify(self._model, clean)
        if found == expected or certainty < self._certain or _alike(found, expected):
            return None
        # It is none that should be here; which it is may lie outside the candidates.
        self._all = self._all or _identifier()
        overall, certainty = _classify(self._all, clean)
        if overall == expected:
            return None
        return str(overall if certainty >= self._certain else found)

    def recognised(self, text: str, tag: str) -> bool:
        """Whether a text is taken for the language that it should be in."""
        clean = _NOISE.sub(" ", text[:_READ])
        return _classify(self._model, clean)[0] == base_language(tag)

    def _long_enough(self, text: str, language: str) -> bool:
        if len(_NO_LETTER.sub("", text)) < self._letters:
            return False
        return language in _UNSPACED or len(text.split()) >= self._words


def _identifier() -> Any:
    # Choosing its languages gives a model other arrays and leaves the loaded ones as they are.
    return copy.copy(_loaded())


@functools.cache
def _loaded() -> Any:
    module = require("py3langid.langid", "identifying languages", "text")
    return module.LanguageIdentifier.from_pickled_model(module.MODEL_FILE)


def _classify(model: Any, text: str) -> tuple[str, float]:
    """The likeliest language and its probability among the model's languages.

    What the model's own ``classify`` computes, over the features that occur alone: a text has
    some hundred of 7,480, and the whole product sets all processors to work for each text.
    """
    counts = model.instance2fv(text, datatype="float32")
    there = np.flatnonzero(counts)
    scores = counts[there] @ model.nb_ptc[there] + model.nb_pc
    best = int(np.argmax(scores))
    certainty = 1.0 / float(np.exp(scores - scores[best]).sum())
    return str(model.nb_classes[best]), certainty


def _alike(one: str, other: str) -> bool:
    return any(one in group.split() and other in group.split() for group in _ALIKE)


def related(one: str, other: str) -> bool:
    """Whether two base languages are relatives."""
    return any(one in group.split() and other in group.split() for group in _FAMILIES)


def named(code: str) -> str:
    """A language for messages: ``Italian (it)``."""
    return f"{language_name(code)} ({code})"
