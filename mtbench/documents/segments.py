"""Segments of stories, and the corpus files they are written in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mtbench.corpora.line import write_line
from mtbench.languages import LanguagePair
from mtbench.text.scripts import joiner

Place = tuple[int, int]
"""A paragraph and a sentence of it, both from 0; the sentence is -1 for a whole paragraph."""

Label = tuple[int, int]
"""Number of a paragraph in its story and of a sentence in it, from 1; 0 for a whole paragraph."""


@dataclass(frozen=True)
class Story:
    """Documents that belong together.

    Attributes:
        name: What its segments' ids begin with.
        members: Indices of the documents, in language order.
        match: How far they say the same, the lowest of each two; None where the user said it.
        comparable: Whether they are on one event and no translations of each other.
    """

    name: str
    members: tuple[int, ...]
    match: float | None = None
    comparable: bool = False


@dataclass(frozen=True)
class AlignedSegment:
    """One line of a corpus file, before its direction is chosen.

    Attributes:
        story: Name of its story.
        numbers: Its place in the story; several where units were joined.
        left, right: Indices of the two documents, in language order.
        left_places, right_places: What it was made of, in each document.
        source, target: Text of the left and of the right document.
        confidence: Of the alignment.
    """

    story: str
    numbers: tuple[Label, ...]
    left: int
    right: int
    left_places: tuple[Place, ...]
    right_places: tuple[Place, ...]
    source: str
    target: str
    confidence: float

    @property
    def id(self) -> str:
        """``a1f3/3``, ``a1f3/3+4`` where two were joined, ``a1f3/3.2`` for a sentence."""
        parts = (f"{p}.{s}" if s else str(p) for p, s in self.numbers)
        return f"{self.story}/{'+'.join(parts)}"

    @property
    def joined(self) -> bool:
        """Whether a side was joined of two units."""
        return len(self.left_places) > 1 or len(self.right_places) > 1


def join(texts: Iterable[str], language: str) -> str:
    """Texts run together as the language does it."""
    return joiner(language).join(texts)


def by_direction(
    segments: Iterable[AlignedSegment], languages: Sequence[str], wanted: Sequence[LanguagePair]
) -> dict[LanguagePair, list[AlignedSegment]]:
    """Segments by the direction they are written in, sorted; turned where the user said so.

    Args:
        segments: All of them.
        languages: Language of each document.
        wanted: The directions asked for; empty for every one.
    """
    found: dict[LanguagePair, list[AlignedSegment]] = {}
    for segment in segments:
        pair = LanguagePair(source=languages[segment.left], target=languages[segment.right])
        for direction in (pair, pair.reversed):
            if direction in wanted or (not wanted and direction == pair):
                found.setdefault(direction, []).append(segment)
    for rows in found.values():
        rows.sort(key=lambda segment: (segment.story, segment.numbers))
    return dict(sorted(found.items()))


def sides(segment: AlignedSegment, pair: LanguagePair, languages: Sequence[str]) -> tuple[str, str]:
    """Source and reference of a segment in a direction."""
    straight = languages[segment.left] == pair.source
    return (segment.source, segment.target) if straight else (segment.target, segment.source)


def lines(
    segments: Iterable[AlignedSegment],
    pair: LanguagePair,
    languages: Sequence[str],
    *,
    comparable: bool = False,
) -> str:
    """A corpus file: one JSON object a line, marked where it is comparable text."""
    written = []
    for segment in segments:
        source, reference = sides(segment, pair, languages)
        values = {
            "id": segment.id,
            "src": source,
            "ref": reference,
            "doc": segment.story,
            "alignment": segment.confidence,
        }
        values |= {"comparable": True} if comparable else {}
        written.append(write_line(values, f"{pair}: {segment.id}").decode("utf-8"))
    return "".join(written)
