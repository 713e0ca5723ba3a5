"""What a metric or back end is stands in its own module: nobody above the seams names one."""

from __future__ import annotations

import ast

from mtbench.plugins import BUILTIN_BACKENDS, BUILTIN_METRICS
from tests.support.modules import modules, source

NAMES = frozenset({*BUILTIN_METRICS, *BUILTIN_BACKENDS})
ROOMS = ("cli", "boards", "pipeline", "significance", "report")
OTHER_MEANINGS = {
    ("mtbench.cli.lazy", "command"): "of the command line",
    ("mtbench.pipeline.resolve", "identity"): "what a system's output depends on",
    ("mtbench.pipeline.outputs", "health"): "a field of the run's record",
    ("mtbench.pipeline.outputs", "python"): "the version that ran",
    ("mtbench.report.html.payload", "hypotheses"): "the texts",
}


def test_nobody_above_the_seams_names_a_metric_or_a_back_end() -> None:
    found = {
        (module, node.value)
        for module in modules()
        if module.split(".")[1:2] and module.split(".")[1] in ROOMS
        for node in ast.walk(source(module))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in NAMES
    }
    assert found == OTHER_MEANINGS.keys(), "say it as a fact of the metric or back end itself"
