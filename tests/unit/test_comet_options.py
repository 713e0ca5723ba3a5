"""The command line's options of COMET."""

from __future__ import annotations

from typing import Any

import pytest

from mtbench.cli.common import request
from mtbench.types import Runtime


def options(**given: Any) -> dict[str, Any]:
    return request(runtime=Runtime(), models=(), **given).metric_options


def test_they_go_to_the_comet_metrics() -> None:
    assert options(metrics=("bleu",), comet_model="a/b")["comet"] == {"model": "a/b"}
    found = options(metrics=("xcomet", "bleu"), comet_model="a/b", precision="bf16")
    assert found["xcomet"] == {"model": "a/b", "precision": "bf16"}
    both = options(
        metrics=("cometkiwi", "comet"), comet_model="a/b", trust_checkpoint=True, precision="fp16"
    )
    assert both["comet"] == {"model": "a/b", "precision": "fp16", "trust_checkpoint": True}
    assert both["cometkiwi"] == {"precision": "fp16", "trust_checkpoint": True}
    assert "bleu" not in both


def test_beside_metric_options() -> None:
    given = ("cometkiwi.revision=main", "bleu.tokenize=zh")
    found = options(metrics=("cometkiwi",), settings=given, precision="fp32")
    assert found["cometkiwi"] == {"revision": "main", "precision": "fp32"}
    assert found["bleu"] == {"tokenize": "zh"}


@pytest.mark.parametrize("metrics", [(), ("bleu",), ("comet",)])
def test_nothing_said_nothing_set(metrics: tuple[str, ...]) -> None:
    assert options(metrics=metrics, trust_checkpoint=False) == {}
