"""The inference loop: texts to sub-words, sub-words to batches of one length, batches to results.

Sequences are batched by **exact length**, so nothing is padded. That saves the padding, and it
makes a result depend on its own text alone: what changes a row of a batch in floating point is
the padded length, not its neighbours. Measured bit for bit on CPU, at fp32 and bf16, for batches
of 12 sub-words and more; smaller ones are filled up by repeating a row (``FLOOR``). A device
where it does not hold is found out by ``depends_on_batch``, and then batches are fixed by content:
formed from one group of texts alone, sorted by length and digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from mtbench.metrics.comet.words import Ids

FLOOR = 16  # sub-words in a batch, at least
BATCH = 16  # sequences in a batch, at most, where the user does not say
BUDGET = 128  # sub-words in a batch, at most, for each sequence it may hold (or one sequence)
ROWS = 32  # rows given to a head at once, always: its result depends on their number

DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}


def digest(ids: Ids) -> bytes:
    """Digest of a sequence of sub-words."""
    return hashlib.sha256(",".join(map(str, ids)).encode("ascii")).digest()


def group_digest(group: Iterable[Ids]) -> bytes:
    """Digest of a group of sequences, whatever their order."""
    return hashlib.sha256(b"".join(sorted(digest(ids) for ids in group))).digest()


def batches(sequences: Iterable[Ids], size: int) -> Iterator[list[Ids]]:
    """Sequences of one length together, longest first, in an order fixed by content.

    Longest first, so that a machine too small for the longest batch says so at once.

    Args:
        sequences: Different sequences.
        size: Sequences in a batch, at most; ``BUDGET`` times as many sub-words.
    """
    ordered = sorted(sequences, key=lambda ids: (-len(ids), digest(ids)))
    batch: list[Ids] = []
    for ids in ordered:
        full = len(batch) >= size or (len(batch) + 1) * len(ids) > BUDGET * size
        if batch and (len(batch[0]) != len(ids) or full):
            yield batch
            batch = []
        batch.append(ids)
    if batch:
        yield batch


def tensors(batch: Sequence[Ids], device: Any) -> tuple[Any, int]:
    """A batch of sequences of one length as a tensor, filled up to ``FLOOR`` sub-words.

    Returns:
        Tensor of shape (rows, length), and how many of its rows are the batch's own.
    """
    import torch

    length = len(batch[0])
    rows = list(batch)
    while len(rows) * length < FLOOR:
        rows.append(batch[0])
    return torch.tensor(rows, dtype=torch.long, device=device), len(batch)


def by_rows(head: Callable[..., Any], *sides: Any) -> Any:
    """What a head says of rows, given to it in blocks of exactly ``ROWS``.

    Args:
        head: From tensors of shape (ROWS, …) to one of ROWS elements.
        sides: Tensors of shape (n, …), of one n.

    Returns:
        Tensor of shape (n,).
    """
    import torch

    found = []
    for start in range(0, len(sides[0]), ROWS):
        block = [side[start : start + ROWS] for side in sides]
        own = len(block[0])
        filled = [side.new_zeros((ROWS, *side.shape[1:])) for side in block]
        for target, side in zip(filled, block, strict=True):
            target[:own] = side
        found.append(head(*filled).view(-1)[:own])
    return torch.cat(found)


def depends_on_batch(run: Callable[[Sequence[Ids]], Any], vocabulary: int) -> bool:
    """Whether a sequence's result changes with its neighbours, on this device and precision.

    Compared bit for bit at three lengths: alone, among eight, in another place.

    Args:
        run: Results for sequences of one length: a tensor of shape (n, …).
        vocabulary: Ids below this may be used.
    """
    import torch

    for length in (11, 24, 48):
        probe = [
            tuple((7 + 131 * row + 17 * at) % max(vocabulary - 8, 1) + 4 for at in range(length))
            for row in range(8)
        ]
        together = run(probe)
        if not torch.equal(run(probe[:1]), together[:1]):
            return True
        if not torch.equal(run([*probe[3:], *probe[:3]]), together.roll(-3, dims=0)):
            return True
    return False
