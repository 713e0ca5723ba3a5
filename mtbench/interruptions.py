"""Signals that ask to end: what is held is let go, and moments when they must wait."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

# Seconds. A signal that comes between the interpreter's last look and its going to sleep on a lock
# does not wake it: nobody sleeps for longer than this.
LISTENS = 0.2

_lock = threading.Lock()
_holders = 0
_pending: int | None = None
_last: Ended | None = None


class Ended(KeyboardInterrupt):
    """A scheduler, a time limit, a closed terminal or Ctrl-C asks to end.

    Args:
        number: Of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.signal = signal.Signals(number)


def unwind_when_asked_to_end() -> None:
    """Has SIGINT, SIGTERM and SIGHUP raise ``Ended`` in the main thread.

    What is ignored or handled otherwise already stays so.
    """
    usual = (signal.SIG_DFL, signal.default_int_handler)
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # there is no SIGHUP on Windows
        if number is not None and signal.getsignal(number) in usual:
            signal.signal(number, _unwind)


def _unwind(number: int, _: FrameType | None) -> None:
    global _pending, _last
    _pending = number  # first, so that a holder who leaves meanwhile sees it
    if not _holders:
        _pending = None
        _last = Ended(number)
        raise _last


@contextmanager
def unmasked() -> Iterator[None]:
    """Lets a signal through libraries that turn what is raised in them into their own errors.

    Pydantic does so where a record is written, and so may any extension that calls back: the end
    that was asked for would be taken for a failure of what happened to run.

    Raises:
        Ended: In place of an error, if a signal was raised within the block.
    """
    before = _last
    try:
        yield
    except Exception as error:
        if _last is None or _last is before:
            raise
        raise _last from error


@contextmanager
def held_back() -> Iterator[None]:
    """Lets a signal wait until the block is over, in whichever thread that is."""
    global _holders, _pending
    with _lock:
        _holders += 1
    try:
        yield
    finally:
        with _lock:
            _holders -= 1
            number = None if _holders else _pending
            if number is not None:
                _pending = None
        if number is not None:
            signal.raise_signal(number)  # it is the main thread that sees it


class Promise(Protocol[T_co]):
    """A result that comes some time: a ``concurrent.futures.Future``."""

    def result(self) -> T_co:
        """The result, waited for."""

    def add_done_callback(self, fn: Callable[[Any], object], /) -> None:
        """Has a function called with the promise once it is kept, or broken."""


def awaited(promise: Promise[T]) -> T:
    """A promised result, waited for with an ear for signals.

    Raises:
        Exception: What the call behind it raised.
        KeyboardInterrupt: If a signal asks to end meanwhile.
    """
    over = threading.Event()
    promise.add_done_callback(lambda _: over.set())
    while not over.wait(LISTENS):
        pass
    return promise.result()
