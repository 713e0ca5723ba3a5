"""Raw documents to a corpus in memory: read, select, encode, match, align, write down,"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeVar

import tomli_w

from mtbench.config import CORPUS_CARD as CARD
from mtbench.documents.doubts import doubts
from mtbench.documents.encoders import Choice, Remembering, Views, choose, served
from mtbench.documents.load import fixed_stories, read_documents
from mtbench.documents.rebuild import remembered
from mtbench.documents.records import Build, BuildOptions, BuildReport
from mtbench.documents.report import (
    comparable_entries,
    document_entries,
    dropped,
    pair_entries,
    story_entries,
    used_places,
)
from mtbench.documents.segments import AlignedSegment, Story, by_direction, lines
from mtbench.documents.select import Selected, select
from mtbench.documents.sentences import SentenceIndex
from mtbench.documents.stories import group, segments_of
from mtbench.encoders.packaged import SentenceEncoder
from mtbench.errors import RequestError
from mtbench.files.digests import digest_text
from mtbench.languages import LanguagePair, language_name
from mtbench.types import CorpusCard

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

T = TypeVar("T")


class Track(Protocol):
    """Shows how far a stage is: yields its items one by one."""

    def __call__(self, what: str, items: Sequence[T]) -> Iterable[T]:
        """The items.

        Args:
            what: What is done with them.
            items: All of them.
        """
        ...


def unseen(what: str, items: Sequence[T]) -> Iterable[T]:
    """Shows nothing."""
    return items


COMPARABLE = "comparable/"
OUR_NOTES = re.compile(r"Aligned automatically from raw documents by mtbench corpus build \(.*\n")
COMPARABLE_NOTES = """\
Comparable text, not translations: documents on one event, whose paragraphs were paired by what \
they have in common. Not a test set: a system is not wrong where it differs.
"""


def build_corpus(
    paths: Sequence[Path | str],
    options: BuildOptions | None = None,
    encoder: SentenceEncoder | None = None,
    track: Track = unseen,
) -> Build:
    """Builds a corpus from raw documents.

    Args:
        paths: The documents, of any languages and stories, in any order.
        options: What the user fixes by hand.
        encoder: In the place of the one that the options name.
        track: Shows how far the work is.

    Raises:
        RequestError: If a document cannot be read or its language cannot be told, or an option
            does not fit the documents.
        DataError: If a document has no text.
        Unavailable: If an encoder or a package cannot be had here.
    """
    options = options or BuildOptions()
    selected = select(read_documents(paths, options))
    languages = [one.document.language for one in selected]
    _check_pairs(options.pairs, languages)
    choice = served(encoder, languages) if encoder else choose(options.encoder, languages)
    if options.unit == "sentence":
        choice = _remembering(choice)
    views = Views(selected, choice)
    for document in track("encoding", range(len(selected))):
        views.any(document)

    stories, alike = group(selected, views, fixed_stories([s.document for s in selected], options))
    sentences = SentenceIndex(selected) if options.unit == "sentence" else None
    found = _segments(stories, selected, views, sentences, track)
    pairs = by_direction(found, languages, options.pairs)
    shown = [one.story for one in alike] if options.comparable else []
    apart = _segments(shown, selected, views, sentences, track)
    apart_pairs = by_direction(apart, languages, options.pairs)

    files = {f"{pair}.jsonl": lines(rows, pair, languages) for pair, rows in pairs.items()}
    beside = {
        f"{pair}.jsonl": lines(rows, pair, languages, comparable=True)
        for pair, rows in apart_pairs.items()
    }
    used = used_places(found)
    report = BuildReport(
        unit=options.unit,
        encoder=choice.title,
        documents=document_entries(selected, stories, used),
        stories=story_entries(selected, stories),
        pairs=pair_entries(pairs),
        dropped=dropped(selected, stories, used, sentences),
        suspicious=tuple(d for pair, rows in pairs.items() for d in doubts(rows, pair, languages)),
        comparable=comparable_entries(selected, alike, apart),
        warnings=(*choice.warnings, *_warnings(options, pairs, choice, sentences)),
        files={name: digest_text(content) for name, content in files.items()},
    )
    written = with_card(files, _noted(options.card, report))
    if beside:
        card = options.card.model_copy(update={"notes": COMPARABLE_NOTES, "reversible": False})
        written |= {COMPARABLE + name: text for name, text in with_card(beside, card).items()}
    return Build(files=written, report=report)


def _segments(
    stories: Sequence[Story],
    selected: Sequence[Selected],
    views: Views,
    sentences: SentenceIndex | None,
    track: Track,
) -> list[AlignedSegment]:
    found = []
    for story in track("aligning", stories):
        found += segments_of(story, selected, views, sentences)
    return found


def _remembering(choice: Choice) -> Choice:
    """Sentences stand in several language pairs: they are encoded once."""
    other = Remembering(choice.other) if choice.other else None
    return replace(choice, main=Remembering(choice.main), other=other)


def _check_pairs(pairs: Sequence[LanguagePair], languages: Sequence[str]) -> None:
    """Says before any work that a direction asked for cannot come out.

    Raises:
        RequestError: If no document is in one of its languages.
    """
    for pair in pairs:
        for tag in (pair.source, pair.target):
            if tag not in languages:
                there = ", ".join(sorted(set(languages)))
                raise RequestError(
                    f"--pair {pair}: no document is in {language_name(tag)} ({tag})",
                    why=f"their languages are {there}",
                )


def _warnings(
    options: BuildOptions,
    pairs: Mapping[LanguagePair, Sequence[AlignedSegment]],
    choice: Choice,
    sentences: SentenceIndex | None,
) -> list[str]:
    """What a user must know of what came out."""
    found = [
        f"nothing for {pair}: no story has both" for pair in options.pairs if pair not in pairs
    ]
    for tag in sorted(sentences.unknown if sentences else ()):
        found.append(
            f"sentences in {language_name(tag)} ({tag}) are split without knowing its abbreviations"
        )
    cut = choice.cut
    if cut:
        found.append(f"{cut} texts are longer than the encoder reads: their ends were not seen")
    return found


def _noted(card: CorpusCard, report: BuildReport) -> CorpusCard:
    """The card with a word on how the corpus came to be, where it has no notes of its own."""
    if card.notes and not OUR_NOTES.fullmatch(card.notes):
        return card
    notes = (
        f"Aligned automatically from raw documents by mtbench corpus build (unit: {report.unit}; "
        f"encoder: {report.encoder}). Each line carries the confidence of its alignment.\n"
    )
    return card.model_copy(update={"notes": notes})


def with_card(files: Mapping[str, str], card: CorpusCard) -> dict[str, str]:
    """Files of a corpus with their card: checksums, and what it remembers of each line."""
    digests = {name: digest_text(content) for name, content in files.items()}
    built = {name: remembered(content) for name, content in files.items()}
    return {**files, CARD: card_text(card.model_copy(update={"files": digests, "built": built}))}


def resealed(text: str, files: Mapping[str, str]) -> str:
    """A card with the checksums of files as they are to be written."""
    card = CorpusCard.model_validate(tomllib.loads(text))
    digests = {name: digest_text(files[name]) for name in card.files}
    return card_text(card.model_copy(update={"files": digests}))


def card_text(card: CorpusCard) -> str:
    """A corpus card as TOML, fields that say nothing left out."""
    values = card.model_dump(exclude_defaults=True)
    return tomli_w.dumps(values, multiline_strings=True)
