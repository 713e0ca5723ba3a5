"""Reading and writing files so that nothing is half written and every defect has its line."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from mtbench.errors import CardError, DataError, RequestError, Unavailable
from mtbench.files import temporary
from mtbench.files.inputs import content, head, lines, opened, readable

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_BOM = b"\xef\xbb\xbf"


def write_text(path: Path, text: str) -> None:
    """Writes a file whole: temporary file, fsync, rename.

    Raises:
        Unavailable: If the place cannot be written.
    """
    write_bytes(path, text.encode("utf-8"))


def write_folder(folder: Path, files: Mapping[str, str], stale: str) -> None:
    """Writes files into a folder, by name backwards, so that ``index.html`` is among the last.

    Args:
        folder: Where.
        files: Name → text.
        stale: Pattern of files of an earlier time, which go unless they are written again.

    Raises:
        Unavailable: If the place cannot be written.
    """
    for old in folder.glob(stale):
        if old.name not in files:
            old.unlink()
    for name, text in sorted(files.items(), reverse=True):
        write_text(folder / name, text)


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file whole: temporary file, fsync, rename.

    Raises:
        Unavailable: If the place cannot be written.
    """
    with replacing(path) as stream:
        stream.write(content)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A stream for a file too large to hold; it takes its place only if nothing goes wrong.

    Raises:
        Unavailable: If the place cannot be written.
    """
    try:
        with temporary.replacing(path) as file:
            yield file.stream
    except OSError as error:
        raise unwritable(path, error) from error


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Writes a file of lines, each with its end, whole and in flat memory.

    Raises:
        Unavailable: If the place cannot be written.
    """
    with replacing(path) as stream:
        for line in lines:
            stream.write(line.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON document, two spaces deep, keys in the order given.

    Raises:
        Unavailable: If the place cannot be written.
    """
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def unwritable(path: Path, error: OSError) -> Unavailable:
    """The error for a place that cannot be written."""
    return Unavailable(
        f"{path}: cannot be written: {error.strerror or error}",
        hint="name another folder, or make this one writable",
    )


def check_writable(folder: Path) -> None:
    """Says before any work whether files can be made in a folder.

    Raises:
        Unavailable: If not.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise unwritable(folder, error) from error


def taken_off(path: Path, *, ends: bool = True) -> tuple[str, ...]:
    """What ``read_lines`` takes off the text of a file, in sentences.

    Args:
        path: The file.
        ends: Whether its lines are the text, so that carriage returns at their ends count.
    """
    if not readable(path):
        return ()
    found = []
    if head(path, len(_BOM)) == _BOM:
        found.append(f"a byte order mark at the beginning of {path.name} is no part of the text")
    if ends and _holds(path, b"\r\n"):
        found.append(f"carriage returns at line ends of {path.name} are no part of the text")
    return tuple(found)


def columns_told(path: Path) -> tuple[str, ...]:
    """What makes lines of text look like rows of a table, in sentences.

    Args:
        path: A file of one text per line; its first lines tell.
    """
    if not readable(path):
        return ()
    rows = [line for line in head(path, 1 << 16).split(b"\n")[:1000] if line.strip()]
    whole = rows[:-1] if len(rows) > 2 else rows  # the last may be cut
    tabs = {row.count(b"\t") for row in whole}
    if len(rows) < 2 or len(tabs) != 1 or not all(tabs):
        return ()
    return (f"every line of {path.name} holds tabs, as a table does, and is taken as it stands",)


def count_lines(path: Path) -> int:
    """How many lines a text file has, the last one without an end included.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "a.txt"
        ...     _ = path.write_text("one")
        ...     count_lines(path)
        1
    """
    count, last = 0, b"\n"
    with opened(path) as stream:
        while block := stream.read(1 << 20):
            count, last = count + block.count(b"\n"), block[-1:]
    return count + (last != b"\n")


def _holds(path: Path, wanted: bytes) -> bool:
    kept = b""
    with opened(path) as stream:
        while block := stream.read(1 << 20):
            if wanted in kept + block:
                return True
            kept = block[1 - len(wanted) :]
    return False


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    r"""Lines of a UTF-8 text file with their numbers, from 1, without their ends.

    A line ends at ``\n`` alone (a ``\r`` before it is dropped), so that U+2028, form feeds and
    the like stay text. A BOM, a missing last newline, and gzip are accepted.

    Raises:
        RequestError: If there is no such file.
        DataError: With file and line, for bytes that are not UTF-8 and for NUL.
    """
    for number, raw in lines(path):
        yield number, decode_line(raw, path, number)


def decode_line(raw: bytes, path: Path, number: int) -> str:
    """One line as text, without its end; a BOM before the first is no part of it.

    Raises:
        DataError: With file and line, for bytes that are not UTF-8 and for NUL.
    """
    line = raw.removesuffix(b"\n").removesuffix(b"\r")
    if number == 1:
        line = line.removeprefix(_BOM)
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}:{number}: not UTF-8 (byte {error.start + 1} of the line)",
            hint="convert the file to UTF-8",
        ) from error
    if "\0" in text:
        raise DataError(f"{path}:{number}: a NUL character", hint="remove it")
    return text


def read_json(path: Path) -> Any:
    """A JSON document.

    Raises:
        RequestError: If there is no such file.
        DataError: If it is not JSON.
    """
    try:
        return json.loads(content(path))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not JSON: {error}") from error


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML document.

    Raises:
        CardError: If it cannot be read or is not TOML, with file and line.
    """
    try:
        return tomllib.loads(content(path).decode("utf-8").removeprefix("\ufeff"))
    except RequestError as error:
        raise CardError(error.message) from error
    except UnicodeDecodeError as error:
        raise CardError(f"{path}: not UTF-8", hint="convert the file to UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        where = f"{path}:{line.group(1)}" if line else str(path)
        raise CardError(f"{where}: not TOML: {error}") from error
    except (ValueError, RecursionError) as error:
        # What the parser itself cannot bear: a number of thousands of digits, endless nesting.
        raise CardError(f"{path}: not TOML that can be read: {str(error)[:100]}") from error
