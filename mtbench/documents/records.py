"""Records of the way from raw documents to a corpus."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mtbench.languages import LanguageTag
from mtbench.types import CorpusCard, Record

Unit = Literal["paragraph", "sentence"]
Confidence = Annotated[float, Field(ge=0, le=1)]


class Document(Record):
    """One raw document, read and identified.

    Attributes:
        name: The path as the user gave it; used in messages and the report, never in a decision.
        language: Its language.
        language_confidence: 1 where the user said it, else the identifier's probability.
        paragraphs: Its paragraphs in order, boilerplate included.
        key: Digest of its language and content: what documents are ordered by.
    """

    name: str
    language: LanguageTag
    language_confidence: Confidence
    paragraphs: tuple[str, ...]
    key: str


class BuildOptions(Record):
    """What a user can fix by hand.

    Attributes:
        languages: The languages there can be, in the order that decides which of two languages
            is the source; empty for any, in the default order.
        language_of: File (as given, or its name where that is unique) → its language.
        story_of: File → a label; documents of one label are one story, whatever they say.
        pairs: The directions to write (``en-it``); empty for every pair of languages.
        comparable: Whether pairs of documents on one event that are no translations of each
            other are written too, to files of their own.
        unit: Whether a segment is a paragraph or a sentence.
        card: What the corpus card shall say; its checksums are filled in.
    """

    languages: tuple[LanguageTag, ...] = ()
    language_of: dict[str, LanguageTag] = Field(default_factory=dict)
    story_of: dict[str, str] = Field(default_factory=dict)
    pairs: tuple[str, ...] = ()
    comparable: bool = False
    unit: Unit = "paragraph"
    card: CorpusCard = CorpusCard()


class Bead(Record):
    """A run of units of one side that says what a run of the other side says.

    Attributes:
        left: Positions on the left side, consecutive.
        right: Positions on the right side, consecutive.
        confidence: How sure the alignment is, in 0..1.
    """

    left: tuple[int, ...]
    right: tuple[int, ...]
    confidence: Confidence

    @property
    def joined(self) -> bool:
        """Whether a side has more than one unit."""
        return len(self.left) > 1 or len(self.right) > 1


class DocumentEntry(Record):
    """A document in the report."""

    name: str
    language: str
    language_confidence: float
    paragraphs: int
    characters: int
    story: str | None
    kept: int
    note: str = ""


class StoryEntry(Record):
    """A story in the report: documents that are translations of each other."""

    id: str
    documents: dict[str, str]
    fixed: bool = False


class PairEntry(Record):
    """A file of the corpus in the report."""

    pair: str
    file: str
    stories: int
    segments: int
    joined: int
    median_alignment: float


class Dropped(Record):
    """A paragraph that is in no segment, and why."""

    document: str
    language: str
    paragraph: int
    reason: str
    text: str


class Suspicion(Record):
    """A segment a person should look at."""

    pair: str
    id: str
    reasons: tuple[str, ...]
    source: str
    reference: str
    alignment: float


class Comparable(Record):
    """Two documents on one event that are no translations of each other, with the evidence."""

    documents: tuple[str, str]
    pair: str
    score: float
    evidence: str
    written: bool = False


class BuildReport(Record):
    """What a build found, for a person to check in a minute.

    Attributes:
        unit: What a segment is.
        encoder: The sentence encoder, with its version.
        documents: Every document, in the order given.
        stories: Every story that has two languages.
        pairs: Every file written.
        dropped: Every paragraph that is in no segment.
        suspicious: Segments a person should look at.
        comparable: Pairs of documents left out, or written apart, as no translations.
        warnings: Sentences a user must read.
        files: File → SHA-256.
    """

    unit: Unit
    encoder: str
    documents: tuple[DocumentEntry, ...] = ()
    stories: tuple[StoryEntry, ...] = ()
    pairs: tuple[PairEntry, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    suspicious: tuple[Suspicion, ...] = ()
    comparable: tuple[Comparable, ...] = ()
    warnings: tuple[str, ...] = ()
    files: dict[str, str] = Field(default_factory=dict)


class Build(Record):
    """A corpus in memory: what would be written, and the report.

    Attributes:
        files: File name relative to the corpus folder → its content.
        report: What was found.
    """

    files: dict[str, str]
    report: BuildReport
