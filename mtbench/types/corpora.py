"""Records of corpora: segments, cards, test sets."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Annotated, Any, Literal, overload

from pydantic import Field, dataclasses, field_validator, model_validator

from mtbench.files.columns import ColumnWriter, Derived, few, shared
from mtbench.files.digests import digest_rows, digest_text
from mtbench.languages import LanguagePair, LanguageTag
from mtbench.types.base import CLOSED, SCHEMA_VERSION, ColumnOf, Json, Origin, Record


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, config=CLOSED)
class Source:
    """One source segment: all that a back end ever sees of a test set.

    Attributes:
        id: The segment's id.
        text: The text to translate.
        document: The document it stands in, where known.
        context: What precedes it and may inform the translation, where the corpus says.
        instruction: What a translator was told about it, where the corpus says.

    Example:
        >>> Source(id="a1", text="It rains.", document="weather").text
        'It rains.'
    """

    id: str
    text: str
    document: str | None = None
    context: str | None = None
    instruction: str | None = None


_OF_SOURCE = tuple(field.name for field in fields(Source))


class SourceColumn(Derived[Source]):
    """The source side of a very large test set: each record is made when it is looked at.

    Args:
        ids: Segment ids.
        texts: For each segment its text.
        documents, contexts, instructions: Likewise.

    Example:
        >>> SourceColumn(("1",), ("one",), (None,), (None,), (None,))[0].text
        'one'
    """

    def __init__(
        self,
        ids: tuple[str, ...],
        texts: Sequence[str],
        documents: tuple[str | None, ...],
        contexts: Sequence[str | None],
        instructions: Sequence[str | None],
    ) -> None:
        super().__init__(_source, ids, texts, documents, contexts, instructions)
        self.ids, self.texts, self.documents = ids, texts, documents
        self.beside = contexts, instructions

    @overload
    def __getitem__(self, at: int) -> Source: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Source]: ...
    def __getitem__(self, at: int | slice) -> Source | Sequence[Source]:
        if isinstance(at, slice):
            contexts, instructions = (one[at] for one in self.beside)
            return SourceColumn(
                self.ids[at], self.texts[at], self.documents[at], contexts, instructions
            )
        return super().__getitem__(at)


def ids_of(sources: Sequence[Source]) -> tuple[str, ...]:
    """The ids of source segments."""
    if isinstance(sources, SourceColumn):
        return sources.ids
    return tuple(source.id for source in sources)


def _source(*values: str | None) -> Source:
    """A record of values that were looked at when the column was written."""
    made = object.__new__(Source)
    for name, value in zip(_OF_SOURCE, values, strict=True):
        object.__setattr__(made, name, value)
    return made


class SourceWriter:
    """Takes the source side of a test set one after the other; of very many, texts lie on disk.

    Example:
        >>> writer = SourceWriter()
        >>> writer.add(Source(id="1", text="one"))
        >>> [source.text for source in writer.sources()]
        ['one']
    """

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._documents: list[str | None] = []
        self._texts: ColumnWriter[str] = ColumnWriter()
        self._contexts: ColumnWriter[str | None] = ColumnWriter()
        self._instructions: ColumnWriter[str | None] = ColumnWriter()
        self._labels: dict[str, str] = {}  # of documents: each is held once

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, source: Source) -> None:
        """The next one.

        Raises:
            Unavailable: If there is no room for it.
        """
        name = source.document
        self._ids.append(source.id)
        self._documents.append(None if name is None else self._labels.setdefault(name, name))
        self._texts.add(source.text)
        self._contexts.add(source.context)
        self._instructions.add(source.instruction)

    def sources(self) -> Sequence[Source]:
        """All of them; a tuple where they are few. Called once.

        Raises:
            Unavailable: If there is no room for them.
        """
        made = SourceColumn(
            shared(self._ids),
            self._texts.column(),
            shared(self._documents),
            self._contexts.column(),
            self._instructions.column(),
        )
        return tuple(made) if few(len(made)) else made


LengthUnit = Literal["characters", "words", "bytes"]
"""What a length is counted in: characters of Unicode, words between spaces, bytes of UTF-8."""


class LengthLimit(Record):
    """How long a translation may be.

    Attributes:
        max, min: The most and the fewest.
        unit: Of what.
    """

    max: int
    min: int = 0
    unit: LengthUnit = "characters"


class Constraints(Record):
    """What must survive a translation of one segment, or hold for it (``constraints``).

    Attributes:
        terms: Term of the source → its translations, of which one is to be used, in any form of
            its inflection. A term that the source does not have asks for nothing.
        do_not_translate: Texts that stay as they are, likewise.
        length: Of the translation.
        other: Further keys, kept as they are; nobody measures them.
    """

    terms: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    do_not_translate: tuple[str, ...] = ()
    length: LengthLimit | None = None
    other: dict[str, Json] = Field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, config=CLOSED)
class Segment:
    """One line of a corpus file.

    Attributes:
        source: The source side.
        references: Zero or more reference translations.
        domain: The corpus's own label of subject or genre.
        original_language: The language the segment was first written in.
        origin: How the reference came to be.
        alignment: Confidence in 0..1 where the pair was aligned from raw documents.
        constraints: What its translation must keep or hold.
        extra: Keys of the line that mtbench does not know, kept as they are.
    """

    source: Source
    references: tuple[str, ...] = ()
    domain: str | None = None
    original_language: LanguageTag | None = None
    origin: Origin | None = None
    alignment: Annotated[float, Field(ge=0, le=1)] | None = None
    constraints: Constraints | None = None
    extra: dict[str, Json] = Field(default_factory=dict)


class CorpusCard(Record):
    """What a corpus says of itself (``card.toml``).

    Attributes:
        title: A name for people.
        version: The corpus's own version.
        licence: An SPDX identifier or a sentence.
        url: Where it comes from.
        citation: How to cite it.
        origin: Language → how that side came to be: ``human``, ``machine`` or ``unknown``.
        original_language: The language the texts were first written in, where it is one.
        date: When the texts were published.
        notes: What a user must know before reading a number.
        reversible: Whether each file also serves the other direction.
        reference_names: Names of the references where a file has several, in order.
        reference_of: Systems whose outputs were edited or chosen to be references.
        files: File name → SHA-256 of its bytes.
        built: File name → id of a line → digest of what ``corpus build`` wrote there: so a
            later build knows which lines a person has changed.
    """

    title: str = ""
    version: str = ""
    licence: str = ""
    url: str = ""
    citation: str = ""
    origin: dict[LanguageTag, Origin] = Field(default_factory=dict)
    original_language: LanguageTag | None = None
    date: datetime.date | None = None
    notes: str = ""
    reversible: bool = False
    reference_names: tuple[str, ...] = ()
    reference_of: tuple[str, ...] = ()
    files: dict[str, str] = Field(default_factory=dict)
    built: dict[str, dict[str, str]] = Field(default_factory=dict)

    @field_validator("files")
    @classmethod
    def _hex_digests(cls, files: dict[str, str]) -> dict[str, str]:
        for name, digest in files.items():
            if not re.fullmatch(r"(sha256:)?[0-9a-f]{64}", digest):
                raise ValueError(f"the checksum of {name} is not a SHA-256 in lower-case hex")
        return {name: digest.removeprefix("sha256:") for name, digest in files.items()}


class TestSet(Record):
    """One corpus in one language pair, held by columns so that a million segments fit.

    Attributes:
        corpus: Folder name of the corpus (``NAME@firstN`` where limited).
        pair: The direction.
        sources: The source side, in corpus order.
        references: For each segment, its references.
        reference_names: Names of the references in use, in order; empty where unnamed.
        domains: For each segment, its domain.
        original_languages: For each segment, the language it was first written in.
        origins: For each segment, how its reference came to be.
        alignments: For each segment, the confidence of its alignment.
        constraints: Segment id → what its translation must keep or hold.
        extras: Segment id → keys of its line that mtbench does not know.
        reversed: Whether the file was written for the other direction.
        card: The corpus card, if there is one.
        taken_off: What was taken off the texts while their files were read, in sentences.

    Example:
        >>> import mtbench
        >>> test_set = mtbench.load_corpus({"src": ["It rains."], "ref": ["Piove."]}, "en-it")
        >>> test_set.ids, test_set.references
        (('1',), (('Piove.',),))
    """

    __test__ = False  # not a test case, whatever pytest makes of the name

    corpus: str
    pair: LanguagePair
    sources: ColumnOf[Source]
    references: ColumnOf[tuple[str, ...]]
    reference_names: tuple[str, ...] = ()
    domains: tuple[str | None, ...]
    original_languages: tuple[str | None, ...]
    origins: tuple[Origin | None, ...]
    alignments: tuple[float | None, ...]
    constraints: dict[str, Constraints] = Field(default_factory=dict)
    extras: dict[str, dict[str, Json]] = Field(default_factory=dict)
    reversed: bool = False
    card: CorpusCard | None = None
    taken_off: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _columns_agree(self) -> TestSet:
        sizes = {
            "sources": len(self.sources),
            "references": len(self.references),
            "domains": len(self.domains),
            "original_languages": len(self.original_languages),
            "origins": len(self.origins),
            "alignments": len(self.alignments),
        }
        if len(set(sizes.values())) != 1:
            raise ValueError(f"columns of different lengths: {sizes}")
        return self

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def name(self) -> str:
        """``CORPUS/SRC-TGT``."""
        return f"{self.corpus}/{self.pair}"

    @property
    def ids(self) -> tuple[str, ...]:
        """The segment ids, in corpus order."""
        return ids_of(self.sources)

    @property
    def source_texts(self) -> Sequence[str]:
        """For each segment, its source text."""
        if isinstance(self.sources, SourceColumn):
            return self.sources.texts
        return tuple(source.text for source in self.sources)

    @property
    def documents(self) -> tuple[str | None, ...]:
        """For each segment, its document."""
        if isinstance(self.sources, SourceColumn):
            return self.sources.documents
        return tuple(source.document for source in self.sources)

    @property
    def reference_count(self) -> int | None:
        """How many references each segment has; None where that varies."""
        counts = {len(references) for references in self.references}
        return counts.pop() if len(counts) == 1 else None

    def sources_digest(self) -> str:
        """What a translation depends on: ids, texts, documents, contexts, instructions."""
        return self._once("sources", self._sources_digest)

    def _sources_digest(self) -> str:
        return digest_rows(
            {name: value for name in _OF_SOURCE if (value := getattr(source, name)) is not None}
            for source in self.sources
        )

    def references_digest(self) -> str:
        """What a reference-based score depends on beside the output: ids and references."""
        return self._once("references", self._references_digest)

    def _references_digest(self) -> str:
        return digest_rows(
            [source.id, list(references)]
            for source, references in zip(self.sources, self.references, strict=True)
        )

    def _once(self, what: str, make: Callable[[], str]) -> str:
        """A digest of these very columns, made when first asked for; a copy may have others."""
        known: dict[str, tuple[Any, Any, str]] = self.__dict__.setdefault("_digests", {})
        found = known.get(what)
        if found is None or found[0] is not self.sources or found[1] is not self.references:
            found = known[what] = (self.sources, self.references, make())
        return found[2]

    def digest(self) -> str:
        """What makes two test sets the same: the pair, all sources, all references in use."""
        return digest_text(f"{self.pair}\n{self.sources_digest()}\n{self.references_digest()}\n")


def tell_digests(test_set: TestSet, sources: str, references: str) -> None:
    """Tells a test set the digests that were made of its very columns before."""
    test_set._once("sources", lambda: sources)
    test_set._once("references", lambda: references)


class TestSetFacts(Record):
    """What a reader must know of a test set to read a number on it.

    Attributes:
        segments: How many there are.
        documents: How many documents; 0 where they are not known.
        reversed: Whether the corpus file was written for the other direction.
        source_origin, reference_origin: How each side came to be, where the card says.
        original_languages: Languages the segments were first written in.
        date: When the texts were published, where the card says.
        references: References a segment; None where that varies.
        reference_origins: Origin → segments whose references came to be so, where they differ.
        reference_of: Systems whose outputs were edited or chosen to be references.
        taken_off: What was taken off the texts while their files were read, in sentences.
    """

    __test__ = False

    segments: int
    documents: int = 0
    reversed: bool = False
    source_origin: Origin | None = None
    reference_origin: Origin | None = None
    original_languages: tuple[str, ...] = ()
    date: datetime.date | None = None
    references: int | None = None
    reference_origins: dict[str, int] = Field(default_factory=dict)
    reference_of: tuple[str, ...] = ()
    taken_off: tuple[str, ...] = ()


class Labels(Record):
    """What segments are called and grouped by, without their text (``test_set.json``).

    Attributes:
        testset_digest: Of the test set.
        ids: Segment ids, in corpus order.
        documents, domains, original_languages: For each segment, its label.
        source_characters: For each segment, the length of its source.
    """

    schema_version: int = SCHEMA_VERSION
    testset_digest: str
    ids: tuple[str, ...]
    documents: tuple[str | None, ...]
    domains: tuple[str | None, ...]
    original_languages: tuple[str | None, ...]
    source_characters: tuple[int, ...]
