"""Intervals around a system score by the percentile bootstrap (Efron 1979; Koehn 2004)."""

from __future__ import annotations

import functools
import hashlib
import os
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from mtbench.errors import MetricError
from mtbench.significance.draws import CHUNK, multinomial_counts
from mtbench.significance.units import RELIABLE_UNITS, Array, Units, exact, unit_sums
from mtbench.types import Interval

Pool = Callable[[Array], Array]

RESAMPLES = 1000
KEPT_ENTRIES = 1 << 31  # units times resamples whose draws are kept: 2 GB of disk at most
_BYTE = 255
LARGE_CHUNK = 1 << 22  # entries of a chunk where units are many: 32 MB


def bootstrap_interval(
    rows: Array,
    pool: Pool,
    *,
    resamples: int = RESAMPLES,
    seed: int,
    units: Units | None = None,
    level: float = 0.95,
) -> Interval:
    """The percentile bootstrap interval of a system score.

    Segments, or documents where ``units`` are given, are drawn with replacement, as many as
    there are; their statistics are summed and pooled again. The same seed draws the same
    units for every system of a test set.

    Args:
        rows: Array of shape (n, k), one row per segment.
        pool: Totals of shape (..., k) → scores of shape (...).
        resamples: Number of resamples.
        seed: Of the draws, from 0 on.
        units: For each segment, an integer that names its document; None for segments.
        level: Nominal coverage.

    Raises:
        MetricError: If ``pool`` gives something that is no number.
        RequestError: If the seed is negative.
        ValueError: If shapes do not agree, or for fewer than one resample.
    """
    sums = exact(unit_sums(rows, units))
    scores = bootstrap_scores({"": sums}, pool, resamples=resamples, seed=seed)[""]
    low, high = percentiles(scores, level)
    return Interval(
        low=low,
        high=high,
        level=level,
        resamples=resamples,
        seed=seed,
        unit="segment" if units is None else "document",
        units=len(sums),
        reliable=len(sums) >= RELIABLE_UNITS,
        basis=interval_basis(rows, units),
    )


def interval_basis(rows: Array, units: Units | None = None) -> str:
    """Sixteen hex digits of what an interval is drawn from: statistics, and units where given.

    Args:
        rows: Array of shape (n, k), one row per segment.
        units: For each segment, an integer that names its document; None for segments.

    Example:
        >>> interval_basis(np.array([[1.0, 2.0]])) == interval_basis(np.array([[1.0, 3.0]]))
        False
    """
    found = hashlib.sha256(str(rows.shape).encode())
    found.update(np.ascontiguousarray(rows, dtype="<f8").data)
    if units is not None:
        found.update(np.asarray(units, dtype="<i8").tobytes())
    return found.hexdigest()[:16]


def bootstrap_scores(
    systems: Mapping[str, Array],
    pool: Pool,
    *,
    resamples: int,
    seed: int,
    entries: int | None = None,
) -> dict[str, Array]:
    """Pooled scores of bootstrap resamples, the same units being drawn for every system.

    Args:
        systems: System → array of shape (u, k): statistics of each unit.
        pool: Totals of shape (..., k) → scores of shape (...).
        resamples: Number of resamples.
        seed: Of the draws.
        entries: Largest number of entries of a chunk, where not the default; changes nothing
            but memory.

    Returns:
        System → scores of shape (resamples,).
    """
    if resamples < 1:
        raise ValueError(f"{resamples} resamples")
    (units,) = {len(sums) for sums in systems.values()}
    parts: dict[str, list[Array]] = {name: [] for name in systems}
    for counts in _drawn(units, resamples, seed, entries):
        for name, sums in systems.items():
            parts[name].append(pooled(pool, counts @ sums))
    return {name: np.concatenate(part) for name, part in parts.items()}


def _drawn(units: int, resamples: int, seed: int, entries: int | None) -> Iterator[Array]:
    """How often each unit is drawn, in chunks; drawn once for all metrics and systems of a call."""
    large = entries is not None or units * resamples > KEPT_ENTRIES
    kept = None if large else _kept(units, resamples, seed)
    if kept is None:
        yield from multinomial_counts(units, resamples, seed, entries=entries or LARGE_CHUNK)
        return
    size = max(1, CHUNK // units)
    for start in range(0, resamples, size):
        yield kept.rows(start, min(size, resamples - start)).astype(np.float64)


class _Kept:
    """Draws in a file without a name, a byte for each unit; it goes with the object.

    Args:
        units: Number of units.
    """

    def __init__(self, units: int) -> None:
        self._units = units
        with tempfile.TemporaryFile() as file:
            self._number = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._number)

    def append(self, counts: Array) -> None:
        """Writes rows behind those that are there."""
        left = memoryview(counts.astype(np.uint8).tobytes())
        while left:
            left = left[os.write(self._number, left) :]

    def rows(self, start: int, count: int) -> NDArray[np.uint8]:
        """Some rows: array of shape (count, units)."""
        content = os.pread(self._number, count * self._units, start * self._units)
        return np.frombuffer(content, np.uint8).reshape(count, self._units)


@functools.lru_cache(maxsize=1)
def _kept(units: int, resamples: int, seed: int) -> _Kept | None:
    """All draws, which take several times as long to make as to read; None where there is no room.

    Every score of a call is resampled by the same ones.
    """
    try:
        found = _Kept(units)
        for counts in multinomial_counts(units, resamples, seed, entries=LARGE_CHUNK):
            if counts.max() > _BYTE:
                return None
            found.append(counts)
    except OSError:
        return None
    return found


def pooled(pool: Pool, totals: Array) -> Array:
    """Scores of totals: (..., k) → (...).

    Raises:
        MetricError: If the metric gives another shape or something that is no number.
    """
    scores = np.asarray(pool(totals), dtype=np.float64)
    if scores.shape != totals.shape[:-1] or not np.isfinite(scores).all():
        raise MetricError(
            "a metric's pool() gave no finite score for a resample",
            why=f"totals of shape {totals.shape} gave shape {scores.shape}",
        )
    return scores


def percentiles(values: Array, level: float) -> tuple[float, float]:
    """The two ends between which the middle share ``level`` of the values lies."""
    if not 0 < level < 1:
        raise ValueError(f"a level lies between 0 and 1, not at {level}")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
