"""Every regular expression takes time linear in its text: its worst case of 1 MB, in a second.

The worst case is looked for among what the pattern itself repeats and what foreign texts repeat.
"""

from __future__ import annotations

import time

import pytest

from tests.fuzz.patterns import Use, pumps, uses

MEGABYTE = 1_000_000
STEPS = (300, 3_000)
ONE_SECOND = 1.0
QUICK = 0.1


def seconds(use: Use, before: str, part: str, after: str, size: int) -> float:
    text = before + (part * (size // len(part) + 1))[:size] + after

    def once() -> float:
        began = time.thread_time()
        use.run(text)
        return time.thread_time() - began

    took = once()
    # What was slow once is asked again: a collection of garbage may have fallen into it.
    return took if took < QUICK else min(took, once())


ALL = uses()


def test_there_are_some() -> None:
    assert len(ALL) > 150


@pytest.mark.parametrize("use", ALL, ids=lambda use: use.where)
def test_linear(use: Use) -> None:
    worst, found = ("", "a", ""), 0.0
    for before, part in pumps(use):
        for after in ("", "\0"):
            for size in STEPS:
                took = seconds(use, before, part, after, size)
                # So slow is nothing that is linear: a microsecond is some fifty steps of a pattern.
                assert took < 0.2 + size * 1e-6, (before, part, after, size)
            if took > found:
                worst, found = (before, part, after), took
    for size in (30_000, MEGABYTE):
        took = seconds(use, *worst, size)
        assert took < ONE_SECOND, (worst, size, took)
