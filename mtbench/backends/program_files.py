"""Files and folders that a program's output depends on: what a card names under ``files``.

The program itself and files that its arguments name (a script, a file of weights) count as well:
an edited script is another system. What else its words may mean is not guessed at.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from mtbench.checkpoints.digests import digest_files
from mtbench.checkpoints.folders import cache_folder
from mtbench.errors import RequestError
from mtbench.files.digests import digest_file, digest_json
from mtbench.types import Runtime

_UNSEEN = "changes in it go unseen"


class ProgramFiles:
    """The program, the files among its arguments, and what its card names.

    Args:
        argv: The program and its arguments.
        files: What counts beside them, where the card says so.
        runtime: Its cache remembers digests.
    """

    def __init__(self, argv: Sequence[str], files: Sequence[str] | None, runtime: Runtime) -> None:
        self._named = {name: Path(name).expanduser() for name in files or ()}
        words = [word.partition("=")[2] if word.startswith("-") else word for word in argv[1:]]
        self._words = {argv[0]: Path(shutil.which(argv[0]) or argv[0])}
        self._words |= {word: Path(word) for word in words if word}
        self._says_what_counts = files is not None
        self._runtime = runtime

    def check(self) -> None:
        """Whether all that is said to count is there.

        Raises:
            RequestError: If not, or if it cannot be read.
        """
        for name, path in self._named.items():
            if not (_is(path, "file") or _is(path, "folder")):
                raise RequestError(f"files: there is no {name!r}", hint="correct the card's option")
            every = [path] if _is(path, "file") else _inside(path)
            blocked = next((p for p in every if not os.access(p, os.R_OK)), None)
            if blocked is not None:
                raise RequestError(f"files: {blocked} cannot be read", hint="change its rights")

    def digests(self) -> dict[str, str]:
        """Name → digest of what is there and can be read."""
        every = {**self._words, **self._named}
        found = {
            name: digest_file(path)
            for name, path in every.items()
            if _is(path, "file") and os.access(path, os.R_OK)
        }
        for name, path in self._named.items():
            if _is(path, "folder"):
                inside = _inside(path)
                names = [one.relative_to(path).as_posix() for one in inside]
                found[name] = digest_json(
                    [names, digest_files(inside, cache_folder(self._runtime))]
                )
        return {name: found[name] for name in every if name in found}

    def notes(self) -> tuple[str, ...]:
        """What of it is not looked at."""
        blind = [
            f"{name} cannot be read: {_UNSEEN}"
            for name, path in self._words.items()
            if _is(path, "file") and not os.access(path, os.R_OK)
        ]
        if not self._says_what_counts:
            blind += [
                f"the folder {name} is not looked at: {_UNSEEN}; name under files what counts"
                for name, path in self._words.items()
                if _is(path, "folder")
            ]
        return tuple(blind)


def _is(path: Path, kind: str) -> bool:
    """Whether there is such a thing: a word among the arguments may be anything."""
    try:
        return path.is_file() if kind == "file" else path.is_dir()
    except (OSError, ValueError):  # too long for a name, or where nobody may look
        return False


def _inside(folder: Path) -> list[Path]:
    """The files of a folder, hidden ones and compiled Python left out.

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
        found += [path for path in paths if _is(path, "file")]
    return found
