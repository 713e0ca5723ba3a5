"""Work on this machine: processes beside this one."""

from __future__ import annotations

import os
import queue
from collections.abc import Mapping, Sequence
from typing import Any

from mtbench.processes.pipe import WorkerProcess

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def available_processes() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class LocalCrew:
    """Processes that each hold a function of the same making.

    Args:
        factory: ``module:function``, makes the function.
        arguments: For the factory.
        size: How many processes; they start at once.
        devices: GPUs, of which each process sees one, in turn; where none are named, what this
            process sees.

    Raises:
        MissingEngine: If this machine lets no process start.
    """

    def __init__(
        self, factory: str, arguments: Mapping[str, Any], size: int, devices: Sequence[str] = ()
    ) -> None:
        self.size = size
        self._idle: queue.SimpleQueue[WorkerProcess] = queue.SimpleQueue()
        self._workers: list[WorkerProcess] = []
        try:
            for number in range(size):
                environment = dict.fromkeys(_ONE_THREAD, "1")
                if devices:
                    environment["CUDA_VISIBLE_DEVICES"] = devices[number % len(devices)]
                worker = WorkerProcess(factory, arguments, environment)
                self._workers.append(worker)
                self._idle.put(worker)
        except BaseException:
            self.end()
            raise

    def ask(self, item: Any) -> Any:
        """The function's result for an item, by the next one that is free; from any thread.

        Raises:
            RunFailed: If the function fails, or its process ends.
        """
        worker = self._idle.get()
        try:
            return worker.ask(item)
        finally:
            self._idle.put(worker)

    def end(self) -> None:
        """Ends the processes, whatever they do."""
        for worker in self._workers:
            worker.end()
