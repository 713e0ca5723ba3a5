"""What large files were parsed to before: columns and digests, known by the state of the file.

A file whose device, inode, size and times are as they were is neither parsed nor hashed again.
What was made of it lies in the user's own cache, a copy of its texts in chunks as columns have
them, each with a check sum; of a file only the latest state is kept, and nothing of files that are
gone.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from mtbench.errors import MtbenchError
from mtbench.files import columns as layout
from mtbench.files.columns import chunks_of, few, of_chunks
from mtbench.files.digests import digest_json
from mtbench.files.states import settled, state, state_of
from mtbench.files.temporary import replacing

log = logging.getLogger(__name__)

_SUFFIX = ".columns"
_LENGTH = 8  # bytes at the end that say how long the index before them is
_DAMAGED = (OSError, ValueError, LookupError, TypeError, AttributeError)


class Parsed(NamedTuple):
    """What a file was parsed to.

    Attributes:
        columns: Name → as many values as there are segments, as JSON has them.
        facts: What else there is to know, as JSON.
    """

    columns: Mapping[str, Sequence[Any]]
    facts: Mapping[str, Any]


class Memory:
    """Remembers what large files were parsed to.

    Args:
        folder: Where; made when it is first needed.
        code: What parses: nothing that other code has parsed is taken.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder) / "a.txt"
        ...     _ = file.write_text("one")
        ...     Memory(Path(folder) / "cache", "1").look(file, "text").found is None
        True
    """

    def __init__(self, folder: Path, code: str) -> None:
        self._folder, self._code = folder, code

    def look(
        self,
        path: Path,
        kind: Any,
        rests_on: Any = None,
        makes: Mapping[str, Callable[[Any], Any]] | None = None,
    ) -> Look:
        """What a file was parsed to before, if it is the same; called before it is read.

        Args:
            path: The file.
            kind: What it is parsed to, as JSON; the latest of each kind is remembered.
            rests_on: What else that rests on, as JSON.
            makes: Column → as for ``ColumnWriter``.
        """
        name = digest_json([str(path.absolute()), kind])
        place = self._folder / f"{name}{_SUFFIX}"
        return Look(place, path, digest_json([self._code, rests_on, layout.CHUNK]), makes or {})


class Look:
    """One look at one file.

    Args:
        place: Where it is remembered.
        path: The file.
        rests_on: Digest of what its parsing rests on.
        makes: Column → as for ``ColumnWriter``.

    Attributes:
        found: What it was parsed to before; None where that is not known.
    """

    def __init__(
        self, place: Path, path: Path, rests_on: str, makes: Mapping[str, Callable[[Any], Any]]
    ) -> None:
        self._place, self._file, self._rests_on = place, path, rests_on
        self._before: os.stat_result | None = None
        self._lasts = False
        self.found: Parsed | None = None
        with suppress(OSError):
            now = path.stat()
            if stat.S_ISREG(now.st_mode):
                self._before, self._lasts = now, settled(now)
        if self._before is not None:
            try:  # the folder may be somebody else's, too
                if place.is_file():
                    self.found = _read(place, self._holds_for(self._before), makes)
            except _DAMAGED as error:
                log.info("%s is of no use: %s", self._place, error)

    def _holds_for(self, now: os.stat_result) -> dict[str, Any]:
        file = str(self._file.absolute())
        return {"file": file, "state": list(state_of(now)), "rests_on": self._rests_on}

    def keep(
        self, columns: Mapping[str, Sequence[Any]], facts: Mapping[str, Any], *, mine: bool = False
    ) -> None:
        """Remembers what the file was parsed to, if that is much and it has not changed meanwhile.

        Args:
            columns: Name → values; of one length.
            facts: What else there is to know, as JSON.
            mine: Whether this process has just written the file, and nobody else may.
        """
        (length,) = {len(one) for one in columns.values()}
        if few(length) or self._before is None or not (self._lasts or mine):
            return
        with suppress(OSError, MtbenchError):  # only a shortcut for the next time
            if state(self._file) != state_of(self._before):
                return
            self._place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _forget_changed(self._place)
            with replacing(self._place) as file:
                index = {
                    **self._holds_for(self._before),
                    "length": length,
                    "columns": {
                        name: [_written(file.stream, one) for one in chunks_of(values)]
                        for name, values in columns.items()
                    },
                    "facts": dict(facts),
                }
                packed = json.dumps(index).encode("ascii")
                file.stream.write(packed + len(packed).to_bytes(_LENGTH, "big"))


def _written(stream: BinaryIO, chunk: bytes) -> list[int]:
    """Writes a chunk; how long it is, and its check sum."""
    stream.write(chunk)
    return [len(chunk), zlib.crc32(chunk)]


def _index(stream: BinaryIO) -> dict[str, Any]:
    stream.seek(-_LENGTH, os.SEEK_END)
    length = int.from_bytes(stream.read(_LENGTH), "big")
    stream.seek(-_LENGTH - length, os.SEEK_END)
    found: dict[str, Any] = json.loads(stream.read(length))
    return found


def _read(
    place: Path, wanted: Mapping[str, Any], makes: Mapping[str, Callable[[Any], Any]]
) -> Parsed | None:
    with place.open("rb") as stream:
        index = _index(stream)
        if any(index[key] != value for key, value in wanted.items()):
            return None
        stream.seek(0)
        columns = {
            name: of_chunks(_chunks(stream, places), index["length"], makes.get(name))
            for name, places in index["columns"].items()
        }
    return Parsed(columns, index["facts"])


def _chunks(stream: BinaryIO, places: Sequence[Sequence[int]]) -> Iterator[bytes]:
    """The chunks of one column.

    Raises:
        ValueError: If one is not what was written.
    """
    for length, check in places:
        chunk = stream.read(length)
        if zlib.crc32(chunk) != check:
            raise ValueError("a chunk that is not what was written")
        yield chunk


def _forget_changed(but: Path) -> None:
    """Removes what is remembered of files that have changed or are gone."""
    for path in but.parent.glob(f"*{_SUFFIX}"):
        if path == but:
            continue
        try:
            with path.open("rb") as stream:
                index = _index(stream)
            kept = list(state(Path(index["file"]))) == index["state"]
        except _DAMAGED:
            kept = False
        if not kept:
            path.unlink(missing_ok=True)
