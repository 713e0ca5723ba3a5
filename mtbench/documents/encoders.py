"""Which encoder sees which documents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mtbench.documents.select import Selected
from mtbench.documents.similarity import Embedded
from mtbench.encoders.checkpoint import CheckpointEncoder
from mtbench.encoders.lexical import LexicalEncoder
from mtbench.encoders.packaged import (
    EMBEDDED,
    EMBEDDED_LANGUAGES,
    EmbeddedEncoder,
    SentenceEncoder,
    Vectors,
)
from mtbench.languages import base_language, language_name

NAMES = ("embedded", EMBEDDED, "lexical")


@dataclass(frozen=True)
class Choice:
    """The encoders of a build.

    Attributes:
        main: For every two documents of which it serves the languages.
        other: For the rest; None where there is none.
        warnings: What a user must know of the choice.
    """

    main: SentenceEncoder
    other: SentenceEncoder | None = None
    warnings: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Names and versions."""
        both = [self.main] + ([self.other] if self.other else [])
        return ", ".join(f"{encoder.name} {encoder.version}".strip() for encoder in both)

    @property
    def cut(self) -> int:
        """Texts that were longer than the encoder reads."""
        return int(getattr(self.main, "cut", 0))


def choose(name: str, languages: Iterable[str]) -> Choice:
    """The encoders for the languages of some documents.

    Args:
        name: As in ``BuildOptions.encoder``.
        languages: Their tags.

    Raises:
        MissingExtra: If the encoder's package is not installed.
        MissingWeights: If its weights are not here and cannot be had.
        RequestError: If it is no sentence encoder.
    """
    there = sorted(set(languages))
    if name == "lexical":
        return Choice(LexicalEncoder())
    if name in NAMES:
        return served(EmbeddedEncoder(together=True), there)
    if name:
        return served(CheckpointEncoder(name), there)
    strangers = [tag for tag in there if base_language(tag) not in EMBEDDED_LANGUAGES]
    if not strangers:
        return Choice(EmbeddedEncoder(together=True))
    warning = (
        f"the embedded encoder does not serve {_named(strangers)}: aligned there by numbers, names "
        "and like spellings alone, which is far less sure; --encoder LaBSE serves 109 languages"
    )
    if len(there) - len(strangers) < 2:
        return Choice(LexicalEncoder(), warnings=(warning,))
    return Choice(EmbeddedEncoder(together=True), LexicalEncoder(), (warning,))


def served(encoder: SentenceEncoder, languages: Sequence[str]) -> Choice:
    """One encoder for everything, with a warning where it does not serve a language."""
    strangers = [tag for tag in languages if not encoder.covers(tag)]
    warnings = [str(remark)] if (remark := getattr(encoder, "remark", "")) else []
    if strangers:
        warnings.append(f"{encoder.name} was not made for {_named(strangers)}: look at those pairs")
    return Choice(encoder, warnings=tuple(warnings))


def _named(tags: Sequence[str]) -> str:
    return ", ".join(f"{language_name(tag)} ({tag})" for tag in tags)


class Views:
    """Documents as the encoders see them; each is encoded once by each that needs it.

    Args:
        selected: The documents.
        choice: The encoders.
    """

    def __init__(self, selected: Sequence[Selected], choice: Choice) -> None:
        self._selected = selected
        self._choice = choice
        self._seen: dict[tuple[bool, int], Embedded] = {}

    @property
    def main(self) -> SentenceEncoder:
        """The encoder for every two documents of which it serves the languages."""
        return self._choice.main

    def _by_main(self, document: int) -> bool:
        language = self._selected[document].document.language
        return self._choice.other is None or self._choice.main.covers(language)

    def encoder(self, one: int, two: int) -> SentenceEncoder:
        """The encoder for two documents."""
        both = self._by_main(one) and self._by_main(two)
        return self._choice.main if both or self._choice.other is None else self._choice.other

    def of(self, one: int, two: int) -> tuple[Embedded, Embedded]:
        """Two documents as their encoder sees them."""
        encoder = self.encoder(one, two)
        return self._encoded(one, encoder), self._encoded(two, encoder)

    def any(self, document: int) -> Embedded:
        """A document as one of the encoders sees it."""
        main = self._by_main(document)
        other = self._choice.other
        return self._encoded(document, self._choice.main if main or other is None else other)

    def groups(self) -> list[tuple[SentenceEncoder, list[int], list[Embedded]]]:
        """For each encoder, the documents that it sees; one without text is seen by none."""
        filled = [i for i, s in enumerate(self._selected) if s.kept]
        found = []
        for encoder in (self._choice.main, self._choice.other):
            if encoder is None:
                continue
            members = (
                filled if encoder is self._choice.other else list(filter(self._by_main, filled))
            )
            found.append((encoder, members, [self._encoded(i, encoder) for i in members]))
        return found

    def _encoded(self, document: int, encoder: SentenceEncoder) -> Embedded:
        key = (encoder is self._choice.main, document)
        if key not in self._seen:
            self._seen[key] = Embedded(self._selected[document].texts, encoder)
        return self._seen[key]


class Remembering(SentenceEncoder):
    """An encoder that makes no vector twice.

    Args:
        encoder: What makes them.
    """

    def __init__(self, encoder: SentenceEncoder) -> None:
        self._encoder = encoder
        self._known: dict[str, Vectors] = {}
        self.name = encoder.name
        self.version = encoder.version
        self.languages = encoder.languages
        self.usual = encoder.usual

    @property
    def cut(self) -> int:
        """Texts that were longer than the encoder reads."""
        return int(getattr(self._encoder, "cut", 0))

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of the texts."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new or not texts:
            vectors = self._encoder.encode(new)
            if not texts:
                return vectors
            self._known.update(zip(new, vectors, strict=True))
        return np.stack([self._known[text] for text in texts])
