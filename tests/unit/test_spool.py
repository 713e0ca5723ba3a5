"""Answers set aside: what is read back, and which of them can prove the places of the others."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

import pytest

from mtbench.backends.spool import Kept, ResumePoint, Spool, resume_point
from mtbench.errors import Unavailable
from mtbench.types import Source


def sources(documents: str, texts: str | None = None) -> list[Source]:
    """A segment a letter; a dot stands for no document."""
    texts = texts or "abcdefghijklmnopqrstuvwxyz"
    return [
        Source(id=f"s{i}", text=texts[i], document=None if name == "." else name)
        for i, name in enumerate(documents)
    ]


def answers(written: str) -> dict[str, str]:
    return {f"s{i}": text for i, text in enumerate(written)}


@pytest.mark.parametrize(
    ("given", "written", "expected"),
    [
        # The last four of six answers are asked again.
        (sources("........"), "ABCDEF", (2, 6)),
        (sources("........"), "ABCD", (0, 4)),
        (sources("........"), "ABC", None),
        # Of two documents the second is not whole.
        (sources("ddddeeee"), "ABCDEF", (0, 4)),
        (sources("ddddeeee"), "ABCDEFGH", (4, 8)),
        # Documents of three and two are asked for together.
        (sources("ffdddee."), "ABCDEFG", (2, 7)),
        # The last document is one segment; what follows it is one without.
        (sources("ddddde.."), "ABCDEF", (0, 6)),
        # After a line too many FFF would come out the same again; EFFF would not.
        (sources(".........."), "ABCDEFFF", (4, 8)),
        # Every two lines the same: the true ones could be two places away.
        (sources(".........."), "ABCXYXY", (2, 7)),
        # The answers stand in that order at another place too.
        (sources("..........."), "ABCDABCD", (3, 8)),
        # So do the sources.
        (sources("..........", texts="abcdabcdxy"), "ABCDEFGH", (3, 8)),
        (sources("........"), "", None),
        (sources("........"), "XXXXXXXX", None),
    ],
)
def test_the_answers_that_prove(
    given: list[Source], written: str, expected: tuple[int, int] | None
) -> None:
    found = resume_point(given, answers(written), by_document=True)
    assert found == (ResumePoint(*expected) if expected else None)


def test_without_memory_documents_do_not_count() -> None:
    given = sources("dddddddd")
    assert resume_point(given, answers("ABCDEF"), by_document=True) is None
    assert resume_point(given, answers("ABCDEF"), by_document=False) == ResumePoint(2, 6)


def test_a_gap_ends_what_is_known() -> None:
    known = answers("ABCDEFGH")
    del known["s5"]
    assert resume_point(sources("........"), known, by_document=True) == ResumePoint(1, 5)


@pytest.mark.parametrize("letters", ["ab", "abc", "abcdefgh"])
def test_no_shift_comes_out_the_same_again(letters: str) -> None:
    """Lines too many or too few, of programs that answer few or many different things."""
    draw = random.Random(letters)
    proven = 0
    for _ in range(400):
        true = "".join(draw.choice(letters) for _ in range(40))
        shift = draw.choice([-3, -2, -1, 1, 2, 3])
        at = draw.randrange(0, 8)
        extra = "".join(draw.choice(letters) for _ in range(abs(shift)))
        written = true[:at] + extra + true[at:] if shift > 0 else true[:at] + true[at - shift :]
        given = sources("." * 40, texts="".join(map(chr, range(256, 296))))
        known = answers(written[: draw.randrange(20, 36)])
        point = resume_point(given, known, by_document=False)
        if point is not None and point.start > at + abs(shift):
            proven += 1
            again = [true[i] == known[f"s{i}"] for i in range(point.start, point.end)]
            assert not all(again)
    assert proven > 100


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "scratch.jsonl"
    with closing(Spool(path)) as spool:
        assert spool.read() == Kept()
        assert not path.exists()
        spool.append("s1", 'a "b"\tc\u2028d', 0.5)
        spool.append("s2", "", 1.25)
        spool.append("s1", "again", 2.0)
    with closing(Spool(path)) as spool:
        kept = spool.read()
        assert kept.answers == {"s1": "again", "s2": ""}
        assert kept.seconds == {"s1": 2.0, "s2": 1.25}
        assert kept.proven is None
        spool.prove(2.5)
        assert spool.read().proven == 2.5
        spool.clear()
        assert not path.exists()
        spool.append("s1", "new", 0.0)
        assert spool.read() == Kept({"s1": "new"}, {"s1": 0.0})


def test_a_line_cut_off_counts_as_not_written(tmp_path: Path) -> None:
    path = tmp_path / "scratch.jsonl"
    rows = [b'["s1", "one", 0.1]', b'["s2", "two", 0.2]', b"[null, null, 0.3]"]
    whole = b"".join(row + b"\n" for row in rows)
    names = ["s1", "s2"]
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        ended = whole[:end].count(b"\n")
        kept = Spool(path).read()
        assert (list(kept.answers), kept.proven) == (names[:ended], None)
        with closing(Spool(path)) as spool:
            spool.append("s9", "nine", 1.0)
        # A row that lacked its end alone is whole with it.
        there = ended + (whole[end : end + 1] == b"\n")
        kept = Spool(path).read()
        assert list(kept.answers) == [*names[:there], "s9"]
    broken = b'{"no": "row"}\n["s2", 2]\n7\n'
    path.write_bytes(rows[0] + b"\n" + broken + rows[2] + b"\n" + rows[1] + b"\n")
    kept = Spool(path).read()
    assert kept.answers == {"s1": "one", "s2": "two"}
    assert kept.proven is None, "what came after it is not proven by it"


def test_without_a_path_nothing_is_kept() -> None:
    with closing(Spool(None)) as spool:
        spool.append("s1", "one", 0.0)
        spool.prove(0.0)
        assert spool.read() == Kept()
        spool.clear()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        closing(Spool(tmp_path / "file" / "scratch.jsonl")) as spool,
        pytest.raises(Unavailable) as caught,
    ):
        spool.append("s1", "one", 0.0)
    assert "scratch.jsonl" in caught.value.message
