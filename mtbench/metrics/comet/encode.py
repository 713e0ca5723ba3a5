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
from dataclasses import dataclass
from typing import Any

Ids = tuple[int, ...]

FLOOR = 16  # sub-words in a batch, at least
BATCH = 16  # sequences in a batch, at most, where the user does not say
BUDGET = 128  # sub-words in a batch, at most, for each sequence it may hold (or one sequence)
ROWS = 32  # rows given to a head at once, always: its result depends on their number

DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}


@dataclass(frozen=True)
class Tokenized:
    """Sub-words of texts.

    Attributes:
        ids: For each text its sub-words, special ones included.
        offsets: For each text the character span of each sub-word, where asked for.
        cut: For each text, whether some of it had to be cut off.
    """

    ids: list[Ids]
    offsets: list[list[tuple[int, int]]]
    cut: list[bool]


def tokenize(model: Any, texts: Sequence[str], *, offsets: bool) -> Tokenized:
    """Sub-words as COMET makes them: cut at its encoder's positions less two."""
    found = Tokenized([], [], [])
    for start in range(0, len(texts), 1024):
        encoded = model.encoder.tokenizer(
            list(texts[start : start + 1024]), truncation=True, max_length=limit(model)
        )
        for one in encoded.encodings:
            found.ids.append(tuple(one.ids))
            if offsets:
                found.offsets.append(one.offsets)
            found.cut.append(bool(one.overflowing))
    return found


def limit(model: Any) -> int:
    """How many sub-words of a text COMET reads, special ones included."""
    return int(model.encoder.max_positions) - 2


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


def prepare_model(model: Any, precision: str, device: Any) -> None:
    """Puts the encoder into a precision, and what stands on it into single precision.

    Over 99 % of the time goes into the encoder, so the small heads keep fp32; the encoder's
    hidden states are given to them as fp32.
    """
    import torch

    model.to(device)
    if precision == "fp32":
        return
    model.encoder.to(getattr(torch, DTYPES[precision]))

    def single(_module: Any, _args: Any, output: dict[str, Any]) -> dict[str, Any]:
        return {key: _as_float(value) for key, value in output.items()}

    model.encoder.register_forward_hook(single)


def _as_float(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return tuple(_as_float(one) for one in value)
    if hasattr(value, "is_floating_point") and value.is_floating_point():
        return value.float()
    return value


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
