"""The table that a call prints is the outcome of that call, whatever lies in the results folder."""

from __future__ import annotations

import csv
import re
import shutil
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
        return Say({"error": {"message": "not this text"}}, status=422)
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


# --- a system that has failures -------------------------------------------------------------

PART = ("--allow-partial",)


def scores_of(table: Any) -> dict[str, tuple[bool, bool, bool]]:
    """System → whether it has a score, a partial one, and a rank."""
    return {
        row["system"]: (
            row["cells"]["chrf"]["score"] is not None,
            row["cells"]["chrf"]["partial"],
            row["rank"] is not None,
        )
        for row in table["rows"]
    }


WHOLE, PARTIAL, NONE = (True, False, True), (True, True, False), (False, False, False)


def test_a_partial_score_is_shown_where_it_is_asked_for(space: Space) -> None:
    """Whichever kind of score most systems have."""
    models = ("good", "mid", "bad", "bad2")
    without = evaluate(space, "good", "mid", "bad", more=("--format", "json"))
    assert without.code == 4
    assert scores_of(table_of(without)) == {"good": WHOLE, "mid": WHOLE, "bad": NONE}
    alone = evaluate(space, "bad", "bad2", more=(*PART, "--format", "json"))
    expected = {"good": WHOLE, "mid": WHOLE, "bad": PARTIAL, "bad2": PARTIAL}
    assert alone.code == 0
    assert scores_of(table_of(alone)) == expected
    together = evaluate(space, *models, more=(*PART, "--format", "json"))
    assert scores_of(table_of(together)) == expected
    assert {t["a"] for t in table_of(together)["tests"]} <= {"good", "mid"}
    # A later call that does not ask for it does not show it, though it is stored.
    again = evaluate(space, *models, more=("--format", "json"))
    assert scores_of(table_of(again)) == {"good": WHOLE, "mid": WHOLE, "bad": NONE, "bad2": NONE}
    assert "--allow-partial" in table_of(again)["rows"][-1]["cells"]["chrf"]["reason"]


def test_every_form_marks_it(space: Space) -> None:
    assert evaluate(space, "good", "mid", "bad", more=PART).code == 0
    for style, mark, explained in [
        ("table", "†", "†: segments without a translation count as empty"),
        ("md", "†", "†: segments without a translation count as empty"),
        ("latex", r"\dag{}", r"\dag{}: segments without a translation count as empty"),
    ]:
        shown = space("leaderboard", "--format", style).out
        line = next(one for one in shown.splitlines() if "bad" in one)
        assert mark in line, (style, shown)
        assert explained in shown
        assert mark not in next(one for one in shown.splitlines() if "good" in one)
    with (space.root / "results/leaderboard.csv").open(newline="") as file:
        found = {row["system"]: row for row in csv.DictReader(file)}
    assert found["bad"]["chrf_signature"] == found["good"]["chrf_signature"] + "|failures:empty"
    assert [found["bad"][name] for name in ("rank", "cluster", "failures")] == ["", "", "3"]
    assert float(found["bad"]["chrf"]) < float(found["good"]["chrf"])
    assert space("verify", "results").code == 0
    assert space("report", "-o", "report").code == 0
    page = (space.root / "report/index.html").read_text()
    assert "†: segments without a translation count as empty" in page
    assert re.findall(r'<span class="value">[0-9.]+(†?)</span>', page) == ["", "", "†"]


def test_views_of_several_systems_leave_it_out_and_say_so(space: Space) -> None:
    assert evaluate(space, "good", "mid", "bad", more=PART).code == 0
    parts = space("leaderboard", "--by", "length").out
    assert "bad has segments without a translation and is not shown" in parts
    assert "bad" not in parts.splitlines()[1]
    document = space("leaderboard", "--by", "length", "--format", "json").json
    assert document[0]["partial"] == ["bad"]
    assert {s["system"] for s in document[0]["slices"][0]["scores"]} == {"good", "mid"}


def test_a_table_of_partial_scores_alone_does_not_hide_the_others(space: Space) -> None:
    space.corpus("other", rows=rows(8)[4:])
    for corpus, model in (("news", "bad"), ("other", "good")):
        more = ("--corpus", corpus, *PART)
        assert space("evaluate", "--model", model, "--metric", "chrf", *more).code == 0
    answer = space("leaderboard", "--by", "length", "--format", "json")
    assert answer.code == 0
    assert [found["corpus"] for found in answer.json] == ["other"]
    assert "news/en-it: all systems lack translations of segments; it is not shown" in answer.err


def test_it_is_not_compared_with_a_whole_one(space: Space, tmp_path: Path) -> None:
    assert evaluate(space, "good", "bad", more=PART).code == 0
    shutil.move("results", "old")
    space.card("bad", (space.root / "models/mid.toml").read_text())
    assert evaluate(space, "good", "bad").code == 0
    compared = space("compare", "old", "results", "--format", "json")
    assert compared.code == 0
    found = {row["system"]: row["metrics"][0] for row in compared.json["rows"]}
    assert found["good"]["reason"] == "the same output"
    assert (found["bad"]["old"], found["bad"]["delta"], found["bad"]["verdict"]) == (None,) * 3
    why = "in the score of the old side, failed segments count as empty or are left out"
    assert found["bad"]["reason"] == why
    # The other way round, a score is lost.
    lost = space("compare", "results", "old", "--fail-on", "missing")
    lost.refused(1, "bad on news/en-it has no chrf any more")


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
