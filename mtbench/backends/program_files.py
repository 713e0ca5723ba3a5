"""Files and folders that a program's output depends on, as far as a card names them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mtbench.checkpoints.digests import digest_files
from mtbench.checkpoints.folders import cache_folder
from mtbench.errors import RequestError
from mtbench.files.digests import digest_file, digest_json
from mtbench.types import Runtime

MOST_FILES = 1000  # of a folder that is looked at unasked


class _Named(NamedTuple):
    name: str
    path: Path
    asked: bool  # named for this very purpose


class ProgramFiles:
    """The program, and what its arguments and its card name.

    Where the card says what counts, folders among the arguments do not: a program may well write
    into one. The folder that mtbench works in never counts, as it holds the results.

    Args:
        argv: The program and its arguments.
        files: What counts beside them, where the card says so.
        runtime: Its cache remembers digests.
    """

    def __init__(self, argv: Sequence[str], files: Sequence[str] | None, runtime: Runtime) -> None:
        self._argv = argv
        self._files = files
        self._runtime = runtime
        self._first: dict[str, str] | None = None

    def check(self) -> None:
        """Whether all that is said to count is there.

        Raises:
            RequestError: If not, or if it cannot be read.
        """
        for name in self._files or ():
            path = Path(name).expanduser()
            kind = _kind(path)
            if kind is None:
                raise RequestError(f"files: there is no {name!r}", hint="correct the card's option")
            every = [path] if kind == "file" else _inside(path, None)
            blocked = next((p for p in every or () if not os.access(p, os.R_OK)), None)
            if blocked is not None:
                raise RequestError(f"files: {blocked} cannot be read", hint="change its rights")

    def digests(self) -> dict[str, str]:
        """Name → digest of what is there and can be read."""
        found = {}
        for one in self._named():
            if _kind(one.path) == "file":
                if os.access(one.path, os.R_OK):
                    found[one.name] = digest_file(one.path)
            elif (inside := self._readable(one)) is not None:
                names = [path.relative_to(one.path).as_posix() for path in inside]
                found[one.name] = digest_json(
                    [names, digest_files(inside, cache_folder(self._runtime))]
                )
        if self._first is None:
            self._first = found
        return found

    def notes(self) -> tuple[str, ...]:
        """What of it is not looked at, and what has changed since it was looked at first."""
        found = []
        first, now = self._first or {}, self.digests()
        for one in self._named():
            if _kind(one.path) == "file":
                if one.name not in now:
                    found.append(f"{one.name} cannot be read: changes in it go unseen")
                continue
            inside = _inside(one.path, None if one.asked else MOST_FILES)
            if inside is None:
                found.append(f"the folder {one.name} holds too many files: {_UNSEEN}")
            elif not inside:
                found.append(f"the folder {one.name} holds no file that counts")
            elif not all(os.access(path, os.R_OK) for path in inside):
                found.append(f"not all files in {one.name} can be read: {_UNSEEN}")
            elif first.get(one.name, now[one.name]) != now[one.name]:
                found.append(f"the folder {one.name} changed while the program ran: {_SAY}")
        return tuple(found)

    def _named(self) -> list[_Named]:
        program = Path(shutil.which(self._argv[0]) or self._argv[0])
        found = [_Named(self._argv[0], program, asked=False)]
        for word in self._argv[1:]:
            name = word.partition("=")[2] if word.startswith("-") else word
            found.append(_Named(name, Path(name), asked=False))
        found += [_Named(name, Path(name).expanduser(), asked=True) for name in self._files or ()]
        return [one for one in found if one.name and self._counts(one)]

    def _counts(self, one: _Named) -> bool:
        kind = _kind(one.path)
        if kind != "folder" or one.asked:
            return kind is not None
        return self._files is None and not Path.cwd().is_relative_to(one.path.resolve())

    def _readable(self, one: _Named) -> list[Path] | None:
        inside = _inside(one.path, None if one.asked else MOST_FILES)
        return None if inside is None else [p for p in inside if os.access(p, os.R_OK)]


_SAY = "name under files what its output depends on"
_UNSEEN = f"changes there go unseen; {_SAY}"


def _kind(path: Path) -> str | None:
    """``file``, ``folder``, or None: a word among the arguments may be anything."""
    try:
        return "file" if path.is_file() else "folder" if path.is_dir() else None
    except (OSError, ValueError):  # too long for a name, or where nobody may look
        return None


def _inside(folder: Path, most: int | None) -> list[Path] | None:
    """The files of a folder, hidden ones and compiled Python left out; None for too many.

    Links to folders are followed: weights often stand behind one.
    """
    found: list[Path] = []
    seen: set[tuple[int, int]] = set()
    for root, folders, names in os.walk(folder, followlinks=True):
        status = Path(root).stat()
        if (status.st_dev, status.st_ino) in seen:  # a link back to where it stands
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f != "__pycache__")
        paths = (Path(root) / name for name in sorted(names) if not name.startswith("."))
        found += [path for path in paths if _kind(path) == "file"]
        if most is not None and len(found) > most:
            return None
    return found
