"""Optional packages are imported by one function, which says what is missing and what is broken."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from mtbench.packages import OPTIONAL
from tests.support.modules import imports, modules, source

ASKING = ("require", "require_installed")
OF_THE_CORE = {"lxml"}  # asked for so all the same, where what it lacks is an extra's
# Behind a ``require`` of the same package, where an import reads better.
MAY_IMPORT = {"torch", "transformers", "tokenizers", "ctranslate2", "ray", "pdfminer"}


def test_every_package_that_is_asked_for_is_known() -> None:
    wanted = {name for module in modules() for name in asked_for(module)}
    assert wanted - OF_THE_CORE - {"json"} <= set(OPTIONAL)
    assert "torch" in wanted


def test_what_is_optional_is_asked_for() -> None:
    """An import of one's own ends in 70 where the package is broken."""
    wrong = [
        f"{module}:{found.line} imports {found.name}"
        for module in modules()
        for found in imports(module)
        if found.when != "types" and found.name.partition(".")[0] in set(OPTIONAL) - MAY_IMPORT
    ]
    assert wrong == []


def asked_for(module: str) -> Iterator[str]:
    for node in ast.walk(source(module)):
        if isinstance(node, ast.Call) and _name(node.func) in ASKING and node.args:
            for one in ast.walk(node.args[0]):
                if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value:
                    yield one.value.partition(".")[0]


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
