"""Records of what statistics found: tests, rankings, differences between leaderboards, slices.

They hold everything a reader needs to judge a number, and no verbs.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mtbench.types.base import SCHEMA_VERSION, Record
from mtbench.types.scores import Interval

Unit = Literal["segment", "document"]
TestMethod = Literal["exact randomization", "approximate randomization", "paired bootstrap"]
Verdict = Literal["better", "worse", "equivalent", "undecided"]
Probability = Annotated[float, Field(ge=0, le=1)]


class UnitChoice(Record):
    """What is resampled on a test set, and why.

    Attributes:
        unit: ``document`` from 20 documents on, otherwise ``segment``.
        units: How many of those there are.
        index: For each segment the number of its unit, where documents are resampled.
        documents: How many documents there are.
        correlation: Intraclass correlation of segment scores within documents, where it was
            looked at.
        p: Of the permutation test of that correlation.
        warning: A sentence, where segments are resampled although those of one document
            clearly hang together.
    """

    unit: Unit
    units: int
    index: tuple[int, ...] | None = None
    documents: int = 0
    correlation: float | None = None
    p: Probability | None = None
    warning: str | None = None


class TestLimits(Record):
    """What a significance test on a test set can show at all, whatever the systems.

    Attributes:
        unit: What it resamples.
        units: How many of those there are.
        smallest_p: The smallest two-sided p-value it can reach, 2 / 2ⁿ.
        separable_systems: The most systems that could all be told apart at 5 % after Holm's
            correction over their pairs; None where the number of units sets no limit.
        reliable: Whether intervals can be relied on (30 units or more).
    """

    __test__ = False  # not a test case, whatever pytest makes of the name

    unit: Unit
    units: int
    smallest_p: Probability
    separable_systems: int | None
    reliable: bool


class Agreement(Record):
    """The estimated share of system pairs in which humans agree, or why there is none.

    Attributes:
        percent: Estimated agreement in per cent.
        reason: Why there is no estimate, in one sentence.
        doubtful: Whether the difference is significant and yet humans would agree for under
            60 % of such pairs.
    """

    percent: float | None = None
    reason: str | None = None
    doubtful: bool = False


class AgreementCurve(Record):
    """How often humans agree with a metric's order of two systems, by the metric's delta.

    ``accuracy(Δ) = a / (1 + e^(-bΔ))`` in per cent, for deltas on a 0–100 scale: Kocmi et al. 2024,
    "Navigating the Metrics Maze: Reconciling Score Magnitudes and Accuracies" (ACL 2024,
    arXiv:2401.06760). The coefficients are those of the authors' own tool
    (github.com/kocmitom/MT-Thresholds, ``python-tool/mt_thresholds.py``), which reproduce the
    thresholds of the paper's main table to its last digit.

    Attributes:
        a, b: The coefficients.
        of_one_lineage: Whether it holds only between systems of one lineage: on unrelated ones the
            metric agrees with humans in fewer than 60 % of pairs whatever the delta (58.2–59.1 %;
            the same source, table of accuracies).

    Example:
        >>> AgreementCurve(a=92.999999999972, b=1.1142732157139852).a
        92.999999999972
    """

    a: float
    b: float
    of_one_lineage: bool = False


class PairedTest(Record):
    """One test of the difference between two systems under one metric.

    Attributes:
        a, b: The two systems.
        metric: The metric's name.
        higher_is_better: Its direction.
        score_a, score_b: Their system scores.
        delta: ``score_a - score_b``, on the metric's own scale.
        p: The two-sided p-value.
        p_adjusted: The p-value corrected over the family; ``p`` where the family is this pair.
        method: The test that decided.
        resamples: Swaps or resamples looked at (all 2ⁿ where exact).
        seed: Of the draws.
        unit: What was swapped.
        units: How many of those there are.
        sides: Always 2.
        alpha: The level tested at.
        correction: How p-values were corrected.
        family: How many pairs they were corrected over.
        baseline: The first system of a comparison, where the pair stands in one.
        floor: The smallest p-value this pair could have had: 2 / 2ⁿ over the units in which
            the two systems' statistics differ.
        interval: 95 % percentile bootstrap interval of the delta.
        interval_90: 90 % interval of the delta, for equivalence tests.
        standard_error: Of the delta, by the same resamples.
        detectable: 2.8 standard errors: the size of a difference that such a test finds in
            80 % of cases, from 30 units on.
        wins, losses, ties: Segments in which ``a`` scores better, worse, or the same.
        agreement: How often humans agree with the metric at such a delta, where that was asked.
        favours: Of the two, those whose output, or whose lineage's, became the references.
    """

    a: str
    b: str
    metric: str
    higher_is_better: bool = True
    score_a: float
    score_b: float
    delta: float
    p: Probability
    p_adjusted: Probability
    method: TestMethod
    resamples: int
    seed: int
    unit: Unit
    units: int
    sides: Literal[2] = 2
    alpha: float
    correction: Literal["none", "holm"] = "none"
    family: int = 1
    baseline: str | None = None
    floor: Probability
    interval: Interval
    interval_90: Interval
    standard_error: float
    detectable: float | None = None
    wins: int
    losses: int
    ties: int
    agreement: Agreement | None = None
    favours: tuple[str, ...] = ()

    @property
    def significant(self) -> bool:
        """Whether the corrected p-value reaches the level."""
        return self.p_adjusted <= self.alpha

    @property
    def winner(self) -> str | None:
        """The significantly better system, if one is."""
        if not self.significant or self.delta == 0:
            return None
        return self.a if (self.delta > 0) == self.higher_is_better else self.b

    def turned(self) -> PairedTest:
        """The same test seen from the other system: ``a`` and ``b`` change places."""
        return self.model_copy(
            update={
                "a": self.b,
                "b": self.a,
                "score_a": self.score_b,
                "score_b": self.score_a,
                "delta": -self.delta + 0.0,
                "interval": _negated(self.interval),
                "interval_90": _negated(self.interval_90),
                "wins": self.losses,
                "losses": self.wins,
            }
        )


def _negated(found: Interval) -> Interval:
    return found.model_copy(update={"low": -found.high + 0.0, "high": -found.low + 0.0})


class RankedSystem(Record):
    """One row of a ranking.

    Attributes:
        system: The system.
        score: Its system score, where it has one.
        interval: 95 % percentile bootstrap interval of the score.
        baseline: Whether it stands outside the ranking as a baseline.
        rank: Shared by its cluster: 1 + the systems in clusters above.
        cluster: From 1 at the top.
        rank_low, rank_high: The range its rank may have: losses + 1 … N - wins.
        wins, losses: Systems that it beats significantly, and that beat it.
        unranked: Why it has no rank, where it has none.
    """

    system: str
    score: float | None
    interval: Interval | None = None
    baseline: bool = False
    rank: int | None = None
    cluster: int | None = None
    rank_low: int | None = None
    rank_high: int | None = None
    wins: int = 0
    losses: int = 0
    unranked: str | None = None


class Ranking(Record):
    """Systems of one test set ordered by one metric.

    Attributes:
        metric: The metric's name.
        higher_is_better: Its direction.
        alpha: The family-wise level.
        correction: Over all pairs of candidates.
        method: The test that decided; None where there was no pair.
        resamples: Swaps looked at for each pair.
        seed: Of the draws.
        unit: What was swapped and resampled.
        units: How many of those there are.
        pairs: Size of the family.
        floor: The smallest p-value a pair could have.
        systems: Best first; then baselines by score, then those without a score.
        tests: All pairs of candidates, in the order of ``systems``.
        sentence: Why nobody can be ranked, where so.
        warnings: Sentences a reader must see.
    """

    metric: str
    higher_is_better: bool = True
    alpha: float
    correction: Literal["holm"] = "holm"
    method: TestMethod | None = None
    resamples: int
    seed: int
    unit: Unit
    units: int
    pairs: int
    floor: Probability
    systems: tuple[RankedSystem, ...]
    tests: tuple[PairedTest, ...]
    sentence: str | None = None
    warnings: tuple[str, ...] = ()

    def test(self, a: str, b: str) -> PairedTest | None:
        """The test of two systems, in whichever order they stand."""
        return next((t for t in self.tests if {t.a, t.b} == {a, b}), None)


# --- reading a delta ------------------------------------------------------------------------


class MetricDelta(Record):
    """One metric in a row that two leaderboards share.

    Attributes:
        metric: Its name.
        deciding: Whether verdicts rest on it.
        old, new: System scores; None where a side has none.
        delta: ``new - old``.
        higher_is_better: Its direction; None where it is not known.
        decimals: Customary number of decimals.
        signature: What both sides say; None where one of them does not.
        verdict: Of the new row against the old; None where a score is missing.
        reason: Why there is no test or no delta, or what else the verdict rests on.
        test: The paired test, ``a`` being the new row and ``b`` the old.
        margin: The margin given for this metric.
        not_inferior: Whether the new row is at most the margin worse; None without a margin.
        agreement: How often humans agree with the metric at such a delta.
    """

    metric: str
    deciding: bool = True
    old: float | None = None
    new: float | None = None
    delta: float | None = None
    higher_is_better: bool | None = None
    decimals: int = 2
    signature: str | None = None
    verdict: Verdict | None = None
    reason: str | None = None
    test: PairedTest | None = None
    margin: float | None = None
    not_inferior: bool | None = None
    agreement: Agreement | None = None


class RowDiff(Record):
    """One system on one test set, in two leaderboards.

    Attributes:
        corpus, src, tgt: The test set.
        system: Its name in the new leaderboard, or in the old one where it is missing.
        old_system: Its name in the old leaderboard, where it is another.
        status: In both, only in the new one, only in the old one; or in both, but on test sets
            that differ, so that nothing of it can be compared.
        reason: What differs, where it is ``changed``.
        same_output: Whether both rows were made from the same output; None where not known.
        verdict: Over the deciding metrics: worse where one is worse, else better where one is
            better, else equivalent where all are, else undecided.
        metrics: One entry per metric that either side has.
    """

    corpus: str
    src: str
    tgt: str
    system: str
    old_system: str | None = None
    status: Literal["both", "new", "missing", "changed"]
    reason: str | None = None
    same_output: bool | None = None
    verdict: Verdict | None = None
    metrics: tuple[MetricDelta, ...] = ()


class Gate(Record):
    """What ``--fail-on`` makes of a comparison.

    Attributes:
        fail_on: What it was asked to stop.
        state: ``open`` (exit 0), ``closed`` (exit 1), ``no answer`` (exit 2).
        reasons: Why it is not open.
    """

    fail_on: tuple[str, ...]
    state: Literal["open", "closed", "no answer"]
    reasons: tuple[str, ...] = ()


class LeaderboardDiff(Record):
    """What changed between two leaderboards.

    Attributes:
        old, new: What was compared, as given.
        alpha: The family-wise level.
        deciding: Metrics that verdicts rest on. Their tests over all rows are one family.
        margins: Metric → the largest difference that does not matter.
        verdict: Over all rows in both, by the rule of a row; None where there is none.
        gate: What ``--fail-on`` makes of it, where that was asked.
        rows: Sorted by test set and system.
        notes: Sentences a reader must see.
    """

    schema_version: int = SCHEMA_VERSION
    old: str
    new: str
    alpha: float
    deciding: tuple[str, ...]
    margins: dict[str, float] = Field(default_factory=dict)
    verdict: Verdict | None = None
    gate: Gate | None = None
    rows: tuple[RowDiff, ...]
    notes: tuple[str, ...] = ()


# --- parts of a test set, and several test sets ---------------------------------------------


SuspicionKind = Literal[
    "reference itself", "reference affinity", "twins", "metric disagreement",
    "optimised for a metric", "hygiene", "seen in training",
]  # fmt: skip


class Suspicion(Record):
    """One thing that a reader should look at.

    Attributes:
        kind: What it is.
        systems: Whom it concerns.
        evidence: What was found, in one sentence.
        advice: What to do, in one sentence.
        segments: Segments to look at, where it is about some.
    """

    kind: SuspicionKind
    systems: tuple[str, ...]
    evidence: str
    advice: str
    segments: tuple[str, ...] = ()


class Suspicions(Record):
    """What was found on one test set.

    Attributes:
        findings: What a reader should look at.
        unexamined: What was not looked at, and why.
    """

    findings: tuple[Suspicion, ...]
    unexamined: tuple[str, ...] = ()


class SliceScore(Record):
    """One system on one slice; no interval where slices are too many for one each.

    Attributes:
        system: Its name.
        score: Its score there.
        interval: Around it.
        losses: Candidates that are significantly better there, by paired tests corrected over all
            pairs of the slice; None where nobody tested.
    """

    system: str
    score: float
    interval: Interval | None = None
    losses: int | None = None

    @property
    def doubtful(self) -> bool:
        """Whether its interval rests on too little."""
        return self.interval is not None and not self.interval.reliable


class Slice(Record):
    """Segments that share a label.

    Attributes:
        label: What they share.
        segments: How many they are.
        scores: One entry per system, in the order given.
        tests: Paired tests there, one per pair of candidates; 0 where nobody tested.
        untested: Why nobody did; None where somebody did, or nobody was asked to.
    """

    label: str
    segments: int
    scores: tuple[SliceScore, ...]
    tests: int = 0
    untested: str | None = None

    @property
    def best(self) -> frozenset[str]:
        """Systems that no candidate beats, where tests separate any."""
        if not any(one.losses for one in self.scores):
            return frozenset()
        return frozenset(one.system for one in self.scores if one.losses == 0)


class Sliced(Record):
    """Scores by domain, document, original language or length.

    Attributes:
        by: The label that segments of a slice share: domain, document ...
        metric: The metric's name.
        slices: In order of first appearance; lengths from short to long.
        unlabelled: Segments without a label, which are in no slice.
    """

    by: str
    metric: str
    slices: tuple[Slice, ...]
    unlabelled: int = 0


class OverTestSets(Record):
    """One system over several test sets.

    Attributes:
        system: The system.
        ranks: Test set → first and last rank it can hold there, where it is ranked.
        wins, losses: Significant wins and losses against other systems, over all test sets.
        macro_average: Mean of its scores, each test set counting once; None unless the grid is
            complete.
    """

    system: str
    ranks: dict[str, tuple[int, int]] = Field(default_factory=dict)
    wins: int = 0
    losses: int = 0
    macro_average: float | None = None


class Overview(Record):
    """Systems over several test sets, by one metric.

    Attributes:
        metric: The metric's name.
        test_sets: ``CORPUS/SRC-TGT``, sorted.
        systems: Most wins less losses first.
        label: What the average is an average of, in words, where there is one.
        reason: Why there is no average, where there is none.
    """

    metric: str
    test_sets: tuple[str, ...]
    systems: tuple[OverTestSets, ...]
    label: str | None = None
    reason: str | None = None
