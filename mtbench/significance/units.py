"""What is resampled: segments or documents, and sums of statistics over them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Units = Sequence[int] | NDArray[np.int64]

RELIABLE_UNITS = 30


def unit_sums(rows: Array, units: Units | None = None) -> Array:
    """Sums of statistics over units.

    Args:
        rows: Array of shape (n, k), one row per segment.
        units: For each segment, an integer that names its unit; None where each is its own.

    Returns:
        Array of shape (u, k), in ascending order of the units' integers.

    Raises:
        ValueError: If shapes do not agree or there is nothing.
    """
    rows = np.asarray(rows)
    if rows.ndim != 2 or not len(rows):
        raise ValueError(f"statistics are of shape (n, k) with n > 0, not {rows.shape}")
    if units is None:
        return np.asarray(rows, dtype=np.float64)
    if len(units) != len(rows):
        raise ValueError(f"{len(units)} unit labels against {len(rows)} rows")
    names, index = np.unique(np.asarray(units, dtype=np.int64), return_inverse=True)
    sums = [np.bincount(index, weights=column, minlength=len(names)) for column in rows.T]
    return np.stack(sums, axis=1)


def exact(rows: Array) -> Array:
    """Rows rounded so that sums of them are exact in whatever order they are taken.

    Every entry becomes a multiple of a power of two that is fine enough to lose nothing that
    shows (2⁻⁴² for 2,000 scores below 1) and coarse enough that no sum of n entries, repeats
    allowed, needs more than 53 bits. So results do not depend on the chunk, on the number of
    threads or on the order of systems. Counts stay as they are.

    Args:
        rows: Array of shape (u, k).

    Raises:
        ValueError: If an entry is not finite.
    """
    if not np.isfinite(rows).all():
        raise ValueError("statistics that are not finite")
    rounded = np.empty(rows.shape)
    for column, out in zip(rows.T, rounded.T, strict=True):  # a copy of all would be large
        largest = np.abs(column).max(initial=0.0) * len(rows)
        bits = np.ceil(np.log2(largest)) if largest > 0 else 0.0
        scale = np.exp2(np.clip(52.0 - bits, -1000.0, 1000.0))
        np.rint(column * scale, out=out)
        out /= scale
    return rounded
