"""Every built-in metric that can run here keeps to the contract.

To add one, add its name to ``METRICS``, or a test with the options it needs.
"""

from __future__ import annotations

import pytest

from mtbench.errors import Unavailable
from mtbench.plugins import Metric, make_metric
from mtbench.testing import check_metric
from mtbench.types import Runtime

METRICS = ("bleu", "chrf", "chrf++", "spbleu", "ter", "semsim", "health")


@pytest.mark.parametrize("name", METRICS)
def test_a_built_in_metric_keeps_to_its_contract(name: str) -> None:
    def make() -> Metric:
        return make_metric(name, {}, Runtime(offline=True))

    try:
        make().check()
        with make():
            pass
    except Unavailable as error:
        pytest.skip(f"{name} cannot run here: {error}")
    check_metric(make)
