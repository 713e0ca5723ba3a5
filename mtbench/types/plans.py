"""Records of plans for human judgement, and of what the judged segments say."""

from __future__ import annotations

from typing import Literal

from mtbench.languages import LanguagePair
from mtbench.types.base import SCHEMA_VERSION, Record


class HumanPlan(Record):
    """Which segments are to be judged, and how they were drawn (``plan.json``).

    Attributes:
        schema_version: Of the file.
        corpus, pair: The test set.
        testset_digest: What it was when the plan was made.
        outputs: System → digest of its output then.
        systems: Those to be judged.
        joint: Whether all systems are judged on the same segments.
        unit: What was drawn: segments, or whole documents.
        metric: The metric whose scores made the strata; None where there are none.
        signature: Of that metric.
        strata: For each segment the number of its stratum, by system (one entry where joint).
        drawn: For each system (one entry where joint) the positions of the drawn segments.
        segments: Of the whole set.
        seed: Of the draw.
        rows_digest: Of ``plan.csv``.
    """

    schema_version: int = SCHEMA_VERSION
    corpus: str
    pair: LanguagePair
    testset_digest: str
    outputs: dict[str, str]
    systems: tuple[str, ...]
    joint: bool
    unit: Literal["segment", "document"]
    metric: str | None = None
    signature: str | None = None
    strata: tuple[tuple[int, ...], ...]
    drawn: tuple[tuple[int, ...], ...]
    segments: int
    seed: int
    rows_digest: str


class HumanEstimate(Record):
    """One system's human score over the whole set, from those judged.

    Attributes:
        system: Its name.
        n_judged: Segments judged.
        mean_judged: Their plain mean.
        estimate, ci_low, ci_high: Over the whole set, with a 95 % interval.
        weight: λ, the weight of the metric.
        worth: How many plainly drawn judgements give as narrow an interval.
        reliable: False below 100 judged segments.
    """

    system: str
    n_judged: int
    mean_judged: float
    estimate: float
    ci_low: float
    ci_high: float
    weight: float
    worth: float
    reliable: bool


class HumanDifference(Record):
    """How far two systems lie apart over the whole set.

    Attributes:
        a, b: The systems, the better one first.
        difference, ci_low, ci_high: With a 95 % interval.
        p: Two-sided.
        p_corrected: After Holm's correction over all pairs.
    """

    a: str
    b: str
    difference: float
    ci_low: float
    ci_high: float
    p: float
    p_corrected: float


class HumanEstimates(Record):
    """What the judged segments say about the whole set.

    Attributes:
        schema_version: Of the JSON form.
        corpus, pair: The test set.
        segments: Of the whole set.
        metric, signature: What helped; None without a metric.
        source: The file of judgements.
        systems: Best first.
        differences: All pairs.
        notes: Sentences a reader must see.
    """

    schema_version: int = SCHEMA_VERSION
    corpus: str
    pair: LanguagePair
    segments: int
    metric: str | None = None
    signature: str | None = None
    source: str
    systems: tuple[HumanEstimate, ...]
    differences: tuple[HumanDifference, ...]
    notes: tuple[str, ...] = ()
