"""What a call would do: segments, tokens, time or cost, without doing it."""

from __future__ import annotations

import time

from mtbench import translate as translating
from mtbench.pipeline.outputs import stored_output
from mtbench.pipeline.scores import needs_scoring
from mtbench.pipeline.work import Plan, Request, Task
from mtbench.types import Record, Source

CHARACTERS_A_TOKEN = 4  # a rule of thumb for European text; servers bill by their own count
PROBE_SEGMENTS = 2


class Estimate(Record):
    """What one system on one test set would take.

    Attributes:
        system, test_set: Who and where.
        segments: Of the test set.
        to_translate: Segments of an output that is not stored whole, equal sources once; what an
            interrupted run has finished is counted too.
        characters: Of their sources.
        tokens: Estimated from the characters, source and translation together.
        seconds: Estimated from a probe of two segments; None without one.
        cost: Estimated from the card's price; None where it names none.
        currency: Of the cost.
        to_score: Metrics without a stored score of that output.
    """

    system: str
    test_set: str
    segments: int
    to_translate: int
    characters: int
    tokens: int
    seconds: float | None = None
    cost: float | None = None
    currency: str | None = None
    to_score: tuple[str, ...] = ()


def estimate(found: Plan, request: Request) -> list[Estimate]:
    """What each task would take; writes nothing.

    A system that no server bills for is probed with two segments of middling length.

    Raises:
        BackendError: If a probe fails.
    """
    return [_one(found, task, request) for task in found.tasks]


def _one(found: Plan, task: Task, request: Request) -> Estimate:
    output = stored_output(task, write=False)
    sources: list[Source] = []
    if output is None and task.backend is not None:
        batches = translating.plan(
            task.test_set.sources, task.backend, request.runtime, frozenset()
        )
        sources = [source for batch in batches for source in batch.sources]
    task.output = output
    characters = sum(len(source.text) for source in sources)
    tokens = 2 * characters // CHARACTERS_A_TOKEN
    price = getattr(task.backend.options, "price", None) if task.backend else None
    billed = task.backend is not None and hasattr(task.backend.options, "price")
    scored = tuple(
        metric.info.name
        for metric in found.metrics
        if output is None or needs_scoring(found, task, metric, request)
    )
    return Estimate(
        system=task.card.name,
        test_set=task.test_set.name,
        segments=len(task.test_set),
        to_translate=len(sources),
        characters=characters,
        tokens=tokens,
        seconds=_probed(task, sources) if sources and not billed else None,
        cost=round(tokens / 2 * (price.input + price.output) / 1e6, 6) if price else None,
        currency=price.currency if price else None,
        to_score=scored,
    )


def _probed(task: Task, sources: list[Source]) -> float:
    """Seconds that all sources would take, by the characters of a few."""
    backend = task.backend
    if backend is None:
        return 0.0
    ordered = sorted(sources, key=lambda source: len(source.text))
    middle = len(ordered) // 2
    sample = ordered[max(0, middle - 1) : max(0, middle - 1) + PROBE_SEGMENTS]
    if backend.by_id:
        return 0.0  # a file of translations: nothing to compute
    with backend:
        backend.plan(sample)
        backend.translate(sample[:1])  # what is set up by a first call is no measure of speed
        began = time.perf_counter()
        backend.translate(sample)
        took = time.perf_counter() - began
    share = sum(len(s.text) for s in sources) / max(1, sum(len(s.text) for s in sample))
    return round(took * share, 1)
