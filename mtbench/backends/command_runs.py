"""One process of a program that translates, in either protocol.

With ``lines`` only the count at the very end shows whether any answer stands in its place, so
nothing is handed on before the program has ended well.
With ``jsonl`` each answer is good as it comes.

Of very many segments, sources and answers lie on disk: in memory are their ids.
"""

from __future__ import annotations

import json
import re
import shlex
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from mtbench.errors import BackendError, SegmentError
from mtbench.files.columns import Spool
from mtbench.processes.programs import LateAnswer, Program, Reader, refuse_unwritable
from mtbench.servers.secrets import Secret, without_keys
from mtbench.text.lines import one_line
from mtbench.types import Json, Source, Translation

_KEY = re.compile(r"\{env:([A-Z_][A-Z0-9_]*)\}")
_OPEN = -1  # the place of an answer that has not come
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
        given: How many segments the program is given.
    """

    def __init__(self, argv: tuple[str, ...], timeout: float, sources: Sequence[Source]) -> None:
        self._argv = argv
        self._timeout = timeout
        self._sources = sources
        self._places: dict[str, int] = {}  # of answers, by the segment's id
        self._answers = Spool()
        self._refused: dict[str, SegmentError] = {}
        for source in sources:
            if not source.text.strip():
                continue
            try:
                refuse_unwritable(source, "a program's input")
                self._places[source.id] = _OPEN
            except SegmentError as error:
                self._refused[source.id] = error
        self.given = self._left = len(self._places)
        self._program: Program | None = None
        self._reader: Reader | None = None
        self._over = not self.given
        self._lines = 0
        self._failure: BackendError | None = None

    @abstractmethod
    def _block(self, source: Source) -> bytes:
        """What the program is given for a source."""

    @abstractmethod
    def _read(self, wanted: set[str]) -> None:
        """Reads until these segments are answered; none: until the end where all are."""

    def _sent(self) -> Iterator[Source]:
        """What the program is given, in order."""
        return (source for source in self._sources if source.id in self._places)

    def covers(self, wanted: frozenset[str]) -> bool:
        """Whether these segments have or get an answer."""
        return all(name in self._places or name in self._refused for name in wanted)

    def answers(self, wanted: frozenset[str]) -> tuple[dict[str, Translation | SegmentError], str]:
        """Answers to some of the sources; stderr too, if the process ended meanwhile.

        Raises:
            BackendError: If it fails.
            MissingEngine: If it cannot be started.
        """
        if self._failure is not None:
            raise self._failure
        was_over = self._over
        self._read({name for name in wanted if self._places.get(name) == _OPEN})
        ended = self._over and not was_over and self._program is not None
        stderr = without_keys(self._program.stderr()) if ended and self._program else ""
        return {name: self._answer(name) for name in wanted}, stderr

    def _answer(self, name: str) -> Translation | SegmentError:
        if name in self._refused:
            return self._refused[name]
        text, why, kept = self._answers[self._places[name]]
        if why is not None:
            return SegmentError(f"segment {name}: {why}")
        return Translation(text=text, kept=kept)

    def _take_in(self, name: str, text: str | None, why: str | None, kept: dict[str, Json]) -> None:
        """An answer, or why there is none."""
        place = self.given - self._left
        self._answers.put(place, [text, why, kept])
        self._places[name] = place
        self._left -= 1

    def close(self) -> None:
        """Ends the process and what it started."""
        if self._program is not None:
            self._program.kill()

    def _start(self) -> None:
        self._lines = 0
        self._program = Program(with_keys(self._argv), keep_stderr=1_000_000)
        self._program.feed(map(self._block, self._sent()), close=True)
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

    def _read(self, wanted: set[str]) -> None:
        if self._over:
            return
        self._start()
        given, open_ = self.given, iter(self._places)
        while (line := self._line(enough=not self._left)) is not None:
            if not self._left:
                raise self._failed(f"gave more than {given} lines for {given} segments", hint=_HINT)
            self._take_in(next(open_), line, None, {})
        self._end()
        self._over = True
        if self._left:
            raise self._failed(f"gave {given - self._left} lines for {given} segments", hint=_HINT)


class ObjectsRun(ProgramRun):
    """One object per line both ways, matched by id."""

    def _block(self, source: Source) -> bytes:
        row = {"id": source.id, "src": source.text, "doc": source.document}
        row |= {"context": source.context, "instruction": source.instruction}
        known = {key: value for key, value in row.items() if value is not None}
        return json.dumps(known, ensure_ascii=False).encode() + b"\n"

    def _read(self, wanted: set[str]) -> None:
        if self._program is None and self.given:
            self._start()
        while not self._over and (wanted or not self._left):
            line = self._line(enough=not self._left)
            if line is not None:
                wanted.discard(self._take(line))
                continue
            self._end()
            self._over = True
            if self._left:
                first = next(name for name, place in self._places.items() if place == _OPEN)
                raise self._failed(
                    f"answered {self.given - self._left} of {self.given} segments; "
                    f"first without an answer: {first}",
                    hint=_HINT,
                )

    def _take(self, line: str) -> str:
        """The segment that a line has answered."""
        where = f"line {self._lines} of its output"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise self._failed(f"wrote no JSON in {where}: {error}") from error
        name = row.get("id") if isinstance(row, dict) else None
        if not isinstance(name, str) or name not in self._places:
            raise self._failed(f"answered to an id it was not given in {where}: {name!r}")
        if self._places[name] != _OPEN:
            raise self._failed(f"answered twice to segment {name}")
        if isinstance(row.get("mt"), str):
            kept = {key: value for key, value in row.items() if key not in ("id", "mt")}
            self._take_in(name, row["mt"], None, kept)
        elif isinstance(row.get("error"), str):
            self._take_in(name, None, row["error"], {})
        else:
            raise self._failed(f"gave neither mt nor error for segment {name}")
        return name
