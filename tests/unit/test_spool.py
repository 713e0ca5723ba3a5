"""Answers set aside: what is read back, and which unit can prove their places."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtbench.backends.spool import ResumePoint, Spool, resume_point
from mtbench.errors import Unavailable
from mtbench.types import Source


def sources(*documents: str | None, texts: str | None = None) -> list[Source]:
    texts = texts or "abcdefghij"
    return [
        Source(id=f"s{i}", text=texts[i], document=document) for i, document in enumerate(documents)
    ]


def answers(written: str) -> dict[str, str]:
    return {f"s{i}": text for i, text in enumerate(written)}


@pytest.mark.parametrize(
    ("given", "written", "expected"),
    [
        # The last of three answers is asked again.
        (sources(None, None, None, None), "ABC", (2, 3)),
        # Of two documents the second is not whole.
        (sources("d", "d", "e", "e"), "ABC", (0, 2)),
        (sources("d", "d", "e", "e"), "ABCD", (2, 4)),
        # Two documents of no name between them are units of one segment each.
        (sources("d", None, None, "e"), "ABC", (2, 3)),
        # C was written twice, so that it could have come from the segment before.
        (sources(None, None, None, None), "ABCC", (1, 2)),
        # So could the answer to a source that is there twice.
        (sources(None, None, None, None, texts="abcc"), "ABCD", (1, 2)),
        # An empty line proves nothing.
        (sources(None, None, None), "AB ", (1, 2)),
        (sources(None, None, None), "", None),
        (sources(None, None, None), "XX", None),
    ],
)
def test_the_unit_that_proves(
    given: list[Source], written: str, expected: tuple[int, int] | None
) -> None:
    found = resume_point(given, answers(written))
    assert found == (ResumePoint(*expected) if expected else None)


def test_a_gap_ends_what_is_known() -> None:
    known = {"s0": "A", "s1": "B", "s3": "D"}
    assert resume_point(sources(None, None, None, None), known) == ResumePoint(1, 2)


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "scratch.jsonl"
    with Spool(path) as spool:
        assert spool.read() == {}
        assert not path.exists()
        spool.append("s1", 'a "b"\tc\u2028d')
        spool.append("s2", "")
        spool.append("s1", "again")
    with Spool(path) as spool:
        assert spool.read() == {"s1": "again", "s2": ""}
        spool.append("s3", "z")
        assert spool.read()["s3"] == "z"
        spool.clear()
        assert not path.exists()
        spool.append("s1", "new")
        assert spool.read() == {"s1": "new"}


def test_a_line_cut_off_counts_as_not_written(tmp_path: Path) -> None:
    path = tmp_path / "scratch.jsonl"
    whole = b'["s1", "one"]\n["s2", "two"]\n'
    ends = {"s1": whole.index(b"\n"), "s2": len(whole) - 1}
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        left = ["s1"] * (end >= whole.index(b"\n") + 1)
        assert list(Spool(path).read()) == left
        with Spool(path) as spool:
            spool.append("s9", "nine")
        # A row that lacked its end alone is whole with it.
        whole_rows = [name for name in ("s1", "s2") if name in left or end == ends[name]]
        assert list(Spool(path).read()) == [*whole_rows, "s9"]
    path.write_bytes(b'["s1", "one"]\n{"no": "pair", "of": 2, "texts": 3}\n["s2", "two"]\n')
    assert Spool(path).read() == {"s1": "one", "s2": "two"}


def test_without_a_path_nothing_is_kept() -> None:
    with Spool(None) as spool:
        spool.append("s1", "one")
        assert spool.read() == {}
        spool.clear()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with Spool(tmp_path / "file" / "scratch.jsonl") as spool, pytest.raises(Unavailable) as caught:
        spool.append("s1", "one")
    assert "scratch.jsonl" in caught.value.message
