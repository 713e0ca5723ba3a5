"""Workers: interpreters like this one at the other end of a pipe, and what is said through it.

Messages are pickles behind their length. Both ends are this program, joined by anonymous pipes;
nothing from a file or a network is ever read this way. The processes are fresh interpreters:
unlike forked ones they are safe beside threads (PyTorch, BLAS), and unlike ``multiprocessing``'s
(and loky's) they never run a user's script again, import nothing from the working folder, keep
what libraries print away from our output, and need no semaphores of the system.
"""

from __future__ import annotations

import os
import pickle
import struct
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from io import BufferedReader
from typing import IO, Any, cast

from mtbench.errors import MtbenchError, RunFailed
from mtbench.processes.programs import Program

_LENGTH = struct.Struct("<Q")
_START = "import sys; sys.path[:] = sys.argv[2:]; from mtbench.processes.pipe import serve; serve()"


class PipeClosed(Exception):
    """The other side has closed the pipe."""


class WorkerLost(RunFailed):
    """A worker ended before it had answered."""


class ShardLost(WorkerLost):
    """Several workers ended, one after the other, at the same work; others can be done."""


class WorkerProcess:
    """A process that makes one function and calls it with one item at a time.

    Args:
        factory: ``module:function``; called there with the arguments, returns the function.
        arguments: Plain data.
        environment: Variables beside those of this process.

    Raises:
        MissingEngine: If this machine lets no process start.
    """

    def __init__(
        self, factory: str, arguments: Mapping[str, Any], environment: Mapping[str, str]
    ) -> None:
        self._factory = factory
        self._arguments = dict(arguments)
        self._introduced = False
        argv = [sys.executable, "-c", _START, "mtbench-worker", *sys.path]
        self._program = Program(argv, environment=environment, keep_stderr=10_000)
        self._answers = BufferedReader(cast("Any", self._program.stdout))

    def ask(self, item: Any) -> Any:
        """The function's result for an item.

        Raises:
            MtbenchError: As the function did.
            RunFailed: If it fails otherwise.
            WorkerLost: If the process ends.
        """
        try:
            if not self._introduced:
                send(self._program.stdin, (self._factory, self._arguments))
                self._introduced = True
            send(self._program.stdin, item)
            fine, answer = receive(self._answers)
        except (PipeClosed, OSError) as error:
            raise self._lost() from error
        if not fine:
            raise answer
        return answer

    def end(self) -> None:
        """Ends the process, whatever it does."""
        self._program.kill()

    def _lost(self) -> WorkerLost:
        code = self._program.wait(5.0)
        return WorkerLost(
            f"a process working for {self._factory} {self._program.ended()}",
            why=self._program.last_words(),
            hint="it may have run out of memory" if code == -9 else None,
        )


def send(stream: IO[bytes], value: Any) -> None:
    """Writes a message.

    Raises:
        OSError: If the other side is gone.
    """
    content = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    for part in (_LENGTH.pack(len(content)), content):
        view = memoryview(part)
        while view:  # a pipe without a buffer may take it in parts
            view = view[stream.write(view) or 0 :]
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Reads a message.

    Raises:
        PipeClosed: If there is none any more.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise PipeClosed
    (length,) = _LENGTH.unpack(head)
    content = stream.read(length)
    if len(content) < length:
        raise PipeClosed
    return pickle.loads(content)  # noqa: S301  - written by the process at the other end, ours


class Served:
    """A function in a process of its own: made with the first item, called with every one.

    Args:
        factory: ``module:function``; called with the arguments, returns the function.
        arguments: Plain data.
    """

    def __init__(self, factory: str, arguments: Mapping[str, Any]) -> None:
        self._made_of = (factory, arguments)
        self._work: Callable[[Any], Any] | None = None

    def answer(self, item: Any) -> tuple[bool, Any]:
        """Whether it went well, and the result; else the error, as one of ours."""
        try:
            if self._work is None:
                self._work = made(*self._made_of)
            return True, self._work(item)
        except MtbenchError as error:
            return False, error
        except Exception as error:  # noqa: BLE001  - whatever it is, it belongs to the caller
            return False, RunFailed(f"{type(error).__name__}: {error}")


def serve() -> None:
    """The other end: makes a function and calls it until the pipe closes."""
    stdin, stdout = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get in between
    try:
        served = Served(*receive(stdin))
        while True:
            send(stdout, served.answer(receive(stdin)))
    except (PipeClosed, BrokenPipeError):
        return


def made(factory: str, arguments: Mapping[str, Any]) -> Callable[[Any], Any]:
    """The function that a factory makes, in this process."""
    module, _, name = factory.partition(":")
    work: Callable[[Any], Any] = getattr(import_module(module), name)(**arguments)
    return work
