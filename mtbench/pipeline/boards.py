"""A results folder → its leaderboard."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

import numpy as np

from mtbench import __version__
from mtbench.boards.leaderboard import Entry, Ranked, Ranker, Standing, build
from mtbench.errors import MtbenchError
from mtbench.files.spreadsheets import unquoted
from mtbench.pipeline.scores import belongs
from mtbench.plugins import Array, make_metric
from mtbench.report.csv_table import to_csv
from mtbench.results import Results, RunFolder
from mtbench.significance import Ranking, UnitChoice, choose_unit, rank
from mtbench.significance.humans import DOUBTFUL, human_agreement
from mtbench.types import Leaderboard, Runtime, Score
from mtbench.types.findings import PairedTest

RANKING_SEED = 0


def board(
    results: Results,
    *,
    preferred: Mapping[tuple[str, str], str] | None = None,
    sort: str | None = None,
    missing: Mapping[str, str] | None = None,
    without: Collection[tuple[str, str]] = (),
) -> Leaderboard:
    """The leaderboard of everything in a results folder.

    Args:
        results: The folder.
        preferred: Test set and metric → signature to show where scores of several are stored.
        sort: Primary metric.
        missing: Metric → why it could not be computed.
        without: Test set and folder of each run that is not to be in it.
    """
    entries = [
        entry
        for folder in results.runs()
        if (f"{folder.corpus}/{folder.pair}", folder.system) not in without
        and (entry := read_entry(folder)) is not None
    ]
    return build(
        entries,
        _ranker(results),
        current=current_states(results, entries),
        preferred=preferred,
        sort=sort,
        missing=missing,
    )


def current_states(results: Results, entries: Sequence[Entry]) -> dict[str, str]:
    """Test set (``CORPUS/SRC-TGT``) → digest of the state that was last evaluated."""
    found = {}
    for corpus, pair in {(entry.run.corpus, entry.run.pair) for entry in entries}:
        labels = results.read_labels(corpus, pair)
        if labels is not None:
            found[f"{corpus}/{pair}"] = labels.testset_digest
    return found


def read_entry(folder: RunFolder) -> Entry | None:
    """A stored run with the scores of its output, or None where there is no run.

    Raises:
        DataError: If a file does not hold.
    """
    run = folder.read_run()
    if run is None:
        return None
    scores, stale = [], []
    for path in folder.score_paths():
        stored = folder.read_score(path)
        if belongs(stored, run):
            scores.append(stored)
        else:
            stale.append(f"{folder.system}: {path.name} is of another output")
    return Entry(folder.system, run, tuple(scores), tuple(stale))


def _ranker(results: Results) -> Ranker:
    """Ranks stored scores: a score's ``system`` names its folder here."""

    def ranked(scores: Sequence[Score], baselines: frozenset[str]) -> Ranked:
        candidates = [score for score in scores if score.system not in baselines]
        if len(candidates) < 2:
            return Ranked({}, "")
        one = scores[0]
        try:
            metric = make_metric(one.metric, one.options, Runtime())
        except MtbenchError as error:
            return Ranked({}, f"nobody can be ranked here, because {error}")
        stored, lineages = {}, {}
        for score in scores:
            folder = results.run(score.corpus, score.pair, score.system)
            result = folder.read_result(folder.score_path(score.metric, score.signature))
            run = folder.read_run()
            stored[score.system] = result.statistics
            lineages[score.system] = run.card.lineage if run else None
        if len({statistics.ids for statistics in stored.values()}) > 1:
            return Ranked({}, "nobody can be ranked here, because the test set has changed")
        rows = {name: statistics.rows for name, statistics in stored.items()}
        segment_scores = {name: statistics.segment_scores for name, statistics in stored.items()}
        ids = next(iter(stored.values())).ids
        unit = _unit(results, one, ids, np.stack(list(segment_scores.values()), axis=1))
        found = rank(
            rows,
            metric.pool,
            higher_is_better=one.info.higher_is_better,
            baselines=baselines & set(rows),
            seed=RANKING_SEED,
            units=unit.index,
            metric=one.metric,
            segment_scores=segment_scores,
            warnings=[unit.warning] if unit.warning else [],
        )
        tests = [_with_agreement(test, one, lineages) for test in found.tests]
        return Ranked(
            _standings(found),
            _verdict(found, sum(test.agreement.doubtful for test in tests if test.agreement)),
            tuple(test.model_dump(mode="json") for test in tests),
        )

    return ranked


def _with_agreement(
    test: PairedTest, score: Score, lineages: Mapping[str, str | None]
) -> PairedTest:
    a, b = lineages[test.a], lineages[test.b]
    agreement = human_agreement(
        test.metric,
        test.delta,
        signature=score.signature,
        significant=test.significant,
        unit_scale=score.info.unit_scale,
        one_lineage=a is not None and a == b,
    )
    return test.model_copy(update={"agreement": agreement})


def _unit(results: Results, score: Score, ids: Sequence[str], segment_scores: Array) -> UnitChoice:
    labels = results.labels_of(score.corpus, score.pair, ids)
    return choose_unit(labels.documents if labels else (None,) * len(ids), segment_scores)


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
            corpus, pair = row.get("corpus") or "", f"{row.get('src')}-{row.get('tgt')}"
            version = row.get("mtbench_version") or version
            for column, value in row.items():
                if column and column.endswith("_signature"):
                    metric = column.removesuffix("_signature")
                    columns[metric] = "not scored"
                    if value:
                        preferred[f"{unquoted(corpus)}/{pair}", metric] = value
    found = board(results, preferred=preferred, missing=columns)
    return found.model_copy(update={"mtbench_version": version})


def write_leaderboard(
    results: Results,
    *,
    preferred: Mapping[tuple[str, str], str] | None = None,
    missing: Mapping[str, str] | None = None,
) -> Leaderboard:
    """Writes ``leaderboard.csv`` from everything in a results folder.

    Args:
        results: The folder.
        preferred: As for ``board``.
        missing: As for ``board``.

    Returns:
        What it says.
    """
    with results.leaderboard_locked():
        found = board(results, preferred=preferred, missing=missing)
        results.write_leaderboard(to_csv(found))
    return found
