"""Of a large test set texts are in files; nothing that is written tells the difference."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtbench.files import columns
from tests.support.workspace import SENTENCES, Space

TIMES = ("started", "finished", "seconds")


def test_the_same_bytes(space: Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"id": f"s{at}", "src": source, "ref": [reference, source], "doc": f"d{at // 2}"}
        | ({"context": "before"} if at else {})
        for at, (source, reference) in enumerate(SENTENCES)
    ]
    space.corpus(rows=rows, card='reference_names = ["A", "B"]\n')
    space.file("one.txt", [reference for _, reference in SENTENCES])
    answers = [{"id": f"s{at}", "mt": text, "n": at} for at, (_, text) in enumerate(SENTENCES)]
    answers[1] = {"id": "s1", "mt": None, "failure": "no answer"}
    space.file("two.jsonl", [json.dumps(one) for one in reversed(answers)])
    command = ["evaluate", "--model", "hypotheses:one.txt", "--model", "hypotheses:two.jsonl"]
    command += ["--model", "identity:", "--metric", "bleu,chrf,health", "--allow-partial"]

    def written(*more: str) -> dict[str, object]:
        results = tmp_path / "-".join(("results", *more))
        answer = space(*command, *more, "--results", str(results))
        assert answer.code == 0, answer
        assert space("verify", str(results)).code == 0
        found: dict[str, object] = {}
        for path in sorted(path for path in results.rglob("*") if path.is_file()):
            content: object = path.read_bytes()
            if path.name == "run.json":
                values = json.loads(path.read_bytes())
                content = {key: value for key, value in values.items() if key not in TIMES}
            if path.name != "leaderboard.csv":  # it has seconds, too
                found[str(path.relative_to(results))] = content
        return found

    for more in ((), ("--reference", "B"), ("--limit", "2")):
        with monkeypatch.context() as patch:
            patch.setattr(columns, "HELD", 0)
            on_disk = written("--seed", "1", *more)
        assert on_disk.keys() == written("--seed", "1", *more, "-q").keys()
        assert on_disk == written("--seed", "1", *more, "-q")
