"""What a detector sees of one segment."""

from __future__ import annotations

from typing import NamedTuple


class SegmentTexts(NamedTuple):
    """What a detector sees of one segment.

    Attributes:
        source: The source text.
        hypothesis: Its translation.
        references: Its references; empty where there are none.
    """

    source: str
    hypothesis: str
    references: tuple[str, ...] = ()
