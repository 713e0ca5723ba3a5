"""Two processes on one results folder take turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mtbench.errors import Unavailable
from mtbench.files.writing import check_writable, write_text

FOLDER = ".locks"


@contextmanager
def locked(root: Path, name: str, waiting: Callable[[], object] | None = None) -> Iterator[None]:
    """Holds a lock of a results folder; waits for a process that holds it.

    Args:
        root: The results folder.
        name: What is locked.
        waiting: Called once if the lock is held, so that a caller can say so.

    Raises:
        Unavailable: If the results folder cannot be written, or a lock in it is a link.
    """
    import filelock

    folder = root / FOLDER
    path = folder / f"{name}.lock"
    for one in (folder, path):
        if one.is_symlink():  # somebody else's file would be opened
            raise Unavailable(f"{one}: a link where our own belongs", hint="remove it")
    check_writable(folder)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        write_text(ignore, "*\n")
    lock = filelock.FileLock(path)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        if waiting is not None:
            waiting()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
