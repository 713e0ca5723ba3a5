"""Temporary files of killed processes are swept by the next; those of living ones are not."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path
from typing import Any

import pytest

from mtbench.files import temporary
from mtbench.files.temporary import ScratchFolder, TemporaryFile, replacing, sweep


def killed_while_writing(folder: Path) -> Path:
    """What a process leaves that is killed with a temporary file open."""
    number = os.fork()
    if number == 0:
        file = TemporaryFile(folder / "table.csv")
        file.stream.write(b"half")
        file.stream.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(number, 0)
    (left,) = folder.glob(".table.csv.*")
    return left


@pytest.fixture(autouse=True)
def as_in_a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(temporary, "_swept", set())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_a_killed_process_left_is_gone_after_the_next_write(tmp_path: Path) -> None:
    left = killed_while_writing(tmp_path)
    with replacing(tmp_path / "other.csv") as file:
        file.stream.write(b"whole")
    assert not left.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["other.csv"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_deep_inside_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    left = killed_while_writing(tmp_path / "a/b")
    assert sweep(tmp_path) == []
    assert sweep(tmp_path, below=True) == [left]


def test_what_is_being_written_stays(tmp_path: Path) -> None:
    with replacing(tmp_path / "a.csv") as file:
        assert sweep(tmp_path) == []
        assert file.name.exists()


def test_what_others_made_stays(tmp_path: Path) -> None:
    names = (".a.tmp", ".a.csv.abcdefgh.tmp", "a.abcdefgh.mtbench.tmp", ".mtbench.tmp", "mtbench-x")
    for name in names:
        (tmp_path / name).write_text("not ours")
    (tmp_path / "aim").write_text("kept")
    (tmp_path / ".x.csv.abcdefgh.mtbench.tmp").symlink_to(tmp_path / "aim")
    os.mkfifo(tmp_path / ".y.csv.abcdefgh.mtbench.tmp")
    assert sweep(tmp_path) == []
    assert len(list(tmp_path.iterdir())) == len(names) + 3


def test_a_name_of_the_longest_length(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250)
    with replacing(path) as file:
        file.stream.write(b"whole")
    assert path.read_bytes() == b"whole"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_scratch_folder_that_is_swept_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process that looks at the folder in that moment ended the run with a traceback."""
    once = [True]
    make: Any = tempfile.mkdtemp

    def swept(**more: Any) -> str:
        name = str(make(**more))
        if once.pop() if once else False:
            Path(name).rmdir()
        return name

    monkeypatch.setattr(tempfile, "mkdtemp", swept)
    scratch = ScratchFolder(str(tmp_path))
    assert scratch.path.is_dir()
    scratch.remove()


def test_scratch_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = os.fork()
    if number == 0:
        (ScratchFolder(str(tmp_path)).path / "in it").write_text("x")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(number, 0)
    (left,) = tmp_path.iterdir()
    first = ScratchFolder(str(tmp_path))
    assert not left.exists()
    monkeypatch.setattr(temporary, "_swept", set())
    second = ScratchFolder(str(tmp_path))
    assert first.path.is_dir()
    first.remove()
    second.remove()
    assert not list(tmp_path.iterdir())
