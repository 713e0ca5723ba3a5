"""How long something takes, on whatever machine, as on the one for which a bound was written."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

QUICK = 0.1
YARDSTICK = 0.014  # seconds that a fixed piece of work took where the bounds were written
_WORDS = re.compile(r"\w+|[^\w\s]")
_TEXT = "The cat, sat on 12.5 mats! " * 8_000


def seconds(work: Callable[[str], object], text: str) -> float:
    """Seconds of the processor, of this thread, that work on a text takes.

    What was slow once is done again, as a collection of garbage may have fallen into it, and held
    against what this machine takes for the yardstick at this moment.
    """
    took = _once(work, text)
    if took < QUICK:
        return took
    slowness = min(_once(_fixed, _TEXT) for _ in range(3)) / YARDSTICK
    return min(took, _once(work, text)) / max(1.0, slowness)


def _once(work: Callable[[str], object], text: str) -> float:
    began = time.thread_time()
    work(text)
    return time.thread_time() - began


def _fixed(text: str) -> int:
    return len(_WORDS.findall(text)) + sum(map(ord, text[:150_000]))
