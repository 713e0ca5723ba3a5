"""Calls that wait for somebody else (a server, a program, a library that lets go of the
interpreter), several at once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TypeVar

from mtbench.interruptions import LISTENS

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")


def calls(
    call: Callable[[T], R],
    items: Iterable[T],
    at_once: int,
    keep: Callable[[R], object],
    stopped: threading.Event,
) -> None:
    """Calls a function with every item; each result is handed on in this thread as it comes.

    Where a call fails or an interruption comes, no further call begins. Calls under way are
    waited for, until another interruption, and what they bring is handed on.

    Args:
        call: What to do; anything may be called from several threads at once.
        items: What to do it with; only a few are taken ahead.
        at_once: How many calls may be under way; with 1 all are made in this thread.
        keep: Called with each result, in the order in which they come.
        stopped: Set as soon as nothing more is wanted, for calls that wait.

    Raises:
        Exception: What the first call to fail raised.

    Example:
        >>> found = []
        >>> calls(lambda n: n * n, range(4), 2, found.append, threading.Event())
        >>> sorted(found)
        [0, 1, 4, 9]
    """
    if at_once <= 1:
        for item in items:
            keep(call(item))
        return
    under_way: set[Future[R]] = set()  # whose results are not kept yet
    over: SimpleQueue[Future[R]] = SimpleQueue()
    todo = iter(items)
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="engine")
    try:
        while True:
            for item in islice(todo, 2 * at_once - len(under_way)):
                one = pool.submit(call, item)
                under_way.add(one)
                one.add_done_callback(over.put)
            if not under_way:
                return
            with suppress(Empty):  # a wait for all of them would look at each, every time
                _keep(under_way, [over.get(timeout=LISTENS)], keep)
    except BaseException as error:
        stopped.set()
        pool.shutdown(wait=False, cancel_futures=True)
        under_way = {one for one in under_way if not one.cancelled()}
        running = sum(one.running() for one in under_way)
        if isinstance(error, KeyboardInterrupt) and running:
            log.warning("waiting for %d answers under way; Ctrl-C again drops them", running)
        try:
            while wait(under_way, timeout=LISTENS).not_done:
                pass
        finally:
            with suppress(Exception):  # what led here is what the user must hear of
                _keep(under_way, [one for one in under_way if one.done()], keep)
        raise
    finally:
        pool.shutdown(wait=False)


def in_order(call: Callable[[T], R], items: Iterable[T], at_once: int) -> list[R]:
    """Results of calls, several at once, in the order of the items.

    Raises:
        Exception: What a call raised that failed.

    Example:
        >>> in_order(lambda n: n * n, range(4), 2)
        [0, 1, 4, 9]
    """
    found: dict[int, R] = {}

    def numbered(pair: tuple[int, T]) -> tuple[int, R]:
        return pair[0], call(pair[1])

    calls(numbered, enumerate(items), at_once, lambda pair: found.update([pair]), threading.Event())
    return [found[at] for at in range(len(found))]


def _keep(
    under_way: set[Future[R]], over: Iterable[Future[R]], keep: Callable[[R], object]
) -> None:
    """Hands on what has succeeded and takes it out of the set; then raises what has failed."""
    failed: BaseException | None = None
    for one in over:
        if one.cancelled():
            continue
        if (error := one.exception()) is not None:
            failed = error
        else:
            keep(one.result())
        under_way.discard(one)
    if failed is not None:
        raise failed
