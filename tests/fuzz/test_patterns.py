"""Every regular expression takes time linear in its text: its worst case of 1 MB, in a second.

The worst case is looked for among what the pattern itself repeats and what foreign texts repeat.
"""

from __future__ import annotations

import pytest

from tests.fuzz.pace import seconds
from tests.fuzz.patterns import Use, of_size, pumps, uses

MEGABYTE = 1_000_000
STEPS = (300, 3_000)
ONE_SECOND = 1.0


def timed(use: Use, before: str, part: str, after: str, size: int) -> float:
    return seconds(use.run, before + of_size(part, size) + after)


ALL = uses()


def test_there_are_some() -> None:
    assert len(ALL) > 150


@pytest.mark.parametrize("use", ALL, ids=lambda use: use.where)
def test_linear(use: Use) -> None:
    worst, found = ("", "a", ""), 0.0
    for before, part in pumps(use):
        for after in ("", "\0"):
            for size in STEPS:
                took = timed(use, before, part, after, size)
                # So slow is nothing that is linear: a microsecond is some fifty steps of a pattern.
                assert took < 0.2 + size * 1e-6, (before, part, after, size)
            if took > found:
                worst, found = (before, part, after), took
    for size in (30_000, MEGABYTE):
        took = timed(use, *worst, size)
        assert took < ONE_SECOND, (worst, size, took)
