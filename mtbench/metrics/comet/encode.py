"""The inference loop: texts to sub-words, sub-words to batches of one length, batches to results.

Sequences are batched by **exact length**, so nothing is padded. That saves the padding, and it
makes a result depend on its own text alone: what changes a row of a batch in floating point is
the padded length, not its neighbours. Measured bit for bit on CPU, at fp32 and bf16, for batches
of 12 sub-words and more; smaller ones are filled up by repeating a row (``FLOOR``). A device
where it does not hold is found out by ``depends_on_batch``, and then batches are fixed by content:
formed from one group of texts alone, sorted by length and digest.

A GPU is idle with batches of one length. There sequences are **padded** to the longest of their
batch and fill a budget of sub-words; batches are always fixed by content, and one that the device's
memory does not hold is halved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from mtbench.metrics.comet.words import Ids

FLOOR = 16  # sub-words in a batch, at least
BATCH = 16  # sequences in a batch, at most, where the user does not say
BUDGET = 128  # sub-words in a batch, at most, for each sequence it may hold (or one sequence)
DEVICE_BUDGET = 1 << 15  # sub-words in a padded batch, padding included
ROWS = 32  # rows given to a head at once, always: its result depends on their number

R = TypeVar("R")

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


def padded_batches(sequences: Iterable[Ids], budget: int = DEVICE_BUDGET) -> Iterator[list[Ids]]:
    """Sequences of like lengths together, longest first, in an order fixed by content.

    Args:
        sequences: Different sequences.
        budget: Sub-words in a batch, at most, once all are as long as the longest; or one sequence.

    Example:
        >>> list(padded_batches([(1, 2, 3), (1, 2), (4,)], budget=6))
        [[(1, 2, 3), (1, 2)], [(4,)]]
    """
    batch: list[Ids] = []
    for ids in sorted(sequences, key=lambda ids: (-len(ids), digest(ids))):
        if batch and (len(batch) + 1) * len(batch[0]) > budget:
            yield batch
            batch = []
        batch.append(ids)
    if batch:
        yield batch


def tensors(batch: Sequence[Ids], device: Any, pad: int = 0) -> tuple[Any, Any, int]:
    """A batch as tensors, filled up to ``FLOOR`` sub-words with rows like its first.

    Args:
        batch: Sequences, the longest first.
        device: Where the tensors go.
        pad: Fills up shorter sequences.

    Returns:
        Ids and mask of shape (rows, length), and how many of the rows are the batch's own.
    """
    import torch

    length = len(batch[0])
    rows = list(batch)
    while len(rows) * length < FLOOR:
        rows.append(batch[0])
    ids = torch.tensor([(*row, *(pad,) * (length - len(row))) for row in rows], dtype=torch.long)
    lengths = torch.tensor([len(row) for row in rows])
    mask = (torch.arange(length) < lengths[:, None]).long()
    if torch.device(device).type == "cuda":  # pinned, so that copying does not wait
        ids, mask = ids.pin_memory(), mask.pin_memory()
    return (
        ids.to(device, non_blocking=True),
        mask.to(device, non_blocking=True),
        len(batch),
    )


class Fitting:
    """Batches cut to what the device's memory holds.

    Attributes:
        halved: Whether memory ran out, so that batches were halved.
    """

    def __init__(self) -> None:
        self.halved = False
        self._too_many: int | None = None  # sub-words that did not fit

    def run(
        self, batch: list[Ids], work: Callable[[list[Ids]], R]
    ) -> Iterator[tuple[list[Ids], R]]:
        """The batch in as many parts as it takes, each with its result.

        Raises:
            RuntimeError: If not even one sequence fits.
        """
        import torch

        words = len(batch) * len(batch[0])
        if len(batch) == 1 or self._too_many is None or words < self._too_many:
            try:
                yield batch, work(batch)
                return
            except torch.cuda.OutOfMemoryError:
                if len(batch) == 1:
                    raise
                torch.cuda.empty_cache()
                self.halved, self._too_many = True, words
        half = len(batch) // 2
        yield from self.run(batch[:half], work)
        yield from self.run(batch[half:], work)


@contextmanager
def arithmetic(precision: str) -> Iterator[None]:
    """Matrix products of single precision in TF32 where that is asked for, and only there."""
    import torch

    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before


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
