"""The append-only files of work under way: translations and scores."""

from __future__ import annotations

import base64
import json
import os
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from mtbench.files.inputs import as_it_is
from mtbench.files.writing import unwritable
from mtbench.plugins import Array
from mtbench.results.lines import hypothesis_values, json_line
from mtbench.types import Finished, Hypothesis, Json, ScoredBlock, Spent

T = TypeVar("T")

SYNC_SECONDS = 2.0  # what a power cut can take; a killed process takes nothing


class PartFile:
    """One line for what the work belongs to, then one line for each finished part of it.

    Args:
        path: The file; need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._synced = -SYNC_SECONDS
        self._is_ours = False  # whether what is in it can be gone on from

    def read(self, head: Json, read_line: Callable[[Json], T]) -> Iterator[T]:
        """What interrupted work had finished, one part after the other; writes nothing.

        A last line that was cut off is passed over: that part is done again. The file of other
        work is of no use.

        Args:
            head: What the work depends on.
            read_line: Makes of a line's values what they stand for.

        Raises:
            RequestError: If it cannot be read.
        """
        self._is_ours = False
        return (found for found, _ in self._read(head, read_line) if found is not None)

    def _read(self, head: Json, read_line: Callable[[Json], T]) -> Iterator[tuple[T | None, int]]:
        """Each line that says what is finished, and how many bytes say so up to its end.

        The first line says nothing but what the work belongs to.
        """
        if not self.path.exists():
            return
        good = 0
        with as_it_is(self.path) as stream:
            for number, line in enumerate(stream):
                if not line.endswith(b"\n"):
                    return
                try:
                    values = json.loads(line)
                    if number == 0 and values != head:
                        return
                    found = read_line(values) if number else None
                except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                    return
                good += len(line)
                yield found, good

    def append(self, head: Json, values: Json, read_line: Callable[[Json], object]) -> None:
        """Puts a finished part on disk: one line, so that it is there whole or not at all.

        Args:
            head: What the work depends on.
            values: What is finished.
            read_line: As for ``read``.

        Raises:
            Unavailable: If the file cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as stream:
                if not self._is_ours:
                    # What cannot be read goes: a line cut off, or the part of other work.
                    ends = (end for _, end in self._read(head, read_line))
                    stream.truncate(max(ends, default=0))
                    stream.seek(0, os.SEEK_END)
                    self._is_ours = True
                if stream.tell() == 0:
                    stream.write(json_line(head).encode("utf-8"))
                stream.write(json_line(values).encode("utf-8"))
                stream.flush()
                if time.monotonic() - self._synced >= SYNC_SECONDS:
                    os.fsync(stream.fileno())
                    self._synced = time.monotonic()
        except OSError as error:
            raise unwritable(self.path, error) from error


class TranslationPart:
    """A translation under way.

    Args:
        path: The file; need not exist.
        run_digest: What the translation depends on.
    """

    def __init__(self, path: Path, run_digest: str) -> None:
        self._file = PartFile(path)
        self._head: Json = {"run_digest": run_digest}

    def read(self) -> Iterator[tuple[list[Finished], Spent]]:
        """The batches that an interrupted translation had finished, and what it had taken up to
        the end of each; writes nothing.
        """
        return self._file.read(self._head, _batch)

    def begin(self) -> bool:
        """Notes that the translation is under way; whether it was before."""
        there = next(self._file.read(self._head, _batch), None) is not None
        if not there:
            self.append([], Spent())
        return there

    def append(self, batch: Sequence[Finished], spent: Spent) -> None:
        """Puts a finished batch on disk; see ``PartFile.append``.

        Args:
            batch: The segments that are done.
            spent: What the whole translation has taken so far.
        """
        usage = {"usage": dict(spent.usage)} if spent.usage else {}
        values = [_values(one) for one in batch]
        line = {"seconds": round(spent.seconds, 3), **usage, "batch": values}
        self._file.append(self._head, line, _batch)


class ScoringPart:
    """A score under way.

    Args:
        path: The file; need not exist.
        head: What the score depends on: signature, output, sources, references.
    """

    def __init__(self, path: Path, head: Mapping[str, str]) -> None:
        self._file = PartFile(path)
        self._head: Json = dict(head)

    def read(self) -> list[ScoredBlock]:
        """The blocks that interrupted scoring had finished; see ``PartFile.read``."""
        return list(self._file.read(self._head, _scored_block))

    def append(self, block: ScoredBlock) -> None:
        """Puts a finished block on disk; see ``PartFile.append``."""
        values: dict[str, Json] = {"ids": list(block.ids), **_rows_values(block.rows)}
        beside = {
            "unjudged": dict(block.unjudged),
            "annotations": dict(block.annotations),
            "notes": dict(block.notes),
        }
        line = values | {k: v for k, v in beside.items() if v}
        self._file.append(self._head, line, _scored_block)

    def remove(self) -> None:
        """Removes the file."""
        self._file.path.unlink(missing_ok=True)


_PACKED = 1 << 12  # rows from which on they are written as bytes, ten times as fast


def _rows_values(rows: Array) -> dict[str, Json]:
    if len(rows) < _PACKED:
        return {"rows": rows.tolist()}
    content = np.ascontiguousarray(rows, dtype="<f8").data
    return {"packed": base64.b64encode(zlib.compress(content, 1)).decode(), "width": rows.shape[1]}


def _rows_of(values: Json) -> Array:
    if "packed" not in values:
        return np.array(values["rows"], dtype=np.float64)
    try:
        content = zlib.decompress(base64.b64decode(values["packed"], validate=True))
    except zlib.error as error:
        raise ValueError("rows that are damaged") from error
    return np.frombuffer(content, dtype="<f8").astype(np.float64).reshape(-1, values["width"])


def _scored_block(values: Json) -> ScoredBlock:
    ids, rows = tuple(values["ids"]), _rows_of(values)
    if rows.ndim != 2 or len(rows) != len(ids) or not np.isfinite(rows).all():
        raise ValueError("rows that do not belong to the ids")
    return ScoredBlock(
        ids,
        rows,
        dict(values.get("unjudged", {})),
        dict(values.get("annotations", {})),
        dict(values.get("notes", {})),
    )


def _batch(values: Json) -> tuple[list[Finished], Spent]:
    return [_finished(entry) for entry in values["batch"]], _spent(values)


def _values(one: Finished) -> dict[str, Json]:
    kept = {"kept": dict(one.kept)} if one.kept else {}
    return hypothesis_values(one.hypothesis) | kept


def _spent(values: dict[str, Json]) -> Spent:
    usage = values.get("usage", {})
    return Spent(float(values["seconds"]), {name: float(sum_) for name, sum_ in usage.items()})


def _finished(values: Json) -> Finished:
    hypothesis = Hypothesis(id=values["id"], text=values["mt"], failure=values.get("failure"))
    kept = values.get("kept", {})
    if not isinstance(kept, dict):
        raise TypeError("what was kept is no object")
    return Finished(hypothesis, kept)
