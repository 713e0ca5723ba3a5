"""How long a translation would take, from a few of its segments, and its tokens."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from mtbench.plugins import Backend
from mtbench.stages import translation as translating
from mtbench.stages.translation import Batch
from mtbench.types import Source

PROBE_SECONDS = 1.0  # a probe that takes longer is not made larger


class Probe(NamedTuple):
    """What batches would take.

    Attributes:
        seconds: By those that a growing sample takes.
        read: Tokens that the system reads, by its own tokenizer; None where it tells nobody.
        written: Those of the bare sources.
    """

    seconds: float
    read: int | None = None
    written: int | None = None


def probe(backend: Backend, batches: Sequence[Batch]) -> Probe:
    """Translates a growing sample of batches.

    The sample is driven as the whole would be: in batches, with as many calls at once.

    Args:
        backend: Checked, not entered.
        batches: What there is to do.

    Raises:
        BackendError: If the system fails.
    """
    whole = _size(batches)
    if backend.by_id:
        # What it was told to expect it may do at once, as a program does: so each sample is a run.
        return Probe(_by_runs(backend, batches, whole))
    began = time.perf_counter()
    with backend:
        backend.plan([source for batch in batches for source in batch.sources])
        entered = time.perf_counter() - began
        _timed(backend, _sample(backend, batches, 1))  # what a first call sets up, it sets up once
        started = time.perf_counter() - began - entered
        count, sample = 2, _sample(backend, batches, 2)
        took = _timed(backend, sample)
        while took < PROBE_SECONDS and _size(sample) < whole:
            count *= 2
            sample = _sample(backend, batches, count)
            took = _timed(backend, sample)
        counts = [backend.tokens(batch.sources) for batch in batches]
    read, written = _sums([count for count in counts if count is not None], len(batches))
    if _size(sample) >= whole:
        return Probe(round(entered + took, 1), read, written)
    all_of_it = took * whole / max(1, _size(sample))
    return Probe(round(entered + max(0.0, started - took) + all_of_it, 1), read, written)


def _sums(counts: Sequence[tuple[int, int]], wanted: int) -> tuple[int, int] | tuple[None, None]:
    if len(counts) < wanted:
        return None, None
    return sum(read for read, _ in counts), sum(written for _, written in counts)


def _by_runs(backend: Backend, batches: Sequence[Batch], whole: int) -> float:
    """What starting takes, and what comes with each character."""
    count, first = 1, _sample(backend, batches, 1)
    sample, took = first, _run(backend, first)
    start = took
    while took - start < PROBE_SECONDS and took < 5 * PROBE_SECONDS and _size(sample) < whole:
        count *= 4
        sample = _sample(backend, batches, count)
        took = _run(backend, sample)
    more = _size(sample) - _size(first)
    each = max(0.0, took - start) / more if more else 0.0
    return round(took + each * (whole - _size(sample)), 1)


def _run(backend: Backend, sample: Sequence[Batch]) -> float:
    began = time.perf_counter()
    with backend:
        backend.plan([source for batch in sample for source in batch.sources])
        translating.translate(sample, backend, lambda _: None)
    return time.perf_counter() - began


def _timed(backend: Backend, sample: Sequence[Batch]) -> float:
    began = time.perf_counter()
    translating.translate(sample, backend, lambda _: None)
    return time.perf_counter() - began


def _size(batches: Sequence[Batch]) -> int:
    return sum(len(source.text) for batch in batches for source in batch.sources)


def _sample(backend: Backend, batches: Sequence[Batch], count: int) -> list[Batch]:
    """Batches of about so many segments, spread over all lengths.

    They are whole documents where a document is translated as one.
    """
    if backend.batching == "document" and not backend.by_id:
        return _spread_documents(batches, count)
    sources = [source for batch in batches for source in batch.sources]
    chosen = _spread(sorted(sources, key=lambda source: -len(source.text)), count)
    size = 1 if backend.batching == "single" else max(len(batch.sources) for batch in batches)
    return [
        Batch(part, tuple((source.id,) for source in part))
        for part in (tuple(chosen[at : at + size]) for at in range(0, len(chosen), size))
    ]


def _spread(sources: Sequence[Source], count: int) -> list[Source]:
    """So many of the sources, evenly over their order: the middle one for one."""
    count = min(count, len(sources))
    return [sources[(2 * n + 1) * len(sources) // (2 * count)] for n in range(count)]


def _spread_documents(batches: Sequence[Batch], count: int) -> list[Batch]:
    ordered = sorted(batches, key=lambda batch: _size([batch]))
    wanted = min(len(ordered), -(-count * len(ordered) // sum(len(b.sources) for b in ordered)))
    return [ordered[(2 * n + 1) * len(ordered) // (2 * wanted)] for n in range(wanted)]
