"""Digests of large files, remembered: a file that has not changed is not read again.

Imports of mtbench its room of files alone: workers of other environments use it, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from mtbench.files.digests import digest_file, digest_rows, digest_text
from mtbench.files.states import settled, state, state_of
from mtbench.files.temporary import replacing

_SMALL = 1 << 20  # bytes; below, reading the file costs no more than looking its digest up


def remembered_digest(path: Path, cache: Path | str) -> str:
    """A file's SHA-256, computed again when anything about the file has changed.

    Args:
        path: The file.
        cache: Folder where digests are remembered; empty for none.

    Raises:
        OSError: If the file cannot be read.
    """
    before = path.stat()
    if not cache or before.st_size < _SMALL:
        return digest_file(path)
    memory = Path(cache) / "digests" / digest_text(f"{path.resolve()}\n{state_of(before)}\n")
    with suppress(OSError):
        return memory.read_text(encoding="ascii").strip()
    lasting = settled(before)
    found = digest_file(path)
    if lasting and state(path) == state_of(before):
        with suppress(OSError), replacing(memory) as file:  # only a shortcut for the next time
            file.stream.write(f"{found}\n".encode("ascii"))
    return found


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
