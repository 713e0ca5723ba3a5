"""Fakes: a back end that does what a script says, and the simplest metric there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np

from mtbench.errors import BackendError, SegmentError, TransientError
from mtbench.languages import LanguagePair
from mtbench.plugins import Advance, Array, Backend, MeanMetric, Scorer
from mtbench.types import MetricInfo, Record, Runtime, ScoringView, Signature, Source

Step = Literal["answer", "wait", "refuse", "fail", "short", "long", "interrupt"]


class Scripted(Backend):
    """Answers with the upper-cased source, or fails, as its script says call by call.

    Beyond the script's end it answers. ``calls`` keeps what it was asked.

    Example:
        >>> system = scripted("wait", "answer")
        >>> source = Source(id="a", text="yes")
        >>> try:
        ...     system.translate([source])
        ... except TransientError as error:
        ...     print(error)
        busy
        >>> system.translate([source])
        ['YES']
    """

    class Options(Record):
        """The script.

        Attributes:
            script: For each call of ``translate``: ``answer``; ``wait`` (a ``TransientError``),
                ``refuse`` (a ``SegmentError``), ``fail`` (a ``BackendError``); ``short`` or
                ``long`` by one answer; ``interrupt`` (a ``KeyboardInterrupt``).
            refused: Ids that are always refused.
            retry_after: Seconds a ``wait`` asks for.
        """

        script: tuple[Step, ...] = ()
        refused: tuple[str, ...] = ()
        retry_after: float | None = None

    options: Options

    def __init__(self, options: Record, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self.calls: list[tuple[str, ...]] = []
        self.entered = 0

    def __enter__(self) -> Scripted:
        self.entered += 1
        return self

    def translate(self, batch: Sequence[Source]) -> list[str]:
        """What the script says for this call."""
        number = len(self.calls)
        self.calls.append(tuple(source.id for source in batch))
        step = self.options.script[number] if number < len(self.options.script) else "answer"
        refused = [source.id for source in batch if source.id in self.options.refused]
        if step == "wait":
            raise TransientError("busy", retry_after=self.options.retry_after)
        if step == "refuse" or refused:
            raise SegmentError(f"segment {refused[0] if refused else batch[0].id} is refused")
        if step == "fail":
            raise BackendError("the script says so")
        if step == "interrupt":
            raise KeyboardInterrupt
        answers = [source.text.upper() for source in batch]
        return {"short": answers[1:], "long": [*answers, ""]}.get(step, answers)


def scripted(
    *script: Step,
    pair: str = "en-it",
    refused: Sequence[str] = (),
    retry_after: float | None = None,
) -> Scripted:
    """A ``Scripted`` back end, ready to be entered.

    Example:
        >>> scripted("refuse", refused=["a"]).options.refused
        ('a',)
    """
    options = Scripted.Options(script=script, refused=tuple(refused), retry_after=retry_after)
    return Scripted(options, LanguagePair.parse(pair), Runtime())


class ExactMatch(MeanMetric):
    """The share of hypotheses that equal a reference, in per cent.

    Example:
        >>> ExactMatch(Record(), Runtime()).info.bounds
        (0.0, 100.0)
    """

    @property
    def info(self) -> MetricInfo:
        """Needs references; 0 to 100."""
        return MetricInfo(
            name="exact-match",
            title="Exact match",
            needs=("reference",),
            bounds=(0.0, 100.0),
            licence="Apache-2.0",
            description="Share of hypotheses that equal a reference.",
        )

    def signature(self, view: ScoringView) -> Signature:
        """The number of references, and whether case counts."""
        return Signature.of(nrefs=view.reference_count or "var", case="mixed")

    def prepare(self, view: ScoringView) -> Scorer:
        """Keeps the references."""
        return _Matches(view.references or (), self.rows)


class _Matches(Scorer):
    def __init__(
        self,
        references: Sequence[tuple[str, ...]],
        rows: Callable[[Sequence[float] | Array], Array],
    ) -> None:
        self._references = references
        self._rows = rows

    def statistics(
        self, outputs: Mapping[str, Sequence[str]], advance: Advance | None = None
    ) -> dict[str, Array]:
        found = {}
        for name, texts in outputs.items():
            pairs = zip(texts, self._references, strict=True)
            matches = [100.0 * (text in references) for text, references in pairs]
            found[name] = self._rows(np.asarray(matches))
            if advance is not None:
                advance(len(texts))
        return found
