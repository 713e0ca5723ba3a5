"""What every reader yields, and what it has to say about what it read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from mtbench.corpora.line import KEYS, write_line
from mtbench.errors import DataError, RequestError, UnknownName
from mtbench.languages import LanguagePair, base_language, normalise_tag
from mtbench.types import Json, Origin, Record


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
        constraints: What its translation must keep or hold, as a corpus line has it.
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
    constraints: Json = None
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
        "constraints": segment.constraints,
    }
    values.update({key: value for key, value in segment.extra.items() if key not in KEYS})
    return write_line(values, segment.where)


OTHER_LANGUAGES = "without the languages asked for"
"""Said of units, rows and segments that are left out because of ``--pair``."""

Sort = Literal["changed", "left out", "suspicious", "noted"]
"""What became of what was read: in the result in another form; not in it; in it, and to be looked
at; something else that its user must know."""


class Remark(Record):
    """Something that a reader did, or saw.

    Attributes:
        sort: What became of it.
        what: In words, without number and place.
        count: How often; 1 of what is said of a whole file or direction.
        first: File and line of the first time; empty where it is said of a whole.
    """

    sort: Sort
    what: str
    count: int
    first: str = ""

    def __str__(self) -> str:
        kind = "" if self.sort == "noted" else f"{self.sort}: "
        times = f": {self.count} (first: {self.first})" if self.first else ""
        return f"{kind}{self.what}{times}"


class Remarks:
    """What an import must tell its user, counted.

    Args:
        skip_invalid: Whether units that do not hold are left out; otherwise the first is an error.
    """

    def __init__(self, *, skip_invalid: bool = False) -> None:
        self.skip_invalid = skip_invalid
        self._found: dict[tuple[Sort, str], tuple[int, str]] = {}

    def changed(self, what: str, where: str = "", count: int = 1) -> None:
        """Text that is in the result in another form."""
        self._add("changed", what, where, count)

    def left_out(self, what: str, where: str = "", count: int = 1) -> None:
        """Segments that are not in the result."""
        self._add("left out", what, where, count)

    def suspicious(self, what: str, where: str = "", count: int = 1) -> None:
        """What is in the result and should be looked at."""
        self._add("suspicious", what, where, count)

    def noted(self, what: str, where: str = "", count: int = 1) -> None:
        """What else its user must know."""
        self._add("noted", what, where, count)

    def refuse(self, error: DataError, where: str) -> None:
        """A unit that does not hold: left out where that was asked for, else the error.

        Raises:
            DataError: Unless such units are left out.
        """
        if not self.skip_invalid:
            raise error
        defect = error.message.removeprefix(f"{where}: ").split(" (", 1)[0]
        self.left_out(defect, where)

    def _add(self, sort: Sort, what: str, where: str, count: int) -> None:
        before, first = self._found.get((sort, what), (0, where))
        self._found[sort, what] = (before + count if first else 1, first)

    def count(self, sort: Sort, what: str = "") -> int:
        """How often something happened, or anything of a sort."""
        return sum(
            count
            for (kind, words), (count, _) in self._found.items()
            if kind == sort and what in ("", words)
        )

    def all(self) -> tuple[Remark, ...]:
        """Every remark, in the order of first occurrence."""
        return tuple(
            Remark(sort=sort, what=what, count=count, first=first)
            for (sort, what), (count, first) in self._found.items()
        )

    def sentences(self) -> tuple[str, ...]:
        """One sentence for each."""
        return tuple(map(str, self.all()))


class Wanted:
    """The directions asked for, and how those of a file are matched to them.

    A direction asked for without a region takes those with one: ``en-pt`` takes ``en-pt-BR`` and
    ``en-pt-PT``, and ``check`` says so.

    Args:
        pairs: The directions; empty for all.
    """

    def __init__(self, pairs: Iterable[LanguagePair] = ()) -> None:
        self.pairs = tuple(dict.fromkeys(pairs))
        self._taken: dict[LanguagePair, dict[LanguagePair, int]] = {}
        self._matches: dict[tuple[str, str], LanguagePair | None] = {}
        self.seen: set[LanguagePair] = set()

    def match(self, source: str, target: str, where: str) -> LanguagePair | None:
        """The direction under which a segment of these languages is kept, or None.

        Args:
            source: Tag of its source language, as the file spells it.
            target: Tag of its target language.
            where: File and line.

        Raises:
            DataError: If a tag is none.
        """
        key = (source, target)
        if key not in self._matches:
            try:
                found = LanguagePair(source=source, target=target)
            except RequestError as error:
                raise DataError(f"{where}: {error.message}", hint=error.hint) from error
            self._matches[key] = self._choose(found)
        return self._matches[key]

    def _choose(self, found: LanguagePair) -> LanguagePair | None:
        self.seen.add(found)
        if not self.pairs or found in self.pairs:
            chosen = found
        else:
            near = [pair for pair in self.pairs if _covers(pair, found)]
            if not near:
                return None
            chosen = near[0]
        self._taken.setdefault(chosen, {})[found] = 1
        return chosen

    def saw(self, languages: Iterable[str]) -> None:
        """Languages that stand together, to be named where none asked for is found."""
        if self.seen or self._taken:
            return
        known = []
        for language in list(languages)[:20]:
            with suppress(RequestError):
                known.append(normalise_tag(language))
        self.seen.update(
            LanguagePair(source=one, target=two) for one in known for two in known if one != two
        )

    def check(self, place: str, remarks: Remarks) -> None:
        """Says at the end of reading which directions ran together, and which were not found.

        Args:
            place: The files.
            remarks: Told of regional variants that were taken for one.

        Raises:
            UnknownName: Naming those that are there, if there are any.
        """
        for pair, found in self._taken.items():
            if len(found) > 1:
                names = ", ".join(sorted(str(one) for one in found))
                remarks.changed(f"{names} taken together as {pair}")
        for pair in self.pairs:
            if self.seen and pair not in self._taken:
                raise UnknownName(
                    f"language pair of {place}", str(pair), [str(found) for found in self.seen]
                )


def _covers(wanted: LanguagePair, found: LanguagePair) -> bool:
    return _covers_tag(wanted.source, found.source) and _covers_tag(wanted.target, found.target)


def _covers_tag(wanted: str, found: str) -> bool:
    return wanted in (found, base_language(found))
