"""Random draws for resampling: the same for a seed whatever the chunk, the machine or the release.

Numbers come from the raw stream of a PCG64 bit generator, which numpy keeps stable between
releases (its ``Generator`` methods it does not), and are turned into indexes and masks here.
Resample ``i`` always reads the same stretch of the stream, so neither the size of a chunk nor
how many resamples are asked for changes it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mtbench.errors import RequestError

Array = NDArray[np.float64]

# Streams of one seed that must not overlap.
BOOTSTRAP, RANDOMIZATION, PERMUTATION = 1, 2, 3

ROW_BY_ROW = 4096  # units; of more, each resample is counted by itself, which stays in cache
CHUNK = 1 << 21  # entries of a chunk's matrix: 16 MB as float64


def stream(seed: int, purpose: int) -> np.random.PCG64:
    """The bit stream of a seed for one purpose.

    Args:
        seed: Any integer from 0 on; 0 is a seed like any other.
        purpose: ``BOOTSTRAP``, ``RANDOMIZATION`` or ``PERMUTATION``.

    Raises:
        RequestError: If the seed is negative.
    """
    if seed < 0:
        raise RequestError(f"a seed is an integer from 0 on, not {seed}")
    return np.random.PCG64(np.random.SeedSequence([seed, purpose]))


def chunk_sizes(resamples: int, units: int, entries: int = CHUNK) -> Iterator[int]:
    """Sizes of chunks that keep memory flat: resamples × units of a chunk ≤ ``entries``."""
    size = max(1, entries // max(1, units))
    for start in range(0, resamples, size):
        yield min(size, resamples - start)


def indexes(bits: np.random.PCG64, resamples: int, units: int) -> NDArray[np.int64]:
    """Uniform indexes below ``units``: shape (resamples, units).

    A 32-bit number times ``units``, shifted: off from uniform by a share of units / 2³².
    """
    words = (units + 1) // 2
    raw = np.asarray(bits.random_raw(resamples * words), dtype=np.uint64).reshape(resamples, words)
    # The lower half of a word comes first, on whatever machine.
    drawn = raw.astype("<u8", copy=False).view("<u4").astype(np.uint64)
    drawn *= np.uint64(units)
    drawn >>= np.uint64(32)
    return drawn.view(np.int64)[:, :units]


def multinomial_counts(
    units: int, resamples: int, seed: int, *, entries: int = CHUNK
) -> Iterator[Array]:
    """How often each unit is drawn, for resamples of size ``units`` with replacement.

    Args:
        units: Number of units.
        resamples: Number of resamples in all.
        seed: Of the stream.
        entries: Largest number of entries of a chunk.

    Yields:
        Arrays of shape (chunk, units); each row sums to ``units``.
    """
    bits = stream(seed, BOOTSTRAP)
    for size in chunk_sizes(resamples, units, entries):
        if units > ROW_BY_ROW:
            counts = np.empty((size, units))
            for row in counts:
                row[:] = np.bincount(indexes(bits, 1, units)[0], minlength=units)
            yield counts
            continue
        flat = indexes(bits, size, units)
        flat += np.arange(size, dtype=np.int64)[:, None] * units
        tally = np.bincount(flat.ravel(), minlength=size * units)
        yield tally.reshape(size, units).astype(np.float64)


def swap_masks(
    units: int, resamples: int, seed: int, *, entries: int = CHUNK
) -> Iterator[NDArray[np.uint8]]:
    """Fair coins, one a unit: 1 where the two systems' rows are swapped.

    Args:
        units: Number of units.
        resamples: Number of masks in all.
        seed: Of the stream.
        entries: Largest number of entries of a chunk.

    Yields:
        Arrays of 0 and 1 of shape (chunk, units).
    """
    bits = stream(seed, RANDOMIZATION)
    words = (units + 63) // 64
    for size in chunk_sizes(resamples, units, entries):
        raw = np.asarray(bits.random_raw(size * words), dtype="<u8").reshape(size, words)
        yield np.unpackbits(raw.view(np.uint8), axis=1, bitorder="little")[:, :units]


def all_masks(units: int, *, entries: int = CHUNK) -> Iterator[NDArray[np.uint8]]:
    """Every mask whose first unit is not swapped: the others are their mirror images.

    Args:
        units: Number of units, small.
        entries: Largest number of entries of a chunk.

    Yields:
        Arrays of 0 and 1 of shape (chunk, units), 2 ** (units - 1) rows in all.
    """
    start = 0
    for size in chunk_sizes(1 << (units - 1), units, entries):
        number = np.arange(start, start + size, dtype=np.int64)[:, None]
        start += size
        yield ((number << 1 >> np.arange(units, dtype=np.int64)) & 1).astype(np.uint8)
