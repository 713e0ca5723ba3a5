"""What stands on disk for a moment: nothing of it outlives the process that made it for long.

Each temporary file or folder is locked while its process lives. Whoever next writes in the same
place removes those whose lock nobody holds: their processes were killed. Imports nothing of
mtbench: the workers of other environments use it, too.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if os.name == "posix":
    import fcntl

SUFFIX = ".mtbench.tmp"
"""Ends every such name; with eight drawn characters before it, no name of anybody else's."""

_FILE = re.compile(r"\A\..{1,240}\.[a-z0-9_]{8}\.mtbench\.tmp\Z", re.DOTALL)
_FOLDER = re.compile(r"\Amtbench-[a-z0-9_]{8}\.mtbench\.tmp\Z")
_swept: set[Path] = set()


class TemporaryFile:
    """A file while it is written: beside its place, under another name, locked.

    Args:
        path: Its place.
        folder: Where it stands meanwhile, on the same disk; by default, that of its place.

    Raises:
        OSError: If it cannot be made.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = TemporaryFile(Path(folder) / "a.txt")
        ...     _ = file.stream.write(b"whole")
        ...     file.place()
        ...     [path.name for path in Path(folder).iterdir()]
        ['a.txt']
    """

    def __init__(self, path: Path, folder: Path | None = None) -> None:
        self.path = path
        folder = path.parent if folder is None else folder
        folder.mkdir(parents=True, exist_ok=True)
        _sweep_once(folder)
        start = os.fsdecode(os.fsencode(path.name)[:100])
        handle, name = _made(folder, f".{start}.")
        self.name = Path(name)
        self.stream = os.fdopen(handle, "wb", buffering=1 << 20)

    def flush(self) -> None:
        """Has everything on the disk.

        Raises:
            OSError: If it cannot be written.
        """
        self.stream.flush()
        os.fsync(self.stream.fileno())

    def place(self) -> None:
        """Has everything on the disk and gives the file its name.

        Raises:
            OSError: If it cannot be written.
        """
        self.flush()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.name.chmod(new_file_mode())
        self.name.replace(self.path)
        self.stream.close()  # which opens the lock: last

    def drop(self) -> None:
        """Removes it, unless it has its name already."""
        with suppress(OSError):
            self.name.unlink()
        with suppress(OSError):
            self.stream.close()


def _made(folder: Path, prefix: str) -> tuple[int, str]:
    while True:
        handle, name = tempfile.mkstemp(dir=folder, prefix=prefix, suffix=SUFFIX)
        # Somebody who sweeps may have been quicker than this lock.
        if not _locked(handle, wait=True) or os.fstat(handle).st_nlink:
            return handle, name
        os.close(handle)


@contextmanager
def replacing(path: Path) -> Iterator[TemporaryFile]:
    """A file that takes its place only if nothing goes wrong.

    Raises:
        OSError: If it cannot be written.
    """
    file = TemporaryFile(path)
    try:
        yield file
        file.place()
    except BaseException:
        file.drop()
        raise


class ScratchFolder:
    """A folder of one's own for a while.

    Args:
        home: Where; by default, where the system keeps such.

    Example:
        >>> scratch = ScratchFolder()
        >>> scratch.path.is_dir(), scratch.remove(), scratch.path.exists()
        (True, None, False)
    """

    def __init__(self, home: str | None = None) -> None:
        place = Path(home or tempfile.gettempdir())
        _sweep_once(place)
        while True:  # until it is locked before somebody who sweeps has it
            self.path = Path(tempfile.mkdtemp(prefix="mtbench-", suffix=SUFFIX, dir=place))
            try:
                self._handle = os.open(self.path, os.O_RDONLY) if os.name == "posix" else None
            except FileNotFoundError:
                continue
            if self._handle is None or not _locked(self._handle, wait=True) or self.path.exists():
                break
            os.close(self._handle)

    def remove(self) -> None:
        """Removes it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def new_file_mode() -> int:
    """The permissions of a new file; temporary files have narrower ones."""
    current = os.umask(0o022)
    os.umask(current)
    return 0o666 & ~current


def _locked(handle: int, *, wait: bool = False) -> bool:
    """Whether a lock was had; where the disk knows none, nothing is ever swept."""
    if os.name != "posix":
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


def _sweep_once(folder: Path) -> None:
    here = folder.absolute()
    if here not in _swept:
        _swept.add(here)
        sweep(here)


def sweep(folder: Path, *, below: bool = False) -> list[Path]:
    """Removes what killed processes of this user left behind in a folder.

    Args:
        folder: Where.
        below: Whether to look in the folders inside it, too.

    Returns:
        What was removed.
    """
    removed: list[Path] = []
    for place, folders, files in os.walk(folder):
        for names, pattern in ((files, _FILE), (folders, _FOLDER)):
            found = [Path(place, name) for name in names if pattern.match(name)]
            removed += [path for path in found if _removed(path)]
        if not below:
            break
    return removed


def _removed(path: Path) -> bool:
    if os.name != "posix":
        return False
    try:
        facts = path.lstat()
        plain = stat.S_ISREG(facts.st_mode) or stat.S_ISDIR(facts.st_mode)
        if not plain or facts.st_uid != os.geteuid():
            return False
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        if not _locked(handle):
            return False
        if stat.S_ISDIR(facts.st_mode):
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink()
        return not path.exists()
    finally:
        os.close(handle)
