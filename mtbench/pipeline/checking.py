"""Whether a system runs here and keeps what its back end promises, shown on a few sentences."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import NamedTuple

from mtbench.errors import BackendError, DataError, SegmentError
from mtbench.files.digests import canonical_json
from mtbench.plugins import Backend
from mtbench.servers.patience import persistent
from mtbench.types import Record, Source, Translation


class Checked(Record):
    """What a check saw of one direction.

    Attributes:
        pair: The direction.
        translation: Of the first sentence.
        load_seconds: Until the system was ready.
        segment_seconds: For one sentence, once warm, all of them given at once.
        characters_per_second: Of the sources, likewise.
        unit: What one request holds.
        batching: Whether batches matter to an output.
        deterministic: Whether the back end says that it gives the same output again.
        repeatable: Whether it did.
        order_free: Whether outputs stayed the same in other orders and batches; None where
            batches are fixed because they matter, or there is one sentence only.
    """

    pair: str
    translation: str
    load_seconds: float
    segment_seconds: float
    characters_per_second: float
    unit: str
    batching: str
    deterministic: bool
    repeatable: bool
    order_free: bool | None


class _Round(NamedTuple):
    answers: dict[str, str]
    seconds: float


def check(name: str, backend: Backend, texts: Sequence[str]) -> Checked:
    """Loads a system, translates a few sentences in several ways, and compares.

    Args:
        name: The system's, for messages.
        backend: Checked, not entered.
        texts: Sentences in its source language.

    Raises:
        DataError: If it breaks the contract of back ends: a count, what it says of itself, an
            output that changes although it is said not to.
        BackendError: If it fails.
    """
    sources = [Source(id=str(n), text=text, document="1") for n, text in enumerate(texts, start=1)]
    backend.sources(sources)
    together = [[s] for s in sources] if backend.batching == "single" else [sources]
    began = time.perf_counter()
    with backend:
        loaded = time.perf_counter() - began
        _keepable(name, "provenance()", backend.provenance())
        _keepable(name, "identity()", backend.identity())
        backend.plan(sources)
        first = _round(name, backend, together)
        if not backend.by_id:
            again = _round(name, backend, together)
        order_free = None
        if backend.batching == "free" and not backend.by_id and len(sources) > 1:
            ways = [[sources[::-1]], [[source] for source in sources]]
            order_free = all(_round(name, backend, way).answers == first.answers for way in ways)
    if backend.by_id:
        # Its answers to one run may be made at once and kept: a second run is a run of its own.
        with backend:
            backend.plan(sources)
            again = _round(name, backend, together)
    repeatable = again.answers == first.answers
    if backend.deterministic and not repeatable:
        raise DataError(f"{name} says it is deterministic, and translated one text two ways")
    if backend.deterministic and order_free is False:
        raise DataError(
            f"{name} says that batches do not matter, and other batches gave other translations"
        )
    seconds = max(again.seconds, 1e-6)
    return Checked(
        pair=str(backend.pair),
        translation=first.answers["1"],
        load_seconds=round(loaded, 3),
        segment_seconds=round(seconds / len(sources), 3),
        characters_per_second=round(sum(map(len, texts)) / seconds, 1),
        unit=backend.unit,
        batching=backend.batching,
        deterministic=backend.deterministic,
        repeatable=repeatable,
        order_free=order_free,
    )


def _round(name: str, backend: Backend, batches: Sequence[Sequence[Source]]) -> _Round:
    waited = 0.0

    def sleep(seconds: float) -> None:
        nonlocal waited
        waited += seconds
        time.sleep(seconds)

    began = time.perf_counter()
    found = [(batch, persistent(backend.translate, batch, sleep)) for batch in batches]
    seconds = time.perf_counter() - began - waited
    answers: dict[str, str] = {}
    for batch, answered in found:
        if len(answered) != len(batch):
            raise DataError(f"{name} gave {len(answered)} translations for {len(batch)} segments")
        for source, answer in zip(batch, answered, strict=True):
            answers[source.id] = _text(name, source, answer)
    return _Round(answers, seconds)


def _text(name: str, source: Source, answer: str | Translation | SegmentError) -> str:
    if isinstance(answer, SegmentError):
        raise answer
    if isinstance(answer, Translation):
        _keepable(name, f"what is kept of {source.text!r}", answer.kept)
        answer = answer.text
    if not isinstance(answer, str):
        raise DataError(f"{name} gave no text for {source.text!r}: {answer!r}")
    try:
        answer.encode("utf-8")
    except UnicodeEncodeError as error:
        raise DataError(f"{name}: the translation of {source.text!r} is not Unicode") from error
    return answer


def _keepable(name: str, what: str, value: object) -> None:
    """Refuses what no file of results could hold."""
    try:
        json.loads(canonical_json(value))
    except (TypeError, ValueError) as error:
        raise BackendError(f"{name}: {what} cannot be written as JSON: {error}") from error
