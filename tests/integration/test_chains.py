"""Chains of cards through the command line: which way they go, and what they cost and record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import chat_server, shout
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
        # 6 requests of 10 tokens read and 5 written, at 1000 and 2000 a million.
        assert run_of(space, "both")["usage"]["cost_USD"] == pytest.approx(0.12)
        asked = len(server.bodies("/v1/chat/completions"))
        # Neither a price nor a limit of time makes it another system.
        card = (space.root / "models/a.toml").read_text()
        space.card("a", card.replace("1000.0", "500.0") + "timeout = 7.0\n")
        assert space("translate", "--model", "both").code == 0
        assert len(server.bodies("/v1/chat/completions")) == asked == 6
