"""How far people agree with each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mtbench.significance.agreement.correlation import Concordance, pearson
from mtbench.types.agreement import RaterAgreement


def rater_agreement(judged: Iterable[tuple[str, str, int, float]]) -> RaterAgreement | None:
    """Agreement of raters who judged the same.

    Args:
        judged: Rater, system, position of the segment, score.

    Returns:
        None where no row was judged by two.

    Example:
        >>> rows = [("A", "x", 0, 1.0), ("B", "x", 0, 2.0), ("A", "y", 0, 3.0), ("B", "y", 0, 5.0)]
        >>> rater_agreement(rows).same_order
        1.0
    """
    rows: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    by_rater: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    for rater, system, segment, score in judged:
        rows[system, segment][rater] = score
        by_rater[rater, segment][system] = score
    raters = {rater for rater, _ in by_rater}
    pairs = [
        (one, other)
        for scores in rows.values()
        for one, other in combinations([scores[name] for name in sorted(scores)], 2)
    ]
    if not pairs:
        return None
    # Which of two raters is the first is chance: each pair counts in both orders.
    first = np.array([score for pair in pairs for score in pair])
    second = np.array([score for pair in pairs for score in pair[::-1]])
    linear, ranked = float(pearson(first, second)), _tau(first, second)
    alike = _same_order(by_rater, sorted(raters))
    return RaterAgreement(
        raters=len(raters),
        segments=sum(len(scores) > 1 for scores in rows.values()),
        pairs=len(pairs),
        pearson=None if np.isnan(linear) else linear,
        kendall=ranked,
        same_order=alike,
    )


def _tau(first: NDArray[np.float64], second: NDArray[np.float64]) -> float | None:
    found = float(Concordance(first[None], second[None]).tau_b())
    return None if np.isnan(found) else found


def _same_order(
    by_rater: dict[tuple[str, int], dict[str, float]], raters: list[str]
) -> float | None:
    segments = {segment for _, segment in by_rater}
    alike = total = 0
    for segment in segments:
        for one, other in combinations(raters, 2):
            ours, theirs = by_rater.get((one, segment), {}), by_rater.get((other, segment), {})
            for a, b in combinations(sorted(ours.keys() & theirs.keys()), 2):
                total += 1
                alike += np.sign(ours[a] - ours[b]) == np.sign(theirs[a] - theirs[b])
    return float(alike / total) if total else None
