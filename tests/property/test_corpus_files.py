"""A corpus file says the same however it is written, in any Unicode."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mtbench.corpora.load import PairFile, first, load, read_segments
from mtbench.errors import MtbenchError
from mtbench.files.jsonl import read_objects
from mtbench.languages import LanguagePair
from mtbench.types import TestSet
from tests.support.examples import examples
from tests.support.record_strategies import json_values

PAIR = LanguagePair.parse("en-it")
LOOSE = settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))

some_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
full_text = some_text.filter(lambda text: bool(text.strip()))
KNOWN = ("id", "src", "ref", "doc", "domain", "original_language", "origin", "alignment",
         "context", "instruction")  # fmt: skip


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    ids = draw(st.lists(full_text, min_size=1, max_size=5, unique=True))
    found = []
    for name in ids:
        row: dict[str, Any] = {"id": name, "src": draw(full_text)}
        row |= draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "ref": full_text | st.lists(full_text, max_size=3),
                    "doc": some_text,
                    "domain": some_text,
                    "original_language": st.sampled_from(["en", "pt-BR"]),
                    "origin": st.sampled_from(["human", "machine", "unknown"]),
                    "alignment": st.floats(0, 1),
                    "context": some_text,
                    "instruction": some_text,
                },
            )
        )
        extra = draw(st.dictionaries(some_text, json_values, max_size=2))
        row |= {key: value for key, value in extra.items() if key not in KNOWN}
        found.append(row)
    return found


def written(rows: list[dict[str, Any]], how: dict[str, Any]) -> bytes:
    lines = [
        json.dumps(row, ensure_ascii=how["ascii"], separators=how["separators"]) for row in rows
    ]
    text: str = how["end"].join(lines) + (how["end"] if how["last"] else "")
    return (b"\xef\xbb\xbf" if how["bom"] else b"") + text.encode("utf-8")


ways = st.fixed_dictionaries(
    {
        "ascii": st.booleans(),
        "separators": st.sampled_from([None, (",", ":"), (" , ", " : ")]),
        "end": st.sampled_from(["\n", "\r\n"]),
        "last": st.booleans(),
        "bom": st.booleans(),
    }
)


def named(label: Any) -> str | None:
    """A label; a blank one names nothing."""
    return label if label and label.strip() else None


@given(rows=rows(), how=ways)
@LOOSE
def test_read_back_as_it_was_meant(
    tmp_path: Path, rows: list[dict[str, Any]], how: dict[str, Any]
) -> None:
    path = tmp_path / "en-it.jsonl"
    path.write_bytes(written(rows, how))
    found = list(read_segments(path))
    assert [number for number, _ in found] == list(range(1, len(rows) + 1))
    for row, (_, segment) in zip(rows, found, strict=True):
        references = row.get("ref", [])
        assert segment.source.id == row["id"]
        assert segment.source.text == row["src"]
        assert segment.source.document == named(row.get("doc"))
        assert segment.source.context == row.get("context")
        assert segment.source.instruction == row.get("instruction")
        assert segment.references == tuple(
            [references] if isinstance(references, str) else references
        )
        assert segment.domain == named(row.get("domain"))
        assert segment.origin == row.get("origin")
        assert segment.original_language == row.get("original_language")
        assert segment.alignment == row.get("alignment")
        assert segment.extra == {key: value for key, value in row.items() if key not in KNOWN}


@given(rows=rows(), how=ways)
@LOOSE
def test_how_it_is_written_does_not_change_its_digest(
    tmp_path: Path, rows: list[dict[str, Any]], how: dict[str, Any]
) -> None:
    def read(content: bytes) -> TestSet:
        path = tmp_path / "en-it.jsonl"
        path.write_bytes(content)
        return load(PairFile(path, PAIR, reversed=False))

    plain = {"ascii": False, "separators": None, "end": "\n", "last": True, "bom": False}
    assert read(written(rows, how)).digest() == read(written(rows, plain)).digest()


@given(rows=rows(), count=st.integers(1, 6))
@LOOSE
def test_the_first_of_a_test_set(tmp_path: Path, rows: list[dict[str, Any]], count: int) -> None:
    path = tmp_path / "en-it.jsonl"
    path.write_bytes(written(rows, {"ascii": False, "separators": None, "end": "\n", "last": True,
                                    "bom": False}))  # fmt: skip
    whole = load(PairFile(path, PAIR, reversed=False))
    part = first(whole, count)
    assert len(part) == min(count, len(whole))
    assert part.ids == whole.ids[:count]
    assert part.references == whole.references[:count]
    assert (part.digest() == whole.digest()) == (count >= len(whole))
    assert (part.corpus == whole.corpus) == (count >= len(whole))
    assert set(part.extras) <= set(part.ids)


@given(
    content=st.binary(max_size=200)
    | st.text(max_size=80).map(lambda t: t.encode("utf-8", "replace"))
)
@settings(LOOSE, max_examples=examples(150))
def test_whatever_stands_in_a_file_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "en-it.jsonl"
    path.write_bytes(content)
    for read in (read_segments, read_objects):
        try:
            list(read(path))
        except MtbenchError as error:
            assert str(path) in error.message
            assert len(error.lines()) <= 3


@given(row=st.dictionaries(st.sampled_from(KNOWN), json_values, max_size=6))
@settings(LOOSE, max_examples=examples(150))
def test_whatever_stands_in_a_line_is_read_or_refused(tmp_path: Path, row: dict[str, Any]) -> None:
    path = tmp_path / "en-it.jsonl"
    path.write_text(json.dumps({"id": "1", "src": "a", **row}) + "\n", "utf-8")
    try:
        ((_, segment),) = read_segments(path)
    except MtbenchError as error:
        assert f"{path}:1: " in error.message
    else:
        assert segment.source.text.strip()


def test_a_line_ends_at_a_line_feed_alone(tmp_path: Path) -> None:
    path = tmp_path / "en-it.jsonl"
    text = "a\u2028b\u2029c\x0bd\x0ce\x85f\rg"
    path.write_text(json.dumps({"id": "1", "src": text}, ensure_ascii=False) + "\n", "utf-8")
    ((_, segment),) = read_segments(path)
    assert segment.source.text == text
    with pytest.raises(MtbenchError):
        list(read_segments(tmp_path))
