"""Files of others, opened: whatever is packed with gzip is read as what it holds."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from mtbench.errors import DataError, RequestError

GZIP = b"\x1f\x8b"
LONGEST_LINE = 64 << 20
"""Bytes that a line may have; a packed file can swell to any length."""


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file for reading, unpacked on the way where it is packed with gzip.

    Raises:
        RequestError: If it cannot be read.
        DataError: If it is packed and damaged.
    """
    try:
        with path.open("rb") as plain:
            # A pipe cannot be looked into beforehand.
            packed = plain.seekable() and plain.read(2) == GZIP
            if plain.seekable():
                plain.seek(0)
            if not packed:
                yield plain
                return
            with gzip.GzipFile(fileobj=plain) as stream:
                yield cast("BinaryIO", stream)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: damaged gzip: {error}", hint="fetch or pack it again") from error
    except OSError as error:
        raise RequestError(f"{path}: cannot be read: {error.strerror or error}") from error


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Lines with their ends and their numbers, from 1; a line ends at a line feed alone.

    Raises:
        RequestError: If the file cannot be read.
        DataError: If it is damaged, or a line has no end in sight.
    """
    with opened(path) as stream:
        number = 0
        while line := stream.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                raise DataError(f"{path}:{number}: a line of more than {LONGEST_LINE >> 20} MB")
            yield number, line


def head(path: Path, size: int) -> bytes:
    """The first bytes of what a file holds.

    Raises:
        RequestError: If it cannot be read.
        DataError: If it is packed and damaged.
    """
    with opened(path) as stream:
        return stream.read(size)
