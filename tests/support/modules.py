"""The package as its source shows it: modules and what each imports."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "mtbench"


@dataclass(frozen=True)
class Import:
    """One imported module: ``mtbench.…`` resolved to a module, others as written.

    Attributes:
        name: What is imported.
        line: Where.
        when: ``import`` at the top of a module, ``call`` inside a function, ``types`` under
            ``TYPE_CHECKING``.
    """

    name: str
    line: int
    when: str


@functools.cache
def modules() -> dict[str, Path]:
    """Dotted name → file of every module of the package."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = path
    return found


@functools.cache
def tree(path: Path) -> ast.Module:
    """A file's syntax tree, parsed once for all tests of a process."""
    return ast.parse(path.read_text(encoding="utf-8"))


def source(module: str) -> ast.Module:
    """A module's syntax tree."""
    return tree(modules()[module])


@functools.cache
def imports(module: str) -> tuple[Import, ...]:
    """Everything a module imports, wherever in its source."""
    return tuple(_walk(source(module).body, "import"))


def _walk(body: list[ast.stmt], when: str) -> Iterator[Import]:
    for node in body:
        yield from _one(node, when)


def _one(node: ast.AST, when: str) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, node.lineno, when)
    elif isinstance(node, ast.ImportFrom):
        if node.level:
            raise AssertionError(f"a relative import in line {node.lineno}")
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            yield Import(whole if whole in modules() else str(node.module), node.lineno, when)
    elif isinstance(node, ast.If) and _is_type_checking(node.test):
        yield from _walk(node.body, "types")
        yield from _walk(node.orelse, when)
    else:
        inner = "call" if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else when
        for child in ast.iter_child_nodes(node):
            yield from _one(child, inner)


def _is_type_checking(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"
