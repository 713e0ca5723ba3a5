"""Digests of large files, remembered: a file that has not changed is not read again.

Imports of mtbench its digests and temporary files alone: workers of other environments use it, too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from mtbench.files.digests import digest_file, digest_rows, digest_text
from mtbench.files.temporary import replacing

_SMALL = 1 << 20  # bytes; below, reading the file costs no more than looking its digest up
# Seconds since a file last changed. A younger one may change once more within the same tick of
# the file system's clock, and would look as it did before.
_SETTLED = 2.0


def remembered_digest(path: Path, cache: Path | str) -> str:
    """A file's SHA-256, computed again when anything about the file has changed.

    The time of its last change of state (ctime) is part of what is compared: unlike its size and
    the time of its last change of content, no program can set that.

    Args:
        path: The file.
        cache: Folder where digests are remembered; empty for none.

    Raises:
        OSError: If the file cannot be read.
    """
    before = path.stat()
    if not cache or before.st_size < _SMALL:
        return digest_file(path)
    memory = Path(cache) / "digests" / digest_text(f"{path.resolve()}\n{_state(before)}\n")
    with suppress(OSError):
        return memory.read_text(encoding="ascii").strip()
    found = digest_file(path)
    settled = time.time() - before.st_ctime > _SETTLED
    if settled and _state(path.stat()) == _state(before):
        with suppress(OSError), replacing(memory) as file:  # only a shortcut for the next time
            file.stream.write(f"{found}\n".encode("ascii"))
    return found


def _state(of: os.stat_result) -> tuple[int, ...]:
    return (of.st_dev, of.st_ino, of.st_size, of.st_mtime_ns, of.st_ctime_ns)


def digest_files(paths: Iterable[Path], cache: Path | str) -> str:
    """Digest of names and bytes of files, those of the large ones remembered.

    Args:
        paths: The files.
        cache: Folder where digests are remembered; empty for none.

    Raises:
        OSError: If one cannot be read.
    """
    ordered = sorted(paths, key=lambda path: path.name)
    return digest_rows([path.name, remembered_digest(path, cache)] for path in ordered)
