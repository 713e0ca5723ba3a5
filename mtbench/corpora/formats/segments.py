"""What every reader yields, and what it has to say about what it read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mtbench.corpora.line import KEYS, write_line
from mtbench.errors import DataError, RequestError, UnknownName
from mtbench.languages import LanguagePair, base_language
from mtbench.types import Json, Origin


@dataclass(frozen=True, slots=True)
class ImportedSegment:
    """One segment of a foreign file, in one direction.

    Attributes:
        pair: The direction.
        id: The format's own identifier where it has one, else a number counted from 1.
        source: The source text.
        references: Its reference translations.
        reference_names: Their names, as many, where the format names them.
        document: The document it stands in.
        domain: The format's label of subject or genre.
        original_language: The language it was first written in.
        origin: How the reference came to be.
        alignment: Confidence in 0..1 that source and reference belong together.
        context: What precedes it and may inform a translation.
        instruction: What a translator was told about it.
        extra: What else the format says, by key.
        outputs: System → its translation, where the format holds systems' outputs.
        where: File and line, for messages; no part of what makes two segments equal.
    """

    pair: LanguagePair
    id: str
    source: str
    references: tuple[str, ...] = ()
    reference_names: tuple[str, ...] = ()
    document: str | None = None
    domain: str | None = None
    original_language: str | None = None
    origin: Origin | None = None
    alignment: float | None = None
    context: str | None = None
    instruction: str | None = None
    extra: Mapping[str, Json] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    where: str = field(default="", compare=False)


def written_line(segment: ImportedSegment) -> bytes:
    """The segment as a line of a corpus file.

    Raises:
        DataError: If a corpus file cannot hold it, with place and segment.
    """
    values = {
        "id": segment.id,
        "src": segment.source,
        "ref": segment.references,
        "doc": segment.document,
        "domain": segment.domain,
        "original_language": segment.original_language,
        "origin": segment.origin,
        "alignment": segment.alignment,
        "context": segment.context,
        "instruction": segment.instruction,
    }
    values.update({key: value for key, value in segment.extra.items() if key not in KEYS})
    return write_line(values, segment.where)


class Remarks:
    """What a reader did that its user must hear of: kind → how often, and where first."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[int, str]] = {}

    def add(self, what: str, where: str = "") -> None:
        """One more time that this happened."""
        count, first = self._found.get(what, (0, where))
        self._found[what] = (count + 1, first)

    def count(self, what: str) -> int:
        """How often it happened."""
        return self._found.get(what, (0, ""))[0]

    def sentences(self) -> tuple[str, ...]:
        """One sentence a kind, in the order of first occurrence."""
        return tuple(
            f"{what}: {count}" + (f" (first: {first})" if first else "")
            for what, (count, first) in self._found.items()
        )


class Wanted:
    """The directions asked for, and how those of a file are matched to them.

    A direction asked for without a region takes one with it (``en-pt`` takes ``en-pt-BR``), but
    not two (``en-pt-BR`` and ``en-pt-PT`` would run together in one file).

    Args:
        pairs: The directions; empty for all.
    """

    def __init__(self, pairs: Iterable[LanguagePair] = ()) -> None:
        self.pairs = tuple(dict.fromkeys(pairs))
        self._taken: dict[LanguagePair, LanguagePair] = {}
        self._matches: dict[tuple[str, str], LanguagePair | None] = {}
        self.seen: set[LanguagePair] = set()

    def match(self, source: str, target: str, where: str) -> LanguagePair | None:
        """The direction under which a segment of these languages is kept, or None.

        Args:
            source: Tag of its source language, as the file spells it.
            target: Tag of its target language.
            where: File and line.

        Raises:
            DataError: If a tag is none, or two regional variants run together.
        """
        key = (source, target)
        if key not in self._matches:
            try:
                found = LanguagePair(source=source, target=target)
            except RequestError as error:
                raise DataError(f"{where}: {error.message}", hint=error.hint) from error
            self._matches[key] = self._choose(found, where)
        return self._matches[key]

    def _choose(self, found: LanguagePair, where: str) -> LanguagePair | None:
        self.seen.add(found)
        if not self.pairs or found in self.pairs:
            chosen = found
        else:
            near = [pair for pair in self.pairs if _covers(pair, found)]
            if not near:
                return None
            chosen = near[0]
        first = self._taken.setdefault(chosen, found)
        if first != found:
            raise DataError(
                f"{where}: {chosen} matches both {first} and {found}",
                hint=f"name the one you want: --pair {first if found == chosen else found}",
            )
        return chosen

    def check(self, place: str) -> None:
        """Says at the end of reading which directions were asked for and not found.

        Raises:
            UnknownName: Naming those that are there, if there are any.
        """
        for pair in self.pairs:
            if self.seen and pair not in self._taken:
                raise UnknownName(
                    f"language pair of {place}", str(pair), [str(found) for found in self.seen]
                )


def _covers(wanted: LanguagePair, found: LanguagePair) -> bool:
    return _covers_tag(wanted.source, found.source) and _covers_tag(wanted.target, found.target)


def _covers_tag(wanted: str, found: str) -> bool:
    return wanted in (found, base_language(found))
