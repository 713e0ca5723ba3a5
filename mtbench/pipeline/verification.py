"""Stored results against what made them: corpus → output → scores → leaderboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mtbench import corpus as corpora
from mtbench import score as scoring
from mtbench.config import Workspace, corpus_folders
from mtbench.errors import DataError, MtbenchError, UnknownName
from mtbench.pipeline.boards import board
from mtbench.pipeline.scores import belongs
from mtbench.plugins import Metric, make_metric
from mtbench.report.csv_table import to_csv
from mtbench.results import Results, RunFolder
from mtbench.types import MetricResult, Record, Runtime, Signature, SystemOutput, TestSet

TOLERANCE = 1e-9
LEXICAL = ("bleu", "chrf", "chrf++", "spbleu", "ter")


class Finding(Record):
    """One thing looked at.

    Attributes:
        where: The file.
        what: What was compared.
        holds: True, False, or None where it could not be looked at.
        detail: Why not.
    """

    where: str
    what: str
    holds: bool | None
    detail: str = ""


def verify(space: Workspace) -> Iterator[Finding]:
    """Looks at everything in a results folder.

    Raises:
        DataError: If there is nothing to look at.
    """
    results = Results(space.results)
    folders = list(results.runs())
    if not folders:
        raise DataError(f"{space.results}: no results", hint="run mtbench evaluate first")
    sets: dict[str, TestSet | str] = {}
    for folder in folders:
        name = f"{folder.corpus}/{folder.pair}"
        if name not in sets:
            sets[name] = _test_set(folder, space)
        yield from _verify_run(folder, sets[name])
    yield _verify_csv(results)


def _test_set(folder: RunFolder, space: Workspace) -> TestSet | str:
    """The test set of a run, or why it cannot be had."""
    name, _, limit = folder.corpus.partition("@first")
    known = corpus_folders(space.corpora)
    if name not in known:
        return f"no corpus {name!r} here"
    try:
        files = {str(file.pair): file for file in corpora.pair_files(known[name])}
        if str(folder.pair) not in files:
            return f"{name} does not serve {folder.pair}"
        whole = corpora.load(files[str(folder.pair)])
    except MtbenchError as error:
        return str(error)
    return corpora.first(whole, int(limit)) if re.fullmatch(r"\d+", limit) else whole


def _verify_run(folder: RunFolder, test_set: TestSet | str) -> Iterator[Finding]:
    try:
        output = folder.read_output()
    except DataError as error:
        yield Finding(where=str(folder.path), what="output", holds=False, detail=str(error))
        return
    if output is None:
        return
    where = str(folder.output_path)
    yield Finding(where=where, what="output is the one that run.json records", holds=True)
    if isinstance(test_set, str):
        yield Finding(where=where, what="sources", holds=None, detail=test_set)
    else:
        same = test_set.sources_digest() == output.run.sources_digest
        detail = "" if same else "the corpus has changed since; evaluate again"
        yield Finding(where=where, what="made from the corpus's sources", holds=same, detail=detail)
    for path in folder.score_paths():
        yield from _verify_score(folder, path, output, test_set)


def _verify_score(
    folder: RunFolder, path: Path, output: SystemOutput, test_set: TestSet | str
) -> Iterator[Finding]:
    where = str(path)
    try:
        result = folder.read_result(path)
        metric = make_metric(result.score.metric, result.score.options, Runtime())
    except MtbenchError as error:
        known = not isinstance(error, UnknownName)
        yield Finding(where=where, what="score", holds=False if known else None, detail=str(error))
        return
    score = result.score
    named = folder.score_path(score.metric, score.signature) == path
    yield Finding(where=where, what="file is named by its signature", holds=named)
    yield Finding(where=where, what="made from this output", holds=belongs(score, output.run))
    pooled = float(metric.pool(result.statistics.rows.sum(axis=0)))
    close = abs(pooled - score.score) <= TOLERANCE
    detail = "" if close else f"statistics give {pooled!r}, the file says {score.score!r}"
    yield Finding(where=where, what="score follows from its statistics", holds=close, detail=detail)
    if score.metric in LEXICAL and not isinstance(test_set, str):
        yield _recomputed(result, metric, output, test_set, where)


def _recomputed(
    result: MetricResult, metric: Metric, output: SystemOutput, test_set: TestSet, where: str
) -> Finding:
    what = "score is the same when computed again"
    reference = Signature.parse(result.score.signature).get("ref")
    if reference is not None:
        return Finding(where=where, what=what, holds=None, detail=f"one reference ({reference})")
    try:
        metric.check()
        view = scoring.view(test_set, metric.info)
        with metric:
            rows = metric.prepare(view).statistics({"it": output.texts})["it"]
    except MtbenchError as error:
        return Finding(where=where, what=what, holds=None, detail=str(error))
    same = rows.shape == result.statistics.rows.shape and bool(
        np.allclose(rows, result.statistics.rows, rtol=0, atol=TOLERANCE)
    )
    return Finding(where=where, what=what, holds=same)


def _verify_csv(results: Results) -> Finding:
    path = results.root / "leaderboard.csv"
    what = "leaderboard is the one that these results give"
    if not path.is_file():
        return Finding(where=str(path), what=what, holds=None, detail="no such file")
    stored = path.read_bytes().decode("utf-8", "replace")
    same = stored == to_csv(board(results))
    detail = "" if same else "run mtbench evaluate again to have it rebuilt"
    return Finding(where=str(path), what=what, holds=same, detail=detail)
