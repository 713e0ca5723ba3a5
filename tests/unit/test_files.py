"""Files are written whole or not at all, and read with every defect in its line."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from mtbench.errors import DataError, RequestError, Unavailable
from mtbench.files.writing import (
    check_writable,
    read_json,
    read_lines,
    write_bytes,
    write_json,
    write_text,
)


def test_written_whole_with_the_usual_rights(tmp_path: Path) -> None:
    path = tmp_path / "new/folder/file.txt"
    write_text(path, "α\r\nβ")
    assert path.read_bytes() == "α\r\nβ".encode()
    write_bytes(path, b"x")
    assert path.read_bytes() == b"x"
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask
    write_json(path, {"ä": [1, None]})
    assert read_json(path) == {"ä": [1, None]}
    assert path.read_bytes().endswith(b"}\n")
    assert [p.name for p in path.parent.iterdir()] == ["file.txt"]


def test_what_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.txt"
    write_text(path, "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="No space left on device"):
        write_text(path, "new")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_text(path, "new")
    assert [p.name for p in tmp_path.iterdir()] == ["file.txt"]
    assert path.read_text() == "old"


def test_no_number_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", float("nan"))
    assert not list(tmp_path.iterdir())


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("")
    for place in (taken, taken / "inside"):
        with pytest.raises(Unavailable, match="taken"):
            check_writable(place)
        with pytest.raises(Unavailable, match="taken"):
            write_text(place / "x.txt", "")
    check_writable(tmp_path / "new")
    assert (tmp_path / "new").is_dir()
    assert not list((tmp_path / "new").iterdir())


def lines(tmp_path: Path, content: bytes) -> list[tuple[int, str]]:
    path = tmp_path / "in.txt"
    path.write_bytes(content)
    return list(read_lines(path))


def test_lines(tmp_path: Path) -> None:
    assert lines(tmp_path, b"") == []
    assert lines(tmp_path, b"\n") == [(1, "")]
    assert (
        lines(tmp_path, b"a") == lines(tmp_path, b"a\n") == lines(tmp_path, b"a\r\n") == [(1, "a")]
    )
    assert lines(tmp_path, b"\xef\xbb\xbfa\n\xef\xbb\xbfb") == [(1, "a"), (2, "\ufeffb")]
    assert lines(tmp_path, "a\u2028b\x85\x0c\rc\n".encode()) == [(1, "a\u2028b\x85\x0c\rc")]
    assert lines(tmp_path, b"a\r\r\n") == [(1, "a\r")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\nb\xffc\n", "in.txt:2: not UTF-8 .byte 2 of the line."),
        (b"a\n\xed\xa0\x80\n", "in.txt:2: not UTF-8"),
        (b"\xff\xfea\x00", "in.txt:1: not UTF-8"),
        (b"a\nb\x00\n", "in.txt:2: a NUL"),
    ],
)
def test_lines_that_are_no_text(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        lines(tmp_path, content)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    for read in (lambda p: list(read_lines(p)), read_json):
        with pytest.raises(RequestError, match="nowhere: cannot be read: No such file"):
            read(tmp_path / "nowhere")
        with pytest.raises(RequestError, match="cannot be read: a folder where a file belongs"):
            read(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[1,]", b"[" * 200_000])
def test_not_json(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(DataError, match=r"x.json: not JSON"):
        read_json(tmp_path / "x.json")
