"""AutoRank: one number over several metrics, by which WMT25 chose the systems for human judgement.

Kocmi et al. 2025, "Preliminary Ranking of WMT25 General Machine Translation Systems".
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mtbench.significance.draws import multinomial_counts
from mtbench.significance.units import Array, Units, unit_sums

_FLAT = 1e-12  # a spread of scores that is none


def autorank(means: Mapping[str, Array], higher_is_better: Mapping[str, bool]) -> Array:
    """AutoRank of systems: 1 for the best, their number for the worst.

    Each metric is turned to higher-is-better and scaled robustly over the systems:
    ``(x − median) / (P100 − P25)``, P25 by linear interpolation. The mean over the metrics is
    mapped linearly, best to 1 and worst to N. It depends on who takes part.

    Args:
        means: Metric → array of shape (..., systems): each system's mean over segments.
        higher_is_better: Metric → direction.

    Returns:
        Array of shape (..., systems); ties share a value, and all are 1 where all are equal.

    Example:
        >>> autorank({"a": np.array([3.0, 2.0, 1.0])}, {"a": True}).tolist()
        [1.0, 2.0, 3.0]
    """
    scaled = []
    for name, values in means.items():
        x = values if higher_is_better[name] else -values
        spread = x.max(axis=-1, keepdims=True) - np.percentile(x, 25, axis=-1, keepdims=True)
        scaled.append((x - np.median(x, axis=-1, keepdims=True)) / np.maximum(spread, _FLAT))
    z = np.mean(scaled, axis=0)
    best, worst = z.max(axis=-1, keepdims=True), z.min(axis=-1, keepdims=True)
    share = (best - z) / np.where(best - worst > _FLAT, best - worst, np.inf)
    return np.asarray(1.0 + share * (z.shape[-1] - 1), dtype=np.float64)


def autorank_intervals(
    scores: Mapping[str, Array],
    higher_is_better: Mapping[str, bool],
    *,
    resamples: int,
    seed: int,
    units: Units | None = None,
    level: float = 0.95,
) -> tuple[Array, Array]:
    """Percentile bootstrap intervals of AutoRank, the same units drawn for all systems.

    Args:
        scores: Metric → array of shape (systems, n): segment scores.
        higher_is_better: Metric → direction.
        resamples: Number of resamples.
        seed: Of the draws.
        units: For each segment, an integer that names its document; None for segments.
        level: Nominal coverage.

    Returns:
        Low and high ends, each of shape (systems,).
    """
    sums = {name: unit_sums(values.T, units) for name, values in scores.items()}
    some = next(iter(scores.values()))
    sizes = unit_sums(np.ones((some.shape[1], 1)), units)
    drawn = []
    for counts in multinomial_counts(len(sizes), resamples, seed):
        means = {name: (counts @ values) / (counts @ sizes) for name, values in sums.items()}
        drawn.append(autorank(means, higher_is_better))
    tails = 50.0 * (1.0 - level)
    low, high = np.percentile(np.concatenate(drawn), [tails, 100.0 - tails], axis=0)
    return low, high
