"""Segments to have judged by people, and what the judged ones say about the whole set."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mtbench.config import Workspace
from mtbench.errors import DataError, RequestError
from mtbench.files.digests import digest_text
from mtbench.files.inputs import content
from mtbench.files.spreadsheets import quoted
from mtbench.files.writing import read_json
from mtbench.judgements.place import Place, Placed, place
from mtbench.pipeline.boards import stored_tables
from mtbench.pipeline.human_files import read_human_file, sheet
from mtbench.pipeline.pearmut import campaign_of, item
from mtbench.pipeline.stored import recomputed
from mtbench.pipeline.test_sets import StoredTestSets
from mtbench.plugins import Array
from mtbench.results import Results, RunFolder
from mtbench.results.lines import record
from mtbench.significance import holm
from mtbench.significance.estimation import Design, MeanEstimate, difference, estimate_mean
from mtbench.significance.sampling import draw_documents, draw_segments, strata_by
from mtbench.types import Row, SystemOutput, TestSet
from mtbench.types.plans import HumanDifference, HumanEstimate, HumanEstimates, HumanPlan

COLUMNS = ("system", "id", "document", "source", "reference", "output", "probability")
PLAN, ROWS, DISPUTED = "plan.json", "plan.csv", "disagreement.csv"
FORMS = {"csv": "form.csv", "xlsx": "form.xlsx", "pearmut": "form.json"}
SCORE = "score"


class Asked(NamedTuple):
    """What a plan is asked for.

    Attributes:
        number: Segments per system.
        joint: Whether all systems are judged on the same segments.
        by_document: Whether whole documents are drawn.
        stratify: The metric whose scores make the strata; None without.
        systems: Only these; all where none is named.
        seed: Of the draw.
        forms: Keys of ``FORMS``: what people fill.
        users, protocol: Of a campaign for pearmut.
    """

    number: int
    joint: bool
    by_document: bool
    stratify: str | None
    systems: Sequence[str]
    seed: int
    forms: Sequence[str] = ("csv",)
    users: int = 1
    protocol: str = "ESA"


class _Stored:
    """One test set of a results folder with its outputs."""

    def __init__(self, space: Workspace, corpus: str, pair: str, systems: Sequence[str]) -> None:
        self._results = Results(space.results)
        (self.table,) = stored_tables(space, [corpus], [pair])
        known = {row.system: row for row in self.table.rows}
        unknown = [name for name in systems if name not in known]
        if unknown:
            raise RequestError(
                f"no results of a system {unknown[0]!r} on {corpus}/{pair}",
                hint=f"there are: {', '.join(known)}",
            )
        self.rows = [row for row in self.table.rows if not systems or row.system in systems]
        self.outputs = {row.system: self._output(row) for row in self.rows}
        self.ids = next(iter(self.outputs.values())).ids
        self._space = space

    def folder(self, row: Row) -> RunFolder:
        return self._results.run(self.table.corpus, self.table.pair, row.folder)

    def _output(self, row: Row) -> SystemOutput:
        output = self.folder(row).read_output()
        if output is None:
            raise DataError(f"{self.folder(row).path}: no output")
        if output.run.failures:
            raise RequestError(
                f"{row.system} has no translation of {output.run.failures} segments",
                hint="run again to try them again, or leave it out with --system",
            )
        return output

    def test_set(self) -> TestSet:
        """The texts.

        Raises:
            RequestError: If the corpus is not at hand, or another one.
        """
        row = self.rows[0]
        found = StoredTestSets(self._space).test_set(self.folder(row))
        if isinstance(found, str):
            raise RequestError(f"the texts cannot be had: {found}")
        if found.digest() != row.testset_digest:
            raise RequestError(f"{found.name}: the corpus is not the one that was evaluated")
        return found

    def scores(self, metric: str) -> tuple[dict[str, Array], str]:
        """System → segment scores by a metric, and its signature.

        Raises:
            RequestError: If a system has no whole score.
        """
        found: dict[str, Array] = {}
        signatures = set()
        for row in self.rows:
            cell = row.cells.get(metric)
            if cell is None or cell.signature is None or cell.partial:
                raise RequestError(f"{row.system} has no whole score by {metric}")
            folder = self.folder(row)
            result = recomputed(
                folder.read_result(folder.score_path(metric, cell.signature))
            ).result
            found[row.system] = result.statistics.segment_scores
            signatures.add(cell.signature)
        if len(signatures) > 1:
            raise RequestError(f"{metric}: the systems' scores have different signatures")
        return found, signatures.pop()


def plan_judgements(
    space: Workspace, corpus: str, pair: str, asked: Asked, folder: Path
) -> tuple[HumanPlan, dict[str, str | bytes]]:
    """Draws segments to have judged; the plan and its forms, as files to write.

    Args:
        space: Where results and corpora are.
        corpus: The corpus.
        pair: The direction.
        asked: What is asked for.
        folder: Where they will be written; must not hold a plan.

    Returns:
        The plan, and the names and texts of the files, the plan last.

    Raises:
        RequestError: If the plan cannot be made, or the folder holds one.
    """
    if (folder / PLAN).exists():
        raise RequestError(f"{folder / PLAN}: there is a plan already", hint="name another folder")
    stored = _Stored(space, corpus, pair, asked.systems)
    test_set = stored.test_set()
    scores, signature = stored.scores(asked.stratify) if asked.stratify else ({}, None)
    systems = list(stored.outputs)
    groups = [systems] if asked.joint else [[name] for name in systems]
    try:
        draws = [
            _drawn(test_set, asked, np.mean([scores[n] for n in group], axis=0) if scores else None,
                   asked.seed + at)
            for at, group in enumerate(groups)
        ]  # fmt: skip
    except ValueError as error:
        raise RequestError(f"--n: {error}") from error
    rows = list(_rows(test_set, stored.outputs, groups, draws))
    drawn_rows = _csv(COLUMNS, rows)
    plan = HumanPlan(
        corpus=stored.table.corpus,
        pair=stored.table.pair,
        testset_digest=test_set.digest(),
        outputs={name: output.run.output_digest for name, output in stored.outputs.items()},
        systems=tuple(systems),
        joint=asked.joint,
        unit="document" if asked.by_document else "segment",
        metric=asked.stratify,
        signature=signature,
        strata=tuple(tuple(map(int, strata)) for _, strata in draws),
        drawn=tuple(tuple(map(int, np.flatnonzero(drawn))) for drawn, _ in draws),
        segments=len(test_set),
        seed=asked.seed,
        rows_digest=digest_text(drawn_rows),
    )
    written: dict[str, str | bytes] = {ROWS: drawn_rows}
    for form in asked.forms:
        written[FORMS[form]] = _form(form, rows, plan, asked)
    if scores and len(systems) > 1:
        written[DISPUTED] = _csv(COLUMNS, _disputed(test_set, stored.outputs, scores, asked.number))
    return plan, {**written, PLAN: plan.model_dump_json(indent=1) + "\n"}


def _form(form: str, rows: Sequence[Sequence[str]], plan: HumanPlan, asked: Asked) -> str | bytes:
    """What people fill: the drawn rows with a column for scores, or a campaign for pearmut."""
    if form == "pearmut":
        return _pearmut(rows, plan, asked)
    columns, empty = (*COLUMNS, SCORE), [[*row, ""] for row in rows]
    return _csv(columns, empty) if form == "csv" else sheet(columns, empty)


def _pearmut(rows: Sequence[Sequence[str]], plan: HumanPlan, asked: Asked) -> str:
    """All drawn translations of a segment stand side by side; those of a document hang together."""
    documents: dict[str, dict[str, list[Sequence[str]]]] = {}
    for row in rows:
        _, segment, document, *_ = row
        documents.setdefault(document or segment, {}).setdefault(segment, []).append(row)
    data = [
        [
            item(
                (plan.corpus, plan.pair, segment),
                judged[0][3],
                [judged[0][4]] if judged[0][4] else [],
                {row[0]: row[5] for row in judged},
            )
            for segment, judged in segments.items()
        ]
        for segments in documents.values()
    ]
    title = f"{plan.corpus}-{plan.pair}"
    found = campaign_of(title, data, users=asked.users, protocol=asked.protocol)
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _drawn(
    test_set: TestSet, asked: Asked, scores: Array | None, seed: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    flat = np.zeros(len(test_set), dtype=np.int64)
    if asked.by_document:
        return draw_documents(asked.number, _documents(test_set.documents), seed), flat
    strata = flat if scores is None else strata_by(scores, asked.number)
    return draw_segments(asked.number, strata, seed), strata


def _documents(documents: Sequence[str | None]) -> NDArray[np.int64]:
    """A number for each document; a segment without one is a document of its own."""
    numbers: dict[object, int] = {}
    keys = [document or ("segment", at) for at, document in enumerate(documents)]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def _rows(
    test_set: TestSet,
    outputs: Mapping[str, SystemOutput],
    groups: Sequence[Sequence[str]],
    draws: Sequence[tuple[NDArray[np.bool_], NDArray[np.int64]]],
) -> Iterator[list[str]]:
    for group, (drawn, strata) in zip(groups, draws, strict=True):
        share = {int(name): float(drawn[strata == name].mean()) for name in np.unique(strata)}
        for at in np.flatnonzero(drawn):
            for system in group:
                yield _row(
                    test_set, outputs[system], system, int(at), f"{share[int(strata[at])]:.6f}"
                )


def _row(test_set: TestSet, output: SystemOutput, system: str, at: int, share: str) -> list[str]:
    references = test_set.references[at]
    return [
        system,
        test_set.ids[at],
        test_set.documents[at] or "",
        test_set.sources[at].text,
        references[0] if references else "",
        output.hypotheses[at].text or "",
        share,
    ]


def _disputed(
    test_set: TestSet,
    outputs: Mapping[str, SystemOutput],
    scores: Mapping[str, Array],
    count: int,
) -> Iterator[list[str]]:
    """Segments on which the metric's scores of the systems lie farthest apart: no sample."""
    spread = np.ptp(np.stack(list(scores.values())), axis=0)
    for at in np.argsort(-spread, kind="stable")[:count]:
        for system, output in outputs.items():
            yield _row(test_set, output, system, int(at), "")


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]] | Iterator[Sequence[str]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([quoted(cell) for cell in row] for row in rows)
    return stream.getvalue()


def estimate_scores(
    space: Workspace, folder: Path, human: Path, metric: str | None = None
) -> HumanEstimates:
    """Each system's human score over the whole set, from the judged segments of a plan.

    Args:
        space: Where results are.
        folder: The plan's folder.
        human: The judgements.
        metric: The metric that helps; by default the plan's, else the one that ranks.

    Raises:
        RequestError: If the plan or a score is missing.
        DataError: With file and line, if a judgement is not of the plan; or if the plan was
            edited, an output changed, or a drawn segment has no judgement.
    """
    plan = _read_plan(folder)
    try:
        stored = _Stored(space, plan.corpus, str(plan.pair), plan.systems)
    except RequestError as error:
        raise RequestError(f"{folder / PLAN}: {error.message}", hint=error.hint) from error
    _check_unchanged(plan, stored, folder)
    where = Place(plan.corpus, str(plan.pair), stored.ids, plan.systems)
    placed = place(read_human_file(human), where, human.name)
    if placed is None:
        raise RequestError(f"{human}: no judgement is about {plan.corpus}/{plan.pair}")
    designs = _designs(plan, stored)
    _check_drawn(plan, designs, placed, stored.ids, human)
    metric = metric or plan.metric or stored.table.rank_metric
    scores, signature = stored.scores(metric) if metric else ({}, None)
    people = placed.judgements.scores
    try:
        found = {
            name: estimate_mean(people[name], designs[name], scores.get(name))
            for name in plan.systems
        }
    except ValueError as error:
        raise DataError(f"{folder / PLAN}: {error}") from error
    order = sorted(plan.systems, key=lambda name: (-found[name].value, name))
    return HumanEstimates(
        corpus=plan.corpus,
        pair=plan.pair,
        segments=plan.segments,
        metric=metric,
        signature=signature,
        source=human.name,
        systems=tuple(_record(name, found[name]) for name in order),
        differences=tuple(_differences(order, plan, people, designs, scores, found)),
        notes=tuple(_notes(placed, found)),
    )


def _read_plan(folder: Path) -> HumanPlan:
    path = folder / PLAN
    if not path.is_file():
        raise RequestError(f"{path}: no plan", hint="mtbench human plan makes one")
    return record(HumanPlan, read_json(path), path)


def _check_unchanged(plan: HumanPlan, stored: _Stored, folder: Path) -> None:
    if plan.testset_digest != stored.rows[0].testset_digest:
        raise DataError(f"{folder / PLAN}: made for another version of {plan.corpus}/{plan.pair}")
    for name, output in stored.outputs.items():
        if plan.outputs.get(name) != output.run.output_digest:
            raise DataError(
                f"{folder / PLAN}: the output of {name} is another one now",
                hint="judgements of the old output say nothing of the new one: make a new plan",
            )
    try:
        text = content(folder / ROWS).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{folder / ROWS}: cannot be read: {error}") from error
    if digest_text(text) != plan.rows_digest:
        raise DataError(
            f"{folder / ROWS}: not the rows that were drawn",
            hint="scores go into form.csv or a file of their own; restore the plan's files",
        )


def _designs(plan: HumanPlan, stored: _Stored) -> dict[str, Design]:
    labels = Results(stored.folder(stored.rows[0]).path.parents[2]).labels_of(
        plan.corpus, plan.pair, stored.ids
    )
    documents = None
    if plan.unit == "document":
        if labels is None:
            raise RequestError("the documents of the segments are not stored")
        documents = _documents(labels.documents)
    designs = []
    for drawn, strata in zip(plan.drawn, plan.strata, strict=True):
        chosen = np.zeros(plan.segments, dtype=bool)
        chosen[list(drawn)] = True
        designs.append(Design(chosen, np.asarray(strata, dtype=np.int64), documents))
    return {name: designs[0 if plan.joint else at] for at, name in enumerate(plan.systems)}


def _check_drawn(
    plan: HumanPlan,
    designs: Mapping[str, Design],
    placed: Placed,
    ids: Sequence[str],
    human: Path,
) -> None:
    for at, one in placed.each:
        if not designs[one.system].drawn[at]:
            raise DataError(
                f"{one.where}: segment {one.segment!r} of {one.system!r} was not drawn",
                hint="segments picked by hand estimate nothing; leave them out",
            )
    for name in plan.systems:
        drawn = designs[name].drawn
        scores = placed.judgements.scores.get(name, np.full(len(ids), np.nan))
        missing = np.flatnonzero(drawn & ~np.isfinite(scores))
        if len(missing):
            raise DataError(
                f"{human}: {len(missing)} of {int(drawn.sum())} drawn segments of {name!r} have no "
                f"score, the first being {ids[missing[0]]!r}",
                hint="an estimate takes all of them: those left out are seldom left out by chance",
            )


def _record(name: str, found: MeanEstimate) -> HumanEstimate:
    return HumanEstimate(
        system=name,
        n_judged=found.judged,
        mean_judged=found.mean_judged,
        estimate=found.value,
        ci_low=found.low,
        ci_high=found.high,
        weight=found.weight,
        worth=found.worth,
        reliable=found.reliable,
    )


def _differences(
    order: Sequence[str],
    plan: HumanPlan,
    people: Mapping[str, Array],
    designs: Mapping[str, Design],
    scores: Mapping[str, Array],
    found: Mapping[str, MeanEstimate],
) -> list[HumanDifference]:
    pairs = list(combinations(order, 2))
    outcomes = []
    for a, b in pairs:
        if plan.joint:  # the same segments: what both share cancels out
            metric = scores[a] - scores[b] if scores else None
            one = estimate_mean(people[a] - people[b], designs[a], metric)
            outcomes.append(difference(one.value, one.deviation, one.freedom))
        else:
            ours, theirs = found[a], found[b]
            deviation = float(np.hypot(ours.deviation, theirs.deviation))
            freedom = min(ours.freedom, theirs.freedom)
            outcomes.append(difference(ours.value - theirs.value, deviation, freedom))
    corrected = holm([one.p for one in outcomes])
    return [
        HumanDifference(
            a=a, b=b, difference=one.value, ci_low=one.low, ci_high=one.high, p=one.p, p_corrected=p
        )
        for (a, b), one, p in zip(pairs, outcomes, corrected, strict=True)
    ]


def _notes(placed: Placed, found: Mapping[str, MeanEstimate]) -> Iterator[str]:
    yield from placed.notes
    fewest = min(one.judged for one in found.values())
    if not all(one.reliable for one in found.values()):
        yield f"{fewest} judged segments are few: intervals hold their level from 100 on"
    unhelped = [name for name, one in found.items() if not one.weight]
    if unhelped:
        yield f"the metric makes no interval narrower for: {', '.join(unhelped)}"
