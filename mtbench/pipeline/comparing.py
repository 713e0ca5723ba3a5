"""Two leaderboards, wherever they lie → what changed, with tests where statistics are at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mtbench.boards.comparison import (
    Question,
    RowEvidence,
    Side,
    compare,
    read_side,
    side_of_board,
)
from mtbench.boards.leaderboard import Ranked, build
from mtbench.config import Workspace
from mtbench.errors import MtbenchError, RequestError, UnknownName
from mtbench.files.inputs import readable
from mtbench.pipeline.boards import current_states, named_primaries, read_entry
from mtbench.pipeline.rescoring import Lookup, Rescorer
from mtbench.pipeline.row_statistics import RowStatistics, Stored
from mtbench.pipeline.stored import StoredScores
from mtbench.plugins import METRICS, Metric, make_metric, stored_metric
from mtbench.results import Results, RunFolder
from mtbench.significance import Family, UnitChoice, choose_unit, over_family, ruled_resamples
from mtbench.significance.humans import agreement_of_test
from mtbench.types import MetricInfo, MetricResult, Runtime
from mtbench.types.findings import LeaderboardDiff, PairedTest

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
    renamed: Mapping[str, str] | None = None,
    rescore_with: Workspace | None = None,
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
        renamed: Name of a system on the old side → its name on the new one.
        rescore_with: Where corpora are, if old outputs are to be scored again on the new side's
            references where these have changed.

    Raises:
        RequestError: If something is not there or cannot be compared.
        DataError: If a file does not hold.
    """
    first, second = _sides(old, new)
    runs = [_is_run(given.path) for given in (old, new)]
    before, after = (RowStatistics(g.results or _beside(g.path)) for g in (old, new))
    lookup: Lookup = before
    if rescore_with is not None:
        # Texts of plain files are kept with the results that were scored on them.
        space = rescore_with.model_copy(update={"results": after.results.root})
        lookup = rescorer = Rescorer(space, before, after)
        first = rescorer.rescored(first, second, _names(first, second, renamed, all(runs)))
    named = {metric for side in (first, second) for metric in side.metrics}
    found = compare(
        first,
        second,
        infos=_infos(named),
        tester=_Tester(lookup, after, seed),
        metrics=metrics,
        margins=margins,
        alpha=alpha,
        by_system=not all(runs),
        renamed=renamed,
    )
    more = (*_favoured(second, after), *_seen(("old", first, before), ("new", second, after)))
    return found.model_copy(update={"notes": (*found.notes, *more)}) if more else found


def _seen(*sides: tuple[str, Side, RowStatistics]) -> tuple[str, ...]:
    """What was seen of whole outputs on either side: a shift, one that is the reference."""
    about: dict[tuple[str, str], list[str]] = {}
    for which, side, stored in sides:
        for row in side.rows:
            run = stored.run(row)
            for note in run[1].health_notes if run is not None else ():
                about.setdefault((row.test_set, note), []).append(f"{row.system} ({which})")
    return tuple(f"{name}: {', '.join(who)}: {note}" for (name, note), who in about.items())


def _favoured(side: Side, stored: RowStatistics) -> tuple[str, ...]:
    """A sentence per test set whose references are outputs of systems, edited or chosen."""
    made_of: dict[str, tuple[str, ...]] = {}
    for row in side.rows:
        run = stored.run(row)
        if run is not None and run[1].test_set.reference_of:
            made_of[row.test_set] = run[1].test_set.reference_of
    return tuple(
        f"{name}: the references are made of outputs of {', '.join(systems)}: differences of "
        "these systems, and of their lineage, are measured against their own output"
        for name, systems in made_of.items()
    )


def _names(
    old: Side, new: Side, renamed: Mapping[str, str] | None, two_runs: bool
) -> dict[str, str]:
    """Old name → new name; two runs are of one system, whatever they are called."""
    if not two_runs:
        return dict(renamed or {})
    return {a.system: b.system for a in old.rows for b in new.rows if a.test_set == b.test_set}


# --- where the sides come from --------------------------------------------------------------


def _is_run(path: Path) -> bool:
    return (path / "run.json").is_file()


def _sides(old: Given, new: Given) -> list[Side]:
    """Both sides; where one stores scores of several signatures, those that the other has."""
    if readable(new.path):
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
    if readable(path):
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
    if not _is_run(path):
        return side_of_board(board, str(path))
    above = path.parents if len(path.parents) > 2 else path.resolve().parents
    return side_of_board(board, str(path), str(above[2]))


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


def _beside(path: Path) -> Path:
    if readable(path):
        return path.resolve().parent
    return path.resolve().parents[2] if _is_run(path) else path


# --- tests ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Answer:
    """A test before it is corrected, and what else its reading needs."""

    test: PairedTest
    info: MetricInfo
    signature: str
    lineages: tuple[str | None, str | None]
    warning: str | None


class _Tester:
    """Answers families of questions from stored statistics."""

    def __init__(self, old: Lookup, new: Lookup, seed: int) -> None:
        self._old = old
        self._new = new
        self._seed = seed

    def __call__(self, questions: Sequence[Question], alpha: float) -> list[RowEvidence]:
        swaps = ruled_resamples(len(questions), alpha)
        answers = [self._one(question, alpha, swaps) for question in questions]
        tests = [answer.test for answer in answers if not isinstance(answer, str)]
        corrected = iter(over_family(tests, alpha))
        found = []
        for answer in answers:
            if isinstance(answer, str):
                found.append(RowEvidence(reason=answer))
                continue
            test = next(corrected)
            agreement = agreement_of_test(
                test, answer.signature, answer.info.unit_scale, answer.lineages
            )
            found.append(RowEvidence(test=test, agreement=agreement, warning=answer.warning))
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
        lineages = (new.run.card.lineage, old.run.card.lineage)
        return _Answer(test, info, a.score.signature, lineages, unit.warning)


def _made(result: MetricResult) -> Metric | str:
    try:
        return stored_metric(result.score)
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
