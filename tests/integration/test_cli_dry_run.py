"""``--dry-run`` says what a call would do and does none of it; ``models new`` writes a card."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtbench.cli.main import run
from mtbench.config import find_system

LINES = (
    {"id": "1", "src": "One house.", "ref": "Una casa."},
    {"id": "2", "src": "Two houses.", "ref": "Due case."},
    {"id": "3", "src": "Two houses.", "ref": "Due case."},
)


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "corpora" / "small"
    folder.mkdir(parents=True)
    text = "".join(json.dumps(line) + "\n" for line in LINES)
    (folder / "en-it.jsonl").write_text(text, encoding="utf-8")
    return folder


def evaluate(*more: str) -> list[str]:
    metrics = ["--metric", "bleu", "--metric", "chrf"]
    return ["evaluate", "--model", "identity", "--corpus", "small", "-q", *metrics, *more]


@pytest.mark.usefixtures("corpus")
def test_a_dry_run_counts_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(evaluate("--dry-run", "--format", "json")) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["segments"] == 3
    assert found["to_translate"] == 2  # the same source twice is translated once
    assert found["characters"] == len("One house.") + len("Two houses.")
    assert found["to_score"] == ["bleu", "chrf"]
    assert not list((tmp_path / "results").rglob("run.json"))


@pytest.mark.usefixtures("corpus")
def test_what_is_stored_would_not_be_done_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(evaluate()) == 0
    capsys.readouterr()
    assert run(evaluate("--dry-run", "--format", "json", "--metric", "ter")) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["to_translate"] == 0
    assert found["to_score"] == ["ter"]


def test_a_new_card_can_be_used_and_is_never_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    new = ["models", "new", "mine", "command:tr a-z A-Z", "--pair", "en-de"]
    assert run(new) == 0
    card = find_system("mine", (Path("models"),))
    assert card.options == {"argv": ["tr", "a-z", "A-Z"]}
    assert card.pairs == ("en-de",)
    assert run(new) == 2
    assert "there already" in capsys.readouterr().err
