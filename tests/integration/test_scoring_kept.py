"""Scoring that is stopped or that fails for some segments: what is finished is kept."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

import mtbench.plugins
from mtbench.metrics.lexical_scorer import LexicalScorer
from tests.support.judges import Till, paid
from tests.support.killing import Child, Gate
from tests.support.workspace import SENTENCES, Space

METRICS = {"paid": "tests.support.judges:PaidJudge", "blocks": "tests.support.judges:Blocks"}
TEXTS = [f"{number}. {reference}" for number in (1, 2) for _, reference in SENTENCES][:14]


@pytest.fixture
def ready(space: Space, monkeypatch: pytest.MonkeyPatch) -> Space:
    """Fourteen segments, two systems that agree on eight of them, and two metrics more."""
    for name, place in METRICS.items():
        monkeypatch.setitem(mtbench.plugins.BUILTIN_METRICS, name, place)
    space.corpus(
        rows=[{"id": f"s{n:02}", "src": text, "ref": text} for n, text in enumerate(TEXTS)]
    )
    space.file("one.txt", TEXTS)
    space.file("two.txt", [*TEXTS[:8], *(text.upper() for text in TEXTS[8:])])
    return space


def command(
    space: Space, metric: str, *more: str, systems: str = "one", **options: Any
) -> list[str]:
    given = {"ledger": str(space.root / "ledger"), **options}
    words = ["evaluate", "--corpus", "news", "--metric", metric, *more]
    words += [word for name in systems.split() for word in ("--model", f"hypotheses:{name}.txt")]
    for key, value in given.items():
        words += ["--metric-option", f"{metric}.{key}={value}"]
    return words


def stored(space: Space, metric: str) -> list[dict[str, Any]]:
    paths = sorted(space.root.glob(f"results/news/en-it/*/scores/{metric}@*"))
    return [json.loads(path.read_text("utf-8")) for path in paths]


def test_a_refused_segment_is_the_only_one_that_is_paid_for_again(ready: Space) -> None:
    ledger, refused = ready.root / "ledger", ready.file("refused", "s05")
    words = command(ready, "paid", "--format", "json", refused=str(refused))
    answer = ready(*words)
    assert answer.code == 4
    assert "paid gave 1 of 14 segments of one no score, the first being 's05'" in answer.err
    assert "will not judge s05" in answer.err
    assert len(paid(ledger)) == 13
    (partial,) = stored(ready, "paid")
    assert partial["unjudged"] == {"s05": "will not judge s05"}
    assert partial["signature"] == "unit:character|unjudged:omitted"
    assert partial["segment_scores"][5] is None
    lengths = [len(text) for text in TEXTS]
    assert partial["score"] == pytest.approx((sum(lengths) - lengths[5]) / 13)
    assert partial["notes"]["usage"]["cost"] == pytest.approx(0.13)

    shown = ready(*words, "--allow-partial")
    assert shown.code == 0, shown.err
    (row,) = shown.json["tables"][0]["rows"]
    assert row["cells"]["paid"]["partial"] and row["cells"]["paid"]["unjudged"] == 1
    assert row["rank"] is None
    assert ready("verify", "results").code == 0
    assert len(paid(ledger)) == 13

    refused.unlink()
    again = ready(*words)
    assert again.code == 0, again.err
    assert paid(ledger)[13:] == ["s05"]
    (whole,) = stored(ready, "paid")
    assert "unjudged" not in whole
    assert whole["score"] == pytest.approx(sum(lengths) / 14)
    assert whole["notes"]["usage"]["cost"] == pytest.approx(0.14)
    assert ready("verify", "results").code == 0
    assert ready(*words).code == 0
    assert len(paid(ledger)) == 14


def test_equal_hypotheses_of_two_systems_are_paid_for_once(ready: Space) -> None:
    assert ready(*command(ready, "paid", systems="one two")).code == 0
    assert len(paid(ready.root / "ledger")) == 14 + 6
    costs = [one["notes"]["usage"]["cost"] for one in stored(ready, "paid")]
    assert sum(costs) == pytest.approx(0.20)


def test_a_busy_judge_is_asked_again(ready: Space) -> None:
    answer = ready(*command(ready, "paid", busy="s03 s09"))
    assert answer.code == 0, answer.err
    assert sorted(paid(ready.root / "ledger")) == [f"s{n:02}" for n in range(14)]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("metric", ["paid", "blocks"])
def test_what_is_finished_outlives_the_process(
    metric: str, number: int, ready: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, log = ready.root / "ledger", ready.root / "log"
    words = command(ready, metric, systems="one two")
    gate = Gate(ready.root / "gate", 9)
    monkeypatch.setattr(Till, "gate", gate)
    child = Child(*words, log=log)
    child.wait_for(ready.root / f"results/news/en-it/*/scores/{metric}@*.part.jsonl")
    code = child.interrupt(number, gate)
    assert code in (-number, 128 + number), log.read_text()
    before = paid(ledger)
    assert 0 < len(before) < 20

    kept = sum(
        len(json.loads(line).get("ids", ()))
        for path in ready.root.glob("results/news/en-it/*/scores/*.part.jsonl")
        for line in path.read_text("utf-8").splitlines()
    )
    assert kept > 0
    assert ready(*words).code == 0
    work = {"paid": 20, "blocks": 28}[metric]
    under_way = {"paid": 4, "blocks": 4}[metric]
    assert len(paid(ledger)) <= work + under_way
    assert not [*ready.root.glob("results/**/*.part.jsonl")]
    resumed = stored(ready, metric)
    for path in ready.root.glob("results/news/en-it/*/scores/*"):
        path.unlink()
    assert ready(*words).code == 0
    fresh = stored(ready, metric)
    for one in [*resumed, *fresh]:
        one["notes"].pop("usage", None)  # what a killed call had cost nobody knows
    assert resumed == fresh


def test_facts_of_blocks_are_facts_of_the_whole(ready: Space) -> None:
    assert ready(*command(ready, "blocks")).code == 0
    (found,) = stored(ready, "blocks")
    short = [f"s{n:02}" for n, text in enumerate(TEXTS) if len(text) < 40]
    assert found["notes"] == {"short": short, "limit": 40, "texts": 14}


def test_a_judge_that_refuses_everything_has_failed(ready: Space) -> None:
    refused = ready.file("refused", " ".join(f"s{n:02}" for n in range(14)))
    answer = ready(*command(ready, "paid", refused=str(refused)))
    answer.refused(4, "paid gave no segment of one a score", "will not judge s0")


def test_an_unfinished_score_of_another_output_is_of_no_use(ready: Space) -> None:
    refused = ready.file("refused", "s05")
    words = command(ready, "paid", refused=str(refused))
    assert ready(*words).code == 4
    ready.file("one.txt", [text.lower() for text in TEXTS])
    assert ready(*words).code == 4
    assert len(paid(ready.root / "ledger")) == 26
    assert Path(ready.root / "results/leaderboard.csv").exists()


def test_counting_that_is_killed_keeps_its_finished_blocks(
    ready: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtbench.metrics.lexical_scorer.KEPT", 4)
    words = command(ready, "bleu", systems="one two")[:-2]  # it has no ledger
    count = LexicalScorer.statistics

    gate = Gate(ready.root / "gate", 1)

    def slow(self: LexicalScorer, outputs: Any, advance: Any = None) -> Any:
        gate()
        return count(self, outputs, advance)

    monkeypatch.setattr(LexicalScorer, "statistics", slow)
    child = Child(*words, log=ready.root / "log")
    child.wait_for(ready.root / "results/news/en-it/*/scores/bleu@*.part.jsonl")
    assert child.kill(signal.SIGKILL) == -signal.SIGKILL, (ready.root / "log").read_text()
    parts = sorted(ready.root.glob("results/news/en-it/*/scores/bleu@*.part.jsonl"))
    assert parts
    kept = [len(part.read_text("utf-8").splitlines()) - 1 for part in parts]
    monkeypatch.setattr(LexicalScorer, "statistics", count)
    scored: list[int] = []

    def noted(self: LexicalScorer, outputs: Any, advance: Any = None) -> Any:
        scored.extend(map(len, outputs.values()))
        return count(self, outputs, advance)

    monkeypatch.setattr(LexicalScorer, "statistics", noted)
    assert ready(*words).code == 0
    assert sum(scored) == 2 * len(TEXTS) - 4 * sum(kept)
    assert not list(ready.root.glob("results/**/*.part.jsonl"))
    resumed = stored(ready, "bleu")
    for path in ready.root.glob("results/news/en-it/*/scores/*"):
        path.unlink()
    monkeypatch.setattr("mtbench.metrics.lexical_scorer.KEPT", 1 << 17)
    assert ready(*words).code == 0
    assert stored(ready, "bleu") == resumed
