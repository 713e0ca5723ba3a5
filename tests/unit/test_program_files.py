"""What a program's output depends on, as far as a card names it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mtbench.backends import program_files
from mtbench.backends.program_files import ProgramFiles
from mtbench.errors import RequestError
from mtbench.types import Runtime


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "weights").write_text("1", encoding="utf-8")
    return folder


def files(*argv: str, names: tuple[str, ...] | None = None) -> ProgramFiles:
    return ProgramFiles(("cat", *argv), names, Runtime(cache=str(Path.cwd() / "cache")))


def test_a_model_trained_anew_is_another(model: Path) -> None:
    ways = [("--model", "model"), ("--model=model",)]
    before = [files(*way).digests() for way in ways]
    before.append(files(names=("model",)).digests())
    assert all("model" in one for one in before)
    (model / ".hidden").write_text("x", encoding="utf-8")
    (model / "__pycache__").mkdir()
    (model / "__pycache__" / "x.pyc").write_text("x", encoding="utf-8")
    assert [files(*way).digests() for way in ways] == before[:2]
    (model / "sub" / "weights").write_text("12", encoding="utf-8")
    after = [files(*way).digests() for way in ways]
    after.append(files(names=("model",)).digests())
    assert all(one != two for one, two in zip(before, after, strict=True))


def test_names_and_places_count_as_well_as_bytes(model: Path) -> None:
    (model / "a").mkdir()
    (model / "b").mkdir()
    (model / "a" / "w").write_text("1", encoding="utf-8")
    (model / "b" / "w").write_text("2", encoding="utf-8")
    before = files("model").digests()
    (model / "a").rename(model / "c")
    (model / "b").rename(model / "a")
    (model / "c").rename(model / "b")
    assert files("model").digests() != before


def test_weights_behind_links_are_looked_at_and_loops_end(model: Path) -> None:
    for version in ("v1", "v2"):
        (model.parent / version).mkdir()
        (model.parent / version / "w").write_text(version, encoding="utf-8")
    (model / "current").symlink_to("../v1")
    (model / "loop").symlink_to("..")
    (model / "nowhere").symlink_to("gone")
    os.mkfifo(model / "pipe")
    before = files("model").digests()
    (model / "current").unlink()
    (model / "current").symlink_to("../v2")
    assert files("model").digests() != before


def test_the_folder_worked_in_does_not_count(model: Path) -> None:
    assert list(files(".", str(model.parent), "/").digests()) == ["cat"]


def test_a_folder_that_the_program_writes_into(model: Path) -> None:
    one = files("model")
    one.digests()
    assert one.notes() == ()
    (model / "log").write_text("x", encoding="utf-8")
    assert one.notes() == (
        "the folder model changed while the program ran: name under files what its output "
        "depends on",
    )
    said = files("model", names=("model/sub",))
    assert list(said.digests()) == ["cat", "model/sub"]
    (model / "log").write_text("xy", encoding="utf-8")
    assert said.notes() == ()
    assert list(files("model", names=()).digests()) == ["cat"]


def test_what_is_not_looked_at_is_noted(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (model.parent / "empty").mkdir()
    monkeypatch.setattr(program_files, "MOST_FILES", 1)
    assert files("model", "empty").notes() == ("the folder empty holds no file that counts",)
    (model / "more").write_text("x", encoding="utf-8")
    unseen = "changes there go unseen; name under files what its output depends on"
    assert files("model").notes() == (f"the folder model holds too many files: {unseen}",)
    assert "model" not in files("model").digests()
    assert "model" in files(names=("model",)).digests(), "asked for, it is looked at whole"


def test_what_nobody_may_read(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = model / "sub" / "weights"
    (model / "more").write_text("x", encoding="utf-8")
    may = os.access
    monkeypatch.setattr(os, "access", lambda p, mode: Path(p) != blocked and may(p, mode))
    monkeypatch.chdir(model)
    one = ProgramFiles(("cat", "sub/weights", str(model.parent / "x")), None, Runtime())
    monkeypatch.setattr(os, "access", lambda p, mode: Path(p).name != "weights" and may(p, mode))
    assert list(one.digests()) == ["cat"]
    assert one.notes() == ("sub/weights cannot be read: changes in it go unseen",)
    with pytest.raises(RequestError, match="weights cannot be read"):
        ProgramFiles(("cat",), ["sub"], Runtime()).check()


def test_a_word_may_be_anything(model: Path) -> None:
    words = ("x" * 5000, "a\nb", "--code=" + "y" * 300, "")
    assert list(files(*words).digests()) == ["cat"]
    assert files(*words).notes() == ()


def test_what_is_said_to_count_must_be_there(model: Path) -> None:
    files(names=("model", "model/sub/weights")).check()
    with pytest.raises(RequestError, match="files: there is no 'nowhere'"):
        files(names=("nowhere",)).check()
