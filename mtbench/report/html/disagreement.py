"""Where metrics disagree about the order of systems, segment by segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mtbench.types import SAME_SCORE

Array = NDArray[np.float64]


def disagreement(
    scores: Mapping[str, Mapping[str, Array]], higher_is_better: Mapping[str, bool]
) -> Array | None:
    """For each segment, the share of pairs of systems that two metrics order the other way round.

    Over all pairs of metrics and all pairs of systems that both score. A tie under either metric
    is no disagreement, and counts as a pair that was looked at. This is the share of discordant
    pairs from which Kendall's tau is made.

    Args:
        scores: Metric → system → array of shape (n,); NaN where a segment has no score.
        higher_is_better: Metric → its direction.

    Returns:
        Array of shape (n,) in 0..1, NaN where nothing can be compared; None where there are
        fewer than two metrics or two systems anywhere.
    """
    total: Array | None = None
    discordant: Array | None = None
    for one, other in combinations(scores, 2):
        shared = [system for system in scores[one] if system in scores[other]]
        for a, b in combinations(shared, 2):
            first = _signs(scores[one], a, b, higher_is_better[one])
            second = _signs(scores[other], a, b, higher_is_better[other])
            known = np.isfinite(first) & np.isfinite(second)
            if total is None or discordant is None:
                total, discordant = np.zeros(len(first)), np.zeros(len(first))
            total += known
            discordant += known & (np.where(known, first * second, 0) < 0)
    if total is None or discordant is None:
        return None
    return np.where(total > 0, discordant / np.maximum(total, 1), np.nan)


def _signs(scores: Mapping[str, Array], a: str, b: str, higher_is_better: bool) -> Array:
    delta = scores[a] - scores[b]
    signs: Array = np.where(np.abs(delta) < SAME_SCORE, 0, np.sign(delta))
    signs = np.where(np.isfinite(delta), signs, np.nan)
    return signs if higher_is_better else -signs


def most_disputed(shares: Array, ids: Sequence[str], limit: int) -> list[int]:
    """Positions of the segments that metrics disagree on most, most first.

    Args:
        shares: From ``disagreement``.
        ids: Segment ids, which decide between equals, so that the choice is always the same.
        limit: The largest number to return; segments without disagreement are never returned.

    Raises:
        ValueError: If lengths do not agree.
    """
    if len(shares) != len(ids):
        raise ValueError(f"{len(shares)} shares against {len(ids)} ids")
    found = [at for at in range(len(ids)) if np.isfinite(shares[at]) and shares[at] > 0]
    return sorted(found, key=lambda at: (-shares[at], ids[at]))[:limit]
