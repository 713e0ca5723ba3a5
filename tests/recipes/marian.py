"""A MarianMT model really trained, for measurements that random weights cannot give.

    python -m tests.recipes.marian german/train.de german/train.en FOLDER --direction de-en
    python -m tests.recipes.marian SOURCES REFERENCES FOLDER --direction de-fr --base \\
        --pairs 160 --longest 60 --minutes 30

The first two are files of one segment per line (``tests/recipes/german.py data`` makes a pair). The
model has 2 layers, 128 dimensions and some 3,000 sub-words, or with ``--base`` the shape of
opus-mt-base. It learns some segments nearly by heart. It is no translator; but its outputs end by
themselves where real ones do, and on what it has learnt its choices are as sharp as trained
weights make them. What it was taught is written beside it, as ``learnt/SRC-TGT.jsonl``.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtbench.checkpoints.tokenization import quiet
from mtbench.languages import LanguagePair
from tests.support.tiny_marian import BASE, Shape, make_marian


@dataclass(frozen=True)
class Plan:
    """How a shape is trained.

    Attributes:
        shape: Size of the model.
        pieces: Sub-words a side, at most.
        tokens: Sub-words of a batch, padding included.
        rate: Highest learning rate.
        warm_up: Steps until it is reached.
        half: Whether products are computed in bfloat16, three times as fast where there is
            ``avx512_bf16``.
        hidden: Whether words of the output so far are hidden at random. Else a large model learns
            so few segments as it would a language, by their beginnings, whatever the source.
    """

    shape: Shape
    pieces: int
    tokens: int
    rate: float
    warm_up: int
    half: bool
    hidden: bool


SMALL_PLAN = Plan(
    shape=Shape(width=128, feed_forward=512, layers=2, heads=4, vocabulary=3200),
    pieces=1500,
    tokens=1500,
    rate=3e-3,
    warm_up=40,
    half=False,
    hidden=False,
)
BASE_PLAN = Plan(
    shape=BASE, pieces=6000, tokens=600, rate=5e-4, warm_up=150, half=True, hidden=True
)
SMOOTHING = 0.1  # of labels, as Marian trains


def batches(
    rows: Sequence[tuple[list[int], list[int]]], tokens: int, draw: random.Random
) -> Iterator[list[tuple[list[int], list[int]]]]:
    """One pass over the pairs: those of like length together, batches in random order."""
    ordered = sorted(rows, key=lambda row: (max(map(len, row)), draw.random()))
    found: list[list[tuple[list[int], list[int]]]] = [[]]
    for row in ordered:
        if (len(found[-1]) + 1) * max(map(len, row)) > tokens and found[-1]:
            found.append([])
        found[-1].append(row)
    draw.shuffle(found)
    yield from found


def train(
    pairs: Sequence[tuple[str, str]],
    folder: Path,
    direction: LanguagePair,
    plan: Plan,
    minutes: float,
) -> None:
    """Makes the checkpoint and trains it for so long."""
    import torch
    from transformers import MarianMTModel, MarianTokenizer

    sides = (tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs))
    make_marian(
        folder,
        shape=plan.shape,
        source=direction.source,
        target=direction.target,
        steps=0,
        lines=sides,
        pieces_a_side=plan.pieces,
    )
    with quiet():
        tokenizer = MarianTokenizer.from_pretrained(folder, local_files_only=True)
        model = MarianMTModel.from_pretrained(folder, local_files_only=True).train()
    coded = tokenizer(list(sides[0]), text_target=list(sides[1]))
    rows = list(zip(coded["input_ids"], coded["labels"], strict=True))
    pad = tokenizer.pad_token_id
    optimizer = torch.optim.Adam(model.parameters(), lr=plan.rate, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda n: min((n + 1) / plan.warm_up, (plan.warm_up / (n + 1)) ** 0.5)
    )
    loss_of = torch.nn.CrossEntropyLoss(ignore_index=-100, label_smoothing=SMOOTHING)
    draw, passes, end = random.Random(1), 0, time.monotonic() + 60 * minutes
    torch.manual_seed(1)
    while time.monotonic() < end:
        losses = []
        for batch in batches(rows, plan.tokens, draw):
            sources, mask = _padded([source for source, _ in batch], pad)
            labels, _ = _padded([target for _, target in batch], -100)
            begun = torch.full_like(labels, pad)
            begun[:, 1:] = labels[:, :-1].where(labels[:, :-1] != -100, pad)
            if plan.hidden:
                share = torch.rand(len(batch), 1)
                begun[:, 1:][torch.rand(begun[:, 1:].shape) < share] = tokenizer.unk_token_id
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=plan.half):
                logits = model(
                    input_ids=sources, attention_mask=mask, decoder_input_ids=begun
                ).logits
            loss = loss_of(logits.float().flatten(0, 1), labels.flatten())
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
    _write_learnt(pairs, folder, direction)


def _write_learnt(pairs: Sequence[tuple[str, str]], folder: Path, direction: LanguagePair) -> None:
    learnt = folder / "learnt" / f"{direction}.jsonl"
    learnt.parent.mkdir(exist_ok=True)
    lines = (
        json.dumps({"id": str(n), "src": pair[0], "ref": pair[1]}, ensure_ascii=False) + "\n"
        for n, pair in enumerate(pairs)
    )
    learnt.write_text("".join(lines), encoding="utf-8")


def chosen(sources: Path, references: Path, count: int, longest: int) -> list[tuple[str, str]]:
    """Every so-manieth pair of at most so many words a side."""
    lines = (path.read_text(encoding="utf-8").splitlines() for path in (sources, references))
    short = [
        (one, two)
        for one, two in zip(*lines, strict=True)
        if min(len(one.split()), len(two.split())) > 0
        and max(len(one.split()), len(two.split())) <= longest
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
    parser.add_argument("sources", type=Path)
    parser.add_argument("references", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--direction", required=True)
    parser.add_argument("--base", action="store_true", help="the shape of opus-mt-base")
    parser.add_argument("--pairs", type=int, default=150)
    parser.add_argument("--longest", type=int, default=12, help="words of a segment")
    parser.add_argument("--minutes", type=float, default=6.0)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    import torch

    torch.set_num_threads(given.threads)
    pairs = chosen(given.sources, given.references, given.pairs, given.longest)
    plan = BASE_PLAN if given.base else SMALL_PLAN
    train(pairs, given.folder, LanguagePair.parse(given.direction), plan, given.minutes)


if __name__ == "__main__":
    main()
