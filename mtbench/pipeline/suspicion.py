"""Stored outputs and scores → what is suspect about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mtbench.boards.suspicion import Evidence, plain_spelling, suspicions
from mtbench.config import Workspace
from mtbench.errors import MtbenchError
from mtbench.pipeline.health import of_quality, stored_result
from mtbench.pipeline.test_sets import StoredTestSets
from mtbench.plugins import likeness_metrics, make_metric, ordered_metrics
from mtbench.results import Results
from mtbench.stages import scoring
from mtbench.types import Leaderboard, MetricResult, Row, Runtime, SystemOutput, Table, TestSet
from mtbench.types.findings import Suspicions


def suspect(space: Workspace, board: Leaderboard) -> Iterator[tuple[Table, Suspicions]]:
    """What is suspect about each table; baselines stand outside.

    References are read from the corpus; where it cannot be had, what needs them is not looked at,
    and named.

    Raises:
        DataError: If a stored file does not hold.
    """
    results, corpus = Results(space.results), StoredTestSets(space)
    for table in board.tables:
        outputs = _comparable(results, table)
        rows = [row for row in table.rows if row.system in outputs]
        if rows:
            yield table, suspicions(_evidence(results, table, rows, outputs, corpus))


def _comparable(results: Results, table: Table) -> dict[str, SystemOutput]:
    """Whole outputs of candidates that are of the same version of the test set as the first."""
    found: dict[str, SystemOutput] = {}
    version: str | None = None
    for row in table.rows:
        if row.baseline or row.failures:
            continue
        output = results.run(table.corpus, table.pair, row.folder).read_output()
        if output is None or row.testset_digest != (version or row.testset_digest):
            continue
        version = row.testset_digest
        found[row.system] = output
    return found


def _evidence(
    results: Results,
    table: Table,
    rows: list[Row],
    outputs: Mapping[str, SystemOutput],
    corpus: StoredTestSets,
) -> Evidence:
    found = corpus.test_set(results.run(table.corpus, table.pair, rows[0].folder))
    same = isinstance(found, TestSet) and found.digest() == rows[0].testset_digest
    test_set = found if isinstance(found, TestSet) and same else None
    stored: dict[str, dict[str, MetricResult]] = {}
    for row in rows:
        for metric in table.metrics:
            cell = row.cells[metric]
            if cell.signature is None or cell.unjudged:
                continue
            result = stored_result(results, table, row, metric)
            if of_quality(result.score):
                stored.setdefault(metric, {})[row.system] = result
    ids = next(iter(outputs.values())).ids
    return Evidence(
        ids=ids,
        sources=test_set.source_texts if test_set else ("",) * len(ids),
        references=test_set.references if test_set else ((),) * len(ids),
        outputs={name: output.texts for name, output in outputs.items()},
        cards={name: output.run.card for name, output in outputs.items()},
        facts=table.facts,
        scores={m: {s: r.score.score for s, r in of.items()} for m, of in stored.items()},
        segment_scores={
            m: {s: r.statistics.segment_scores for s, r in of.items()} for m, of in stored.items()
        },
        higher_is_better={
            m: next(iter(of.values())).score.info.higher_is_better for m, of in stored.items()
        },
        normalised=_normalised(stored, outputs, test_set),
    )


def _normalised(
    stored: Mapping[str, Mapping[str, MetricResult]],
    outputs: Mapping[str, SystemOutput],
    test_set: TestSet | None,
) -> dict[str, dict[str, float]]:
    """Lexical scores with both sides in plain spelling."""
    if test_set is None:
        return {}
    plain = test_set.model_copy(
        update={"references": tuple(tuple(map(plain_spelling, r)) for r in test_set.references)}
    )
    found: dict[str, dict[str, float]] = {}
    for name in ordered_metrics(likeness_metrics(stored)):
        options = next(iter(stored[name].values())).score.options
        try:
            metric = make_metric(name, options, Runtime())
            metric.check()
        except MtbenchError:
            continue  # its tokenizer is not here; the other metric tells the same
        texts = {
            system: [plain_spelling(text) for text in outputs[system].texts]
            for system in stored[name]
        }
        rows = metric.prepare(scoring.view(plain, metric.info)).statistics(texts)
        found[name] = {s: float(metric.pool(table.sum(axis=0))) for s, table in rows.items()}
    return found
