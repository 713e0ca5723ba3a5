"""A real tiny language model that has learnt to answer the judge's own prompt, and its server.

The server is ``transformers serve`` (5.x, extra ``serving``), of an interpreter that
``MTBENCH_SERVE_PYTHON`` names.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mtbench.checkpoints.tokenization import quiet
from mtbench.languages import LanguagePair
from mtbench.metrics.judge_prompts import Protocol, own_prompt
from mtbench.types import Candidate
from tests.support.tiny_llm import TEMPLATE, teach, tokenizer_of

PYTHON = "MTBENCH_SERVE_PYTHON"


def make_judge(
    folder: Path,
    pairs: Sequence[tuple[str, str]],
    answers: Sequence[str],
    *,
    pair: str = "en-it",
    protocol: Protocol = "esa",
    steps: int = 100,
) -> Path:
    """Writes a checkpoint that has learnt an answer for each pair of source and translation."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    asked = []
    for source, translation in pairs:
        one = Candidate(id="", pair=LanguagePair.parse(pair), hypothesis=translation, source=source)
        told, shown = own_prompt(protocol, one)
        asked.append(f"<|system|>{told}<|end|><|user|>{shown}<|end|><|assistant|>")
    tokenizer = tokenizer_of([*asked, *answers] * 3, pad=True)
    tokenizer.chat_template = TEMPLATE
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=2048,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    teach(model, tokenizer, asked, list(answers), steps)
    with quiet():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return folder


@contextmanager
def serving(folder: Path, log: Path) -> Iterator[str]:
    """``transformers serve`` with a checkpoint, on a free port; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(os.environ[PYTHON])
    command = [
        str(program), "-m", "transformers.cli.transformers", "serve", str(folder), "--host",
        "127.0.0.1", "--port", str(port), "--device", "cpu",
    ]  # fmt: skip
    surroundings = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    with log.open("wb") as stream:
        child = subprocess.Popen(
            command, stdout=stream, stderr=stream, env={**surroundings, "HF_HUB_OFFLINE": "1"}
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(child, url, log)
        yield url
    finally:
        child.terminate()
        child.wait(30)


def _wait(child: subprocess.Popen[bytes], url: str, log: Path) -> None:
    for _ in range(240):
        if child.poll() is not None:
            raise AssertionError(log.read_text("utf-8", "replace")[-2000:])
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:  # noqa: S310 - ours
                json.load(answer)
                return
        except OSError:
            time.sleep(0.25)
    raise AssertionError("the server does not answer")
