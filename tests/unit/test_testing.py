"""The contract checks find what they are there to find."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np
import pytest

from mtbench.errors import BackendError, SegmentError, TransientError
from mtbench.languages import LanguagePair
from mtbench.plugins import Advance, Array, Backend, Metric, Scorer
from mtbench.testing import (
    ODD_TEXTS,
    ContractBroken,
    ExactMatch,
    check_backend,
    check_metric,
    scripted,
)
from mtbench.types import (
    Json,
    MetricInfo,
    Record,
    Runtime,
    ScoringView,
    Signature,
    Source,
    Translation,
)

PAIR = LanguagePair.parse("en-it")


class Upper(Backend):
    """Keeps to the contract; each test breaks one thing."""

    def translate(self, batch: Sequence[Source]) -> Sequence[str | Translation]:
        return [source.text.upper() for source in batch]


def make(kind: type[Backend]) -> Callable[[], Backend]:
    return lambda: kind(Record(), PAIR, Runtime())


def test_a_good_back_end_passes() -> None:
    check_backend(make(Upper))
    check_backend(scripted)


class Short(Upper):
    def translate(self, batch: Sequence[Source]) -> list[str]:
        return [source.text for source in batch][1:]


class NotText(Upper):
    def translate(self, batch: Sequence[Source]) -> list[str]:
        return [source.text.encode() for source in batch]  # type: ignore[misc]


class BadUnicode(Upper):
    def translate(self, batch: Sequence[Source]) -> list[str]:
        return ["\ud800" for _ in batch]


class Swapping(Upper):
    """Answers sorted by length: the classic slip of a length-sorted batch."""

    def translate(self, batch: Sequence[Source]) -> list[str]:
        return sorted((source.text for source in batch), key=len)


class Neighbours(Upper):
    def translate(self, batch: Sequence[Source]) -> list[str]:
        return [f"{source.text} of {len(batch)}" for source in batch]


class Drifting(Upper):
    count: ClassVar[list[int]] = []

    def translate(self, batch: Sequence[Source]) -> list[str]:
        self.count.append(1)
        return [f"{source.text} {len(self.count)}" for source in batch]


class Refusing(Upper):
    def translate(self, batch: Sequence[Source]) -> list[str]:
        raise SegmentError("no")


class Unkept(Upper):
    def translate(self, batch: Sequence[Source]) -> list[Translation]:
        return [Translation(text="x", kept={"score": object()}) for _ in batch]


class Secretive(Upper):
    def provenance(self) -> dict[str, Json]:
        return {"model": object()}


class Renamed(Upper):
    def identity(self) -> dict[str, Json]:
        return {"weights": id(self)}


class Other(Upper):
    def __enter__(self) -> Upper:
        return Upper(Record(), self.pair, self.runtime)


class Elsewhere(Upper):
    @classmethod
    def serves(cls, options: Record, pair: LanguagePair) -> bool:
        return False


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Short, "3 answers for a batch of 4"),
        (NotText, "not a text"),
        (BadUnicode, "not valid Unicode"),
        (Swapping, "came out differently"),
        (Neighbours, "came out differently"),
        (Drifting, "the same batch in a run of its own"),
        (Refusing, "segment plain-1 has no answer"),
        (Unkept, "what is kept of segment plain-1 cannot be written"),
        (Secretive, r"provenance\(\) cannot be written"),
        (Renamed, "different identities"),
        (Other, "gives another object"),
        (Elsewhere, "does not say that it serves en-it"),
    ],
)
def test_a_broken_back_end_is_found(kind: type[Backend], expected: str) -> None:
    with pytest.raises(ContractBroken, match=expected):
        check_backend(make(kind))


def test_what_is_declared_is_not_held_against_a_back_end() -> None:
    class Declared(Neighbours):
        batching = "document"

    class Random(Drifting):
        deterministic = False

    class Careful(Upper):
        def translate(self, batch: Sequence[Source]) -> list[str]:
            if any(source.text in ODD_TEXTS for source in batch):
                raise SegmentError("odd")
            return [source.text for source in batch]

    for kind in (Declared, Random, Careful):
        check_backend(make(kind))


def test_a_script_is_followed_call_by_call() -> None:
    batch = [Source(id="a", text="x"), Source(id="b", text="y")]
    with scripted("answer", "wait", "refuse", "fail", "short", "long", "interrupt") as backend:
        assert backend.translate(batch) == ["X", "Y"]
        for error in (TransientError, SegmentError, BackendError):
            with pytest.raises(error):
                backend.translate(batch)
        assert backend.translate(batch) == ["Y"]
        assert backend.translate(batch) == ["X", "Y", ""]
        with pytest.raises(KeyboardInterrupt):
            backend.translate(batch)
        assert backend.translate(batch[:1]) == ["X"]
    assert scripted(refused=["b"]).translate(batch[:1]) == ["X"]
    with pytest.raises(SegmentError, match="segment b"):
        scripted(refused=["b"]).translate(batch)


# --- metrics --------------------------------------------------------------------------------


def make_match(kind: type[Metric]) -> Callable[[], Metric]:
    return lambda: kind(Record(), Runtime())


def test_a_good_metric_passes() -> None:
    check_metric(make_match(ExactMatch))


Fault = Literal["shape", "nan", "lost", "neighbours", "systems", "order", "notes", "unknown"]


class Broken(ExactMatch):
    """Breaks one thing in its statistics."""

    fault: Fault

    def prepare(self, view: ScoringView) -> Scorer:
        return _BrokenScorer(super().prepare(view), self.fault, view)


class _BrokenScorer(Scorer):
    def __init__(self, good: Scorer, fault: Fault, view: ScoringView) -> None:
        self._good = good
        self._fault = fault
        self._view = view

    def statistics(
        self, outputs: Mapping[str, Sequence[str]], advance: Advance | None = None
    ) -> dict[str, Array]:
        found = self._good.statistics(outputs, advance)
        if self._fault == "lost":
            found.popitem()
        return {name: self._spoilt(rows, len(outputs)) for name, rows in found.items()}

    def _spoilt(self, rows: Array, systems: int) -> Array:
        if self._fault == "shape":
            return rows[:-1]
        if self._fault == "nan":
            return np.asarray(np.where(rows == 0, np.nan, rows))
        if self._fault == "neighbours":
            return rows + len(rows)
        if self._fault == "systems":
            return rows + systems
        if self._fault == "order":
            return np.sort(rows, axis=0)
        return rows

    def annotations(self, system: str) -> Mapping[str, Json]:
        return {"nobody": 1} if self._fault == "unknown" else {}

    def notes(self, system: str) -> Mapping[str, Json]:
        return {"cut": {1, 2}} if self._fault == "notes" else {}


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("shape", r"have the shape \(6, 2\), for 7 segments"),
        ("nan", "not finite"),
        ("lost", "statistics for"),
        ("neighbours", "two halves of the test set: statistics differ by"),
        ("systems", "without the other systems: statistics differ by 3"),
        ("order", "statistics differ"),
        ("notes", "cannot be written as JSON"),
        ("unknown", "annotations of unknown segments"),
    ],
)
def test_broken_statistics_are_found(fault: Fault, expected: str) -> None:
    kind = type("Spoilt", (Broken,), {"fault": fault})
    with pytest.raises(ContractBroken, match=expected):
        check_metric(make_match(kind))


class Unsigned(ExactMatch):
    def signature(self, view: ScoringView) -> Signature:
        return Signature.of(made=id(self))


class OneAtATime(ExactMatch):
    def pool(self, totals: Array) -> Array:
        return np.asarray(totals[..., 0].sum() / totals[..., 1].sum())


class Unbounded(ExactMatch):
    def pool(self, totals: Array) -> Array:
        return super().pool(totals) + 1


class Reversed(ExactMatch):
    @property
    def info(self) -> MetricInfo:
        return super().info.model_copy(update={"higher_is_better": False})


class Forgetful(ExactMatch):
    """Pools only where its weights are loaded."""

    loaded = False

    def __enter__(self) -> Forgetful:
        self.loaded = True
        return self

    def pool(self, totals: Array) -> Array:
        return super().pool(totals if self.loaded else totals[..., :0])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Unsigned, "sign differently"),
        (OneAtATime, "pool of"),
        (Unbounded, "outside 0.0 … 100.0"),
        (Reversed, "the references score 100"),
    ],
)
def test_a_broken_metric_is_found(kind: type[Metric], expected: str) -> None:
    with pytest.raises(ContractBroken, match=expected):
        check_metric(make_match(kind))


def test_pooling_must_not_need_weights() -> None:
    with pytest.raises(IndexError):
        check_metric(make_match(Forgetful))
