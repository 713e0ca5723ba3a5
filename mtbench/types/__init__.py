"""Records: what crosses a boundary between stages, or between the program and a file.

Records hold data and nothing else: no method here touches disk, network or history.
Every record is frozen, refuses unknown fields and non-finite numbers.
"""

from __future__ import annotations

from mtbench.types.base import SCHEMA_VERSION, Json, Origin, Record
from mtbench.types.boards import Cell, Leaderboard, Row, Table
from mtbench.types.corpora import (
    Constraints,
    CorpusCard,
    Labels,
    LengthLimit,
    Segment,
    Source,
    TestSet,
    TestSetFacts,
)
from mtbench.types.health import OutputHealth
from mtbench.types.scores import (
    SAME_SCORE,
    Candidate,
    Interval,
    Judged,
    MetricInfo,
    MetricResult,
    Score,
    ScoredBlock,
    ScoringView,
    Statistics,
)
from mtbench.types.signatures import Signature
from mtbench.types.systems import (
    Additions,
    Engine,
    Finished,
    HeldCheckpoint,
    Hypothesis,
    Realignment,
    RunRecord,
    Runtime,
    Spent,
    SystemCard,
    SystemOutput,
    Translation,
    output_digest,
)

__all__ = [
    "SAME_SCORE",
    "SCHEMA_VERSION",
    "Additions",
    "Candidate",
    "Cell",
    "Constraints",
    "CorpusCard",
    "Engine",
    "Finished",
    "HeldCheckpoint",
    "Hypothesis",
    "Interval",
    "Json",
    "Judged",
    "Labels",
    "Leaderboard",
    "LengthLimit",
    "MetricInfo",
    "MetricResult",
    "Origin",
    "OutputHealth",
    "Realignment",
    "Record",
    "Row",
    "RunRecord",
    "Runtime",
    "Score",
    "ScoredBlock",
    "ScoringView",
    "Segment",
    "Signature",
    "Source",
    "Spent",
    "Statistics",
    "SystemCard",
    "SystemOutput",
    "Table",
    "TestSet",
    "TestSetFacts",
    "Translation",
    "output_digest",
]
