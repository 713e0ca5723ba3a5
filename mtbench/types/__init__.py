"""Records: what crosses a boundary between stages, or between the program and a file.

Records hold data and nothing else: no method here touches disk, network or history.
Every record is frozen, refuses unknown fields and non-finite numbers.
"""

from __future__ import annotations

from mtbench.types.base import SCHEMA_VERSION, Json, Origin, Record
from mtbench.types.boards import Cell, Leaderboard, Row, Table, TermRecall
from mtbench.types.corpora import (
    Constraints,
    CorpusCard,
    Labels,
    LengthLimit,
    Segment,
    Source,
    SourceColumn,
    SourceWriter,
    TestSet,
    TestSetFacts,
    ids_of,
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
    WHOLE_DOCUMENT,
    Additions,
    Engine,
    Finished,
    HeldCheckpoint,
    Hypothesis,
    HypothesisColumn,
    HypothesisWriter,
    Realignment,
    RunRecord,
    Runtime,
    Spent,
    SystemCard,
    SystemOutput,
    Translation,
    output_digest,
    texts_of,
)

__all__ = [
    "SAME_SCORE",
    "SCHEMA_VERSION",
    "WHOLE_DOCUMENT",
    "Additions",
    "Candidate",
    "Cell",
    "Constraints",
    "CorpusCard",
    "Engine",
    "Finished",
    "HeldCheckpoint",
    "Hypothesis",
    "HypothesisColumn",
    "HypothesisWriter",
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
    "SourceColumn",
    "SourceWriter",
    "Spent",
    "Statistics",
    "SystemCard",
    "SystemOutput",
    "Table",
    "TermRecall",
    "TestSet",
    "TestSetFacts",
    "Translation",
    "ids_of",
    "output_digest",
    "texts_of",
]
