"""Metrics of somebody else's: a judge that is paid per segment, and a model scored in blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mtbench.errors import SegmentError, TransientError
from mtbench.plugins import Advance, Array, MeanMetric, Scorer, SegmentMetric
from mtbench.types import Candidate, Judged, MetricInfo, Record, ScoringView, Signature

if TYPE_CHECKING:
    from tests.support.killing import Gate


class LedgerOptions(Record):
    """Options of both.

    Attributes:
        ledger: File that gets a line for every segment that is paid for.
        refused: File with the ids that are refused, while it is there.
        busy: Ids, separated by spaces, that answer only at the third attempt.
    """

    ledger: str
    refused: str = ""
    busy: str = ""


def paid(ledger: Path) -> list[str]:
    """The ids that were paid for, in order."""
    return ledger.read_text("utf-8").split("\n")[:-1] if ledger.exists() else []


class Till:
    """What is passed before each payment."""

    gate: ClassVar[Gate | None] = None


def _pay(options: LedgerOptions, name: str) -> None:
    if Till.gate is not None:
        Till.gate()
    with Path(options.ledger).open("a", encoding="utf-8") as stream:
        stream.write(f"{name}\n")


class PaidJudge(SegmentMetric):
    """Characters of a hypothesis, at a price."""

    class Options(LedgerOptions):
        """Those of both."""

    options: Options
    max_concurrency = 2
    billed = True
    cents = 0

    @property
    def info(self) -> MetricInfo:
        """Needs the source."""
        return MetricInfo(name="paid", title="Paid judge", needs=("source",), bounds=(0.0, 1e6))

    def signature(self, view: ScoringView) -> Signature:
        """Nothing but what it counts."""
        return Signature.of(unit="character")

    def judge(self, batch: Sequence[Candidate]) -> list[Judged | SegmentError]:
        """Refuses what it was told to refuse."""
        tries = self.__dict__.setdefault("tries", {})
        refused = Path(self.options.refused)
        bad = refused.read_text("utf-8").split() if refused.is_file() else []
        found: list[Judged | SegmentError] = []
        for one in batch:
            tries[one.id] = tries.get(one.id, 0) + 1
            if one.id in self.options.busy.split() and tries[one.id] < 3:
                raise TransientError("busy", retry_after=0.0)
            if one.id in bad:
                found.append(SegmentError(f"will not judge {one.id}"))
                continue
            _pay(self.options, one.id)
            self.cents = self.cents + 1
            found.append(Judged(score=float(len(one.hypothesis)), annotation={"of": one.id}))
        return found

    def usage(self) -> dict[str, float]:
        """A cent per segment."""
        return {"cost": 0.01 * self.cents}


class Blocks(MeanMetric):
    """Characters of a hypothesis, two segments at a time."""

    class Options(LedgerOptions):
        """Those of both."""

    options: Options

    @property
    def info(self) -> MetricInfo:
        """Needs the source."""
        return MetricInfo(name="blocks", title="Blocks", needs=("source",), bounds=(0.0, 1e6))

    def signature(self, view: ScoringView) -> Signature:
        """Nothing but what it counts."""
        return Signature.of(unit="character")

    def prepare(self, view: ScoringView) -> Scorer:
        """Keeps the view."""
        return _BlockScorer(self.options, view)


class _BlockScorer(Scorer):
    block = 2
    fixed_notes = frozenset({"limit"})

    def __init__(self, options: LedgerOptions, view: ScoringView) -> None:
        self._options = options
        self._view = view
        self._texts: dict[str, Sequence[str]] = {}

    def statistics(
        self, outputs: Mapping[str, Sequence[str]], advance: Advance | None = None
    ) -> dict[str, Array]:
        self._texts = dict(outputs)
        found = {}
        for system, texts in outputs.items():
            for name in self._view.ids:
                _pay(self._options, f"{system} {name}")
            found[system] = MeanMetric.rows([float(len(text)) for text in texts])
            if advance is not None:
                advance(len(texts))
        return found

    def notes(self, system: str) -> dict[str, object]:
        short = [n for n, t in zip(self._view.ids, self._texts[system], strict=True) if len(t) < 40]
        return {"short": short, "limit": 40, "texts": len(self._texts[system])}
