"""A pipe that the command line names is read like a file, as often as it is needed."""

from __future__ import annotations

import os
import signal
import threading
from functools import partial
from pathlib import Path

import pytest

from tests.support.killing import Child
from tests.support.workspace import SENTENCES, Space

SCORE = ("score", "--reference", "ref.it", "--pair", "en-it", "--metric", "chrf", "--format", "csv")


@pytest.fixture
def texts(space: Space) -> list[str]:
    found = [reference for _, reference in SENTENCES]
    Path("ref.it").write_text("".join(f"{text}\n" for text in found), "utf-8")
    return found


def test_a_pipe_gives_the_scores_of_a_file(space: Space, texts: list[str]) -> None:
    content = "".join(f"{text.upper()}\n" for text in texts)
    Path("file.it").write_text(content, "utf-8")
    os.mkfifo("pipe.it")
    write = partial(Path("pipe.it").write_text, content, "utf-8")
    writer = threading.Thread(target=write, daemon=True)  # it waits for a reader
    writer.start()
    piped = space(*SCORE, "--hypotheses", "pipe.it")
    writer.join()
    filed = space(*SCORE, "--hypotheses", "file.it")
    assert piped.code == filed.code == 0
    names = piped.out.split("\n")[0].split(",")
    rows = [
        dict(zip(names, one.out.split("\n")[1].split(","), strict=True)) for one in (piped, filed)
    ]
    for key in ("chrf", "chrf_ci_low", "chrf_signature", "output_digest", "testset_digest"):
        assert rows[0][key] == rows[1][key], key


def test_a_pipe_that_says_nothing_can_be_interrupted(space: Space, texts: list[str]) -> None:
    os.mkfifo("pipe.it")
    child = Child(*SCORE, "--hypotheses", "pipe.it", log=Path("log.txt"))
    held = os.open("pipe.it", os.O_WRONLY)  # returns once it is read
    try:
        assert child.kill(signal.SIGINT) == 130
    finally:
        os.close(held)


def test_a_device_is_refused(space: Space, texts: list[str]) -> None:
    space(*SCORE, "--hypotheses", "/dev/zero").refused(2, "/dev/zero", "a device where a file")
