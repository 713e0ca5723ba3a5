"""Every built-in metric keeps to the contract: this one file, and no metric without a case in it.

To add one, add a line to ``CASES``: its name and a function that gives its options, which skips
where something is missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import mtbench.plugins
from mtbench.errors import Unavailable
from mtbench.plugins import BUILTIN_METRICS, Metric, make_metric
from mtbench.testing import check_metric, check_statistics
from mtbench.types import Json, Runtime
from tests.support.checkpoints import checkpoint
from tests.support.server import chat_server

Comet = Callable[[str], Path]


def _plain(_: Comet, __: Path) -> dict[str, Json]:
    return {}


def _comet(kind: str) -> Callable[[Comet, Path], dict[str, Json]]:
    return lambda made, _: {"model": str(made(kind))}


def _metricx(_: Comet, __: Path) -> dict[str, Json]:
    folder = checkpoint("metricx")
    return {"model": str(folder), "tokenizer": str(folder.parent / "mt5")}


def _judge(_: Comet, __: Path) -> dict[str, Json]:
    return {"model": "tiny", "protocol": "da"}  # and a server, while the test runs


class Case(NamedTuple):
    """A metric as it is to be checked.

    Attributes:
        options: From a maker of tiny COMET checkpoints and an empty folder.
        tolerance: How far a segment may be apart in two calls.
        sensible: Whether it was trained, so that references score better than nothing.
    """

    options: Callable[[Comet, Path], Mapping[str, Json]] = _plain
    tolerance: float = 1e-6
    sensible: bool = True


CASES: Mapping[str, Case] = {
    "bleu": Case(),
    "chrf": Case(),
    "chrf++": Case(),
    "comet": Case(_comet("regression"), 1e-5, sensible=False),
    "cometkiwi": Case(_comet("unified-qe"), 1e-5, sensible=False),
    "health": Case(),
    "integrity": Case(),
    "judge": Case(_judge),
    "metricx": Case(_metricx, 1e-4, sensible=False),
    "semsim": Case(),
    "spbleu": Case(),
    "ter": Case(),
    "xcomet": Case(_comet("xcomet"), 1e-5, sensible=False),
}


FROM_ELSEWHERE = {"imported"}
"""Metrics that score nothing here: what they make of stored statistics is held to the contract."""


def test_no_metric_is_without_a_contract_test() -> None:
    assert set(CASES) | FROM_ELSEWHERE == set(BUILTIN_METRICS)


@pytest.mark.parametrize("higher", [True, False])
def test_imported_scores_keep_to_it(higher: bool) -> None:
    options = {"name": "human", "higher_is_better": higher, "file": "a" * 64}
    rows = {"x": np.array([[80.0, 1.0], [70.5, 1.0]]), "y": np.array([[-3.0, 1.0], [0.0, 1.0]])}
    check_statistics(lambda: make_metric("imported", options, Runtime()), rows)


@pytest.mark.parametrize("name", CASES)
def test_a_built_in_metric_keeps_to_its_contract(
    name: str, tiny_comet: Comet, tmp_path: Path
) -> None:
    case = CASES[name]
    with chat_server(_rate) as server:
        options = dict(case.options(tiny_comet, tmp_path))
        if name == "judge":
            options["base_url"] = f"{server.url}/v1"
        _check(name, options, case)


def _rate(messages: list[dict[str, str]]) -> str:
    """A judge that likes long translations of long sources."""
    shown = json.loads(messages[-1]["content"])
    return json.dumps({"score": min(100, len(shown["translation"]))})


def _check(name: str, options: Mapping[str, Json], case: Case) -> None:
    def make() -> Metric:
        return make_metric(name, options, Runtime(offline=True, device="cpu"))

    try:
        make().check()
        with make():
            pass
    except Unavailable as error:
        pytest.skip(f"{name} cannot run here: {error}")
    check_metric(make, tolerance=case.tolerance, sensible=case.sensible)


@pytest.mark.parametrize("name", ["paid", "blocks"])
def test_so_does_a_metric_of_somebody_else(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = {"paid": "PaidJudge", "blocks": "Blocks"}[name]
    monkeypatch.setitem(mtbench.plugins.BUILTIN_METRICS, name, f"tests.support.judges:{place}")
    options: dict[str, Any] = {"ledger": str(tmp_path / "ledger")}
    check_metric(lambda: make_metric(name, options, Runtime()))
