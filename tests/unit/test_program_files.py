"""What a program's output depends on, as far as a card names it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
    before = files(names=("model",)).digests()
    assert list(before) == ["cat", "model"]
    (model / ".hidden").write_text("x", encoding="utf-8")
    (model / "__pycache__").mkdir()
    (model / "__pycache__" / "x.pyc").write_text("x", encoding="utf-8")
    assert files(names=("model",)).digests() == before
    (model / "sub" / "weights").write_text("12", encoding="utf-8")
    assert files(names=("model",)).digests() != before


def test_names_and_places_count_as_well_as_bytes(model: Path) -> None:
    (model / "a").mkdir()
    (model / "b").mkdir()
    (model / "a" / "w").write_text("1", encoding="utf-8")
    (model / "b" / "w").write_text("2", encoding="utf-8")
    before = files(names=("model",)).digests()
    (model / "a").rename(model / "c")
    (model / "b").rename(model / "a")
    (model / "c").rename(model / "b")
    assert files(names=("model",)).digests() != before


def test_weights_behind_links_are_looked_at_and_loops_end(model: Path) -> None:
    for version in ("v1", "v2"):
        (model.parent / version).mkdir()
        (model.parent / version / "w").write_text(version, encoding="utf-8")
    (model / "current").symlink_to("../v1")
    (model / "loop").symlink_to("..")
    (model / "nowhere").symlink_to("gone")
    os.mkfifo(model / "pipe")
    before = files(names=("model",)).digests()
    (model / "current").unlink()
    (model / "current").symlink_to("../v2")
    assert files(names=("model",)).digests() != before


def test_files_among_the_words_count_and_folders_are_not_guessed_at(model: Path) -> None:
    weights = "model/sub/weights"
    assert list(files(weights, "--w", f"--model={weights}").digests()) == ["cat", weights]
    one = files("--model", "model")
    assert list(one.digests()) == ["cat"]
    assert one.notes() == (
        "the folder model is not looked at: changes in it go unseen; name under files what counts",
    )
    assert files("model", names=("model/sub",)).notes() == ()
    assert files("model", names=()).notes() == ()


def test_what_nobody_may_read(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    may = os.access
    monkeypatch.setattr(os, "access", lambda p, mode: Path(p).name != "weights" and may(p, mode))
    one = files("model/sub/weights")
    assert list(one.digests()) == ["cat"]
    assert one.notes() == ("model/sub/weights cannot be read: changes in it go unseen",)
    with pytest.raises(RequestError, match="weights cannot be read"):
        files(names=("model/sub",)).check()


def test_a_word_may_be_anything(model: Path) -> None:
    words = ("x" * 5000, "a\nb", "--code=" + "y" * 300, "")
    assert list(files(*words).digests()) == ["cat"]
    assert files(*words).notes() == ()


def test_what_is_said_to_count_must_be_there(model: Path) -> None:
    files(names=("model", "model/sub/weights")).check()
    with pytest.raises(RequestError, match="files: there is no 'nowhere'"):
        files(names=("nowhere",)).check()
