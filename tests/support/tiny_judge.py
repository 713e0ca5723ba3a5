"""A real tiny language model that has learnt to answer the judge's own prompt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mtbench.checkpoints.tokenization import quiet
from mtbench.languages import LanguagePair
from mtbench.metrics.judge_prompts import Protocol, own_prompt
from mtbench.types import Candidate
from tests.support.tiny_llm import TEMPLATE, teach, tokenizer_of


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
