"""One name, one meaning: classes over the package, and the names that ``mtbench`` itself gives."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict

import mtbench
from tests.support.modules import ROOT, modules, source

PROMISED = frozenset({"build_corpus"})  # of the package, and not given yet


def test_a_class_name_has_one_meaning() -> None:
    """Nested classes aside: an ``Options`` belongs to what it stands in."""
    homes = defaultdict(list)
    for module in modules():
        for node in source(module).body:
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(f"{module}:{node.lineno}")
    twice = {name: places for name, places in homes.items() if len(places) > 1}
    assert not twice


def test_no_module_takes_a_name_that_the_package_gives() -> None:
    """Importing a submodule binds its name on the package, over what stood there."""
    given = sorted({*mtbench.__all__} | PROMISED)
    program = f"""
import importlib
import mtbench
for module in {[name for name in modules() if name != "mtbench.__main__"]!r}:
    importlib.import_module(module)
taken = [name for name in {given!r} if not callable(getattr(mtbench, name, print))]
raise SystemExit(f"no longer callable: {{taken}}" if taken else 0)
"""
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert answer.returncode == 0, answer.stderr
