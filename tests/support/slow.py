"""A back end that is slow, writes down what it translates, and fails where it is told to."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from mtbench.errors import SegmentError, TransientError
from mtbench.languages import LanguagePair
from mtbench.plugins import Backend
from mtbench.types import Record, Runtime, Source, Translation

if TYPE_CHECKING:
    from tests.support.killing import Gate


class Slow(Backend):
    """Upper-cases. In ``document`` batches an answer shows how many it was asked with."""

    class Options(Record):
        """How slow, and what fails.

        Attributes:
            log: File that each id is added to before it is translated.
            seconds: For each segment.
            batching, at_once: As in the contract.
            refused: Words; a text with one of them is refused while ``obstacle`` exists.
            busy: Likewise, but with a ``TransientError``.
            broken: Words that raise what no back end should raise.
            obstacle: A file; empty for always.
        """

        log: str = ""
        seconds: float = 0.0
        batching: Literal["free", "document", "single"] = "free"
        at_once: int = 1
        refused: tuple[str, ...] = ()
        busy: tuple[str, ...] = ()
        broken: tuple[str, ...] = ()
        obstacle: str = ""

    preferred_batch = 2
    gate: ClassVar[Gate | None] = None  # passed before each answer
    options: Options

    def __init__(self, options: Slow.Options, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self.options = options
        self.batching = options.batching
        self.max_concurrency = options.at_once

    def identity(self) -> dict[str, str]:
        return {"slow": "1"}

    def translate(self, batch: Sequence[Source]) -> list[str | Translation]:
        return [self._one(source, len(batch)) for source in batch]

    def _one(self, source: Source, together: int) -> Translation:
        stands = not self.options.obstacle or Path(self.options.obstacle).exists()
        if stands and any(word in source.text for word in self.options.refused):
            raise SegmentError(f"segment {source.id} is refused")
        if stands and any(word in source.text for word in self.options.busy):
            raise TransientError("busy", retry_after=0)
        if stands and any(word in source.text for word in self.options.broken):
            raise ZeroDivisionError("a defect of the back end")
        if self.gate is not None:
            self.gate()
        time.sleep(self.options.seconds)
        if self.options.log:
            with Path(self.options.log).open("a", encoding="utf-8") as stream:
                stream.write(f"{source.id}\n")
        mark = f" ({together})" if self.options.batching == "document" else ""
        return Translation(text=source.text.upper() + mark, kept={"length": len(source.text)})
