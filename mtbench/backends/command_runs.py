"""One process of a program that translates, in either protocol.

With ``lines`` only the count at the very end shows whether any answer stands in its place, so
nothing is handed on before the program has ended well.
With ``jsonl`` each answer is good as it comes.
"""

from __future__ import annotations

import json
import re
import shlex
from abc import ABC, abstractmethod
from collections.abc import Sequence

from mtbench.errors import BackendError, SegmentError
from mtbench.processes.programs import LateAnswer, Program, Reader, refuse_unwritable
from mtbench.servers.secrets import Secret, without_keys
from mtbench.text.lines import one_line
from mtbench.types import Source, Translation

_KEY = re.compile(r"\{env:([A-Z_][A-Z0-9_]*)\}")
_HINT = "a program must give one answer for each segment; nothing is cut or filled in"


class ProgramRun(ABC):
    """Some sources, and the process that answers them.

    A blank text has no translation to ask for, and many programs drop blank lines: it is not
    sent. Neither is what cannot go through a pipe: that segment fails.

    Args:
        argv: The program and its arguments.
        timeout: Seconds that may pass without a byte of output.
        sources: What it is given.

    Attributes:
        ids: Of the segments that have or get an answer.
    """

    def __init__(self, argv: tuple[str, ...], timeout: float, sources: Sequence[Source]) -> None:
        self._argv = argv
        self._timeout = timeout
        self._found: dict[str, Translation | SegmentError] = {}
        self._sent: list[Source] = []
        for source in sources:
            if not source.text.strip():
                continue
            try:
                refuse_unwritable(source, "a program's input")
                self._sent.append(source)
            except SegmentError as error:
                self._found[source.id] = error
        self.ids = frozenset([*self._found, *(source.id for source in self._sent)])
        self._program: Program | None = None
        self._reader: Reader | None = None
        self._over = not self._sent
        self._lines = 0
        self._failure: BackendError | None = None

    @abstractmethod
    def _block(self, source: Source) -> bytes:
        """What the program is given for a source."""

    @abstractmethod
    def _read(self, wanted: frozenset[str]) -> None:
        """Reads until these segments are answered."""

    def answers(self, wanted: frozenset[str]) -> tuple[dict[str, Translation | SegmentError], str]:
        """Answers to some of the sources; stderr too, if the process ended meanwhile.

        Raises:
            BackendError: If it fails.
            MissingEngine: If it cannot be started.
        """
        if self._failure is not None:
            raise self._failure
        was_over = self._over
        self._read(wanted)
        ended = self._over and not was_over and self._program is not None
        stderr = without_keys(self._program.stderr()) if ended and self._program else ""
        return {name: self._found[name] for name in wanted}, stderr

    def close(self) -> None:
        """Ends the process and what it started."""
        if self._program is not None:
            self._program.kill()

    def _start(self, sources: Sequence[Source]) -> None:
        self._lines = 0
        self._program = Program(with_keys(self._argv), keep_stderr=1_000_000)
        self._program.feed((self._block(source) for source in sources), close=True)
        self._reader = Reader(self._program.stdout, b"\n", self._timeout, self._program)

    def _line(self, *, enough: bool) -> str | None:
        """A line of its output; None at the end of it.

        Args:
            enough: Whether no more lines are waited for.
        """
        assert self._reader is not None  # noqa: S101 - called once started
        try:
            piece = self._reader.piece(enough=enough)
        except LateAnswer as error:
            what = f"wrote nothing for {self._timeout:g} seconds"
            raise self._failed(what, hint=self._rest()) from error
        if piece is None:
            return None
        if self._reader.torn:
            self._end()  # a line without its end is whole only where the program ended well
        self._lines += 1
        try:
            return piece.removesuffix(b"\r").decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._failed(f"wrote no UTF-8 in line {self._lines} of its output") from error

    def _end(self) -> None:
        """Waits for its end.

        Raises:
            BackendError: If it does not end, or not well.
        """
        assert self._program is not None  # noqa: S101 - called once started
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
            words = without_keys(self._program.last_words() or "")
        self._failure = BackendError(
            f"{shlex.join(self._argv)[:200]}: {what}",
            why=f"its stderr ends: {words}" if words else None,
            hint=hint,
        )
        self.close()
        return self._failure


def with_keys(argv: Sequence[str]) -> list[str]:
    """The words of a command line with ``{env:NAME}`` filled in, for its start alone.

    Raises:
        Unavailable: If such a variable is not set.
    """
    return [_KEY.sub(lambda found: Secret(found[1]).reveal(), word) for word in argv]


class LinesRun(ProgramRun):
    """One segment per line both ways, in order."""

    def _block(self, source: Source) -> bytes:
        return one_line(source.text).encode() + b"\n"

    def _rest(self) -> str | None:
        return "nothing of it counts before its end: the same command starts it again"

    def _read(self, wanted: frozenset[str]) -> None:
        if self._over:
            return
        self._start(self._sent)
        given = len(self._sent)
        lines: list[str] = []
        while (line := self._line(enough=len(lines) == given)) is not None:
            if len(lines) == given:
                raise self._failed(f"gave more than {given} lines for {given} segments", hint=_HINT)
            lines.append(line)
        self._end()
        self._over = True
        if len(lines) != given:
            raise self._failed(f"gave {len(lines)} lines for {given} segments", hint=_HINT)
        self._found |= {
            source.id: Translation(text=line)
            for source, line in zip(self._sent, lines, strict=True)
        }


class ObjectsRun(ProgramRun):
    """One object per line both ways, matched by id."""

    def _block(self, source: Source) -> bytes:
        row = {"id": source.id, "src": source.text, "doc": source.document}
        row |= {"context": source.context, "instruction": source.instruction}
        known = {key: value for key, value in row.items() if value is not None}
        return json.dumps(known, ensure_ascii=False).encode() + b"\n"

    def _read(self, wanted: frozenset[str]) -> None:
        if self._program is None and self._sent:
            self._start(self._sent)
        while not self._over and (wanted - self._found.keys() or self._found.keys() == self.ids):
            line = self._line(enough=self._found.keys() == self.ids)
            if line is not None:
                self._take(line)
                continue
            self._end()
            self._over = True
            missing = [source.id for source in self._sent if source.id not in self._found]
            if missing:
                given = len(self._sent)
                raise self._failed(
                    f"answered {given - len(missing)} of {given} segments; "
                    f"first without an answer: {missing[0]}",
                    hint=_HINT,
                )

    def _take(self, line: str) -> None:
        where = f"line {self._lines} of its output"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
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
