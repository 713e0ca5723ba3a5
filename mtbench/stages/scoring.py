"""Test set + outputs + metric → scores with the statistics they follow from."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtbench.engine.work import run
from mtbench.errors import DataError, MetricError, PartialOutput
from mtbench.files.columns import few
from mtbench.files.digests import canonical_json
from mtbench.plugins import Advance, Array, Blocks, Metric, Scorer, SegmentMetric
from mtbench.seams import candidates, judged
from mtbench.stages import items, travel
from mtbench.types import (
    Candidate,
    Constraints,
    Json,
    Judged,
    MetricInfo,
    MetricResult,
    RunRecord,
    Score,
    ScoredBlock,
    ScoringView,
    Signature,
    Statistics,
    SystemOutput,
    TestSet,
)


def view(test_set: TestSet, info: MetricInfo) -> ScoringView:
    """What a metric is given of a test set: what it declared, and nothing else.

    Raises:
        DataError: If the metric needs references and a segment has none.
    """
    if "reference" in info.needs:
        for name, references in zip(test_set.ids, test_set.references, strict=True):
            if not references:
                raise DataError(
                    f"{test_set.name}: segment {name!r} has no reference, which {info.name} needs",
                    hint="score with a reference-free metric (mtbench metrics list)",
                )
    return ScoringView(
        pair=test_set.pair,
        ids=test_set.ids,
        sources=test_set.source_texts if "source" in info.needs else None,
        references=test_set.references if _gives_references(test_set, info) else None,
        documents=test_set.documents,
        constraints=_constraints(test_set, info),
    )


def _constraints(test_set: TestSet, info: MetricInfo) -> tuple[Constraints | None, ...] | None:
    if "constraints" not in info.uses or not test_set.constraints:
        return None
    return tuple(map(test_set.constraints.get, test_set.ids))


def _gives_references(test_set: TestSet, info: MetricInfo) -> bool:
    if "reference" in info.needs:
        return True
    return "reference" in info.uses and all(test_set.references)


def signature(
    metric: Metric, scoring_view: ScoringView, test_set: TestSet, run: RunRecord
) -> Signature:
    """The whole signature: the metric's own, the reference where one was chosen, how whole
    documents were laid on the segments, failures.
    """
    found = metric.signature(scoring_view)
    if test_set.reference_names and "reference" in (*metric.info.needs, *metric.info.uses):
        found = found.plus(ref=",".join(test_set.reference_names))
    if run.realigned is not None and run.realigned.documents:
        found = found.of_realigned(run.realigned.version, run.realigned.additions)
    return found.of_partial() if run.failures else found


def check_output(test_set: TestSet, output: SystemOutput, *, allow_partial: bool) -> None:
    """Says whether an output belongs to a test set and may be scored.

    Raises:
        DataError: At the first id that differs.
        PartialOutput: If it has failures and they may not count as empty.
    """
    ids = test_set.ids
    if len(ids) != len(output.hypotheses):
        raise DataError(
            f"{test_set.name}: {len(output.hypotheses)} hypotheses of {output.run.system} "
            f"for {len(ids)} segments"
        )
    for expected, name in zip(ids, output.ids, strict=True):
        if expected != name:
            raise DataError(
                f"{test_set.name}: {output.run.system} has {name!r} "
                f"where the test set has {expected!r}"
            )
    failed = output.failed
    if failed and not allow_partial:
        raise PartialOutput(
            f"{test_set.name}: {output.run.system} has no translation of {len(failed)} of "
            f"{len(ids)} segments, the first being {failed[0].id!r}",
            why=failed[0].failure,
            hint="run again to try them again, or count them as empty with --allow-partial",
        )


KeepBlock = Callable[[str, ScoredBlock], None]
AT_ONCE = 1 << 16
"""Rows that are looked at at once, so that no copy of all of them is made."""


def score(
    test_set: TestSet,
    outputs: Mapping[str, SystemOutput],
    metric: Metric,
    scoring_view: ScoringView,
    signatures: Mapping[str, Signature],
    advance: Advance | None = None,
    *,
    done: Mapping[str, Sequence[ScoredBlock]] | None = None,
    keep: KeepBlock | None = None,
    sleep: Callable[[float], object] | None = None,
) -> Iterator[tuple[str, MetricResult]]:
    """Scores of all systems of a call at once, by an entered metric.

    Results come one after the other, so that there need be no two of them.

    Args:
        test_set: What the outputs translate.
        outputs: System → output, checked by ``check_output``.
        metric: Entered.
        scoring_view: From ``view``.
        signatures: System → whole signature, from ``signature``.
        advance: Called with the number of segments finished since the last call.
        done: System → what was finished before.
        keep: Called with each finished block of a system.
        sleep: Waits between attempts of a ``SegmentMetric``; for tests.

    Yields:
        A system and its result, without interval. Where the metric gave some segment no score, the
        result is over the others, says so and is signed as partial.

    Raises:
        MetricError: If the metric gives statistics of another shape, a non-finite score, or none
            for any segment of a system.
    """
    place = _Places(test_set.ids)
    finished = {name: _Finished(place, (done or {}).get(name, ())) for name in outputs}

    def kept(name: str, block: ScoredBlock) -> None:
        finished[name].add(block)
        # One that holds the whole test set is written as a score at once.
        if keep is not None and len(block.ids) < len(test_set):
            keep(name, block)

    texts = {name: output.texts for name, output in outputs.items()}
    told = advance or _nobody
    if isinstance(metric, SegmentMetric):
        _judge(metric, scoring_view, texts, finished, kept, told, sleep)
    else:
        _score_blocks(metric, scoring_view, texts, finished, kept, told)
    digests = _digests(test_set)
    for name, output in outputs.items():
        yield name, _result(test_set, output, metric, finished.pop(name), signatures[name], digests)


def _digests(test_set: TestSet) -> dict[str, str]:
    return {
        "sources_digest": test_set.sources_digest(),
        "references_digest": test_set.references_digest(),
        "testset_digest": test_set.digest(),
    }


def _nobody(steps: int) -> None:
    """Is told of progress where nobody else wants to be."""


class _Places:
    """Where segments stand. Blocks come in order mostly; only else a table of all is made."""

    def __init__(self, ids: tuple[str, ...]) -> None:
        self._ids = ids
        self._next = 0
        self._table: dict[str, int] | None = None
        self.size = len(ids)

    def of(self, names: tuple[str, ...]) -> NDArray[np.intp]:
        """The positions of some ids."""
        for start in (self._next - len(names), self._next):  # of the next system, or the next block
            if start >= 0 and self._ids[start : start + len(names)] == names:
                self._next = start + len(names)
                return np.arange(start, self._next, dtype=np.intp)
        if self._table is None:
            self._table = {name: at for at, name in enumerate(self._ids)}
        return np.fromiter((self._table[name] for name in names), np.intp, len(names))


class _Finished:
    """What there is of one system so far: the latest score of each segment.

    Args:
        place: Of all segments.
        blocks: What was finished before.
    """

    def __init__(self, place: _Places, blocks: Iterable[ScoredBlock]) -> None:
        self._place = place
        self._rows: NDArray[Any] = np.zeros((place.size, 0))
        self.there = np.zeros(place.size, dtype=np.bool_)
        self.unjudged: dict[str, str] = {}
        self.annotations: dict[str, Json] = {}
        self.notes: dict[str, Json] = {}
        self.fixed: frozenset[str] = frozenset()
        for block in blocks:
            self.add(block)
        self.unjudged.clear()  # what failed before is tried again

    def table(self) -> Array:
        """The row of each segment: (n, k)."""
        return np.asarray(self._rows, dtype=np.float64)

    def add(self, block: ScoredBlock) -> None:
        kind = _width(block.rows) if not few(self._place.size) else np.float64
        if self._rows.shape[1] == 0:
            self._rows = np.zeros((self._place.size, block.rows.shape[1]), dtype=kind)
        elif np.promote_types(self._rows.dtype, kind) != self._rows.dtype:
            self._rows = self._rows.astype(kind)
        at, rows = self._place.of(block.ids), block.rows
        if block.unjudged:
            new = np.array([name not in block.unjudged for name in block.ids], dtype=np.bool_)
            at, rows = at[new], rows[new]
        if len(at):
            self._rows[at] = rows
        self.there[at] = True
        for name in self.unjudged.keys() & set(block.ids) if self.unjudged else ():
            del self.unjudged[name]
        self.unjudged.update(block.unjudged)
        self.annotations.update(block.annotations)
        self.notes = _added(self.notes, block.notes, self.fixed)


def narrowed(rows: Array) -> NDArray[Any]:
    """Rows as they are in a quarter of the room, where they are counts of some hundreds.

    Args:
        rows: Array of shape (n, k).

    Example:
        >>> narrowed(np.array([[1.0, 2.0]])).dtype, narrowed(np.array([[0.5, 2.0]])).dtype
        (dtype('uint16'), dtype('float64'))
    """
    parts = (rows[at : at + AT_ONCE] for at in range(0, len(rows), AT_ONCE))
    kinds = {_width(part) for part in parts}
    return rows.astype(np.uint16, copy=False) if kinds == {np.uint16} else rows


def _width(rows: Array) -> type[np.generic]:
    """The type that holds rows as they are.

    The tables of all systems are held while their segments are scored.
    """
    if rows.dtype == np.uint16:
        return np.uint16
    counts = bool(((rows >= 0) & (rows < 1 << 16)).all()) and not np.signbit(rows).any()
    return np.uint16 if counts and not (rows % 1).any() else np.float64


def _added(a: Mapping[str, Json], b: Mapping[str, Json], fixed: frozenset[str]) -> dict[str, Json]:
    """Facts about two parts of an output as facts about both: counts and lists are joined."""
    found = dict(a)
    for key, value in b.items():
        before = found.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            found[key] = _added(before, value, fixed)
        elif key in fixed or before is None or isinstance(value, str | bool):
            found[key] = value
        elif isinstance(value, list | int | float):
            found[key] = before + value
    return found


def _score_blocks(
    metric: Metric,
    scoring_view: ScoringView,
    texts: Mapping[str, Sequence[str]],
    finished: Mapping[str, _Finished],
    keep: KeepBlock,
    advance: Advance,
) -> None:
    """Scores what is not finished: all at once, or block by block wherever the engine works."""
    away, ids = blocks_elsewhere(metric), scoring_view.ids
    whole: Scorer | None = None
    if away is None:
        whole = metric.prepare(scoring_view)
        divided = Blocks(whole.block or len(ids), whole.fixed_notes)
    else:
        divided = away
    for one in finished.values():
        one.fixed = divided.fixed_notes
    parts = []
    size = max(1, divided.size)
    for start in range(0, max(1, len(ids)), size):
        stop = min(start + size, len(ids))
        wanted = [
            name for name, one in finished.items() if not one.there[start:stop].all() or not ids
        ]
        advance((len(finished) - len(wanted)) * (stop - start))
        if wanted:
            some = {name: texts[name][start:stop] for name in wanted}
            parts.append((_part(scoring_view, start, stop), some))
    told = False  # whether the metric itself says how far it is

    def here(part: travel.Part) -> dict[str, ScoredBlock]:
        nonlocal told
        told = True
        scorer = metric.prepare(part[0]) if whole is None or len(part[0].ids) < len(ids) else whole
        return travel.score_part(metric.info.name, scorer, part, advance)

    scored = (
        run(
            travel.scoring(metric),
            parts,
            len(parts),
            metric.runtime.engine,
            work=here,
            lost=lambda number, error: travel.unscored(parts[number], error),
        )
        if whole is None or (whole.block is not None and not whole.shares_out)
        else map(here, parts)
    )
    for (part, some), found in zip(parts, scored, strict=True):
        for name, block in found.items():
            keep(name, block)
        if not told:
            advance(len(some) * len(part.ids))


def blocks_elsewhere(metric: Metric) -> Blocks | None:
    """How a metric's blocks are divided where all of them are scored by other processes.

    None where this process scores, too, and so needs what the metric acquires.
    """
    return metric.blocks() if metric.runtime.engine.elsewhere else None


def _part(whole: ScoringView, start: int, stop: int) -> ScoringView:
    return whole.model_copy(
        update={
            "ids": whole.ids[start:stop],
            "sources": whole.sources[start:stop] if whole.sources is not None else None,
            "references": whole.references[start:stop] if whole.references is not None else None,
            "documents": whole.documents[start:stop],
            "constraints": whole.constraints[start:stop] if whole.constraints else None,
        }
    )


def judging_batches(
    metric: SegmentMetric,
    scoring_view: ScoringView,
    texts: Mapping[str, Sequence[str]],
    finished: Mapping[str, Container[str]],
) -> tuple[list[tuple[list[Candidate], list[tuple[str, ...]]]], list[tuple[str, str]]]:
    """What a ``SegmentMetric`` is still to be asked for, equal candidates once.

    Args:
        metric: Its context and batch size count.
        scoring_view: From ``view``.
        texts: System → hypotheses.
        finished: System → ids that have a score.

    Returns:
        Batches for ``items.work``, and the places (system, id) that the numbers in them stand for.
    """
    places: list[tuple[str, str]] = []
    alike: dict[str, tuple[Candidate, list[str]]] = {}
    for name, hypotheses in texts.items():
        for one in candidates(scoring_view, hypotheses, metric.context):
            if one.id in finished[name]:
                continue
            key = canonical_json([one.source, one.references, one.hypothesis, one.context])
            alike.setdefault(key, (one, []))[1].append(str(len(places)))
            places.append((name, one.id))
    every = list(alike.values())
    size = metric.runtime.batch_size or metric.preferred_batch
    batches = [
        ([candidate for candidate, _ in part], [tuple(numbers) for _, numbers in part])
        for part in items.blocks(every, size)
    ]
    return batches, places


def _judge(
    metric: SegmentMetric,
    scoring_view: ScoringView,
    texts: Mapping[str, Sequence[str]],
    finished: Mapping[str, _Finished],
    keep: KeepBlock,
    advance: Advance,
    sleep: Callable[[float], object] | None,
) -> None:
    ready = {
        name: {each for each, there in zip(scoring_view.ids, one.there, strict=True) if there}
        for name, one in finished.items()
    }
    batches, places = judging_batches(metric, scoring_view, texts, ready)
    advance(len(texts) * len(scoring_view.ids) - len(places))
    paid: dict[str, float] = {}

    def keep_all(answered: Sequence[items.Done[Judged]]) -> None:
        nonlocal paid
        mine: dict[str, dict[str, items.Done[Judged]]] = {}
        for one in answered:
            for number in one.ids:
                name, segment = places[int(number)]
                mine.setdefault(name, {})[segment] = one
        now = dict(metric.usage())
        spent = {key: round(value - paid.get(key, 0.0), 6) for key, value in now.items()}
        paid = now
        for name, by_id in mine.items():
            # A text of several systems is paid for once, on the account of the first of them.
            keep(name, _block(by_id, spent))
            spent = {}
            advance(len(by_id))

    asked = items.Respondent(
        partial(judged, metric),
        concurrency=metric.max_concurrency,
        patience=metric.patience,
        who=f"the metric {metric.info.name}",
        failed=MetricError,
    )
    items.work(batches, asked, keep_all, sleep=sleep)
    for one in finished.values():
        one.notes = {**one.notes, **metric.summary(one.annotations)}


def _block(by_id: Mapping[str, items.Done[Judged]], spent: Mapping[str, float]) -> ScoredBlock:
    answers = {name: one.answer for name, one in by_id.items()}
    usage: dict[str, Json] = {key: value for key, value in spent.items() if value}
    return ScoredBlock(
        ids=tuple(by_id),
        rows=np.array([[a.score, 1.0] if a else [0.0, 0.0] for a in answers.values()]),
        unjudged={name: one.failure or "" for name, one in by_id.items() if one.answer is None},
        annotations={
            name: a.annotation for name, a in answers.items() if a and a.annotation is not None
        },
        notes={"usage": usage} if usage else {},
    )


def _result(
    test_set: TestSet,
    output: SystemOutput,
    metric: Metric,
    finished: _Finished,
    signed: Signature,
    digests: Mapping[str, Any],
) -> MetricResult:
    name, system = metric.info.name, output.run.system
    there, table = finished.there, finished.table()
    if not there.any() and len(test_set):
        first = next((each for each in test_set.ids if each in finished.unjudged), "")
        why = finished.unjudged.get(first, "")
        raise MetricError(f"{name} gave no segment of {system} a score", why=f"{first}: {why}")
    whole = float(metric.pool(table.sum(axis=0)))
    segments = np.full(len(table), np.nan)
    segments[there] = segment_scores(metric, table if there.all() else table[there])
    if not np.isfinite(whole) or not np.isfinite(segments[there]).all():
        raise MetricError(f"{name} gave {system} a score that is no finite number")
    unjudged = {each: finished.unjudged[each] for each in test_set.ids if each in finished.unjudged}
    reader = metric.reader()
    header = Score(
        metric=name,
        kind=reader.kind if reader.kind != name else None,
        info=reader.info,
        options=reader.options.model_dump(mode="json"),
        signature=str(signed.of_unjudged() if unjudged else signed),
        corpus=test_set.corpus,
        pair=test_set.pair,
        system=system,
        score=whole,
        segments=len(test_set),
        failures=len(output.failed),
        unjudged=unjudged,
        output_digest=output.run.output_digest,
        documents=by_label(table, test_set.documents, metric, there),
        domains=by_label(table, test_set.domains, metric, there),
        annotations={each: finished.annotations[each] for each in test_set.ids
                     if each in finished.annotations},
        notes=finished.notes,
        **digests,
    )  # fmt: skip
    return MetricResult(header, Statistics(test_set.ids, table, segments))


def segment_scores(metric: Metric, rows: Array) -> Array:
    """Score of each segment from its row: (n, k) → (n,), so many at once that memory stays flat."""
    parts = [metric.segment_scores(rows[at : at + AT_ONCE]) for at in range(0, len(rows), AT_ONCE)]
    return np.concatenate([np.asarray(one, dtype=np.float64) for one in parts or [np.zeros(0)]])


def with_score(
    statistics: Statistics, labels: Sequence[str | None]
) -> tuple[Array, Sequence[str | None]]:
    """Rows and labels of the segments that have a score."""
    there = ~np.isnan(statistics.segment_scores)
    return statistics.rows[there], _those(labels, there)


def assembled(
    test_set: TestSet,
    output: SystemOutput,
    metric: Metric,
    blocks: Sequence[ScoredBlock],
    signed: Signature,
) -> MetricResult:
    """A result from blocks that were finished elsewhere, without interval.

    Raises:
        MetricError: If no segment has a score.
    """
    finished = _Finished(_Places(test_set.ids), ())
    for block in blocks:
        finished.add(block)
    return _result(test_set, output, metric, finished, signed, _digests(test_set))


def _those(labels: Sequence[str | None], there: NDArray[np.bool_]) -> list[str | None]:
    return [label for label, is_there in zip(labels, there, strict=True) if is_there]


def block_of(result: MetricResult) -> ScoredBlock:
    """A stored score's segments, so that scoring goes on from there."""
    statistics, score = result.statistics, result.score
    usage = score.notes.get("usage")
    return ScoredBlock(
        ids=statistics.ids,
        rows=statistics.rows,
        unjudged=score.unjudged,
        annotations=score.annotations,
        notes={"usage": usage} if usage else {},
    )


def by_label(
    rows: Array,
    labels: Sequence[str | None],
    metric: Metric,
    there: NDArray[np.bool_] | None = None,
) -> dict[str, float]:
    """Score over the segments of each label, in order of first appearance.

    Args:
        rows: Statistics of shape (n, k).
        labels: For each segment its label; segments without one are left out.
        metric: Whose ``pool`` makes scores of sums.
        there: Shape (n,): which segments have a score; by default all.
    """
    groups: dict[str, list[int]] = {}
    for at, label in enumerate(labels):
        if label is not None and (there is None or there[at]):
            groups.setdefault(label, []).append(at)
    return {label: float(metric.pool(rows[at].sum(axis=0))) for label, at in groups.items()}
