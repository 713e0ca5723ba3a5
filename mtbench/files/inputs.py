"""Files of others, opened: whatever is packed with gzip is read as what it holds.

What is no plain file is refused before it is opened, so that nothing waits for a pipe that lies in
a folder. A pipe that the command line names is read once and kept, so that it serves like a file.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from mtbench.errors import DataError, RequestError

GZIP = b"\x1f\x8b"
LONGEST_LINE = 64 << 20
"""Bytes that a line may have; a packed file can swell to any length."""


STDIN = "/dev/stdin"
_pipes: dict[tuple[int, int], bytes | None] = {}  # device and number of a pipe → what it said
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def name_pipes(arguments: Sequence[str]) -> list[str]:
    """Lets the pipes that a command line names be read; ``-`` is standard input.

    Args:
        arguments: The command line; a pipe stands alone, or after ``=`` or a back end's ``:``.

    Returns:
        The command line with ``-`` replaced by the name of standard input, except where it is
        the place to write to.

    Example:
        >>> name_pipes(["score", "--hypotheses", "-"])
        ['score', '--hypotheses', '/dev/stdin']
    """
    found: list[str] = []
    for argument in arguments:
        if argument == "-" and found[-1:] not in (["-o"], ["--output"]):
            argument = STDIN
        elif argument.startswith(("hypotheses:-", "--")) and argument.endswith((":-", "=-")):
            argument = argument[:-1] + STDIN
        found.append(argument)
        for name in {argument, argument.partition("=")[2], argument.partition(":")[2]}:
            try:
                facts = Path(name).stat() if name else None
            except (OSError, ValueError):
                continue
            if facts is not None and stat.S_ISFIFO(facts.st_mode):
                _pipes.setdefault((facts.st_dev, facts.st_ino), None)
    return found


def readable(path: Path) -> bool:
    """Whether there is a plain file, or a pipe that the command line names.

    Example:
        >>> readable(Path("/dev/zero")), readable(Path("/"))
        (False, False)
    """
    try:
        _check(path)
    except (OSError, RequestError):
        return False
    return True


def _check(path: Path) -> os.stat_result:
    try:
        facts = path.stat()
    except ValueError as error:  # a NUL in it
        raise RequestError(f"{str(path)!r}: not the name of a file") from error
    for is_kind, words in _KINDS:
        if is_kind(facts.st_mode) and (facts.st_dev, facts.st_ino) not in _pipes:
            raise RequestError(f"{path}: cannot be read: {words} where a file belongs")
    return facts


@contextmanager
def as_it_is(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, packed or not; of a pipe that the command line names, once more.

    Raises:
        RequestError: If it cannot be read, or is no plain file.
    """
    with _errors_named(path):
        facts = _check(path)
        stream: BinaryIO
        if stat.S_ISFIFO(facts.st_mode):
            key = facts.st_dev, facts.st_ino
            said = _pipes[key]
            if said is None:
                said = _pipes[key] = path.read_bytes()
            stream = io.BytesIO(said)
        else:
            stream = path.open("rb")
    with stream:
        yield stream


@contextmanager
def _errors_named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RequestError(f"{path}: cannot be read: {error.strerror or error}") from error


def content(path: Path) -> bytes:
    """All bytes of a file, as they are.

    Raises:
        RequestError: If it cannot be read, or is no plain file.
    """
    with _errors_named(path), as_it_is(path) as stream:
        return stream.read()


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file for reading, unpacked on the way where it is packed with gzip.

    Raises:
        RequestError: If it cannot be read.
        DataError: If it is packed and damaged.
    """
    try:
        with _errors_named(path), as_it_is(path) as plain:
            packed = plain.read(2) == GZIP
            plain.seek(0)
            if not packed:
                yield plain
                return
            with gzip.GzipFile(fileobj=plain) as stream:
                yield cast("BinaryIO", stream)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: damaged gzip: {error}", hint="fetch or pack it again") from error


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
