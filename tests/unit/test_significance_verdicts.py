"""Verdicts, equivalence, and how often humans agree."""

from __future__ import annotations

import numpy as np
import pytest

from mtbench.boards.comparison.verdicts import equivalent, not_inferior, verdict
from mtbench.errors import RequestError
from mtbench.metrics.comet.metric import CURVES
from mtbench.metrics.lexical import Bleu, Chrf, SpBleu
from mtbench.significance import PairedTest, paired_test
from mtbench.significance.humans import accuracy, curve_of, human_agreement
from mtbench.types.findings import AgreementCurve
from tests.support.lexical_rows import mean, mean_rows


def shifted(by: float, spread: float, *, higher_is_better: bool = True) -> PairedTest:
    generator = np.random.default_rng(0)
    base = generator.random(200)
    noise = generator.normal(0, spread, 200)
    return paired_test(
        ("new", mean_rows(base + by + noise - noise.mean())),
        ("old", mean_rows(base)),
        mean,
        seed=0,
        higher_is_better=higher_is_better,
    )


def test_better_and_worse_follow_the_direction() -> None:
    assert verdict(shifted(0.1, 0.01)) == "better"
    assert verdict(shifted(-0.1, 0.01)) == "worse"
    assert verdict(shifted(0.1, 0.01, higher_is_better=False)) == "worse"


def test_no_margin_no_same() -> None:
    # The 90 % interval of the mean of 200 with spread 0.1 is about ± 1.645 · 0.1 / √200 = 0.0116.
    test = shifted(0.0, 0.1)
    assert verdict(test) == "undecided"
    assert verdict(test, 0.01) == "undecided" and not equivalent(test, 0.01)
    assert verdict(test, 0.02) == "equivalent" and equivalent(test, 0.02)


def test_a_significant_difference_within_the_margin_stays_one() -> None:
    test = shifted(-0.01, 0.01)
    assert equivalent(test, 0.05) and verdict(test, 0.05) == "worse"


def test_not_inferior_looks_at_one_side() -> None:
    assert not_inferior(shifted(0.5, 0.1), 0.02)
    assert not equivalent(shifted(0.5, 0.1), 0.02)
    assert not not_inferior(shifted(0.0, 0.5), 0.02)  # undecided is not enough
    assert not not_inferior(shifted(-0.1, 0.01), 0.02)
    assert not_inferior(shifted(-0.5, 0.1, higher_is_better=False), 0.02)
    assert not not_inferior(shifted(0.1, 0.01, higher_is_better=False), 0.02)


@pytest.mark.parametrize(("units", "enough"), [(1, False), (29, False), (30, True)])
def test_few_units_show_neither_equivalence_nor_non_inferiority(units: int, enough: bool) -> None:
    """However short their interval: one segment has one of no length at all."""
    base = np.linspace(0.3, 0.9, units)
    nearly = base.copy()
    nearly[0] += 0.001
    test = paired_test(("new", mean_rows(nearly)), ("old", mean_rows(base)), mean, seed=0)
    assert not test.significant and test.interval_90.high < 0.01
    assert (equivalent(test, 0.01), not_inferior(test, 0.01)) == (enough, enough)
    assert verdict(test, 0.01) == ("equivalent" if enough else "undecided")


def test_what_is_significantly_better_is_not_inferior() -> None:
    base = np.linspace(0.3, 0.9, 7)
    test = paired_test(("new", mean_rows(base + 0.1)), ("old", mean_rows(base)), mean, seed=0)
    assert test.significant and not_inferior(test, 0.01) and not equivalent(test, 1.0)


@pytest.mark.parametrize("margin", [0.0, -1.0, float("nan")])
def test_a_margin_is_above_zero(margin: float) -> None:
    test = shifted(0.0, 0.1)
    for ask in (equivalent, not_inferior, verdict):
        with pytest.raises(RequestError, match="margin"):
            ask(test, margin)


# Thresholds of the main table of Kocmi et al. 2024, as the authors publish it
# (github.com/kocmitom/MT-Thresholds, appendix/main_thresholds.tex): the delta at which the
# estimated accuracy is 50, 55 … 95 %; the rows end where a curve does not reach that far.
TABLE = {
    "bleu": "0.27 0.52 0.78 1.06 1.39 1.79 2.34 3.35",
    "chrf": "0.14 0.33 0.54 0.76 1.00 1.28 1.63 2.12 3.05",
    "spbleu": "0.25 0.52 0.82 1.13 1.49 1.91 2.46 3.28 5.57",
    "Unbabel/wmt20-comet-da": "0.08 0.36 0.65 0.96 1.29 1.67 2.10 2.66 3.45 5.10",
    "Unbabel/wmt22-comet-da": "0.03 0.10 0.18 0.26 0.35 0.45 0.56 0.71 0.94 1.53",
    "Unbabel/wmt22-cometkiwi-da": "0.01 0.08 0.16 0.24 0.33 0.42 0.53 0.67 0.85 1.18",
    "Unbabel/wmt23-cometkiwi-da-xl": "0.04 0.15 0.26 0.39 0.52 0.66 0.84 1.06 1.40 2.24",
    "Unbabel/wmt23-cometkiwi-da-xxl": "0.06 0.22 0.39 0.57 0.77 0.98 1.24 1.58 2.08 3.39",
    "Unbabel/XCOMET-XL": "0.05 0.19 0.34 0.50 0.67 0.86 1.08 1.37 1.80 2.82",
    "Unbabel/XCOMET-XXL": "0.02 0.19 0.37 0.56 0.76 0.98 1.24 1.55 1.99 2.74",
}


def published() -> dict[str, AgreementCurve]:
    """Every curve that a metric of ours knows."""
    lexical = {"bleu": Bleu.curve, "chrf": Chrf.curve, "spbleu": SpBleu.curve}
    return {**CURVES, **{name: curve for name, curve in lexical.items() if curve is not None}}


@pytest.mark.parametrize("key", TABLE)
def test_curves_reproduce_the_published_table(key: str) -> None:
    curve = published()[key]
    for percent, cell in zip(range(50, 100, 5), TABLE[key].split(), strict=False):
        # The delta that gives this accuracy, rounded as the table rounds it.
        delta = -np.log(curve.a / percent - 1) / curve.b
        assert f"{delta:.2f}" == cell
        assert accuracy(curve, delta) == pytest.approx(percent)


def test_every_curve_is_checked() -> None:
    assert set(published()) == set(TABLE)


BLEU = "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"
CHRF = "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0"
COMET = "comet:2.2.7|model:Unbabel/wmt22-comet-da|revision:2760a223ac95|precision:fp32|refs:r1"


def test_agreement_under_its_conditions() -> None:
    # 0.56 COMET-22 points (0.0056 on its own scale) are 80 % of pairs.
    comet = human_agreement("comet", -0.0056, signature=COMET, significant=True, unit_scale=100.0)
    assert comet.percent == pytest.approx(80.0, abs=0.3) and not comet.doubtful
    bleu = human_agreement("bleu", 0.6, signature=BLEU, significant=True, one_lineage=True)
    assert bleu.percent == pytest.approx(56.6, abs=0.1) and bleu.doubtful
    assert curve_of("chrf", CHRF) == Chrf.curve
    kiwi = "model:Unbabel/wmt22-cometkiwi-da|refs:none"
    assert human_agreement("cometkiwi", 0.1, signature=kiwi, significant=True).percent is not None


@pytest.mark.parametrize(
    "metric,signature,changed,reason",
    [
        ("bleu", BLEU, {"significant": False}, "not significant"),
        ("bleu", BLEU, {"one_lineage": False}, "one lineage"),
        ("bleu", BLEU.replace("nrefs:1", "nrefs:2"), {}, "single reference"),
        ("comet", COMET.replace("r1", "r2avg"), {}, "single reference"),
        ("comet", COMET.replace("Unbabel", "me"), {}, "no curve is published for comet"),
        ("bleu", BLEU.replace("mixed", "lc"), {}, "no curve"),
        ("bleu", f"{BLEU}|order:2", {}, "no curve"),
        ("bleu", BLEU.replace("13a", "char"), {}, "no curve"),
        ("bleu", f"{BLEU}|failures:empty", {}, "no curve"),
        ("comet", COMET.replace("fp32", "int8"), {}, "no curve"),
        ("comet", f"{COMET}|forced:yes", {}, "no curve"),
        ("chrf", CHRF.replace("nw:0", "nw:2"), {}, "no curve"),
        ("chrf", f"{CHRF}|beta:1", {}, "no curve"),
        ("spbleu", BLEU, {}, "no curve"),
        ("ter", "nrefs:1|case:lc", {}, "no curve is published for ter"),
        ("bleu", "anything", {}, "no curve"),
    ],
)
def test_no_estimate_outside_the_conditions(
    metric: str, signature: str, changed: dict[str, bool], reason: str
) -> None:
    given = {"significant": True, "one_lineage": True, **changed}
    found = human_agreement(metric, 2.0, signature=signature, **given)
    assert found.percent is None and not found.doubtful
    assert found.reason is not None and reason in found.reason
