"""A results folder → its leaderboard."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mtbench import __version__
from mtbench.boards.leaderboard import Entry, Ranked, Ranker, Standing, build
from mtbench.config import Workspace
from mtbench.errors import DataError, RequestError
from mtbench.files.spreadsheets import unquoted
from mtbench.pipeline.campaigns import campaigns_of, order_by_people
from mtbench.pipeline.rankings import kept_rank
from mtbench.pipeline.scores import belongs
from mtbench.pipeline.stored import StoredScores, recomputed
from mtbench.plugins import Array, Metric, published_agreement
from mtbench.report.csv_table import to_csv
from mtbench.results import Results, RunFolder
from mtbench.significance import Ranking, UnitChoice, choose_unit
from mtbench.significance.humans import DOUBTFUL, agreement_of_test
from mtbench.stages.scoring import narrowed
from mtbench.types import Leaderboard, Score, Table
from mtbench.types.findings import PairedTest


def board(
    results: Results,
    *,
    preferred: Mapping[tuple[str, str], str] | None = None,
    sort: str | None = None,
    primaries: Mapping[str, str] | None = None,
    missing: Mapping[str, str] | None = None,
    without: Collection[tuple[str, str]] = (),
    seed: int | None = None,
    cache: Path | None = None,
) -> Leaderboard:
    """The leaderboard of everything in a results folder.

    Args:
        results: The folder.
        preferred: Test set and metric → signature to show where scores of several are stored.
        sort: Primary metric of all tables.
        primaries: Test set → primary metric; elsewhere it is what ``leaderboard.csv`` names.
        missing: Metric → why it could not be computed.
        without: Test set and folder of each run that is not to be in it.
        seed: Of intervals and tests; by default the one that the stored intervals were made with.
        cache: Where rankings of many systems are kept; None keeps and reads none.
    """
    stored = StoredScores(results, seed)
    entries = [
        entry
        for folder in results.runs()
        if (f"{folder.corpus}/{folder.pair}", folder.system) not in without
        and (entry := read_entry(folder, stored)) is not None
    ]
    found = build(
        entries,
        _ranker(results, seed, cache),
        current=current_states(results, entries),
        preferred=preferred,
        sort=sort,
        primaries=named_primaries(results) | dict(primaries or {}),
        missing=missing,
    )
    tables = tuple(_with_people(results, table) for table in found.tables)
    return found.model_copy(update={"tables": tables})


def _with_people(results: Results, table: Table) -> Table:
    """A table that says how far people agree with its primary metric."""
    if table.rank_metric is None:
        return table
    people = tuple(
        order
        for campaign in campaigns_of(results, table)
        if (order := order_by_people(results, table, campaign)) is not None
    )
    published = published_agreement(table.rank_metric)
    found = table.model_copy(update={"people": people, "published": published})
    notes = [
        f"people ({order.campaign}) significantly prefer the other system in {len(pairs)} of the "
        "pairs that it separates"
        for order in people
        if (pairs := order.contradicted)
    ]
    return _noted(found, table.rank_metric, notes) if notes else found


def _noted(table: Table, metric: str, notes: Sequence[str]) -> Table:
    """The table with more notes on one metric's scores."""
    rows = []
    for row in table.rows:
        cell = row.cells[metric]
        if cell.score is not None:
            cell = cell.model_copy(update={"notes": (*cell.notes, *notes)})
        rows.append(row.model_copy(update={"cells": {**row.cells, metric: cell}}))
    return table.model_copy(update={"rows": tuple(rows)})


def named_primaries(results: Results) -> dict[str, str]:
    """Test set → primary metric, as ``leaderboard.csv`` names them; damaged rows name none."""
    found = {}
    with suppress(csv.Error, DataError):
        for row in csv.DictReader(io.StringIO(results.read_leaderboard() or "", newline="")):
            if metric := row.get("rank_metric"):
                found[_test_set_of(row)] = metric
    return found


def _test_set_of(row: Mapping[str, str]) -> str:
    """``CORPUS/SRC-TGT`` of a row of a ``leaderboard.csv``."""
    corpus = unquoted(row.get("corpus") or "")
    return f"{corpus}/{row.get('src')}-{row.get('tgt')}"


def current_states(results: Results, entries: Sequence[Entry]) -> dict[str, str]:
    """Test set (``CORPUS/SRC-TGT``) → digest of the state that was last evaluated."""
    found = {}
    for corpus, pair in {(entry.run.corpus, entry.run.pair) for entry in entries}:
        labels = results.read_labels(corpus, pair)
        if labels is not None:
            found[f"{corpus}/{pair}"] = labels.testset_digest
    return found


def read_entry(folder: RunFolder, stored: StoredScores) -> Entry | None:
    """A stored run with the scores of its output, or None where there is no run.

    Args:
        folder: Of the run.
        stored: Reads its scores.

    Raises:
        DataError: If a file does not hold.
    """
    run = folder.read_run()
    if run is None:
        return None
    scores, stale = [], []
    differences: dict[tuple[str, str], tuple[str, ...]] = {}
    for path in folder.score_paths():
        score, written, differing = stored.score(folder, path)
        if not belongs(written, run):
            stale.append(f"{folder.system}: {path.name} is of another output")
            continue
        scores.append(score)
        differences[written.metric, written.signature] = differing
    return Entry(folder.system, run, tuple(scores), tuple(stale), differences)


def _ranker(results: Results, seed: int | None, cache: Path | None) -> Ranker:
    """Ranks stored scores: a score's ``system`` names its folder here."""

    def ranked(scores: Sequence[Score], baselines: frozenset[str]) -> Ranked:
        candidates = [score for score in scores if score.system not in baselines]
        if len(candidates) < 2:
            return Ranked({}, "")
        one = scores[0]
        held = {score.system: _held(results, score) for score in scores}
        lineages = {name: each.lineage for name, each in held.items()}
        metric = held[one.system].metric
        if metric is None:
            why = held[one.system].why
            return Ranked({}, f"nobody can be ranked here by {one.metric}, {why}")
        if len({each.ids for each in held.values()}) > 1:
            return Ranked({}, "nobody can be ranked here, because the test set has changed")
        rows = {name: each.rows for name, each in held.items()}
        segment_scores = {name: each.segment_scores for name, each in held.items()}
        ids = held[one.system].ids
        drawn = _seed_of(scores) if seed is None else seed
        unit = _unit(results, one, ids, np.stack(list(segment_scores.values()), axis=1), drawn)
        asked = {
            "higher_is_better": one.info.higher_is_better,
            "baselines": sorted(baselines & set(rows)),
            "seed": drawn,
            "units": unit.index,
            "metric": one.metric,
            "warnings": [unit.warning] if unit.warning else [],
        }
        found = kept_rank(metric, rows, segment_scores, asked, cache)
        tests = [_with_agreement(test, one, lineages) for test in found.tests]
        return Ranked(
            _standings(found),
            _verdict(found, sum(test.agreement.doubtful for test in tests if test.agreement)),
            tuple(test.model_dump(mode="json") for test in tests),
        )

    return ranked


class _Held(NamedTuple):
    """What a ranking needs of a stored score.

    Attributes:
        metric: What its statistics follow; None where it cannot be made here.
        why: Why not.
        ids: Segment ids.
        rows: Array of shape (n, k), narrow: those of all systems are held at once.
        segment_scores: Array of shape (n,).
        lineage: Of the system.
    """

    metric: Metric | None
    why: str
    ids: tuple[str, ...]
    rows: NDArray[Any]
    segment_scores: Array
    lineage: str | None


def _held(results: Results, score: Score) -> _Held:
    folder = results.run(score.corpus, score.pair, score.system)
    stored = recomputed(folder.read_result(folder.score_path(score.metric, score.signature)))
    run, statistics = folder.read_run(), stored.result.statistics
    return _Held(
        stored.metric,
        next(iter(stored.differences), ""),
        statistics.ids,
        narrowed(statistics.rows),
        statistics.segment_scores,
        run.card.lineage if run else None,
    )


def _seed_of(scores: Sequence[Score]) -> int:
    """The seed that most of the scores' intervals have, the smallest of equally many."""
    counts = Counter(score.interval.seed for score in scores if score.interval is not None)
    return min(counts, key=lambda one: (-counts[one], one), default=0)


def _with_agreement(
    test: PairedTest, score: Score, lineages: Mapping[str, str | None]
) -> PairedTest:
    pair = (lineages[test.a], lineages[test.b])
    agreement = agreement_of_test(test, score.signature, score.info.unit_scale, pair)
    return test.model_copy(update={"agreement": agreement})


def _unit(
    results: Results, score: Score, ids: Sequence[str], segment_scores: Array, seed: int
) -> UnitChoice:
    labels = results.labels_of(score.corpus, score.pair, ids)
    documents = labels.documents if labels else (None,) * len(ids)
    return choose_unit(documents, segment_scores, seed=seed)


def _standings(found: Ranking) -> dict[str, Standing]:
    return {
        row.system: Standing(row.rank, row.rank_low, row.rank_high, row.cluster)
        for row in found.systems
        if row.rank is not None
        and row.rank_low is not None
        and row.rank_high is not None
        and row.cluster is not None
    }


def _verdict(found: Ranking, doubtful: int) -> str:
    """What the ranking can tell, in few sentences."""
    sentences = list(found.warnings)
    if found.sentence:
        sentences.insert(0, found.sentence)
    elif found.pairs:
        separated = sum(test.winner is not None for test in found.tests)
        exact = found.method == "exact randomization"
        swaps = f"all {2**found.units:,}" if exact else f"{found.resamples:,}"
        pairs = "pair differs" if found.pairs == 1 else "pairs differ"
        sentences.insert(
            0,
            f"{separated} of {found.pairs} {pairs} significantly by {found.metric} "
            f"({found.method}, two-sided, {swaps} swaps of {found.units} {found.unit}s, Holm, "
            f"α = {found.alpha:g})",
        )
    if doubtful:
        sentences.append(
            f"for {doubtful} of the significant differences, humans would agree with the metric "
            f"in under {DOUBTFUL:g} % of such system pairs (Kocmi et al. 2024)"
        )
    return ". ".join(s[:1].upper() + s[1:] for s in sentences) + ("." if sentences else "")


def board_like(results: Results, text: str) -> Leaderboard:
    """The leaderboard of a results folder with the columns, signatures and version of a CSV.

    Args:
        results: The folder.
        text: What stood in a ``leaderboard.csv``.
    """
    preferred: dict[tuple[str, str], str] = {}
    columns: dict[str, str] = {}
    version = __version__
    with suppress(csv.Error):  # a damaged file asks for nothing
        for row in csv.DictReader(io.StringIO(text, newline="")):
            version = row.get("mtbench_version") or version
            for column, value in row.items():
                if column and column.endswith("_signature"):
                    metric = column.removesuffix("_signature")
                    columns[metric] = "not scored"
                    if value:
                        preferred[_test_set_of(row), metric] = value
    found = board(results, preferred=preferred, missing=columns)
    return found.model_copy(update={"mtbench_version": version})


def stored_tables(
    space: Workspace, corpora: Sequence[str] = (), pairs: Sequence[str] = ()
) -> tuple[Table, ...]:
    """The tables of a results folder that a call asks for.

    Args:
        space: Where results are.
        corpora: Only these; all where none is named.
        pairs: Only these directions, ``SRC-TGT``; all where none is named.

    Raises:
        RequestError: If there are none.
    """
    if not space.results.is_dir():
        raise RequestError(f"{space.results}: no such folder", hint="run mtbench evaluate first")
    tables = board(Results(space.results), cache=space.cache).tables
    found = tuple(
        table
        for table in tables
        if (not corpora or table.corpus in corpora) and (not pairs or str(table.pair) in pairs)
    )
    if not found:
        raise RequestError(
            f"{space.results}: no results{' of that kind' if tables else ''}",
            hint="mtbench leaderboard shows what there is",
        )
    return found


def write_leaderboard(results: Results, build: Callable[[], Leaderboard]) -> Leaderboard:
    """Writes ``leaderboard.csv`` from everything in a results folder.

    Args:
        results: The folder.
        build: Builds the leaderboard to write, once nobody else can write one.

    Returns:
        What it says.
    """
    with results.leaderboard_locked():
        found = build()
        results.write_leaderboard(to_csv(found))
    return found
