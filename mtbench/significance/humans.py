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

from mtbench.types import Signature
from mtbench.types.findings import Agreement, PairedTest

# Below this share of agreement a significant difference is marked.
DOUBTFUL = 60.0


class Curve(NamedTuple):
    """Coefficients of one metric's curve, for deltas on a 0–100 scale."""

    a: float
    b: float


# Metric or checkpoint → curve. Not here: MetricX, BLEURT, BERTScore and COMET-21-QE, which the
# table has too, but which mtbench does not compute or whose scale the sources leave open.
CURVES: dict[str, Curve] = {
    "bleu": Curve(88.33333333333225, 0.9663926931178954),
    "chrf": Curve(92.999999999972, 1.1142732157139852),
    "spbleu": Curve(90.99999999998793, 0.8079046528617078),
    "Unbabel/wmt20-comet-da": Curve(97.33333333332897, 0.7266990738678005),
    "Unbabel/wmt22-comet-da": Curve(96.22374133884283, 2.8359194570556636),
    "Unbabel/wmt22-cometkiwi-da": Curve(98.88141616584615, 2.719280643871758),
    "Unbabel/wmt23-cometkiwi-da-xl": Curve(96.39080593943235, 1.8888877927713834),
    "Unbabel/wmt23-cometkiwi-da-xxl": Curve(96.23167242471065, 1.2826577343149304),
    "Unbabel/XCOMET-XL": Curve(96.56738237041118, 1.4535595865214588),
    "Unbabel/XCOMET-XXL": Curve(98.93432477039522, 1.1629533711748128),
}

# What the signature of a lexical metric must say for it to be the one the curve was fitted for.
# BLEU's tokenizer follows the target language there as here.
_AS_PUBLISHED: dict[str, dict[str, str | None]] = {
    "bleu": {"case": "mixed", "eff": "no", "smooth": "exp", "order": None},
    "chrf": {"case": "mixed", "eff": "yes", "nc": "6", "nw": "0", "space": "no", "beta": None},
    "spbleu": {"case": "mixed", "eff": "no", "smooth": "exp", "order": None, "tok": "flores200"},
}
_BLEU_TOKENIZERS = ("13a", "zh", "ja-mecab", "ko-mecab")
_NEURAL = ("comet", "cometkiwi", "xcomet")
_ROUNDED = "int8"  # too far from the published scores; half precision is near enough

# On unrelated systems these agree with humans in fewer than 60 % of pairs, whatever the delta
# (58.2–59.1 %; the same source, table of accuracies).
NEEDS_LINEAGE = ("bleu", "chrf", "spbleu")


def curve_of(metric: str, signature: str) -> Curve | None:
    """The published curve of a metric, if its signature says it is that very metric.

    Args:
        metric: As in ``--metric``.
        signature: Of the score.
    """
    try:
        fields = Signature.parse(signature)
    except ValueError:
        return None
    if fields.get("failures") or fields.get("forced"):
        return None
    if metric in _NEURAL:
        if fields.get("precision") == _ROUNDED:
            return None
        return CURVES.get(fields.get("model") or "")
    wanted = _AS_PUBLISHED.get(metric)
    if wanted is None or any(fields.get(key) != value for key, value in wanted.items()):
        return None
    if metric == "bleu" and not (fields.get("tok") or "").startswith(_BLEU_TOKENIZERS):
        return None
    return CURVES[metric]


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
    if metric in NEEDS_LINEAGE and not one_lineage:
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
