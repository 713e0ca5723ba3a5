"""Corpus files → test sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from mtbench.files.columns import ColumnWriter, column, few, shared
from mtbench.files.digests import digest_file
from mtbench.files.jsonl import read_objects
from mtbench.files.writing import taken_off
from mtbench.languages import LanguagePair
from mtbench.types import (
    Constraints,
    CorpusCard,
    Json,
    Origin,
    Segment,
    Source,
    SourceColumn,
    SourceWriter,
    TestSet,
)

_TOLD = 5_000  # segments between two words on how far the reading is


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
    return _segments(read_objects(path), lambda number: f"{path}:{number}")


def _segments(
    rows: Iterable[tuple[int, Mapping[str, Json]]], where: Callable[[int], str]
) -> Iterator[tuple[int, Segment]]:
    seen: dict[str, int] = {}
    for number, values in rows:
        refuse = raising(where(number))
        segment = as_segment(check(values, refuse))
        first = seen.setdefault(segment.source.id, number)
        if first != number:
            refuse(duplicate_id(segment.source.id, first))
        yield number, segment


def of_rows(
    rows: Iterable[Mapping[str, Json]], pair: LanguagePair, corpus: str, where: Callable[[int], str]
) -> TestSet:
    """A test set of rows that are in no file, under the rules of a corpus file.

    Args:
        rows: By the keys of a corpus line.
        pair: The direction.
        corpus: What to call the corpus.
        where: Number of a row, from 1 → what messages call it.

    Raises:
        DataError: If a row does not hold, or there is none.
    """
    columns = _Gathered(None, pair)
    for _, segment in _segments(enumerate(rows, start=1), where):
        columns.add(segment)
    return _checked(columns, corpus, (), corpus, reversed_=False)


def load(
    file: PairFile,
    *,
    reference: str | None = None,
    told: Callable[[int], object] = lambda count: None,
) -> TestSet:
    """A test set from a file of a corpus, in one of its directions.

    Args:
        file: The file and direction, from ``pair_files``.
        reference: Name of the one reference to use, of several (a name of the card's
            ``reference_names``, or A, B … for the first, second …).
        told: Now and then, how many segments more were read.

    Raises:
        DataError: If a line does not hold, the file is empty, a reversible file lacks references
            or has several, or the file is not the one of which the card holds the checksum.
        UnknownName: If there is no reference of that name.
    """
    card = read_corpus_card(file.path.parent)
    _check_digest(file.path, card)
    columns = _Gathered(card, file.pair)
    for count, (_, segment) in enumerate(read_segments(file.path), start=1):
        columns.add(_turned(segment, file.path, card, file.pair) if file.reversed else segment)
        if count % _TOLD == 0:
            told(_TOLD)
    corpus, taken = file.path.parent.resolve().name, taken_off(file.path, ends=False)
    test_set = _checked(columns, corpus, taken, str(file.path), reversed_=file.reversed)
    return test_set if reference is None else _one_reference(test_set, reference, file.path)


def _checked(
    columns: _Gathered, corpus: str, taken_off: tuple[str, ...], place: str, *, reversed_: bool
) -> TestSet:
    """The test set of columns, which has segments of the languages that it says."""
    if not len(columns):
        raising(place)(no_segments())
    test_set = columns.test_set(corpus, taken_off, reversed_=reversed_)
    firsts = (several[0] for several in test_set.references if several)
    refuse_codes(test_set.pair, test_set.source_texts, firsts, place)
    return test_set


class _Gathered:
    """The segments of a file, one after the other, as the columns of a test set."""

    def __init__(self, card: CorpusCard | None, pair: LanguagePair) -> None:
        self._card, self._pair = card, pair
        self._origin = _side_origin(card, pair.target)
        self._language = card.original_language if card else None
        self._alike: dict[str | None, str | None] = {}  # a label is held once
        self._sources = SourceWriter()
        self._references: ColumnWriter[tuple[str, ...]] = ColumnWriter(tuple)
        self._domains: list[str | None] = []
        self._languages: list[str | None] = []
        self._origins: list[Origin | None] = []
        self._alignments: list[float | None] = []
        self._constraints: dict[str, Constraints] = {}
        self._extras: dict[str, dict[str, Json]] = {}

    def __len__(self) -> int:
        return len(self._sources)

    def add(self, segment: Segment) -> None:
        """The next segment."""
        once = self._alike.setdefault
        self._sources.add(segment.source)
        self._references.add(segment.references)
        self._domains.append(once(segment.domain, segment.domain))
        language = segment.original_language or self._language
        self._languages.append(once(language, language))
        self._origins.append(segment.origin or self._origin)
        self._alignments.append(segment.alignment)
        if segment.constraints:
            self._constraints[segment.source.id] = segment.constraints
        if segment.extra:
            self._extras[segment.source.id] = segment.extra

    def test_set(self, corpus: str, taken_off: tuple[str, ...], *, reversed_: bool) -> TestSet:
        """All of them."""
        return TestSet(
            corpus=corpus,
            pair=self._pair,
            sources=self._sources.sources(),
            references=self._references.column(),
            domains=tuple(self._domains),
            original_languages=tuple(self._languages),
            origins=tuple(self._origins),
            alignments=tuple(self._alignments),
            constraints=self._constraints,
            extras=self._extras,
            reversed=reversed_,
            card=self._card,
            taken_off=taken_off,
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


def _one_reference(test_set: TestSet, wanted: str, path: Path) -> TestSet:
    names = test_set.card.reference_names if test_set.card else ()
    most = max(map(len, test_set.references))
    letters = tuple(chr(ord("A") + i) for i in range(min(most, 26)))
    known = names if wanted in names else letters
    if wanted not in known:
        raise UnknownName("reference", wanted, (*names, *letters))
    at = known.index(wanted)

    def chosen() -> Iterator[tuple[str, ...]]:
        for name, several in zip(test_set.ids, test_set.references, strict=True):
            if at >= len(several):
                raise DataError(f"{path}: segment {name!r} has no reference {wanted!r}")
            yield (several[at],)

    references = column(chosen(), tuple)
    return test_set.model_copy(update={"references": references, "reference_names": (wanted,)})


def first(test_set: TestSet, count: int) -> TestSet:
    """The first segments as a test set of its own, ``NAME@firstN``.

    Args:
        test_set: The whole.
        count: How many to keep; a set that has no more stays itself.
    """
    if count >= len(test_set):
        return test_set
    ids = set(test_set.ids[:count])
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
    references: Sequence[Sequence[str]],
    pair: LanguagePair,
    name: str,
    count: int,
    documents: Sequence[str] | None = None,
    ids: Iterable[str] | None = None,
) -> TestSet:
    """A test set from plain lines; ids are line numbers from 1, unless there are others.

    Args:
        sources: Source lines, or None where only reference-based metrics will score.
        references: One list of lines for each reference.
        pair: The direction.
        name: What to call the corpus.
        count: Number of segments, already checked to be that of every list.
        documents: For each segment the id of its document; blank for none. Where all have a tab,
            the domain stands before it, as in the files of WMT and mt-metrics-eval.
        ids: For each segment its id, each once.
    """
    stories, domains = _stories(documents or [""] * count)
    texts = column(sources) if sources is not None else ("",) * count
    empty = (None,) * count
    refuse_codes(pair, texts, references[0] if references else (), name)
    found: Sequence[Source] = SourceColumn(
        shared(map(str, range(1, count + 1)) if ids is None else ids), texts, stories, empty, empty
    )
    return TestSet(
        corpus=name,
        pair=pair,
        sources=tuple(found) if few(count) else found,
        references=column(zip(*references, strict=True), tuple) if references else ((),) * count,
        domains=domains,
        original_languages=empty,
        origins=empty,
        alignments=empty,
    )


def _stories(lines: Sequence[str]) -> tuple[tuple[str | None, ...], tuple[str | None, ...]]:
    """The document of each segment, and its domain."""
    if any(line.strip() for line in lines) and all(line.count("\t") == 1 for line in lines):
        rows = [line.split("\t") for line in lines]
        domains = tuple(domain.strip() or None for domain, _ in rows)
        return tuple(document.strip() or None for _, document in rows), domains
    return tuple(line.strip() or None for line in lines), (None,) * len(lines)
