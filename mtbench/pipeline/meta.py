"""Stored scores and a file of human judgements → how far the metrics are to be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace as with_fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtbench.boards.slices import By, labels_by
from mtbench.config import Workspace
from mtbench.errors import DataError, RequestError
from mtbench.judgements.place import Place, Placed, place
from mtbench.pipeline.boards import stored_tables
from mtbench.pipeline.campaigns import campaigns_of
from mtbench.pipeline.human_files import read_human_file
from mtbench.pipeline.marked_errors import MarkedErrors, marker_of
from mtbench.pipeline.stored import recomputed
from mtbench.pipeline.work import Watcher
from mtbench.plugins import Array
from mtbench.results import Results
from mtbench.significance import choose_unit
from mtbench.significance.agreement.marks import Marker
from mtbench.significance.agreement.raters import rater_agreement
from mtbench.significance.agreement.table import (
    FEWEST,
    Humans,
    MetricGrid,
    agreement,
    in_clusters,
    not_above,
    sentinels,
    tests,
)
from mtbench.significance.limits import ALPHA
from mtbench.types import Row, Table
from mtbench.types.agreement import (
    MetaEvaluation,
    MetaTable,
    MetricAgreement,
    MetricTest,
    RaterAgreement,
    SpanScores,
)
from mtbench.types.judgements import JudgementFile

RELIABLE = 30  # judged segments below which intervals are marked


def meta_evaluate(
    space: Workspace,
    watcher: Watcher,
    human: Path | None,
    *,
    corpora: Sequence[str] = (),
    pairs: Sequence[str] = (),
    systems: Sequence[str] = (),
    by: By | None = None,
    first: int | None = None,
    alpha: float = ALPHA,
    seed: int = 0,
) -> MetaEvaluation:
    """How far the metrics of a results folder agree with human scores.

    Args:
        space: The results folder.
        watcher: Told what happens.
        human: The file of judgements; None for every campaign that is kept.
        corpora: Only these corpora; all where none is named.
        pairs: Only these directions, ``SRC-TGT``; all where none is named.
        systems: Only these systems; all where none is named.
        by: Also for each part of the test sets with this label.
        first: The number of the first segment, where the file numbers segments by position.
        alpha: The level of the tests of metrics against each other.
        seed: Of all draws.

    Raises:
        RequestError: If there are no such results, or no judgement is about them.
        DataError: If a file does not hold.
    """
    results = Results(space.results)
    given = None if human is None else (human.name, read_human_file(human))
    found: list[MetaTable] = []
    for table in stored_tables(space, corpora, pairs):
        one = _Set(results, table, systems)
        kept = [(each.name, each.file) for each in campaigns_of(results, table)]
        for name, file in kept if given is None else [given]:
            placed = place(file, one.place(), name, first=first) if file.judgements else None
            if placed is None:
                watcher.say(f"{one.name}: no judgement in {name} is about it")
            else:
                found += one.tables(placed, file, watcher, by=by, alpha=alpha, seed=seed)
    if not found and human is None:
        raise RequestError(
            f"{space.results}: no human judgements are kept here",
            hint="name a file with --human, or keep one: mtbench human import FILE",
        )
    if not found:
        raise RequestError(
            f"{human}: no judgement is about these results",
            hint="systems and segments are called there as in the results: mtbench leaderboard",
        )
    return MetaEvaluation(tables=tuple(found))


def meta_of_table(
    results: Results, table: Table, file: JudgementFile, source: str, watcher: Watcher
) -> list[MetaTable]:
    """How far a table's metrics agree with people; nothing where too little is judged.

    Args:
        results: The folder.
        table: One test set.
        file: Judgements, also of others.
        source: What they are called.
        watcher: Told what happens.

    Raises:
        DataError: With file and line, if a judgement does not hold.
    """
    one = _Set(results, table, ())
    placed = place(file, one.place(), source) if file.judgements else None
    if placed is None:
        return []
    try:
        return one.tables(placed, file, watcher, by=None, alpha=ALPHA, seed=0)
    except TooFewJudged as error:
        watcher.say(error.message)
        return []


class TooFewJudged(DataError):
    """Agreement cannot be computed from so few judgements."""


class _Set:
    """One test set with the scores of its systems.

    Args:
        results: The folder.
        table: The test set's table of the leaderboard.
        systems: Only these; all where none is named.
    """

    def __init__(self, results: Results, table: Table, systems: Sequence[str]) -> None:
        self.name = f"{table.corpus}/{table.pair}"
        self._results = results
        self._table = table
        self._rows = [row for row in table.rows if not systems or row.system in systems]
        outputs = {}
        for row in self._rows:
            output = results.run(table.corpus, table.pair, row.folder).read_output()
            if output is not None:
                outputs[row.system] = output
        if not outputs:
            raise RequestError(f"{self.name}: no outputs of {', '.join(systems) or 'any system'}")
        self._ids = next(iter(outputs.values())).ids
        self._texts = {
            name: [h.text for h in output.hypotheses] for name, output in outputs.items()
        }
        self._labels = results.labels_of(table.corpus, table.pair, self._ids)

    def place(self) -> Place:
        """What judgements may be about."""
        systems = tuple(row.system for row in self._rows)
        return Place(self._table.corpus, str(self._table.pair), self._ids, systems)

    def tables(
        self,
        placed: Placed,
        file: JudgementFile,
        watcher: Watcher,
        *,
        by: By | None,
        alpha: float,
        seed: int,
    ) -> list[MetaTable]:
        """The whole test set, and each part of it that can be looked at."""
        found = [self._table_of(None, placed, file, watcher, alpha, seed)]
        for label, part in self._parts(by).items():
            try:
                found.append(self._table_of(label, placed, file, watcher, alpha, seed, part))
            except DataError as error:
                watcher.say(f"{self.name}, {label}: {error.message}")
        return found

    def _parts(self, by: By | None) -> dict[str, NDArray[np.bool_]]:
        if by is None:
            return {}
        labels = labels_by(self._labels, by) if self._labels is not None else ()
        if not any(labels):
            raise RequestError(f"{self.name}: its segments have no {by}")
        return {
            f"{by}: {label}": np.array([one == label for one in labels])
            for label in dict.fromkeys(label for label in labels if label is not None)
        }

    def _table_of(
        self,
        part_name: str | None,
        placed: Placed,
        file: JudgementFile,
        watcher: Watcher,
        alpha: float,
        seed: int,
        part: NDArray[np.bool_] | None = None,
    ) -> MetaTable:
        part = np.ones(len(self._ids), dtype=bool) if part is None else part
        scores = placed.judgements.scores
        rows = sorted(
            (row for row in self._rows if row.system in scores),
            key=lambda row: (-_mean_of(scores[row.system], part), row.system),
        )
        left_out = {
            row.system: "nobody judged it" for row in self._rows if row.system not in scores
        }
        metrics, markers = self._metrics(rows, left_out)
        people = np.stack([scores[row.system][part] for row in rows])
        _check_enough(self.name, people)
        units = self._units()
        humans = Humans(people, units[part], seed=seed)
        sentinels_too = [*metrics, *self._sentinels(rows)]
        grids = [_only(grid, part) for grid in sentinels_too]
        watcher.start(f"meta {self.name}{f', {part_name}' if part_name else ''}", len(grids) + 1)
        try:
            measured, outcome = _measured(grids, humans, alpha, watcher)
        finally:
            watcher.stop()
        judged_once = int(np.isfinite(people).any(axis=0).sum())
        names = [row.system for row in rows]
        errors = MarkedErrors(placed, file, names, self._texts, units, part, seed)
        return MetaTable(
            corpus=self._table.corpus,
            pair=self._table.pair,
            part=part_name,
            systems=tuple(names),
            human_means=tuple(map(float, humans.complete.mean(axis=1))),
            left_out=left_out,
            segments=int(part.sum()),
            judged=int(humans.judged.sum()),
            judged_for_some=judged_once - int(humans.judged.sum()),
            source=placed.judgements.source,
            protocol=file.title,
            raters=_raters(placed, set(names), part, errors.between_raters()),
            metrics=measured,
            tests=tuple(outcome),
            clusters=in_clusters(measured, outcome),
            spans=errors.spans(markers),
            error_free=errors.error_free(sentinels_too, markers),
            alpha=alpha,
            draws=humans.draws,
            permutations=humans.permutations,
            resamples=humans.resamples,
            seed=seed,
            notes=(*placed.notes, *errors.notes(), *_warnings(humans)),
        )

    def _units(self) -> NDArray[np.int64]:
        documents = self._labels.documents if self._labels else (None,) * len(self._ids)
        index = choose_unit(documents).index
        return np.arange(len(self._ids)) if index is None else np.asarray(index)

    def _metrics(
        self, rows: Sequence[Row], left_out: dict[str, str]
    ) -> tuple[list[MetricGrid], list[Marker]]:
        """Metrics with a whole score of every judged system, and what they mark.

        The others are said.
        """
        found, markers = [], []
        for name in self._table.metrics:
            cells = {row.system: row.cells.get(name) for row in rows}
            signatures = {
                cell.signature if cell and not cell.partial else None for cell in cells.values()
            }
            if len(signatures) == 1 and None not in signatures:
                grid, marker = self._grid(name, rows)
                if grid is None:
                    left_out[f"metric {name}"] = "it cannot be made here"
                else:
                    found.append(grid)
                if marker is not None:
                    markers.append(marker)
            elif any(cell and cell.signature for cell in cells.values()):
                left_out[f"metric {name}"] = "not every judged system has a whole score by it"
        if not found:
            raise TooFewJudged(
                f"{self.name}: no metric has a whole score of every judged system",
                hint="score them with mtbench evaluate or mtbench score, or name --system",
            )
        return found, markers

    def _grid(self, name: str, rows: Sequence[Row]) -> tuple[MetricGrid | None, Marker | None]:
        stored = []
        for row in rows:
            folder = self._results.run(self._table.corpus, self._table.pair, row.folder)
            path = folder.score_path(name, str(row.cells[name].signature))
            stored.append(recomputed(folder.read_result(path)))
        marker = marker_of(name, self._ids, [one.result.score.annotations for one in stored])
        metric = stored[0].metric
        if metric is None:
            return None, marker
        turn = 1.0 if metric.info.higher_is_better else -1.0
        grid = MetricGrid(
            name=name,
            scores=turn * np.stack([one.result.statistics.segment_scores for one in stored]),
            rows=[one.result.statistics.rows for one in stored],
            pool=metric.pool,
            turn=turn,
            signature=stored[0].result.score.signature,
        )
        return grid, marker

    def _sentinels(self, rows: Sequence[Row]) -> list[MetricGrid]:
        lengths = self._labels.source_characters if self._labels else ()
        outputs = {
            row.system: [len(text or "") for text in self._texts[row.system]] for row in rows
        }
        found = sentinels(lengths or [0] * len(self._ids), outputs)
        return found if lengths else [one for one in found if one.name != "source length"]


def _measured(
    grids: Sequence[MetricGrid], humans: Humans, alpha: float, watcher: Watcher
) -> tuple[tuple[MetricAgreement, ...], list[MetricTest]]:
    """Every metric beside the human scores, and every test of two of them."""
    found = []
    for grid in grids:
        found.append(agreement(grid, humans))
        watcher.advance(1)
    outcome = tests(grids, found, humans, alpha=alpha)
    names = {grid.name for grid in grids if grid.sentinel}
    below = {one.metric: not_above(one.metric, outcome, names) for one in found if not one.sentinel}
    return tuple(
        one.model_copy(update={"not_above_sentinels": below.get(one.metric, ())}) for one in found
    ), outcome


def _only(grid: MetricGrid, part: NDArray[np.bool_]) -> MetricGrid:
    return with_fields(grid, scores=grid.scores[:, part], rows=[rows[part] for rows in grid.rows])


def _mean_of(scores: Array, part: NDArray[np.bool_]) -> float:
    judged = scores[part][np.isfinite(scores[part])]
    return float(judged.mean()) if len(judged) else 0.0


def _check_enough(name: str, people: Array) -> None:
    complete = int(np.isfinite(people).all(axis=0).sum())
    if len(people) < FEWEST or complete < FEWEST:
        raise TooFewJudged(
            f"{name}: {len(people)} judged systems and {complete} segments judged for all of them",
            hint=f"agreement takes {FEWEST} of each; --system leaves systems out",
        )


def _raters(
    placed: Placed, systems: set[str], part: NDArray[np.bool_], spans: SpanScores | None
) -> RaterAgreement | None:
    found = rater_agreement(
        (one.rater, one.system, at, one.score)
        for at, one in placed.each
        if one.rater is not None and one.system in systems and part[at]
    )
    return None if found is None else found.model_copy(update={"spans": spans})


def _warnings(humans: Humans) -> list[str]:
    found = []
    judged = int(humans.judged.sum())
    if judged < RELIABLE:
        found.append(f"only {judged} segments are judged for every system: no interval is reliable")
    people = humans.complete
    if len(people) == FEWEST:
        found.append("two systems are one pair: agreement between systems is yes or no")
    first, second = np.triu_indices(len(people), k=1)
    ties = float((people[first] == people[second]).mean())
    if ties > 0.5:
        found.append(f"humans tie {ties:.0%} of the pairs within segments")
    return found
