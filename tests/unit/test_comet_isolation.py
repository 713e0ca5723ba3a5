"""COMET's stack is touched by ``mtbench.metrics.comet`` alone, and half of that stands alone."""

from __future__ import annotations

import subprocess
import sys

from tests.support.modules import ROOT, imports, modules

STACK = {"comet", "pytorch_lightning", "lightning", "torchmetrics", "entmax"}
# What runs in the environment that MTBENCH_COMET_PYTHON names.
THERE = (
    "cache", "checkpoint", "encode", "identity", "quiet", "regression", "session", "unified",
    "worker", "xcomet",
)  # fmt: skip
# What of the rooms below runs there, too.
LIGHT = {
    f"mtbench.checkpoints.{name}"
    for name in ("bars", "device", "digests", "hub", "network", "problems")
}
LIGHT |= {"mtbench.servers.environment", "mtbench.servers.headers"}
ALLOWED = {"mtbench.errors", "mtbench.files.digests", *LIGHT}


def test_nobody_else_imports_the_stack() -> None:
    wrong = [
        f"{module}:{found.line}: {found.name}"
        for module in modules()
        if not module.startswith("mtbench.metrics.comet")
        for found in imports(module)
        if found.name.split(".")[0] in STACK
    ]
    assert not wrong


def test_the_other_half_needs_nothing_of_mtbench_s_own_packages() -> None:
    mine = {f"mtbench.metrics.comet.{name}" for name in THERE} | LIGHT
    wrong = [
        f"{module}:{found.line}: {found.name}"
        for module in mine
        for found in imports(module)
        if found.name.startswith("mtbench")
        and not any(found.name == a or found.name.startswith(f"{a}.") for a in ALLOWED | mine)
        and found.name not in ("mtbench.metrics.comet", "mtbench.checkpoints", "mtbench.servers")
    ]
    assert not wrong


def test_it_imports_where_mtbench_s_own_packages_are_missing() -> None:
    program = """
import sys
for name in ("pydantic", "click", "httpx", "rich", "sacrebleu", "langcodes"):
    sys.modules[name] = None
import mtbench.metrics.comet.worker, mtbench.metrics.comet.session
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
