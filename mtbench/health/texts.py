"""What a detector sees of one segment."""

from __future__ import annotations

from typing import NamedTuple


class SegmentTexts(NamedTuple):
    """What a detector sees of one segment.

    Attributes:
        source: The source text.
        hypothesis: Its translation.
        references: Its references; empty where there are none.
        repeats: False where it is known that no signs of the hypothesis stand there again and
            again, by ``detectors.repeating``.
    """

    source: str
    hypothesis: str
    references: tuple[str, ...] = ()
    repeats: bool = True
