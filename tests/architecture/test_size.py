"""Small modules with one job, and functions that a reader sees whole."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.support.modules import ROOT, tree

MOST_LINES = 800
MOST_LINES_OF_A_FUNCTION = 60


def files() -> list[Path]:
    """Every Python file of the package and its tests."""
    return [path for name in ("mtbench", "tests", ".ci") for path in (ROOT / name).rglob("*.py")]


def test_files_are_small() -> None:
    sizes = {path: path.read_text("utf-8").count("\n") for path in files()}
    assert not {str(path): lines for path, lines in sizes.items() if lines > MOST_LINES}


def test_functions_are_small() -> None:
    """From ``def`` to the end; docstrings don't count, decorators neither."""
    long = {}
    for path in files():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef) and _lines(node) > MOST_LINES_OF_A_FUNCTION:
                long[f"{path.relative_to(ROOT)}:{node.name}"] = _lines(node)
    assert not long


def _lines(function: ast.FunctionDef) -> int:
    whole = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        whole -= (first.end_lineno or 0) - first.lineno + 1
    return whole
