"""One process of a program that translates, in either protocol.

With ``lines`` only the count at the very end shows whether any answer stands in its place, so
nothing is handed on before the program has ended well; what it wrote until then waits in a spool.
With ``jsonl`` each answer is good as it comes.
"""

from __future__ import annotations

import json
import re
import shlex
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from mtbench.backends.processes import LateAnswer, Program, Reader, feed, refuse_unwritable
from mtbench.backends.spool import ResumePoint, Spool, resume_point
from mtbench.errors import BackendError, SegmentError
from mtbench.types import Source, Translation

NEWLINES = re.compile(r"\r\n|\r|\n")
_HINT = "a program must give one answer for each segment; nothing is cut or filled in"


class ProgramRun(ABC):
    """Some sources, and the process that answers them.

    Args:
        argv: The program and its arguments.
        timeout: Seconds that may pass without a byte of output.
        sources: What it is given; blank ones are not sent.

    Raises:
        SegmentError: If a text cannot go through a pipe.
    """

    def __init__(self, argv: tuple[str, ...], timeout: float, sources: Sequence[Source]) -> None:
        # A blank text has no translation to ask for, and many programs drop blank lines.
        self._sent = [source for source in sources if source.text.strip()]
        self.ids = frozenset(source.id for source in self._sent)
        self._argv = argv
        self._timeout = timeout
        self._found: dict[str, Translation | SegmentError] = {}
        self._program: Program | None = None
        self._reader: Reader | None = None
        self._over = not self._sent
        self._lines = 0
        self._failure: BackendError | None = None
        self.notes: tuple[str, ...] = ()
        for source in self._sent:
            refuse_unwritable(source, "a program's input")

    @abstractmethod
    def _block(self, source: Source) -> bytes:
        """What the program is given for a source."""

    @abstractmethod
    def _read(self, wanted: frozenset[str]) -> None:
        """Reads until these segments are answered."""

    def answers(self, wanted: frozenset[str]) -> tuple[dict[str, Translation], str]:
        """Answers to some of the sources; stderr too, if the process ended meanwhile.

        Raises:
            SegmentError: If the program says so of one of them.
            BackendError: If it fails.
            MissingEngine: If it cannot be started.
        """
        if self._failure is not None:
            raise self._failure
        was_over = self._over
        self._read(wanted)
        answers = {}
        for name in wanted:
            found = self._found[name]
            if isinstance(found, SegmentError):
                raise found
            answers[name] = found
        ended = self._over and not was_over and self._program is not None
        return answers, self._program.stderr() if ended and self._program else ""

    def close(self) -> None:
        """Ends the process and what it started."""
        if self._program is not None:
            self._program.kill()

    def _start(self, sources: Sequence[Source]) -> None:
        self._lines = 0
        self._program = Program(self._argv, keep_stderr=1_000_000)
        feed(self._program.stdin, (self._block(source) for source in sources), close=True)
        self._reader = Reader(self._program.stdout, b"\n", self._timeout)

    def _line(self) -> str | None:
        assert self._reader is not None  # noqa: S101 - called once started
        try:
            piece = self._reader.piece()
        except LateAnswer as error:
            what = f"wrote nothing for {self._timeout:g} seconds"
            raise self._failed(what, hint=self._rest()) from error
        if piece is None:
            return None
        self._lines += 1
        try:
            return piece.removesuffix(b"\r").decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._failed(f"wrote no UTF-8 in line {self._lines} of its output") from error

    def _finish(self) -> None:
        assert self._program is not None  # noqa: S101 - called once started
        self._over = True
        code = self._program.wait(self._timeout)
        if code is None:
            raise self._failed("closed its output and did not end")
        if code != 0:
            what = f"{self._program.ended()} after {self._lines} lines of output"
            raise self._failed(what, hint=self._rest())

    def _rest(self) -> str | None:
        """What the user is told of answers that came before a failure."""
        return None

    def _failed(self, what: str, hint: str | None = None) -> BackendError:
        self._over = True
        words = None
        if self._program is not None:
            self._program.wait(0.2)
            words = self._program.last_words()
        self._failure = BackendError(
            f"{shlex.join(self._argv)[:200]}: {what}",
            why=f"its stderr ends: {words}" if words else None,
            hint=hint,
        )
        self.close()
        return self._failure


class LinesRun(ProgramRun):
    """One segment a line both ways, in order.

    Args:
        argv: The program and its arguments.
        timeout: Seconds that may pass without a byte of output.
        sources: What it is given; blank ones are not sent.
        scratch: Where lines wait until the program has ended well, for a run that is killed.
    """

    def __init__(
        self,
        argv: tuple[str, ...],
        timeout: float,
        sources: Sequence[Source],
        scratch: Path | None = None,
    ) -> None:
        super().__init__(argv, timeout, sources)
        self._spool = Spool(scratch)

    def _block(self, source: Source) -> bytes:
        return NEWLINES.sub(" ", source.text).encode() + b"\n"

    def _rest(self) -> str | None:
        if self._spool.path is None or not self._lines:
            return None
        return "what it wrote is set aside; the same command goes on from there"

    def _read(self, wanted: frozenset[str]) -> None:
        if self._over:
            return
        with self._spool:
            known = self._spool.read()
            point = resume_point(self._sent, known)
            if point is None or not self._goes_on(point, known):
                self._spool.clear()
                self._talk(ResumePoint(0, 0), {})

    def _goes_on(self, point: ResumePoint, known: dict[str, str]) -> bool:
        """Goes on from what an interrupted run left, unless its lines prove to be misplaced."""
        if not self._talk(point, known):
            self.notes = ("answers of an interrupted run were not used: it now answers otherwise",)
            return False
        if point.start:
            count = f"answers taken over from an interrupted run: {point.start}"
            self.notes = (f"{count} (their time is not counted)",)
        self._found |= {s.id: Translation(text=known[s.id]) for s in self._sent[: point.start]}
        return True

    def _talk(self, point: ResumePoint, known: dict[str, str]) -> bool:
        """Reads answers from a point on; False as soon as one is not what it was."""
        sources = self._sent[point.start :]
        again = {source.id for source in self._sent[point.start : point.end]}
        self._start(sources)
        lines: list[str] = []
        while (line := self._line()) is not None:
            if len(lines) < len(sources):
                name = sources[len(lines)].id
                if name in again and line != known[name]:
                    self.close()
                    return False
                self._spool.append(name, line)
            lines.append(line)
        self._finish()
        if len(lines) != len(sources):
            self._spool.clear()
            raise self._failed(f"gave {len(lines)} lines for {len(sources)} segments", hint=_HINT)
        self._found |= {
            source.id: Translation(text=line) for source, line in zip(sources, lines, strict=True)
        }
        return True


class ObjectsRun(ProgramRun):
    """One object a line both ways, matched by id."""

    def _block(self, source: Source) -> bytes:
        row = {"id": source.id, "src": source.text, "doc": source.document}
        row |= {"context": source.context, "instruction": source.instruction}
        known = {key: value for key, value in row.items() if value is not None}
        return json.dumps(known, ensure_ascii=False).encode() + b"\n"

    def _read(self, wanted: frozenset[str]) -> None:
        if self._program is None and self._sent:
            self._start(self._sent)
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
