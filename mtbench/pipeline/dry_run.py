"""What a call would do: segments, tokens, time or cost, without doing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mtbench.pipeline.estimate import probe
from mtbench.pipeline.outputs import already_done, stored_output
from mtbench.pipeline.scores import needs_scoring
from mtbench.pipeline.work import Plan, Request, Task
from mtbench.stages import translation as translating
from mtbench.types import Record

BYTES_A_TOKEN = 4  # a rule of thumb for text in UTF-8; servers bill by their own count


class Estimate(Record):
    """What one system on one test set would take.

    Attributes:
        system, test_set: Who and where.
        segments: Of the test set.
        to_translate: Segments that have no stored translation yet, equal sources once.
        calls: Calls of the back end that hold them: batches, documents or segments.
        characters: Of their sources.
        tokens_read: Of the texts that the system is given, prompts and worked examples included.
        tokens_written: As if a translation were as long as its source.
        tokens: Both.
        counted_by: The system's own ``tokenizer``, or ``bytes``: four of them for a token.
        seconds: Estimated from a probe; None where a server bills for requests.
        cost: Estimated from the card's price; None where it names none.
        currency: Of the cost.
        to_score: Metrics without a stored score of that output.
    """

    system: str
    test_set: str
    segments: int
    to_translate: int
    calls: int
    characters: int
    tokens_read: int
    tokens_written: int
    tokens: int
    counted_by: Literal["tokenizer", "bytes"]
    seconds: float | None = None
    cost: float | None = None
    currency: str | None = None
    to_score: tuple[str, ...] = ()


def estimate(found: Plan, request: Request) -> list[Estimate]:
    """What each task would take; writes nothing.

    A system that no server bills for is probed: it translates a few segments.

    Raises:
        BackendError: If a probe fails.
    """
    return [_one(found, task, request) for task in found.tasks]


def _one(found: Plan, task: Task, request: Request) -> Estimate:
    output = stored_output(task)
    task.output = output
    batches = _still_to_do(task, request) if output is None else []
    sources = [source for batch in batches for source in batch.sources]
    backend = task.backend
    asked = [text for batch in batches if backend for text in backend.asked(batch.sources)]
    read, written = _tokens(asked), _tokens([source.text for source in sources])
    price = getattr(backend.options, "price", None) if backend else None
    probed = probe(backend, batches) if backend and batches and not backend.billed else None
    counted = probed is not None and probed.read is not None
    if probed is not None and probed.read is not None and probed.written is not None:
        read, written = probed.read, probed.written
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
        calls=len(batches),
        characters=sum(len(source.text) for source in sources),
        tokens_read=read,
        tokens_written=written,
        tokens=read + written,
        counted_by="tokenizer" if counted else "bytes",
        seconds=probed.seconds if probed else None,
        cost=round((read * price.input + written * price.output) / 1e6, 6) if price else None,
        currency=price.currency if price else None,
        to_score=scored,
    )


def _still_to_do(task: Task, request: Request) -> list[translating.Batch]:
    if task.backend is None:
        return []
    done, _ = already_done(task)
    return translating.plan(task.test_set.sources, task.backend, request.runtime, frozenset(done))


def _tokens(texts: Sequence[str]) -> int:
    return sum(-(-len(text.encode()) // BYTES_A_TOKEN) for text in texts)
