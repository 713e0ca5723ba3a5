"""Any program as a system: sources on its standard input, translations on its output.

One process a run. Two protocols: ``lines``, one segment a line both ways, in order; ``jsonl``,
one object a line both ways, matched by id.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Annotated, Literal

from pydantic import Field

from mtbench.backends.command_runs import NEWLINES, LinesRun, ObjectsRun, ProgramRun
from mtbench.digests import digest_file
from mtbench.errors import MissingEngine, RequestError
from mtbench.languages import LanguagePair
from mtbench.plugins import Backend
from mtbench.types import Json, Record, Runtime, Source, Translation


class Command(Backend):
    """Runs a program. The inline target is the command line, split as a shell splits words."""

    class Options(Record):
        """Which program, and how to talk to it.

        Attributes:
            argv: The program and its arguments, with ``{src}`` and ``{tgt}`` for the language
                tags. No shell takes part: no variables, no globs, no pipes.
            protocol: ``lines`` or ``jsonl``.
            timeout: Seconds that may pass without a byte of output. A program that answers at
                its end only needs as long as the whole test set takes.
            deterministic: Whether the program gives the same output again.
        """

        argv: Annotated[tuple[str, ...], Field(min_length=1)]
        protocol: Literal["lines", "jsonl"] = "lines"
        timeout: Annotated[float, Field(gt=0)] = 3600.0
        deterministic: bool = True

    # A program may look at what came before; so it is given all segments, in their order.
    batching = "document"
    by_id = True
    preferred_batch = 256

    options: Options

    def __init__(self, options: Command.Options, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self.deterministic = options.deterministic
        self.argv = tuple(
            word.replace("{src}", pair.source).replace("{tgt}", pair.target)
            for word in options.argv
        )
        self._planned: tuple[Source, ...] = ()
        self._run: ProgramRun | None = None
        self._joined: set[str] = set()
        self._resumed: tuple[str, ...] = ()

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """A command line, split into words."""
        try:
            words = shlex.split(target)
        except ValueError as error:
            raise RequestError(f"not a command line: {target!r}", why=str(error)) from error
        if not words:
            raise RequestError("command: needs a command line", hint="write command:'PROGRAM ARG'")
        return {"argv": words}

    def check(self) -> None:
        """Whether the program is there."""
        if shutil.which(self.argv[0]) is None:
            raise MissingEngine(
                f"no program {self.argv[0]!r}", hint="install it, or correct its path"
            )

    def notes(self) -> tuple[str, ...]:
        """That segments were joined to one line, and what is of an interrupted run."""
        if not self._joined:
            return self._resumed
        joined = f"segments whose newlines became spaces: {len(self._joined)}"
        return (joined, *self._resumed)

    def identity(self) -> dict[str, Json]:
        """Digests of the program and of every file that its arguments name."""
        return {"files": {name: digest_file(path) for name, path in self._files()}}

    def provenance(self) -> dict[str, Json]:
        """The arguments, the protocol and the files."""
        return {
            "argv": list(self.argv),
            "program": shutil.which(self.argv[0]),
            "protocol": self.options.protocol,
            **self.identity(),
        }

    def _files(self) -> list[tuple[str, Path]]:
        found = [(self.argv[0], Path(shutil.which(self.argv[0]) or self.argv[0]))]
        for word in self.argv[1:]:
            name = word.partition("=")[2] if word.startswith("-") else word
            found.append((name, Path(name)))
        return [(name, path) for name, path in found if name and path.is_file()]

    def sources(self, sources: Sequence[Source]) -> None:
        """Notes what there is, in case nothing more exact is planned."""
        self._planned = tuple(sources)
        if self.options.protocol == "lines":
            self._joined |= {s.id for s in sources if NEWLINES.search(s.text)}

    def plan(self, sources: Sequence[Source]) -> None:
        """What the one process of this run will be given, in order."""
        self._planned = tuple(sources)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._run is not None:
            self._resumed = self._run.notes
            self._run.close()
            self._run = None

    def translate(self, batch: Sequence[Source]) -> list[Translation]:
        """Answers of the program.

        Raises:
            SegmentError: If the program says so of a segment (``jsonl``).
            BackendError: If it fails, or does not give one answer a segment.
            MissingEngine: If it cannot be started.
        """
        if self._run is None and self._planned:
            self._run = self._new_run(self._planned, self.scratch)
        wanted = frozenset(source.id for source in batch if source.text.strip())
        if self._run is not None and wanted <= self._run.ids:
            answers, stderr = self._run.answers(wanted)
        else:
            # Within a chain the texts are not known beforehand: a process for each batch.
            own = self._new_run(batch, None)
            try:
                answers, stderr = own.answers(wanted)
            finally:
                own.close()
        found = [answers.get(source.id, Translation(text="")) for source in batch]
        if stderr and found:
            last = found[-1]
            found[-1] = Translation(text=last.text, kept={**last.kept, "stderr": stderr})
        return found

    def _new_run(self, sources: Sequence[Source], scratch: Path | None) -> ProgramRun:
        if self.options.protocol == "jsonl":
            return ObjectsRun(self.argv, self.options.timeout, sources)
        # One unit is asked again to go on; of chance it would prove nothing.
        kept = scratch if self.deterministic else None
        return LinesRun(self.argv, self.options.timeout, sources, kept)
