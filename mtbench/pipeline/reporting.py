"""A results folder → what the report shows: tables, outputs, scores, and the corpus's texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from mtbench.boards.leaderboard import cut_ids
from mtbench.boards.slices import By, labels_by, slice_scores
from mtbench.config import Workspace
from mtbench.errors import MtbenchError, RequestError
from mtbench.judgements.place import Place, place, place_all
from mtbench.pipeline.arguments import model_argument
from mtbench.pipeline.boards import board
from mtbench.pipeline.campaigns import KeptCampaign, campaigns_of
from mtbench.pipeline.health import HealthCheck, stored_health
from mtbench.pipeline.human_files import read_human_file
from mtbench.pipeline.meta import meta_of_table
from mtbench.pipeline.slice_tests import with_tests
from mtbench.pipeline.stored import recomputed
from mtbench.pipeline.suspicion import suspect
from mtbench.pipeline.test_sets import StoredTestSets, label_segments
from mtbench.pipeline.work import Watcher
from mtbench.plugins import stored_metric
from mtbench.report.html import Content, SetContent
from mtbench.results import Results
from mtbench.significance import interval_of_part
from mtbench.types import (
    Json,
    Labels,
    Leaderboard,
    MetricResult,
    Row,
    RunRecord,
    Signature,
    SystemOutput,
    Table,
    TestSet,
    texts_of,
)
from mtbench.types.findings import Sliced, Suspicion
from mtbench.types.judgements import Judgement, Judgements

SEED = 0
_PARTS: tuple[By, ...] = ("length", "domain", "document")
MOST_INTERVALS = 60  # groups; beyond, as with documents, a score alone is drawn


def gather(
    space: Workspace,
    watcher: Watcher,
    *,
    corpora: Sequence[str] = (),
    pairs: Sequence[str] = (),
    human: Path | None = None,
    title: str = "",
    sort: str | None = None,
    seed: int | None = None,
) -> Content:
    """Everything a report shows.

    Args:
        space: The results folder and where corpora are.
        watcher: Told what happens.
        corpora: Only these corpora; all where none is named.
        pairs: Only these directions, ``SRC-TGT``; all where none is named.
        human: A file of human judgements.
        title: The report's heading.
        sort: The metric that ranks; by default the one that ``leaderboard.csv`` names.
        seed: Of intervals and tests; by default the one of the stored intervals.

    Raises:
        RequestError: If there are no results of that kind.
        DataError: If a file does not hold.
    """
    if not space.results.is_dir():
        raise RequestError(f"{space.results}: no such folder", hint="run mtbench evaluate first")
    results = Results(space.results)
    found = board(results, sort=sort, seed=seed, cache=space.cache)
    tables = tuple(
        table
        for table in found.tables
        if (not corpora or table.corpus in corpora) and (not pairs or str(table.pair) in pairs)
    )
    if not tables:
        raise RequestError(
            f"{space.results}: no results{' of that kind' if found.tables else ''}",
            hint="mtbench leaderboard shows what there is",
        )
    # Where something can be compared comes first; the rest keeps the order of the leaderboard.
    tables = tuple(sorted(tables, key=lambda table: _candidates(table) < 2))
    stored = StoredTestSets(space)
    shown = found.model_copy(update={"tables": tables})
    suspect_by_table = _suspicions(space, shown)
    gatherers = [_Gatherer(results, stored, table, watcher, seed or 0) for table in tables]
    kept = [campaigns_of(results, table) for table in tables]
    given = None if human is None else (human.name, read_human_file(human))
    for line in given[1].notes if given else ():
        watcher.say(line)
    places = [gatherer.place() for gatherer in gatherers]
    placed = (
        [_only(campaigns, where) for campaigns, where in zip(kept, places, strict=True)]
        if given is None
        else place_all(given[1], places, given[0])
    )
    sets = [
        one.gather(judged, suspect_by_table.get(one.name, ()))
        for one, judged in zip(gatherers, placed, strict=True)
    ]
    return Content(
        title=title or "Translation quality report",
        board=shown,
        sets=sets,
        results=str(space.results),
        seed=seed or 0,
        meta=tuple(
            found
            for table, campaigns in zip(tables, kept, strict=True)
            for source, file in (
                [(one.name, one.file) for one in campaigns] if given is None else [given]
            )
            for found in meta_of_table(results, table, file, source, watcher)
        ),
    )


def _only(campaigns: Sequence[KeptCampaign], where: Place) -> Judgements | None:
    """The judgements of a test set's only campaign; several have scales of their own."""
    if len(campaigns) != 1 or not campaigns[0].file.judgements:
        return None
    found = place(campaigns[0].file, where, campaigns[0].name)
    return None if found is None else found.judgements


def _suspicions(space: Workspace, board: Leaderboard) -> dict[str, tuple[Suspicion, ...]]:
    """``CORPUS/SRC-TGT`` → what makes its numbers suspect."""
    return {
        f"{table.corpus}/{table.pair}": found.findings for table, found in suspect(space, board)
    }


def _candidates(table: Table) -> int:
    return sum(not row.baseline for row in table.rows)


class _Gatherer:
    """Gathers one table's segments."""

    def __init__(
        self,
        results: Results,
        stored: StoredTestSets,
        table: Table,
        watcher: Watcher,
        seed: int,
    ) -> None:
        self._results = results
        self._stored = stored
        self._table = table
        self._watcher = watcher
        self._seed = seed
        self.name = f"{table.corpus}/{table.pair}"
        self._notes: list[str] = []
        self._found = self._outputs()
        first = next(iter(self._found.values()), None)
        self._ids = first.ids if first else ()

    def place(self) -> Place:
        """What judgements may be about."""
        return Place(self._table.corpus, str(self._table.pair), self._ids, tuple(self._found))

    def gather(self, human: Judgements | None, suspicions: Sequence[Suspicion]) -> SetContent:
        """The table with everything behind it."""
        outputs, ids = self._found, self._ids
        shown = [row for row in self._table.rows if row.system in outputs]
        first = outputs[shown[0].system] if shown else None
        results = self._scores(shown, ids)
        test_set = self._test_set(shown[0], first.run, results) if first else None
        labels = self._labels(ids, test_set)
        evidence = self._evidence(shown, test_set)
        return SetContent(
            table=self._table,
            ids=ids,
            systems=tuple(row.system for row in shown),
            hypotheses={s: texts_of(o.hypotheses) for s, o in outputs.items()},
            failures={
                s: {at: h.failure for at, h in enumerate(o.hypotheses) if h.failure is not None}
                for s, o in outputs.items()
            },
            runs={s: o.run for s, o in outputs.items()},
            models={
                s: model
                for s, o in outputs.items()
                if (model := model_argument(o.run.card)) is not None
            },
            scores={
                metric: {s: r.statistics.segment_scores for s, r in by_system.items()}
                for metric, by_system in results.items()
            },
            sliced=self._sliced(results, labels),
            sources=test_set.source_texts if test_set else None,
            references=test_set.references if test_set and _refers(test_set) else None,
            reference_names=test_set.reference_names if test_set else (),
            documents=labels.documents if labels else (None,) * len(ids),
            domains=labels.domains if labels else (None,) * len(ids),
            evidence=evidence,
            suspicions=suspicions,
            annotations=_annotations(results, ids) | self._marked(human),
            human=human,
            notes=tuple(self._notes),
            cut=_cut(results, ids),
        )

    def _marked(self, human: Judgements | None) -> dict[str, dict[str, dict[int, Json]]]:
        """Errors that people marked, as metrics' are kept; of other translations they are not."""
        found: dict[str, dict[int, Json]] = {}
        others = 0
        for system, by_position in human.marked.items() if human is not None else ():
            texts = [one.text for one in self._found[system].hypotheses]
            for at, several in by_position.items():
                spans: list[Json] = []
                for one in several:
                    if one.text is not None and one.text != texts[at]:
                        others += 1
                        continue
                    spans += _spans(one, texts[at] or "")
                placed = [span for span in spans if "start" in span]
                found.setdefault(system, {})[at] = {
                    "error_spans": placed,
                    "unlocated": [span for span in spans if "start" not in span],
                }
        if others:
            self._notes.append(
                f"people judged {others} translations that are not the stored ones to the letter; "
                "errors marked in them are not shown."
            )
        return {"human": found} if found else {}

    def _evidence(
        self, rows: Sequence[Row], test_set: TestSet | None
    ) -> dict[str, dict[int, dict[str, str]]]:
        """System → position of a segment → flag → what was seen, as it was counted.

        Where nothing is stored (an older results folder), it is looked for now and not kept.
        """
        place = {name: at for at, name in enumerate(self._ids)}
        health, found, missing = HealthCheck(), {}, []
        for row in rows:
            folder = self._results.run(self._table.corpus, self._table.pair, row.folder)
            output, seen = self._found[row.system], stored_health(folder, row)
            if seen is None and test_set and test_set.digest() == output.run.testset_digest:
                seen = health.of(test_set, output.hypotheses)
            if seen is None:
                missing.append(row.system)
                continue
            found[row.system] = {place[name]: flags for name, flags in seen.evidence.items()}
        if missing:
            self._notes.append(
                f"Flags such as off-target were not looked for in the output of "
                f"{', '.join(missing[:5])}{' and others' if len(missing) > 5 else ''}."
            )
        return found

    def _outputs(self) -> dict[str, SystemOutput]:
        """The outputs of the rows that are of one and the same test set as the first."""
        found: dict[str, SystemOutput] = {}
        ids: tuple[str, ...] | None = None
        for row in self._table.rows:
            output = self._results.run(
                self._table.corpus, self._table.pair, row.folder
            ).read_output()
            if output is None or output.run.output_digest != row.output_digest:
                self._notes.append(f"The segments of {row.system} are not stored.")
                continue
            mine = output.ids
            if ids is None:
                ids, sources = mine, output.run.sources_digest
            if mine != ids or output.run.sources_digest != sources:
                self._notes.append(
                    f"The segments of {row.system} are not shown: they were translated from "
                    "another version of the test set."
                )
                continue
            found[row.system] = output
        return found

    def _scores(
        self, rows: Sequence[Row], ids: Sequence[str]
    ) -> dict[str, dict[str, MetricResult]]:
        """Metric → system → the score in the table, with its statistics."""
        found: dict[str, dict[str, MetricResult]] = {}
        for metric in self._table.metrics:
            for row in rows:
                cell = row.cells.get(metric)
                if cell is None or cell.signature is None or cell.score is None:
                    continue
                folder = self._results.run(self._table.corpus, self._table.pair, row.folder)
                path = folder.score_path(metric, cell.signature)
                result = recomputed(folder.read_result(path)).result
                if result.statistics.ids != tuple(ids):
                    self._notes.append(
                        f"The {metric} scores of {row.system} are of other segments."
                    )
                    continue
                found.setdefault(metric, {})[row.system] = result
        return found

    def _test_set(
        self, row: Row, run: RunRecord, results: Mapping[str, Mapping[str, MetricResult]]
    ) -> TestSet | None:
        """The corpus's texts, if they are those that the run was made from."""
        folder = self._results.run(self._table.corpus, self._table.pair, row.folder)
        signatures = [
            result.score.signature
            for by_system in results.values()
            for system, result in by_system.items()
            if system == row.system
        ]
        names = [Signature.parse(text).get("ref") for text in signatures]
        found: TestSet | str = "no corpus"
        for reference in dict.fromkeys([*names, None]):
            found = self._stored.test_set(folder, reference)
            if isinstance(found, TestSet) and found.digest() == row.testset_digest:
                return found
        if isinstance(found, str):
            why = f"the corpus cannot be read ({found})"
        elif found.sources_digest() == run.sources_digest:
            self._notes.append(
                f"References of {self.name} are not shown: they have changed since it was scored."
            )
            return found.model_copy(update={"references": ((),) * len(found)})
        else:
            why = "the corpus has changed since it was translated"
        self._notes.append(f"Sources and references of {self.name} are not shown: {why}.")
        return None

    def _labels(self, ids: Sequence[str], test_set: TestSet | None) -> Labels | None:
        stored = self._results.labels_of(self._table.corpus, self._table.pair, ids)
        return label_segments(test_set) if stored is None and test_set is not None else stored

    def _sliced(
        self, results: Mapping[str, Mapping[str, MetricResult]], labels: Labels | None
    ) -> list[Sliced]:
        if labels is None:
            return []
        found: list[Sliced] = []
        baselines = {row.system for row in self._table.rows if row.baseline}
        for metric, by_system in results.items():
            one = next(iter(by_system.values()))
            try:
                scorer = stored_metric(one.score)
            except MtbenchError as error:
                self._notes.append(f"No {metric} by length, domain or document: {error}.")
                continue
            rows = {
                system: result.statistics.rows
                for system, result in by_system.items()
                if not Signature.parse(result.score.signature).partial
            }
            estimator = partial(interval_of_part, documents=labels.documents, seed=self._seed)
            for by in _PARTS:
                each = labels_by(labels, by)
                few = len({*each} - {None}) <= MOST_INTERVALS
                sliced = slice_scores(
                    rows, each, scorer.pool, estimator if few else None, by=by, metric=metric
                )
                if by == "domain":
                    sliced = with_tests(
                        sliced,
                        rows,
                        each,
                        scorer,
                        documents=labels.documents,
                        baselines=baselines & set(rows),
                        seed=self._seed,
                    )
                found.append(sliced)
        return found


def _cut(
    results: Mapping[str, Mapping[str, MetricResult]], ids: Sequence[str]
) -> dict[str, dict[str, tuple[int, ...]]]:
    """Metric → system → positions of segments of which it read only the beginning."""
    place = {name: at for at, name in enumerate(ids)}
    found: dict[str, dict[str, tuple[int, ...]]] = {}
    for metric, by_system in results.items():
        for system, result in by_system.items():
            if names := cut_ids(result.score):
                found.setdefault(metric, {})[system] = tuple(
                    sorted(place[name] for name in names if name in place)
                )
    return found


def _refers(test_set: TestSet) -> bool:
    return any(test_set.references)


def _spans(judgement: Judgement, text: str) -> list[Json]:
    found: list[Json] = []
    for one in judgement.spans or ():
        span: dict[str, Json] = {"severity": one.severity, "category": one.category}
        if judgement.rater is not None:
            span["rater"] = judgement.rater
        if one.start is not None and one.end is not None and one.start < one.end <= len(text):
            span |= {"start": one.start, "end": one.end, "text": text[one.start : one.end]}
        found.append(span)
    return found


def _annotations(
    results: Mapping[str, Mapping[str, MetricResult]], ids: Sequence[str]
) -> dict[str, dict[str, dict[int, Json]]]:
    """What metrics said in words, by position."""
    place = {name: at for at, name in enumerate(ids)}
    found: dict[str, dict[str, dict[int, Json]]] = {}
    for metric, by_system in results.items():
        said = {
            system: {
                place[name]: value
                for name, value in result.score.annotations.items()
                if name in place
            }
            for system, result in by_system.items()
            if result.score.annotations
        }
        if said:
            found[metric] = said
    return found
