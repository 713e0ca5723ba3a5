"""The baseline that copies its source: what a score is worth without any translation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mtbench.plugins import Backend
from mtbench.types import Source


class Identity(Backend):
    """Copies the source, character for character. Its inline target is empty: ``identity:``."""

    preferred_batch = 1024
    travels = True

    def files(self) -> tuple[Path, ...]:
        """None: the sources are all."""
        return ()

    def translate(self, batch: Sequence[Source]) -> list[str]:
        """The source texts themselves."""
        return [source.text for source in batch]
