"""Functions and objects of one's own as systems and metrics."""

from __future__ import annotations

import re
from typing import Any

import pytest

import mtbench
from mtbench.errors import MtbenchError
from tests.support.workspace import SENTENCES, Space

REFERENCES = [reference for _, reference in SENTENCES]
calls: list[str] = []


def shout(text: str) -> str:
    """One text after the other."""
    return text.upper()


def whisper(texts: list[str], pair: str) -> list[str]:
    """All texts, and the direction."""
    return [f"{pair} {text.lower()}" for text in texts]


class Reversing:
    """Its answers rest on what it holds."""

    def __init__(self, identity: str = "") -> None:
        self.identity = identity
        self.asked = 0

    def translate(self, texts: list[str]) -> list[str]:
        self.asked += len(texts)
        return [text[::-1] for text in texts]


def pipeline(texts: list[str]) -> list[dict[str, str]]:
    """Answers as pipelines of transformers give them."""
    return [{"translation_text": text} for text in texts]


def likeness(hypothesis: str, reference: str) -> float:
    """Share of the reference's words that are there."""
    words = reference.split()
    return sum(word in hypothesis.split() for word in words) / len(words)


def lengths(hypotheses: list[str], references: list[str], sources: list[str]) -> list[int]:
    return [len(h) - len(r) + len(s) * 0 for h, r, s in zip(hypotheses, references, sources)]  # noqa: B905


def outputs(results: str, system: str) -> list[str | None]:
    return [one.output for one in mtbench.segments(results, systems=[system])]


def test_functions_and_objects_are_systems(space: Space) -> None:
    space.corpus()
    models = {"loud": shout, "low": whisper, "back": Reversing("1"), "same": pipeline}
    found = mtbench.evaluate(models, ["news"], ["en-it"], ["chrf"], results="out")
    sources = [source for source, _ in SENTENCES]
    assert outputs("out", "loud") == [text.upper() for text in sources]
    assert outputs("out", "low") == [f"en-it {text.lower()}" for text in sources]
    assert outputs("out", "back") == [text[::-1] for text in sources]
    assert outputs("out", "same") == sources
    assert {one["system"] for one in found.records()} == set(models)
    run = next(space.root.glob("out/news/en-it/loud-*/run.json")).read_text("utf-8")
    assert re.search(r'"code": "sha256:[0-9a-f]{12}"', run)
    assert space("verify", "out").code == 0
    assert space("report", "out", "-o", "page").code == 0


def test_pinned_code_is_asked_once_and_unpinned_code_again(space: Space) -> None:
    space.corpus()
    pinned, unpinned = Reversing("version 1"), Reversing()
    for _ in range(2):
        found = mtbench.evaluate(
            {"pinned": pinned, "unpinned": unpinned}, ["news"], ["en-it"], ["chrf"], results="out"
        )
    assert (pinned.asked, unpinned.asked) == (len(SENTENCES), 2 * len(SENTENCES))
    assert any("unpinned" in note for note in found.board.tables[0].rows[1].notes)
    pinned.identity = "version 2"
    mtbench.evaluate({"pinned": pinned}, ["news"], ["en-it"], ["chrf"], results="out")
    assert pinned.asked == 2 * len(SENTENCES)


def test_functions_are_metrics(space: Space) -> None:
    space.corpus()
    found = mtbench.evaluate(
        ["identity:", shout], ["news"], ["en-it"], [likeness, "chrf", lengths], results="out",
        metric_options={"lengths": {"higher_is_better": False}},
    )  # fmt: skip
    scores = {(one["system"], one["metric"]): one for one in found.records()}
    expected = [likeness(source, reference) for source, reference in SENTENCES]
    assert scores["identity", "likeness"]["score"] == pytest.approx(sum(expected) / len(expected))
    assert re.match(r"function:sha256:\w{12}\|better:higher$",
                    str(scores["identity", "likeness"]["signature"]))  # fmt: skip
    assert str(scores["identity", "lengths"]["signature"]).endswith("better:lower")
    assert {table.rank_metric for table in found.board.tables} == {"likeness"}
    # Another process, without the functions, reads and shows the same.
    again = space("leaderboard", "out", "--format", "csv")
    assert f"{scores['identity', 'likeness']['score']:.6f}" in again.out
    assert mtbench.leaderboard("out").board.metrics["lengths"].higher_is_better is False


@pytest.mark.parametrize(
    ("models", "metrics", "said"),
    [
        ({"x": str.upper}, [], "failed"),
        ({"x": lambda texts: texts[:1]}, [], "1 answers for"),
        ({"x": lambda texts: [None for _ in texts]}, [], "no text"),
        ({"x": 3}, [], "neither a function nor an object"),
        ([lambda texts: texts], [], "without a name"),
        ([shout, shout], [], "two systems named"),
        ("identity:", [], "models: a list"),
        (["identity:"], [shout], "parameters say"),
        (["identity:"], [lambda hypothesis: "good"], "without a name"),
    ],
)
def test_what_is_wrong_is_named(space: Space, models: Any, metrics: Any, said: str) -> None:
    space.corpus()
    with pytest.raises(MtbenchError, match=said):
        mtbench.evaluate(models, ["news"], ["en-it"], metrics or ["chrf"], results="out")


def test_metrics_that_give_no_numbers_fail_by_name(space: Space) -> None:
    space.corpus()

    def bad(hypothesis: str) -> Any:
        return "good"

    def few(hypotheses: list[str]) -> list[float]:
        return [1.0]

    def chrf(hypothesis: str) -> float:
        return 1.0

    for metric, said in ((bad, "bad gave no number"), (few, "few gave"), (chrf, "called chrf")):
        with pytest.raises(MtbenchError, match=said):
            mtbench.evaluate(["identity:"], ["news"], ["en-it"], [metric], results="out")


def test_the_command_line_calls_a_function_of_a_module(space: Space) -> None:
    space.corpus()
    (space.root / "my_system.py").write_text(
        "def shout(text: str) -> str:\n    return text.upper()\n", "utf-8"
    )
    done = space(
        "evaluate", "--model", "python:my_system:shout", "--corpus", "news", "--pair", "en-it",
        "--metric", "chrf",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert outputs("results", "my_system:shout") == [source.upper() for source, _ in SENTENCES]
    wrong = space("evaluate", "--model", "python:my_system:nothing", "--corpus", "news")
    assert wrong.code == 2
    assert "cannot be had" in wrong.err
