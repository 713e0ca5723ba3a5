"""Stored results → their segments with scores, flags and texts, chosen and put in order."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from mtbench.config import Workspace
from mtbench.errors import DataError, RequestError, UnknownName
from mtbench.health.flags import NAMES
from mtbench.pipeline.boards import stored_tables
from mtbench.pipeline.health import stored_health, stored_result
from mtbench.pipeline.test_sets import StoredTestSets
from mtbench.results import Results
from mtbench.types import Json, Row, Table, TestSet
from mtbench.types.segments import ScoredSegment


class SegmentQuery(NamedTuple):
    """Which segments are asked for, and in which order.

    Attributes:
        corpora, pairs, systems: Only these; all where none is named.
        metrics: Whose scores to show, the first being the one that orders; by default all, ordered
            by the one that ranks.
        domains, documents, flags: Only segments that have one of these.
        worst, best: So many from that end, per test set; of two systems compared, the segments on
            which the first loses or gains most.
        between: Two systems: only segments that both have a score of, most different first.
    """

    corpora: Sequence[str] = ()
    pairs: Sequence[str] = ()
    systems: Sequence[str] = ()
    metrics: Sequence[str] = ()
    domains: Sequence[str] = ()
    documents: Sequence[str] = ()
    flags: Sequence[str] = ()
    worst: int | None = None
    best: int | None = None
    between: tuple[str, str] | None = None


class FoundSegments(NamedTuple):
    """Segments, sentences on what could not be shown of them, and whose scores were asked for."""

    segments: tuple[ScoredSegment, ...]
    notes: tuple[str, ...]
    metrics: tuple[str, ...]


def find_segments(space: Workspace, query: SegmentQuery) -> FoundSegments:
    """The segments of a results folder that a call asks for.

    Raises:
        RequestError: If the request contradicts itself, or there are no such results.
        UnknownName: If no test set has a system, metric, domain or flag that is named.
        DataError: If a file does not hold.
    """
    _check(query)
    tables = stored_tables(space, query.corpora, query.pairs)
    systems = [*query.systems, *(query.between or ())]
    _known("system", systems, {row.system for table in tables for row in table.rows})
    rows = [row for table in tables for row in table.rows]
    scored = {name for row in rows for name, cell in row.cells.items() if cell.signature}
    _known("metric", query.metrics, scored)
    texts, results = StoredTestSets(space), Results(space.results)
    notes: list[str] = []
    found: list[ScoredSegment] = []
    domains: set[str] = set()
    documents: set[str] = set()
    for table in tables:
        every: list[ScoredSegment] = []
        lower: dict[str, bool] = {}
        for row in table.rows:
            if not systems or row.system in systems:
                every += _of_row(results, texts, table, row, query, notes, lower)
        domains.update(one.domain for one in every if one.domain is not None)
        documents.update(one.document for one in every if one.document is not None)
        found += _ordered(every, table, query, lower, notes)
    _known("domain", query.domains, domains)
    _known("document", query.documents, documents)
    metrics = query.metrics or (name for table in tables for name in table.metrics)
    asked = tuple(name for name in dict.fromkeys(metrics) if name in scored)
    return FoundSegments(tuple(found), tuple(dict.fromkeys(notes)), asked)


def _check(query: SegmentQuery) -> None:
    if query.worst is not None and query.best is not None:
        raise RequestError("--worst and --best: one of the two")
    if query.between is not None:
        if query.systems:
            raise RequestError("--by-difference names its systems", hint="leave --system out")
        if query.between[0] == query.between[1]:
            raise RequestError("--by-difference: two different systems")
    _known("flag", query.flags, NAMES)


def _known(kind: str, asked: Sequence[str], known: Sequence[str] | set[str]) -> None:
    for name in asked:
        if name not in known:
            raise UnknownName(kind, name, sorted(known))


def _of_row(
    results: Results,
    texts: StoredTestSets,
    table: Table,
    row: Row,
    query: SegmentQuery,
    notes: list[str],
    lower: dict[str, bool],
) -> Iterator[ScoredSegment]:
    folder = results.run(table.corpus, table.pair, row.folder)
    where = f"{table.corpus}/{table.pair}"
    output = folder.read_output()
    if output is None:
        raise DataError(f"{folder.path}: no output")
    scores: dict[str, dict[str, float]] = {}
    said: dict[str, Mapping[str, Json]] = {}
    for metric in dict.fromkeys(query.metrics or table.metrics):
        cell = row.cells.get(metric)
        if cell is None or cell.signature is None:
            if query.metrics:
                notes.append(f"{where}: {row.system} has no score by {metric}")
            continue
        result = stored_result(results, table, row, metric)
        lower[metric] = not result.score.info.higher_is_better
        said[metric] = result.score.annotations
        values = map(float, result.statistics.segment_scores)
        scores[metric] = dict(zip(result.statistics.ids, values, strict=True))
    health = stored_health(folder, row)
    if health is None:
        notes.append(f"{where}: nobody has looked at the output of {row.system}: no flags")
        if query.flags:
            raise RequestError(
                f"{where}: no stored health of {row.system}, so --flag cannot choose",
                hint="run mtbench evaluate or score again, which looks at every output",
            )
    ids = output.ids
    test_set = _texts(texts.test_set(folder), row, ids, where, notes)
    labels = results.labels_of(table.corpus, table.pair, ids)
    if labels is None:
        notes.append(f"{where}: no documents and domains are stored for {row.system}")
    for at, hypothesis in enumerate(output.hypotheses):
        name = hypothesis.id
        yield ScoredSegment(
            corpus=table.corpus,
            pair=str(table.pair),
            system=row.system,
            id=name,
            document=labels.documents[at] if labels else None,
            domain=labels.domains[at] if labels else None,
            source=test_set.sources[at].text if test_set else None,
            references=tuple(test_set.references[at]) if test_set else (),
            output=hypothesis.text,
            scores={metric: _finite(each.get(name)) for metric, each in scores.items()},
            flags=None if health is None else tuple(health.evidence.get(name, ())),
            said={metric: each[name] for metric, each in said.items() if name in each},
        )


def _texts(
    found: TestSet | str, row: Row, ids: tuple[str, ...], where: str, notes: list[str]
) -> TestSet | None:
    if isinstance(found, str):
        notes.append(f"{where}: no sources and references: {found}")
        return None
    if found.digest() != row.testset_digest or found.ids != ids:
        notes.append(
            f"{where}: no sources and references for {row.system}: the corpus is not the one that "
            "was evaluated"
        )
        return None
    return found


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def _ordered(
    every: Sequence[ScoredSegment],
    table: Table,
    query: SegmentQuery,
    lower: dict[str, bool],
    notes: list[str],
) -> list[ScoredSegment]:
    """The segments of one test set that are query, in the order that is."""
    kept = [
        one
        for one in every
        if (not query.domains or one.domain in query.domains)
        and (not query.documents or one.document in query.documents)
        and (not query.flags or set(query.flags) & set(one.flags or ()))
    ]
    if query.worst is None and query.best is None and query.between is None:
        return kept
    where = f"{table.corpus}/{table.pair}"
    metric = query.metrics[0] if query.metrics else table.rank_metric
    if metric is None or metric not in lower:
        raise RequestError(
            f"{where}: no score to order by", hint="name a metric that was scored by --metric"
        )
    sign = -1.0 if lower[metric] else 1.0
    if query.between is not None:
        return _compared(every, kept, metric, sign, query, where, notes)
    scored = [one for one in kept if one.scores.get(metric) is not None]
    if len(scored) < len(kept):
        notes.append(f"{where}: {len(kept) - len(scored)} without a score by {metric} left out")
    count, way = (query.worst, sign) if query.worst is not None else (query.best, -sign)
    return sorted(scored, key=lambda one: way * (one.scores[metric] or 0.0))[:count]


def _compared(
    every: Sequence[ScoredSegment],
    kept: Sequence[ScoredSegment],
    metric: str,
    sign: float,
    query: SegmentQuery,
    where: str,
    notes: list[str],
) -> list[ScoredSegment]:
    """Both translations of each segment, the two side by side."""
    a, b = query.between or ("", "")
    of = {(one.system, one.id): one for one in every}
    found = []
    left_out = 0
    for name in dict.fromkeys(one.id for one in kept):
        ours, theirs = of.get((a, name)), of.get((b, name))
        x = ours.scores.get(metric) if ours else None
        y = theirs.scores.get(metric) if theirs else None
        if ours is None or theirs is None or x is None or y is None:
            left_out += 1
            continue
        found.append((x - y, ours, theirs))
    if left_out:
        notes.append(f"{where}: {left_out} without a score by {metric} of both left out")
    if query.worst is not None:
        found.sort(key=lambda one: sign * one[0])
    elif query.best is not None:
        found.sort(key=lambda one: -sign * one[0])
    else:
        found.sort(key=lambda one: -abs(one[0]))
    return [
        one.model_copy(update={"difference": difference})
        for difference, *both in found[: query.worst or query.best]
        for one in both
    ]
