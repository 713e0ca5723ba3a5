"""A system that cannot run now: its stored output is used only where it is the one asked for."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import chat_server
from tests.support.workspace import Answer, Space, sentences

CARD = """\
backend = "openai"
pairs = ["*"]
[options]
model = "m"
base_url = "{url}/v1"
{more}
"""
CHAIN = """\
backend = "chain"
pairs = ["en-it"]
[options]
steps = ["identity:", "m"]
via = ["es"]
"""


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Space:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    found = Space(tmp_path, capsys)
    found.corpus(rows=sentences(3))
    return found


def evaluate(space: Space, *more: str, system: str = "m") -> Answer:
    return space("evaluate", "--model", system, "--metric", "bleu", *more)


def asked_once(space: Space, more: str, *arguments: str, system: str = "m") -> str:
    """Evaluates while the server is up; its address."""
    with chat_server(lambda messages: f"{len(messages)} {messages[-1]['content'][-9:]}") as server:
        space.card("m", CARD.format(url=server.url, more=more))
        assert evaluate(space, *arguments, system=system).code == 0
        return server.url


def test_used_where_nothing_but_time_limits_has_changed(space: Space) -> None:
    url = asked_once(space, "")
    space.card("m", CARD.format(url=url, more="timeout = 33.0"))
    again = evaluate(space)
    assert again.code == 0
    assert "cannot run here" in again.err
    assert "its stored output for news/en-it is used" in again.err


@pytest.mark.parametrize("system", ["m", "by-es"])
def test_not_used_for_other_worked_examples(space: Space, system: str) -> None:
    space.card("by-es", CHAIN)
    space.file("ex.jsonl", '{"src": "A cat", "ref": "Un gatto"}\n')
    asked_once(space, 'examples = "ex.jsonl"', system=system)
    assert evaluate(space, system=system).code == 0
    space.file("ex.jsonl", '{"src": "A dog", "ref": "Un cane"}\n')
    again = evaluate(space, system=system)
    again.refused(3, "start the server")
    assert f"the stored output of {system} for news/en-it is not used" in again.err
    assert again.out == ""


def test_not_used_for_another_seed(space: Space) -> None:
    asked_once(space, "temperature = 1.0", "--seed", "1")
    assert evaluate(space, "--seed", "1").code == 0
    evaluate(space, "--seed", "2").refused(3, "start the server")


def test_what_an_output_depends_on_may_be_gone_with_the_system(space: Space) -> None:
    program = space.file("tools/upper", "#!/bin/sh\ntr a-z A-Z\n")
    program.chmod(0o755)
    card = f'backend = "command"\npairs = ["en-it"]\n[options]\nargv = ["{program}"]\n'
    space.card("m", card)
    assert evaluate(space).code == 0
    shutil.rmtree(program.parent)
    assert evaluate(space).code == 0
    space.card("m", card + 'protocol = "jsonl"\n')
    evaluate(space).refused(3, "no program")
