"""The judge against ``transformers serve`` with a tiny model that knows its prompt."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.support.killing import Child
from tests.support.serving import needs_a_server, serving
from tests.support.tiny_judge import make_judge
from tests.support.workspace import SENTENCES, Space

pytestmark = [pytest.mark.slow, needs_a_server]
USELESS = "I like this translation very much."
ANSWERS = [
    USELESS
    if at == 2
    else json.dumps({"errors": [{"text": text.split()[0], "severity": "minor"}], "score": 60 + at})
    for at, (_, text) in enumerate(SENTENCES)
]


@pytest.fixture(scope="module")
def judging(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_judge(tmp_path_factory.mktemp("judge") / "tiny-judge", SENTENCES, ANSWERS)


def test_scores_spans_retries_and_going_on(space: Space, judging: Path, tmp_path: Path) -> None:
    space.corpus()
    space.file("one.txt", [reference for _, reference in SENTENCES])
    log = tmp_path / "serve.log"
    with serving(judging, log) as url:
        words = ["evaluate", "--corpus", "news", "--model", "hypotheses:one.txt"]
        words += ["--metric", "judge", "--metric-option", f"judge.model={judging}"]
        words += ["--metric-option", f"judge.base_url={url}/v1"]
        words += [
            "--metric-option",
            "judge.concurrency=1",
            "--metric-option",
            "judge.max_tokens=64",
        ]
        child = Child(*words, log=space.root / "log")
        child.wait_for(space.root / "results/news/en-it/*/scores/judge@*.part.jsonl")
        child.kill(signal.SIGKILL)
        before = _asked(log)
        answer = space(*words)
        asked = _asked(log)
    assert answer.code == 4
    assert "judge gave 1 of 8 segments of one no score, the first being 's3'" in answer.err
    assert 0 < before < 8
    assert asked <= 7 + 1 + 2 * 3  # one lost by the kill; the useless answer three times a run
    (path,) = space.root.glob("results/news/en-it/*/scores/judge@*.json")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    assert found["unjudged"] == {"s3": "the judge's answer holds no JSON object"}
    scores = [60 + at for at in range(8) if at != 2]
    assert found["score"] == pytest.approx(sum(scores) / 7)
    assert found["annotations"]["s2"]["error_spans"] == [
        {"severity": "minor", "text": "Piovve", "start": 0, "end": 6}
    ]
    assert found["notes"]["usage"]["completion_tokens"] > 0


def _asked(log: Path) -> int:
    return log.read_text("utf-8", "replace").count("POST /v1/chat/completions")
