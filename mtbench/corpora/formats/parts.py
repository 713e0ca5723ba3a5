"""Files of a corpus while they are written, beside their places."""

from __future__ import annotations

import hashlib
import json
import re
from array import array
from pathlib import Path

import numpy as np

from mtbench.errors import DataError
from mtbench.files.temporary import TemporaryFile
from mtbench.files.writing import unwritable

_PLACE = re.compile(r"(.*):(\d{1,12})(?: \(.*)?", re.S)  # what a cell shows may stand behind
_BITS = 44  # for the number; the others tell the file


class Part:
    """A file while it is written: in the corpus folder, under another name."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self.count = 0
        self._digest = hashlib.sha256()
        try:
            self._file = TemporaryFile(path, folder)
        except OSError as error:
            raise unwritable(path, error) from error
        self.temporary = self._file.name

    def write(self, line: bytes) -> None:
        """Adds a line.

        Raises:
            Unavailable: If the place cannot be written.
        """
        try:
            self._file.stream.write(line)
        except OSError as error:
            raise unwritable(self.path, error) from error
        self._digest.update(line)
        self.count += 1

    def close(self) -> str:
        """Everything on the disk; the digest of it."""
        try:
            self._file.flush()
        except OSError as error:
            raise unwritable(self.path, error) from error
        return self.digest

    @property
    def digest(self) -> str:
        """SHA-256 of what was written so far."""
        return self._digest.hexdigest()

    def place(self) -> None:
        """Gives the file its name.

        Raises:
            Unavailable: If the place cannot be written.
        """
        try:
            self._file.place()
        except OSError as error:
            raise unwritable(self.path, error) from error

    def drop(self) -> None:
        """Removes what has not got its name yet."""
        self._file.drop()


class PairParts:
    """A pair file while it is written, and 16 bytes per segment to find duplicate ids by."""

    def __init__(self, path: Path) -> None:
        self.part = Part(path, path.parent)
        self.ids = array("q")
        self._places = array("q")
        self._files: dict[str, int] = {}
        self.documents = array("q")
        self.document: str | None = None
        self.names: tuple[str, ...] = ()
        self.reference_counts: set[int] = set()
        self.outputs: dict[str, Part] = {}

    def remember(self, identifier: str, where: str) -> None:
        """Keeps the hash of the next segment's id, and its place: a file and a number in it."""
        self.ids.append(hash(identifier))
        found = _PLACE.fullmatch(where)
        file, number = (found[1], int(found[2]) + 1) if found else (where, 0)
        self._places.append(self._files.setdefault(file, len(self._files)) << _BITS | number)

    def place(self, segment: int) -> str:
        """Where a segment stood, by its number from 1."""
        file, number = divmod(self._places[segment - 1], 1 << _BITS)
        name = list(self._files)[file]
        return f"{name}:{number - 1}" if number else name

    def parts(self) -> list[Part]:
        """This file and those of the systems' outputs."""
        return [self.part, *self.outputs.values()]


def check_ids(file: PairParts) -> None:
    """Finds duplicate ids by their hashes, then reads the suspects again to be sure.

    Raises:
        DataError: If two segments have one id.
    """
    hashes = np.sort(np.frombuffer(file.ids, dtype=np.int64))
    suspects = set(hashes[1:][hashes[1:] == hashes[:-1]].tolist())
    if not suspects:
        return
    seen: dict[str, int] = {}
    with file.part.temporary.open("rb") as stream:
        for number, raw in enumerate(stream, start=1):
            if file.ids[number - 1] not in suspects:
                continue
            identifier = json.loads(raw)["id"]
            first = seen.setdefault(identifier, number)
            if first != number:
                here, there = file.place(number), file.place(first)
                raise DataError(
                    f"{here}: the id {identifier!r} is that of {there}, too",
                    hint="number them instead by --ids number",
                )
