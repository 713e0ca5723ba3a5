"""The two seams: how a system is driven, and how an output is scored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mtbench.errors import USUAL_PATIENCE, MetricError, RequestError, SegmentError
from mtbench.languages import LanguagePair
from mtbench.types import (
    Additions,
    Candidate,
    HeldCheckpoint,
    Json,
    Judged,
    MetricInfo,
    Record,
    Runtime,
    ScoringView,
    Signature,
    Source,
    Translation,
)
from mtbench.types.findings import AgreementCurve

Array = NDArray[np.float64]
Advance = Callable[[int], None]

Batching = Literal["free", "single", "document", "whole"]
"""What the batches of a back end are, from the least to the most that an answer may depend on."""


class Backend(ABC):
    """How a system is driven, in one direction.

    A back end is made from its options, a direction and a runtime; making one is cheap and
    touches nothing. ``check`` says whether it could run here; ``with backend:`` acquires what
    it needs (weights, a process, a connection) and releases it. It never sees a reference.

    Attributes:
        Options: Record that validates the ``[options]`` of a card.
        batching: ``free`` where an output does not depend on what else is in its batch,
            ``document`` where batches are to be the documents (or fixed blocks where there
            are none), ``single`` for one segment per call, equal ones once, ``whole`` for all that
            there is in one call.
        unit: What one request to the system holds: a segment, or a whole document that is
            translated as one; a segment without a document is a document of its own.
        by_id: Whether an answer belongs to a segment's id rather than to its text or its batch
            (a seed drawn from the id, answers in a file): equal texts must not be translated once
            for all, and after a ``SegmentError`` the others of a document may be asked for one by
            one.
        deterministic: Whether the same input gives the same output again.
        max_concurrency: How many ``translate`` calls may run at once.
        patience: Seconds for which a server that says "later" is waited for.
        preferred_batch: Segments per batch where the user does not say.
        billed: Whether somebody may charge for a request: then no estimate sends one.
        timed: Whether its seconds are those of translating, not of reading what is there.
        travels: Whether one that is made elsewhere from the same options, direction and runtime
            gives the same answers to the same batch, told nothing else of the run.
        realigns: Where answers are texts of whole documents (the text with its first segment,
            nothing with the others), which are laid on the segments afterwards: what then becomes
            of text that is no segment's translation. None where each answer is its segment's.
        restarts: Why an interrupted run starts again from the beginning; empty where answers are
            good as they come, so that they are kept and the run goes on.

    Example:
        >>> from mtbench.types import Source
        >>> class Upper(Backend):
        ...     def translate(self, batch):
        ...         return [source.text.upper() for source in batch]
        >>> with Upper(Record(), LanguagePair.parse("en-it"), Runtime()) as system:
        ...     system.translate([Source(id="a", text="Yes.")])
        ['YES.']
    """

    class Options(Record):
        """No options."""

    batching: Batching = "free"
    unit: Literal["segment", "document"] = "segment"
    by_id: bool = False
    deterministic: bool = True
    max_concurrency: int = 1
    patience: float = USUAL_PATIENCE
    preferred_batch: int = 16
    billed: bool = False
    timed: bool = True
    travels: bool = False
    realigns: Additions | None = None
    restarts: str = ""

    def __init__(self, options: Record, pair: LanguagePair, runtime: Runtime) -> None:
        self.options = options
        self.pair = pair
        self.runtime = runtime

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """Options from the text after ``BACKEND:`` of an inline ``--model``.

        Raises:
            RequestError: If the target is not one.
        """
        if target:
            raise RequestError(f"this back end takes no target: {target!r}")
        return {}

    @classmethod
    def serves(cls, options: Record, pair: LanguagePair) -> bool:
        """Whether the options leave the direction possible; the card's ``pairs`` come first."""
        return True

    @classmethod
    def one_test_set(cls, options: Record) -> bool:
        """Whether it holds the output for one test set only, which the call must then name."""
        return False

    @classmethod
    def via(cls, options: Record) -> tuple[str, ...]:
        """Languages that text passes through on its way."""
        return ()

    def check(self) -> None:
        """Says before any work whether this can run here.

        Raises:
            Unavailable: With what is missing and how to get it.
            RequestError: If the options cannot work.
        """

    def notes(self) -> tuple[str, ...]:
        """Sentences a reader of the result must see."""
        return ()

    def identity(self) -> dict[str, Json]:
        """What the output depends on beyond options and sources: digests of weights, files.

        Called after ``check`` and before ``__enter__``; must not load weights.
        """
        return {}

    def provenance(self) -> dict[str, Json]:
        """What took part: versions, weights, decoding parameters. Called once entered."""
        return {}

    def sources(self, sources: Sequence[Source]) -> None:
        """Told all sources of the test set before the first batch, for checks by id.

        Raises:
            DataError: If this system cannot belong to these sources.
        """

    def files(self) -> tuple[Path, ...] | None:
        """The files that answers follow from, where nothing else does but sources and options.

        None for whatever rests on more: weights, a server, a program, what it draws.

        Raises:
            MtbenchError: As ``check``.
        """
        return None

    def plan(self, sources: Sequence[Source]) -> None:
        """Told, once entered and before the first batch, what will be asked for, in order.

        These are the sources without those that are finished already and without repetitions.
        For back ends that start work ahead; most have no use for it.
        """

    def asked(self, batch: Sequence[Source]) -> Sequence[str]:
        """The texts that the system reads for a batch, prompts included: for estimates alone."""
        return [source.text for source in batch]

    def request(self, batch: Sequence[Source]) -> dict[str, Json]:
        """The first request for a batch as it would go out, for people; never a key.

        Called after ``check`` and ``sources`` and before ``__enter__``; sends nothing.
        """
        return {"texts": list(self.asked(batch))}

    def tokens(self, batch: Sequence[Source]) -> tuple[int, int] | None:
        """What the system reads for a batch, and the bare sources, counted by its own tokenizer.

        Called after ``check`` and before ``__enter__``, for estimates alone: a tokenizer may be
        loaded, weights may not. None where the system tells nobody.
        """
        return None

    def __enter__(self) -> Backend:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    @abstractmethod
    def translate(self, batch: Sequence[Source]) -> Sequence[str | Translation | SegmentError]:
        """Translates a batch: as many answers, in the same order.

        A ``SegmentError`` in the place of an answer fails that segment alone; raised, it sends the
        stage to try the segments one by one.

        Raises:
            TransientError: To be tried again.
            UnusableAnswer: To be tried again as well, fewer times: the system's answer is none.
            SegmentError: If a segment of the batch cannot be translated.
            BackendError: If the system as a whole failed.
        """

    def ready(self, sources: Sequence[Source]) -> Sequence[str | Translation | SegmentError] | None:
        """The answers to all sources, in order, where they are there already.

        Called once entered, before anything is asked for; then nothing is. None, as usual, where
        answers are to be asked for batch by batch.
        """
        return None

    def usage(self) -> dict[str, float]:
        """Sums since ``__enter__`` that a server reported: tokens, cost."""
        return {}

    def goes_on(self, kept: Sequence[Mapping[str, Json]]) -> None:
        """Told, once entered, what was kept beside the answers of an interrupted run."""

    def summary(self, kept: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
        """Facts about all answers of a finished run, from what was kept beside each of them.

        They stand in the record's ``provenance``, for what can be known only afterwards: which
        model answered, how requests had to be changed. Called before ``notes``.
        """
        return {}


class Scorer(ABC):
    """A metric made ready for one test set, or for a part of one.

    Attributes:
        block: Segments that are scored and kept at a time, so that whoever ends the scoring loses
            no more than that; None for all at once, where scoring takes seconds. It must not
            depend on which systems there are: where the sum of floating-point numbers depends on
            what is scored together, the same inputs still give the same bytes.
        shares_out: Whether it has its work shared out by itself, within a block.
        fixed_notes: Names in ``notes`` whose values are no counts, and not to be added up.

    Example:
        >>> class Lengths(Scorer):
        ...     def statistics(self, outputs, advance=None):
        ...         return {name: MeanMetric.rows([len(text) for text in texts])
        ...                 for name, texts in outputs.items()}
        >>> Lengths().statistics({"x": ["Yes.", "No."]})["x"].tolist()
        [[4.0, 1.0], [3.0, 1.0]]
    """

    block: int | None = None
    shares_out: bool = False
    fixed_notes: frozenset[str] = frozenset()

    @abstractmethod
    def statistics(
        self, outputs: Mapping[str, Sequence[str]], advance: Advance | None = None
    ) -> dict[str, Array]:
        """Sufficient statistics of all systems of a call at once.

        Args:
            outputs: System → hypotheses, in the order of the view's ids.
            advance: Called with the number of segments finished since the last call.

        Returns:
            System → array of shape (n, k), one row per segment.
        """

    def annotations(self, system: str) -> Mapping[str, Json]:
        """Segment id → what is no number. After ``statistics``."""
        return {}

    def notes(self, system: str) -> Mapping[str, Json]:
        """Facts about a system's whole output (inputs cut, counts). After ``statistics``."""
        return {}


class Blocks(NamedTuple):
    """How scorers of a metric divide a test set.

    Attributes:
        size: Segments in a block.
        fixed_notes: As in ``Scorer``.

    Example:
        >>> Blocks(5000).size
        5000
    """

    size: int
    fixed_notes: frozenset[str] = frozenset()


class Metric(ABC):
    """A metric: what it needs, how it signs, and how statistics become scores.

    Making one is cheap and touches nothing; ``with metric:`` acquires and releases weights.
    ``pool`` and ``segment_scores`` need no weights, so stored statistics can be pooled again
    anywhere. A metric that scores one segment after the other is a ``SegmentMetric``.

    Attributes:
        kind: Its name in the registry, where ``info.name`` may be another one.
        place: Where its column stands in tables: lowest first, then by name.
        primary: Its fitness to rank where nobody says by what: lowest first; None for unfit.
        stand_in: Metric that is computed beside an empty column of this one, where this one was
            not asked for by name and its weights cannot be had; None refuses.
        recomputable: Whether ``verify`` computes it again: exact, cheap, without weights.
        trained_on: What a learned metric learned from, in one sentence.
        blind_spots: What it does not see or judges wrongly, a sentence each.
        agreement: Published agreement with humans, with its source, a sentence each.
        likeness: Its fitness to show how near a text's wording is to the reference's: lowest
            first; None where it reads more than words and characters.

    Example:
        >>> from mtbench.testing import ExactMatch
        >>> metric = ExactMatch(Record(), Runtime())
        >>> view = ScoringView(pair=LanguagePair.parse("en-it"), ids=("a", "b"), sources=None,
        ...                    references=(("Sì.",), ("No.",)), documents=(None, None))
        >>> with metric:
        ...     rows = metric.prepare(view).statistics({"x": ["Sì.", "Mai."]})["x"]
        >>> float(metric.pool(rows.sum(axis=0)))
        50.0
    """

    kind: ClassVar[str | None] = None
    place: ClassVar[int] = 1000
    primary: ClassVar[int | None] = None
    stand_in: ClassVar[str | None] = None
    recomputable: ClassVar[bool] = False
    trained_on: ClassVar[str] = ""
    blind_spots: ClassVar[tuple[str, ...]] = ()
    agreement: ClassVar[tuple[str, ...]] = ()
    likeness: ClassVar[int | None] = None

    class Options(Record):
        """No options."""

    def __init__(self, options: Record | None = None, runtime: Runtime | None = None) -> None:
        self.options = self.Options() if options is None else options
        self.runtime = Runtime() if runtime is None else runtime

    @property
    @abstractmethod
    def info(self) -> MetricInfo:
        """What the metric is and needs."""

    @classmethod
    def agreement_curve(cls, signature: Signature) -> AgreementCurve | None:
        """The curve that is published for the metric as it is signed; None where there is none."""
        return None

    @classmethod
    def here(cls) -> tuple[HeldCheckpoint, ...]:
        """The weights of its kind that lie on this machine; loads none."""
        return ()

    @abstractmethod
    def signature(self, view: ScoringView) -> Signature:
        """How a score on this test set would be computed. Known before any scoring."""

    def check(self, view: ScoringView | None = None) -> None:
        """Says before any work whether this can run here, and on this test set.

        Raises:
            Unavailable: With what is missing and how to get it.
            RequestError: If the metric cannot be used on this test set.
        """

    def fetch(self) -> tuple[Path, ...]:
        """Downloads what this metric needs and is not here; where it lies, weights first.

        A metric without weights does not override this.

        Raises:
            Unavailable: If it cannot be had.
        """
        return ()

    def __enter__(self) -> Metric:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def encoded_before(self, view: ScoringView) -> tuple[int, int] | None:
        """Texts of sources and references that are encoded already, and how many there are.

        For estimates: loads no weights. None where nothing is kept, or nobody can say.
        """
        return None

    def blocks(self) -> Blocks | None:
        """How a test set is divided where blocks are scored elsewhere.

        Said before weights are loaded, so that this process need not load any: its scorers say the
        same. None where the weights, or this process, have to be asked.
        """
        return None

    @abstractmethod
    def prepare(self, view: ScoringView) -> Scorer:
        """Work on sources and references that all systems share."""

    @abstractmethod
    def pool(self, totals: Array) -> Array:
        """Scores from summed statistics.

        Args:
            totals: Array of shape (..., k): sums of rows.

        Returns:
            Array of shape (...).
        """

    def segment_scores(self, rows: Array) -> Array:
        """Score of each segment from its row alone: (n, k) → (n,)."""
        return self.pool(rows)

    def reader(self) -> Metric:
        """The metric that makes scores of stored statistics again: itself, where it can be made."""
        return self

    def warnings(self, notes: Mapping[str, Json]) -> tuple[str, ...]:
        """Sentences on a whole output that a user must read, from its notes."""
        return ()

    def compare_with_oracle(self) -> dict[str, Json]:
        """Scores a sample with the reference implementation, too, and compares.

        Returns:
            What was compared, as JSON: ``library`` and ``engines`` (name → version), ``segments``,
            ``tolerance`` and the largest ``deviation``.

        Raises:
            RequestError: If there is no other implementation, or it is compared at every scoring.
            Unavailable: If the reference implementation is not installed.
            MetricError: If they do not agree.
        """
        raise RequestError(f"{self.info.name} has nothing to be compared with on request")

    def worst_rows(self, rows: Array) -> Array | None:
        """Rows of the same segments with nothing right in them: (n, k) → (n, k).

        What is counted as worst must never make a score better. None, as by default, where the
        metric has no worst or does not say what it is.
        """
        return None


class MeanMetric(Metric):
    """A metric whose row is ``(score, 1)`` and whose system score is the mean.

    Example:
        >>> MeanMetric.rows([80.0, 60.0]).tolist()
        [[80.0, 1.0], [60.0, 1.0]]
    """

    def pool(self, totals: Array) -> Array:
        """Mean of the segment scores."""
        return np.asarray(totals[..., 0] / totals[..., 1], dtype=np.float64)

    def compare_with_oracle(self) -> dict[str, Json]:
        """Scores a sample with the reference implementation, too, and compares.

        Returns:
            What was compared, as JSON: ``library`` and ``engines`` (name → version), ``segments``,
            ``tolerance`` and the largest ``deviation``.

        Raises:
            RequestError: If there is no other implementation, or it is compared at every scoring.
            Unavailable: If the reference implementation is not installed.
            MetricError: If they do not agree.
        """
        raise RequestError(f"{self.info.name} has nothing to be compared with on request")

    def worst_rows(self, rows: Array) -> Array | None:
        """Rows at the worse one of the bounds, where there are bounds."""
        if self.info.bounds is None:
            return None
        worst = self.info.bounds[0] if self.info.higher_is_better else self.info.bounds[1]
        found: Array = np.stack([worst * rows[:, 1], rows[:, 1]], axis=1)
        return found

    @staticmethod
    def rows(scores: Sequence[float] | Array) -> Array:
        """Rows ``(score, 1)`` from scores of shape (n,)."""
        column = np.asarray(scores, dtype=np.float64)
        return np.stack([column, np.ones_like(column)], axis=1)


class SegmentMetric(MeanMetric):
    """A metric that scores one segment after the other, and may let one fail.

    It is driven as a system is: segments are asked for in batches, several at once, again where
    that may help, and each is kept as it comes. Equal hypotheses of several systems are asked for
    once. The score is over the segments that have one, and is partial where some have none.

    Attributes:
        max_concurrency: How many ``judge`` calls may run at once.
        patience: Seconds for which a server that says "later" is waited for.
        preferred_batch: Segments per call where the user does not say.
        billed: Whether somebody may charge for a request: then no estimate sends one.
        context: Segments before each one, of its document, that it is given.

    Example:
        >>> from mtbench.types import MetricInfo, Record, Runtime, Signature
        >>> class Length(SegmentMetric):
        ...     @property
        ...     def info(self):
        ...         return MetricInfo(name="length", title="Length", needs=("source",))
        ...     def signature(self, view):
        ...         return Signature.of(unit="character")
        ...     def judge(self, batch):
        ...         return [float(len(candidate.hypothesis)) for candidate in batch]
        >>> view = ScoringView(pair=LanguagePair.parse("en-it"), ids=("a",), sources=("Yes.",),
        ...                    references=None, documents=(None,))
        >>> Length(Record(), Runtime()).prepare(view).statistics({"it": ["Sì."]})["it"].tolist()
        [[3.0, 1.0]]
    """

    max_concurrency: int = 1
    patience: float = USUAL_PATIENCE
    preferred_batch: int = 1
    billed: bool = False
    context: int = 0

    @abstractmethod
    def judge(self, batch: Sequence[Candidate]) -> Sequence[float | Judged | SegmentError]:
        """Scores a batch: as many answers, in the same order.

        A ``SegmentError`` in the place of an answer fails that segment alone; raised, it sends the
        stage to try the segments one by one.

        Raises:
            TransientError: To be tried again.
            UnusableAnswer: To be tried again as well, fewer times.
            SegmentError: If a segment of the batch cannot be scored.
            MetricError: If the metric as a whole failed.
        """

    def ready(self, sources: Sequence[Source]) -> Sequence[str | Translation | SegmentError] | None:
        """The answers to all sources, in order, where they are there already.

        Called once entered, before anything is asked for; then nothing is. None, as usual, where
        answers are to be asked for batch by batch.
        """
        return None

    def usage(self) -> dict[str, float]:
        """Sums since ``__enter__`` that a server reported: tokens, cost."""
        return {}

    def estimate(self, batch: Sequence[Candidate]) -> dict[str, float]:
        """What judging a batch would take, named as ``usage`` names it; asks nobody."""
        return {}

    def summary(self, annotations: Mapping[str, Json]) -> dict[str, Json]:
        """Facts about a whole output, from what was kept of its segments."""
        return {}

    def prepare(self, view: ScoringView) -> Scorer:
        """Scores in this thread, without another try: for checks and a few segments."""
        return _InPlace(self, view)


class _InPlace(Scorer):
    """A ``SegmentMetric`` as any other metric; all rows or an error."""

    def __init__(self, metric: SegmentMetric, view: ScoringView) -> None:
        self._metric = metric
        self._view = view
        self._annotations: dict[str, dict[str, Json]] = {}

    def statistics(
        self, outputs: Mapping[str, Sequence[str]], advance: Advance | None = None
    ) -> dict[str, Array]:
        found = {}
        size = self._metric.preferred_batch
        for name, texts in outputs.items():
            some = candidates(self._view, texts, self._metric.context)
            answers = [
                answer
                for at in range(0, len(some), size)
                for answer in judged(self._metric, some[at : at + size])
            ]
            if (
                error := next((a for a in answers if isinstance(a, SegmentError)), None)
            ) is not None:
                raise MetricError(error.message, why=error.why) from error
            whole = [answer for answer in answers if isinstance(answer, Judged)]
            found[name] = MeanMetric.rows([one.score for one in whole])
            self._annotations[name] = {
                one.id: answer.annotation
                for one, answer in zip(some, whole, strict=True)
                if answer.annotation is not None
            }
            if advance is not None:
                advance(len(texts))
        return found

    def annotations(self, system: str) -> Mapping[str, Json]:
        return self._annotations.get(system, {})

    def notes(self, system: str) -> Mapping[str, Json]:
        return self._metric.summary(self._annotations.get(system, {}))


def candidates(view: ScoringView, texts: Sequence[str], context: int = 0) -> list[Candidate]:
    """Hypotheses as a ``SegmentMetric`` is given them, in the order of the view's ids.

    Args:
        view: What the metric declared.
        texts: The hypotheses.
        context: Segments before each one, of its document, that go with it.

    Example:
        >>> view = ScoringView(pair=LanguagePair.parse("en-it"), ids=("a", "b"),
        ...                    sources=("Yes.", "No."), references=None, documents=("d", "d"))
        >>> candidates(view, ["Sì.", "No."], context=1)[1].context
        (('Yes.', 'Sì.'),)
    """
    sources: Sequence[str | None] = view.sources or [None] * len(texts)
    references = view.references or [()] * len(texts)
    columns = zip(view.ids, sources, references, texts, view.documents, strict=True)
    found: list[Candidate] = []
    before: list[tuple[str, str]] = []
    last: str | None = None
    for name, source, those, text, document in columns:
        if document is None or document != last:
            before = []
        last = document
        near = tuple(before[-context:]) if context else ()
        found.append(
            Candidate(id=name, pair=view.pair, hypothesis=text, source=source, references=those,
                      context=near)
        )  # fmt: skip
        before.append((source or "", text))
    return found


def judged(metric: SegmentMetric, batch: Sequence[Candidate]) -> list[Judged | SegmentError]:
    """A batch's answers, held against the contract.

    Raises:
        MetricError: If there are more or fewer answers than segments, or one is no finite number.

    Example:
        >>> from types import SimpleNamespace
        >>> metric = SimpleNamespace(judge=lambda batch: [90.0], info=SimpleNamespace(name="mine"))
        >>> one = Candidate(id="a", pair=LanguagePair.parse("en-it"), hypothesis="Sì.")
        >>> judged(metric, [one])[0].score
        90.0
    """
    answers = metric.judge(batch)
    name = metric.info.name
    if len(answers) != len(batch):
        raise MetricError(
            f"{name} gave {len(answers)} answers for {len(batch)} segments "
            f"({batch[0].id} … {batch[-1].id})"
        )
    found: list[Judged | SegmentError] = []
    for answer, candidate in zip(answers, batch, strict=True):
        if isinstance(answer, SegmentError | Judged):
            found.append(answer)
        elif isinstance(answer, int | float) and np.isfinite(answer):
            found.append(Judged(score=float(answer)))
        else:
            raise MetricError(f"{name} gave segment {candidate.id!r} no finite number: {answer!r}")
    return found
