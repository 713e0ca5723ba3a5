"""unbabel-comet is touched by one program alone, which stands alone."""

from __future__ import annotations

import sys

from tests.support.modules import imports, modules

STACK = {"comet", "pytorch_lightning", "lightning", "torchmetrics", "entmax"}
PROGRAM = "mtbench.metrics.comet.library"


def test_nobody_else_imports_the_library() -> None:
    wrong = [
        f"{module}:{found.line}: {found.name}"
        for module in modules()
        if module != PROGRAM
        for found in imports(module)
        if found.name.split(".")[0] in STACK
    ]
    assert not wrong


def test_the_program_needs_the_library_and_nothing_else() -> None:
    """So that an environment with unbabel-comet is enough."""
    names = {found.name.split(".")[0] for found in imports(PROGRAM)}
    assert names - sys.stdlib_module_names == {"comet"}
