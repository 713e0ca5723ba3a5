"""A small MarianMT model really trained, for measurements that random weights cannot give.

    python -m tests.recipes.marian DATA FOLDER [--minutes 12]

``DATA`` is a folder with ``train.de`` and ``train.en``, one segment a line, as the first step of
``tests/recipes/german.py`` makes it. The model (German to English; 3 layers, 256 dimensions,
8,000 sub-words) is a poor translator and a real one: its outputs end by themselves, and its
choices are as sharp as trained weights make them.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mtbench.backends.tokenization import quiet
from tests.support.tiny_marian import Shape, make_marian

SMALL = Shape(width=256, feed_forward=1024, layers=3, heads=4, vocabulary=8200)
TOKENS = 3000  # sub-words of a batch, padding included
WARM_UP = 400  # steps


def batches(
    rows: Sequence[tuple[list[int], list[int]]], draw: random.Random
) -> Iterator[list[tuple[list[int], list[int]]]]:
    """One pass over the pairs: those of like length together, batches in random order."""
    ordered = sorted(rows, key=lambda row: (max(map(len, row)), draw.random()))
    found: list[list[tuple[list[int], list[int]]]] = [[]]
    for row in ordered:
        if (len(found[-1]) + 1) * max(map(len, row)) > TOKENS and found[-1]:
            found.append([])
        found[-1].append(row)
    draw.shuffle(found)
    yield from found


def train(data: Path, folder: Path, minutes: float) -> None:
    """Makes the checkpoint and trains it for so long."""
    import torch
    from transformers import MarianMTModel, MarianTokenizer

    german, english = (
        tuple((data / f"train.{tag}").read_text(encoding="utf-8").splitlines())
        for tag in ("de", "en")
    )
    make_marian(
        folder,
        shape=SMALL,
        source="de",
        target="en",
        steps=0,
        lines=(german, english),
        pieces_a_side=4000,
    )
    with quiet():
        tokenizer = MarianTokenizer.from_pretrained(folder, local_files_only=True)
        model = MarianMTModel.from_pretrained(folder, local_files_only=True).train()
    coded = tokenizer(list(german), text_target=list(english))
    rows = [
        (source, target)
        for source, target in zip(coded["input_ids"], coded["labels"], strict=True)
        if max(len(source), len(target)) <= 100
    ]
    pad = tokenizer.pad_token_id
    optimizer = torch.optim.Adam(model.parameters(), lr=1.0, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda n: 2e-3 * min((n + 1) / WARM_UP, (WARM_UP / (n + 1)) ** 0.5)
    )
    loss_of = torch.nn.CrossEntropyLoss(ignore_index=-100, label_smoothing=0.1)
    draw, step, end = random.Random(1), 0, time.monotonic() + 60 * minutes
    torch.manual_seed(1)
    while time.monotonic() < end:
        for batch in batches(rows, draw):
            sources, mask = _padded([source for source, _ in batch], pad)
            labels, _ = _padded([target for _, target in batch], -100)
            optimizer.zero_grad()
            logits = model(input_ids=sources, attention_mask=mask, labels=labels).logits
            loss = loss_of(logits.flatten(0, 1), labels.flatten())
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            # The row that the decoder starts from is zero in the published models.
            model.get_input_embeddings().weight.data[pad] = 0.0
            step += 1
            if step % 100 == 0:
                print(f"step {step}, loss {loss.item():.3f}", flush=True)
            if time.monotonic() > end:
                break
    model.eval().save_pretrained(folder)


def _padded(rows: Sequence[Sequence[int]], filler: int) -> tuple[Any, Any]:
    import torch

    longest = max(map(len, rows))
    ids = torch.tensor([[*row, *[filler] * (longest - len(row))] for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    return ids, mask


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=12.0)
    given = parser.parse_args()
    train(given.data, given.folder, given.minutes)


if __name__ == "__main__":
    main()
