"""Records of how far metrics agree with human scores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from mtbench.languages import LanguagePair
from mtbench.types.base import SCHEMA_VERSION, Record

Statistic = Literal[
    "pairwise_accuracy",
    "soft_pairwise_accuracy",
    "accuracy_with_ties",
    "pearson_flat",
]


class Measured(Record):
    """A value with its 95 % interval.

    Attributes:
        value: None where it cannot be had, see ``reason``.
        low, high: Ends of the interval; None where there is none.
        reason: Why there is no value, or what to know of it.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


class SystemAgreement(Record):
    """How one kind of system score orders systems, beside the mean human scores.

    Attributes:
        scores: Of the systems, in the order of the table.
        agreeing, pairs: Pairs of systems that both sides order alike, of how many.
        pairwise_accuracy, pearson, kendall, spearman: Between the systems.
    """

    scores: tuple[float, ...]
    agreeing: int
    pairs: int
    pairwise_accuracy: Measured
    pearson: Measured
    kendall: Measured
    spearman: Measured


class TieAccuracy(Record):
    """Pairwise accuracy within segments, with ties.

    Attributes:
        estimate: The accuracy; its interval holds ε fixed.
        epsilon: Differences up to it count as ties of the metric, on its own scale.
        tied: Share of pairs that it makes ties.
        degenerate: Whether that is nearly all of them, so that the value says nothing.
    """

    estimate: Measured
    epsilon: float
    tied: float
    degenerate: bool


class WithinSegments(Record):
    """A correlation within segments, averaged over segments.

    Attributes:
        estimate: The average.
        segments: Segments that took part.
        left_out: Segments in which a side is constant.
    """

    estimate: Measured
    segments: int
    left_out: int


class MetricAgreement(Record):
    """One metric beside human scores.

    Attributes:
        metric: Its name; of a sentinel, what it counts.
        signature: Of its scores; None for a sentinel.
        sentinel: Whether it looks at no quality: lengths, and a constant.
        whole_set: By corpus scores on the whole test set; None where there are none.
        judged_segments: By corpus scores on the judged segments; None likewise.
        segment_means: By means of segment scores on the judged segments.
        soft_pairwise_accuracy: By p-values of those means.
        accuracy_with_ties: Within segments.
        pearson_flat, kendall_flat: Over all rows, segments × systems.
        pearson_within, kendall_within: Within segments, averaged.
        not_above_sentinels: Statistics in which a sentinel does as well or better.
    """

    metric: str
    signature: str | None = None
    sentinel: bool = False
    whole_set: SystemAgreement | None = None
    judged_segments: SystemAgreement | None = None
    segment_means: SystemAgreement
    soft_pairwise_accuracy: Measured
    accuracy_with_ties: TieAccuracy
    pearson_flat: Measured
    kendall_flat: Measured
    pearson_within: WithinSegments
    kendall_within: WithinSegments
    not_above_sentinels: tuple[Statistic, ...] = ()


class MetricTest(Record):
    """Whether two metrics differ in a statistic (PERM-BOTH, Deutsch et al. 2021).

    Attributes:
        statistic: In what.
        a, b: The metrics, the one with the larger value first.
        difference: Of the values, from 0 on.
        p: Two-sided.
        p_corrected: After Holm's correction over all pairs of that statistic.
        significant: Whether that is at most α.
    """

    statistic: Statistic
    a: str
    b: str
    difference: float
    p: float
    p_corrected: float
    significant: bool


class SpanScores(Record):
    """How far the errors that a metric marks are those that people mark.

    Attributes:
        precision: Of the metric's errors, how much is right.
        recall: Of people's errors, how much was found.
        f1: Their harmonic mean.
    """

    precision: Measured
    recall: Measured
    f1: Measured

    def each(self) -> Iterator[tuple[str, Measured]]:
        """The three with their names."""
        return ((name, getattr(self, name)) for name in SpanScores.model_fields)


class SpanAgreement(Record):
    """The errors that one metric marks beside people's.

    Attributes:
        metric: Its name; of a sentinel, what it marks.
        sentinel: Whether it looks at no quality.
        judgements: Judged translations that took part, one per rater.
        marked, people: Errors with a place that each side marks in them.
        placeless: Errors of the metric without a place in the translation; they take no part.
        partial_credit: Match with partial overlap and partial credit, micro-averaged (Perrella,
            Agostinho & Zaragoza 2026), whatever the severity.
        by_severity: Severity → the same among the errors that either side gives it.
        characters: WMT25's F1 by characters, half credit for another severity.
    """

    metric: str
    sentinel: bool = False
    judgements: int
    marked: int
    people: int
    placeless: int = 0
    partial_credit: SpanScores
    by_severity: dict[str, SpanScores] = Field(default_factory=dict)
    characters: SpanScores


class ThresholdOutcome(Record):
    """What a threshold on a metric's scores does.

    Attributes:
        threshold: Scores at least as good as it count as error-free; on the metric's own scale.
        precision, recall, f1: Of that.
    """

    threshold: float
    precision: float
    recall: float
    f1: float


class ErrorFreeDetection(Record):
    """How well a metric tells the translations without an error from the others (WMT26).

    Attributes:
        metric: Its name.
        sentinel: Whether it looks at no quality.
        rows: Judged translations, segment × system.
        error_free: Those in which people find no error, see ``rule``.
        rule: When a translation counts as such.
        average_precision: Precision averaged over recall; the share of error-free ones is what
            chance reaches.
        best: The threshold with the largest F1, chosen on the same data.
        curve: From the strictest threshold to the mildest, at steps of recall.
        unmarked: Precision, recall and F1 of "no error marked"; None where it marks none.
    """

    metric: str
    sentinel: bool = False
    rows: int
    error_free: int
    rule: str
    average_precision: Measured
    best: ThresholdOutcome
    curve: tuple[ThresholdOutcome, ...]
    unmarked: SpanScores | None = None


class RaterAgreement(Record):
    """How far people agree with each other: a metric cannot be asked for more.

    Attributes:
        raters: How many there are.
        segments: Rows (segment × system) that two or more of them judged.
        pairs: Pairs of judgements of one row.
        pearson, kendall: Over those pairs, each in both orders.
        same_order: Share of pairs of systems of one segment, judged by the same two raters, that
            both order alike, ties with ties.
        spans: One rater's marked errors beside another's, by partial credit; None where no two
            marked errors in one translation.
    """

    raters: int
    segments: int
    pairs: int
    pearson: float | None = None
    kendall: float | None = None
    same_order: float | None = None
    spans: SpanScores | None = None


class MetaTable(Record):
    """One test set: how far its metrics agree with human scores.

    Attributes:
        corpus, pair: Which test set.
        part: Which part of it, such as ``domain: news``; None for all.
        systems: Those that take part, best first by their human scores.
        human_means: Their mean human scores on the judged segments.
        left_out: System → why it takes no part.
        segments: Of the whole set.
        judged: Segments judged for every system that takes part.
        judged_for_some: Segments judged for some of them only; these stand in the flat and
            within-segment values alone.
        source: The human file.
        protocol: What the scores are.
        raters: Their agreement, where the file names them.
        metrics: Each metric, sentinels last.
        tests: All pairs of metrics.
        clusters: Statistic → metrics in clusters, best first.
        spans: The errors that metrics mark beside people's, where both mark any.
        error_free: How well each metric finds the translations without an error, where people
            mark errors.
        alpha, draws, permutations, resamples, seed: How it was computed.
        notes: Sentences a reader must see.
    """

    corpus: str
    pair: LanguagePair
    part: str | None = None
    systems: tuple[str, ...]
    human_means: tuple[float, ...]
    left_out: dict[str, str] = Field(default_factory=dict)
    segments: int
    judged: int
    judged_for_some: int = 0
    source: str
    protocol: str
    raters: RaterAgreement | None = None
    metrics: tuple[MetricAgreement, ...]
    tests: tuple[MetricTest, ...] = ()
    clusters: dict[Statistic, tuple[tuple[str, ...], ...]] = Field(default_factory=dict)
    spans: tuple[SpanAgreement, ...] = ()
    error_free: tuple[ErrorFreeDetection, ...] = ()
    alpha: float
    draws: int
    permutations: int
    resamples: int
    seed: int
    notes: tuple[str, ...] = ()


class MetaEvaluation(Record):
    """All test sets of a call.

    Attributes:
        schema_version: Of the JSON form.
        tables: One per test set, and per part of it where parts were asked for.
    """

    schema_version: int = SCHEMA_VERSION
    tables: tuple[MetaTable, ...]
