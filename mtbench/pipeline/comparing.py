"""Two leaderboards, wherever they lie → what changed, with tests where statistics are at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mtbench.boards.comparison import (
    Evidence,
    Question,
    Side,
    SideRow,
    compare,
    read_side,
    side_of_board,
)
from mtbench.boards.leaderboard import Ranked, build
from mtbench.errors import MtbenchError, RequestError, UnknownName
from mtbench.pipeline.boards import current_states, named_primaries, read_entry
from mtbench.pipeline.stored import StoredScores, recomputed
from mtbench.plugins import METRICS, Metric, make_metric
from mtbench.results import Results, RunFolder
from mtbench.significance import Family, UnitChoice, choose_unit, over_family, ruled_resamples
from mtbench.significance.humans import human_agreement
from mtbench.types import MetricInfo, MetricResult, RunRecord, Runtime
from mtbench.types.findings import LeaderboardDiff, PairedTest

_ROUNDED = 1.01e-6  # scores in a CSV have six decimals

NEW, OLD = "new", "old"


@dataclass(frozen=True, slots=True)
class Given:
    """One side as a user gives it.

    Attributes:
        path: A CSV, a results folder, or the folder of one run.
        results: The results folder with the statistics; by default the one a CSV lies in.
        mapping: Where a CSV's columns have other names; from ``comparison.parse_map``.
    """

    path: Path
    results: Path | None = None
    mapping: Mapping[str, str] | None = None


def compare_leaderboards(
    old: Given,
    new: Given,
    *,
    metrics: Sequence[str] = (),
    margins: Mapping[str, float] | None = None,
    alpha: float = 0.05,
    seed: int = 0,
) -> LeaderboardDiff:
    """What changed from one leaderboard to another.

    Two folders of runs are compared as two runs of one system, whatever their names.

    Args:
        old: The first leaderboard.
        new: The second.
        metrics: The metrics to compare, all of which decide; by default the primary metric
            decides and all others are shown.
        margins: Metric → the largest difference that does not matter, on its own scale.
        alpha: The level of each family of tests.
        seed: Of all draws.

    Raises:
        RequestError: If something is not there or cannot be compared.
        DataError: If a file does not hold.
    """
    sides = _sides(old, new)
    runs = [_is_run(given.path) for given in (old, new)]
    named = {metric for side in sides for metric in side.metrics}
    return compare(
        sides[0],
        sides[1],
        infos=_infos(named),
        tester=_Tester(_lookup(old), _lookup(new), seed),
        metrics=metrics,
        margins=margins,
        alpha=alpha,
        by_system=not all(runs),
    )


# --- where the sides come from --------------------------------------------------------------


def _is_run(path: Path) -> bool:
    return (path / "run.json").is_file()


def _sides(old: Given, new: Given) -> list[Side]:
    """Both sides; where one stores scores of several signatures, those that the other has."""
    if new.path.is_file():
        second = _side(new)
        return [_side(old, _signatures(second)), second]
    first = _side(old)
    return [first, _side(new, _signatures(first))]


def _signatures(side: Side) -> dict[tuple[str, str], str]:
    """Test set and metric → signature."""
    return {
        (row.test_set, metric): cell.signature
        for row in side.rows
        for metric, cell in row.cells.items()
        if cell.signature is not None
    }


def _side(given: Given, preferred: Mapping[tuple[str, str], str] | None = None) -> Side:
    path = given.path
    if path.is_file():
        return read_side(path, known_metrics=METRICS.origins(), mapping=given.mapping)
    if not path.is_dir():
        raise RequestError(f"{path}: no such file or folder")
    if given.mapping:
        raise RequestError(f"{path}: --map is for CSV files")
    if _is_run(path):
        root = path.resolve().parents[2]
        folders = [RunFolder(path.resolve(), root)]
    else:
        root = path
        folders = list(Results(path).runs())
    scores = StoredScores(Results(root))
    entries = [read_entry(folder, scores) for folder in folders]
    found = [entry for entry in entries if entry is not None]
    if not found:
        raise RequestError(f"{path}: no results in it", hint="run mtbench evaluate first")
    states = current_states(Results(root), found)
    board = build(
        found,
        lambda scores, baselines: Ranked({}, ""),
        current=states,
        preferred=preferred,
        primaries=named_primaries(Results(root)),
    )
    return side_of_board(board, str(path))


def _infos(metrics: set[str]) -> dict[str, MetricInfo]:
    """What metrics are, as far as they are known here."""
    found = {}
    for name in metrics:
        try:
            found[name] = make_metric(name, {}, Runtime()).info
        except (UnknownName, RequestError):
            continue  # another tool's metric, or one that cannot be made without options
        except MtbenchError:
            continue  # an extra that is not installed: deltas are shown, nothing is tested
    return found


Lookup = Callable[[SideRow, str], "Stored | str"]


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored score with its run and where it lies."""

    result: MetricResult
    run: RunRecord
    results: Results


def _lookup(given: Given) -> Lookup:
    """Finds the statistics behind a row, or says why not."""
    root = given.results or _beside(given.path)
    results = Results(root)
    folders: dict[tuple[str, str], list[RunFolder]] = {}
    for folder in results.runs():
        folders.setdefault((folder.corpus, str(folder.pair)), []).append(folder)

    def find(row: SideRow, metric: str) -> Stored | str:
        for folder in folders.get((row.corpus, str(row.pair)), []):
            run = folder.read_run()
            if run is None or not _is_of(row, folder, run):
                continue
            stored = _stored(row, metric, folder, run)
            return stored if isinstance(stored, str) else Stored(stored, run, results)
        return f"no statistics of {row.system} on {row.test_set} in {root}"

    return find


def _beside(path: Path) -> Path:
    if path.is_file():
        return path.resolve().parent
    return path.resolve().parents[2] if _is_run(path) else path


def _is_of(row: SideRow, folder: RunFolder, run: RunRecord) -> bool:
    named = row.folder == folder.system if row.folder else row.system in (folder.system, run.system)
    return named and row.output_digest in (None, run.output_digest)


def _stored(row: SideRow, metric: str, folder: RunFolder, run: RunRecord) -> MetricResult | str:
    """The result behind a cell: same metric, signature, output, test set and score."""
    cell = row.cells[metric]
    paths = [path for path in folder.score_paths() if path.name.startswith(f"{metric}@")]
    for path in paths:
        result = recomputed(folder.read_result(path)).result
        score = result.score
        if (
            cell.score is not None
            and score.output_digest == run.output_digest
            and cell.signature in (None, score.signature)
            and row.testset_digest in (None, score.testset_digest)
            and abs(score.score - cell.score) <= _ROUNDED
        ):
            return result
    if not paths:
        return f"no {metric} statistics of {row.system} on {row.test_set} in {folder.path}"
    return f"the {metric} statistics in {folder.path} are not those behind {row.where}"


# --- tests ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Answer:
    """A test before it is corrected, and what else its reading needs."""

    test: PairedTest
    info: MetricInfo
    signature: str
    one_lineage: bool
    warning: str | None


class _Tester:
    """Answers families of questions from stored statistics."""

    def __init__(self, old: Lookup, new: Lookup, seed: int) -> None:
        self._old = old
        self._new = new
        self._seed = seed

    def __call__(self, questions: Sequence[Question], alpha: float) -> list[Evidence]:
        swaps = ruled_resamples(len(questions), alpha)
        answers = [self._one(question, alpha, swaps) for question in questions]
        tests = [answer.test for answer in answers if not isinstance(answer, str)]
        corrected = iter(over_family(tests, alpha))
        found = []
        for answer in answers:
            if isinstance(answer, str):
                found.append(Evidence(reason=answer))
                continue
            test = next(corrected)
            agreement = human_agreement(
                test.metric,
                test.delta,
                signature=answer.signature,
                significant=test.significant,
                unit_scale=answer.info.unit_scale,
                one_lineage=answer.one_lineage,
            )
            found.append(Evidence(test=test, agreement=agreement, warning=answer.warning))
        return found

    def _one(self, question: Question, alpha: float, swaps: int) -> _Answer | str:
        new = self._new(question.new, question.metric)
        old = self._old(question.old, question.metric)
        if isinstance(new, str):
            return new
        if isinstance(old, str):
            return old
        a, b = new.result, old.result
        if a.score.unjudged or b.score.unjudged:
            return f"{question.metric} has not scored every segment of both"
        if a.score.testset_digest != b.score.testset_digest:
            return "the stored statistics are of two different test sets"
        if a.statistics.ids != b.statistics.ids:
            return "the stored statistics are of different segments"
        if a.score.signature != b.score.signature:
            return "the stored statistics have different signatures"
        metric = _made(a)
        if isinstance(metric, str):
            return metric
        info = a.score.info
        unit = _unit(new, old, self._seed)
        family = Family(
            {NEW: a.statistics.rows, OLD: b.statistics.rows},
            metric.pool,
            metric=question.metric,
            higher_is_better=info.higher_is_better,
            seed=self._seed,
            units=unit.index,
            segment_scores={NEW: a.statistics.segment_scores, OLD: b.statistics.segment_scores},
        )
        (test,) = family.test([(NEW, OLD)], alpha=alpha, resamples=swaps, baseline=OLD)
        lineage = new.run.card.lineage
        one_lineage = lineage is not None and lineage == old.run.card.lineage
        return _Answer(test, info, a.score.signature, one_lineage, unit.warning)


def _made(result: MetricResult) -> Metric | str:
    try:
        return make_metric(result.score.metric, result.score.options, Runtime())
    except MtbenchError as error:
        return f"{result.score.metric} cannot be pooled here: {error.message}"


def _unit(new: Stored, old: Stored, seed: int) -> UnitChoice:
    """The unit to resample, by the documents that either results folder knows."""
    score = new.result.score
    ids = new.result.statistics.ids
    columns = [new.result.statistics.segment_scores, old.result.statistics.segment_scores]
    for stored in (new, old):
        labels = stored.results.labels_of(score.corpus, score.pair, ids)
        if labels is not None:
            return choose_unit(labels.documents, np.stack(columns, axis=1), seed=seed)
    return choose_unit((None,) * len(ids))
