"""Errors that metrics mark beside people's, and finding translations without one."""

from __future__ import annotations

import random

import numpy as np
import pytest

from mtbench.significance.agreement.error_free import average_precision, best, thinned, thresholds
from mtbench.significance.agreement.marks import (
    Marked,
    Marker,
    between_raters,
    error_free_detection,
    span_agreement,
    whole_translation,
)
from mtbench.significance.agreement.spans import characters, partial_credit, scores
from mtbench.significance.agreement.table import Humans, MetricGrid
from mtbench.types.judgements import ErrorSpan


def drawn_spans() -> list[tuple[list[ErrorSpan], list[ErrorSpan]]]:
    """400 segments with spans of both sides, made up."""
    draw = random.Random(7)

    def some(count: int, length: int) -> list[ErrorSpan]:
        found = []
        for _ in range(count):
            start = draw.randint(0, length - 1)
            end = min(length, start + draw.randint(1, 25))
            found.append(ErrorSpan(start, end, draw.choice(["minor", "major"])))
        return found

    segments = []
    for _ in range(400):
        length = draw.randint(10, 120)
        ours = some(draw.choice([0, 0, 1, 2, 3, 5]), length)
        segments.append((ours, some(draw.choice([0, 0, 1, 2, 3, 6]), length)))
    return segments


def test_both_measures_equal_their_authors_own() -> None:
    """Against the values of ``span_mt_metrics_eval.compute`` on the same spans.

    github.com/sted19/span-mt-metrics-eval b55b90f; ``measure="MPP", matching="one_to_one"``, and
    ``measure="WMT25", matching="many_to_many", severity_penalty=0.5``.
    """
    segments = drawn_spans()
    credit = np.sum([partial_credit(ours, theirs) for ours, theirs in segments], axis=0)
    assert scores(credit) == pytest.approx(
        [0.23625582321573776, 0.20814125337604383, 0.2213092108465148], abs=1e-12
    )
    by_characters = np.sum([characters(ours, theirs, 130) for ours, theirs in segments], axis=0)
    assert scores(by_characters) == pytest.approx(
        [0.20168341380660315, 0.17817615863500116, 0.18920242394564488], abs=1e-12
    )


def test_long_spans_and_spans_without_a_place_gain_nothing() -> None:
    people = [ErrorSpan(10, 14, "major"), ErrorSpan(None, None, "major")]
    everything = partial_credit([ErrorSpan(0, 40, "major")], people)
    assert everything == (0.1, 1.0, 1.0, 1.0)
    one_of_two = partial_credit([ErrorSpan(10, 12, "minor"), ErrorSpan(12, 14, "minor")], people)
    assert one_of_two == (1.0, 2.0, 0.5, 1.0)


@pytest.mark.slow
def test_dozens_of_errors_in_one_place_are_paired_in_bounded_time() -> None:
    ours = [ErrorSpan(0, 50 + at, "major") for at in range(60)]
    theirs = [ErrorSpan(at, 120, "minor") for at in range(60)]
    found = partial_credit(ours, theirs)
    assert (found.marked, found.there) == (60.0, 60.0)
    assert 0 < found.right <= 60.0


def test_average_precision_equals_scikit_learn_s() -> None:
    """Against ``average_precision_score(free, values)``, and with ``sample_weight``."""
    draw = np.random.default_rng(3)
    values = draw.integers(0, 30, 200) / 2.0
    free = (draw.random(200) + values / 30) > 0.9
    weights = draw.integers(0, 3, 200)
    curve = thresholds(values, free)
    assert average_precision(curve) == pytest.approx(0.5356590643331235, abs=1e-12)
    assert best(curve).f1 == max(one.f1 for one in curve)
    few = thinned(curve)
    assert (few[0], few[-1], len(few) <= 21) == (curve[0], curve[-1], True)
    humans = Humans(np.ones((1, 200)), np.arange(200))
    humans.__dict__["counts"] = np.stack([weights, weights]).astype(float)
    found = error_free_detection(
        MetricGrid("m", values[None]), free[None], humans, "no marked error"
    )
    assert found is not None
    assert found.average_precision.low == pytest.approx(0.5672228355448936, abs=1e-12)
    assert (found.rows, found.error_free) == (200, 74)


def test_a_metric_beside_people_and_people_beside_each_other() -> None:
    span = ErrorSpan(0, 4, "major")
    judged = [
        Marked(0, 0, [span], 10, "A"),
        Marked(0, 0, [ErrorSpan(0, 8, "major")], 10, "B"),
        Marked(1, 1, [], 10, "A"),
    ]
    counts = np.array([[1.0, 1.0], [0.0, 2.0]])
    ours = Marker("m", {(0, 0): [span], (1, 1): [ErrorSpan(2, 3, "minor")]})
    found = span_agreement(ours, judged, counts)
    assert (found.judgements, found.marked, found.people) == (3, 3, 2)
    assert found.partial_credit.precision.value == pytest.approx(2 / 3)
    assert found.partial_credit.recall.value == pytest.approx((1 + 0.5) / 2)
    assert found.by_severity["minor"].precision.value == 0.0
    assert found.by_severity["major"].precision.value == 1.0
    sentinel = span_agreement(whole_translation(judged), judged, counts)
    assert sentinel.partial_credit.recall.value == 1.0
    assert sentinel.partial_credit.precision.value == pytest.approx((0.4 + 0.8) / 3)
    raters = between_raters(judged, counts)
    assert raters is not None
    assert raters.precision.value == pytest.approx((1 + 0.5) / 2)
    assert between_raters(judged[::2], counts) is None


def test_without_errors_or_without_any_other_there_is_nothing_to_find() -> None:
    grid, humans = MetricGrid("m", np.ones((1, 3))), Humans(np.ones((1, 3)), np.arange(3))
    for free in (np.ones((1, 3), dtype=bool), np.zeros((1, 3), dtype=bool)):
        assert error_free_detection(grid, free, humans, "") is None
