"""Files of segment scores that were made elsewhere → scores in a results folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from mtbench.config import Workspace, check_name
from mtbench.errors import DataError, RequestError, UnknownName
from mtbench.files.digests import digest_file, digest_rows
from mtbench.files.jsonl import read_objects
from mtbench.judgements.place import Place, positions
from mtbench.judgements.values import number
from mtbench.pipeline.human_files import read_human_file
from mtbench.pipeline.stored import interval_of
from mtbench.pipeline.test_sets import StoredTestSets
from mtbench.plugins import IMPORTED_METRIC, METRICS, Metric, make_metric
from mtbench.results import Results, RunFolder
from mtbench.significance import choose_unit
from mtbench.stages import scoring
from mtbench.types import (
    MetricResult,
    Record,
    Runtime,
    ScoredBlock,
    ScoringView,
    SystemOutput,
    TestSet,
)
from mtbench.types.judgements import Judgement, JudgementFile


class ScoresImport(Record):
    """What is to be imported.

    Attributes:
        files: The files.
        corpus, pair: The test set.
        metric: The name that the scores get.
        higher_is_better: Their direction.
        made_by: How they were made.
        scale: Lowest and highest score that there can be; None where nobody says.
        ids_from: The number of the first segment, where files number them.
        allow_partial: Whether systems may lack scores of some segments.
        seed: Of the intervals.
    """

    files: tuple[Path, ...]
    corpus: str
    pair: str
    metric: str
    higher_is_better: bool
    made_by: str = ""
    scale: tuple[float, float] | None = None
    ids_from: int | None = None
    allow_partial: bool = False
    seed: int = 0


def import_scores(request: ScoresImport, space: Workspace) -> list[MetricResult]:
    """Stores imported scores beside those that were computed here.

    Raises:
        RequestError: If the name is a metric's own, or there are no results on that test set.
        DataError: With file and line, for an unknown system or segment, a segment twice or not at
            all, a score outside the scale, or one of another output.
    """
    _check_name(request.metric)
    if request.scale is not None and not request.scale[0] < request.scale[1]:
        raise RequestError("--scale: the lowest score first, such as --scale 0 100")
    results = Results(space.results)
    folders = {
        folder: output
        for folder in results.runs()
        if (folder.corpus, str(folder.pair)) == (request.corpus, request.pair)
        and (output := folder.read_output()) is not None
    }
    if not folders:
        raise RequestError(
            f"{space.results} has no results on {request.corpus}/{request.pair}",
            hint="translate, or score the outputs, first: mtbench score --hypotheses …",
        )
    test_set = StoredTestSets(space).test_set(next(iter(folders)))
    if isinstance(test_set, str):
        raise RequestError(f"{request.corpus}/{request.pair}: {test_set}")
    for output in folders.values():
        scoring.check_output(test_set, output, allow_partial=True)
    metric = make_metric(
        IMPORTED_METRIC,
        {
            "name": request.metric,
            "higher_is_better": request.higher_is_better,
            "file": digest_rows([["file", digest_file(path)] for path in request.files]),
            "made_by": request.made_by,
            "scale": request.scale,
        },
        Runtime(),
    )
    columns = _columns(request, test_set, folders)
    found = []
    for folder, output in folders.items():
        if folder in columns:
            result = _result(request, test_set, output, metric, columns[folder])
            found.append((folder, result))
    for folder, result in found:
        folder.write_score(result)
    return [result for _, result in found]


def _check_name(name: str) -> None:
    if name in METRICS.origins():
        raise RequestError(
            f"{name!r} is the name of a metric that is computed here",
            hint="give the imported scores another one, such as human-esa",
        )
    check_name(name, "--metric")
    if "@" in name:  # parts a metric from its signature in the names of files
        raise RequestError(f"not a name for scores: {name!r}", hint="letters, digits, . _ + -")


def _columns(
    request: ScoresImport, test_set: TestSet, folders: dict[RunFolder, SystemOutput]
) -> dict[RunFolder, dict[str, float]]:
    """For each system that is scored: segment id → score."""
    by_name = {name: f for f, o in folders.items() for name in (f.system, o.run.system)}
    outputs = {folder: output.run.output_digest for folder, output in folders.items()}
    found: dict[RunFolder, dict[str, float]] = {}
    seen: dict[tuple[str, str], str] = {}
    for path in request.files:
        file = _read(path, request.metric, test_set)
        place = Place(request.corpus, request.pair, test_set.ids, tuple(by_name))
        known = positions(file, place, request.ids_from)
        digests = _output_digests(path)
        for one in file.judgements:
            number(one.score, one.where, *(request.scale or ()))
            folder = by_name.get(one.system)
            if folder is None:
                error = UnknownName("system", one.system, by_name)
                raise DataError(f"{one.where}: {error.message}", hint=error.hint)
            if one.segment not in known:
                raise DataError(
                    f"{one.where}: {test_set.name} has no segment {one.segment!r}",
                    hint="ids are those of the corpus's pair file; --ids-from 0 or 1 for numbers",
                )
            key = (folder.system, one.segment)
            if key in seen:
                raise DataError(
                    f"{one.where}: segment {one.segment!r} of {one.system!r} has a score already, "
                    f"at {seen[key]}",
                    hint="keep one of the two",
                )
            seen[key] = one.where
            line = one.where.rpartition(":")[2]
            if digests.get(line, outputs[folder]) != outputs[folder]:
                raise DataError(
                    f"{one.where}: it is the score of another output of {one.system!r} "
                    "than the stored one",
                    hint="score the stored output, or store the one that was scored",
                )
            found.setdefault(folder, {})[test_set.ids[known[one.segment]]] = one.score
    return found


def _read(path: Path, metric: str, test_set: TestSet) -> JudgementFile:
    if path.suffix == ".jsonl":
        rows = list(read_objects(path))
        if rows and "metric_scores" in rows[0][1]:
            return JudgementFile(tuple(_wmt25(path, rows, metric, test_set)), "scores", "WMT25")
    found = read_human_file(path)
    # Several ratings of one segment by people who are named are their mean, as for meta.
    raters = {one.rater for one in found.judgements}
    if len(raters) > 1 and None not in raters:
        return JudgementFile(tuple(_means(found.judgements)), found.protocol, found.title)
    return found


def _means(judgements: Sequence[Judgement]) -> Iterator[Judgement]:
    groups: dict[tuple[str, str], list[Judgement]] = {}
    for one in judgements:
        groups.setdefault((one.system, one.segment), []).append(one)
    for group in groups.values():
        first, mean = group[0], sum(one.score for one in group) / len(group)
        yield Judgement(first.segment, first.system, mean, first.corpus, first.pair, first.where)


def _wmt25(
    path: Path, rows: Sequence[tuple[int, dict[str, object]]], metric: str, test_set: TestSet
) -> Iterator[Judgement]:
    """WMT25's automatic scores: a document per line, a file per system."""
    documents: dict[str, list[str]] = {}
    for name, document in zip(test_set.ids, test_set.documents, strict=True):
        documents.setdefault(document or "", []).append(name)
    for line, row in rows:
        where = f"{path}:{line}"
        scores = row.get("metric_scores")
        if not isinstance(scores, dict) or metric not in scores:
            known = ", ".join(scores) if isinstance(scores, dict) else "none"
            raise DataError(f"{where}: no scores by {metric}", hint=f"there are: {known}")
        ids = documents.get(str(row.get("document_id")))
        if ids is None:
            raise DataError(f"{where}: {test_set.name} has no document {row.get('document_id')!r}")
        if not isinstance(scores[metric], list) or len(scores[metric]) != len(ids):
            raise DataError(
                f"{where}: {len(scores[metric])} scores for the {len(ids)} segments of "
                f"{row['document_id']!r}"
            )
        for name, score in zip(ids, scores[metric], strict=True):
            yield Judgement(name, path.stem, number(score, where), None, None, where)


def _output_digests(path: Path) -> dict[str, str]:
    """Line → digest of the output that was scored, where the file says so."""
    if path.suffix != ".jsonl":
        return {}
    return {
        str(line): row["output_digest"]
        for line, row in read_objects(path)
        if isinstance(row.get("output_digest"), str)
    }


def _result(
    request: ScoresImport,
    test_set: TestSet,
    output: SystemOutput,
    metric: Metric,
    scores: dict[str, float],
) -> MetricResult:
    missing = [name for name in test_set.ids if name not in scores]
    if missing and not request.allow_partial:
        raise DataError(
            f"{', '.join(map(str, request.files))}: {output.run.system} has no score of "
            f"{len(missing)} of {len(test_set)} segments, the first being {missing[0]!r}",
            hint="--allow-partial imports the others; the score is marked and unranked",
        )
    rows = np.array([[scores[n], 1.0] if n in scores else [0.0, 0.0] for n in test_set.ids])
    block = ScoredBlock(test_set.ids, rows, dict.fromkeys(missing, "the file has no score of it"))
    signed = metric.signature(
        ScoringView(
            pair=test_set.pair, ids=test_set.ids, sources=None, references=None,
            documents=test_set.documents,
        )
    )  # fmt: skip
    made = scoring.assembled(test_set, output, metric, [block], signed)
    interval = interval_of(made.statistics, metric, choose_unit(test_set.documents), request.seed)
    return MetricResult(made.score.model_copy(update={"interval": interval}), made.statistics)
