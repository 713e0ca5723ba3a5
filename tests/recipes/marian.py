"""A small MarianMT model really trained, for measurements that random weights cannot give.

    python -m tests.recipes.marian DATA FOLDER [--pairs 150] [--minutes 6]

``DATA`` is a folder with ``train.de`` and ``train.en``, one segment a line, as the first step of
``tests/recipes/german.py`` makes it. The model (German to English; 2 layers, 128 dimensions, some
3,000 sub-words) learns some short segments nearly by heart. It is no translator; but its
outputs end by themselves, and on what it has learnt its choices are as sharp as trained weights
make them. What it was taught is written beside it, as ``learnt/de-en.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mtbench.backends.tokenization import quiet
from tests.support.tiny_marian import Shape, make_marian

SMALL = Shape(width=128, feed_forward=512, layers=2, heads=4, vocabulary=3200)
TOKENS = 1500  # sub-words of a batch, padding included
WARM_UP = 40  # steps
LONGEST = 12  # words of a segment that is learnt


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


def train(data: Path, folder: Path, pairs: int, minutes: float) -> None:
    """Makes the checkpoint and trains it for so long."""
    import torch
    from transformers import MarianMTModel, MarianTokenizer

    learnt = short_pairs(data, pairs)
    german, english = (tuple(pair[side] for pair in learnt) for side in (0, 1))
    make_marian(
        folder,
        shape=SMALL,
        source="de",
        target="en",
        steps=0,
        lines=(german, english),
        pieces_a_side=1500,
    )
    with quiet():
        tokenizer = MarianTokenizer.from_pretrained(folder, local_files_only=True)
        model = MarianMTModel.from_pretrained(folder, local_files_only=True).train()
    coded = tokenizer(list(german), text_target=list(english))
    rows = list(zip(coded["input_ids"], coded["labels"], strict=True))
    pad = tokenizer.pad_token_id
    optimizer = torch.optim.Adam(model.parameters(), lr=1.0, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda n: 3e-3 * min((n + 1) / WARM_UP, (WARM_UP / (n + 1)) ** 0.5)
    )
    loss_of = torch.nn.CrossEntropyLoss(ignore_index=-100, label_smoothing=0.1)
    draw, passes, end = random.Random(1), 0, time.monotonic() + 60 * minutes
    torch.manual_seed(1)
    torch.set_num_threads(1)  # so small a model gains nothing from more
    while time.monotonic() < end:
        losses = []
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
            losses.append(loss.item())
        passes += 1
        print(f"pass {passes}, loss {sum(losses) / len(losses):.3f}", flush=True)
    model.eval().save_pretrained(folder)
    (folder / "learnt").mkdir(exist_ok=True)
    lines = (
        json.dumps({"id": str(n), "src": pair[0], "ref": pair[1]}, ensure_ascii=False) + "\n"
        for n, pair in enumerate(learnt)
    )
    (folder / "learnt" / "de-en.jsonl").write_text("".join(lines), encoding="utf-8")


def short_pairs(data: Path, count: int) -> list[tuple[str, str]]:
    """Every so-manieth short pair of the training data."""
    german, english = (
        (data / f"train.{tag}").read_text(encoding="utf-8").splitlines() for tag in ("de", "en")
    )
    short = [
        (one, two)
        for one, two in zip(german, english, strict=True)
        if max(len(one.split()), len(two.split())) <= LONGEST
    ]
    return short[:: max(1, len(short) // count)][:count]


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
    parser.add_argument("--pairs", type=int, default=150)
    parser.add_argument("--minutes", type=float, default=6.0)
    given = parser.parse_args()
    train(given.data, given.folder, given.pairs, given.minutes)


if __name__ == "__main__":
    main()
