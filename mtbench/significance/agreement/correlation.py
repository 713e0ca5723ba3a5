"""Correlations of two rows of numbers, and of many resamples of them at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_BLOCK = 1 << 18  # pairs of a block: they stay in a processor's cache


def pearson(x: Array, y: Array, weights: Array | None = None) -> Array:
    """Pearson's correlation, or one for each row of weights.

    Args:
        x: Array of shape (n,).
        y: Array of shape (n,).
        weights: Array of shape (r, n), how often each entry counts; None counts each once.

    Returns:
        Array of shape (r,), or () without weights; NaN where a side is constant.

    Example:
        >>> round(float(pearson(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0]))), 4)
        0.982
    """
    counts = np.ones((1, len(x))) if weights is None else weights
    total = counts.sum(axis=1)
    # Centred first: sums of squares of large numbers would lose the small differences.
    x, y = x - x.mean(), y - y.mean()
    mean_x, mean_y = counts @ x / total, counts @ y / total
    across = counts @ (x * y) / total - mean_x * mean_y
    spread_x = counts @ (x * x) / total - mean_x**2
    spread_y = counts @ (y * y) / total - mean_y**2
    product = np.where((spread_x > _tiny(x)) & (spread_y > _tiny(y)), spread_x * spread_y, np.nan)
    found = across / np.sqrt(product)
    return np.asarray(found if weights is not None else found[0])


def _tiny(values: Array) -> float:
    """Below this a variance is the rounding of a constant."""
    return float(1e-20 + 1e-14 * np.mean(values * values))


class Concordance:
    """Pairs of entries that two sides order alike, summed by the units the entries belong to.

    Kendall's τ-b of any resample of units follows from three sums over pairs of units, so that a
    resample costs a product of matrices instead of a sort.

    Args:
        x: Array of shape (n,), each entry its own unit; or of shape (s, n) with n units.
        y: Array of the same shape. Entries that are NaN on either side take no part.

    Example:
        >>> pairs = Concordance(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0]))
        >>> round(float(pairs.tau_b()), 4)
        0.3333
    """

    def __init__(self, x: Array, y: Array) -> None:
        x, y = np.atleast_2d(x), np.atleast_2d(y)
        missing = ~(np.isfinite(x) & np.isfinite(y))
        x, y = (np.where(missing, np.nan, side) for side in (x, y))
        units = x.shape[1]
        self.agreeing = np.zeros((units, units))
        self.untied_x = np.zeros((units, units))
        self.untied_y = np.zeros((units, units))
        step = max(1, _BLOCK // max(1, units))
        for first in range(0, units, step):
            rows = slice(first, min(first + step, units))
            for one in range(len(x)):
                for other in range(len(x)):
                    sign_x = np.nan_to_num(np.sign(x[one, rows, None] - x[other]))
                    sign_y = np.nan_to_num(np.sign(y[one, rows, None] - y[other]))
                    self.untied_x[rows] += np.abs(sign_x)
                    self.untied_y[rows] += np.abs(sign_y)
                    self.agreeing[rows] += sign_x * sign_y

    def tau_b(self, weights: Array | None = None) -> Array:
        """Kendall's τ-b, or one for each row of weights.

        Args:
            weights: Array of shape (r, u), how often each unit counts; None counts each once.

        Returns:
            Array of shape (r,), or () without weights; NaN where a side is constant.
        """
        counts = np.ones((1, len(self.agreeing))) if weights is None else weights
        agreeing, untied_x, untied_y = (
            np.einsum("ru,ru->r", counts @ sums, counts)
            for sums in (self.agreeing, self.untied_x, self.untied_y)
        )
        product = untied_x * untied_y
        found = agreeing / np.sqrt(np.where(product > 0, product, np.nan))
        return np.asarray(found if weights is not None else found[0])
