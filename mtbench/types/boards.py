"""Records of leaderboards."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mtbench.languages import LanguagePair
from mtbench.types.base import SCHEMA_VERSION, Json, Record
from mtbench.types.corpora import TestSetFacts
from mtbench.types.scores import Interval, MetricInfo


class Cell(Record):
    """One metric's place in a row.

    Attributes:
        score: The system score, or None where there is none.
        interval: Around it.
        signature: How it was computed.
        partial: Whether segments without a translation count as empty ones in it, or segments
            that the metric gave no score are left out; it stands in no ranking.
        unjudged: Segments that the metric gave no score.
        cut: Segments of which the metric read only the beginning.
        notes: Sentences without which the score would mislead.
        favoured: Why the metric may favour the system, in a few words each: judged by itself or
            its family, decoded for it.
        reason: Why there is no score.
    """

    score: float | None = None
    interval: Interval | None = None
    signature: str | None = None
    partial: bool = False
    cut: int = 0
    notes: tuple[str, ...] = ()
    favoured: tuple[str, ...] = ()
    unjudged: int = 0
    reason: str | None = None


class TermRecall(Record):
    """How many terms of its glossary a system's translations use.

    Attributes:
        asked: Terms in the sources that the glossary has a translation of, counted by segment.
        used: Of them those whose translation has one of the glossary's.

    Example:
        >>> TermRecall(asked=8, used=6).share
        0.75
    """

    asked: Annotated[int, Field(ge=1)]
    used: Annotated[int, Field(ge=0)]

    @property
    def share(self) -> float:
        """Used of those asked for, 0 to 1."""
        return self.used / self.asked


class Row(Record):
    """One system on one test set.

    Attributes:
        system: Its name, unique in the table.
        folder: Its folder under results.
        baseline: Whether it stands outside the ranking.
        rank: Shared by its cluster; None for an unranked row.
        rank_low, rank_high: The range that its rank can have.
        cluster: Number of its cluster, from 1.
        cells: Metric → cell.
        segments, failures, empty, copied, off_target: Counts; None where not looked for.
        off_target_reason: Why nobody has looked for it, where so.
        garbage: Flags of what is surely no translation, or not its own → segments, those above
            among them.
        length_ratio: Characters of the hypotheses over characters of the references.
        seconds_per_segment: Wall time of translation over segments translated.
        terms: What became of the terms of its own glossary; None for a system without one.
        via: Languages that text passed through.
        reference_made: Whether the references are edited or chosen outputs of this system, or of
            one of its lineage.
        notes: Sentences a reader must see.
        testset_digest, output_digest: What the row was made from.
    """

    system: str
    folder: str
    baseline: bool = False
    rank: int | None = None
    rank_low: int | None = None
    rank_high: int | None = None
    cluster: int | None = None
    cells: dict[str, Cell] = Field(default_factory=dict)
    segments: int
    failures: int = 0
    empty: int | None = None
    copied: int | None = None
    off_target: int | None = None
    off_target_reason: str | None = None
    garbage: dict[str, int] = Field(default_factory=dict)
    length_ratio: float | None = None
    seconds_per_segment: float | None = None
    terms: TermRecall | None = None
    via: tuple[str, ...] = ()
    reference_made: bool = False
    notes: tuple[str, ...] = ()
    testset_digest: str
    output_digest: str


class HumanOrder(Record):
    """How far people order the systems of a test set as a metric does.

    Attributes:
        campaign: Their judgements', as they are kept.
        metric: The metric.
        systems, segments: Judged: every system on every one of the segments.
        agreeing, pairs: Pairs of systems that both order alike by means over them, of how many.
        contradicted: Pairs that the metric separates on the whole set, and people the other way
            round, the metric's better one first.
    """

    campaign: str
    metric: str
    systems: int
    segments: int
    agreeing: int
    pairs: int
    contradicted: tuple[tuple[str, str], ...] = ()


class Table(Record):
    """All systems on one test set.

    Attributes:
        corpus, pair: The test set.
        facts: What a reader must know of it.
        metrics: Columns, in order.
        rank_metric: The primary metric, or None where nothing can be ranked.
        verdict: One sentence on what the ranking can tell, or why nobody is ranked.
        rows: Sorted by the primary metric, best first; partial scores, rows without a score and
            baselines last.
        excluded: Stored scores and runs that are not in the table, with the reason.
        tests: Every paired test behind the ranking, as JSON.
        headline: Which of the columns is one number over several metrics, if there is one.
        headline_metrics: The metrics that it is over.
        people: Each campaign of human judgements that is kept of this test set, beside the primary
            metric.
        published: What is published of the primary metric's agreement with people.
    """

    corpus: str
    pair: LanguagePair
    facts: TestSetFacts
    metrics: tuple[str, ...]
    rank_metric: str | None = None
    verdict: str = ""
    rows: tuple[Row, ...]
    excluded: tuple[str, ...] = ()
    tests: tuple[Json, ...] = ()
    headline: str | None = None
    headline_metrics: tuple[str, ...] = ()
    people: tuple[HumanOrder, ...] = ()
    published: tuple[str, ...] = ()


class Leaderboard(Record):
    """Tables, one for each test set, sorted by corpus and pair.

    Attributes:
        metrics: Metric → what it is.
        tables: The tables.
        missing: Metric → why its column is empty everywhere.
        mtbench_version: Of the program that built it.
    """

    schema_version: int = SCHEMA_VERSION
    metrics: dict[str, MetricInfo]
    tables: tuple[Table, ...]
    missing: dict[str, str] = Field(default_factory=dict)
    mtbench_version: str
