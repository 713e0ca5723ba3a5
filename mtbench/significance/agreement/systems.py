"""Does a metric order systems as people do?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mtbench.significance.draws import CHUNK, swap_masks

Array = NDArray[np.float64]

SPA_DRAWS = 20_000  # with 1,000 the value scatters over .0034


def pair_indexes(systems: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every pair of systems once: two arrays of shape (systems · (systems - 1) / 2,).

    Example:
        >>> [list(map(int, side)) for side in pair_indexes(3)]
        [[0, 0, 1], [1, 2, 2]]
    """
    first, second = np.triu_indices(systems, k=1)
    return first.astype(np.int64), second.astype(np.int64)


def agreeing_pairs(metric: Array, human: Array) -> NDArray[np.int64]:
    """Pairs of systems that metric and humans order alike (Kocmi et al. 2021).

    Args:
        metric: Array of shape (..., s), higher being better.
        human: Array of shape (..., s) likewise.

    Returns:
        Array of shape (...): how many of the s · (s - 1) / 2 pairs agree. A tie agrees with a tie.

    Example:
        >>> int(agreeing_pairs(np.array([1.0, 2.0, 3.0]), np.array([10.0, 30.0, 20.0])))
        2
    """
    first, second = pair_indexes(metric.shape[-1])
    ours = np.sign(metric[..., first] - metric[..., second])
    theirs = np.sign(human[..., first] - human[..., second])
    return np.asarray((ours == theirs).sum(axis=-1), dtype=np.int64)


def between(metric: Array, human: Array) -> dict[str, Array]:
    """How alike two sides order and space the systems.

    Args:
        metric: Array of shape (..., s), higher being better.
        human: Array of shape (..., s) likewise.

    Returns:
        ``pairwise_accuracy``, ``pearson``, ``kendall`` (τ-b) and ``spearman``, each of shape (...);
        NaN where a side is constant.

    Example:
        >>> found = between(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0]))
        >>> {name: round(float(value), 3) for name, value in found.items()}
        {'pairwise_accuracy': 0.667, 'pearson': 0.5, 'kendall': 0.333, 'spearman': 0.5}
    """
    ours = np.sign(metric[..., :, None] - metric[..., None, :])
    theirs = np.sign(human[..., :, None] - human[..., None, :])
    pairs = metric.shape[-1] * (metric.shape[-1] - 1) / 2
    untied = np.abs(ours).sum(axis=(-2, -1)) * np.abs(theirs).sum(axis=(-2, -1))
    concordant = (ours * theirs).sum(axis=(-2, -1))
    return {
        "pairwise_accuracy": agreeing_pairs(metric, human) / max(pairs, 1),
        "pearson": _across(metric, human),
        "kendall": concordant / np.sqrt(np.where(untied > 0, untied, np.nan)),
        # The sum of signs against all others is twice the rank, ties sharing their mean.
        "spearman": _across(ours.sum(axis=-1), theirs.sum(axis=-1)),
    }


def _across(x: Array, y: Array) -> Array:
    x, y = x - x.mean(axis=-1, keepdims=True), y - y.mean(axis=-1, keepdims=True)
    product = (x * x).sum(axis=-1) * (y * y).sum(axis=-1)
    return np.asarray((x * y).sum(axis=-1) / np.sqrt(np.where(product > 0, product, np.nan)))


def permutation_p(scores: Array, *, draws: int, seed: int) -> Array:
    """One-sided permutation p-values that the first system of each pair is the better one.

    The two systems' scores of a segment are swapped by a fair coin, the same for all pairs. A draw
    that gives exactly the observed difference counts half, so that a metric that cannot tell
    systems apart has p = 0.5 and not 1.

    Args:
        scores: Array of shape (..., s, n), higher being better.
        draws: How many swaps of all segments.
        seed: Of the swaps.

    Returns:
        Array of shape (..., s · (s - 1) / 2).
    """
    first, second = pair_indexes(scores.shape[-2])
    deltas = np.moveaxis(scores[..., first, :] - scores[..., second, :], -1, 0)
    shape = deltas.shape[1:]
    deltas = deltas.reshape(len(deltas), -1)  # (n, pairs of all grids)
    observed = deltas.sum(axis=0)
    tolerance = 1e-9 * (1 + np.abs(deltas).sum(axis=0))
    above, level = np.zeros(deltas.shape[1]), np.zeros(deltas.shape[1])
    entries = CHUNK // max(1, deltas.shape[1] // len(deltas))
    for masks in swap_masks(len(deltas), draws, seed, entries=entries):
        # A swapped segment counts with the other sign: sum(d) - 2 · sum of the swapped ones.
        drawn = observed - 2 * (masks.astype(np.float64) @ deltas)
        same = np.abs(drawn - observed) <= tolerance
        level += same.sum(axis=0)
        above += ((drawn > observed) & ~same).sum(axis=0)
    return np.asarray(((above + level / 2) / draws).reshape(shape), dtype=np.float64)


def soft_pairwise_accuracy(metric_p: Array, human_p: Array) -> Array:
    """Soft pairwise accuracy: 1 - the mean distance of two sides' p-values.

    Thompson, Mathur, Deutsch & Khayrallah (2024), "Improving Statistical Significance in Human
    Evaluation of Automatic Metrics via Soft Pairwise Accuracy", WMT.

    Args:
        metric_p: Array of shape (..., p): from ``permutation_p``, of the metric.
        human_p: The same of the human scores.

    Returns:
        Array of shape (...).

    Example:
        >>> float(soft_pairwise_accuracy(np.array([0.0, 0.5]), np.array([0.1, 0.5])))
        0.95
    """
    return np.asarray(1 - np.abs(metric_p - human_p).mean(axis=-1))
