"""Work that travels: what to do, by how it is made, and the one call that has it done."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

from mtbench.engine import local
from mtbench.interruptions import awaited
from mtbench.processes.pipe import made
from mtbench.types import Engine, Json, Record

Work = Callable[[Any], Any]

TRIAL = 0.5  # seconds of work in this process before more are thought of
WORTH_IT = 3.0  # seconds of work left that justify starting processes


class Worker(Record):
    """A function from items to results, by how it is made: nothing live crosses to a process.

    Attributes:
        factory: ``module:function``; called with the arguments, returns the function.
        arguments: Plain data.
        shared: Whether processes beside this one may take part without being asked for; False for
            what holds weights, or keeps all processors busy by itself.
    """

    factory: str
    arguments: dict[str, Json]
    shared: bool = True


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
        MissingEngine: If none can be started there.
    """
    return local.LocalCrew(worker.factory, worker.arguments, size)


def run(
    worker: Worker,
    items: Iterable[Any],
    count: int,
    on: Engine | None = None,
    *,
    work: Work | None = None,
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

    Raises:
        MtbenchError: As the worker did.
        RunFailed: If it fails otherwise, or its process ends.

    Example:
        >>> half = Worker(factory="functools:partial", arguments={})
        >>> list(run(half, [2, 4], 2, work=lambda item: item // 2))
        [1, 2]
    """
    where = on or Engine()
    rest = iter(items)
    size = where.processes or (local.available_processes() if worker.shared else 1)
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
    yield from _shared_out(worker, rest, size, where)


def _shared_out(worker: Worker, items: Iterator[Any], size: int, on: Engine) -> Iterator[Any]:
    workers = crew(worker, size, on)
    pool = ThreadPoolExecutor(size, thread_name_prefix="engine")
    under_way: deque[Future[Any]] = deque()
    try:
        for item in items:
            under_way.append(pool.submit(workers.ask, item))
            if len(under_way) > 2 * size:
                yield awaited(under_way.popleft())
        while under_way:
            yield awaited(under_way.popleft())
    finally:
        for future in under_way:
            future.cancel()
        workers.end()
        pool.shutdown()
