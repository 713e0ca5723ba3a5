"""Any program as a system: sources on its standard input, translations on its output.

One process per run. Two protocols: ``lines``, one segment per line both ways, in order; ``jsonl``,
one object a line both ways, matched by id.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from types import TracebackType
from typing import Annotated, Literal, cast

from pydantic import Field, field_validator

from mtbench.backends.command_runs import LinesRun, ObjectsRun, ProgramRun, with_keys
from mtbench.backends.program_files import ProgramFiles
from mtbench.errors import MissingEngine, RequestError, SegmentError
from mtbench.languages import LanguagePair
from mtbench.plugins import Backend
from mtbench.servers.secrets import key_among
from mtbench.text.lines import has_line_end
from mtbench.types import Json, Record, Runtime, Source, Translation


class Command(Backend):
    """Runs a program. The inline target is the command line, split as a shell splits words."""

    class Options(Record):
        """Which program, and how to talk to it.

        Attributes:
            argv: The program and its arguments, with ``{src}`` and ``{tgt}`` for the language
                tags, and ``{env:NAME}`` for an environment variable that holds a key. No shell
                takes part: no variables, no globs, no pipes.
            protocol: ``lines`` or ``jsonl``.
            timeout: Seconds that may pass without a byte of output. A program that answers at
                its end only needs as long as the whole test set takes.
            deterministic: Whether the program gives the same output again.
            memory: What an answer may depend on beside its own segment: ``none``, the rest of its
                ``document``, or whatever came before it in the ``run``. With ``jsonl`` an
                interrupted run goes on behind whole such units; with ``run`` it begins again.
            files: Files and folders that the output depends on, beside the program and files that
                ``argv`` names; ``{src}`` and ``{tgt}`` as there.
        """

        argv: Annotated[tuple[str, ...], Field(min_length=1)]
        protocol: Literal["lines", "jsonl"] = "lines"
        timeout: Annotated[float, Field(gt=0, exclude=True)] = 3600.0
        deterministic: bool = True
        memory: Annotated[Literal["none", "document", "run"], Field(exclude=True)] = "document"
        files: tuple[str, ...] | None = None

        @field_validator("argv")
        @classmethod
        def _holds_no_key(cls, argv: tuple[str, ...]) -> tuple[str, ...]:
            if (found := key_among(argv)) is not None:
                # The key is not repeated: a card, a result and a log would hold it.
                raise ValueError(
                    f"{found.where}: a key among the arguments would be kept with the results; "
                    f"set it in the environment, which the program inherits, or write "
                    f"{{env:{found.variable}}} in its place"
                )
            return argv

    by_id = True
    preferred_batch = 256

    options: Options

    def __init__(self, options: Command.Options, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self.deterministic = options.deterministic
        # All of a run is given to one process, in its order; batches are what counts together.
        self.batching = _BATCHING[options.memory]
        if options.protocol == "lines":
            self.restarts = (
                "which line belongs to which segment is known at the program's end alone; "
                'with protocol = "jsonl" it would go on'
            )
        elif options.memory == "run":
            self.restarts = 'an answer may depend on all before it (memory = "run")'
        self.argv = tuple(_in_direction(word, pair) for word in options.argv)
        named = options.files
        files = None if named is None else [_in_direction(name, pair) for name in named]
        self._files = ProgramFiles(self.argv, files, runtime)
        self._planned: Sequence[Source] = ()
        self._run: ProgramRun | None = None
        self._joined: set[str] = set()

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """A command line, split into words."""
        try:
            words = shlex.split(target)
        except ValueError as error:
            # It is not repeated: it may hold a key.
            raise RequestError("command: not a command line", why=str(error)) from error
        if not words:
            raise RequestError("command: needs a command line", hint="write command:'PROGRAM ARG'")
        return {"argv": words}

    def check(self) -> None:
        """Whether the program is there, its keys, and the files it is said to depend on."""
        self._require_program()
        with_keys(self.argv)
        self._files.check()

    def _require_program(self) -> None:
        if shutil.which(self.argv[0]) is None:
            raise MissingEngine(
                f"no program {self.argv[0]!r}", hint="install it, or correct its path"
            )

    def notes(self) -> tuple[str, ...]:
        """That segments were joined to one line, and what is not looked at."""
        joined = f"segments whose newlines became spaces: {len(self._joined)}"
        return (*([joined] if self._joined else []), *self._files.notes())

    def identity(self) -> dict[str, Json]:
        """Digests of the program and of every file and folder that its options name."""
        self._require_program()
        return {"files": dict(self._files.digests())}

    def provenance(self) -> dict[str, Json]:
        """The arguments, the protocol and the files."""
        return {
            "argv": list(self.argv),
            "program": shutil.which(self.argv[0]),
            "protocol": self.options.protocol,
            **self.identity(),
        }

    def sources(self, sources: Sequence[Source]) -> None:
        """Notes what there is, in case nothing more exact is planned."""
        self._planned = sources
        if self.options.protocol == "lines":
            self._joined |= {s.id for s in sources if has_line_end(s.text)}

    def plan(self, sources: Sequence[Source]) -> None:
        """What the one process of this run will be given, in order."""
        self._planned = sources

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._run is not None:
            self._run.close()
            self._run = None

    def translate(self, batch: Sequence[Source]) -> list[Translation | SegmentError]:
        """Answers of the program, or why a segment has none.

        Raises:
            BackendError: If it fails, or does not give one answer per segment.
            MissingEngine: If it cannot be started.
        """
        if self._run is None and self._planned:
            self._run = self._new_run(self._planned)
        wanted = frozenset(source.id for source in batch if source.text.strip())
        if self._run is not None and self._run.covers(wanted):
            answers, stderr = self._run.answers(wanted)
        else:
            # Within a chain the texts are not known beforehand: a process for each batch.
            own = self._new_run(batch)
            try:
                answers, stderr = own.answers(wanted)
            finally:
                own.close()
        found = [answers.get(source.id, Translation(text="")) for source in batch]
        last = max((i for i, a in enumerate(found) if isinstance(a, Translation)), default=None)
        if stderr and last is not None:
            answer = cast("Translation", found[last])
            found[last] = Translation(text=answer.text, kept={**answer.kept, "stderr": stderr})
        return found

    def _new_run(self, sources: Sequence[Source]) -> ProgramRun:
        kind = ObjectsRun if self.options.protocol == "jsonl" else LinesRun
        return kind(self.argv, self.options.timeout, sources)


def _in_direction(word: str, pair: LanguagePair) -> str:
    return word.replace("{src}", pair.source).replace("{tgt}", pair.target)


_BATCHING: dict[str, Literal["single", "document", "whole"]] = {
    "none": "single",
    "document": "document",
    "run": "whole",
}
