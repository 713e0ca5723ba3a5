"""Records of metrics and scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from mtbench.languages import LanguagePair
from mtbench.types.base import SCHEMA_VERSION, ColumnOf, Json, Record
from mtbench.types.corpora import Constraints
from mtbench.types.signatures import Signature

SAME_SCORE = 1e-9
"""Two scores closer than this are the same: sums in another order differ by less."""


class MetricInfo(Record):
    """What a metric is and needs.

    Attributes:
        name: As in ``--metric``.
        title: A name for people.
        needs: What it reads beside the hypothesis.
        uses: What it also reads where every segment has it; constraints, where any has.
        higher_is_better: The direction of quality.
        bounds: Lowest and highest value it can take, where it has such.
        segment_level: ``valid``, or ``indicative`` for a corpus metric's segment values.
        neural: Whether it is a learned metric.
        quality: Whether it measures how good a translation is, so that systems may be ranked by it.
        decimals: Customary number of decimals in a table.
        unit_scale: Factor that brings it to the 0–100 scale (100 for COMET, 1 for BLEU).
        languages: Tags it is known to work for; empty where it does not say.
        licence: Of the metric, its weights included.
        extra: The extra of mtbench that it needs, if any.
        description: One sentence.
        reference: The paper, or where it is defined.

    Example:
        >>> MetricInfo(name="exact", title="Exact match", needs=("reference",)).higher_is_better
        True
    """

    name: str
    title: str
    needs: tuple[Literal["source", "reference"], ...]
    uses: tuple[Literal["source", "reference", "constraints"], ...] = ()
    higher_is_better: bool = True
    bounds: tuple[float, float] | None = None
    segment_level: Literal["valid", "indicative"] = "valid"
    neural: bool = False
    quality: bool = True
    decimals: int = 1
    unit_scale: float = 1.0
    languages: tuple[str, ...] = ()
    licence: str = ""
    extra: str | None = None
    description: str = ""
    reference: str = ""


class ScoringView(Record):
    """What a metric is given of a test set: only what it declared that it needs.

    Attributes:
        pair: The direction.
        ids: Segment ids.
        sources: The source texts, or None to a metric that did not declare them.
        references: For each segment its references, or None likewise.
        documents: For each segment its document.
        constraints: For each segment what its translation must keep or hold, where the metric
            uses that and any segment has some.

    Example:
        >>> from mtbench.languages import LanguagePair
        >>> ScoringView(pair=LanguagePair.parse("en-it"), ids=("a",), sources=None,
        ...             references=(("Piove.",),), documents=(None,)).references
        (('Piove.',),)
    """

    pair: LanguagePair
    ids: tuple[str, ...]
    sources: ColumnOf[str] | None
    references: ColumnOf[tuple[str, ...]] | None
    documents: tuple[str | None, ...]
    constraints: tuple[Constraints | None, ...] | None = None

    @property
    def reference_count(self) -> int | None:
        """How many references each segment has; None where that varies or none are given."""
        counts = {len(references) for references in self.references or ()}
        return counts.pop() if len(counts) == 1 else None


class Candidate(Record):
    """One hypothesis, and what a segment-wise metric may hold it against.

    Attributes:
        id: Of the segment.
        pair: The direction.
        hypothesis: What is judged.
        source: Or None to a metric that did not declare it.
        references: Likewise empty.
        context: Source (or an empty text) and hypothesis of segments before it in its document,
            nearest last; as many as the metric asks for.

    Example:
        >>> from mtbench.languages import LanguagePair
        >>> pair = LanguagePair.parse("en-it")
        >>> Candidate(id="a1", pair=pair, hypothesis="Piove.", references=("Piove.",)).hypothesis
        'Piove.'
    """

    id: str
    pair: LanguagePair
    hypothesis: str
    source: str | None = None
    references: tuple[str, ...] = ()
    context: tuple[tuple[str, str], ...] = ()


class Judged(Record):
    """A segment's score, and what goes with it that is no number.

    Attributes:
        score: On the metric's scale.
        annotation: Error spans, reasons; kept by segment id.

    Example:
        >>> Judged(score=80.0, annotation={"reason": "one word is missing"}).score
        80.0
    """

    score: float
    annotation: Json = None


class Interval(Record):
    """An interval around a system score.

    Attributes:
        low, high: Its ends, on the metric's scale.
        level: Its nominal coverage.
        method: How it was made.
        resamples: Number of resamples.
        seed: Of the resampling.
        unit: What was resampled: ``segment`` or ``document``.
        units: How many of those there are.
        reliable: False below 30 units.
        basis: Digest of the statistics and units it was drawn from; empty where another version
            wrote it, or it is an interval of something else than one score.
    """

    low: float
    high: float
    level: float = 0.95
    method: str = "percentile bootstrap"
    resamples: int
    seed: int
    unit: Literal["segment", "document"]
    units: int
    reliable: bool
    basis: str = ""


class Score(Record):
    """One metric's verdict on one output: everything but the arrays.

    Attributes:
        schema_version: Of the file it is kept in.
        metric: The metric's name.
        info: What the metric is, as it was.
        options: The metric's options, whole.
        signature: How the score was computed.
        corpus, pair, system: Whose score it is.
        score: The system score, on the metric's customary scale.
        interval: Around the system score.
        kind: The registry's name of the metric, where ``metric`` is one of a card or a file.
        segments: Number of segments.
        failures: Segments without a translation, counted as empty (``--allow-partial``).
        unjudged: Segment id → why the metric gave it no score; ``score`` is over the others.
        output_digest, sources_digest, references_digest, testset_digest: What it was made from.
        documents: Document → score over its segments, where documents are known.
        domains: Domain → score over its segments, where domains are known.
        annotations: Segment id → what is no number (error spans, a judge's reasons).
        notes: Facts about the whole (inputs cut, hypotheses empty).
    """

    schema_version: int = SCHEMA_VERSION
    metric: str
    kind: str | None = None
    info: MetricInfo
    options: dict[str, Json] = Field(default_factory=dict)
    signature: str
    corpus: str
    pair: LanguagePair
    system: str
    score: float
    interval: Interval | None = None
    segments: int
    failures: int = 0
    unjudged: dict[str, str] = Field(default_factory=dict)
    output_digest: str
    sources_digest: str
    references_digest: str
    testset_digest: str
    documents: dict[str, float] = Field(default_factory=dict)
    domains: dict[str, float] = Field(default_factory=dict)
    annotations: dict[str, Json] = Field(default_factory=dict)
    notes: dict[str, Json] = Field(default_factory=dict)

    @field_validator("signature")
    @classmethod
    def _signed(cls, signature: str) -> str:
        Signature.parse(signature)
        return signature


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """Per-segment sufficient statistics of one output under one metric.

    Attributes:
        ids: Segment ids, in corpus order.
        rows: Float array of shape (n, k): one row per segment; any subset's score is the
            metric's ``pool`` of the sum of its rows.
        segment_scores: Float array of shape (n,); NaN where the metric gave none.
    """

    ids: tuple[str, ...]
    rows: NDArray[np.float64]
    segment_scores: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.rows.ndim != 2 or len(self.ids) != len(self.rows):
            raise ValueError(f"{len(self.ids)} ids against statistics of shape {self.rows.shape}")
        if self.segment_scores.shape != (len(self.ids),):
            raise ValueError(f"{len(self.ids)} ids against {len(self.segment_scores)} scores")


@dataclass(frozen=True, slots=True, eq=False)
class ScoredBlock:
    """Segments of one system that a metric is done with.

    Attributes:
        ids: Segment ids.
        rows: Float array of shape (n, k); zeros where the segment has no score. Of very many
            segments counts may come as whole numbers in less room.
        unjudged: Segment id → why it has none.
        annotations: Segment id → what is no number.
        notes: Facts about the block as a whole.
    """

    ids: tuple[str, ...]
    rows: NDArray[np.float64]
    unjudged: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, Json] = field(default_factory=dict)
    notes: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class MetricResult:
    """A score and the statistics it follows from."""

    score: Score
    statistics: Statistics
