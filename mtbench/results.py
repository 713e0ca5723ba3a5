"""The only reader and writer of a results folder.

::

    RESULTS/CORPUS/SRC-TGT/test_set.json                  ids and labels of the segments
    RESULTS/CORPUS/SRC-TGT/SYSTEM/run.json
    RESULTS/CORPUS/SRC-TGT/SYSTEM/output.jsonl
    RESULTS/CORPUS/SRC-TGT/SYSTEM/kept.jsonl              what a back end wanted kept, if anything
    RESULTS/CORPUS/SRC-TGT/SYSTEM/scores/METRIC@SIG8.json
    RESULTS/CORPUS/SRC-TGT/SYSTEM/scores/METRIC@SIG8.npz  the arrays of a large test set
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import numpy as np
from pydantic import ValidationError

from mtbench.errors import DataError, Unavailable
from mtbench.files import check_writable, read_json, write_bytes, write_json, write_text
from mtbench.languages import LanguagePair
from mtbench.plugins import first_defect
from mtbench.types import (
    Finished,
    Hypothesis,
    Json,
    Labels,
    MetricResult,
    RunRecord,
    Score,
    Signature,
    Statistics,
    SystemOutput,
    output_digest,
)

RecordT = TypeVar("RecordT", RunRecord, Score, Labels)

INLINE_SEGMENTS = 20_000  # above this, arrays go into a compressed file beside the JSON


class Results:
    """A results folder.

    Args:
        root: The folder; need not exist yet.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def check_writable(self) -> None:
        """Says before any work whether results can be written.

        Raises:
            Unavailable: If not.
        """
        check_writable(self.root)

    def run(self, corpus: str, pair: LanguagePair, system: str) -> RunFolder:
        """The folder of one system on one test set; need not exist yet."""
        return RunFolder(self.root / corpus / str(pair) / system, self.root)

    def read_labels(self, corpus: str, pair: LanguagePair) -> Labels | None:
        """Ids and labels of a test set's segments, or None where they are not kept.

        Raises:
            DataError: If the file does not hold.
        """
        path = self.root / corpus / str(pair) / "test_set.json"
        return _record(Labels, read_json(path), path) if path.is_file() else None

    def write_labels(self, corpus: str, pair: LanguagePair, labels: Labels) -> None:
        """Keeps ids and labels of a test set's segments."""
        path = self.root / corpus / str(pair) / "test_set.json"
        write_text(path, _one_key_a_line(labels.model_dump(mode="json")))

    def runs(self) -> Iterator[RunFolder]:
        """The folders that hold a run, sorted."""
        for path in sorted(self.root.glob("*/*/*/run.json")):
            if not any(part.startswith(".") for part in path.relative_to(self.root).parts):
                yield RunFolder(path.parent, self.root)


class RunFolder:
    """One system on one test set."""

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self._root = root

    @property
    def system(self) -> str:
        """Name of the folder."""
        return self.path.name

    @property
    def corpus(self) -> str:
        """Name of the corpus."""
        return self.path.parent.parent.name

    @property
    def pair(self) -> LanguagePair:
        """The direction."""
        return LanguagePair.parse(self.path.parent.name)

    @property
    def output_path(self) -> Path:
        """The file of hypotheses."""
        return self.path / "output.jsonl"

    @contextmanager
    def locked(self, waiting: Iterable[object] = ()) -> Iterator[None]:
        """Keeps other processes out of this folder; waits for one that is in it.

        Args:
            waiting: Consumed once if the lock is held, so that a caller can say so.
        """
        import filelock

        place = self._root / ".locks" / "_".join(self.path.relative_to(self._root).parts)
        check_writable(place.parent)
        ignore = place.parent / ".gitignore"
        if not ignore.exists():
            write_text(ignore, "*\n")
        lock = filelock.FileLock(f"{place}.lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            for _ in waiting:
                pass
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    # --- the run ----------------------------------------------------------------------------

    def read_run(self) -> RunRecord | None:
        """The record of the run, or None where there is none.

        Raises:
            DataError: If the file does not hold.
        """
        path = self.path / "run.json"
        if not path.is_file():
            return None
        return _record(RunRecord, read_json(path), path)

    def write_run(self, run: RunRecord) -> None:
        """Writes ``run.json`` alone, where only what it says of itself has changed."""
        write_json(self.path / "run.json", run.model_dump(mode="json"))

    def write_output(
        self, run: RunRecord, hypotheses: Sequence[Hypothesis], kept: Mapping[str, Json]
    ) -> None:
        """Writes the output, what was kept beside it, and last the record of the run."""
        lines = [_hypothesis_line(hypothesis) for hypothesis in hypotheses]
        with suppress(FileNotFoundError):
            # Without its record an output counts as absent: a crash in between loses nothing.
            (self.path / "run.json").unlink()
        write_text(self.output_path, "".join(lines))
        beside = self.path / "kept.jsonl"
        if kept:
            rows = ({"id": h.id, **kept[h.id]} for h in hypotheses if h.id in kept)
            write_text(beside, "".join(_json_line(row) for row in rows))
        else:
            beside.unlink(missing_ok=True)
        self.write_run(run)
        self.part_path.unlink(missing_ok=True)

    def read_output(self) -> SystemOutput | None:
        """The output and its record, or None where there is none.

        Raises:
            DataError: If a file does not hold, or the output is not the one that was recorded.
        """
        run = self.read_run()
        if run is None:
            return None
        hypotheses = tuple(self._hypotheses())
        if output_digest(hypotheses) != run.output_digest:
            raise DataError(
                f"{self.output_path}: not the output that run.json records",
                hint="restore the file, or remove the folder to translate again",
            )
        return SystemOutput(run=run, hypotheses=hypotheses)

    def read_kept(self) -> dict[str, dict[str, Json]]:
        """Segment id → what a back end wanted kept beside its translation."""
        path = self.path / "kept.jsonl"
        if not path.is_file():
            return {}
        rows = (json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line)
        return {row.pop("id"): row for row in rows}

    def _hypotheses(self) -> Iterator[Hypothesis]:
        try:
            lines = self.output_path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{self.output_path}: cannot be read: {error}") from error
        for number, line in enumerate(lines[:-1], start=1):
            try:
                values = json.loads(line)
                yield Hypothesis(id=values["id"], text=values["mt"], failure=values.get("failure"))
            except (ValueError, KeyError, TypeError) as error:
                where = f"{self.output_path}:{number}"
                raise DataError(f"{where}: not a hypothesis: {type(error).__name__}") from error

    # --- a translation under way ------------------------------------------------------------

    @property
    def part_path(self) -> Path:
        """The append-only file of a translation under way."""
        return self.path / "output.part.jsonl"

    def read_part(self, run_digest: str) -> tuple[list[Finished], float]:
        """What an interrupted translation had finished, and the seconds it had taken.

        A last line that was cut off is dropped: its batch is done again. A part of another run
        (other options, weights or sources) is of no use and is removed.
        """
        try:
            lines = self.part_path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return [], 0.0
        finished: list[Finished] = []
        seconds, good = 0.0, 0
        for number, line in enumerate(lines[:-1]):
            try:
                values = json.loads(line)
                if number == 0:
                    if values["run_digest"] != run_digest:
                        break
                else:
                    finished += [
                        Finished(
                            Hypothesis(id=h["id"], text=h["mt"], failure=h.get("failure")),
                            h.get("kept", {}),
                        )
                        for h in values["batch"]
                    ]
                    seconds = values["seconds"]
            except (ValueError, KeyError, TypeError):
                break
            good += len(line) + 1
        if good == 0:
            self.part_path.unlink()
        else:
            with self.part_path.open("rb+") as stream:
                stream.truncate(good)
        return finished, seconds

    def append_part(self, run_digest: str, batch: Sequence[Finished], seconds: float) -> None:
        """Puts a finished batch on disk: one line, so that it is there whole or not at all.

        Args:
            run_digest: What the translation depends on.
            batch: The segments that are done.
            seconds: Wall time of the whole translation so far.
        """
        line = _json_line(
            {
                "seconds": round(seconds, 3),
                "batch": [
                    {**_hypothesis_values(done.hypothesis)}
                    | ({"kept": dict(done.kept)} if done.kept else {})
                    for done in batch
                ],
            }
        )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with self.part_path.open("ab") as stream:
                if stream.tell() == 0:
                    stream.write(_json_line({"run_digest": run_digest}).encode())
                stream.write(line.encode("utf-8"))
                stream.flush()
        except OSError as error:
            raise Unavailable(f"{self.part_path}: cannot be written: {error.strerror}") from error

    # --- scores -----------------------------------------------------------------------------

    def score_path(self, metric: str, signature: str) -> Path:
        """The file of a score."""
        sig8 = Signature.parse(signature).digest8()
        return self.path / "scores" / f"{metric}@{sig8}.json"

    def score_paths(self) -> list[Path]:
        """The files of all scores, sorted."""
        return sorted((self.path / "scores").glob("*@*.json"))

    def write_score(self, result: MetricResult) -> None:
        """Writes a score with the statistics it follows from."""
        path = self.score_path(result.score.metric, result.score.signature)
        statistics = result.statistics
        document = result.score.model_dump(mode="json")
        beside = path.with_suffix(".npz")
        if len(statistics.ids) > INLINE_SEGMENTS:
            buffer = io.BytesIO()
            np.savez_compressed(
                buffer,
                ids=np.array(statistics.ids),
                rows=statistics.rows,
                segment_scores=statistics.segment_scores,
            )
            write_bytes(beside, buffer.getvalue())
            document["arrays"] = beside.name
        else:
            document["segment_ids"] = list(statistics.ids)
            document["segment_scores"] = statistics.segment_scores.tolist()
            document["statistics"] = [
                [int(v) if v.is_integer() else v for v in row] for row in statistics.rows.tolist()
            ]
        write_text(path, _one_key_a_line(document))

    def read_score(self, path: Path) -> Score:
        """A score without its arrays.

        Raises:
            DataError: If the file does not hold.
        """
        document = read_json(path)
        return _score(document, path)

    def read_result(self, path: Path) -> MetricResult:
        """A score with the statistics it follows from.

        Raises:
            DataError: If a file does not hold.
        """
        document = read_json(path)
        score = _score(document, path)
        try:
            if "arrays" in document:
                with np.load(path.with_suffix(".npz"), allow_pickle=False) as arrays:
                    statistics = Statistics(
                        tuple(arrays["ids"].tolist()), arrays["rows"], arrays["segment_scores"]
                    )
            else:
                rows = np.array(document["statistics"], dtype=np.float64)
                statistics = Statistics(
                    tuple(document["segment_ids"]),
                    rows.reshape(len(document["segment_ids"]), -1),
                    np.array(document["segment_scores"], dtype=np.float64),
                )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{path}: the statistics cannot be read: {error}",
                hint="remove the file to score again",
            ) from error
        return MetricResult(score, statistics)


_ARRAYS = ("arrays", "segment_ids", "segment_scores", "statistics")


def _score(document: Json, path: Path) -> Score:
    if not isinstance(document, dict):
        raise DataError(f"{path}: not a score")
    return _record(Score, {k: v for k, v in document.items() if k not in _ARRAYS}, path)


def _record(kind: type[RecordT], values: Json, path: Path) -> RecordT:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise DataError(
            f"{path}: {first_defect(error)}",
            hint="it was edited, or written by another version; remove it to have it made again",
        ) from error


def _hypothesis_values(hypothesis: Hypothesis) -> dict[str, Json]:
    values: dict[str, Json] = {"id": hypothesis.id, "mt": hypothesis.text}
    if hypothesis.failure is not None:
        values["failure"] = hypothesis.failure
    return values


def _hypothesis_line(hypothesis: Hypothesis) -> str:
    return _json_line(_hypothesis_values(hypothesis))


def _json_line(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n"


def _one_key_a_line(document: Mapping[str, Json]) -> str:
    lines = (
        f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False, allow_nan=False)}"
        for key, value in document.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"
