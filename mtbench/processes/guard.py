"""Nothing that we start outlives us, not even where we are killed and can clean up nothing.

A small process watches this one (``watcher``). Everything started here carries a mark in its
environment and, where it leads a group, is told to the watcher by number. The kernel's own means
(a signal at the parent's death) would end programs as soon as the *thread* that started them
does, and would not reach what they start themselves.
"""

from __future__ import annotations

import atexit
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

MARK = "MTBENCH_STARTED_BY"  # as in the watcher, which imports nothing of ours
_WATCHER = Path(__file__).with_name("watcher.py")

_lock = threading.RLock()
_groups: set[int] = set()
_watcher: _Watcher | None = None


class _Watcher:
    def __init__(self, mark: str | None = None) -> None:
        self.owner = os.getpid()
        self.mark = mark or f"{self.owner}-{secrets.token_hex(16)}"
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, a file of ours
            [sys.executable, "-I", "-S", "-B", str(_WATCHER), str(self.owner), self.mark],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )

    def runs(self) -> bool:
        """Whether it is there; somebody may have ended it."""
        return self._process.poll() is None

    def tell(self, line: str) -> None:
        with suppress(OSError):  # the next one is told everything again
            cast("IO[bytes]", self._process.stdin).write(line.encode())

    def dismiss(self) -> None:
        with suppress(OSError):
            cast("IO[bytes]", self._process.stdin).close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5.0)


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a program that is to end with this process at the latest.

    A program that runs programs by mtbench itself bears the marks of all who started it.

    Args:
        more: Variables beside those of this process.

    Example:
        >>> MARK in environment({"LANG": "C"})
        True
    """
    with _lock:
        mark = _running().mark
    marks = " ".join([*os.environ.get(MARK, "").split(), mark])
    return {**os.environ, **(more or {}), MARK: marks}


def started(group: int) -> None:
    """A process that leads a group of this number runs."""
    with _lock:
        watcher = _running()
        _groups.add(group)
        watcher.tell(f"+{group}\n")


def ended(group: int) -> None:
    """The group is over: its number may become another's."""
    with _lock:
        _groups.discard(group)
        if _watcher is not None and _watcher.owner == os.getpid():
            _watcher.tell(f"-{group}\n")


def _running() -> _Watcher:
    """The watcher of this very process: a fork has one of its own, and a dead one is replaced."""
    global _watcher
    if _watcher is not None and _watcher.owner != os.getpid():
        _groups.clear()
        _watcher = None
    if _watcher is None or not _watcher.runs():
        mark = _watcher.mark if _watcher is not None else None
        if _watcher is not None:
            _watcher.dismiss()
        _watcher = _Watcher(mark)
        for group in _groups:
            _watcher.tell(f"+{group}\n")
    return _watcher


@atexit.register
def _dismiss() -> None:
    if _watcher is not None and _watcher.owner == os.getpid():
        _watcher.dismiss()
