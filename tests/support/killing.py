"""The command line in a process of its own, ended where it hurts.

A fork of this process has everything imported: what takes time is the work alone.
"""

from __future__ import annotations

import os
import signal
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

from mtbench.cli.main import run


class Child:
    """A forked process that runs a command line; what it says goes into a file.

    Args:
        arguments: The command line.
        log: The file.
        before: Done first in the new process.
    """

    def __init__(
        self, *arguments: str, log: Path, before: Callable[[], object] | None = None
    ) -> None:
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

                sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
                sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
                if before is not None:
                    before()
                code = run(arguments)
                sys.stdout.flush()
                sys.stderr.flush()
            except BaseException:  # noqa: BLE001 - nothing may run on into the parent's tests
                traceback.print_exc()
            finally:
                os._exit(code)

    def kill(self, number: int = signal.SIGKILL) -> int:
        """Sends a signal and waits; the exit code, or minus the signal's number."""
        os.kill(self.pid, number)
        return self.wait()

    def wait(self) -> int:
        """Waits; the exit code, or minus the number of the signal that ended it."""
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def wait_for(self, path: Path, seconds: float = 30.0) -> None:
        """Waits until a file is there and holds something; its name may be a pattern."""
        end = time.monotonic() + seconds
        while not any(found.stat().st_size for found in matching(path)):
            if time.monotonic() > end:
                raise TimeoutError(f"{path} did not appear")
            time.sleep(0.002)


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
