"""Pivoting: a system made of others, each translating what the one before it wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import pairwise
from types import TracebackType
from typing import Annotated, NamedTuple, cast, get_args

from pydantic import AfterValidator, Field, field_serializer, model_validator

from mtbench.backends.chain_steps import StepCaller
from mtbench.checkpoints.hub import Fetch, LeftOnHub
from mtbench.errors import RequestError, SegmentError
from mtbench.languages import LanguagePair, LanguageTag
from mtbench.plugins import BACKENDS, Backend, parse_options
from mtbench.seams import Batching
from mtbench.types import Json, Record, Runtime, Source, Translation
from mtbench.types.systems import names_pair, parse_pairs

# A step of one segment per call can be called so within a document, but not the other way round.
_STRICTNESS = get_args(Batching)


class Step(Record):
    """One step of a chain.

    Attributes:
        backend: Name of its back end.
        options: The back end's options.
        pairs: Directions it serves, as in a card; ``*`` for any.
    """

    backend: str
    options: dict[str, Json] = Field(default_factory=dict)
    pairs: Annotated[tuple[str, ...], AfterValidator(parse_pairs)] = ("*",)

    def serves(self, pair: LanguagePair) -> bool:
        """Whether the step names the direction."""
        return names_pair(self.pairs, pair)


class Chain(Backend):
    """Translates by way of other languages, with any back ends.

    Text between the steps is kept beside the output. There is no inline form; write a card.
    """

    class Options(Record):
        """The steps.

        Attributes:
            steps: Two steps or more, each an inline system (``apertium:{src}-es-{tgt}``) or a
                table of ``backend``, ``options`` and ``pairs``; a card's name stands for its own.
            via: The languages between the steps, one fewer than these.
            reversible: Whether the steps also serve a direction in reverse order, where they
                don't serve it in the order given.
        """

        steps: Annotated[tuple[Step | str, ...], Field(min_length=2)]
        via: tuple[LanguageTag, ...]
        reversible: bool = False

        @model_validator(mode="after")
        def _steps_and_languages_agree(self) -> Chain.Options:
            if len(self.via) != len(self.steps) - 1:
                raise ValueError(
                    f"{len(self.steps)} steps need {len(self.steps) - 1} languages in 'via', "
                    f"not {len(self.via)}"
                )
            return self

        @field_serializer("steps")
        def _what_an_output_depends_on(self, steps: tuple[Step | str, ...]) -> list[Json]:
            """The steps' options as their back ends' own records have them.

            What says nothing of an output (``timeout``) is left out as it is outside of a chain,
            and so is what is the default anyway.
            """
            return [step if isinstance(step, str) else _dumped(step) for step in steps]

    options: Options

    def __init__(self, options: Chain.Options, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        found = _way(options, pair)
        if found is None:
            raise RequestError(
                f"the steps of this chain do not lead from {pair.source} to {pair.target}",
                why="; ".join(_blocked(way) for way in _ways(options, pair)),
                hint="check steps, their pairs, via and reversible of its card",
            )
        way, self._turned_by_pairs = found
        self.steps = [leg.kind(leg.options, leg.pair, runtime) for leg in way]
        self.batching = max((step.batching for step in self.steps), key=_STRICTNESS.index)
        if any(step.unit == "document" for step in self.steps):
            self.unit = "document"
        # Documents go through all steps as documents, whatever one step could do by ids.
        apart = self.batching in ("free", "single")
        self.by_id = apart and any(step.by_id for step in self.steps)
        self.restarts = self.steps[0].restarts
        self.billed = any(step.billed for step in self.steps)
        self.travels = all(step.travels for step in self.steps)
        self.deterministic = all(step.deterministic for step in self.steps)
        self.max_concurrency = min(step.max_concurrency for step in self.steps)
        self.preferred_batch = min(step.preferred_batch for step in self.steps)
        self._entered = ExitStack()
        self._callers: list[StepCaller] = []

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """There is no inline form."""
        raise RequestError(
            f"a chain cannot be written inline: chain:{target}",
            hint="write a card with steps and via",
        )

    @classmethod
    def serves(cls, options: Record, pair: LanguagePair) -> bool:
        """Whether each step serves its part of the way."""
        return _way(cast("Chain.Options", options), pair) is not None

    @classmethod
    def one_test_set(cls, options: Record) -> bool:
        """Whether the first step holds the output for one test set only."""
        kind, kind_options = _resolved(cast("Chain.Options", options).steps[0])
        return kind.one_test_set(kind_options)

    @classmethod
    def via(cls, options: Record) -> tuple[str, ...]:
        """The languages between the steps, and those that the steps pass through themselves."""
        chain = cast("Chain.Options", options)
        found: list[str] = []
        for step, after in zip(chain.steps, (*chain.via, None), strict=True):
            kind, kind_options = _resolved(step)
            found += [*kind.via(kind_options), *([after] if after else [])]
        return tuple(found)

    def check(self) -> None:
        """Whether each step could run here."""
        left: list[Fetch] = []
        for step in self.steps:
            try:
                step.check()
            except LeftOnHub as error:
                left += error.fetches
        if left:
            raise LeftOnHub(left)

    def notes(self) -> tuple[str, ...]:
        """The notes of all steps."""
        return tuple(dict.fromkeys(note for step in self.steps for note in step.notes()))

    def identity(self) -> dict[str, Json]:
        """What each step depends on."""
        found: dict[str, Json] = {"steps": [_named(step) | step.identity() for step in self.steps]}
        # Elsewhere the order shows in what the steps are; two programs may look the same.
        return found | ({"reversed": True} if self._turned_by_pairs else {})

    def provenance(self) -> dict[str, Json]:
        """What took part in each step."""
        return {"steps": [_named(step) | step.provenance() for step in self.steps]}

    def goes_on(self, kept: Sequence[Mapping[str, Json]]) -> None:
        """Each step is told what was kept of its own answers."""
        for name, step in self._named_steps():
            step.goes_on(_of_step(kept, name))

    def summary(self, kept: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
        """What each step says of its own answers, by the step."""
        found: dict[str, Json] = {}
        for name, step in self._named_steps():
            if facts := step.summary(_of_step(kept, name)):
                found[name] = facts
        return {"by_step": found} if found else {}

    def _named_steps(self) -> list[tuple[str, Backend]]:
        """The steps by the names under which their answers are kept."""
        return [(f"{number}:{step.pair}", step) for number, step in enumerate(self.steps, start=1)]

    def usage(self) -> dict[str, float]:
        """Sums over the steps."""
        total: dict[str, float] = {}
        for step in self.steps:
            for name, amount in step.usage().items():
                total[name] = total.get(name, 0) + amount
        return total

    def asked(self, batch: Sequence[Source]) -> list[str]:
        """What each step would read, as if each wrote as much as it was given."""
        return [text for step in self.steps for text in step.asked(batch)]

    def sources(self, sources: Sequence[Source]) -> None:
        """Tells the first step; what the others will be given is not known yet."""
        self.steps[0].sources(sources)

    def plan(self, sources: Sequence[Source]) -> None:
        """Tells the first step likewise."""
        self.steps[0].plan(sources)

    def __enter__(self) -> Chain:
        with ExitStack() as stack:
            self.steps = [stack.enter_context(step) for step in self.steps]
            self._callers = [StepCaller(step) for step in self.steps]
            self._entered = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._entered.__exit__(kind, error, trace)
        for caller in self._callers:
            caller.clear()

    def translate(self, batch: Sequence[Source]) -> list[Translation | SegmentError]:
        """Translates a batch step by step; what a step cannot translate goes no further.

        Where it is called again because a step has failed, it goes on from that step.
        """
        given: list[list[Source]] = []
        current = dict(enumerate(batch))
        kept: list[dict[str, Json]] = [{} for _ in batch]
        failed: dict[int, SegmentError] = {}
        for caller, (name, step) in zip(self._callers, self._named_steps(), strict=True):
            given.append(list(current.values()))
            answers = caller(given[-1], len(batch))
            after: dict[int, Source] = {}
            for (place, source), answer in zip(current.items(), answers, strict=True):
                if isinstance(answer, SegmentError):
                    failed[place] = answer
                    continue
                written = {} if step is self.steps[-1] else {"text": answer.text}
                entry = written | answer.kept
                if entry:
                    kept[place][name] = entry
                # Context and instructions were written for the source language and go no further.
                after[place] = Source(id=source.id, text=answer.text, document=source.document)
            current = after
        for caller, sources in zip(self._callers, given, strict=True):
            caller.forget(sources)
        return [
            failed.get(place)
            or Translation(
                text=current[place].text, kept={"steps": kept[place]} if kept[place] else {}
            )
            for place in range(len(batch))
        ]


class _Leg(NamedTuple):
    """One step on one part of the way."""

    kind: type[Backend]
    options: Record
    pair: LanguagePair
    named: bool

    @property
    def possible(self) -> bool:
        return self.kind.serves(self.options, self.pair)


def _ways(options: Chain.Options, pair: LanguagePair) -> Iterator[list[_Leg]]:
    """The order given and, where it may be, the reverse one."""
    orders = [(options.steps, options.via)]
    if options.reversible:
        orders.append((options.steps[::-1], options.via[::-1]))
    for steps, via in orders:
        stops = [pair.source, *via, pair.target]
        parts = [LanguagePair(source=a, target=b) for a, b in pairwise(stops)]
        yield [
            _Leg(*_resolved(step), part, isinstance(step, str) or step.serves(part))
            for step, part in zip(steps, parts, strict=True)
        ]


def _way(options: Chain.Options, pair: LanguagePair) -> tuple[list[_Leg], bool] | None:
    """The first way that all steps serve, and whether their pairs alone forbid an earlier one."""
    forbidden = False
    for way in _ways(options, pair):
        if all(leg.possible for leg in way):
            if all(leg.named for leg in way):
                return way, forbidden
            forbidden = True
    return None


def _blocked(way: Sequence[_Leg]) -> str:
    number, leg = next(
        (n, leg) for n, leg in enumerate(way, start=1) if not (leg.named and leg.possible)
    )
    return f"step {number} of {len(way)} would go from {leg.pair.source} to {leg.pair.target}"


def _resolved(step: Step | str) -> tuple[type[Backend], Record]:
    if isinstance(step, Step):
        name, values = step.backend, step.options
        kind = BACKENDS.get(name)
    else:
        name, colon, target = step.partition(":")
        if not colon:
            raise RequestError(
                f"step {step!r} of a chain is neither BACKEND:TARGET nor a known card",
                hint="write an inline system such as apertium:en-ca-it, or a table",
            )
        kind = BACKENDS.get(name)
        values = kind.from_target(target)
    if issubclass(kind, Chain):
        raise RequestError("a step of a chain cannot be a chain", hint="list its steps instead")
    return kind, parse_options(kind.Options, values, f"step {name} of a chain")


def _of_step(kept: Sequence[Mapping[str, Json]], name: str) -> list[dict[str, Json]]:
    """What was kept of one step's answers."""
    steps = (one.get("steps") for one in kept)
    return [found[name] for found in steps if isinstance(found, dict) and name in found]


def _dumped(step: Step) -> dict[str, Json]:
    _, options = _resolved(step)
    shown = options.model_dump(mode="json", exclude_defaults=True)
    return {"backend": step.backend, "options": shown}


def _named(step: Backend) -> dict[str, Json]:
    return {"backend": type(step).__name__, "pair": str(step.pair)}
