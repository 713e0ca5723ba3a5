"""Two leaderboards → what changed, and a verdict. Pure but for reading the CSV files."""

from __future__ import annotations

from mtbench.boards.comparison.diffing import (
    Question,
    RowEvidence,
    Tester,
    check,
    compare,
    gate,
)
from mtbench.boards.comparison.leaderboard_csv import parse_map, read_side
from mtbench.boards.comparison.sides import NOT_AGAIN, Side, SideCell, SideRow, side_of_board
from mtbench.boards.comparison.verdicts import equivalent, not_inferior, verdict

__all__ = [
    "NOT_AGAIN",
    "Question",
    "RowEvidence",
    "Side",
    "SideCell",
    "SideRow",
    "Tester",
    "check",
    "compare",
    "equivalent",
    "gate",
    "not_inferior",
    "parse_map",
    "read_side",
    "side_of_board",
    "verdict",
]
