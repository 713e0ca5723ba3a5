"""Names and bytes that are no text: tracebacks, locks, cards, part files, and file names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.modules import ROOT
from tests.support.workspace import SENTENCES, Space

ESCAPE = "\x1b]0;owned\x07\x1b[31m"
NO_TEXT = os.fsdecode(b"caf\xe9")
EVALUATE = ("evaluate", "--model", "identity", "--corpus", "news", "--metric", "chrf")


@pytest.fixture
def news(space: Space) -> Space:
    space.corpus()
    return space


def test_no_byte_of_a_file_reaches_a_terminal_by_a_traceback(
    news: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError(f"seen: {ESCAPE}")

    monkeypatch.setattr("mtbench.pipeline.evaluate", broken)
    answer = news(*EVALUATE, "-v")
    assert answer.code == 70
    assert "Traceback" in answer.err and "owned" in answer.err
    assert "\x1b" not in answer.err and "\x07" not in answer.err


def test_a_failing_program_says_nothing_to_the_terminal(news: Space) -> None:
    news.file("engine.py", f"import sys\nsys.stderr.write({ESCAPE!r})\nsys.exit(3)\n")
    argv = json.dumps([sys.executable, "engine.py"])
    news.card("bad", f'backend = "command"\n[options]\nargv = {argv}\n')
    answer = news("evaluate", "--model", "bad", "--corpus", "news", "--metric", "chrf", "-v")
    assert answer.code == 4
    assert "owned" in answer.err and "\x1b" not in answer.err and "\x07" not in answer.err


@pytest.mark.parametrize("aim", ["outside.txt", "/dev/zero", "nowhere"])
def test_locks_that_are_links_are_refused(aim: str, news: Space) -> None:
    """Whoever may write into a results folder could have another file opened or emptied."""
    news.file("outside.txt", "precious")
    locks = news.root / "results/.locks"
    locks.mkdir(parents=True)
    target = Path(aim) if aim.startswith("/") else news.root / aim
    (locks / "news_en-it_identity.lock").symlink_to(target)
    answer = news(*EVALUATE)
    answer.refused(3, "news_en-it_identity.lock", "a link")
    assert (news.root / "outside.txt").read_text("utf-8") == "precious"
    assert not (news.root / "nowhere").exists()


def test_a_folder_of_locks_that_is_a_link_is_refused(news: Space) -> None:
    (news.root / "elsewhere").mkdir()
    (news.root / "results").mkdir()
    (news.root / "results/.locks").symlink_to(news.root / "elsewhere")
    news(*EVALUATE).refused(3, ".locks", "a link")
    assert not list((news.root / "elsewhere").iterdir())


def test_one_bad_card_never_hides_the_others(news: Space) -> None:
    news.card("good", 'backend = "identity"\npairs = ["*"]\n')
    news.card("bad", "backend = [\n")
    (news.root / "models/worse.toml").write_bytes(b"\xff\xfe\0")
    (news.root / "models/folder.toml").mkdir()
    os.mkfifo(news.root / "models/pipe.toml")
    listed = news("models", "list")
    for name in ("good", "bad.toml", "worse.toml", "folder.toml", "pipe.toml"):
        assert name in listed.out + listed.err, name
    assert listed.code in (0, 1, 2)
    assert "good" in news("doctor").out
    assert news("evaluate", "--model", "good", "--corpus", "news", "--metric", "chrf").code == 0


def test_one_bad_corpus_never_hides_the_others(news: Space) -> None:
    news.corpus("other", card="title = [\n")
    listed = news("corpus", "list")
    assert "news" in listed.out and "other" in listed.out + listed.err


@pytest.mark.parametrize(
    "content",
    [b"\xff\0", b"[]\n[]\n", b"{}\n", b'{"run_digest": 1}\n{"batch": 7}\n', b"[" * 9000 + b"\n"],
)
def test_part_files_that_do_not_hold(content: bytes, news: Space) -> None:
    """Of a translation and of a score: what cannot be gone on from is made again."""
    assert news(*EVALUATE).code == 0
    folder = news.root / "results/news/en-it/identity"
    digest = json.loads((folder / "run.json").read_text("utf-8"))["run_digest"]
    (score,) = (folder / "scores").iterdir()
    whole = score.read_bytes()
    (folder / "run.json").unlink()
    score.unlink()
    (folder / f"output.{digest[:16]}.part.jsonl").write_bytes(content)
    score.with_suffix(".part.jsonl").write_bytes(content)
    answer = news(*EVALUATE)
    assert answer.code == 0, answer
    assert score.read_bytes() == whole
    assert not list(folder.rglob("*.part.jsonl"))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("corpus", "validate", f"corpora/{NO_TEXT}"), (0, 1, 2)),
        (("corpus", "list"), (0,)),
        (("corpus", "show", NO_TEXT), (0, 2)),
        (("evaluate", "--model", "identity", "--corpus", NO_TEXT, "--metric", "chrf"), (2,)),
        (("score", "--hypotheses", f"{NO_TEXT}.txt", "--reference", "r.txt", "--pair", "en-it",
          "--metric", "chrf"), (0, 2)),
        (("evaluate", "--model", NO_TEXT, "--corpus", "news", "--metric", "chrf"), (2,)),
        (("models", "list"), (0, 2)),
        (("evaluate", "--model", "identity", "--corpus", "news", "--metric", "chrf",
          "--results", f"out-{NO_TEXT}"), (0, 2)),
        (("report", "-o", f"page-{NO_TEXT}"), (0, 2)),
        (("meta", "--human", f"{NO_TEXT}.csv"), (1, 2)),
        (("corpus", "import", f"{NO_TEXT}.tsv", "-o", "taken", "--pair", "en-it"), (0, 1, 2)),
        (("corpus", "build", f"{NO_TEXT}.txt", "r.txt", "-o", "built"), (0, 1, 2)),
    ],
)  # fmt: skip
def test_file_names_that_are_no_text(
    words: tuple[str, ...], code: tuple[int, ...], news: Space
) -> None:
    """Taken, or refused by name: never a bug."""
    news.corpus(NO_TEXT)
    news.card(NO_TEXT, 'backend = "identity"\n')
    news.file(f"{NO_TEXT}.txt", [reference for _, reference in SENTENCES])
    news.file("r.txt", [reference for _, reference in SENTENCES])
    news.file(f"{NO_TEXT}.csv", "x\n")
    news.file(f"{NO_TEXT}.tsv", "Hello there.\tCiao a tutti.\n")
    if words[0] == "report":
        assert news(*EVALUATE).code == 0
    done = subprocess.run(
        [sys.executable, "-m", "mtbench", *words],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode in code, done
    assert b"Traceback" not in done.stderr
    assert b"a bug in mtbench" not in done.stderr
    if done.returncode:
        assert b"mtbench: " in done.stderr
