"""A process that kills itself as it is about to touch a file for the n-th time."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

_TOUCHES = frozenset(
    {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate", "os.link"}
)


def die_at(event: int, root: Path, count: Path | None = None) -> None:
    """Has this process die by SIGKILL before it changes a file below a folder for the n-th time.

    Args:
        event: Which time, from 1; 0 to live.
        root: The folder.
        count: A file that holds one byte for each time so far, where they are counted.
    """
    prefix, seen = str(root), 0
    counter = None if count is None else os.open(count, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def hook(name: str, given: tuple[Any, ...]) -> None:
        nonlocal seen
        if name == "open":
            path, _, flags = given
            touches = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        else:
            path, touches = (given or (None,))[0], name in _TOUCHES
        if not touches or not isinstance(path, (str, bytes, os.PathLike)):
            return
        if not os.path.abspath(os.fsdecode(path)).startswith(prefix):  # noqa: PTH100 - no new opens
            return
        seen += 1
        if counter is not None:
            os.write(counter, b".")
        if seen == event:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
