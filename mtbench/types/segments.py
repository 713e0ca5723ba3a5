"""One translation of one segment with all that is stored of it."""

from __future__ import annotations

from pydantic import Field

from mtbench.types.base import Json, Record


class ScoredSegment(Record):
    """One segment as one system translated it.

    Attributes:
        corpus, pair, system, id: Which it is.
        document, domain: Where it stands; None where nothing says so.
        source: None where the corpus is not at hand.
        references: Empty where there are none, or the corpus is not at hand.
        output: None where the translation failed.
        scores: Metric → segment score; None where the metric gave none.
        flags: Flags of the output's health; None where nobody has looked.
        difference: The first system's score less the second's, where two are compared.
        said: Metric → what it said of the segment that is no number: marked errors, evidence.
    """

    corpus: str
    pair: str
    system: str
    id: str
    document: str | None = None
    domain: str | None = None
    source: str | None = None
    references: tuple[str, ...] = ()
    output: str | None = None
    scores: dict[str, float | None]
    flags: tuple[str, ...] | None = None
    difference: float | None = None
    said: dict[str, Json] = Field(default_factory=dict)
