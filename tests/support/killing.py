"""Processes of a test's own: waited for, ended where it hurts, never left to the next test."""

from __future__ import annotations

import itertools
import logging
import os
import signal
import subprocess
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from mtbench.cli.main import run
from mtbench.processes import guard

SECONDS = (
    240.0  # for whatever is waited for: much, as a loaded machine is slow and a defect is rare
)

Found = TypeVar("Found")


def until(question: Callable[[], Found], what: object = "it did not come about") -> Found:
    """Waits until a question is answered by what is true, and returns that.

    Raises:
        AssertionError: If it is not within ``SECONDS``.
    """
    end = time.monotonic() + SECONDS
    while not (found := question()):
        assert time.monotonic() < end, what
        time.sleep(0.005)
    return found


@contextmanager
def started(*words: str | Path, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A program of which nothing is left after the block: no process, no open pipe."""
    with subprocess.Popen(words, text=True, encoding="utf-8", **options) as program:
        try:
            yield program
        finally:
            program.kill()


def all_of(terminal: int) -> str:
    """What is written to a terminal until its other side is closed."""
    found = b""
    while True:
        try:
            block = os.read(terminal, 65536)
        except OSError:  # how Linux says so
            block = b""
        if not block:
            return found.decode("utf-8", "replace")
        found += block


class Gate:
    """Lets so many calls through, and the others once it is open: in each fork of this process.

    What is to be ended in the midst of its work waits there, however slow whoever ends it is.

    Args:
        path: A file of its own; the gate is shut while it is there.
        passes: How many calls a process may make before.
    """

    def __init__(self, path: Path, passes: int) -> None:
        self._path, self._passes = path, passes
        self._calls = itertools.count()
        path.touch()

    def __call__(self) -> None:
        if next(self._calls) >= self._passes:
            until(lambda: not self._path.exists(), "the gate was never opened")

    def open(self) -> None:
        """Lets everything through from now on."""
        self._path.unlink(missing_ok=True)


class Child:
    """A forked process that runs a command line; what it says goes into a file.

    It has everything imported: what takes time is the work alone. ``Child.end_all`` ends those
    that a test which failed has left.

    Args:
        arguments: The command line.
        log: The file.
        before: Done first in the new process.
    """

    _running: ClassVar[list[Child]] = []

    def __init__(
        self, *arguments: str, log: Path, before: Callable[[], object] | None = None
    ) -> None:
        self.log = log
        self.code: int | None = None
        with warnings.catch_warnings():
            # Threads of the numeric libraries are idle, and the child does not use them.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if self.pid == 0:
            code = 99
            # A job that a shell runs in the background ignores interruptions.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            try:
                said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
                os.dup2(said, 1)
                os.dup2(said, 2)
                import sys

                sys.stdout = os.fdopen(1, "w", 1, encoding="utf-8", closefd=False)
                sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", closefd=False)
                logging.getLogger().handlers.clear()  # pytest's, which would keep it to themselves
                if before is not None:
                    before()
                code = run(arguments)
                sys.stdout.flush()
                sys.stderr.flush()
            except BaseException:  # noqa: BLE001 - nothing may run on into the parent's tests
                traceback.print_exc()
            finally:
                os._exit(code)
        self._running.append(self)

    @classmethod
    def end_all(cls) -> None:
        """Ends whatever still runs."""
        for child in list(cls._running):
            child.kill()

    def kill(self, number: int = signal.SIGKILL) -> int:
        """Sends a signal and waits; the exit code, or minus the signal's number."""
        if self.code is None:
            os.kill(self.pid, number)
        return self.wait()

    def interrupt(self, number: int, gate: Gate) -> int:
        """Sends a signal to one that is held up at a gate; the exit code, as ``kill`` gives it.

        Where it waits for calls under way, the gate is opened for them.
        """
        os.kill(self.pid, number)
        until(lambda: self.ended() or "waiting for" in self.log.read_text("utf-8"))
        gate.open()
        return self.wait()

    def wait(self) -> int:
        """Waits; the exit code, or minus the number of the signal that ended it."""
        return self._end(0) if self.code is None else self.code

    def ended(self) -> bool:
        """Whether it has."""
        if self.code is None:
            self._end(os.WNOHANG)
        return self.code is not None

    def _end(self, how: int) -> int:
        number, status = os.waitpid(self.pid, how)
        if not number:
            return 0
        self._running.remove(self)
        self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def wait_for(self, path: Path) -> None:
        """Waits until a file is there and holds something; its name may be a pattern."""

        def there() -> bool:
            over = self.ended()  # first: what it wrote last counts
            found = any(size_of(one) for one in matching(path))
            assert found or not over, f"it ended with {self.code}, and {path} is not there"
            return found

        until(there, f"{path} did not appear")


def size_of(path: Path) -> int:
    """Bytes of a file, none of one that has just gone."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def started_by(number: int) -> set[int]:
    """Running processes whose environment bears the mark of a process."""
    found = set()
    mark = f"{number}-".encode()
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            values = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        words = [v for v in values if v.startswith(guard.MARK.encode() + b"=")]
        if any(word.startswith(mark) for v in words for word in v.split(b"=", 1)[1].split()):
            found.add(int(entry.parent.name))
    return {one for one in found if alive(one)}


def alive(number: int) -> bool:
    """Whether a process runs, zombies aside."""
    try:
        status = Path(f"/proc/{number}/stat").read_text("utf-8")
    except OSError:
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return False
        return not Path("/proc").is_dir()
    return status.rpartition(")")[2].split()[0] != "Z"


def matching(path: Path) -> list[Path]:
    """The files that a path names, in which any part may be a pattern."""
    return list(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
