"""Segments counted as worst: no score becomes better by them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.lexical import metric_of, rows_of, view_of

REFERENCES = [
    ["the cat sat on the mat there"],
    ["a dog ran away from it"],
    ["it rains today again"],
]
OUTPUTS = ["the cat sat on the mat there", "zzz yyy xxx www vvv uuu", "it rains today again"]


@pytest.mark.parametrize("name", ["bleu", "chrf", "chrf++"])
def test_a_bad_segment_counted_as_worst_changes_nothing_or_worsens(name: str) -> None:
    metric, view = metric_of(name), view_of(REFERENCES)
    rows = rows_of(metric, view, OUTPUTS)
    score = float(metric.pool(rows.sum(axis=0)))
    worst = metric.worst_rows(rows)
    assert worst is not None
    assert float(metric.segment_scores(worst).max()) == pytest.approx(0.0, abs=1e-9)
    for at in range(3):
        counted = np.where(np.arange(3)[:, None] == at, worst, rows)
        assert float(metric.pool(counted.sum(axis=0))) <= score + 1e-12


def test_an_empty_hypothesis_is_not_the_worst_for_bleu() -> None:
    """Other outputs make up for its length, and without its words precision is higher."""
    metric = metric_of("bleu")
    view = view_of([["the cat sat on the mat there"], ["no"], ["it rains"]])
    scores = [
        float(metric.pool(rows_of(metric, view, [OUTPUTS[0], text, OUTPUTS[2]]).sum(axis=0)))
        for text in ("zzz yyy xxx www", "")
    ]
    assert scores[1] > scores[0]


def test_ter_has_no_worst() -> None:
    metric = metric_of("ter")
    assert metric.worst_rows(rows_of(metric, view_of(REFERENCES), OUTPUTS)) is None


def test_a_mean_has_its_lower_bound() -> None:
    metric = metric_of("semsim")
    rows = np.array([[0.5, 1.0], [0.7, 1.0]])
    worst = metric.worst_rows(rows)
    assert worst is not None
    assert worst.tolist() == [[-1.0, 1.0], [-1.0, 1.0]]
