"""``openai`` against ``transformers serve`` with tiny models: one that thinks, one that does not.

``MTBENCH_SERVE_PYTHON=…/bin/python pytest tests/integration/test_openai_real_server.py``
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.serving import needs_a_server, serving
from tests.support.tiny_llm import PROMPT, make_llm
from tests.support.tiny_marian import ENGLISH, GERMAN
from tests.support.workspace import Space

pytestmark = [pytest.mark.slow, needs_a_server]


def lines() -> list[dict[str, Any]]:
    pairs = zip(ENGLISH, GERMAN, strict=True)
    return [{"id": f"s{n}", "src": src, "ref": ref} for n, (src, ref) in enumerate(pairs)]


def card(space: Space, name: str, options: dict[str, Any], backend: str = "openai") -> None:
    written = "\n".join(f"{key} = {json.dumps(value)}" for key, value in options.items())
    space.card(name, f'backend = "{backend}"\n[options]\n{written}\n')


def outputs(space: Space, name: str) -> dict[str, str]:
    path = space.root / f"results/small/en-de/{name}/output.jsonl"
    return {row["id"]: row["mt"] for row in map(json.loads, path.read_text("utf-8").splitlines())}


def kept(space: Space, name: str) -> list[dict[str, Any]]:
    path = space.root / f"results/small/en-de/{name}/kept.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_real_server_translates_as_the_same_weights_do_here(space: Space, tmp_path: Path) -> None:
    space.corpus("small", "en-de", lines())
    model = make_llm(tmp_path / "llm", steps=100)
    card(space, "here", {"model": str(model), "prompt": PROMPT, "max_new_tokens": 60}, "hf")
    with serving(model, tmp_path / "serve.log") as url:
        options = {"model": str(model), "base_url": f"{url}/v1", "prompt": PROMPT, "max_tokens": 60}
        card(space, "served", options)
        checked = space("models", "check", "served", "--pair", "en-de")
        assert checked.code == 0, checked.err
        done = space("evaluate", "--model", "here", "--model", "served", "--metric", "chrf")
    assert done.code == 0, done.err
    assert outputs(space, "served") == outputs(space, "here")
    assert list(outputs(space, "served").values()) == list(GERMAN)
    assert {row["finish_reason"] for row in kept(space, "served")} == {"stop"}
    run = json.loads((space.root / "results/small/en-de/served/run.json").read_text("utf-8"))
    assert run["usage"]["completion_tokens"] > 0
    assert run["provenance"]["answered_as"]


def test_what_a_real_model_thinks_is_kept_beside_its_answer(space: Space, tmp_path: Path) -> None:
    space.corpus("small", "en-de", lines())
    thought = "German, please."
    answers = [f"<think>{thought}</think>{text}" for text in GERMAN]
    model = make_llm(tmp_path / "thinker", steps=120, answers=answers)
    with serving(model, tmp_path / "serve.log") as url:
        options = {"model": str(model), "base_url": f"{url}/v1", "prompt": PROMPT, "max_tokens": 90}
        card(space, "thinker", options)
        done = space("evaluate", "--model", "thinker", "--metric", "chrf")
        assert done.code == 0, done.err
        card(space, "starved", {**options, "max_tokens": 6})
        starved = space("evaluate", "--model", "starved", "--metric", "chrf")
    assert list(outputs(space, "thinker").values()) == list(GERMAN)
    assert {row["thinking"].strip() for row in kept(space, "thinker")} == {thought}
    assert starved.code == 4
    assert "max_tokens" in starved.err
