"""Sequences through a model, for every neural metric, encoder and back end with weights of its own.

On a processor sequences are batched by **exact length**, so nothing is padded. That saves the
padding, and it makes a result depend on its own text alone: what changes a row of a batch in
floating point is the padded length, not its neighbours. Measured bit for bit on CPU, at fp32 and
bf16, for batches of 12 sub-words and more; smaller ones are filled up by repeating a row
(``FLOOR``). A device where it does not hold is found out by ``depends_on_batch``, and then batches
are fixed by content: formed from one group of texts alone, sorted by length and digest.

A GPU is idle with batches of one length. There sequences are **padded** to the longest of their
batch and fill a budget of sub-words; batches are always fixed by content, and one that the device's
memory does not hold is halved.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from mtbench.checkpoints.tokenization import first_line
from mtbench.errors import Unavailable

log = logging.getLogger(__name__)

Ids = tuple[int, ...]

FLOOR = 16  # sub-words in a batch, at least
BATCH = 16  # sequences in a batch, at most, where the user does not say
BUDGET = 128  # sub-words in a batch, at most, for each sequence it may hold (or one sequence)
DEVICE_BUDGET = 1 << 15  # sub-words in a padded batch, padding included
BUSY = 1 << 13  # sub-words in a padded batch from which on a GPU has enough to do
SHORTER = 0.85  # of the longest: what is shorter leaves a batch that is large enough
# Segments that are scored and kept at a time: some ten seconds' work, and enough to fill a GPU.
KEPT = 32
KEPT_ON_GPU = 1024

T = TypeVar("T")
R = TypeVar("R")

# What torch says where memory runs out, beside its own kind of error for CUDA.
_NO_ROOM = ("out of memory", "can't allocate memory", "CUBLAS_STATUS_ALLOC_FAILED")


def block_on(device: str) -> int:
    """How many segments are scored and kept at a time on a torch device.

    Example:
        >>> block_on("cpu"), block_on("cuda:1")
        (32, 1024)
    """
    return KEPT if device == "cpu" else KEPT_ON_GPU


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
    return within(sorted(sequences, key=lambda ids: (-len(ids), digest(ids))), len, budget)


def within(
    ordered: Iterable[T], length: Callable[[T], int], budget: int | None, most: int | None = None
) -> Iterator[list[T]]:
    """What stands in an order, longest first, cut into batches within a budget.

    A batch that keeps a GPU busy ends early where the next is so much shorter that padding it would
    cost more.

    Args:
        ordered: What to batch, the longest first.
        length: Of one, in sub-words.
        budget: Of sub-words in a batch once all are as long as the longest, or one alone; None
            for no such limit.
        most: How many a batch holds at most.

    Example:
        >>> list(within(["abc", "ab", "a"], len, 6))
        [['abc', 'ab'], ['a']]
    """
    batch: list[T] = []
    for one in ordered:
        longest = length(batch[0]) if batch else 0
        words = len(batch) * longest
        full = len(batch) == most
        if budget is not None:
            wasteful = words >= BUSY and length(one) < SHORTER * longest
            full = full or wasteful or words + longest > budget
        if batch and full:
            yield batch
            batch = []
        batch.append(one)
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
    return to_device(ids, device), to_device(mask, device), len(batch)


def to_device(given: Any, device: Any) -> Any:
    """A tensor of the processor's on a device; for a GPU pinned, so that copying does not wait."""
    import torch

    if torch.device(device).type != "cuda":
        return given.to(device)
    return given.pin_memory().to(device, non_blocking=True)


def ran_out(error: BaseException) -> bool:
    """Whether an error of torch says that memory ran out.

    Example:
        >>> ran_out(RuntimeError("CUDA error: out of memory")), ran_out(RuntimeError("shapes"))
        (True, False)
    """
    import torch

    if isinstance(error, torch.cuda.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _NO_ROOM)


@contextmanager
def fitting_on(device: Any, what: str) -> Iterator[None]:
    """Says of what a device's memory ran out inside.

    Args:
        device: As torch names it.
        what: Did not fit.

    Raises:
        Unavailable: If memory ran out.

    Example:
        >>> with fitting_on("cuda", "COMET"):
        ...     raise RuntimeError("CUDA error: out of memory")
        Traceback (most recent call last):
        mtbench.errors.Unavailable: cuda has too little memory for COMET; ...
    """
    try:
        yield
    except RuntimeError as error:
        if not ran_out(error):
            raise
        smaller = "a smaller checkpoint"
        raise Unavailable(
            f"{device} has too little memory for {what}",
            why=first_line(error),
            hint=smaller if str(device) == "cpu" else f"--device cpu, or {smaller}",
        ) from error


class Fitting:
    """Batches cut to what the device's memory holds.

    Attributes:
        halved: Whether memory ran out, so that batches were halved.
    """

    def __init__(self) -> None:
        self.halved = False
        self._too_many: int | None = None  # sub-words that did not fit

    def run(
        self,
        batch: list[T],
        work: Callable[[list[T]], R],
        length: Callable[[Any], int] = len,
    ) -> Iterator[tuple[list[T], R]]:
        """The batch in as many parts as it takes, each with its result.

        Args:
            batch: The longest first.
            work: Results of a part.
            length: Of one of it, in sub-words.

        Raises:
            RuntimeError: If not even one sequence fits; torch's, see ``ran_out``.
        """
        words = len(batch) * length(batch[0])
        if len(batch) == 1 or self._too_many is None or words < self._too_many:
            try:
                yield batch, work(batch)
                return
            except RuntimeError as error:
                if len(batch) == 1 or not ran_out(error):
                    raise
            # Only here has the error gone, and with it what its frames held of the memory.
            _free()
            if not self.halved:
                log.warning("the device's memory does not hold a batch of %d: halved", len(batch))
            self.halved = True
            self._too_many = min(words, self._too_many or words)
        half = len(batch) // 2
        yield from self.run(batch[:half], work, length)
        yield from self.run(batch[half:], work, length)


def _free() -> None:
    import torch

    torch.cuda.empty_cache()  # does nothing where no CUDA device is in use


class Feed:
    """How sequences go through a model on one device.

    Args:
        device: As torch names it.
        name: Of what the model is, for messages.
        size: Sequences in a batch, at most; None for the usual number.
        by_content: Whether a result may depend on its batch, so that batches must follow from
            content alone; always so on a GPU. The user's size would be part of the content.
        padded: Whether batches are padded and fill a budget of sub-words on a processor, too: for
            models that do as much for a batch of one as for a full one.

    Attributes:
        padded: Whether batches are padded and fill a budget of sub-words.
        by_content: Whether batches are fixed by content.
        fitting: Cuts batches to what the device's memory holds.

    Example:
        >>> feed = Feed("cpu", "an encoder", size=2)
        >>> [batch for batch, _ in feed.run([(1, 2), (3, 4), (5,)], len)]
        [[(1, 2), (3, 4)], [(5,)]]
    """

    def __init__(
        self,
        device: Any,
        name: str,
        *,
        size: int | None = None,
        by_content: bool = False,
        padded: bool = False,
    ) -> None:
        on_gpu = str(device).startswith("cuda")
        self.padded = on_gpu or padded
        self.by_content = self.padded or by_content
        self.fitting = Fitting()
        self._device, self._name = str(device), name
        self._size = BATCH if size is None or self.by_content else size
        self._budget = DEVICE_BUDGET if on_gpu else BATCH * BUDGET

    def run(
        self, sequences: Iterable[Ids], work: Callable[[list[Ids]], R]
    ) -> Iterator[tuple[list[Ids], R]]:
        """Batches of different sequences, each with its result.

        Raises:
            Unavailable: If the device's memory does not hold one sequence alone.
        """
        if self.padded:
            whole = padded_batches(sequences, self._budget)
        else:
            whole = batches(sequences, self._size)
        for one in whole:
            with fitting_on(self._device, f"{self._name} and a single text"):
                yield from self.fitting.run(one, work)

    def said(self) -> str | None:
        """How batches were fixed, for notes; None where they do not matter."""
        fixed = "fixed by content" if self.by_content else None
        if not self.fitting.halved:
            return fixed
        return f"{fixed or 'of one length'}, and halved where the device's memory ran out"


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
