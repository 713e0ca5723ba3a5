"""What is written in a format and read again is the same."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mtbench.corpora.formats.importing import _file_rows
from mtbench.corpora.formats.plain import read_plain, text_file, write_lines
from mtbench.corpora.formats.segments import ImportedSegment, Remarks, Wanted, written_line
from mtbench.corpora.formats.tables import read_rows, read_table, write_table
from mtbench.corpora.formats.tmx import read_tmx, write_tmx
from mtbench.languages import LanguagePair
from tests.support.examples import examples

PAIR = LanguagePair.parse("en-pt-BR")
Wanting = Callable[[], Wanted]

anything = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
in_xml = st.characters(
    exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"
) | st.sampled_from("\t\n\r")
in_lines = st.characters(exclude_categories=["Cs"], exclude_characters="\0\n\r\ufeff")
in_cells = st.characters(exclude_categories=["Cs"], exclude_characters="\0\n\r\t\ufeff")


def _texts(characters: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.text(characters, min_size=1, max_size=20).filter(lambda text: bool(text.strip()))


def _asked(texts: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Constraints of a line, never empty."""
    terms = st.dictionaries(texts, st.lists(texts, min_size=1, max_size=2), min_size=1, max_size=2)
    length = st.integers(1, 99) | st.fixed_dictionaries({"max": st.integers(1, 9)})
    keys = {"terms": terms, "do_not_translate": st.lists(texts, max_size=2), "length": length}
    return st.fixed_dictionaries({}, optional=keys).filter(bool)


@st.composite
def _segments(
    draw: st.DrawFn, characters: st.SearchStrategy[str], structured: bool = True
) -> list[ImportedSegment]:
    texts = _texts(characters)
    count = draw(st.integers(1, 4))
    references = draw(st.integers(0, 3))
    names = ("A", "B", "post-edit")[:references] if draw(st.booleans()) else ()
    ids = draw(st.lists(texts, min_size=count, max_size=count, unique=True))
    values = texts | (st.lists(st.integers(), max_size=2) if structured else texts)
    keys = st.sampled_from(["note", "x y", "größe"])
    return [
        ImportedSegment(
            pair=PAIR,
            id=identifier,
            source=draw(texts),
            references=tuple(draw(texts) for _ in range(references)),
            reference_names=names,
            document=draw(st.none() | texts),
            domain=draw(st.none() | texts),
            original_language=draw(st.sampled_from([None, "en", "zh-Hans"])),
            origin=draw(st.sampled_from([None, "human", "machine", "unknown"])),
            alignment=draw(st.none() | st.floats(0, 1)),
            context=draw(st.none() | texts),
            instruction=draw(st.none() | texts),
            constraints=draw(st.none() | _asked(texts)),
            extra=draw(st.dictionaries(keys, values, max_size=2)),
        )
        for identifier in ids
    ]


def _through(
    segments: Sequence[ImportedSegment],
    name: str,
    write: Callable[[Path], Any],
    read: Callable[[Path], Iterator[ImportedSegment]],
) -> list[ImportedSegment]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write(path)
        return list(read(path))


@settings(max_examples=examples(50), deadline=None)
@given(_segments(in_xml))
def test_tmx(segments: list[ImportedSegment]) -> None:
    def write(path: Path) -> None:
        stream = io.BytesIO()
        write_tmx(segments, stream)
        path.write_bytes(stream.getvalue())

    # A unit of one language has no direction; XML itself has no tab or line end in an attribute
    # but as a reference, which is how ids are written.
    expected = [segment for segment in segments if segment.references]

    found = _through(segments, "a.tmx", write, lambda p: read_tmx(p, Wanted([PAIR]), Remarks()))

    assert found == expected


def _table(kind: str, segments: list[ImportedSegment]) -> list[ImportedSegment]:
    def write(path: Path) -> None:
        with text_file(path) as stream:
            write_table(segments, kind, stream)

    return _through(
        segments,
        f"a.{kind}",
        write,
        lambda path: read_table(path, kind, {}, (), Wanted([PAIR]), Remarks()),
    )


def _as_table_has_them(segments: list[ImportedSegment]) -> list[ImportedSegment]:
    """Several references always have names in a table."""
    return [
        replace(segment, reference_names=segment.reference_names or ("A", "B", "C")[:count])
        if (count := len(segment.references)) > 1
        else segment
        for segment in segments
    ]


@settings(max_examples=examples(50), deadline=None)
@given(_segments(anything, structured=False))
def test_csv(segments: list[ImportedSegment]) -> None:
    assert _table("csv", segments) == _as_table_has_them(segments)


@settings(max_examples=examples(50), deadline=None)
@given(_segments(in_cells, structured=False))
def test_tsv(segments: list[ImportedSegment]) -> None:
    assert _table("tsv", segments) == _as_table_has_them(segments)


@settings(max_examples=examples(50), deadline=None)
@given(_segments(anything))
def test_a_corpus_file_read_as_jsonl(segments: list[ImportedSegment]) -> None:
    def read(path: Path) -> Iterator[ImportedSegment]:
        return read_rows(_file_rows("jsonl", path), {}, Wanted([PAIR]), Remarks(), str(path))

    def write(path: Path) -> None:
        path.write_bytes(b"".join(written_line(segment) for segment in segments))

    expected = [replace(segment, reference_names=()) for segment in segments]

    assert _through(segments, "a.jsonl", write, read) == expected


# What files of other formats begin with, and a text about them may as well.
_BEGINNINGS = (
    "PAR1", "BZh91AY&SY", "Rar!", "ARROW1", "SQLite format 3", "%PDF-1.7", "{\\rtf", "WEBVTT", "1",
    "00:00:01,000 --> 00:00:02,000", "<html>", "<!DOCTYPE html>", "<body", "<refset setid='x'>",
    "<mteval>", "<?xml version='1.0'?>", "<tmx>", "<dataset id='x'>", "<xliff", "<a xmlns='x'>",
    "<!-- a", 'msgid "One"', 'msgstr "Uno"', "# a", "{", "[", "{}", "[]", '{"a": 1}', '["a", "b"]',
    "sep=;", "id,src,ref", "PK", "GIF89a", "---",
)  # fmt: skip
_words = st.sampled_from(["is how it begins", "said he.", "and so on", "<b>", "{0}", '"', "],"])
_about_formats = (
    st.tuples(st.sampled_from(_BEGINNINGS), _words)
    .filter(lambda two: not (two[0].startswith("<?xml") and two[1] == "<b>"))
    .map(" ".join)
)
_lines = _texts(in_lines) | _about_formats


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.tuples(_lines, _lines), min_size=1, max_size=5))
def test_plain_text(pairs: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / "a.en", Path(folder) / "a.pt-BR"]
        for path, texts in zip(paths, zip(*pairs, strict=True), strict=True):
            with text_file(path) as stream:
                write_lines(((str(at), text) for at, text in enumerate(texts)), stream, join=False)

        found = list(read_plain(paths, Wanted([PAIR]), Remarks()))

    assert [(segment.source, *segment.references) for segment in found] == pairs
