"""What a build found, as a record."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from mtbench.documents.records import (
    Comparable,
    DocumentEntry,
    Dropped,
    PairEntry,
    Reason,
    StoryEntry,
)
from mtbench.documents.segments import AlignedSegment, Place, Story
from mtbench.documents.select import Selected
from mtbench.documents.sentences import SentenceIndex
from mtbench.documents.stories import Alike
from mtbench.languages import LanguagePair

Used = Mapping[int, set[Place]]


def used_places(segments: Sequence[AlignedSegment]) -> dict[int, set[Place]]:
    """Document → places of it that are in a segment."""
    found: dict[int, set[Place]] = {}
    for segment in segments:
        found.setdefault(segment.left, set()).update(segment.left_places)
        found.setdefault(segment.right, set()).update(segment.right_places)
    return found


def document_entries(
    selected: Sequence[Selected], stories: Sequence[Story], used: Used
) -> tuple[DocumentEntry, ...]:
    """Every document, with what became of it."""
    story_of = {member: story.name for story in stories for member in story.members}
    found = []
    for index, one in enumerate(selected):
        document = one.document
        found.append(
            DocumentEntry(
                name=document.name,
                language=document.language,
                language_confidence=document.language_confidence,
                paragraphs=len(document.paragraphs),
                characters=sum(map(len, document.paragraphs)),
                story=story_of.get(index),
                kept=len({paragraph for paragraph, _ in used.get(index, ())}),
                read_as=document.read_as,
                left_out=document.left_out,
                note=_note(index, selected, story_of),
            )
        )
    return tuple(found)


def _note(index: int, selected: Sequence[Selected], story_of: Mapping[int, str]) -> str:
    what = _oddity(index, selected, story_of)
    encoding = selected[index].document.encoding
    read = f"its encoding, {encoding}, is a guess" if encoding else ""
    return "; ".join(part for part in (what, read) if part)


def _oddity(index: int, selected: Sequence[Selected], story_of: Mapping[int, str]) -> str:
    one = selected[index]
    if one.version_of is not None:
        other = selected[one.version_of].document
        same = "the same text as" if other.key == one.document.key else "a version of"
        return f"{same} {other.name}"
    if not one.kept:
        return "nothing but boilerplate"
    return "" if index in story_of else "no translation of it is here"


def story_entries(selected: Sequence[Selected], stories: Sequence[Story]) -> tuple[StoryEntry, ...]:
    """Every story that has two languages."""
    return tuple(
        StoryEntry(
            id=story.name,
            documents={
                selected[i].document.language: selected[i].document.name for i in story.members
            },
            match=story.match,
        )
        for story in stories
    )


def pair_entries(
    files: Mapping[LanguagePair, Sequence[AlignedSegment]], folder: str = ""
) -> tuple[PairEntry, ...]:
    """Every file of the corpus."""
    found = []
    for pair, segments in files.items():
        confidences = [segment.confidence for segment in segments]
        found.append(
            PairEntry(
                pair=str(pair),
                file=f"{folder}{pair}.jsonl",
                stories=len({segment.story for segment in segments}),
                segments=len(segments),
                joined=sum(segment.joined for segment in segments),
                median_alignment=round(statistics.median(confidences), 4),
                lowest_alignment=min(confidences),
            )
        )
    return tuple(found)


def dropped(
    selected: Sequence[Selected],
    stories: Sequence[Story],
    used: Used,
    sentences: SentenceIndex | None,
) -> tuple[Dropped, ...]:
    """Every paragraph that is in no segment, and every sentence of the others."""
    with_story = {member for story in stories for member in story.members}
    found = []
    for index, one in enumerate(selected):
        kept = used.get(index, set())
        paragraphs = {paragraph for paragraph, _ in kept}
        fallback: Reason = "one-sided" if index in with_story else "no translation"
        for position, text in enumerate(one.document.paragraphs):
            if position not in paragraphs:
                reason = one.dropped.get(position, fallback)
                found.append(_drop(one, position, None, reason, text))
            elif sentences is not None:
                for at, sentence in enumerate(sentences.of(index, position)):
                    if (position, at) not in kept:
                        found.append(_drop(one, position, at, "one-sided", sentence))
    return tuple(found)


def _drop(
    one: Selected, paragraph: int, sentence: int | None, reason: Reason, text: str
) -> Dropped:
    return Dropped(
        document=one.document.name,
        language=one.document.language,
        paragraph=paragraph + 1,
        sentence=None if sentence is None else sentence + 1,
        reason=reason,
        text=text,
    )


def comparable_entries(
    selected: Sequence[Selected], alike: Sequence[Alike], apart: Sequence[AlignedSegment]
) -> tuple[Comparable, ...]:
    """Every pair of documents that is comparable at most.

    Args:
        selected: All documents.
        alike: The pairs.
        apart: Segments of them that are written to files of their own.
    """
    found = []
    for one in alike:
        left, right = (selected[i].document for i in one.story.members)
        found.append(
            Comparable(
                documents=(left.name, right.name),
                pair=f"{left.language}-{right.language}",
                score=one.score,
                evidence=one.evidence,
                segments=sum((s.left, s.right) == one.story.members for s in apart),
            )
        )
    return tuple(found)
