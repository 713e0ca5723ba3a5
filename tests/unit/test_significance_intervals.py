"""Bootstrap intervals of a system score."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mtbench.errors import MetricError, RequestError
from mtbench.significance import bootstrap_interval
from mtbench.significance.draws import multinomial_counts
from mtbench.significance.intervals import bootstrap_scores
from mtbench.significance.units import exact, unit_sums

Array = NDArray[np.float64]


def mean(totals: Array) -> Array:
    return np.asarray(totals[..., 0] / totals[..., 1], dtype=np.float64)


def rows_of(scores: Array) -> Array:
    return np.stack([scores, np.ones_like(scores)], axis=1)


def test_two_values_by_hand() -> None:
    # A resample of (0, 1) is 0, 1/2 or 1 with probabilities 1/4, 1/2, 1/4.
    both = {"a": rows_of(np.array([0.0, 1.0]))}
    scores = bootstrap_scores(both, mean, resamples=40_000, seed=3, entries=1 << 12)["a"]
    values, counts = np.unique(scores, return_counts=True)
    assert values.tolist() == [0.0, 0.5, 1.0]
    assert np.abs(counts / 40_000 - [0.25, 0.5, 0.25]).max() < 0.01
    interval = bootstrap_interval(rows_of(np.array([0.0, 1.0])), mean, seed=3)
    assert (interval.low, interval.high) == (0.0, 1.0)
    assert not interval.reliable


def test_counts_are_multinomial() -> None:
    counts = np.concatenate(list(multinomial_counts(5, 20_000, 0)))
    assert counts.shape == (20_000, 5)
    assert (counts.sum(axis=1) == 5).all()
    # Mean 1, variance 1 - 1/5, covariance -1/5.
    covariance = np.cov(counts.T)
    assert np.abs(counts.mean(axis=0) - 1).max() < 0.03
    assert np.abs(covariance - (np.eye(5) - 0.2)).max() < 0.04


def test_the_chunk_changes_nothing() -> None:
    sums = {"a": exact(rows_of(np.random.default_rng(1).random(77)))}
    whole = bootstrap_scores(sums, mean, resamples=501, seed=0)["a"]
    for entries in (1, 77, 1000, 12_345):
        again = bootstrap_scores(sums, mean, resamples=501, seed=0, entries=entries)
        assert np.array_equal(again["a"], whole)
    company = {"b": sums["a"] * 2, **sums}
    fewer = bootstrap_scores(company, mean, resamples=100, seed=0)
    assert np.array_equal(fewer["a"], whole[:100])


def test_seed_zero_is_a_seed() -> None:
    rows = rows_of(np.random.default_rng(2).random(40))
    zero = bootstrap_interval(rows, mean, seed=0)
    assert zero == bootstrap_interval(rows, mean, seed=0)
    assert zero.seed == 0
    other = bootstrap_interval(rows, mean, seed=1)
    assert (other.low, other.high) != (zero.low, zero.high)
    with pytest.raises(RequestError, match="-1"):
        bootstrap_interval(rows, mean, seed=-1)


def test_documents_are_drawn_whole() -> None:
    # Within a document all values are equal: drawing documents widens the interval as much as
    # if there were one segment a document.
    per_document = np.random.default_rng(4).random(50)
    rows = rows_of(np.repeat(per_document, 10))
    units = np.repeat(np.arange(50), 10)
    documents = bootstrap_interval(rows, mean, seed=5, units=units)
    alone = bootstrap_interval(rows_of(per_document), mean, seed=5)
    segments = bootstrap_interval(rows, mean, seed=5)
    assert documents.unit == "document" and documents.units == 50 and documents.reliable
    assert segments.unit == "segment" and segments.units == 500
    assert documents.low == pytest.approx(alone.low) and documents.high == pytest.approx(alone.high)
    assert segments.high - segments.low < 0.5 * (documents.high - documents.low)


def test_units_need_not_stand_together() -> None:
    rows = np.array([[1.0, 1], [2, 1], [3, 1], [4, 1]])
    assert unit_sums(rows, [7, 2, 7, 2]).tolist() == [[6.0, 2.0], [4.0, 2.0]]


@pytest.mark.parametrize("n,reliable", [(29, False), (30, True)])
def test_below_thirty_units_nothing_is_reliable(n: int, reliable: bool) -> None:
    interval = bootstrap_interval(rows_of(np.arange(n) / n), mean, seed=0)
    assert interval.reliable is reliable


def test_no_number_is_an_error() -> None:
    with pytest.raises(MetricError, match="no finite score"):
        bootstrap_interval(np.zeros((3, 2)), lambda t: np.full(t.shape[:-1], np.nan), seed=0)
    with pytest.raises(ValueError, match="not finite"):
        bootstrap_interval(np.array([[np.nan, 1.0]]), mean, seed=0)
    with pytest.raises(ValueError, match="n > 0"):
        bootstrap_interval(np.zeros((0, 2)), mean, seed=0)


def test_coverage_of_the_mean() -> None:
    # 400 data sets of 60 skewed values with a known mean: the share of 95 % intervals that hold
    # it lies within binomial bounds of 93 % (the percentile bootstrap is a little short here).
    generator = np.random.default_rng(11)
    held = 0
    for i in range(400):
        rows = rows_of(generator.gamma(2.0, 1.0, 60))
        interval = bootstrap_interval(rows, mean, seed=i, resamples=500)
        held += interval.low <= 2.0 <= interval.high
    assert 0.93 - 4 * np.sqrt(0.93 * 0.07 / 400) < held / 400 < 0.99


def test_many_units_draw_what_few_would(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting resample by resample, and keeping counts for the next metric, change nothing."""
    (before,) = multinomial_counts(301, 40, 3)
    monkeypatch.setattr("mtbench.significance.draws.ROW_BY_ROW", 10)
    (after,) = multinomial_counts(301, 40, 3)
    assert (before == after).all()
    sums = np.arange(301.0)[:, None]
    kept = bootstrap_scores({"a": sums}, lambda t: t[..., 0], resamples=40, seed=3)["a"]
    monkeypatch.setattr("mtbench.significance.intervals.KEPT_ENTRIES", 0)
    drawn = bootstrap_scores({"a": sums}, lambda t: t[..., 0], resamples=40, seed=3)["a"]
    assert (kept == drawn).all()
    assert (kept == before @ np.arange(301.0)).all()
