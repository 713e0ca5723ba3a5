"""Whether a file is the one it was, told without reading it.

The time of a file's last change of state (ctime) is part of what is compared: unlike its size and
the time of its last change of content, no program can set that.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

# Seconds since a file last changed. A younger one may change once more within the same tick of
# the file system's clock, and would look as it did before.
_SETTLED = 2.0

State = tuple[int, ...]


def state_of(of: os.stat_result) -> State:
    """Device, inode, size and times: equal as long as nothing about the file changes."""
    return (of.st_dev, of.st_ino, of.st_size, of.st_mtime_ns, of.st_ctime_ns)


def state(path: Path) -> State:
    """The state of a file.

    Raises:
        OSError: If there is none.
    """
    return state_of(path.stat())


def settled(of: os.stat_result) -> bool:
    """Whether a file that is read from now on, and then has this state, is what was read."""
    return time.time() - of.st_ctime > _SETTLED


def named_state(path: Path) -> list[str | int]:
    """The name of a file and its state, as JSON.

    Raises:
        OSError: If there is none.
    """
    return [str(path), *state(path)]


def files_below(root: Path, suffix: str = "") -> Iterator[Path]:
    """The files of a folder and its folders, sorted."""
    for folder, inner, names in os.walk(root):
        inner.sort()
        yield from (Path(folder, name) for name in sorted(names) if name.endswith(suffix))
