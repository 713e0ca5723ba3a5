"""Records: what crosses a boundary between stages, or between the program and a file.

Records hold data and nothing else: no method here touches disk, network or history.
Every record is frozen, refuses unknown fields and non-finite numbers.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from mtbench.digests import digest_rows, digest_text
from mtbench.languages import LanguagePair, LanguageTag

Json = Any
Origin = Literal["human", "machine", "unknown"]

SCHEMA_VERSION = 1


class Record(BaseModel):
    """Base of every record."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


# --- what a test set is made of -------------------------------------------------------------


class Source(Record):
    """One source segment: all that a back end ever sees of a test set.

    Attributes:
        id: The segment's id.
        text: The text to translate.
        document: The document it stands in, where known.
        context: What precedes it and may inform the translation, where the corpus says.
        instruction: What a translator was told about it, where the corpus says.
    """

    id: str
    text: str
    document: str | None = None
    context: str | None = None
    instruction: str | None = None


class Segment(Record):
    """One line of a corpus file.

    Attributes:
        source: The source side.
        references: Zero or more reference translations.
        domain: The corpus's own label of subject or genre.
        original_language: The language the segment was first written in.
        origin: How the reference came to be.
        alignment: Confidence in 0..1 where the pair was aligned from raw documents.
        extra: Keys of the line that mtbench does not know, kept as they are.
    """

    source: Source
    references: tuple[str, ...] = ()
    domain: str | None = None
    original_language: LanguageTag | None = None
    origin: Origin | None = None
    alignment: Annotated[float, Field(ge=0, le=1)] | None = None
    extra: dict[str, Json] = {}


class CorpusCard(Record):
    """What a corpus says of itself (``card.toml``).

    Attributes:
        title: A name for people.
        version: The corpus's own version.
        licence: An SPDX identifier or a sentence.
        url: Where it comes from.
        citation: How to cite it.
        origin: Language → how that side came to be: ``human``, ``machine`` or ``unknown``.
        original_language: The language the texts were first written in, where it is one.
        date: When the texts were published.
        notes: What a user must know before reading a number.
        reversible: Whether each file also serves the other direction.
        reference_names: Names of the references where a file has several, in order.
        files: File name → SHA-256 of its bytes.
    """

    title: str = ""
    version: str = ""
    licence: str = ""
    url: str = ""
    citation: str = ""
    origin: dict[LanguageTag, Origin] = {}
    original_language: LanguageTag | None = None
    date: datetime.date | None = None
    notes: str = ""
    reversible: bool = False
    reference_names: tuple[str, ...] = ()
    files: dict[str, str] = {}

    @field_validator("files")
    @classmethod
    def _hex_digests(cls, files: dict[str, str]) -> dict[str, str]:
        for name, digest in files.items():
            if not re.fullmatch(r"(sha256:)?[0-9a-f]{64}", digest):
                raise ValueError(f"the checksum of {name} is not a SHA-256 in lower-case hex")
        return {name: digest.removeprefix("sha256:") for name, digest in files.items()}


class TestSet(Record):
    """One corpus in one language pair, held by columns so that a million segments fit.

    Attributes:
        corpus: Folder name of the corpus (``NAME@firstN`` where limited).
        pair: The direction.
        sources: The source side, in corpus order.
        references: For each segment, its references.
        reference_names: Names of the references in use, in order; empty where unnamed.
        domains: For each segment, its domain.
        original_languages: For each segment, the language it was first written in.
        origins: For each segment, how its reference came to be.
        alignments: For each segment, the confidence of its alignment.
        extras: Segment id → keys of its line that mtbench does not know.
        reversed: Whether the file was written for the other direction.
        card: The corpus card, if there is one.
    """

    __test__ = False  # not a test case, whatever pytest makes of the name

    corpus: str
    pair: LanguagePair
    sources: tuple[Source, ...]
    references: tuple[tuple[str, ...], ...]
    reference_names: tuple[str, ...] = ()
    domains: tuple[str | None, ...]
    original_languages: tuple[str | None, ...]
    origins: tuple[Origin | None, ...]
    alignments: tuple[float | None, ...]
    extras: dict[str, dict[str, Json]] = {}
    reversed: bool = False
    card: CorpusCard | None = None

    @model_validator(mode="after")
    def _columns_agree(self) -> TestSet:
        sizes = {
            "sources": len(self.sources),
            "references": len(self.references),
            "domains": len(self.domains),
            "original_languages": len(self.original_languages),
            "origins": len(self.origins),
            "alignments": len(self.alignments),
        }
        if len(set(sizes.values())) != 1:
            raise ValueError(f"columns of different lengths: {sizes}")
        return self

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def name(self) -> str:
        """``CORPUS/SRC-TGT``."""
        return f"{self.corpus}/{self.pair}"

    @property
    def ids(self) -> tuple[str, ...]:
        """The segment ids, in corpus order."""
        return tuple(source.id for source in self.sources)

    @property
    def documents(self) -> tuple[str | None, ...]:
        """For each segment, its document."""
        return tuple(source.document for source in self.sources)

    @property
    def reference_count(self) -> int | None:
        """How many references each segment has; None where that varies."""
        counts = {len(references) for references in self.references}
        return counts.pop() if len(counts) == 1 else None

    def sources_digest(self) -> str:
        """What a translation depends on: ids, texts, documents, contexts, instructions."""
        return digest_rows(source.model_dump(exclude_none=True) for source in self.sources)

    def references_digest(self) -> str:
        """What a reference-based score depends on beside the output: ids and references."""
        return digest_rows(
            [source.id, list(references)]
            for source, references in zip(self.sources, self.references, strict=True)
        )

    def digest(self) -> str:
        """What makes two test sets the same: the pair, all sources, all references in use."""
        return digest_text(f"{self.pair}\n{self.sources_digest()}\n{self.references_digest()}\n")


# --- systems and their outputs --------------------------------------------------------------


class SystemCard(Record):
    """A candidate system (``models/NAME.toml``, or made from ``--model BACKEND:TARGET``).

    Attributes:
        name: The system's name.
        backend: The back end that drives it.
        options: The back end's options, as written.
        pairs: Directions it serves; ``*`` for any.
        inline: Whether it was given on the command line rather than by a card.
        licence: Of the weights or the engine.
        url: Where it is described.
        trained_on: Data it was trained on, for contamination notes.
        training_cutoff: Date after which it has seen no data.
        optimised_for: Metrics its decoding or training optimises.
        lineage: Systems of one lineage may be compared by small deltas of BLEU and chrF.
        baseline: Whether it stands outside rankings.
        via: Languages that text passes through on its way.
        price: For paid servers, per million tokens and currency.
        notes: What a user must know.
    """

    name: str
    backend: str
    options: dict[str, Json] = {}
    pairs: tuple[str, ...] = ("*",)
    inline: bool = False
    licence: str = ""
    url: str = ""
    trained_on: tuple[str, ...] = ()
    training_cutoff: datetime.date | None = None
    optimised_for: tuple[str, ...] = ()
    lineage: str | None = None
    baseline: bool = False
    via: tuple[LanguageTag, ...] = ()
    price: dict[str, Json] = {}
    notes: str = ""

    @field_validator("pairs")
    @classmethod
    def _real_pairs(cls, pairs: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(p if p == "*" else str(LanguagePair.parse(p)) for p in pairs)

    def serves(self, pair: LanguagePair) -> bool:
        """Whether the card names the direction."""
        return "*" in self.pairs or str(pair) in self.pairs


class Runtime(Record):
    """How and where to run, as opposed to what: none of it may change a result by itself.

    Attributes:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        batch_size: Segments a batch, where the user said.
        seed: For whatever draws random numbers.
        cache: Folder for converted weights and embeddings.
        force: Go on where a guard would refuse; marked in the result.
        offline: Never try to reach a model hub.
    """

    device: str = "auto"
    batch_size: Annotated[int, Field(ge=1)] | None = None
    seed: int = 0
    cache: str = ""
    force: bool = False
    offline: bool = False


class Translation(Record):
    """One translation, with what a back end wants kept beside it.

    Attributes:
        text: The translation itself.
        kept: Facts for the side file: a raw answer, intermediate text, tokens, cost.
    """

    text: str
    kept: dict[str, Json] = {}


class Hypothesis(Record):
    """What a system made of one segment: a text, or the reason why there is none."""

    id: str
    text: str | None = None
    failure: str | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Hypothesis:
        if (self.text is None) == (self.failure is None):
            raise ValueError("a hypothesis has a text or a failure, and not both")
        return self


class TestSetFacts(Record):
    """What a reader must know of a test set to read a number on it.

    Attributes:
        segments: How many there are.
        documents: How many documents; 0 where they are not known.
        reversed: Whether the corpus file was written for the other direction.
        source_origin, reference_origin: How each side came to be, where the card says.
        original_languages: Languages the segments were first written in.
        date: When the texts were published, where the card says.
        references: References a segment; None where that varies.
    """

    __test__ = False

    segments: int
    documents: int = 0
    reversed: bool = False
    source_origin: Origin | None = None
    reference_origin: Origin | None = None
    original_languages: tuple[str, ...] = ()
    date: datetime.date | None = None
    references: int | None = None


class Labels(Record):
    """What segments are called and grouped by, without their text (``test_set.json``).

    Attributes:
        testset_digest: Of the test set.
        ids: Segment ids, in corpus order.
        documents, domains, original_languages: For each segment, its label.
        source_characters: For each segment, the length of its source.
    """

    schema_version: int = SCHEMA_VERSION
    testset_digest: str
    ids: tuple[str, ...]
    documents: tuple[str | None, ...]
    domains: tuple[str | None, ...]
    original_languages: tuple[str | None, ...]
    source_characters: tuple[int, ...]


class RunRecord(Record):
    """One translation of one test set by one system (``run.json``).

    Attributes:
        schema_version: Of this file.
        corpus: As in the test set.
        pair: The direction.
        card: The system's card, whole.
        system: Name of the system.
        run_digest: What the output depends on: back end, options, weights, sources.
        testset_digest: Of the test set it was last scored on.
        test_set: What a reader must know of it.
        sources_digest: Of the sources alone.
        output_digest: Of ids and texts of the output.
        segments: How many segments there are.
        failures: How many have no translation.
        status: ``complete``, or ``partial`` where there are failures.
        unit: What a back end was given at once: ``segment`` or ``document``.
        batching: ``free`` where batches do not matter to the output, else how they were fixed.
        provenance: What the back end says of itself: versions, weights, parameters.
        notes: Sentences a reader must see (an unpinned revision, joined lines).
        versions: Of mtbench, Python and the packages that took part.
        device: Where it ran.
        seed: The seed it was given.
        started, finished: UTC, ISO 8601.
        seconds: Wall time spent translating, over all sittings.
        translated: Segments translated in that time (repeated sources once).
        usage: Sums that a server reported: tokens, cost.
        health: Counts over the output: ``empty``, ``copied`` …, and ``length_ratio``.
    """

    schema_version: int = SCHEMA_VERSION
    corpus: str
    pair: LanguagePair
    card: SystemCard
    system: str
    run_digest: str
    testset_digest: str
    test_set: TestSetFacts
    sources_digest: str
    output_digest: str
    segments: int
    failures: int
    status: Literal["complete", "partial"]
    unit: Literal["segment", "document"] = "segment"
    batching: str = "free"
    provenance: dict[str, Json] = {}
    notes: tuple[str, ...] = ()
    versions: dict[str, str] = {}
    device: str = "cpu"
    seed: int = 0
    started: str = ""
    finished: str = ""
    seconds: float = 0.0
    translated: int = 0
    usage: dict[str, float] = {}
    health: dict[str, float] = {}


@dataclass(frozen=True, slots=True)
class Finished:
    """A segment whose translation is done, with what the back end wants kept beside it."""

    hypothesis: Hypothesis
    kept: Mapping[str, Json]


class SystemOutput(Record):
    """A system's hypotheses for a test set, in corpus order, with the record of the run."""

    run: RunRecord
    hypotheses: tuple[Hypothesis, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts; a failure counts as an empty one."""
        return tuple(hypothesis.text or "" for hypothesis in self.hypotheses)


def output_digest(hypotheses: Sequence[Hypothesis]) -> str:
    """Digest of an output: ids, and texts or the fact that there is none."""
    return digest_rows([h.id, h.text] for h in hypotheses)


# --- metrics and scores ---------------------------------------------------------------------

_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_.+-]*\Z")


class Signature(Record):
    """How a score was computed: ordered fields, written ``key:value|key:value``.

    ``Signature.parse(str(s)) == s``. In a value, ``|``, ``%`` and control characters are
    percent-encoded.
    """

    fields: tuple[tuple[str, str], ...]

    @field_validator("fields")
    @classmethod
    def _plain_keys(cls, fields: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        keys = [key for key, _ in fields]
        if len(set(keys)) != len(keys):
            raise ValueError("a signature names each field once")
        for key in keys:
            if not _FIELD.match(key):
                raise ValueError(f"not a signature field: {key!r}")
        return fields

    @classmethod
    def of(cls, **fields: str | int | float) -> Signature:
        """A signature from keyword arguments, in their order."""
        return cls(fields=tuple((key, str(value)) for key, value in fields.items()))

    @classmethod
    def parse(cls, text: str) -> Signature:
        """Reads what ``str`` writes.

        Raises:
            ValueError: If a part has no colon or a key is not one.
        """
        fields = []
        for part in text.split("|") if text else []:
            key, colon, value = part.partition(":")
            if not colon:
                raise ValueError(f"not a signature: {text!r}")
            fields.append((key, _decoded(value)))
        return cls(fields=tuple(fields))

    def get(self, key: str) -> str | None:
        """The value of a field, if it is there."""
        return dict(self.fields).get(key)

    def plus(self, **fields: str | int | float) -> Signature:
        """This signature with more fields at the end."""
        more = tuple((key, str(value)) for key, value in fields.items())
        return Signature(fields=self.fields + more)

    def digest8(self) -> str:
        """Eight hex digits that tell it apart in a file name."""
        return digest_text(str(self))[:8]

    def __str__(self) -> str:
        return "|".join(f"{key}:{_encoded(value)}" for key, value in self.fields)


def _encoded(value: str) -> str:
    return "".join(
        "".join(f"%{b:02X}" for b in c.encode("utf-8", "surrogatepass"))
        if c in "|%" or not c.isprintable()
        else c
        for c in value
    )


def _decoded(value: str) -> str:
    from urllib.parse import unquote_to_bytes

    if "%" not in value:
        return value
    return unquote_to_bytes(value).decode("utf-8", "surrogatepass")


class MetricInfo(Record):
    """What a metric is and needs.

    Attributes:
        name: As in ``--metric``.
        title: A name for people.
        needs: What it reads beside the hypothesis.
        higher_is_better: The direction of quality.
        bounds: Lowest and highest value it can take, where it has such.
        segment_level: ``valid``, or ``indicative`` for a corpus metric's segment values.
        neural: Whether it is a learned metric.
        decimals: Customary number of decimals in a table.
        unit_scale: Factor that brings it to the 0–100 scale (100 for COMET, 1 for BLEU).
        languages: Tags it is known to work for; empty where it does not say.
        licence: Of the metric, its weights included.
        extra: The extra of mtbench that it needs, if any.
        description: One sentence.
        reference: The paper, or where it is defined.
    """

    name: str
    title: str
    needs: tuple[Literal["source", "reference"], ...]
    higher_is_better: bool = True
    bounds: tuple[float, float] | None = None
    segment_level: Literal["valid", "indicative"] = "valid"
    neural: bool = False
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
    """

    pair: LanguagePair
    ids: tuple[str, ...]
    sources: tuple[str, ...] | None
    references: tuple[tuple[str, ...], ...] | None
    documents: tuple[str | None, ...]

    @property
    def reference_count(self) -> int | None:
        """How many references each segment has; None where that varies or none are given."""
        counts = {len(references) for references in self.references or ()}
        return counts.pop() if len(counts) == 1 else None


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
        segments: Number of segments.
        failures: Segments without a translation, counted as empty (``--allow-partial``).
        output_digest, sources_digest, references_digest, testset_digest: What it was made from.
        documents: Document → score over its segments, where documents are known.
        domains: Domain → score over its segments, where domains are known.
        annotations: Segment id → what is no number (error spans, a judge's reasons).
        notes: Facts about the whole (inputs cut, hypotheses empty).
    """

    schema_version: int = SCHEMA_VERSION
    metric: str
    info: MetricInfo
    options: dict[str, Json] = {}
    signature: str
    corpus: str
    pair: LanguagePair
    system: str
    score: float
    interval: Interval | None = None
    segments: int
    failures: int = 0
    output_digest: str
    sources_digest: str
    references_digest: str
    testset_digest: str
    documents: dict[str, float] = {}
    domains: dict[str, float] = {}
    annotations: dict[str, Json] = {}
    notes: dict[str, Json] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """Per-segment sufficient statistics of one output under one metric.

    Attributes:
        ids: Segment ids, in corpus order.
        rows: Float array of shape (n, k): one row a segment; any subset's score is the
            metric's ``pool`` of the sum of its rows.
        segment_scores: Float array of shape (n,).
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
class MetricResult:
    """A score and the statistics it follows from."""

    score: Score
    statistics: Statistics


# --- leaderboards ---------------------------------------------------------------------------


class Cell(Record):
    """One metric's place in a row.

    Attributes:
        score: The system score, or None where there is none.
        interval: Around it.
        signature: How it was computed.
        reason: Why there is no score.
    """

    score: float | None = None
    interval: Interval | None = None
    signature: str | None = None
    reason: str | None = None


class Row(Record):
    """One system on one test set.

    Attributes:
        system: Its name, unique in the table.
        folder: Its folder under results.
        baseline: Whether it stands outside the ranking.
        rank: Shared by its cluster; None for an unranked row.
        rank_first, rank_last: The range that its rank can have.
        cluster: Number of its cluster, from 1.
        cells: Metric → cell.
        segments, failures, empty, copied, off_target: Counts; None where not looked for.
        length_ratio: Characters of the hypotheses over characters of the references.
        seconds_per_segment: Wall time of translation over segments translated.
        via: Languages that text passed through.
        notes: Sentences a reader must see.
        testset_digest, output_digest: What the row was made from.
    """

    system: str
    folder: str
    baseline: bool = False
    rank: int | None = None
    rank_first: int | None = None
    rank_last: int | None = None
    cluster: int | None = None
    cells: dict[str, Cell] = {}
    segments: int
    failures: int = 0
    empty: int | None = None
    copied: int | None = None
    off_target: int | None = None
    length_ratio: float | None = None
    seconds_per_segment: float | None = None
    via: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    testset_digest: str
    output_digest: str


class Table(Record):
    """All systems on one test set.

    Attributes:
        corpus, pair: The test set.
        facts: What a reader must know of it.
        metrics: Columns, in order.
        rank_metric: The primary metric, or None where nothing can be ranked.
        verdict: One sentence on what the ranking can tell, or why nobody is ranked.
        rows: Sorted by the primary metric, best first; baselines and unranked rows last.
        excluded: Stored scores and runs that are not in the table, with the reason.
        tests: Every paired test behind the ranking, as JSON.
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
    missing: dict[str, str] = {}
    mtbench_version: str
