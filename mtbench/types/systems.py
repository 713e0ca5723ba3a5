"""Records of systems and of what they made."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, dataclasses, model_validator

from mtbench.files.columns import CHUNK, Column, ColumnWriter, Derived, shared
from mtbench.files.digests import RowsDigest, digest_rows
from mtbench.languages import LanguagePair, LanguageTag
from mtbench.types.base import CLOSED, SCHEMA_VERSION, ColumnOf, Json, Record
from mtbench.types.corpora import TestSetFacts


def parse_pairs(pairs: tuple[str, ...]) -> tuple[str, ...]:
    """Directions that a system serves, parsed and written back; ``*`` for any.

    Raises:
        ValueError: If there is none, or one is no pair.
    """
    if not pairs:
        raise ValueError('no pair; write ["*"] for any')
    return tuple(p if p == "*" else str(LanguagePair.parse(p)) for p in pairs)


def names_pair(pairs: tuple[str, ...], pair: LanguagePair) -> bool:
    """Whether directions hold one."""
    return "*" in pairs or str(pair) in pairs


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
    options: dict[str, Json] = Field(default_factory=dict)
    pairs: Annotated[tuple[str, ...], AfterValidator(parse_pairs)] = ("*",)
    inline: bool = False
    licence: str = ""
    url: str = ""
    trained_on: tuple[str, ...] = ()
    training_cutoff: datetime.date | None = None
    optimised_for: tuple[str, ...] = ()
    lineage: str | None = None
    baseline: bool = False
    via: tuple[LanguageTag, ...] = ()
    price: dict[str, Json] = Field(default_factory=dict)
    notes: str = ""

    def serves(self, pair: LanguagePair) -> bool:
        """Whether the card names the direction."""
        return names_pair(self.pairs, pair)


class Engine(Record):
    """Where work runs.

    Attributes:
        kind: ``local``, this machine, or ``ray``, the nodes of a Ray cluster.
        address: Of a running Ray cluster, ``HOST:PORT`` or ``auto``; where it is not given, one
            starts on this machine and ends with this process.
        processes: How many do counted work at once; where it is not given, as many as there are
            processors, and on this machine only where it pays.
        devices: GPUs of this machine, as ``CUDA_VISIBLE_DEVICES`` names them: what computes on a
            GPU gets a process for each, which sees no other.

    Example:
        >>> Engine(processes=2).processes
        2
    """

    kind: Literal["local", "ray"] = "local"
    address: str | None = None
    processes: Annotated[int, Field(ge=1)] | None = None
    devices: tuple[str, ...] = ()

    @property
    def elsewhere(self) -> bool:
        """Whether whatever can travel works outside this process."""
        return self.kind == "ray" or (self.processes is not None and self.processes > 1)


class Runtime(Record):
    """How and where to run, as opposed to what: none of it may change a result by itself.

    Attributes:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        batch_size: Segments per batch, where the user said.
        seed: For whatever draws random numbers.
        cache: Folder for converted weights and embeddings.
        force: Go on where a guard would refuse; marked in the result.
        offline: Never try to reach a model hub.
        look_only: Fetch and load nothing (``--dry-run``): what is not here is said to be fetched.
        engine: Where counting, encoding, scoring and translating run.

    Example:
        >>> Runtime(device="cpu", seed=1).device
        'cpu'
    """

    device: str = "auto"
    batch_size: Annotated[int, Field(ge=1)] | None = None
    seed: int = 0
    cache: str = ""
    force: bool = False
    offline: bool = False
    look_only: bool = False
    engine: Engine = Engine()


class HeldCheckpoint(Record):
    """A checkpoint that lies on this machine.

    Attributes:
        model: Its id on the hub.
        revision: The commit.
        pinned: Whether that is the commit mtbench pins the id to.
        bytes: Size of the checkpoint file.
        path: The checkpoint file.
        encoder: Whether what it needs of its encoder (configuration, tokenizer) is here, too.
    """

    model: str
    revision: str
    pinned: bool
    bytes: int
    path: str
    encoder: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, config=CLOSED)
class Translation:
    """One translation, with what a back end wants kept beside it.

    Attributes:
        text: The translation itself.
        kept: Facts for the side file: a raw answer, intermediate text, tokens, cost.

    Example:
        >>> Translation(text="Piove.", kept={"tokens": 4}).kept
        {'tokens': 4}
    """

    text: str
    kept: dict[str, Json] = Field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, config=CLOSED)
class Hypothesis:
    """What a system made of one segment: a text, or the reason why there is none."""

    id: str
    text: str | None = None
    failure: str | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Hypothesis:
        if (self.text is None) == (self.failure is None):
            raise ValueError("a hypothesis has a text or a failure, and not both")
        return self


WHOLE_DOCUMENT = "document"
"""Key under which the text of a document that was translated whole is kept, with its first
segment."""

Additions = Literal["keep", "leave-out"]
"""What becomes of text that is no segment's translation."""


class Realignment(Record):
    """What came of laying whole documents on their segments.

    Attributes:
        version: Of the alignment.
        references_digest: Of the references that it went by.
        documents: How many were laid.
        by_segment: Documents that came by segment, and stayed as they were.
        omitted: Segments of which nothing was found.
        added: Passages that are no segment's translation.
        repeated: How many of these repeat a segment.
        share_added: Of the characters.
        additions: What became of them.
        strange: Documents most of whose text is no segment's translation.
    """

    version: str
    references_digest: str
    documents: int
    by_segment: int = 0
    omitted: int
    added: int
    repeated: int
    share_added: float
    additions: Additions
    strange: tuple[str, ...] = ()


class RunRecord(Record):
    """One translation of one test set by one system (``run.json``).

    Attributes:
        schema_version: Of this file.
        corpus: As in the test set.
        corpus_folder: Where it was read from; empty for plain files and for what mtbench ships.
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
        identity: What the output depends on beyond options and sources: digests of weights, files.
        provenance_digest: Of ``provenance``; empty in records of older versions.
        notes: Sentences a reader must see (an unpinned revision, joined lines).
        versions: Of mtbench, Python and the packages that took part.
        device: Where it ran.
        seed: The seed it was given.
        started, finished: UTC, ISO 8601.
        seconds: Wall time spent translating, over all sittings.
        translated: Segments translated in that time (repeated sources once).
        usage: Sums that a server reported, over all sittings: tokens, cost.
        realigned: What came of it where the system translated whole documents.
        health: The counts of ``health.json``: flag → segments, and ``length_ratio``.
        health_signature: What has counted; counts of another one are made again.
        health_notes: The sentences of ``health.json``.
    """

    schema_version: int = SCHEMA_VERSION
    corpus: str
    corpus_folder: str = ""
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
    provenance: dict[str, Json] = Field(default_factory=dict)
    identity: dict[str, Json] = Field(default_factory=dict)
    provenance_digest: str = ""
    notes: tuple[str, ...] = ()
    versions: dict[str, str] = Field(default_factory=dict)
    device: str = "cpu"
    seed: int = 0
    started: str = ""
    finished: str = ""
    seconds: float = 0.0
    translated: int = 0
    usage: dict[str, float] = Field(default_factory=dict)
    realigned: Realignment | None = None
    health: dict[str, float] = Field(default_factory=dict)
    health_signature: str = ""
    health_notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """A segment whose translation is done, with what the back end wants kept beside it."""

    hypothesis: Hypothesis
    kept: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Spent:
    """What a translation has taken so far.

    Attributes:
        seconds: Wall time.
        usage: Sums that a server reported.
    """

    seconds: float = 0.0
    usage: Mapping[str, float] = field(default_factory=dict)


class SystemOutput(Record):
    """A system's hypotheses for a test set, in corpus order, with the record of the run."""

    run: RunRecord
    hypotheses: ColumnOf[Hypothesis]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the segments."""
        if isinstance(self.hypotheses, HypothesisColumn):
            return self.hypotheses.ids
        return tuple(hypothesis.id for hypothesis in self.hypotheses)

    @property
    def failed(self) -> tuple[Hypothesis, ...]:
        """The hypotheses that are failures."""
        if isinstance(self.hypotheses, HypothesisColumn):
            return tuple(self.hypotheses[at] for at in self.hypotheses.failures)
        return tuple(each for each in self.hypotheses if each.failure is not None)

    @property
    def texts(self) -> Sequence[str]:
        """The texts; a failure counts as an empty one."""
        found = texts_of(self.hypotheses)
        return Derived(_or_empty, found) if isinstance(found, Column) else _all_texts(found)


def _or_empty(text: str | None) -> str:
    return text or ""


def _all_texts(texts: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(map(_or_empty, texts))


class HypothesisColumn(Column[Hypothesis]):
    """The hypotheses of a very large output: each record is made when it is looked at.

    Args:
        ids: Segment ids.
        texts: For each segment its text, or None.
        failures: Position → why there is none, in order.
        digest: Of the output.

    Example:
        >>> HypothesisColumn(("1", "2"), ("uno", None), {1: "no answer"}, "")[1].failure
        'no answer'
    """

    def __init__(
        self,
        ids: tuple[str, ...],
        texts: Sequence[str | None],
        failures: Mapping[int, str],
        digest: str,
    ) -> None:
        super().__init__(len(ids))
        self.ids, self.texts, self.failures, self.digest = ids, texts, failures, digest

    def chunk(self, number: int) -> Sequence[Hypothesis]:
        """Some records, from what was looked at when they were written."""
        start = number * CHUNK
        texts = self.texts[start : start + CHUNK]
        found = []
        for at, (name, text) in enumerate(zip(self.ids[start : start + CHUNK], texts, strict=True)):
            made = object.__new__(Hypothesis)
            failure = None if text is not None else self.failures.get(start + at, "")
            for key, value in (("id", name), ("text", text), ("failure", failure)):
                object.__setattr__(made, key, value)
            found.append(made)
        return found


def texts_of(hypotheses: Sequence[Hypothesis]) -> Sequence[str | None]:
    """The text of each hypothesis; None for a failure."""
    if isinstance(hypotheses, HypothesisColumn):
        return hypotheses.texts
    return tuple(hypothesis.text for hypothesis in hypotheses)


class HypothesisWriter:
    """Takes the hypotheses of an output one after the other, and has their digest at the end."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._texts: ColumnWriter[str | None] = ColumnWriter()
        self._failures: dict[int, str] = {}
        self._digest = RowsDigest()

    def add(self, name: str, text: str | None, failure: str | None = None) -> None:
        """The next hypothesis: a text, or why there is none.

        Raises:
            ValueError: If it has both or neither.
        """
        if (text is None) == (failure is None):
            raise ValueError("a hypothesis has a text or a failure, and not both")
        if failure is not None:
            self._failures[len(self._ids)] = failure
        self._ids.append(name)
        self._texts.add(text)
        self._digest.add([name, text])

    def output(self) -> tuple[Sequence[Hypothesis], str]:
        """The hypotheses and their digest, as ``output_digest`` gives it."""
        texts, digest = self._texts.column(), self._digest.hexdigest()
        found = HypothesisColumn(shared(self._ids), texts, self._failures, digest)
        return (found if isinstance(texts, Column) else tuple(found)), digest


def output_digest(hypotheses: Sequence[Hypothesis]) -> str:
    """Digest of an output: ids, and texts or the fact that there is none."""
    if isinstance(hypotheses, HypothesisColumn):
        return hypotheses.digest
    return digest_rows([h.id, h.text] for h in hypotheses)
