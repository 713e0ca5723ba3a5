"""Back ends of neural models and of servers keep to the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mtbench.languages import LanguagePair
from mtbench.plugins import Backend, make_backend
from mtbench.testing import check_backend
from mtbench.types import Runtime
from tests.support.checkpoints import checkpoint
from tests.support.server import Asked, Say, Server, chat_server, shout

EN_DE = LanguagePair.parse("en-de")


def maker(name: str, folder: Path, **options: Any) -> Callable[[], Backend]:
    runtime = Runtime(device="cpu", cache=str(folder))
    return lambda: make_backend(name, options, EN_DE, runtime)


@pytest.mark.parametrize(
    ("backend", "model", "options"),
    [
        ("hf", "marian", {"beam_size": 1}),
        ("hf", "marian", {"beam_size": 4}),
        ("hf", "marian", {"temperature": 0.8}),
        ("hf", "marian", {"dtype": "bfloat16", "beam_size": 1}),
        ("hf", "nllb", {"beam_size": 2}),
        ("hf", "llm", {"prompt": "{tgt}: {text}", "stop": ["."]}),
        ("ct2", "marian", {"beam_size": 4}),
        ("ct2", "marian", {"beam_size": 1, "quantization": "float32"}),
        ("ct2", "nllb", {"beam_size": 2}),
    ],
)
def test_models_on_this_machine(
    backend: str, model: str, options: dict[str, Any], tmp_path: Path
) -> None:
    given = {"model": str(checkpoint(model)), "max_new_tokens": 40, **options}
    # What a tiny LLM answers to a text it has never seen need not be an answer.
    check_backend(maker(backend, tmp_path, **given), plain=0 if model == "llm" else None)


@pytest.fixture
def chat() -> Iterator[Server]:
    with chat_server(shout) as server:
        yield server


@pytest.mark.parametrize("unit", ["segment", "document"])
def test_chat_servers(unit: str, chat: Server, tmp_path: Path) -> None:
    options = {"model": "tiny", "base_url": f"{chat.url}/v1", "unit": unit}
    check_backend(maker("openai", tmp_path, **options))


def test_libretranslate(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Say:
        if asked.path == "/languages":
            return Say([{"code": "en", "targets": ["de"]}, {"code": "de", "targets": ["en"]}])
        return Say({"translatedText": asked.body["q"].upper()})

    with Server(answer) as server:
        check_backend(maker("libretranslate", tmp_path, url=server.url))
