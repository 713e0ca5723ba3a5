"""Members of packed documents, read within bounds, whatever the archive says of its sizes."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mtbench.errors import DataError
from mtbench.files.inputs import as_it_is

MOST_OF_A_MEMBER = 128 << 20
"""Bytes that a member may unpack to."""


class Archive:
    """A zip archive whose members are read one at a time.

    Args:
        packed: The archive.
        path: What messages call it.
    """

    def __init__(self, packed: zipfile.ZipFile, path: Path) -> None:
        self._packed = packed
        self._path = path
        self.names = frozenset(packed.namelist())

    def read(self, name: str) -> bytes:
        """A member, unpacked.

        Raises:
            DataError: If it is not there, cannot be unpacked, or swells beyond all bounds.
        """
        if name not in self.names:
            raise DataError(f"{self._path}: has no {name}", hint="it is damaged: save it again")
        member = self._packed.getinfo(name)
        if member.flag_bits & 1:
            raise DataError(f"{self._path}: protected by a password", hint="save it without")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DataError(
                f"{self._path}: {name} is packed in an unusual way", hint="save it again"
            )
        try:
            with self._packed.open(member) as stream:
                found = stream.read(MOST_OF_A_MEMBER + 1)
        except (OSError, ValueError) as error:  # a place in the archive that cannot be
            raise zipfile.BadZipFile(f"{name}: {error}") from error
        if len(found) > MOST_OF_A_MEMBER:
            raise DataError(
                f"{self._path}: {name} unpacks to more than {MOST_OF_A_MEMBER >> 20} MB",
                hint="divide it, or save it as text",
            )
        return found


BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError),
    UnicodeDecodeError,  # of a member's name
)
"""What readers of archives raise on bytes that do not hold."""


@contextmanager
def archive(path: Path) -> Iterator[Archive]:
    """A zip archive, opened.

    Raises:
        RequestError: If the file cannot be read.
        DataError: If it is damaged.
    """
    try:
        with as_it_is(path) as stream, zipfile.ZipFile(stream) as packed:
            yield Archive(packed, path)
    except BROKEN as error:
        raise DataError(
            f"{path}: a damaged archive: {error}", hint="fetch or save it again"
        ) from error
