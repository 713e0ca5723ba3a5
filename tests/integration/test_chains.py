"""Chains of cards through the command line: which way they go, and what they cost and record."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import Asked, Say, Server, chat_answer, chat_server, shout
from tests.support.workspace import Space, sentences

TAGGED = 'backend = "command"\npairs = ["{pair}"]\n[options]\nargv = ["sed", "s/^/{mark}:/"]\n'
CHAT = """\
backend = "openai"
pairs = ["{pair}"]
[price]
input = 1000.0
output = 2000.0
[options]
model = "{model}"
base_url = "{url}/v1"
concurrency = 1
"""


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Space:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return Space(tmp_path, capsys)


def chain(*steps: str, via: str = "es", more: str = "") -> str:
    return (
        f'backend = "chain"\npairs = ["en-it", "it-en"]\n[options]\nsteps = {json.dumps(steps)}\n'
        f'via = ["{via}"]\n{more}\n'
    )


def run_of(space: Space, system: str, pair: str = "en-it") -> Any:
    return json.loads((space.root / f"results/news/{pair}/{system}/run.json").read_text())


def output_of(space: Space, system: str, pair: str = "en-it") -> list[Any]:
    path = space.root / f"results/news/{pair}/{system}/output.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_cards_are_used_in_their_own_directions_only(space: Space) -> None:
    space.corpus(rows=sentences(2))
    space.corpus(pair="it-en", rows=[{"id": "x", "src": "Ciao", "ref": "Hello"}])
    space.card("e2s", TAGGED.format(pair="en-es", mark="EN2ES"))
    space.card("s2i", TAGGED.format(pair="es-it", mark="ES2IT"))
    space.card("good", chain("e2s", "s2i", more="reversible = true"))
    space.card("wrong", chain("s2i", "e2s"))
    assert space("translate", "--model", "good").code == 0
    assert output_of(space, "good")[0]["mt"].startswith("ES2IT:EN2ES:The cat")
    assert not (space.root / "results/news/it-en").exists()
    space("translate", "--model", "good", "--pair", "it-en").refused(
        2, "do not lead from it to en", "step 1 of 2 would go from it to es"
    )
    space("translate", "--model", "wrong", "--pair", "en-it").refused(
        2, "do not lead from en to it", "step 1 of 2 would go from en to es"
    )


def test_what_the_steps_cost_is_what_the_chain_costs(space: Space) -> None:
    space.corpus(rows=sentences(3))
    with chat_server(shout) as server:
        space.card("a", CHAT.format(pair="en-es", model="a", url=server.url))
        space.card("b", CHAT.format(pair="es-it", model="b", url=server.url))
        space.card("both", chain("a", "b"))
        assert space("translate", "--model", "both").code == 0
        # 6 requests of 10 tokens read and 5 written, at 1000 and 2000 per million.
        assert run_of(space, "both")["usage"]["cost_USD"] == pytest.approx(0.12)
        asked = len(server.bodies("/v1/chat/completions"))
        # Neither a price nor a limit of time makes it another system.
        card = (space.root / "models/a.toml").read_text()
        space.card("a", card.replace("1000.0", "500.0") + "timeout = 7.0\n")
        assert space("translate", "--model", "both").code == 0
        assert len(server.bodies("/v1/chat/completions")) == asked == 6


# --- how steps are asked ---------------------------------------------------------------------

MODELS = Say({"data": [{"id": "a"}, {"id": "b"}]})
LANGUAGES = Say([{"code": code, "targets": ["en", "es", "it"]} for code in ("en", "es", "it")])


def test_a_step_that_has_answered_is_not_asked_again(space: Space) -> None:
    space.corpus(rows=sentences(3))
    tries = 0

    def usual(asked: Asked) -> Say:
        nonlocal tries
        if asked.path == "/v1/models":
            return MODELS
        if asked.body["model"] == "b":
            tries += 1
            if tries % 3:
                busy = {"error": {"message": "busy"}}
                return Say(busy, status=503, headers={"Retry-After": "0"})
        return chat_answer(shout(asked.body["messages"]))

    with Server(usual) as server:
        space.card("a", CHAT.format(pair="en-es", model="a", url=server.url))
        space.card("b", CHAT.format(pair="es-it", model="b", url=server.url))
        space.card("both", chain("a", "b"))
        assert space("translate", "--model", "both").code == 0
        asked = Counter(body["model"] for body in server.bodies("/v1/chat/completions"))
    assert asked == {"a": 3, "b": 9}
    assert run_of(space, "both")["usage"]["requests"] == 6
    assert output_of(space, "both")[0]["mt"] == sentences(1)[0]["src"].upper()


def test_one_segment_that_a_step_refuses_fails_alone(space: Space) -> None:
    space.corpus(rows=sentences())
    space.file(
        "p.py",
        "import sys, json\n"
        "for line in sys.stdin:\n"
        "    row = json.loads(line)\n"
        '    said = {"error": "no"} if row["id"] == "s3" else {"mt": row["src"].upper()}\n'
        '    print(json.dumps({"id": row["id"], **said}), flush=True)\n',
    )
    argv = json.dumps([sys.executable, "p.py"])
    space.card("p", f'backend = "command"\n[options]\nargv = {argv}\nprotocol = "jsonl"\n')
    space.card("c", chain("identity:", "p"))
    assert space("translate", "--model", "c", "--pair", "en-it").code == 4
    failed = [row["id"] for row in output_of(space, "c") if "failure" in row]
    assert failed == ["s3"]
    run = run_of(space, "c")
    assert (run["failures"], run["segments"]) == (1, 8)


@pytest.mark.parametrize("first", ["libre", "chat"])
def test_a_document_stays_one_whatever_the_other_step_is(space: Space, first: str) -> None:
    space.corpus(rows=sentences(3))

    def usual(asked: Asked) -> Say:
        if asked.path in ("/v1/models", "/languages"):
            return MODELS if asked.path == "/v1/models" else LANGUAGES
        if asked.path == "/translate":
            return Say({"translatedText": asked.body["q"] + "!"})
        return chat_answer(shout(asked.body["messages"]))

    with Server(usual) as server:
        space.card("chat", CHAT.format(pair="*", model="a", url=server.url) + 'unit = "document"\n')
        space.card("libre", f'backend = "libretranslate"\n[options]\nurl = "{server.url}"\n')
        steps = ("libre", "chat") if first == "libre" else ("chat", "libre")
        space.card("c", chain(*steps))
        assert space("translate", "--model", "c", "--pair", "en-it").code == 0
        assert len(server.bodies("/v1/chat/completions")) == 1
        assert len(server.bodies("/translate")) == 3
    run = run_of(space, "c")
    assert (run["unit"], run["batching"]) == ("document", "document")
    assert run["translated"] == 3
    expected = [row["src"].upper() + "!" for row in sentences(3)]
    assert [row["mt"] for row in output_of(space, "c")] == expected
