"""Records of human judgements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mtbench.types.base import SCHEMA_VERSION, Record

Protocol = Literal["mqm", "esa", "scores"]

Severity = Literal["minor", "major", "critical"]  # of an error, mildest first: MQM's


@dataclass(frozen=True, slots=True)
class ErrorSpan:
    """An error that somebody marked.

    Attributes:
        start, end: Characters of the translation; None where the error is not located in it.
        severity: As written, in lower case: ``major``, ``minor`` …
        category: Such as ``accuracy/omission``; empty where the protocol has none.
    """

    start: int | None
    end: int | None
    severity: str
    category: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A segment of a system, and how good somebody found it.

    Attributes:
        segment, system: What was judged.
        score: How good it was found, higher being better.
        corpus, pair: Of which test set, if the file says.
        rater: Who judged, if the file says.
        document: Of which document, if the file says.
        spans: Errors that were marked; None where the protocol marks none.
        text: The translation as it was judged, if the file says.
        when: When it was judged, as the file writes it, if it says.
        where: ``file:line``.
    """

    segment: str
    system: str
    score: float
    corpus: str | None
    pair: str | None
    where: str
    rater: str | None = None
    document: str | None = None
    spans: tuple[ErrorSpan, ...] | None = None
    text: str | None = None
    when: str | None = None


@dataclass(frozen=True, slots=True)
class JudgementFile:
    """What a file of human judgements holds.

    Attributes:
        judgements: One per rater, segment and system.
        protocol: How the scores came about.
        title: The format, in words.
        notes: What was left out while reading, and why.
        lowest, highest: Ends of the scale, where it has such.
    """

    judgements: tuple[Judgement, ...]
    protocol: Protocol
    title: str
    notes: tuple[str, ...] = ()
    lowest: float | None = None
    highest: float | None = None


class Campaign(Record):
    """What is kept of a campaign of human judgements beside one output.

    Attributes:
        schema_version: Of the file it is kept in.
        name: The campaign's.
        protocol: How the scores came about.
        title: The format that they were read from, in words.
        lowest, highest: Ends of the scale, where it has such.
        file: Name of that file.
        file_digest: Of its bytes.
        output_digest: Of the output that was judged.
    """

    schema_version: int = SCHEMA_VERSION
    name: str
    protocol: Protocol
    title: str
    lowest: float | None = None
    highest: float | None = None
    file: str
    file_digest: str
    output_digest: str


@dataclass(frozen=True, slots=True, eq=False)
class Judgements:
    """Human judgements of one test set, averaged over raters.

    Attributes:
        scores: System → array of shape (n,), NaN where nobody judged.
        counts: System → array of shape (n,), how many judged.
        marked: System → position of a segment → its judgements that mark errors.
        source: Name of the file.
    """

    scores: Mapping[str, NDArray[np.float64]]
    counts: Mapping[str, NDArray[np.float64]]
    source: str
    marked: Mapping[str, Mapping[int, Sequence[Judgement]]] = field(default_factory=dict)
