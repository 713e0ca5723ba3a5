"""Records of tests and rankings: everything a reader needs to judge a p-value."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mtbench.types import Interval, Record

Unit = Literal["segment", "document"]
TestMethod = Literal["exact randomization", "approximate randomization", "paired bootstrap"]
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
