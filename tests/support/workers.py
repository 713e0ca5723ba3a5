"""Workers for the tests of the engine, made by name in other processes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from mtbench.errors import MetricError


def doubler(plus: int) -> Callable[[int], tuple[int, int]]:
    """Doubles and adds; says in which process. Prints, which must do no harm."""

    def work(item: int) -> tuple[int, int]:
        print("a library that talks")
        time.sleep(0.002 * (item % 3))
        return 2 * item + plus, os.getpid()

    return work


def environment(name: str) -> Callable[[int], str | None]:
    """Says what a variable of the process is."""
    return lambda item: os.environ.get(name)


def failing(kind: str) -> Callable[[int], int]:
    """Fails at 5: by an error of ours, by another one, or by ending."""

    def work(item: int) -> int:
        if item == 5:
            if kind == "ours":
                raise MetricError("segment five", why="it is odd", hint="leave it out")
            if kind == "ended":
                os._exit(9)
            raise ZeroDivisionError("five")
        return item

    return work


def slow() -> Callable[[int], int]:
    """Takes its time."""

    def work(item: int) -> int:
        time.sleep(0.3)
        return item

    return work


def slow_process() -> Callable[[int], int]:
    """Takes its time, and says in which process."""

    def work(item: int) -> int:
        time.sleep(0.05)
        return os.getpid()

    return work


def killer(folder: str) -> Callable[[int], int]:
    """Ends its process at 5, always; at 20, the first time only. Notes who did what."""

    def work(item: int) -> int:
        time.sleep(0.05)
        mark = Path(folder) / f"{item}.{os.getpid()}"
        first = not list(Path(folder).glob(f"{item}.*"))
        mark.touch()
        if item == 5 or (item == 20 and first):
            print("the worker is about to die", file=sys.stderr, flush=True)
            os._exit(9)
        return item

    return work


def sizes() -> Callable[[bytes], int]:
    """Says how much it was given."""
    return len


def hog(megabytes: int) -> Callable[[int], int]:
    """Takes memory for a while at 5."""

    def work(item: int) -> int:
        held = bytearray(os.urandom(1 << 20) * (megabytes if item == 5 else 1))
        time.sleep(20 if item == 5 else 0.01)
        return len(held) and item

    return work
