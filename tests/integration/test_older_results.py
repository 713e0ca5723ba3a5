"""What an earlier version left behind is read, and its killed run is finished.

The folder was made by that version's own code; ``older_results/README.md`` has the commands.
"""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from tests.support.workspace import Space

LEFT = Path(__file__).parent / "older_results"
EVALUATE = ("evaluate", "--corpus", "news", "--metric", "bleu", "--metric", "chrf")


@pytest.fixture
def older(space: Space) -> Space:
    """A copy of what it left, as the current folder."""
    for place in ("corpora", "models", "results"):
        shutil.copytree(LEFT / place, space.root / place, dirs_exist_ok=True)
    shutil.copy(LEFT / "shout", space.root)
    return space


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_its_leaderboard_is_ours(older: Space) -> None:
    answer = older("leaderboard", "--format", "csv")
    assert answer.code == 0
    (ours,), (theirs,) = (
        csv.DictReader(answer.out.splitlines()),
        rows(LEFT / "results/leaderboard.csv"),
    )
    assert not theirs.keys() - ours.keys()
    assert theirs == {key: ours[key] for key in theirs}


def test_verify_says_what_to_do_about_what_changed(older: Space) -> None:
    answer = older("verify")
    assert answer.code == 1
    assert "run mtbench evaluate again" in answer.out
    assert "output.jsonl: does not hold" not in answer.out
    assert "scores/" not in answer.out
    assert older(*EVALUATE, "--model", "identity:").code == 0
    assert older("verify").code == 0


def test_its_killed_run_is_finished(older: Space) -> None:
    assert older(*EVALUATE, "--model", "slow").code == 0
    assert (older.root / "asked.txt").read_text("utf-8").split() == [f"s{n}" for n in range(7, 13)]
    whole = rows(older.root / "results/leaderboard.csv")
    assert [row["segments"] for row in whole if row["system"] == "slow"] == ["12"]
    shutil.rmtree(older.root / "results/news/en-it/slow")
    assert older(*EVALUATE, "--model", "slow").code == 0
    again = rows(older.root / "results/leaderboard.csv")
    for row in (*whole, *again):
        del row["seconds_per_segment"]
    assert whole == again


def test_nothing_it_finished_is_computed_again(older: Space) -> None:
    folder = older.root / "results/news/en-it/identity-dcacf256"
    before = (folder / "output.jsonl").read_bytes()
    assert older(*EVALUATE, "--model", "identity:").code == 0
    assert (folder / "output.jsonl").read_bytes() == before
    assert {path.name for path in (folder / "scores").iterdir()} >= {
        path.name for path in (LEFT / folder.relative_to(older.root) / "scores").iterdir()
    }
