"""The append-only file of a translation under way."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

from mtbench.files.writing import unreadable, unwritable
from mtbench.results.lines import hypothesis_values, json_line
from mtbench.types import Finished, Hypothesis, Json, Spent

SYNC_SECONDS = 2.0  # what a power cut can take; a killed process takes nothing


class PartFile:
    """One line for the run it belongs to, then one line for each finished batch.

    Args:
        path: The file; need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._synced = -SYNC_SECONDS
        self._is_ours = False  # whether what is in it can be gone on from

    def read(self, run_digest: str) -> tuple[list[Finished], Spent]:
        """What an interrupted translation had finished, and what it had taken; writes nothing.

        A last line that was cut off is passed over: its batch is done again. The part of another
        run (other options, weights or sources) is of no use.

        Args:
            run_digest: What the translation depends on.

        Raises:
            RequestError: If it cannot be read.
        """
        finished, spent, _ = self._read(run_digest)
        self._is_ours = False
        return finished, spent

    def _read(self, run_digest: str) -> tuple[list[Finished], Spent, int]:
        """The finished segments, what they had taken, and how many bytes say so."""
        finished: list[Finished] = []
        spent, good = Spent(), 0
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return finished, spent, good
        except OSError as error:
            raise unreadable(self.path, error) from error
        for number, line in enumerate(lines[:-1]):
            try:
                values = json.loads(line)
                if number == 0:
                    if values["run_digest"] != run_digest:
                        break
                else:
                    batch = [_finished(entry) for entry in values["batch"]]
                    spent = _spent(values)
                    finished += batch
            except (ValueError, KeyError, TypeError, AttributeError):
                break
            good += len(line) + 1
        return finished, spent, good

    def append(self, run_digest: str, batch: Sequence[Finished], spent: Spent) -> None:
        """Puts a finished batch on disk: one line, so that it is there whole or not at all.

        Args:
            run_digest: What the translation depends on.
            batch: The segments that are done.
            spent: What the whole translation has taken so far.

        Raises:
            Unavailable: If the file cannot be written.
        """
        usage = {"usage": dict(spent.usage)} if spent.usage else {}
        values = [_values(one) for one in batch]
        line = json_line({"seconds": round(spent.seconds, 3), **usage, "batch": values})
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as stream:
                if not self._is_ours:
                    # What cannot be read goes: a line cut off, or the part of another run.
                    stream.truncate(self._read(run_digest)[2])
                    stream.seek(0, os.SEEK_END)
                    self._is_ours = True
                if stream.tell() == 0:
                    stream.write(json_line({"run_digest": run_digest}).encode("utf-8"))
                stream.write(line.encode("utf-8"))
                stream.flush()
                if time.monotonic() - self._synced >= SYNC_SECONDS:
                    os.fsync(stream.fileno())
                    self._synced = time.monotonic()
        except OSError as error:
            raise unwritable(self.path, error) from error


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
