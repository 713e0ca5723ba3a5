"""From summed statistics to scores, over any leading axes at once.

The formulas are sacreBLEU's, operation by operation, so that a score agrees with its public
``corpus_score`` to the last bits and a million resamples cost one call.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SMOOTHING_DEFAULTS: dict[str, float | None] = {
    "exp": None,
    "none": None,
    "floor": 0.1,
    "add-k": 1.0,
}
_EPSILON = 1e-16


def bleu(
    totals: Array,
    *,
    order: int = 4,
    smoothing: str = "exp",
    smoothing_value: float | None = None,
    effective_order: bool = False,
) -> Array:
    """BLEU (Papineni et al., 2002) with the smoothing methods of Chen and Cherry (2014).

    Args:
        totals: Array of shape (..., 2 + 2 · order): hypothesis length, reference length, matched
            n-grams by order, n-grams of the hypothesis by order.
        order: Longest n-gram.
        smoothing: ``exp``, ``floor``, ``add-k`` or ``none``.
        smoothing_value: Of ``floor`` and ``add-k``; None for the default.
        effective_order: Whether to average only over the orders the hypothesis is long enough for.

    Returns:
        Array of shape (...), 0 to 100.
    """
    value = SMOOTHING_DEFAULTS[smoothing] if smoothing_value is None else smoothing_value
    hypothesis, reference = totals[..., 0], totals[..., 1]
    correct = totals[..., 2 : 2 + order]
    total = totals[..., 2 + order : 2 + 2 * order]
    matched = np.any(correct > 0, axis=-1)
    if smoothing == "add-k" and value is not None:
        added = np.where(np.arange(order) > 0, value, 0.0)
        correct, total = correct + added, total + added

    reached = np.logical_and.accumulate(total > 0, axis=-1)
    missed = reached & (correct == 0)
    divisor = np.where(reached, total, 1.0)
    precisions = np.where(reached, 100.0 * correct / divisor, 0.0)
    if smoothing == "exp":
        halvings = 2.0 ** np.cumsum(missed, axis=-1)
        precisions = np.where(missed, 100.0 / (halvings * divisor), precisions)
    elif smoothing == "floor" and value is not None:
        precisions = np.where(missed, 100.0 * value / divisor, precisions)

    used = np.ones_like(reached)
    if effective_order:
        used = np.where(reached.any(axis=-1, keepdims=True), reached, True)
    positive = precisions > 0
    logs = np.log(np.where(positive, precisions, 1.0))
    mean = np.where(used, logs, 0.0).sum(axis=-1) / used.sum(axis=-1)
    whole = matched & ~np.any(used & ~positive, axis=-1)
    score = _brevity_penalty(hypothesis, reference) * np.exp(mean)
    # exp(log(100)) is a hair above 100: the declared bound holds exactly.
    return np.asarray(np.where(whole, np.minimum(score, 100.0), 0.0), dtype=np.float64)


def _brevity_penalty(hypothesis: Array, reference: Array) -> Array:
    some = hypothesis > 0
    exponent = 1.0 - reference / np.where(some, hypothesis, 1.0)
    short = np.where(some, np.exp(np.minimum(exponent, 0.0)), 0.0)
    return np.where(hypothesis < reference, short, 1.0)


def chrf(totals: Array, *, beta: int = 2, eps_smoothing: bool = False) -> Array:
    """The chrF score (Popović, 2015; chrF++ with word n-grams, 2017).

    Precision and recall are averaged over the orders, then joined; orders that one side is too
    short for are left out. With ``eps_smoothing`` the F scores of all orders are averaged instead,
    as chrF++.py, NLTK and Moses do.

    Args:
        totals: Array of shape (..., 3 · orders): for each order the n-grams of the hypothesis,
            of the reference, and those they share.
        beta: How much more recall counts than precision.
        eps_smoothing: See above.

    Returns:
        Array of shape (...), 0 to 100.
    """
    factor = beta**2
    shape = totals.shape[:-1]
    orders = totals.shape[-1] // 3
    f_scores, precisions, recalls = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    effective = np.zeros(shape)
    for order in range(orders):
        hypothesis, reference, match = np.moveaxis(totals[..., 3 * order : 3 * order + 3], -1, 0)
        some_hypothesis, some_reference = hypothesis > 0, reference > 0
        if not eps_smoothing and some_hypothesis.all() and some_reference.all():
            # The case of millions of resamples: no division needs a guard.
            precisions += match / hypothesis
            recalls += match / reference
            effective += 1.0
            continue
        precision = np.where(
            some_hypothesis, match / np.where(some_hypothesis, hypothesis, 1.0), _EPSILON
        )
        recall = np.where(
            some_reference, match / np.where(some_reference, reference, 1.0), _EPSILON
        )
        if eps_smoothing:
            f_scores += _f_score(precision, recall, factor, otherwise=_EPSILON)
            continue
        both = some_hypothesis & some_reference
        precisions += np.where(both, precision, 0.0)
        recalls += np.where(both, recall, 0.0)
        effective += both
    if eps_smoothing:
        return np.asarray(np.minimum(100.0 * f_scores / orders, 100.0), dtype=np.float64)
    count = np.where(effective > 0, effective, 1.0)
    score = 100.0 * _f_score(precisions / count, recalls / count, factor, otherwise=0.0)
    return np.asarray(np.minimum(score, 100.0), dtype=np.float64)


def _f_score(precision: Array, recall: Array, factor: int, *, otherwise: float) -> Array:
    denominator = factor * precision + recall
    some = denominator > 0
    numerator = (1 + factor) * precision * recall
    return np.where(some, numerator / np.where(some, denominator, 1.0), otherwise)


def ter(totals: Array) -> Array:
    """Translation edit rate (Snover et al., 2006): edits per word of the reference, times 100.

    Args:
        totals: Array of shape (..., 2): edits, words of the reference (their mean where there
            are several).

    Returns:
        Array of shape (...), 0 upwards. Without a word on the reference side, 100 where there
        are edits, else 0.
    """
    edits, words = totals[..., 0], totals[..., 1]
    some = words > 0
    rate = np.where(some, edits / np.where(some, words, 1.0), np.where(edits > 0, 1.0, 0.0))
    return np.asarray(100.0 * rate, dtype=np.float64)
