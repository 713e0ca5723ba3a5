"""Which unit is resampled on a test set: segments, or documents.

Segments of one document share a subject and an author; where scores within documents hang
together, resampling segments as if they were independent makes intervals too short and tests too
sure. Documents are the unit wherever there are enough of them; where there are not, the reader is
told if it shows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mtbench.significance.draws import PERMUTATION, stream
from mtbench.significance.intervals import Pool, bootstrap_interval
from mtbench.significance.units import Array
from mtbench.text.p_values import p_value
from mtbench.types import Interval
from mtbench.types.findings import UnitChoice

ENOUGH_DOCUMENTS = 20
CLEAR_P = 0.01
CLEAR_DESIGN_EFFECT = 1.25  # intervals a ninth too short, or worse

_PERMUTATIONS = 999
_WORK = 20_000_000  # segments × permutations


def choose_unit(
    documents: Sequence[str | None], scores: Array | None = None, *, seed: int = 0
) -> UnitChoice:
    """The unit to resample: documents from 20 documents on, else segments.

    A segment without a document stands alone, as a unit of its own. Where segments are the
    unit although documents are known, the intraclass correlation ICC(1) of the scores within
    documents is tested by permutation of the segments, and a warning given where p ≤ 0.01 and
    the design effect 1 + (m - 1) · ICC reaches 1.25, with m the size of a document (Kish 1965;
    for unequal sizes, the m₀ of the analysis of variance). With several systems, both what
    they have in common (their mean, which is what an interval rests on) and where they differ
    (each one's distance from the mean, which is what a paired test rests on) are looked at.

    Args:
        documents: For each segment its document.
        scores: Segment scores, of shape (n,) or, for several systems, (n, systems).
        seed: Of the permutations.

    Raises:
        ValueError: If lengths do not agree or there are no segments.
    """
    if not documents:
        raise ValueError("no segments")
    index = _numbers(documents)
    known = len({document for document in documents if document is not None})
    if known >= ENOUGH_DOCUMENTS:
        return UnitChoice(
            unit="document", units=max(index) + 1, index=tuple(index), documents=known
        )
    plain = UnitChoice(unit="segment", units=len(documents), documents=known)
    if scores is None or known < 2 or max(index) + 1 == len(documents):
        return plain
    groups = np.asarray(index, dtype=np.int64)
    correlation, p, effect = _clustering(groups, _aspects(np.asarray(scores)), seed)
    warning = None
    if p <= CLEAR_P and effect >= CLEAR_DESIGN_EFFECT:
        warning = (
            f"segments of one document hang together (intraclass correlation {correlation:.2f}, "
            f"permutation p {p_value(p)}): with segments as the unit, intervals are about "
            f"{np.sqrt(effect):.1f} times too short and p-values too small; {known} documents "
            f"are too few to resample, {ENOUGH_DOCUMENTS} are needed"
        )
    return plain.model_copy(update={"correlation": correlation, "p": p, "warning": warning})


def interval_of_part(
    rows: Array,
    pool: Pool,
    places: Sequence[int],
    *,
    documents: Sequence[str | None],
    seed: int,
) -> Interval:
    """The interval of a score on part of a test set, by the unit that this part calls for.

    Args:
        rows: Array of shape (n, k): statistics of the part's segments.
        pool: Totals of shape (..., k) → scores of shape (...).
        places: Positions of those segments in the test set.
        documents: For each segment of the whole test set its document.
        seed: Of the draws.
    """
    units = choose_unit([documents[at] for at in places]).index
    return bootstrap_interval(rows, pool, seed=seed, units=units)


def intraclass_correlation(groups: NDArray[np.int64], values: Array) -> tuple[float, float]:
    """ICC(1) by one-way analysis of variance, and the effective group size m₀.

    Args:
        groups: For each value the number of its group, from 0.
        values: Array of shape (n,).

    Returns:
        (MSB - MSW) / (MSB + (m₀ - 1) · MSW), and m₀ = (n - Σ nᵢ² / n) / (groups - 1).
    """
    correlations, size = _correlations(*_sorted(groups, values[:, None]))
    return float(correlations[0]), size


def _sorted(groups: NDArray[np.int64], values: Array) -> tuple[NDArray[np.int64], Array]:
    """Group sizes, and centred values with groups standing together."""
    centred = values - values.mean(axis=0)
    return np.bincount(groups), centred[np.argsort(groups, kind="stable")]


def _correlations(sizes: NDArray[np.int64], centred: Array) -> tuple[Array, float]:
    """ICC(1) of each column of (n, columns), groups standing together; and m₀."""
    n, count = len(centred), len(sizes)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    sums = np.add.reduceat(centred, starts, axis=0)
    between = (sums**2 / sizes[:, None]).sum(axis=0)
    total = (centred**2).sum(axis=0)
    m0 = float((n - (sizes**2).sum() / n) / (count - 1))
    msb = between / (count - 1)
    msw = np.maximum(0.0, total - between) / (n - count)
    denominator = msb + (m0 - 1) * msw
    safe = np.where(denominator > 0, denominator, 1.0)
    return np.where(denominator > 0, (msb - msw) / safe, 0.0), m0


def _clustering(groups: NDArray[np.int64], aspects: Array, seed: int) -> tuple[float, float, float]:
    """The strongest of some aspects (n, aspects): its correlation, p-value and design effect.

    The p-value is of the largest correlation among the aspects, so looking at several costs
    nothing in error.
    """
    sizes, centred = _sorted(groups, aspects)
    found, m0 = _correlations(sizes, centred)
    strongest = float(found.max())
    permutations = int(np.clip(_WORK // centred.size, 99, _PERMUTATIONS))
    bits = stream(seed, PERMUTATION)
    extreme = 0
    for _ in range(permutations):
        order = np.argsort(np.asarray(bits.random_raw(len(groups))), kind="stable")
        largest = _correlations(sizes, centred[order])[0].max()
        extreme += bool(largest >= strongest - 1e-12)
    return strongest, (extreme + 1) / (permutations + 1), 1 + (m0 - 1) * strongest


def _aspects(scores: Array) -> Array:
    """What the systems have in common, and where each differs from that: (n, aspects)."""
    if scores.ndim == 1:
        return scores[:, None]
    common = scores.mean(axis=1, keepdims=True)
    apart = scores - common
    # Two systems differ from their mean by mirror images; one does not differ.
    kept = {1: 0, 2: 1}.get(scores.shape[1], scores.shape[1])
    return np.concatenate([common, apart[:, :kept]], axis=1)


def _numbers(documents: Sequence[str | None]) -> list[int]:
    """Units numbered by first appearance; a segment without a document is a unit of its own."""
    numbers: dict[str, int] = {}
    found = []
    count = 0
    for document in documents:
        number = count if document is None else numbers.get(document, count)
        if number == count:
            count += 1
            if document is not None:
                numbers[document] = number
        found.append(number)
    return found
