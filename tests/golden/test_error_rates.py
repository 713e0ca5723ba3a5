"""Error rates and coverage by simulation on real outputs (WMT22 fr-de, BLEU and chrF).

Under the null hypothesis the two outputs of a segment are exchangeable; so pairs are made that
satisfy it, by swapping each row of two real systems at random, and tests are counted that reject.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mtbench.significance import bootstrap_interval
from mtbench.significance.draws import multinomial_counts
from mtbench.significance.randomization import randomization_tests
from tests.support.lexical_rows import POOLS, Array, pool_bleu, pool_chrf, rows, wmt22_lines
from tests.support.sacrebleu_formulas import paired_bs

NOMINAL = 0.05
TRIALS = 1000
RESAMPLES = 399  # (R + 1) · 0.05 is whole, so the randomization test has its level exactly
SEGMENTS = 150
POPULATION = 1000  # segments, of 2,006


def bounds(rate: float, trials: int) -> tuple[float, float]:
    """Four standard errors of a count of trials around its nominal rate."""
    error = 4 * np.sqrt(rate * (1 - rate) / trials)
    return rate - error, rate + error


@pytest.fixture(scope="module")
def outputs(wmt22: Path) -> dict[str, dict[str, Array]]:
    reference, lines = wmt22_lines(wmt22, "fr-de")
    return {
        metric: {
            name: rows(metric, found[:POPULATION], reference[:POPULATION])
            for name, found in lines.items()
        }
        for metric in ("bleu", "chrf")
    }


@pytest.mark.parametrize("metric", ["bleu", "chrf"])
def test_type_one_error(outputs: dict[str, dict[str, Array]], metric: str) -> None:
    generator = np.random.default_rng(20)
    systems, pool = list(outputs[metric].values()), POOLS[metric]
    rejected = {"randomization": 0, "early stopping": 0, "bootstrap": 0, "sacreBLEU": 0}
    for trial in range(TRIALS):
        first, second = generator.choice(len(systems), 2, replace=False)
        chosen = generator.choice(len(systems[0]), SEGMENTS, replace=False)
        swap = generator.random(SEGMENTS)[:, None] < 0.5
        a = np.where(swap, systems[second][chosen], systems[first][chosen])
        b = np.where(swap, systems[first][chosen], systems[second][chosen])
        for name, stop in (("randomization", None), ("early stopping", 40)):
            found = randomization_tests(
                {"a": a, "b": b}, pool, [("a", "b")], resamples=RESAMPLES, seed=trial,
                stop_after=stop,
            )[("a", "b")]  # fmt: skip
            rejected[name] += found.p <= NOMINAL
        (counts,) = multinomial_counts(SEGMENTS, RESAMPLES, trial)
        deltas = pool(counts @ a) - pool(counts @ b)
        observed = float(pool(a.sum(axis=0)) - pool(b.sum(axis=0)))
        extreme = np.count_nonzero(np.abs(deltas - deltas.mean()) >= abs(observed) - 1e-9)
        rejected["bootstrap"] += (extreme + 1) / (RESAMPLES + 1) <= NOMINAL
        rejected["sacreBLEU"] += paired_bs(deltas, observed) <= NOMINAL
    rates = {name: count / TRIALS for name, count in rejected.items()}
    low, high = bounds(NOMINAL, TRIALS)
    assert low <= rates["randomization"] <= high, rates
    assert low <= rates["early stopping"] <= high, rates
    assert low <= rates["bootstrap"] <= high, rates
    assert rates["sacreBLEU"] > high, rates


@pytest.mark.parametrize(
    "segments,low,high",
    [
        # A percentile interval is a little short; four standard errors around 94 % and 86 %.
        (100, 0.94 - 4 * 0.0119, 1.0),
        (7, 0.86 - 4 * 0.0174, 0.86 + 4 * 0.0174),
    ],
)
def test_coverage(
    outputs: dict[str, dict[str, Array]], segments: int, low: float, high: float
) -> None:
    population = outputs["chrf"]["Online-B"]
    true = float(pool_chrf(population.sum(axis=0)))
    generator = np.random.default_rng(21)
    held = 0
    for trial in range(400):
        sample = population[generator.integers(0, len(population), segments)]
        interval = bootstrap_interval(sample, pool_chrf, seed=trial, resamples=400)
        held += interval.low <= true <= interval.high
        assert interval.reliable is (segments >= 30)
    assert low <= held / 400 <= high, held / 400


def test_the_published_disagreement_of_sacrebleu_tests(
    outputs: dict[str, dict[str, Array]],
) -> None:
    # On a pair that really differs a little, sacreBLEU's bootstrap is surer than either honest
    # test, which agree with one another.
    systems = outputs["bleu"]
    a, b = systems["Online-A"], systems["Online-Y"]
    counts = np.concatenate(list(multinomial_counts(len(a), 4_000, 0)))
    deltas = pool_bleu(counts @ a) - pool_bleu(counts @ b)
    observed = float(pool_bleu(a.sum(axis=0)) - pool_bleu(b.sum(axis=0)))
    signed = (np.count_nonzero(np.abs(deltas - deltas.mean()) >= abs(observed)) + 1) / 4_001
    found = randomization_tests({"a": a, "b": b}, pool_bleu, [("a", "b")], resamples=4_000, seed=0)[
        ("a", "b")
    ]
    assert found.p == pytest.approx(signed, abs=0.05)
    assert paired_bs(deltas, observed) < 0.8 * min(found.p, signed)
