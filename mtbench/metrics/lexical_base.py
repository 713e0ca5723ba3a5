"""What the metrics that count words and characters share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, ClassVar

from mtbench.engine.work import Worker
from mtbench.metrics.counters import Counter
from mtbench.metrics.guards import require_references
from mtbench.metrics.lexical_scorer import LexicalScorer
from mtbench.plugins import Metric
from mtbench.types import Json, Runtime, ScoringView, Signature
from mtbench.types.findings import AgreementCurve


class Lexical(Metric):
    """A metric of sacreBLEU's."""

    recomputable: ClassVar[bool] = True
    curve: ClassVar[AgreementCurve | None] = None
    curve_holds_for: ClassVar[Mapping[str, str | None]] = {}  # field of the signature → its value
    curve_tokenizers: ClassVar[tuple[str, ...]] = ()  # the tokenizer follows the language there too
    blind_spots: ClassVar[tuple[str, ...]] = (
        "a good translation in other words than the reference scores low",
        "differences between unrelated systems say little: humans agree with under 60 % of them",
    )

    @classmethod
    def agreement_curve(cls, signature: Signature) -> AgreementCurve | None:
        """The published curve, where the signature says that it is for this very metric."""
        if any(signature.get(key) != value for key, value in cls.curve_holds_for.items()):
            return None
        tokenizer = signature.get("tok") or ""
        if cls.curve_tokenizers and not tokenizer.startswith(cls.curve_tokenizers):
            return None
        return cls.curve

    def check(self, view: ScoringView | None = None) -> None:
        """Refuses a test set with a segment that has no reference, naming it."""
        if view is not None:
            require_references(view, self.info.name)

    def signature(self, view: ScoringView) -> Signature:
        """SacreBLEU's own signature, and after it what it has no field for, where changed."""
        arguments = {**self._arguments(view), "num_refs": _reference_field(view)}
        kind, changed = self._signature_kind(), self._unsigned()
        text = str(kind(arguments))
        return Signature.parse(text).plus(**changed)

    def prepare(self, view: ScoringView) -> LexicalScorer:
        """A scorer on the references of a view."""
        require_references(view, self.info.name)
        target = view.pair.target
        worker = Worker(
            factory="mtbench.metrics.lexical_base:make_counter",
            arguments={
                "metric": f"{type(self).__module__}:{type(self).__qualname__}",
                "options": self.options.model_dump(mode="json"),
                "target": target,
            },
        )
        return LexicalScorer(self, view, self.sacrebleu(target), worker)

    @abstractmethod
    def sacrebleu(self, target: str) -> Any:
        """SacreBLEU's own metric object with these options, for a target language."""

    @abstractmethod
    def counter(self, sacrebleu: Any) -> Counter:
        """What counts rows of statistics, around such an object."""

    @abstractmethod
    def _signature_kind(self) -> Any:
        """SacreBLEU's class of signatures for this metric."""

    @abstractmethod
    def _arguments(self, view: ScoringView) -> dict[str, Json]:
        """What that class reads of a metric object."""

    def _unsigned(self) -> dict[str, str | int | float]:
        """Options that change a score and stand in no field of sacreBLEU's, unless default."""
        return {}

    def seconds_of_sacrebleu(self, hypothesis: str, references: Sequence[str]) -> float:
        """About how long sacreBLEU works on a segment, where that is worth a thought."""
        return 0.0

    def reads_only_unicode(self, target: str) -> bool:
        """Whether half a surrogate pair makes the tokenizer fail."""
        return False

    def notes(self, target: str) -> dict[str, Json]:
        """Facts about the metric in a target language that a reader should know."""
        return {}


def make_counter(metric: str, options: dict[str, Json], target: str) -> Counter:
    """A counter from plain data, in whatever process.

    Args:
        metric: ``module:Class`` of a lexical metric.
        options: Its options, validated before.
        target: Tag of the target language.
    """
    module, _, name = metric.partition(":")
    kind: type[Lexical] = getattr(import_module(module), name)
    made = kind(kind.Options.model_validate(options), Runtime(offline=True))
    return made.counter(made.sacrebleu(target))


def _reference_field(view: ScoringView) -> int:
    # -1 is how sacreBLEU says that the number varies ("nrefs:var").
    return -1 if view.reference_count is None else view.reference_count
