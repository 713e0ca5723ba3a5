"""A real tiny LLM: Llama's architecture, a byte-level tokenizer, a chat template."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mtbench.checkpoints.tokenization import quiet
from tests.support.tiny_marian import ENGLISH, GERMAN

TEMPLATE = (
    "{% for message in messages %}"
    "<|{{ message['role'] }}|>{{ message['content'] }}<|end|>"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% if loudly %}!{% endif %}{% endif %}"
)
PROMPT = "{tgt}: {text}"
_TOKENS = ["<|end|>", "<|user|>", "<|assistant|>", "<|system|>", "<|pad|>"]


def make_llm(
    folder: Path,
    *,
    steps: int = 80,
    chat: bool = True,
    pad: bool = True,
    answers: Sequence[str] = GERMAN,
    shown: bool = False,
) -> Path:
    """Writes a checkpoint that has learnt to answer ``PROMPT`` for the five sentences.

    Args:
        folder: Where to.
        steps: Training steps.
        chat: Whether its tokenizer has a chat template; without it, the model continues
            ``PROMPT`` with a blank line and the answer.
        pad: Whether it has a padding token.
        answers: What it learns to answer.
        shown: Whether it learns to answer behind the first sentence as a worked example.
    """
    import torch
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    tokenizer = tokenizer_of([*ENGLISH, *GERMAN, *answers] * 10, pad=pad)
    if chat:
        tokenizer.chat_template = TEMPLATE
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=512,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    prompts = [PROMPT.format(tgt="de", text=text) for text in ENGLISH]
    if shown:
        prompts = [f"{prompts[0]}\n\n{answers[0]}\n\n{prompt}" for prompt in prompts]
    teach(model, tokenizer, [_asked(p, chat) for p in prompts], list(answers), steps)
    # What a vendor would ship: settings for chatting that a benchmark must not inherit.
    model.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        do_sample=True,
        temperature=0.9,
        repetition_penalty=1.2,
    )
    with quiet():
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return folder


def tokenizer_of(lines: list[str], *, pad: bool) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(lines, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        eos_token=_TOKENS[0],
        pad_token="<|pad|>" if pad else None,
        additional_special_tokens=["<|user|>", "<|assistant|>", "<|system|>"],
        model_input_names=["input_ids", "attention_mask"],
    )


def _asked(prompt: str, chat: bool) -> str:
    return f"<|user|>{prompt}<|end|><|assistant|>" if chat else f"{prompt}\n\n"


def teach(model: Any, tokenizer: Any, prompts: list[str], answers: list[str], steps: int) -> None:
    import torch

    rows = [
        (tokenizer(prompt).input_ids, tokenizer(answer + "<|end|>").input_ids)
        for prompt, answer in zip(prompts, answers, strict=True)
    ]
    longest = max(len(asked) + len(answer) for asked, answer in rows)
    ids, labels, mask = [], [], []
    for asked, answer in rows:
        rest = longest - len(asked) - len(answer)
        ids.append(asked + answer + [0] * rest)
        labels.append([-100] * len(asked) + answer + [-100] * rest)
        mask.append([1] * (longest - rest) + [0] * rest)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    model.train()
    for _ in range(steps):
        optimizer.zero_grad()
        model(
            input_ids=torch.tensor(ids),
            attention_mask=torch.tensor(mask),
            labels=torch.tensor(labels),
        ).loss.backward()
        optimizer.step()
    model.eval()
