"""For authors of plug-ins: does my back end, does my metric keep to its contract?

::

    from mtbench.testing import check_backend, check_metric

    def test_my_back_end():
        check_backend(lambda: make_backend("mine", {}, LanguagePair.parse("en-it"), Runtime()))

Each check raises ``ContractBroken``, an ``AssertionError``, with what was asked and what came.
"""

from __future__ import annotations

from mtbench.testing.backends import ODD_TEXTS, PLAIN_TEXTS, check_backend
from mtbench.testing.contract import ContractBroken
from mtbench.testing.fakes import ExactMatch, Scripted, scripted
from mtbench.testing.metrics import MetricCase, check_metric, check_statistics

__all__ = [
    "ODD_TEXTS",
    "PLAIN_TEXTS",
    "ContractBroken",
    "ExactMatch",
    "MetricCase",
    "Scripted",
    "check_backend",
    "check_metric",
    "check_statistics",
    "scripted",
]
