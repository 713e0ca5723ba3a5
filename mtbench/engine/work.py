"""Work that travels: what to do, by how it is made, and the one call that has it done."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, Protocol

from mtbench.engine import local
from mtbench.errors import RunFailed
from mtbench.interruptions import awaited
from mtbench.processes.pipe import WorkerLost, made
from mtbench.types import Engine, Json, Record

Work = Callable[[Any], Any]

TRIAL = 0.5  # seconds of work in this process before more are thought of
WORTH_IT = 3.0  # seconds of work left that justify starting processes
SHARD_SECONDS = 1.0  # of work per call to a cluster


class Worker(Record):
    """A function from items to results, by how it is made: nothing live crosses to a process.

    Attributes:
        factory: ``module:function``; called with the arguments, returns the function.
        arguments: Plain data.
        shared: Whether processes beside this one may take part without being asked for; False for
            what holds weights, or keeps all processors busy by itself.
        gpu: Whether it computes on a GPU where there is one: each gets one to itself.
    """

    factory: str
    arguments: dict[str, Json]
    shared: bool = True
    gpu: bool = False


def build(worker: Worker) -> Work:
    """The worker's function, made in this process."""
    return made(worker.factory, worker.arguments)


class Crew(Protocol):
    """Workers somewhere that each hold a function of the same making.

    Attributes:
        size: How many there are.
    """

    size: int

    def ask(self, item: Any) -> Any:
        """The function's result for an item, by the next worker that is free; from any thread.

        Raises:
            MtbenchError: As the function did.
            RunFailed: If it fails otherwise, or the worker is lost.
        """

    def end(self) -> None:
        """Ends the workers, whatever they do."""


def crew(worker: Worker, size: int, on: Engine) -> Crew:
    """Workers where the engine has its work done; for what lasts, such as weights in memory.

    Args:
        worker: What each of them holds.
        size: How many.
        on: Where, from ``runtime.engine``.

    Raises:
        MissingEngine: If none can be started on this machine.
        Unavailable: If there is no such cluster, or one of its nodes has other versions.
    """
    if on.kind == "ray":
        from mtbench.engine.cluster import RayCrew

        return RayCrew(
            worker.factory, worker.arguments, size, on, gpu=worker.gpu, stays=worker.shared
        )
    devices = on.devices if worker.gpu else ()
    return local.LocalCrew(worker.factory, worker.arguments, size, devices)


def check(on: Engine) -> None:
    """Says before any work whether the engine can be had; a cluster of one's own starts later.

    Raises:
        Unavailable: If Ray is not installed, there is no such cluster, or one of its nodes has
            other versions.
        RequestError: If its address is none.
    """
    if on.kind == "ray":
        from mtbench.engine.cluster import connect, require

        connect(on) if on.address else require()


def size_of(on: Engine, *, shared: bool = True, gpu: bool = False) -> int:
    """How many workers there are at most.

    Args:
        on: Where.
        shared: As in ``Worker``.
        gpu: As in ``Worker``.

    Example:
        >>> size_of(Engine(processes=3))
        3
    """
    if on.kind == "ray":
        from mtbench.engine.cluster import workers

        return workers(on, gpu=gpu)
    return on.processes or (local.available_processes() if shared else 1)


def run(
    worker: Worker,
    items: Iterable[Any],
    count: int,
    on: Engine | None = None,
    *,
    work: Work | None = None,
    lost: Callable[[int, WorkerLost], Any] | None = None,
) -> Iterator[Any]:
    """Results of a worker in the order of the items, wherever the work runs.

    On this machine the first items are done in this process; if at their pace the rest would take
    some seconds, it is shared out to others. The results are the same either way.

    Args:
        worker: What to do.
        items: What to do it with, in shards of some milliseconds to a second; only a few are
            taken ahead.
        count: How many items there are.
        on: Where to run, from ``runtime.engine``; by default here.
        work: The worker's function, where this process has it already.
        lost: Called with the number of an item, from 0, that ended the workers that were given
            it: returns what stands for its result, or raises an error that names it.

    Raises:
        MtbenchError: As the worker did.
        RunFailed: If it fails otherwise, or its process ends.

    Example:
        >>> half = Worker(factory="functools:partial", arguments={})
        >>> list(run(half, [2, 4], 2, work=lambda item: item // 2))
        [1, 2]
    """
    where = on or Engine()
    if where.kind == "ray":
        yield from _on_cluster(worker, iter(items), count, where, lost)
        return
    rest = iter(items)
    size = size_of(where, shared=worker.shared)
    if where.processes is None or size < 2:
        here, spent = work or build(worker), 0.0
        for done, item in enumerate(rest, start=1):
            started = time.perf_counter()
            result = here(item)
            spent += time.perf_counter() - started
            yield result
            left = spent / done * (count - done)
            if where.processes is None and size > 1 and spent > TRIAL and left > WORTH_IT:
                break
        else:
            return
    workers = crew(worker, size, where)
    yield from _shared_out(workers, workers.ask, rest)


def _on_cluster(
    worker: Worker,
    items: Iterator[Any],
    count: int,
    on: Engine,
    lost: Callable[[int, WorkerLost], Any] | None,
) -> Iterator[Any]:
    """As ``run``, several items per call: a call across machines is worth about a second's work."""
    many = Worker(
        factory="mtbench.engine.work:several",
        arguments={"factory": worker.factory, "arguments": worker.arguments},
        shared=worker.shared,
        gpu=worker.gpu,
    )
    workers = crew(many, size_of(on, gpu=worker.gpu), on)
    pace = SHARD_SECONDS  # per item, the fastest seen: the first calls also start the workers

    def shards() -> Iterator[tuple[int, list[Any]]]:
        done = 0
        while True:
            fair = (count - done) // (4 * workers.size)
            shard = list(islice(items, max(1, min(int(SHARD_SECONDS / pace), fair))))
            if not shard:
                return
            yield done, shard
            done += len(shard)

    def ask(numbered: tuple[int, list[Any]]) -> list[Any]:
        nonlocal pace
        first, shard = numbered
        try:
            seconds, results = workers.ask(shard)
            pace = max(min(pace, seconds / len(shard)), 1e-4)
        except WorkerLost as error:
            if len(shard) > 1:  # which of them it was shows one by one
                return [one for at, item in enumerate(shard) for one in ask((first + at, [item]))]
            if lost is None:
                raise
            results = [lost(first, error)]
        return list(results)

    for results in _shared_out(workers, ask, shards()):
        yield from results


def naming(ids: Sequence[str], per_item: int) -> Callable[[int, WorkerLost], Any]:
    """For ``run``'s ``lost``: an error that names the segments of the item.

    Args:
        ids: Of all segments, in the order of the items.
        per_item: How many segments an item holds.
    """

    def lost(number: int, error: WorkerLost) -> Any:
        mine = ids[number * per_item : (number + 1) * per_item]
        more = f" to {mine[-1]!r}" if len(mine) > 1 else ""
        named = f"segments {mine[0]!r}{more}"
        raise RunFailed(f"{named}: {error.message}", why=error.why, hint=error.hint) from error

    return lost


def several(factory: str, arguments: Mapping[str, Any]) -> Work:
    """A function of several items at once, from one of a single item.

    Returns:
        Items → seconds it took, and their results.
    """
    work = made(factory, arguments)

    def all_of(items: Sequence[Any]) -> tuple[float, list[Any]]:
        started = time.perf_counter()
        results = [work(item) for item in items]
        return time.perf_counter() - started, results

    return all_of


def _shared_out(workers: Crew, ask: Work, items: Iterator[Any]) -> Iterator[Any]:
    pool = ThreadPoolExecutor(workers.size, thread_name_prefix="engine")
    under_way: deque[Future[Any]] = deque()
    try:
        for item in items:
            under_way.append(pool.submit(ask, item))
            if len(under_way) > 2 * workers.size:
                yield awaited(under_way.popleft())
        while under_way:
            yield awaited(under_way.popleft())
    finally:
        for future in under_way:
            future.cancel()
        workers.end()
        pool.shutdown()
