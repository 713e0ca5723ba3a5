"""What is no plain file in the place of one is refused before it is opened, wherever we walk."""

from __future__ import annotations

import os
import shutil
import socket
import time
from pathlib import Path

import pytest

from mtbench.cli.main import run
from tests.support.killing import Child
from tests.support.workspace import Space

SECONDS = 120.0  # that no command here comes near, were it not waiting for a pipe
KINDS = ("fifo", "device", "folder", "socket")


def put(kind: str, path: Path) -> None:
    """Puts something else in the place of a file."""
    path.unlink()
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    else:
        before = Path.cwd()
        os.chdir(path.parent)  # the address of a socket is short
        try:
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(path.name)
        finally:
            os.chdir(before)


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def ended(*arguments: str, log: Path) -> int | None:
    """The exit code of a command line; None if it hangs."""
    log.unlink(missing_ok=True)
    child = Child(*arguments, log=log)
    end = time.monotonic() + SECONDS
    while not child.ended():
        if time.monotonic() > end:
            child.kill()
            return None
        time.sleep(0.002)
    return child.code


EVALUATE = ("evaluate", "--model", "good", "--metric", "bleu")
READERS = {
    "corpora": (EVALUATE, ("corpus", "validate"), ("corpus", "list"), ("corpus", "show", "news")),
    "models": (EVALUATE, ("models", "list")),
    "results": (EVALUATE, ("leaderboard",), ("verify",), ("segments",), ("report", "-o", "page")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_hangs_and_nothing_is_a_bug(space: Space, tmp_path: Path, kind: str) -> None:
    space.corpus()
    (space.root / "corpora/news/card.toml").write_text('title = "News"\n', "utf-8")
    space.card("good", 'backend = "identity"\npairs = ["*"]\n')
    assert run(EVALUATE) == 0
    log, wrong = tmp_path / "log.txt", []
    for folder, readers in READERS.items():
        files = [p for p in sorted((space.root / folder).rglob("*")) if p.is_file()]
        for path in files:
            if ".locks" in path.parts:
                continue
            saved = tmp_path / "saved"
            shutil.copytree(space.root / "results", saved, dirs_exist_ok=True)
            content = path.read_bytes()
            put(kind, path)
            for arguments in readers:
                code = ended(*arguments, log=log)
                if code not in (0, 1, 2, 3):
                    wrong.append((str(path), arguments, code, log.read_text("utf-8")[-300:]))
            remove(path)
            path.write_bytes(content)
            shutil.rmtree(space.root / "results")
            saved.rename(space.root / "results")
    assert not wrong, "\n".join(map(str, wrong))
