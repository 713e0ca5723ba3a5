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
from mtbench.significance.records import UnitChoice
from mtbench.significance.units import Array

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
            f"permutation p {p:.2g}): with segments as the unit, intervals are about "
            f"{np.sqrt(effect):.1f} times too short and p-values too small; {known} documents "
            f"are too few to resample, {ENOUGH_DOCUMENTS} are needed"
        )
    return plain.model_copy(update={"correlation": correlation, "p": p, "warning": warning})


def intraclass_correlation(groups: NDArray[np.int64], values: Array) -> tuple[float, float]:
    """ICC(1) by one-way analysis of variance, and the effective group size m₀.

    Args:
        groups: For each value the number of its group, from 0.
        values: Array of shape (n,).

    Returns:
        (MSB - MSW) / (MSB + (m₀ - 1) · MSW), and m₀ = (n - Σ nᵢ² / n) / (groups - 1).
    """
    sizes = np.bincount(groups).astype(np.float64)
    return _icc(groups, sizes, values)


def _icc(groups: NDArray[np.int64], sizes: Array, values: Array) -> tuple[float, float]:
    centred = values - values.mean()
    sums = np.bincount(groups, weights=centred)
    n, count = len(values), len(sizes)
    between = float((sums**2 / sizes).sum())
    total = float((centred**2).sum())
    m0 = float((n - (sizes**2).sum() / n) / (count - 1))
    msb, msw = between / (count - 1), max(0.0, total - between) / (n - count)
    denominator = msb + (m0 - 1) * msw
    return ((msb - msw) / denominator if denominator > 0 else 0.0), m0


def _clustering(
    groups: NDArray[np.int64], aspects: list[Array], seed: int
) -> tuple[float, float, float]:
    """The strongest of some aspects: its correlation, p-value and design effect.

    The p-value is of the largest correlation among the aspects, so looking at several costs
    nothing in error.
    """
    sizes = np.bincount(groups).astype(np.float64)
    found = [intraclass_correlation(groups, values) for values in aspects]
    strongest = max(correlation for correlation, _ in found)
    permutations = int(np.clip(_WORK // (len(groups) * len(aspects)), 99, _PERMUTATIONS))
    bits = stream(seed, PERMUTATION)
    extreme = 0
    for _ in range(permutations):
        order = np.argsort(np.asarray(bits.random_raw(len(groups))), kind="stable")
        shuffled = groups[order]
        largest = max(_icc(shuffled, sizes, values)[0] for values in aspects)
        extreme += largest >= strongest - 1e-12
    return strongest, (extreme + 1) / (permutations + 1), 1 + (found[0][1] - 1) * strongest


def _aspects(scores: Array) -> list[Array]:
    """What the systems have in common, and where each differs from that."""
    if scores.ndim == 1:
        return [scores]
    common = scores.mean(axis=1)
    if scores.shape[1] == 1:
        return [common]
    apart = [column - common for column in scores.T]
    # Two systems differ from their mean by mirror images of one another.
    return [common, *(apart[:1] if len(apart) == 2 else apart)]


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
