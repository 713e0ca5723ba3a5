"""Work on this machine: in this process, or in several where that pays.

A worker is named by its factory and made anew in every process from plain options; nothing live
crosses. The processes are fresh interpreters joined by pipes: unlike forked ones they are safe
beside threads (PyTorch, BLAS), and unlike ``multiprocessing``'s spawned ones they never run a
user's script again. Results come in the order of the items, and only a few items are under way at
a time.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from typing import Any

from mtbench.errors import RunFailed
from mtbench.processes.pipe import Ended, receive, send
from mtbench.types import Json, Record

Work = Callable[[Any], Any]

_TRIAL = 0.5  # seconds of work in this process before more are thought of
_WORTH_IT = 3.0  # seconds of work left that justify starting processes
_START = "import sys; sys.path[:] = sys.argv[2:]; from mtbench.processes.pipe import serve; serve()"
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Worker(Record):
    """A function from items to results, by how it is made.

    Attributes:
        factory: ``module:function``; called with the arguments, returns the function.
        arguments: Plain data.
    """

    factory: str
    arguments: dict[str, Json]


def build(worker: Worker) -> Work:
    """The worker's function, made in this process."""
    module, _, name = worker.factory.partition(":")
    made: Work = getattr(import_module(module), name)(**worker.arguments)
    return made


def available_processes() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(
    worker: Worker,
    items: Iterable[Any],
    count: int,
    *,
    work: Work | None = None,
    processes: int | None = None,
) -> Iterator[Any]:
    """Results of a worker, in the order of the items.

    The first items are done here; if at their pace the rest would take some seconds, it is shared
    out. The results are the same either way.

    Args:
        worker: What to do.
        items: What to do it with; taken as needed.
        count: How many items there are.
        work: The worker's function, where this process has it already.
        processes: How many to use at most, all of them at once where given; by default as many as
            there are processors, and only where it pays.

    Raises:
        RunFailed: If a worker fails in another process, or the process ends.
    """
    rest = iter(items)
    wanted = processes or available_processes()
    if processes is None or wanted < 2:
        here, spent = work or build(worker), 0.0
        for done, item in enumerate(rest, start=1):
            started = time.perf_counter()
            result = here(item)
            spent += time.perf_counter() - started
            yield result
            left = spent / done * (count - done)
            if processes is None and wanted > 1 and spent > _TRIAL and left > _WORTH_IT:
                break
        else:
            return
    yield from _shared_out(worker, rest, wanted)


def _shared_out(worker: Worker, items: Iterator[Any], processes: int) -> Iterator[Any]:
    idle: queue.SimpleQueue[_Child] = queue.SimpleQueue()
    children: list[_Child] = []

    def call(item: Any) -> Any:
        child = idle.get()
        try:
            return child.ask(item)
        finally:
            idle.put(child)

    pool = ThreadPoolExecutor(processes, thread_name_prefix="engine")
    under_way: deque[Future[Any]] = deque()
    try:
        for _ in range(processes):
            children.append(_Child(worker))
            idle.put(children[-1])
        for item in items:
            under_way.append(pool.submit(call, item))
            if len(under_way) > 2 * processes:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        for future in under_way:
            future.cancel()
        for child in children:
            child.end()
        pool.shutdown()


class _Child:
    """A process that does one item at a time."""

    def __init__(self, worker: Worker) -> None:
        environment = {**os.environ, **dict.fromkeys(_ONE_THREAD, "1")}
        self._process = subprocess.Popen(  # noqa: S603  - this interpreter, fixed words
            [sys.executable, "-c", _START, "mtbench-worker", *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what goes wrong comes back as an answer
            env=environment,
            start_new_session=True,  # an interrupt is this process' to handle
        )
        self._introduced = False
        self._worker = worker

    def ask(self, item: Any) -> Any:
        if not self._introduced:
            self._send((self._worker.factory, self._worker.arguments))
            self._introduced = True
        self._send(item)
        try:
            fine, answer = receive(self._process.stdout)
        except Ended as error:
            raise self._lost() from error
        if not fine:
            kind, message, why, hint = answer
            raise RunFailed(message if kind is None else f"{kind}: {message}", why=why, hint=hint)
        return answer

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):  # what it was still to read is of no use to anyone
                    stream.close()

    def _send(self, value: Any) -> None:
        try:
            send(self._process.stdin, value)
        except OSError as error:
            raise self._lost() from error

    def _lost(self) -> RunFailed:
        code = self._process.wait()
        return RunFailed(
            f"a process working for {self._worker.factory} ended (exit code {code})",
            hint="it may have run out of memory" if code == -9 else None,
        )
