"""Programs: started without a shell, ended with whatever they started, never left behind."""

from __future__ import annotations

import atexit
import os
import selectors
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import IO, cast

from mtbench.errors import MissingEngine, SegmentError
from mtbench.interruptions import held_back
from mtbench.processes import guard
from mtbench.types import Source

GRACE_SECONDS = 2.0
_LOOK_SECONDS = 0.25  # how often a silent program is looked at


class Program:
    """A running program in a process group of its own.

    It gets its own group so that a Ctrl-C reaches mtbench alone, which then ends the whole
    group: nothing a program started is left behind. Where mtbench is killed itself, ``guard``
    has it ended.

    Args:
        argv: The program and its arguments; no shell looks at them.
        environment: Variables beside those of this process.
        stdin: Where it reads from; by default a pipe.
        keep_stderr: Characters of its stderr to keep: the last ones.

    Raises:
        MissingEngine: If there is no such program.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        stdin: IO[bytes] | None = None,
        keep_stderr: int = 100_000,
    ) -> None:
        self.argv = tuple(argv)
        self._feeder: threading.Thread | None = None
        self._tail: deque[str] = deque()
        self._kept = 0
        self._keep = keep_stderr
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        try:
            # A vector of arguments that the user's own card or command line names.
            with held_back():  # what is started is known to somebody, or not started
                self.process = subprocess.Popen(  # noqa: S603
                    self.argv,
                    stdin=stdin if stdin is not None else subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    bufsize=0,
                    env=guard.environment(environment),
                    start_new_session=True,
                )
                guard.started(self.process.pid)
                _RUNNING.add(self)
                self._watcher.start()
        except FileNotFoundError as error:
            raise MissingEngine(
                f"no program {self.argv[0]!r}", hint="install it, or correct its path"
            ) from error
        except OSError as error:
            raise MissingEngine(
                f"the program {self.argv[0]!r} cannot be started",
                why=error.strerror or str(error),
            ) from error

    @property
    def stdin(self) -> IO[bytes]:
        """The pipe it reads from."""
        return cast("IO[bytes]", self.process.stdin)

    @property
    def stdout(self) -> IO[bytes]:
        """The pipe it writes to."""
        return cast("IO[bytes]", self.process.stdout)

    def _watch(self) -> None:
        with cast("IO[bytes]", self.process.stderr) as stream:
            while block := stream.read(65536):
                text = block.decode("utf-8", "replace")
                self._tail.append(text)
                self._kept += len(text)
                while self._kept - len(self._tail[0]) >= self._keep:
                    self._kept -= len(self._tail.popleft())

    def ended_itself(self) -> bool:
        """Whether it has ended; what it started may still run."""
        if self.process.returncode is not None:
            return True
        if not hasattr(os, "waitid"):  # macOS
            return self.process.poll() is not None
        # It is left unreaped, so that its group's number cannot become another's.
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        with suppress(ChildProcessError):
            return os.waitid(os.P_PID, self.process.pid, flags) is not None
        return True

    def wait(self, seconds: float | None = None) -> int | None:
        """Its exit code; None if it has not ended within the time.

        What it started and left behind is ended with it.
        """
        if not self._await_end(seconds):
            return None
        if self.process.returncode is None:
            self._signal(signal.SIGKILL)
        code = self.process.wait()
        guard.ended(self.process.pid)
        _RUNNING.discard(self)
        self._watcher.join(timeout=GRACE_SECONDS)
        return code

    def feed(self, blocks: Iterable[bytes], *, close: bool) -> None:
        """Writes blocks to its input in a thread, so that reading can go on meanwhile.

        A program that goes away ends the thread: whoever reads its answers sees what is missing.

        Args:
            blocks: What to write.
            close: Whether to close its input at the end.
        """
        stream = self.stdin

        def write() -> None:
            with suppress(OSError, ValueError):
                for block in blocks:
                    view = memoryview(block)
                    while view:
                        view = view[stream.write(view) or 0 :]
            if close:
                with suppress(OSError):
                    stream.close()

        self.fed()
        self._feeder = threading.Thread(target=write, daemon=True)
        self._feeder.start()

    def fed(self, seconds: float | None = None) -> bool:
        """Waits until all is written that it was to be fed; whether it is within the time."""
        if self._feeder is not None:
            self._feeder.join(seconds)
            if self._feeder.is_alive():
                return False
            self._feeder = None
        return True

    def stderr(self) -> str:
        """What it wrote to stderr: the last characters of it."""
        return "".join(list(self._tail))[-self._keep :]

    def last_words(self) -> str | None:
        """The last line of its stderr, for an error message."""
        lines = [line.strip() for line in self.stderr().splitlines() if line.strip()]
        return lines[-1][-300:] if lines else None

    def ended(self) -> str:
        """How it ended, in words."""
        code = self.process.poll()
        if code is None:
            return "still runs"
        if code < 0:
            with suppress(ValueError):
                return f"was ended by {signal.Signals(-code).name}"
        return f"ended with exit code {code}"

    def kill(self) -> None:
        """Ends it and whatever it started: politely, then not."""
        if self.process.returncode is None:
            try:
                self._signal(signal.SIGTERM)
                self._await_end(GRACE_SECONDS)
            finally:  # an impatient second Ctrl-C included
                # Children that ignored the polite request. The leader is not reaped yet, so that
                # the group's number cannot have become another's.
                self._signal(signal.SIGKILL)
        self.wait(GRACE_SECONDS)
        # Its thread may be about to write: a closed pipe's number could be another program's.
        streams = [self.process.stdin] if self.fed(GRACE_SECONDS) else []
        for stream in (*streams, self.process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()

    def _await_end(self, seconds: float | None) -> bool:
        """Whether it ends within the time."""
        deadline = None if seconds is None else time.monotonic() + seconds
        pause = 0.0005
        while not self.ended_itself():
            if deadline is not None and time.monotonic() > deadline:
                return False
            time.sleep(pause)
            pause = min(2 * pause, 0.05)
        return True

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)


_RUNNING: set[Program] = set()


@atexit.register
def _end_all() -> None:
    """What an interruption has left without an owner."""
    for program in list(_RUNNING):
        program.kill()


def refuse_unwritable(source: Source, where: str) -> None:
    """Refuses texts that no program could be given.

    Args:
        source: The segment.
        where: What it would have to go through, for the message.

    Raises:
        SegmentError: For a NUL character or half a surrogate pair.
    """
    if "\0" in source.text or any("\ud800" <= c <= "\udfff" for c in source.text):
        raise SegmentError(
            f"segment {source.id}: holds a NUL or half a surrogate pair, "
            f"which cannot go through {where}"
        )


class LateAnswer(Exception):
    """Nothing came within the time."""


def once(
    argv: Sequence[str], given: bytes = b"", *, seconds: float
) -> subprocess.CompletedProcess[bytes]:
    """Runs a program to its end.

    Args:
        argv: The program and its arguments; no shell looks at them.
        given: What it reads.
        seconds: It may take.

    Raises:
        OSError: If it cannot be started.
        LateAnswer: If it takes longer; it is ended then.

    Example:
        >>> once(["cat"], b"words", seconds=10).stdout
        b'words'
    """
    try:
        return subprocess.run(  # noqa: S603 - a vector that a card or this program names
            argv,
            input=given,
            capture_output=True,
            timeout=seconds,
            start_new_session=True,
            env=guard.environment(),
        )
    except subprocess.TimeoutExpired as error:
        raise LateAnswer from error


class Reader:
    """Reads a pipe piece by piece, giving up after a time without a byte.

    Args:
        stream: The pipe.
        end: The byte that ends a piece.
        timeout: Seconds that may pass without a byte.
        writer: Who writes to it.

    Attributes:
        torn: Whether the last piece came without its end.
    """

    def __init__(self, stream: IO[bytes], end: bytes, timeout: float, writer: Program) -> None:
        self._stream = stream
        self._end = end
        self._timeout = timeout
        self._writer = writer
        self._buffer = bytearray()
        self.torn = False

    def piece(self, *, enough: bool = False) -> bytes | None:
        """The next piece without its end; None where the pipe ended, and nothing was left.

        Args:
            enough: Whether all is here that is waited for. Then the pipe also counts as ended
                where its writer has, and nothing comes: something it started may hold it open.

        Raises:
            LateAnswer: If nothing comes within the time.
        """
        searched = 0
        while True:
            at = self._buffer.find(self._end, searched)
            if at >= 0:
                found = bytes(self._buffer[:at])
                del self._buffer[: at + 1]
                return found
            searched = len(self._buffer)
            block = self._block(enough=enough)
            if not block:
                rest = bytes(self._buffer)
                self._buffer.clear()
                self.torn = bool(rest)
                return rest or None
            self._buffer += block

    def _block(self, *, enough: bool) -> bytes:
        handle = self._stream.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(handle, selectors.EVENT_READ)
            deadline = time.monotonic() + self._timeout
            while not selector.select(min(_LOOK_SECONDS, max(0.0, deadline - time.monotonic()))):
                # Looked at again once it has ended: its last words may have come meanwhile.
                if enough and self._writer.ended_itself() and not selector.select(_LOOK_SECONDS):
                    return b""
                if time.monotonic() >= deadline:
                    raise LateAnswer
        return os.read(handle, 1 << 16)
