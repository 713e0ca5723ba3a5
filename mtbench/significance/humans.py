"""How often humans agree with a metric's order at a given delta (Kocmi et al. 2024).

The curves are facts of the metrics. That tool's ``delta`` takes an accuracy as a share while its
``accuracy`` gives one in per cent, and its README shows two different chrF deltas for one
accuracy; the paper's main table decides here.

A curve speaks of pairs of systems, not of segments, and of the exact metric and checkpoint it was
fitted for, with a single reference.
"""

from __future__ import annotations

import math

from mtbench.errors import MtbenchError
from mtbench.plugins import METRICS
from mtbench.types import Signature
from mtbench.types.findings import Agreement, AgreementCurve, PairedTest

# Below this share of agreement a significant difference is marked.
DOUBTFUL = 60.0


def curve_of(metric: str, signature: str) -> AgreementCurve | None:
    """The published curve of a metric, if its signature says it is that very metric.

    Args:
        metric: As in ``--metric``.
        signature: Of the score.
    """
    try:
        fields = Signature.parse(signature)
        kind = METRICS.get(metric)
    except (ValueError, MtbenchError):
        return None
    if fields.get("failures") or fields.get("forced"):
        return None
    return kind.agreement_curve(fields)


def accuracy(curve: AgreementCurve, delta: float) -> float:
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
    signature: str,
    significant: bool,
    unit_scale: float = 1.0,
    one_lineage: bool = False,
) -> Agreement:
    """What the published curve says of a delta, under its conditions.

    Args:
        metric: As in ``--metric``.
        delta: Difference on the metric's own scale.
        signature: Of both scores: it names checkpoint, options and number of references.
        significant: Whether a test separates the two systems.
        unit_scale: Factor that brings the delta to the 0–100 scale.
        one_lineage: Whether both systems' cards name the same lineage.
    """
    curve = curve_of(metric, signature)
    if curve is None:
        return Agreement(reason=f"no curve is published for {metric} as computed here")
    fields = Signature.parse(signature)
    references = fields.get("nrefs") or fields.get("refs")
    if references not in ("1", "r1", "none"):
        return Agreement(reason="the curve holds for a single reference")
    if not significant:
        return Agreement(reason="the difference is not significant")
    if curve.of_one_lineage and not one_lineage:
        return Agreement(
            reason=f"on systems not known to be of one lineage, {metric} agrees with humans in "
            "fewer than 60 % of pairs whatever the delta"
        )
    percent = accuracy(curve, delta * unit_scale)
    return Agreement(percent=percent, doubtful=percent < DOUBTFUL)


def agreement_of_test(
    test: PairedTest, signature: str, unit_scale: float, lineages: tuple[str | None, str | None]
) -> Agreement:
    """What the published curve says of the difference that a test is about.

    Args:
        test: The test, corrected.
        signature: Of both scores.
        unit_scale: Factor that brings the delta to the 0–100 scale.
        lineages: What each system's card names as its lineage.
    """
    a, b = lineages
    return human_agreement(
        test.metric,
        test.delta,
        signature=signature,
        significant=test.significant,
        unit_scale=unit_scale,
        one_lineage=a is not None and a == b,
    )
