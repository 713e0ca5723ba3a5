"""The table that a call prints is the outcome of that call, whatever lies in the results folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import Asked, Say, Server, chat_answer
from tests.support.workspace import Answer, Space

CARD = """\
backend = "openai"
pairs = ["*"]
[options]
model = "{model}"
base_url = "{url}/v1"
concurrency = 1
{more}
"""


def rows(count: int = 35) -> list[dict[str, str]]:
    return [
        {
            "id": f"s{n}",
            "src": f"Sentence number {n} of the text.",
            "ref": f"Frase numero {n} del testo.",
        }
        for n in range(1, count + 1)
    ]


def usual(asked: Asked) -> Say:
    """Refuses the first three segments where the model is called bad; else nearly right."""
    if asked.path == "/v1/models":
        return Say({"data": [{"id": "tiny"}]})
    number = int(asked.body["messages"][-1]["content"].rsplit("number ", 1)[1].split()[0])
    model = asked.body["model"]
    if model.startswith("bad") and number <= 3:
        return chat_answer(None, message={"refusal": "No."})
    word = "nel" if model == "mid" else "del"
    return chat_answer(f"Frase numero {number} {word} testo.")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(usual) as found:
        yield found


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, server: Server) -> Space:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    found = Space(tmp_path, capsys)
    found.corpus(rows=rows())
    for model in ("good", "mid", "bad", "bad2"):
        found.card(model, CARD.format(model=model, url=server.url, more=""))
    return found


def evaluate(space: Space, *models: str, more: tuple[str, ...] = ()) -> Answer:
    named = [part for model in models for part in ("--model", model)]
    return space("evaluate", *named, "--metric", "chrf", *more)


def table_of(answer: Answer) -> Any:
    """The one table of a document on stdout."""
    document = answer.json
    (table,) = document.get("leaderboard", document)["tables"]
    return table


# --- a system that fails now ----------------------------------------------------------------


def test_a_score_of_an_earlier_card_is_not_the_outcome(space: Space, server: Server) -> None:
    assert evaluate(space, "good", "mid").code == 0
    space.card("mid", CARD.format(model="mid", url=server.url, more="max_tokens = 7"))
    server.usual = lambda asked: (
        usual(asked) if asked.path == "/v1/models" else Say({"error": "x"}, status=404)
    )
    failed = evaluate(space, "good", "mid", more=("--format", "json"))
    assert failed.code == 4
    table = table_of(failed)
    assert [(row["system"], row["rank"]) for row in table["rows"]] == [("good", None)]
    assert [line for line in table["excluded"] if line.startswith("mid failed now")]
    shown = evaluate(space, "good", "mid")
    assert "left out: mid failed now; its stored scores are of an earlier card" in shown.out
    # What is stored stays there.
    assert "mid" in space("leaderboard").out


def test_with_no_other_system_the_table_is_empty(space: Space, server: Server) -> None:
    assert evaluate(space, "mid").code == 0
    space.card("mid", CARD.format(model="mid", url=server.url, more="max_tokens = 7"))
    server.usual = lambda asked: (
        usual(asked) if asked.path == "/v1/models" else Say({"error": "x"}, status=404)
    )
    failed = evaluate(space, "mid")
    assert failed.code == 4
    assert failed.out.strip() == ""
    assert "mid failed now" in failed.err


def test_nor_is_that_of_a_system_that_is_left_out(space: Space, server: Server) -> None:
    assert evaluate(space, "good", "mid").code == 0
    space.card("mid", CARD.format(model="mid", url="http://127.0.0.1:9", more="max_tokens = 7"))
    left = evaluate(space, "good", "mid", more=("--skip-missing", "--format", "json"))
    assert left.code == 0
    table = table_of(left)
    assert [row["system"] for row in table["rows"]] == ["good"]
    assert [line for line in table["excluded"] if line.startswith("mid cannot run here")]
