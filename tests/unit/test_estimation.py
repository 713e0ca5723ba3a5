"""Estimates of a whole set from few human scores."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from mtbench.significance import estimation, sampling
from mtbench.significance.estimation import Design, difference, estimate_mean, t_quantile
from mtbench.significance.sampling import draw_documents, draw_segments, strata_by
from tests.bench.estimation import human_scores, metric_of, simulate


@pytest.mark.parametrize("module", [estimation, sampling])
def test_examples(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


def plain(drawn: np.ndarray) -> Design:  # type: ignore[type-arg]
    return Design(drawn, np.zeros(len(drawn), dtype=np.int64))


def test_without_a_metric_it_is_the_classical_estimate() -> None:
    """Mean and s²/n · (1 - n/N) of a sample without replacement, by hand."""
    human = np.array([2.0, 4, 6, 8, 0, 0, 0, 0, 0, 0])
    drawn = np.arange(10) < 4
    found = estimate_mean(human, plain(drawn))
    deviation = np.sqrt(np.var([2, 4, 6, 8], ddof=1) / 4 * (1 - 4 / 10))
    assert found.value == 5.0 and found.weight == 0.0
    assert found.deviation == pytest.approx(deviation)
    assert found.worth == pytest.approx(4.0)
    assert found.high - 5 == pytest.approx(t_quantile(0.975, 3) * deviation)


def test_a_perfect_metric_leaves_nothing_open() -> None:
    metric = np.linspace(0, 1, 50)
    found = estimate_mean(3 * metric + 2, plain(np.arange(50) % 5 == 0), metric)
    assert found.weight == pytest.approx(3.0)
    assert found.value == pytest.approx(3.5)
    assert found.low == pytest.approx(found.high)


def test_all_segments_judged_leave_nothing_open() -> None:
    human = np.array([1.0, 5, 3, 3, 9])
    found = estimate_mean(human, plain(np.ones(5, dtype=bool)), np.array([1.0, 2, 3, 4, 5]))
    assert found.value == pytest.approx(human.mean()) and found.deviation == 0


@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_intervals_hold_their_level_and_are_never_wider(correlation: float) -> None:
    """1,000 draws here; ``tests/bench/estimation.py`` makes 4,000 of each kind."""
    generator = np.random.Generator(np.random.PCG64(2))
    human = human_scores(generator)
    metric = metric_of(human, correlation, generator)
    held, _, ratio, largest, worth = simulate(human, metric, 100, 1000, generator)
    assert 0.925 <= held <= 0.97  # 95 % give or take 1.5, and three standard errors of 1,000 draws
    assert ratio <= 1.0 and largest <= 1.02
    assert worth > (120 if correlation else 99)


def test_strata_and_documents_hold_their_level() -> None:
    generator = np.random.Generator(np.random.PCG64(4))
    base = np.repeat(generator.standard_normal(80), 5)
    human = base + generator.standard_normal(400)
    metric = base + generator.standard_normal(400)
    documents = np.repeat(np.arange(80), 5)
    strata = strata_by(metric, 100)
    held = {"strata": 0, "documents": 0, "segments as if alone": 0}
    for seed in range(400):
        drawn = draw_segments(100, strata, seed)
        whole = draw_documents(150, documents, seed)
        flat = np.zeros(400, dtype=np.int64)
        for name, design in (
            ("strata", Design(drawn, strata)),
            ("documents", Design(whole, flat, documents)),
            ("segments as if alone", Design(whole, flat)),
        ):
            found = estimate_mean(human, design)
            held[name] += found.low <= human.mean() <= found.high
    assert held["strata"] >= 368 and held["documents"] >= 364
    assert held["segments as if alone"] < held["documents"] - 10, "the unit matters"


def test_draws_are_exact_in_size_even_in_share_and_the_same_for_a_seed() -> None:
    strata = strata_by(np.random.Generator(np.random.PCG64(1)).random(103), 31)
    drawn = draw_segments(31, strata, 0)
    assert drawn.sum() == 31
    counts = np.bincount(strata[drawn])
    assert counts.max() - counts.min() <= 1
    np.testing.assert_array_equal(drawn, draw_segments(31, strata, 0))
    assert (drawn != draw_segments(31, strata, 1)).any()


def test_every_segment_is_drawn_as_often() -> None:
    strata = np.zeros(20, dtype=np.int64)
    hits = np.sum([draw_segments(5, strata, seed) for seed in range(2000)], axis=0)
    assert hits.min() >= 430 and hits.max() <= 570  # 500 each, standard deviation 19


def test_too_few_are_refused() -> None:
    with pytest.raises(ValueError, match="documents; an estimate takes 20"):
        draw_documents(10, np.arange(40) // 2, 0)
    with pytest.raises(ValueError, match="at least 3"):
        draw_segments(2, np.zeros(9, dtype=np.int64), 0)
    with pytest.raises(ValueError, match="no human score"):
        estimate_mean(np.full(5, np.nan), plain(np.ones(5, dtype=bool)))


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(8, 2.306), (10, 2.228), (30, 2.042), (98, 1.984), (1000, 1.962)]
)
def test_quantiles_of_t(freedom: int, quantile: float) -> None:
    """From a printed table of Student's t, two-sided 5 %."""
    assert t_quantile(0.975, freedom) == pytest.approx(quantile, abs=1e-3)
    assert difference(quantile, 1.0, freedom).p == pytest.approx(0.05, abs=1e-3)
