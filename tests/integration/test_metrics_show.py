"""``metrics show``: what a metric is, for every metric there is."""

from __future__ import annotations

from typing import Any

import pytest

from mtbench.plugins import BUILTIN_METRICS
from tests.support.workspace import Space


@pytest.mark.parametrize("name", BUILTIN_METRICS)
def test_every_metric_says_what_it_is(name: str, space: Space) -> None:
    answer = space("metrics", "show", name)
    assert answer.code == 0, answer.err
    for label in ("reads", "scale", "licence", "runs here", "per 1,000"):
        assert f"\n{label}" in answer.out
    found = space("metrics", "show", name, "--format", "json").json
    assert found["from"] == "mtbench"
    assert found["runs_here"] is (found["why_not"] is None)


def test_the_facts_of_some(space: Space) -> None:
    metricx = space("metrics", "show", "metricx").out
    assert "lower is better, 0 to 25" in metricx
    assert "SPA on WMT24" in metricx
    assert space("metrics", "show", "judge", "--format", "json").json["by_segment"] is True
    assert space("metrics", "show", "comet", "--format", "json").json["has_weights"] is True
    assert space("metrics", "show", "bleu", "--format", "json").json["has_weights"] is False
    space("metrics", "show", "blue").refused(2, "blue", "bleu")


def test_what_a_thousand_segments_cost_here(space: Space) -> None:
    def cost(*words: str) -> Any:
        found = space("metrics", "show", *words, "--format", "json").json
        return found["cost_per_1000_segments"]

    chrf = cost("chrf")
    assert chrf["seconds"] > 0 and chrf["characters"] > 100
    judge = cost("judge")  # asks nobody
    assert judge["estimated"]["requests"] == 1000
    assert judge["seconds"] is None
    assert "--measure" in cost("semsim")
    assert cost("health", "--measure")["seconds"] > 0
    assert "cannot run here" in cost("comet")
