"""Which segments to have judged: drawn without replacement, with known probability."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mtbench.significance.draws import PERMUTATION, stream
from mtbench.significance.estimation import FEWEST_DOCUMENTS, FEWEST_DRAWN

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]

STRATA = 5


def strata_by(scores: Array, drawn: int) -> Numbers:
    """Segments in up to five strata of like score, of equal size.

    Args:
        scores: Array of shape (N,).
        drawn: How many segments will be drawn: every stratum needs a few.

    Example:
        >>> strata_by(np.arange(6.0), 6).tolist()
        [0, 0, 0, 1, 1, 1]
    """
    count = max(1, min(STRATA, drawn // FEWEST_DRAWN, len(scores) // FEWEST_DRAWN))
    ranks = np.empty(len(scores), dtype=np.int64)
    ranks[np.argsort(scores, kind="stable")] = np.arange(len(scores))
    return np.asarray(ranks * count // len(scores), dtype=np.int64)


def draw_segments(count: int, strata: Numbers, seed: int) -> NDArray[np.bool_]:
    """Segments drawn at random, each stratum in proportion to its size.

    Args:
        count: How many, in all.
        strata: Array of shape (N,): the stratum of each segment.
        seed: Of the draw.

    Returns:
        Array of shape (N,): which were drawn.

    Raises:
        ValueError: If there are fewer segments than asked for, or too few asked for.
    """
    if not FEWEST_DRAWN <= count <= len(strata):
        raise ValueError(f"{count} of {len(strata)} segments; at least {FEWEST_DRAWN}, at most all")
    order = _shuffled(len(strata), seed)
    drawn = np.zeros(len(strata), dtype=bool)
    names, sizes = np.unique(strata, return_counts=True)
    for name, share in zip(names, _shares(count, sizes), strict=True):
        members = order[strata[order] == name]
        drawn[members[:share]] = True
    return drawn


def _shares(count: int, sizes: Numbers) -> list[int]:
    """Parts of a number in proportion to sizes, by largest remainders."""
    exact = count * sizes / sizes.sum()
    shares = np.floor(exact).astype(np.int64)
    most = np.argsort(-(exact - shares), kind="stable")[: count - int(shares.sum())]
    shares[most] += 1
    return [int(share) for share in shares]


def draw_documents(count: int, documents: Numbers, seed: int) -> NDArray[np.bool_]:
    """Whole documents, drawn at random until they hold as many segments as asked for.

    Args:
        count: Segments at least.
        documents: Array of shape (N,): the document of each segment.
        seed: Of the draw.

    Raises:
        ValueError: If that takes fewer than 20 documents.
    """
    names = np.unique(documents)
    order = names[_shuffled(len(names), seed)]
    sizes = np.cumsum([int((documents == name).sum()) for name in order])
    wanted = int(np.searchsorted(sizes, count)) + 1
    if wanted > len(order):
        raise ValueError(f"{count} segments; there are {len(documents)}")
    if wanted < FEWEST_DOCUMENTS:
        raise ValueError(
            f"{count} segments lie in {wanted} documents; an estimate takes {FEWEST_DOCUMENTS}"
        )
    return np.isin(documents, order[:wanted])


def _shuffled(count: int, seed: int) -> Numbers:
    """A random order of numbers below ``count``."""
    raw = np.asarray(stream(seed, PERMUTATION).random_raw(count), dtype=np.uint64)
    return np.asarray(np.argsort(raw, kind="stable"), dtype=np.int64)
