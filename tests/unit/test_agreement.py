"""Agreement statistics on numbers small enough to count by hand."""

from __future__ import annotations

import doctest
import importlib
import math
from itertools import product

import numpy as np
import pytest

from mtbench.significance.agreement import differing, segments, systems, table
from mtbench.significance.agreement.correlation import Concordance, pearson
from mtbench.significance.agreement.raters import rater_agreement

MODULES = ("correlation", "systems", "segments", "differing", "raters", "spans", "error_free")


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    module = importlib.import_module(f"mtbench.significance.agreement.{name}")
    assert doctest.testmod(module).failed == 0


def test_tau_b_with_ties_by_hand() -> None:
    # Pairs: (1,2)+ (1,3)+ (1,4)- (2,3) tied in x (2,4)- (3,4)-  →  2 - 3 = -1 of sqrt(5 · 6).
    x, y = np.array([1.0, 2, 2, 3]), np.array([2.0, 3, 4, 1])
    assert float(Concordance(x, y).tau_b()) == pytest.approx(-1 / math.sqrt(5 * 6))


def test_tau_of_a_resample_is_that_of_the_drawn_rows() -> None:
    generator = np.random.Generator(np.random.PCG64(1))
    x, y = generator.integers(0, 4, (3, 7)) * 1.0, generator.integers(0, 4, (3, 7)) * 1.0
    x[1, 2] = np.nan
    weights = np.array([[0, 2, 1, 3, 0, 0, 1]])
    drawn = [at for at, count in enumerate(weights[0]) for _ in range(count)]
    there = np.isfinite(x[:, drawn].ravel())
    flat = Concordance(x[:, drawn].ravel()[there], y[:, drawn].ravel()[there])
    assert float(Concordance(x, y).tau_b(weights)[0]) == pytest.approx(float(flat.tau_b()))


def test_pearson_of_a_resample_is_that_of_the_drawn_rows() -> None:
    x, y = np.array([1.0, 5, 2, 8]) + 1e6, np.array([3.0, 4, 4, 9])
    weights = np.array([[2.0, 0, 1, 1]])
    drawn = [0, 0, 2, 3]
    expected = np.corrcoef(x[drawn], y[drawn])[0, 1]
    assert float(pearson(x, y, weights)[0]) == pytest.approx(expected)
    assert math.isnan(float(pearson(np.ones(4), y)))


def test_permutation_p_counts_all_swaps_of_few_segments() -> None:
    scores = np.array([[3.0, 1.0, 4.0], [1.0, 2.0, 2.0]])
    deltas = scores[0] - scores[1]
    sums = [
        sum(s * d for s, d in zip(signs, deltas, strict=True))
        for signs in product((1, -1), repeat=3)
    ]
    exact = np.mean([1.0 * (v > deltas.sum()) + 0.5 * (v == deltas.sum()) for v in sums])
    found = systems.permutation_p(scores, draws=40_000, seed=0)
    assert float(found[0]) == pytest.approx(exact, abs=0.01)


def test_a_constant_cannot_tell_systems_apart() -> None:
    assert systems.permutation_p(np.zeros((2, 5)), draws=100, seed=0).tolist() == [0.5]


def test_acc_eq_by_hand() -> None:
    """Two segments, three systems; ε = 1 makes one right tie and loses nothing."""
    human = np.array([[1.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    metric = np.array([[10.0, 0.0], [11.0, 5.0], [20.0, 9.0]])
    found = segments.accuracy_with_ties(metric, human)
    assert found.value == pytest.approx(1.0) and found.epsilon == 1.0
    assert found.tied == pytest.approx(1 / 6) and not found.degenerate


def test_acc_eq_tries_every_epsilon() -> None:
    generator = np.random.Generator(np.random.PCG64(7))
    human = generator.integers(0, 3, (4, 9)) * 1.0
    metric = np.round(generator.random((4, 9)), 1)
    metric[2, 3] = np.nan

    def accuracy(epsilon: float) -> float:
        means = []
        for at in range(9):
            right = []
            for a in range(4):
                for b in range(a + 1, 4):
                    d, h = metric[a, at] - metric[b, at], human[a, at] - human[b, at]
                    if np.isfinite(d):
                        right.append(np.sign(h) == (0 if abs(d) <= epsilon else np.sign(d)))
            means.append(np.mean(right))
        return float(np.mean(means))

    found = segments.accuracy_with_ties(metric, human)
    distances = {0.0, *np.abs(metric[:, None] - metric[None]).ravel()}
    assert found.value == pytest.approx(max(map(accuracy, filter(np.isfinite, distances))))
    assert accuracy(found.epsilon) == pytest.approx(found.value)


def test_a_metric_does_not_differ_from_its_copy_and_does_from_noise() -> None:
    generator = np.random.Generator(np.random.PCG64(3))
    human = generator.standard_normal((4, 120))
    good = np.asarray(human + 0.3 * generator.standard_normal((4, 120)), dtype=np.float64)
    noise = generator.random((4, 120))

    def correlation(grids: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        return np.array([np.corrcoef(grid.ravel(), human.ravel())[0, 1] for grid in grids])

    options = {"permutations": 200, "seed": 0}
    assert (
        differing.swapped_p(
            good, np.asarray(5 * good + 2, dtype=np.float64), correlation, **options
        )
        == 1.0
    )
    assert differing.swapped_p(good, noise, correlation, **options) == pytest.approx(1 / 201)


def test_the_test_of_two_metrics_keeps_its_level() -> None:
    """Two metrics that are equally good differ at 5 % in about 5 % of cases."""
    generator = np.random.Generator(np.random.PCG64(11))
    human = generator.standard_normal((3, 40))
    flat = (human - human.mean()).ravel()

    def correlation(grids: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        rows = grids.reshape(len(grids), -1)
        rows = rows - rows.mean(axis=1, keepdims=True)
        product = rows @ flat / np.sqrt((rows**2).sum(axis=1) * (flat**2).sum())
        return np.asarray(product)

    found = []
    for _ in range(200):
        a, b = (human + generator.standard_normal(human.shape) for _ in range(2))
        found.append(differing.swapped_p(a, b, correlation, permutations=99, seed=0) <= 0.05)
    assert np.mean(found) <= 0.11  # three standard errors above the level


def test_within_segments_leaves_constants_out() -> None:
    human = np.array([[1.0, 1.0], [2.0, 1.0]])
    grid = table.MetricGrid("m", np.array([[1.0, 1.0], [3.0, 2.0]]))
    found = table.agreement(grid, table.Humans(human, np.arange(2), draws=100, resamples=50))
    assert (found.kendall_within.segments, found.kendall_within.left_out) == (1, 1)
    assert found.kendall_within.estimate.value == 1.0


def test_no_interval_of_a_share_leaves_its_bounds() -> None:
    generator = np.random.default_rng(1)
    quality = np.array([[0.0], [0.1], [0.5]])
    human = quality + generator.standard_normal((3, 40))
    for scores in (human + generator.standard_normal((3, 40)), -human):
        grid = table.MetricGrid("m", scores)
        found = table.agreement(grid, table.Humans(human, np.arange(40), draws=500, resamples=300))
        spa = found.soft_pairwise_accuracy
        assert spa.value is not None and spa.low is not None and spa.high is not None
        assert 0.0 <= spa.low <= spa.value <= spa.high <= 1.0


def test_raters_who_never_meet_have_no_agreement() -> None:
    assert rater_agreement([("A", "x", 0, 1.0), ("B", "x", 1, 2.0)]) is None
