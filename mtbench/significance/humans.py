"""How often humans agree with a metric's order at a given delta (Kocmi et al. 2024).

"Navigating the Metrics Maze: Reconciling Score Magnitudes and Accuracies" (ACL 2024,
arXiv:2401.06760) fits, for each metric, the share of system pairs in which human judges put the
same system first, as a function of the metric's delta on a 0–100 scale:

    accuracy(Δ) = a / (1 + e^(-bΔ))        in per cent

The coefficients are those of the authors' own tool (github.com/kocmitom/MT-Thresholds,
``python-tool/mt_thresholds.py``), which reproduce the thresholds of the paper's main table to its
last digit. That tool's ``delta`` takes an accuracy as a share while its ``accuracy`` gives one in
per cent, and its README shows two different chrF deltas for one accuracy; the table decides here.

The curve speaks of pairs of systems, not of segments, and of the exact metric and checkpoint it
was fitted for, with a single reference.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from mtbench.types import Record

# Below this share of agreement a significant difference is marked.
DOUBTFUL = 60.0


class Curve(NamedTuple):
    """Coefficients of one metric's curve, for deltas on a 0–100 scale."""

    a: float
    b: float


# Metric, checkpoint (empty for metrics that have none) → curve. Not here: MetricX, BLEURT,
# BERTScore and COMET-21-QE, which the table has too but mtbench does not compute, or whose scale
# the sources leave open.
CURVES: dict[tuple[str, str], Curve] = {
    ("bleu", ""): Curve(88.33333333333225, 0.9663926931178954),
    ("chrf", ""): Curve(92.999999999972, 1.1142732157139852),
    ("spbleu", ""): Curve(90.99999999998793, 0.8079046528617078),
    ("comet", "wmt20-comet-da"): Curve(97.33333333332897, 0.7266990738678005),
    ("comet", "wmt22-comet-da"): Curve(96.22374133884283, 2.8359194570556636),
    ("comet", "wmt22-cometkiwi-da"): Curve(98.88141616584615, 2.719280643871758),
    ("comet", "wmt23-cometkiwi-da-xl"): Curve(96.39080593943235, 1.8888877927713834),
    ("comet", "wmt23-cometkiwi-da-xxl"): Curve(96.23167242471065, 1.2826577343149304),
    ("comet", "XCOMET-XL"): Curve(96.56738237041118, 1.4535595865214588),
    ("comet", "XCOMET-XXL"): Curve(98.93432477039522, 1.1629533711748128),
}

# On unrelated systems these agree with humans in fewer than 60 % of pairs, whatever the delta
# (58.2–59.1 %; the same source, table of accuracies).
NEEDS_LINEAGE = ("bleu", "chrf", "spbleu")


class Agreement(Record):
    """The estimated share of system pairs in which humans agree, or why there is none.

    Attributes:
        percent: Estimated agreement in per cent.
        reason: Why there is no estimate, in one sentence.
        doubtful: Whether the difference is significant and yet humans would agree for under
            60 % of such pairs.
    """

    percent: float | None = None
    reason: str | None = None
    doubtful: bool = False


def curve_of(metric: str, checkpoint: str = "") -> Curve | None:
    """The published curve of a metric and checkpoint, if there is one.

    Args:
        metric: As in ``--metric``.
        checkpoint: For ``comet``, the identifier on the hub, with or without ``Unbabel/``.
    """
    return CURVES.get((metric, checkpoint.removeprefix("Unbabel/")))


def accuracy(curve: Curve, delta: float) -> float:
    """Estimated agreement in per cent at a delta.

    Args:
        curve: Of the metric.
        delta: Absolute difference on a 0–100 scale.
    """
    return curve.a / (1 + math.exp(-curve.b * abs(delta)))


def human_agreement(
    metric: str,
    delta: float,
    *,
    significant: bool,
    checkpoint: str = "",
    unit_scale: float = 1.0,
    references: int | None = 1,
    one_lineage: bool = False,
) -> Agreement:
    """What the published curve says of a delta, under its conditions.

    Args:
        metric: As in ``--metric``.
        delta: Difference on the metric's own scale.
        significant: Whether a test separates the two systems.
        checkpoint: For ``comet``, the identifier on the hub.
        unit_scale: Factor that brings the delta to the 0–100 scale.
        references: References a segment; None where that varies, 0 for a metric without.
        one_lineage: Whether both systems' cards name the same lineage.
    """
    curve = curve_of(metric, checkpoint)
    name = f"{metric} with {checkpoint}" if checkpoint else metric
    if curve is None:
        return Agreement(reason=f"no curve is published for {name}")
    if references not in (0, 1):
        return Agreement(reason="the curve holds for a single reference")
    if not significant:
        return Agreement(reason="the difference is not significant")
    if metric in NEEDS_LINEAGE and not one_lineage:
        return Agreement(
            reason=f"on systems not known to be of one lineage, {metric} agrees with humans in "
            "fewer than 60 % of pairs whatever the delta"
        )
    percent = accuracy(curve, delta * unit_scale)
    return Agreement(percent=percent, doubtful=percent < DOUBTFUL)
