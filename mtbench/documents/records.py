"""Records of the way from raw documents to a corpus."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mtbench.documents.layout import Layout
from mtbench.languages import LanguagePair, LanguageTag
from mtbench.types import CorpusCard, Record

Unit = Literal["paragraph", "sentence"]
Notes = Literal["append", "leave-out"]
Confidence = Annotated[float, Field(ge=0, le=1)]


class Document(Record):
    """One raw document, read and identified.

    Attributes:
        name: The path as the user gave it; used in messages and the report, never in a decision.
        language: Its language.
        language_confidence: 1 where the user said it, else the identifier's probability.
        encoding: Its encoding where that had to be guessed; else empty.
        left_out: What stands around its text and was left out, counted by kind.
        read_as: What it was read as; of plain text how it is laid out.
        paragraphs: Its paragraphs in order, boilerplate included.
        key: Digest of its language and content: what documents are ordered by.
    """

    name: str
    language: LanguageTag
    language_confidence: Confidence
    encoding: str = ""
    left_out: dict[str, int] = Field(default_factory=dict)
    read_as: str = ""
    paragraphs: tuple[str, ...]
    key: str


class BuildOptions(Record):
    """What a user can fix by hand.

    Attributes:
        languages: The languages there can be, in the order that decides which of two languages
            is the source; empty for any, in the default order.
        language_of: File (as given, or its name where that is unique) → its language.
        layout: How documents of plain text are laid out; None to find that out of each.
        layout_of: File → its layout.
        story_of: File → a label; documents of one label are one story, whatever they say.
        pairs: The directions to write (``en-it``); empty for every pair of languages, the
            earlier language as the source.
        comparable: Whether pairs of documents on one event that are no translations of each
            other are written too, to files of their own.
        unit: Whether a segment is a paragraph or a sentence.
        notes: Whether footnotes and endnotes of Word, OpenDocument and PDF stand after the text of
            their document, or are left out and counted.
        encoder: ``embedded``, ``lexical``, or a sentence-transformers model by hub id or folder;
            empty for the embedded one, and the lexical one where it does not serve a language.
        card: What the corpus card shall say; its checksums are filled in, and notes where it
            has none.
    """

    languages: tuple[LanguageTag, ...] = ()
    language_of: dict[str, LanguageTag] = Field(default_factory=dict)
    layout: Layout | None = None
    layout_of: dict[str, Layout] = Field(default_factory=dict)
    story_of: dict[str, str] = Field(default_factory=dict)
    pairs: tuple[LanguagePair, ...] = ()
    comparable: bool = False
    unit: Unit = "paragraph"
    notes: Notes = "leave-out"
    encoder: str = ""
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
    """A document in the report.

    Attributes:
        name: The path as the user gave it.
        language: Its language.
        language_confidence: 1 where the user said it, else the identifier's probability.
        paragraphs: How many it has, boilerplate included.
        characters: Of all of them.
        story: The story it belongs to; None where no document here is a translation of it.
        kept: How many of its paragraphs are in a segment.
        read_as: What it was read as; of plain text how it is laid out.
        left_out: What stands around its text and was left out, counted by kind.
        note: What is odd about it.
    """

    name: str
    language: str
    language_confidence: float
    paragraphs: int
    characters: int
    story: str | None
    kept: int
    read_as: str = ""
    left_out: dict[str, int] = Field(default_factory=dict)
    note: str = ""


class StoryEntry(Record):
    """A story in the report: documents that are translations of each other.

    Attributes:
        id: What the segments' ids begin with.
        documents: Language → document.
        match: How far its documents say the same, in 0..1: of each pair the share of the shorter
            document that is aligned, the lowest of them; None where the user said it.
    """

    id: str
    documents: dict[str, str]
    match: float | None = None


class PairEntry(Record):
    """A file of the corpus in the report.

    Attributes:
        pair: Its direction.
        file: Its name.
        stories: How many stories have segments in it.
        segments: How many there are.
        joined: How many of them join two units of a side.
        median_alignment: Median confidence.
        lowest_alignment: Lowest confidence.
    """

    pair: str
    file: str
    stories: int
    segments: int
    joined: int
    median_alignment: float
    lowest_alignment: float


Reason = Literal["boilerplate", "no words", "one-sided", "no translation", "duplicate"]
"""Why a paragraph is in no segment: its line stands in other documents of its language too; it
has neither letters nor digits; no other version of its story says it; no document here is a
translation of its document; the same document was given twice."""


class Dropped(Record):
    """A paragraph, or a sentence of an aligned one, that is in no segment, and why.

    Attributes:
        document: The path as the user gave it.
        language: Its language.
        paragraph: Number of the paragraph in the document, from 1.
        sentence: Number of the sentence in the paragraph, from 1; None for a whole paragraph.
        reason: Why.
        text: What it says.
    """

    document: str
    language: str
    paragraph: int
    sentence: int | None = None
    reason: Reason
    text: str


class Doubt(Record):
    """A segment a person should look at.

    Attributes:
        pair: The direction of its file.
        id: Its id.
        reasons: What is odd about it.
        source: Its source text.
        reference: Its reference text.
        alignment: Confidence of its alignment.
    """

    pair: str
    id: str
    reasons: tuple[str, ...]
    source: str
    reference: str
    alignment: float


class Comparable(Record):
    """Two documents on one event that are no translations of each other, with the evidence.

    Attributes:
        documents: Their paths as the user gave them.
        pair: The direction between them.
        score: How far they say the same, in 0..1.
        evidence: What speaks for one event, and what against a translation.
        segments: Segments written to a file of their own; 0 where none was asked for.
    """

    documents: tuple[str, str]
    pair: str
    score: float
    evidence: str
    segments: int = 0


class BuildReport(Record):
    """What a build found, for a person to check in a minute.

    Attributes:
        unit: What a segment is.
        encoder: The sentence encoder, with its version.
        documents: Every document, by language and content, whatever the order given.
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
    suspicious: tuple[Doubt, ...] = ()
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
