"""Verdicts, equivalence, and how often humans agree."""

from __future__ import annotations

import numpy as np
import pytest

from mtbench.errors import RequestError
from mtbench.significance import PairedTest, paired_test
from mtbench.significance.humans import CURVES, accuracy, curve_of, human_agreement
from mtbench.significance.verdicts import equivalent, not_inferior, verdict
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
    ("bleu", ""): "0.27 0.52 0.78 1.06 1.39 1.79 2.34 3.35",
    ("chrf", ""): "0.14 0.33 0.54 0.76 1.00 1.28 1.63 2.12 3.05",
    ("spbleu", ""): "0.25 0.52 0.82 1.13 1.49 1.91 2.46 3.28 5.57",
    ("comet", "wmt20-comet-da"): "0.08 0.36 0.65 0.96 1.29 1.67 2.10 2.66 3.45 5.10",
    ("comet", "wmt22-comet-da"): "0.03 0.10 0.18 0.26 0.35 0.45 0.56 0.71 0.94 1.53",
    ("comet", "wmt22-cometkiwi-da"): "0.01 0.08 0.16 0.24 0.33 0.42 0.53 0.67 0.85 1.18",
    ("comet", "wmt23-cometkiwi-da-xl"): "0.04 0.15 0.26 0.39 0.52 0.66 0.84 1.06 1.40 2.24",
    ("comet", "wmt23-cometkiwi-da-xxl"): "0.06 0.22 0.39 0.57 0.77 0.98 1.24 1.58 2.08 3.39",
    ("comet", "XCOMET-XL"): "0.05 0.19 0.34 0.50 0.67 0.86 1.08 1.37 1.80 2.82",
    ("comet", "XCOMET-XXL"): "0.02 0.19 0.37 0.56 0.76 0.98 1.24 1.55 1.99 2.74",
}


@pytest.mark.parametrize("key", TABLE)
def test_curves_reproduce_the_published_table(key: tuple[str, str]) -> None:
    curve = curve_of(*key)
    assert curve is not None
    for percent, cell in zip(range(50, 100, 5), TABLE[key].split(), strict=False):
        # The delta that gives this accuracy, rounded as the table rounds it.
        delta = -np.log(curve.a / percent - 1) / curve.b
        assert f"{delta:.2f}" == cell
        assert accuracy(curve, delta) == pytest.approx(percent)


def test_every_curve_is_checked() -> None:
    assert set(CURVES) == set(TABLE)


def test_agreement_under_its_conditions() -> None:
    # Half a COMET-22 point (0.0056 on its own scale) is 80 % of pairs.
    found = human_agreement(
        "comet",
        -0.0056,
        significant=True,
        checkpoint="Unbabel/wmt22-comet-da",
        unit_scale=100.0,
    )
    assert found.percent == pytest.approx(80.0, abs=0.3) and not found.doubtful
    bleu = human_agreement("bleu", 0.6, significant=True, one_lineage=True)
    assert bleu.percent == pytest.approx(56.6, abs=0.1) and bleu.doubtful


@pytest.mark.parametrize(
    "changed,reason",
    [
        ({"significant": False}, "not significant"),
        ({"references": 2}, "single reference"),
        ({"references": None}, "single reference"),
        ({"one_lineage": False}, "one lineage"),
        ({"metric": "ter"}, "no curve is published for ter"),
        ({"metric": "comet", "checkpoint": "mine"}, "no curve is published for comet with mine"),
    ],
)
def test_no_estimate_outside_the_conditions(changed: dict[str, object], reason: str) -> None:
    given = {
        "metric": "bleu",
        "delta": 2.0,
        "significant": True,
        "references": 1,
        "one_lineage": True,
    }
    found = human_agreement(**{**given, **changed})  # type: ignore[arg-type]
    assert found.percent is None and not found.doubtful
    assert found.reason is not None and reason in found.reason
