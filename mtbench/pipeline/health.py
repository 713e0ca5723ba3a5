"""Outputs → their health: stored where it is fresh, counted where it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter

import numpy as np

from mtbench.config import Workspace
from mtbench.errors import DataError, MtbenchError, RequestError
from mtbench.files.columns import Derived
from mtbench.health.flags import NAMES, faulty
from mtbench.health.look import Looked, Looker, length_ratio, signature
from mtbench.languages import base_language
from mtbench.pipeline.stored import recomputed
from mtbench.plugins import Advance, stored_metric
from mtbench.results import Results, RunFolder
from mtbench.text.belongs import other_language
from mtbench.text.cut import Cut, find_cut
from mtbench.text.identify import named
from mtbench.text.shift import find_shift
from mtbench.types import (
    Engine,
    Hypothesis,
    Json,
    Leaderboard,
    MetricResult,
    OutputHealth,
    Record,
    Row,
    Score,
    Table,
    TestSet,
    output_digest,
    texts_of,
)

_SPREAD = 50  # segments by which the languages of a test set are told


class HealthCheck:
    """Looks at outputs; what is to be found out of a test set itself is found out once.

    Args:
        engine: Where the work runs.

    Attributes:
        heard: Test set and sentence → the systems whose outputs, looked at now, it is about.
    """

    def __init__(self, engine: Engine | None = None) -> None:
        self._engine = engine
        self.heard: dict[tuple[str, str], list[str]] = {}
        self._test_set: TestSet | None = None
        self._looker: Looker | None = None

    def of(
        self,
        test_set: TestSet,
        hypotheses: Sequence[Hypothesis],
        stored: OutputHealth | None = None,
        advance: Advance | None = None,
    ) -> OutputHealth:
        """The health of an output; what is stored of it, if it is fresh.

        Args:
            test_set: What it translates, with its references.
            hypotheses: In the order of the test set.
            stored: What was found before.
            advance: Called with the number of segments looked at since the last call.
        """
        signed = str(signature(references=any(test_set.references)))
        now = (signed, test_set.digest(), output_digest(hypotheses))
        if stored is not None and now == (
            stored.signature, stored.testset_digest, stored.output_digest
        ):  # fmt: skip
            return stored
        texts = texts_of(hypotheses)
        looked = self._looking_at(test_set).look(texts, advance)
        counts: dict[str, float] = dict(looked.counts())
        ratio = length_ratio(test_set.references, texts)
        if ratio is not None:
            counts["length_ratio"] = ratio
        return OutputHealth(
            signature=signed,
            testset_digest=now[1],
            output_digest=now[2],
            judged=looked.judged,
            counts=counts,
            evidence=looked.evidence,
            notes=(*_notes(test_set, texts), *_of_likeness(looked)),
        )

    def _looking_at(self, test_set: TestSet) -> Looker:
        if self._looker is None or self._test_set is not test_set:
            self._test_set = test_set
            self._looker = Looker(
                test_set.pair,
                test_set.ids,
                test_set.source_texts,
                test_set.references,
                self._engine,
            )
        return self._looker


def _notes(test_set: TestSet, texts: Sequence[str | None]) -> tuple[str, ...]:
    """Whether languages are those of the pair; whether it is one line off from some segment on, or
    cut, by references or else sources.
    """
    target, others = test_set.pair.target, test_set.source_texts
    tags = (target, test_set.pair.source)
    if all(test_set.references):
        tags, others = (target, target), Derived(itemgetter(0), test_set.references)
    said = tuple(_wrong_languages(test_set))
    found = find_shift((text or "" for text in texts), others, tags)
    if found is None:
        cut = find_cut((text or "" for text in texts), others)
        return said if cut is None else (*said, _cut_sentence(cut))
    way = "next" if found.offset > 0 else "previous"
    what = "lost" if found.offset > 0 else "added"
    return (
        *said,
        f"from segment {test_set.ids[found.first]!r} to {test_set.ids[found.last]!r} translations "
        f"fit the {way} segment better: a line was {what} there, and these scores mean nothing",
    )


def _wrong_languages(test_set: TestSet) -> Iterator[str]:
    """A pair that was turned or mistaken: its tokenizers and health checks are the wrong ones."""
    spread = range(0, len(test_set), max(1, len(test_set) // _SPREAD))
    several = [test_set.references[at] for at in spread]
    for side, tag, texts in (
        ("sources", test_set.pair.source, [test_set.source_texts[at] for at in spread]),
        ("references", test_set.pair.target, [texts[0] for texts in several if texts]),
    ):
        if found := other_language(tag, texts):
            yield (
                f"most {side} of the test set are {found}, not {named(base_language(tag))}: "
                f"{test_set.pair} is not their pair, and tokenizers and checks are chosen by it"
            )


def _cut_sentence(cut: Cut) -> str:
    return (
        f"the longer a segment, the less of it is translated: {cut.segments} of the {cut.among} "
        "longest have under three quarters of the length that is usual here, none more than "
        f"{cut.characters} characters; look for a limit of the system that cuts them"
    )


def _of_likeness(looked: Looked) -> Iterator[str]:
    if looked.likeness is not None:
        yield (
            f"{looked.likeness.sentence()}, more than systems have by themselves: the references "
            "were seen, or made of this output, and its scores do not say how well it translates"
        )


class SystemFlags(Record):
    """What is wrong with one output at first sight.

    Attributes:
        system: The system.
        segments, flagged: Counts; being the reference is no fault that flags a segment.
        judged: Segments whose language could be judged.
        counts: Flag → segments that have it.
        evidence: Segment id → flag → evidence.
        as_worst: Metric with bounds → its score with every flagged segment counted as worst.
        not_worst: Metric → why there is no such score.
    """

    system: str
    segments: int
    flagged: int
    judged: int
    counts: dict[str, int]
    evidence: dict[str, dict[str, str]]
    as_worst: dict[str, float]
    not_worst: dict[str, str]


def health_of(
    space: Workspace, board: Leaderboard
) -> Iterator[tuple[Table, tuple[SystemFlags, ...]]]:
    """The stored health of every system of a leaderboard.

    Raises:
        RequestError: If an output was not looked at since it changed.
    """
    results = Results(space.results)
    for table in board.tables:
        yield table, tuple(_one(results, table, row) for row in table.rows)


def stored_health(folder: RunFolder, row: Row) -> OutputHealth | None:
    """The stored health of the output that a row shows; None where there is none."""
    try:
        stored = folder.read_health()
    except DataError:
        return None
    return stored if stored is not None and stored.output_digest == row.output_digest else None


def _one(results: Results, table: Table, row: Row) -> SystemFlags:
    folder = results.run(table.corpus, table.pair, row.folder)
    health = stored_health(folder, row)
    if health is None:
        raise RequestError(
            f"{table.corpus}/{table.pair}: no stored health of {row.system}",
            hint="run mtbench evaluate or score again, which looks at every output",
        )
    as_worst, not_worst = {}, {}
    for metric in table.metrics:
        if row.cells[metric].signature is None:
            continue
        result = stored_result(results, table, row, metric)
        if not of_quality(result.score):
            continue
        found = _as_worst(result, health.evidence)
        if isinstance(found, str):
            not_worst[metric] = found
        else:
            as_worst[metric] = found
    return SystemFlags(
        system=row.system,
        segments=row.segments,
        flagged=sum(map(faulty, health.evidence.values())),
        judged=health.judged,
        counts={flag: int(health.counts[flag]) for flag in NAMES if flag in health.counts},
        evidence=health.evidence,
        as_worst=as_worst,
        not_worst=not_worst,
    )


def stored_result(results: Results, table: Table, row: Row, metric: str) -> MetricResult:
    """The stored score of a row with its statistics."""
    folder = results.run(table.corpus, table.pair, row.folder)
    path = folder.score_path(metric, str(row.cells[metric].signature))
    return recomputed(folder.read_result(path)).result


def of_quality(score: Score) -> bool:
    """Whether a stored score says how good translations are, as its metric sees it today."""
    try:
        return stored_metric(score).info.quality
    except MtbenchError:
        return score.info.quality


def _as_worst(result: MetricResult, evidence: Mapping[str, Mapping[str, str]]) -> float | str:
    """The score with flagged segments at the metric's worst, or why there is none."""
    if result.score.info.bounds is None:
        return "it has no bounds, so there is no worst score"
    try:
        metric = stored_metric(result.score)
    except MtbenchError as error:
        return str(error)
    rows = result.statistics.rows
    worst = metric.worst_rows(rows)
    if worst is None:
        return "it does not say what its worst is"
    flagged = np.array([faulty(evidence.get(name, ())) for name in result.statistics.ids])
    return float(metric.pool(np.where(flagged[:, None], worst, rows).sum(axis=0)))


def as_json(table: Table, systems: tuple[SystemFlags, ...]) -> Json:
    """One table as a JSON value."""
    return {
        "corpus": table.corpus,
        "pair": str(table.pair),
        "systems": [system.model_dump(mode="json") for system in systems],
    }
