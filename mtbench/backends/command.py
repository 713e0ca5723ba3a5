"""Any program as a system: sources on its standard input, translations on its output.

One process a run. Two protocols: ``lines``, one segment a line both ways, in order; ``jsonl``,
one object a line both ways, matched by id. With ``lines`` only the count at the very end shows
whether any answer stands in its place, so nothing is handed on before the program has ended well;
with ``jsonl`` each answer is good as it comes.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Annotated, Literal

from pydantic import Field

from mtbench.backends.processes import LateAnswer, Program, Reader, feed, refuse_unwritable
from mtbench.digests import digest_file
from mtbench.errors import BackendError, MissingEngine, RequestError, SegmentError
from mtbench.languages import LanguagePair
from mtbench.plugins import Backend
from mtbench.types import Json, Record, Runtime, Source, Translation

_NEWLINES = re.compile(r"\r\n|\r|\n")
_HINT = "a program must give one answer for each segment; nothing is cut or filled in"


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
        self._run: _Run | None = None
        self._joined: set[str] = set()

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
        """That segments were joined to one line, where they were."""
        if self.options.protocol == "jsonl" or not self._joined:
            return ()
        return (f"newlines within {len(self._joined)} segments became spaces",)

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
            self._joined |= {s.id for s in sources if _NEWLINES.search(s.text)}

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
            self._run = _Run(self.argv, self.options, self._planned)
        wanted = {source.id: source for source in batch if source.text.strip()}
        if self._run is not None and wanted.keys() <= self._run.ids:
            answers, stderr = self._run.answers(wanted)
        else:
            # Within a chain the texts are not known beforehand: a process for each batch.
            own = _Run(self.argv, self.options, tuple(batch))
            try:
                answers, stderr = own.answers(wanted)
            finally:
                own.close()
        found = [answers.get(source.id, Translation(text="")) for source in batch]
        if stderr and found:
            last = found[-1]
            found[-1] = Translation(text=last.text, kept={**last.kept, "stderr": stderr})
        return found


class _Run:
    """One process, given some sources."""

    def __init__(
        self, argv: tuple[str, ...], options: Command.Options, sources: Sequence[Source]
    ) -> None:
        # A blank text has no translation to ask for, and many programs drop blank lines.
        self._sent = [source for source in sources if source.text.strip()]
        self.ids = frozenset(source.id for source in self._sent)
        self._options = options
        self._found: dict[str, Translation | SegmentError] = {}
        self._over = not self._sent
        self._lines = 0
        self._failure: BackendError | None = None
        for source in self._sent:
            refuse_unwritable(source, "a program's input")
        if self._sent:
            self._program = Program(argv, keep_stderr=1_000_000)
            blocks = (self._block(source) for source in self._sent)
            feed(self._program.stdin, blocks, close=True)
            self._reader = Reader(self._program.stdout, b"\n", options.timeout)

    def _block(self, source: Source) -> bytes:
        if self._options.protocol == "lines":
            line = _NEWLINES.sub(" ", source.text)
        else:
            row = {"id": source.id, "src": source.text, "doc": source.document}
            row |= {"context": source.context, "instruction": source.instruction}
            known = {key: value for key, value in row.items() if value is not None}
            line = json.dumps(known, ensure_ascii=False)
        return line.encode() + b"\n"

    def answers(self, wanted: dict[str, Source]) -> tuple[dict[str, Translation], str]:
        """Answers to some of the sources; stderr too, if the process ended meanwhile.

        Raises:
            SegmentError: If the program says so of one of them.
            BackendError: If it fails.
        """
        if self._failure is not None:
            raise self._failure
        was_over = self._over
        if self._options.protocol == "lines":
            self._read_lines()
        else:
            self._read_objects(set(wanted))
        answers = {}
        for name in wanted:
            found = self._found[name]
            if isinstance(found, SegmentError):
                raise found
            answers[name] = found
        ended = self._over and not was_over
        return answers, self._program.stderr() if ended else ""

    def _read_lines(self) -> None:
        if self._over:
            return
        lines = []
        while (line := self._line()) is not None:
            lines.append(line)
        self._finish()
        if len(lines) != len(self._sent):
            raise self._failed(
                f"gave {len(lines)} lines for {len(self._sent)} segments", hint=_HINT
            )
        self._found = {
            source.id: Translation(text=line)
            for source, line in zip(self._sent, lines, strict=True)
        }

    def _read_objects(self, wanted: set[str]) -> None:
        while not self._over and (
            wanted - self._found.keys() or len(self._found) == len(self._sent)
        ):
            line = self._line()
            if line is not None:
                self._take(line)
                continue
            self._finish()
            missing = [source.id for source in self._sent if source.id not in self._found]
            if missing:
                raise self._failed(
                    f"answered {len(self._found)} of {len(self._sent)} segments; "
                    f"first without an answer: {missing[0]}",
                    hint=_HINT,
                )

    def _take(self, line: str) -> None:
        where = f"line {self._lines} of its output"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise self._failed(f"wrote no JSON in {where}: {error}") from error
        name = row.get("id") if isinstance(row, dict) else None
        if not isinstance(name, str) or name not in self.ids:
            raise self._failed(f"answered to an id it was not given in {where}: {name!r}")
        if name in self._found:
            raise self._failed(f"answered twice to segment {name}")
        if isinstance(row.get("mt"), str):
            kept = {key: value for key, value in row.items() if key not in ("id", "mt")}
            self._found[name] = Translation(text=row["mt"], kept=kept)
        elif isinstance(row.get("error"), str):
            self._found[name] = SegmentError(f"segment {name}: {row['error']}")
        else:
            raise self._failed(f"gave neither mt nor error for segment {name}")

    def _line(self) -> str | None:
        try:
            piece = self._reader.piece()
        except LateAnswer as error:
            raise self._failed(f"wrote nothing for {self._options.timeout:g} seconds") from error
        if piece is None:
            return None
        self._lines += 1
        try:
            return piece.removesuffix(b"\r").decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._failed(f"wrote no UTF-8 in line {self._lines} of its output") from error

    def _finish(self) -> None:
        self._over = True
        code = self._program.wait(self._options.timeout)
        if code is None:
            raise self._failed("closed its output and did not end")
        if code != 0:
            raise self._failed(f"{self._program.ended()} after {self._lines} lines of output")

    def _failed(self, what: str, hint: str | None = None) -> BackendError:
        self._over = True
        self._program.wait(0.2)
        words = self._program.last_words()
        self._failure = BackendError(
            f"{shlex.join(self._program.argv)[:200]}: {what}",
            why=f"its stderr ends: {words}" if words else None,
            hint=hint,
        )
        self.close()
        return self._failure

    def close(self) -> None:
        """Ends the process and what it started."""
        if self._sent:
            self._program.kill()
