"""Embeddings by digest: in bounded memory, and on disk where they will be asked for again.

On disk they lie in one SQLite file for each checkpoint and precision: transactions keep it whole
when a run is interrupted, and several runs may share it. A file that cannot be used is left alone
and done without; nothing depends on it but time.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
K = TypeVar("K")

MEMORY_BYTES = 512 << 20
_ASKED_AT_ONCE = 500


def known_on_disk(path: Path, names: Sequence[bytes]) -> int:
    """How many vectors of some digests lie in a file; none where it cannot be read."""
    if not path.is_file():
        return 0
    known = 0
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as disk:
            for start in range(0, len(names), _ASKED_AT_ONCE):
                some = names[start : start + _ASKED_AT_ONCE]
                marks = ",".join("?" * len(some))
                query = f"SELECT count(*) FROM vectors WHERE digest IN ({marks})"  # noqa: S608 - marks only
                known += int(disk.execute(query, some).fetchone()[0])
    except sqlite3.Error:
        return 0
    return known


class Store:
    """Vectors by digest.

    Args:
        path: The file on disk; None to keep nothing there.
        memory: Bytes of vectors held in memory.
    """

    def __init__(self, path: Path | None = None, memory: int = MEMORY_BYTES) -> None:
        self._memory = memory
        self._held = 0
        self._recent: OrderedDict[bytes, Vector] = OrderedDict()
        self._path = path
        self.problem: str | None = None
        self._disk = self._open(path) if path else None

    @property
    def on_disk(self) -> bool:
        """Whether what is put here is kept for the next run."""
        return self._disk is not None

    def get(self, wanted: Mapping[K, bytes], width: int) -> dict[K, Vector]:
        """The vectors of a width that are known, of those wanted under their digests."""
        found: dict[K, Vector] = {}
        asked: dict[bytes, K] = {}
        for key, name in wanted.items():
            vector = self._recent.get(name)
            if vector is None:
                asked[name] = key
            else:
                self._recent.move_to_end(name)
                found[key] = vector
        if self._disk is not None and asked:
            for name, vector in self._read(list(asked)).items():
                if vector.shape == (width,) and np.isfinite(vector).all():
                    found[asked[name]] = vector
                    self._hold(name, vector)
        return found

    def put(self, vectors: Mapping[bytes, Vector], keep: Collection[bytes]) -> None:
        """Holds vectors in memory, and writes those to keep to disk, all or none of them."""
        for name, vector in vectors.items():
            self._hold(name, vector)
        if self._disk is None or not keep:
            return
        rows = [(name, vectors[name].astype("<f4").tobytes()) for name in sorted(keep)]
        try:
            with self._disk:
                self._disk.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
        except sqlite3.Error as error:
            self._give_up(error)

    def close(self) -> None:
        """Lets go of the file and the memory."""
        if self._disk is not None:
            self._disk.close()
            self._disk = None
        self._recent.clear()
        self._held = 0

    def _hold(self, name: bytes, vector: Vector) -> None:
        if name in self._recent:
            return
        self._recent[name] = vector
        self._held += vector.nbytes
        while self._held > self._memory and self._recent:
            self._held -= self._recent.popitem(last=False)[1].nbytes

    def _open(self, path: Path) -> sqlite3.Connection | None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            disk = sqlite3.connect(path, timeout=60)
            with disk:
                disk.execute(
                    "CREATE TABLE IF NOT EXISTS vectors (digest BLOB PRIMARY KEY, vector BLOB)"
                )
        except (OSError, sqlite3.Error) as error:
            self._give_up(error)
            return None
        return disk

    def _read(self, names: list[bytes]) -> dict[bytes, Vector]:
        found: dict[bytes, Vector] = {}
        try:
            for start in range(0, len(names), _ASKED_AT_ONCE):
                some = names[start : start + _ASKED_AT_ONCE]
                marks = ",".join("?" * len(some))
                query = f"SELECT digest, vector FROM vectors WHERE digest IN ({marks})"  # noqa: S608 - marks only
                for name, content in self._disk.execute(query, some) if self._disk else ():
                    found[name] = np.frombuffer(content, dtype="<f4").astype(np.float32)
        except (sqlite3.Error, ValueError) as error:
            self._give_up(error)
            return {}
        return found

    def _give_up(self, error: Exception) -> None:
        """Goes on without the file; ``problem`` says why."""
        self.problem = f"the embeddings kept in {self._path} cannot be used ({error})"
        disk = getattr(self, "_disk", None)
        self._disk = None
        if disk is not None:
            with suppress(sqlite3.Error):
                disk.close()
