"""What a call would do: segments, tokens, cost, downloads, without doing any of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from pydantic import Field

from mtbench.checkpoints.hub import Fetch
from mtbench.pipeline.outputs import already_done, stored_output
from mtbench.pipeline.scores import judged_ids, needs_scoring
from mtbench.pipeline.work import Plan, Request, Task
from mtbench.plugins import Backend, Metric, SegmentMetric
from mtbench.stages import scoring
from mtbench.stages import translation as translating
from mtbench.types import Record, ScoringView

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
        cost: Estimated from the card's price; None where it names none.
        currency: Of the cost.
        to_score: Metrics without a stored score of that output.
        to_fetch: What the system and these metrics would download first.
        judging: Metric that asks somebody per segment → requests, tokens and cost of what it has
            not judged yet; where there is no output yet, as if it were as long as the source.
        encoded: Metric to score with that keeps embeddings → texts of sources and references that
            are encoded already, and how many there are.
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
    cost: float | None = None
    currency: str | None = None
    to_score: tuple[str, ...] = ()
    to_fetch: tuple[Fetch, ...] = ()
    judging: dict[str, dict[str, float]] = Field(default_factory=dict)
    encoded: dict[str, tuple[int, int]] = Field(default_factory=dict)


def estimate(found: Plan, request: Request) -> list[Estimate]:
    """What each task would take: nothing is written, fetched, loaded or asked of a system.

    Args:
        found: From a request whose runtime says to look only.
        request: That request.
    """
    return [_one(found, task, request) for task in found.tasks]


def _one(found: Plan, task: Task, request: Request) -> Estimate:
    output = stored_output(task)
    task.output = output
    batches = _still_to_do(task, request) if output is None else []
    sources = [source for batch in batches for source in batch.sources]
    characters = sum(len(source.text) for source in sources)
    backend = task.backend
    counts = _counted(task, batches)
    counted = counts is not None
    read, written = counts or _by_bytes(task, batches)
    price = getattr(backend.options, "price", None) if backend else None
    usage = {"prompt_tokens": read, "completion_tokens": written, "characters": characters}
    scored = tuple(
        metric.info.name
        for metric in found.metrics
        if output is None or needs_scoring(found, task, metric, request)
    )
    left = [one for fetches in (task.fetches, *found.unseen.values()) for one in fetches]
    return Estimate(
        system=task.card.name,
        test_set=task.test_set.name,
        segments=len(task.test_set),
        to_translate=len(sources),
        calls=len(batches),
        characters=characters,
        tokens_read=read,
        tokens_written=written,
        tokens=read + written,
        counted_by="tokenizer" if counted else "bytes",
        cost=price.total(usage) if price else None,
        currency=price.currency if price else None,
        to_score=(*scored, *found.unseen),
        to_fetch=tuple(dict.fromkeys(left)),
        judging={
            metric.info.name: _judging(found, task, metric, request)
            for metric in found.metrics
            if isinstance(metric, SegmentMetric) and metric.info.name in scored
        },
        encoded={
            metric.info.name: known
            for metric in found.metrics
            if metric.info.name in scored
            and (known := metric.encoded_before(_view(found, task, metric))) is not None
        },
    )


def _view(found: Plan, task: Task, metric: Metric) -> ScoringView:
    return found.views[(metric.info.name, task.test_set.name)]


def _judging(found: Plan, task: Task, metric: SegmentMetric, request: Request) -> dict[str, float]:
    view = _view(found, task, metric)
    texts = [source.text for source in task.test_set.sources]
    if task.output is not None:
        texts = list(task.output.texts)
    finished = {"": judged_ids(found, task, metric, request)}
    batches, _ = scoring.judging_batches(metric, view, {"": texts}, finished)
    sums: dict[str, float] = {}
    for candidates, _ in batches:
        for key, value in metric.estimate(candidates).items():
            sums[key] = round(sums.get(key, 0.0) + value, 6)
    return sums


def _still_to_do(task: Task, request: Request) -> Collection[translating.Batch]:
    if task.backend is None or type(task.backend).ready is not Backend.ready:
        return []  # nobody is asked where the answers lie in files
    done, _ = already_done(task)
    return translating.plan(task.test_set.sources, task.backend, request.runtime, done)


def _counted(task: Task, batches: Collection[translating.Batch]) -> tuple[int, int] | None:
    """Tokens read and written as the system's own tokenizer counts them; None where it does not."""
    if task.backend is None or task.fetches or not batches:
        return None
    read = written = 0
    for batch in batches:
        counts = task.backend.tokens(batch.sources)
        if counts is None:
            return None
        read, written = read + counts[0], written + counts[1]
    return read, written


def _by_bytes(task: Task, batches: Collection[translating.Batch]) -> tuple[int, int]:
    sources = [source.text for batch in batches for source in batch.sources]
    if task.backend is None or task.fetches:  # what it would be told is not known yet
        return _tokens(sources), _tokens(sources)
    asked = [text for batch in batches for text in task.backend.asked(batch.sources)]
    return _tokens(asked), _tokens(sources)


def _tokens(texts: Sequence[str]) -> int:
    return sum(-(-len(text.encode()) // BYTES_A_TOKEN) for text in texts)
