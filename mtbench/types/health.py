"""What was found wrong with an output at first sight, kept beside it."""

from __future__ import annotations

from pydantic import Field

from mtbench.types.base import SCHEMA_VERSION, Record


class OutputHealth(Record):
    """The flags of one output (``health.json``), counted when it is complete.

    Attributes:
        schema_version: Of this file.
        signature: What has looked: the detectors' number, the identifier of languages.
        testset_digest: Of the test set, references included: an edited one is looked at again.
        output_digest: Of the output.
        judged: Segments whose language could be judged.
        counts: Flag → segments that have it; ``length_ratio`` beside them.
        evidence: Segment id → flag → what was seen.
        notes: Sentences on the output as a whole: lines that have shifted.
    """

    schema_version: int = SCHEMA_VERSION
    signature: str
    testset_digest: str
    output_digest: str
    judged: int
    counts: dict[str, float] = Field(default_factory=dict)
    evidence: dict[str, dict[str, str]] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
