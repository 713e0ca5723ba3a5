"""Do two metrics differ in their agreement with people, or is it chance?

PERM-BOTH of Deutsch, Dror & Roth (2021), "A Statistical Analysis of Summarization Evaluation
Metrics Using Resampling Methods", TACL: the two metrics' scores, each brought to mean 0 and
deviation 1, change places by a fair coin in each row (segment × system), and the statistic is
computed again. For accuracy with ties the outcomes of pairs change places, ε staying fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from mtbench.significance.draws import swap_masks

Array = NDArray[np.float64]
Agreement = Callable[[Array], Array]
"""Grids of shape (r, s, n) → a value for each: shape (r,)."""


def standardized(scores: Array) -> Array:
    """Scores with mean 0 and standard deviation 1; a constant becomes 0.

    Args:
        scores: Array of any shape, NaN where there is none.

    Example:
        >>> [float(v) for v in standardized(np.array([1.0, 3.0]))]
        [-1.0, 1.0]
    """
    spread = float(np.nanstd(scores))
    centred = scores - np.nanmean(scores)
    return np.asarray(centred / spread if spread > 0 else centred * 0.0)


def swapped_p(
    first: Array, second: Array, agreement: Agreement, *, permutations: int, seed: int
) -> float:
    """Two-sided p-value of the difference of two metrics' agreement with people.

    Args:
        first: Array of shape (s, n), one metric's scores.
        second: Array of the same shape, the other's.
        agreement: The statistic.
        permutations: How many times the scores change places.
        seed: Of the coins.

    Returns:
        (c + 1) / (R + 1) with c permutations at least as far apart; 1 for a metric and its copy.
    """
    ours, theirs = standardized(first), standardized(second)
    observed = abs(_difference(ours[None], theirs[None], agreement)[0])
    extreme = 0
    for coins in _coins(ours.shape, permutations, seed):
        one, other = np.where(coins, theirs, ours), np.where(coins, ours, theirs)
        drawn = np.abs(_difference(one, other, agreement))
        extreme += int((drawn >= observed - 1e-9).sum())
    return (extreme + 1) / (permutations + 1)


def _difference(one: Array, other: Array, agreement: Agreement) -> Array:
    # A statistic that a permutation makes undefined (a constant side) is no evidence.
    return np.nan_to_num(agreement(one)) - np.nan_to_num(agreement(other))


def _coins(shape: tuple[int, ...], permutations: int, seed: int) -> Iterator[NDArray[np.bool_]]:
    size = int(np.prod(shape))
    for masks in swap_masks(size, permutations, seed):
        yield masks.reshape(-1, *shape).astype(bool)


def outcomes_p(first: Array, second: Array, *, permutations: int, seed: int) -> float:
    """Two-sided p-value where each metric's pairs are right or wrong already.

    Args:
        first: Array of shape (p,), each pair's weighted outcome under one metric.
        second: Array of shape (p,), under the other.
        permutations: How many times outcomes change places.
        seed: Of the coins.
    """
    deltas = first - second
    observed = abs(float(deltas.sum()))
    changing = np.flatnonzero(deltas)
    if not len(changing):
        return 1.0
    deltas = deltas[changing]
    extreme = 0
    for masks in swap_masks(len(deltas), permutations, seed):
        drawn = deltas.sum() - 2 * (masks.astype(np.float64) @ deltas)
        extreme += int((np.abs(drawn) >= observed - 1e-12).sum())
    return (extreme + 1) / (permutations + 1)
