"""One more metric: large files that have not changed are neither parsed nor hashed again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mtbench.checkpoints import digests
from mtbench.corpora import load as corpora
from mtbench.files import columns, states
from mtbench.results.folder import RunFolder
from tests.support.workspace import SENTENCES, Space, tree

TIMES = ("started", "finished", "seconds")


@pytest.fixture
def asked(
    space: Space, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., list[str]]:
    """Runs ``evaluate`` with metrics; says what was parsed or hashed for it."""
    monkeypatch.setattr(columns, "HELD", 0)
    monkeypatch.setattr(states, "_SETTLED", -1.0)
    monkeypatch.setattr(digests, "_SMALL", 0)
    monkeypatch.setenv("MTBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
    rows = [
        {"id": f"s{at}", "src": source, "ref": [reference, source], "domain": f"of {at % 2}"}
        | ({"context": "before", "alignment": 0.5, "mine": {"at": at}} if at else {})
        | ({"constraints": {"length": {"max": 90}}} if at == 3 else {})
        for at, (source, reference) in enumerate(SENTENCES)
    ]
    space.corpus(rows=rows, card='reference_names = ["A", "B"]\n')
    space.file("one.txt", [reference for _, reference in SENTENCES])
    answers = [{"id": f"s{at}", "mt": text} for at, (_, text) in enumerate(SENTENCES)]
    answers[1] = {"id": "s1", "mt": None, "failure": "no answer"}  # type: ignore[dict-item]
    space.file("two.jsonl", [json.dumps(one) for one in answers])
    read: list[str] = []

    def heard(where: Any, name: str, what: str) -> None:
        real = getattr(where, name)

        def call(*given: Any, **more: Any) -> Any:
            read.append(what)
            return real(*given, **more)

        monkeypatch.setattr(where, name, call)

    heard(corpora, "load", "corpus")
    heard(RunFolder, "_parsed", "output")
    heard(digests, "digest_file", "file")

    def ask(metrics: str, *more: str) -> list[str]:
        read.clear()
        command = ["evaluate", "--model", "hypotheses:one.txt", "--model", "hypotheses:two.jsonl"]
        answer = space(*command, "--allow-partial", "--metric", metrics, *more)
        assert answer.code == 0, answer
        return list(read)

    return ask


def written(results: str) -> dict[str, object]:
    """What stands in the files of results, but for times."""
    found: dict[str, object] = {}
    for name, content in tree(Path(results)).items():
        found[name] = content
        if name.endswith("run.json"):
            values = json.loads(content)
            found[name] = {key: value for key, value in values.items() if key not in TIMES}
    return {name: content for name, content in found.items() if name != "leaderboard.csv"}


@pytest.mark.parametrize("more", [(), ("--reference", "B")])
def test_one_more_metric(
    asked: Callable[..., list[str]],
    space: Space,
    more: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    assert "corpus" in asked("bleu", *more)
    # What is partial is tried again, so its output is read for what it has.
    assert set(asked("bleu,chrf", *more)) <= {"output", "file"}
    assert "corpus" not in asked("ter", *more)
    assert space("verify").code == 0
    grown = written("results")
    monkeypatch.setenv("MTBENCH_CACHE", str(tmp_path / "other"))
    assert "corpus" in asked("bleu,chrf,ter", *more, "--results", "at-once")
    assert written("at-once") == grown


def test_a_whole_output_is_not_read_again(asked: Callable[..., list[str]]) -> None:
    Path("two.jsonl").write_text(Path("two.jsonl").read_text("utf-8").replace("null", '"No."'))
    rows = [json.loads(line) for line in Path("two.jsonl").read_text("utf-8").splitlines()]
    rows = [{"id": row["id"], "mt": row["mt"]} for row in rows]
    Path("two.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert asked("bleu") == ["corpus", "file", "file"]
    assert asked("chrf") == []
    assert asked("ter", "--limit", "3").count("corpus") == 0


def rewritten(path: Path, old: str, new: str) -> None:
    """Other content of the same size, with the times of before."""
    before, text = path.stat(), path.read_text("utf-8")
    assert len(old.encode()) == len(new.encode())
    assert old in text
    with path.open("r+", encoding="utf-8") as stream:
        stream.write(text.replace(old, new))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_what_changes_is_read(asked: Callable[..., list[str]], space: Space) -> None:
    asked("bleu")
    rewritten(Path("corpora/news/en-it.jsonl"), "Il gatto", "Un gatto")
    assert "corpus" in asked("chrf")
    rewritten(Path("one.txt"), "Il gatto", "Un gatto")
    assert "file" in asked("ter")
    (output,) = Path("results/news/en-it").glob("one-*/output.jsonl")
    assert "Un gatto" in output.read_text("utf-8")
    rewritten(output, "Un gatto", "Il gatto")
    answer = space("evaluate", "--model", "hypotheses:one.txt", "--metric", "chrf++")
    answer.refused(1, "not the output that run.json records")


def test_a_damaged_memory_is_of_no_use(asked: Callable[..., list[str]]) -> None:
    asked("bleu")
    cache = Path(os.environ["MTBENCH_CACHE"]) / "columns"
    kept = sorted(cache.iterdir())
    assert kept
    for path in kept:
        content = bytearray(path.read_bytes())
        content[5] ^= 1
        path.write_bytes(bytes(content))
    assert "corpus" in asked("chrf")
    for path in kept:
        path.write_bytes(b"")
    assert "corpus" in asked("ter")


def test_what_is_gone_is_forgotten(asked: Callable[..., list[str]], space: Space) -> None:
    asked("bleu")
    cache = Path(os.environ["MTBENCH_CACHE"]) / "columns"
    before = set(cache.iterdir())
    Path("corpora/news/en-it.jsonl").rename("corpora/news/en-fr.jsonl")
    asked("bleu", "--pair", "en-fr")
    after = set(cache.iterdir())
    assert after - before
    names = [json.loads(path.read_bytes()[-8 - _length(path) : -8])["file"] for path in after]
    assert all(Path(name).exists() for name in names)
    assert all(path.stat().st_mode & 0o077 == 0 for path in (cache,))


def _length(path: Path) -> int:
    return int.from_bytes(path.read_bytes()[-8:], "big")
