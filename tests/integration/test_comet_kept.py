"""COMET that is killed keeps every finished block, of checkpoints that read pairs together too."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.killing import Child, Gate
from tests.support.workspace import SENTENCES, Space


def stored(space: Space) -> dict[str, Any]:
    (path,) = space.root.glob("results/news/en-it/*/scores/cometkiwi@*.json")
    return dict(json.loads(path.read_text("utf-8")))


def test_killed_cometkiwi_goes_on(
    space: Space, tiny_comet: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mtbench.metrics.comet.scorer import CometScorer

    monkeypatch.setattr("mtbench.checkpoints.batches.KEPT", 4)
    texts = [f"{n} {source}" for n in range(15) for source, _ in SENTENCES]
    space.corpus(rows=[{"id": f"s{n}", "src": text} for n, text in enumerate(texts)])
    space.file("one.txt", [text.upper() for text in texts])
    words = ["evaluate", "--corpus", "news", "--model", "hypotheses:one.txt"]
    words += ["--metric", "cometkiwi", "--cometkiwi-model", str(tiny_comet("unified-qe"))]
    words += ["--device", "cpu"]
    statistics = CometScorer.statistics
    gate = Gate(space.root / "gate", 3)

    def held(self: CometScorer, outputs: Any, advance: Any = None) -> Any:
        gate()
        return statistics(self, outputs, advance)

    monkeypatch.setattr(CometScorer, "statistics", held)
    child = Child(*words, log=space.root / "log")
    child.wait_for(space.root / "results/news/en-it/*/scores/cometkiwi@*.part.jsonl")
    assert child.kill(signal.SIGKILL) == -signal.SIGKILL, (space.root / "log").read_text()
    (part,) = space.root.glob("results/news/en-it/*/scores/cometkiwi@*.part.jsonl")
    lines = part.read_text("utf-8").split("\n")[1:-1]
    kept = [name for line in lines for name in json.loads(line)["ids"]]
    assert 4 <= len(kept) < len(texts)
    scored: list[int] = []

    def counted(self: CometScorer, outputs: Any, advance: Any = None) -> Any:
        scored.extend(len(column) for column in outputs.values())
        return statistics(self, outputs, advance)

    monkeypatch.setattr(CometScorer, "statistics", counted)
    assert space(*words).code == 0
    assert sum(scored) == len(texts) - len(kept)
    resumed = stored(space)
    for path in space.root.glob("results/news/en-it/*/scores/*"):
        path.unlink()
    assert space(*words).code == 0
    assert stored(space) == resumed
