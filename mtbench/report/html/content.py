"""What a report is made from. Plain data: everything is read and checked before it gets here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mtbench.types import Json, Leaderboard, RunRecord, Table
from mtbench.types.agreement import MetaTable
from mtbench.types.findings import Sliced, Suspicion
from mtbench.types.judgements import Judgements

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SetContent:
    """One test set: a table of the leaderboard with the segments behind it.

    Attributes:
        table: The table.
        ids: Segment ids, in corpus order.
        systems: Names of the rows whose segments are shown, in the order of the table.
        hypotheses: System → for each segment its text, None where the system failed.
        failures: System → position of a segment → why there is no text.
        runs: System → the record of its run.
        models: System → the ``--model`` that means it, where a command line can say it.
        scores: Metric → system → array of shape (n,).
        sliced: Scores by length, domain and document.
        sources: For each segment its source; None where the corpus is not at hand.
        references: For each segment its references; None likewise.
        reference_names: Names of the references, where they have some.
        documents, domains: For each segment its label.
        evidence: System → position of a segment → health flag → what was seen; only systems whose
            output was looked at.
        suspicions: What makes the numbers suspect.
        annotations: Metric → system → position of a segment → what the metric said in words.
        human: Human judgements.
        notes: Sentences a reader must see (texts that are not at hand, and why).
        cut: Metric → system → positions of segments of which it read only the beginning.
    """

    table: Table
    ids: Sequence[str]
    systems: Sequence[str]
    hypotheses: Mapping[str, Sequence[str | None]]
    failures: Mapping[str, Mapping[int, str]]
    runs: Mapping[str, RunRecord]
    scores: Mapping[str, Mapping[str, Array]]
    models: Mapping[str, str] = field(default_factory=dict)
    sliced: Sequence[Sliced] = ()
    sources: Sequence[str] | None = None
    references: Sequence[Sequence[str]] | None = None
    reference_names: Sequence[str] = ()
    documents: Sequence[str | None] = ()
    domains: Sequence[str | None] = ()
    evidence: Mapping[str, Mapping[int, Mapping[str, str]]] = field(default_factory=dict)
    suspicions: Sequence[Suspicion] = ()
    annotations: Mapping[str, Mapping[str, Mapping[int, Json]]] = field(default_factory=dict)
    human: Judgements | None = None
    notes: Sequence[str] = ()
    cut: Mapping[str, Mapping[str, Sequence[int]]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """``CORPUS/SRC-TGT``."""
        return f"{self.table.corpus}/{self.table.pair}"


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """A whole report.

    Attributes:
        title: Its heading.
        board: The leaderboard, with the tables of ``sets`` and no others.
        sets: One entry per table.
        results: Name of the results folder, for the commands that reproduce it.
        meta: How far metrics agree with people, where there are human judgements.
        seed: Of what is drawn where a page cannot hold all segments.
    """

    title: str
    board: Leaderboard
    sets: Sequence[SetContent]
    results: str
    meta: Sequence[MetaTable] = ()
    seed: int = 0
