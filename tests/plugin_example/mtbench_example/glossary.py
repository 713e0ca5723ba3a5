"""A back end that replaces words by a glossary: the least that is a system."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from mtbench.errors import RequestError
from mtbench.plugins import Backend
from mtbench.types import Json, Record, Source


class Glossary(Backend):
    """Looks up each word; what is not in the glossary stays as it is.

    The inline target is a list of words: ``glossary:house=casa,big=grande``.
    """

    class Options(Record):
        """The glossary.

        Attributes:
            words: Word → translation.
        """

        words: Annotated[dict[str, str], Field(min_length=1)]

    options: Options

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """Pairs joined by ``=`` and parted by commas."""
        pairs = [part.partition("=") for part in target.split(",")]
        if not all(word and equals for word, equals, _ in pairs):
            raise RequestError(
                f"not a glossary: {target!r}", hint="write glossary:house=casa,big=grande"
            )
        return {"words": {word: translation for word, _, translation in pairs}}

    def translate(self, batch: Sequence[Source]) -> list[str]:
        """One answer per segment, in order."""
        return [re.sub(r"\w+", self._word, source.text) for source in batch]

    def _word(self, match: re.Match[str]) -> str:
        return self.options.words.get(match.group().lower(), match.group())
