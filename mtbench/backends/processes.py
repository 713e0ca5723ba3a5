"""Programs that back ends drive: started without a shell, ended with their children."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, cast

from mtbench.errors import MissingEngine

GRACE_SECONDS = 2.0


class Program:
    """A running program in a process group of its own.

    It gets its own group so that a Ctrl-C reaches mtbench alone, which then ends the whole
    group: nothing a program started is left behind.

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
        try:
            # A vector of arguments that the user's own card or command line names.
            self.process = subprocess.Popen(  # noqa: S603
                self.argv,
                stdin=stdin if stdin is not None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env={**os.environ, **environment} if environment else None,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise MissingEngine(
                f"no program {self.argv[0]!r}", hint="install it, or correct its path"
            ) from error
        except OSError as error:
            raise MissingEngine(
                f"the program {self.argv[0]!r} cannot be started",
                why=error.strerror or str(error),
            ) from error
        self._tail: deque[str] = deque()
        self._kept = 0
        self._keep = keep_stderr
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

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

    def wait(self, seconds: float | None = None) -> int | None:
        """Its exit code; None if it has not ended within the time."""
        try:
            code = self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None
        self._watcher.join(timeout=GRACE_SECONDS)
        return code

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
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self._signal(signal.SIGTERM)
        if self.wait(GRACE_SECONDS) is None:
            self._signal(signal.SIGKILL)
            self.wait(GRACE_SECONDS)
        else:
            # The leader is gone; children that ignored the polite request are not.
            self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)
