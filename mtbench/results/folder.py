"""One system on one test set: its run, its output, its scores."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from mtbench.errors import DataError, MtbenchError, RequestError
from mtbench.files.columns import shared
from mtbench.files.inputs import as_it_is
from mtbench.files.parsed import Look, Memory
from mtbench.files.writing import read_json, unwritable, write_json, write_lines
from mtbench.languages import LanguagePair
from mtbench.results import judgement_files, score_files
from mtbench.results.lines import hypothesis_values, json_line, record
from mtbench.results.locks import locked
from mtbench.results.part import ScoringPart, TranslationPart
from mtbench.types import (
    Finished,
    Hypothesis,
    HypothesisColumn,
    HypothesisWriter,
    Json,
    MetricResult,
    OutputHealth,
    RunRecord,
    Score,
    Signature,
    Spent,
    SystemOutput,
)
from mtbench.types.judgements import Campaign, Judgement


class RunFolder:
    """One system on one test set.

    Args:
        path: ``RESULTS/CORPUS/SRC-TGT/SYSTEM``; need not exist yet.
        root: The results folder.
        memory: What large outputs were parsed to before; None parses and hashes them always.
    """

    def __init__(self, path: Path, root: Path, memory: Memory | None = None) -> None:
        self.path = path
        self._root = root
        self._memory = memory
        self._parts: dict[str, TranslationPart] = {}

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

    def part_path(self, run_digest: str) -> Path:
        """The append-only file of a translation under way.

        Each run has one of its own: trying other options does not cost what was finished.
        """
        return self.path / f"output.{run_digest[:16]}.part.jsonl"

    def _old_path(self, run_digest: str) -> Path:
        """What version 0.1 set aside of a program's lines."""
        return self.path / f"output.{run_digest[:16]}.scratch.jsonl"

    def _part(self, run_digest: str) -> TranslationPart:
        if run_digest not in self._parts:
            path = self.part_path(run_digest)
            self._parts[run_digest] = TranslationPart(path, run_digest)
        return self._parts[run_digest]

    def locked(self, waiting: Callable[[], object] | None = None) -> AbstractContextManager[None]:
        """Keeps other processes out of this folder; waits for one that is in it.

        Args:
            waiting: Called once if the lock is held, so that a caller can say so.
        """
        return locked(self._root, "_".join(self.path.relative_to(self._root).parts), waiting)

    # --- the run ----------------------------------------------------------------------------

    def read_run(self) -> RunRecord | None:
        """The record of the run, or None where there is none.

        Raises:
            DataError: If the file does not hold.
        """
        path = self.path / "run.json"
        if not path.is_file():
            return None
        return record(RunRecord, read_json(path), path)

    def write_run(self, run: RunRecord) -> None:
        """Writes ``run.json`` alone, where only what it says of itself has changed."""
        write_json(self.path / "run.json", run.model_dump(mode="json"))

    def read_health(self) -> OutputHealth | None:
        """What was found wrong with the output at first sight; None where nobody looked.

        Raises:
            DataError: If the file does not hold.
        """
        path = self.path / "health.json"
        return record(OutputHealth, read_json(path), path) if path.is_file() else None

    def write_health(self, health: OutputHealth) -> None:
        """Writes ``health.json``."""
        write_json(self.path / "health.json", health.model_dump(mode="json"))

    def write_output(
        self, run: RunRecord, hypotheses: Sequence[Hypothesis], kept: Mapping[str, Json]
    ) -> None:
        """Writes the output, what was kept beside it, and last the record of the run.

        Scores of another output that stood here go with it.
        """
        before = self.path / "run.json"
        try:
            # Without its record an output counts as absent: a crash in between loses nothing.
            before.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(before, error) from error
        write_lines(self.output_path, (json_line(hypothesis_values(h)) for h in hypotheses))
        if self._memory is not None and isinstance(hypotheses, HypothesisColumn):
            _keep(self._memory.look(self.output_path, "output"), hypotheses, mine=True)
        beside = self.path / "kept.jsonl"
        if kept:
            rows = ({"id": h.id, **kept[h.id]} for h in hypotheses if h.id in kept)
            write_lines(beside, (json_line(row) for row in rows))
        else:
            beside.unlink(missing_ok=True)
        self._remove_scores_but_of(run.output_digest)
        for path in (self.path / "scores").glob("*.part.jsonl"):
            path.unlink(missing_ok=True)
        self.write_run(run)
        for path in (self.part_path(run.run_digest), self._old_path(run.run_digest)):
            path.unlink(missing_ok=True)

    def _remove_scores_but_of(self, digest: str) -> None:
        for path in self.score_paths():
            try:
                stale = self.read_score(path).output_digest != digest
            except MtbenchError:
                stale = True
            if stale:
                score_files.remove_score(path)

    def read_output(self) -> SystemOutput | None:
        """The output and its record, or None where there is none.

        Raises:
            DataError: If a file does not hold, or the output is not the one that was recorded.
        """
        run = self.read_run()
        if run is None:
            return None
        hypotheses, digest = self._hypotheses()
        if digest != run.output_digest:
            raise DataError(
                f"{self.output_path}: not the output that run.json records",
                hint="restore the file, or remove the folder to translate again",
            )
        return SystemOutput(run=run, hypotheses=hypotheses)

    def _hypotheses(self) -> tuple[Sequence[Hypothesis], str]:
        """What the file holds, and its digest."""
        looked = self._memory.look(self.output_path, "output") if self._memory else None
        if looked is not None and looked.found is not None:
            columns, facts = looked.found
            failures = {int(at): why for at, why in facts["failures"].items()}
            ids, digest = shared(columns["ids"]), facts["digest"]
            return HypothesisColumn(ids, columns["texts"], failures, digest), digest
        found, digest = self._parsed()
        if looked is not None and isinstance(found, HypothesisColumn):
            _keep(looked, found)
        return found, digest

    def _parsed(self) -> tuple[Sequence[Hypothesis], str]:
        writer = HypothesisWriter()
        for where, values in _rows(self.output_path):
            try:
                one = Hypothesis(id=values["id"], text=values["mt"], failure=values.get("failure"))
            except (ValueError, KeyError, TypeError) as error:
                raise DataError(f"{where}: not a hypothesis: {type(error).__name__}") from error
            writer.add(one.id, one.text, one.failure)
        return writer.output()

    def read_kept(self) -> dict[str, dict[str, Json]]:
        """Segment id → what a back end wanted kept beside its translation.

        Raises:
            DataError: If the file does not hold.
        """
        path = self.path / "kept.jsonl"
        found = {}
        for where, values in _rows(path) if path.is_file() else ():
            if not isinstance(values.get("id"), str):
                raise DataError(f"{where}: no id")
            found[values.pop("id")] = values
        return found

    # --- a translation under way ------------------------------------------------------------

    def read_part(self, run_digest: str) -> Iterator[tuple[list[Finished], Spent]]:
        """The batches that an interrupted translation had finished, and what it had taken up to
        the end of each.
        """
        return self._part(run_digest).read()

    def begin_part(self, run_digest: str) -> bool:
        """Notes that a translation is under way; whether one was before and was interrupted."""
        before = self._old_path(run_digest).exists()
        return self._part(run_digest).begin() or before

    def append_part(self, run_digest: str, batch: Sequence[Finished], spent: Spent) -> None:
        """Puts a finished batch on disk."""
        self._part(run_digest).append(batch, spent)

    # --- scores -----------------------------------------------------------------------------

    def score_path(self, metric: str, signature: str) -> Path:
        """The file of a score."""
        sig8 = Signature.parse(signature).digest8()
        return self.path / "scores" / f"{metric}@{sig8}.json"

    def score_paths(self) -> list[Path]:
        """The files of all scores, sorted."""
        return sorted((self.path / "scores").glob("*@*.json"))

    def scoring_part(self, metric: str, signature: Signature, of: Mapping[str, str]) -> ScoringPart:
        """The append-only file of a score under way.

        Args:
            metric: Its name.
            signature: As the whole score will have it.
            of: What it depends on beside: digests of output, sources, references.
        """
        path = self.score_path(metric, str(signature)).with_suffix(".part.jsonl")
        return ScoringPart(path, {"signature": str(signature), **of})

    def partial_score(self, metric: str, signature: Signature) -> MetricResult | None:
        """The score over some of the segments that has all but this signature, if there is one.

        Raises:
            DataError: If the file does not hold.
        """
        path = self.score_path(metric, str(signature.of_unjudged()))
        return self.read_result(path) if path.is_file() else None

    def write_score(self, result: MetricResult) -> None:
        """Writes a score with the statistics it follows from.

        One over some of the segments gives way to one over all of them.
        """
        score, signature = result.score, Signature.parse(result.score.signature)
        score_files.write_score(self.score_path(score.metric, score.signature), result)
        if not score.unjudged:
            partial = self.score_path(score.metric, str(signature.of_unjudged()))
            score_files.remove_score(partial)

    def read_score(self, path: Path) -> Score:
        """A score without its arrays.

        Raises:
            DataError: If the file does not hold.
        """
        return score_files.read_score(path)

    def read_result(self, path: Path) -> MetricResult:
        """A score with the statistics it follows from.

        Raises:
            DataError: If a file does not hold.
        """
        return score_files.read_result(path)

    # --- human judgements -------------------------------------------------------------------

    def campaign_path(self, name: str) -> Path:
        """The file of a campaign of human judgements."""
        return self.path / "judgements" / f"{name}.jsonl"

    def campaigns(self) -> list[str]:
        """The names of the campaigns that are kept beside the output, sorted."""
        return sorted(path.stem for path in (self.path / "judgements").glob("*.jsonl"))

    def read_campaign(self, name: str, system: str) -> tuple[Campaign, list[Judgement]]:
        """A campaign and its judgements of this output, or of one that stood here before.

        Args:
            name: The campaign.
            system: What the system is called in the judgements.

        Raises:
            DataError: If the file does not hold.
        """
        return judgement_files.read_judgements(self.campaign_path(name), system)

    def write_campaign(self, head: Campaign, judgements: Iterable[Judgement]) -> None:
        """Writes a campaign's judgements of this output."""
        judgement_files.write_judgements(self.campaign_path(head.name), head, judgements)

    def remove_campaign(self, name: str) -> None:
        """Removes a campaign's judgements of this output, if there are any."""
        self.campaign_path(name).unlink(missing_ok=True)


def _keep(looked: Look, output: HypothesisColumn, *, mine: bool = False) -> None:
    looked.keep(
        {"ids": output.ids, "texts": output.texts},
        {"digest": output.digest, "failures": dict(output.failures)},
        mine=mine,
    )


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Json]]]:
    """The objects of a JSONL file of ours, each with ``file:line``; every line is whole."""
    try:
        with as_it_is(path) as stream:
            for number, line in enumerate(stream, start=1):
                where = f"{path}:{number}"
                if not line.endswith(b"\n"):
                    raise DataError(f"{where}: cut off")
                try:
                    values = json.loads(line)
                except (ValueError, RecursionError) as error:
                    raise DataError(f"{where}: not JSON: {error}") from error
                if not isinstance(values, dict):
                    raise DataError(f"{where}: not an object")
                yield where, values
    except (RequestError, OSError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
