"""Corpus files → test sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from mtbench.config import read_corpus_card
from mtbench.corpora.codes import refuse_codes
from mtbench.corpora.constraints import turned_constraints
from mtbench.corpora.line import (
    as_segment,
    check,
    duplicate_id,
    no_segments,
    not_reversible,
    other_bytes,
    raising,
)
from mtbench.errors import DataError, RequestError, UnknownName
from mtbench.files.digests import digest_file
from mtbench.files.jsonl import read_objects
from mtbench.files.writing import taken_off
from mtbench.languages import LanguagePair
from mtbench.types import CorpusCard, Origin, Segment, Source, TestSet


class PairFile(NamedTuple):
    """A file of a corpus, in one of the directions it serves."""

    path: Path
    pair: LanguagePair
    reversed: bool


def pair_files(folder: Path, only: str | None = None) -> list[PairFile]:
    """The directions a corpus serves, each with its file; sorted by pair.

    Args:
        folder: The corpus.
        only: Name of the one file to look at, where the user named one.

    Raises:
        DataError: If a file's name is no language pair, or two files serve one direction.
        CardError: If the card is malformed.
    """
    card = read_corpus_card(folder)
    found: dict[str, PairFile] = {}
    paths = sorted(folder.glob("*.jsonl")) if only is None else [folder / only]
    for path in paths:
        try:
            pair = LanguagePair.parse(path.stem)
        except RequestError as error:
            raise DataError(f"{path}: {error.message}", hint=error.hint) from error
        if str(pair) in found:
            raise DataError(f"{path}: {pair} is also served by {found[str(pair)].path.name}")
        found[str(pair)] = PairFile(path, pair, reversed=False)
    if card is not None and card.reversible:
        for entry in list(found.values()):
            back = entry.pair.reversed
            if str(back) not in found:
                found[str(back)] = PairFile(entry.path, back, reversed=True)
    return sorted(found.values(), key=lambda f: f.pair)


def read_segments(path: Path) -> Iterator[tuple[int, Segment]]:
    """The segments of a corpus file with their line numbers.

    Raises:
        DataError: At the first line that does not hold, with file and line.
    """
    seen: dict[str, int] = {}
    for number, values in read_objects(path):
        refuse = raising(f"{path}:{number}")
        segment = as_segment(check(values, refuse))
        first = seen.setdefault(segment.source.id, number)
        if first != number:
            refuse(duplicate_id(segment.source.id, first))
        yield number, segment


def load(file: PairFile, *, reference: str | None = None) -> TestSet:
    """A test set from a file of a corpus, in one of its directions.

    Args:
        file: The file and direction, from ``pair_files``.
        reference: Name of the one reference to use, of several (a name of the card's
            ``reference_names``, or A, B … for the first, second …).

    Raises:
        DataError: If a line does not hold, the file is empty, a reversible file lacks references
            or has several, or the file is not the one of which the card holds the checksum.
        UnknownName: If there is no reference of that name.
    """
    card = read_corpus_card(file.path.parent)
    _check_digest(file.path, card)
    segments = [segment for _, segment in read_segments(file.path)]
    if not segments:
        raising(str(file.path))(no_segments())
    if file.reversed:
        segments = [_turned(s, file.path, card, file.pair) for s in segments]
    firsts = (s.references[0] for s in segments if s.references)
    refuse_codes(file.pair, (s.source.text for s in segments), firsts, str(file.path))
    names = card.reference_names if card else ()
    if reference is not None:
        segments, names = _one_reference(segments, names, reference, file.path)
    return TestSet(
        corpus=file.path.parent.resolve().name,
        pair=file.pair,
        sources=tuple(s.source for s in segments),
        references=tuple(s.references for s in segments),
        reference_names=names if reference is not None else (),
        domains=tuple(s.domain for s in segments),
        original_languages=tuple(
            s.original_language or (card.original_language if card else None) for s in segments
        ),
        origins=tuple(s.origin or _side_origin(card, file.pair.target) for s in segments),
        alignments=tuple(s.alignment for s in segments),
        constraints={s.source.id: s.constraints for s in segments if s.constraints},
        extras={s.source.id: s.extra for s in segments if s.extra},
        reversed=file.reversed,
        card=card,
        taken_off=taken_off(file.path, ends=False),
    )


def _check_digest(path: Path, card: CorpusCard | None) -> None:
    expected = card.files.get(path.name) if card else None
    if expected is not None and digest_file(path) != expected:
        raising(str(path))(other_bytes())


def _side_origin(card: CorpusCard | None, language: str) -> Origin | None:
    return card.origin.get(language) if card else None


def _turned(segment: Segment, path: Path, card: CorpusCard | None, pair: LanguagePair) -> Segment:
    count = len(segment.references)
    if count != 1:
        raising(str(path))(not_reversible(count, f"segment {segment.source.id!r} has "))
    source = replace(segment.source, text=segment.references[0], context=None, instruction=None)
    return replace(
        segment,
        source=source,
        references=(segment.source.text,),
        origin=_side_origin(card, pair.target),
        constraints=turned_constraints(segment.constraints),
    )


def _one_reference(
    segments: list[Segment], names: tuple[str, ...], wanted: str, path: Path
) -> tuple[list[Segment], tuple[str, ...]]:
    most = max(len(s.references) for s in segments)
    letters = tuple(chr(ord("A") + i) for i in range(min(most, 26)))
    known = names if wanted in names else letters
    if wanted not in known:
        raise UnknownName("reference", wanted, (*names, *letters))
    at = known.index(wanted)
    chosen = []
    for segment in segments:
        if at >= len(segment.references):
            raise DataError(f"{path}: segment {segment.source.id!r} has no reference {wanted!r}")
        chosen.append(replace(segment, references=(segment.references[at],)))
    return chosen, (wanted,)


def first(test_set: TestSet, count: int) -> TestSet:
    """The first segments as a test set of its own, ``NAME@firstN``.

    Args:
        test_set: The whole.
        count: How many to keep; a set that has no more stays itself.
    """
    if count >= len(test_set):
        return test_set
    ids = {source.id for source in test_set.sources[:count]}
    return test_set.model_copy(
        update={
            "corpus": f"{test_set.corpus}@first{count}",
            "sources": test_set.sources[:count],
            "references": test_set.references[:count],
            "domains": test_set.domains[:count],
            "original_languages": test_set.original_languages[:count],
            "origins": test_set.origins[:count],
            "alignments": test_set.alignments[:count],
            "constraints": {key: each for key, each in test_set.constraints.items() if key in ids},
            "extras": {key: value for key, value in test_set.extras.items() if key in ids},
        }
    )


def plain(
    sources: Iterable[str] | None,
    references: list[list[str]],
    pair: LanguagePair,
    name: str,
    count: int,
    documents: Sequence[str] | None = None,
) -> TestSet:
    """A test set from plain lines; ids are line numbers from 1.

    Args:
        sources: Source lines, or None where only reference-based metrics will score.
        references: One list of lines for each reference.
        pair: The direction.
        name: What to call the corpus.
        count: Number of segments, already checked to be that of every list.
        documents: For each segment the id of its document; blank for none.
    """
    stories = [line.strip() or None for line in documents or [""] * count]
    texts = list(sources) if sources is not None else [""] * count
    empty = (None,) * count
    refuse_codes(pair, texts, references[0] if references else (), name)
    return TestSet(
        corpus=name,
        pair=pair,
        sources=tuple(
            Source(id=str(i), text=text, document=document)
            for i, (text, document) in enumerate(zip(texts, stories, strict=True), start=1)
        ),
        references=tuple(zip(*references, strict=True)) if references else ((),) * count,
        domains=empty,
        original_languages=empty,
        origins=empty,
        alignments=empty,
    )
