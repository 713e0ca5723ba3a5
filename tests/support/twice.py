"""What stands in the package twice: constants, regular expressions, tables, bodies of functions.

Everything is found over syntax trees, so that neither layout nor the order of a set hides it.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

FEWEST_LINES = 6
FEWEST_TEXTS = 3
PATTERNS = {
    "compile", "findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn",
}  # fmt: skip


@dataclass(frozen=True)
class Twice:
    """One thing that stands in two places.

    Attributes:
        what: The thing, short: a pattern, the values of a table, a name, the size of a body.
        places: The modules that it stands in, sorted.
        lines: ``module:line`` of each.
    """

    what: str
    places: tuple[str, ...]
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.what} in {', '.join(self.lines)}"


Trees = Mapping[str, ast.Module]
Home = Callable[[str], str]


def room(module: str) -> str:
    """``mtbench.report.csv_table`` → ``report``; the package itself has no room."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def patterns(trees: Trees) -> list[Twice]:
    """Regular expressions that stand in two modules."""
    return _twice(((module, line, text) for module, line, text in _patterns(trees)), str)


def tables(trees: Trees) -> list[Twice]:
    """Sets, lists and dictionaries of texts that stand in two modules, in whatever order."""
    return _twice(_tables(trees), str)


def constants(trees: Trees) -> list[Twice]:
    """Constants of one name and one value in two modules."""
    return _twice(_constants(trees), str)


def bodies(trees: Trees) -> list[Twice]:
    """Runs of statements that stand in two rooms, names of variables and literals aside.

    Where a long run stands in two places, its first six lines speak for it.
    """
    first: dict[tuple[str, ...], Twice] = {}
    for one in _twice(_runs(trees), room):
        first.setdefault(one.places, one)
    return list(first.values())


def _twice(places: Iterator[tuple[str, int, object]], home: Home) -> list[Twice]:
    where: dict[object, list[tuple[str, int]]] = defaultdict(list)
    for module, line, what in places:
        where[what].append((module, line))
    return sorted(
        (
            Twice(
                what=_short(what),
                places=tuple(sorted({module for module, _ in found})),
                lines=tuple(f"{module}:{line}" for module, line in sorted(found)),
            )
            for what, found in where.items()
            if len({home(module) for module, _ in found}) > 1
        ),
        key=lambda one: (one.places, one.what),
    )


def _short(what: object) -> str:
    if isinstance(what, _Run):
        return "a body"
    text = " ".join(what) if isinstance(what, tuple) else str(what)
    return text if len(text) <= 60 else text[:59] + "…"


def _patterns(trees: Trees) -> Iterator[tuple[str, int, str]]:
    for module, tree in trees.items():
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in ("re", "regex")
                and node.func.attr in PATTERNS
                and node.args
                and not isinstance(node.args[0], ast.Name | ast.Attribute)
            ):
                yield module, node.lineno, ast.unparse(node.args[0])


def _tables(trees: Trees) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    for module, tree in trees.items():
        for node in ast.walk(tree):
            values = _texts(node)
            if values is not None and len(set(values)) >= FEWEST_TEXTS:
                yield module, getattr(node, "lineno", 0), values


def _texts(node: ast.AST) -> tuple[str, ...] | None:
    """The texts of a set, list, tuple or dictionary of nothing but constants; sorted."""
    if isinstance(node, ast.Dict):
        entries = [*zip(node.keys, node.values, strict=True)]
        if all(isinstance(k, ast.Constant) and isinstance(v, ast.Constant) for k, v in entries):
            return tuple(sorted(f"{ast.unparse(k)}: {ast.unparse(v)}" for k, v in entries if k))
    elif isinstance(node, ast.Set | ast.List | ast.Tuple):
        constant = [e.value for e in node.elts if isinstance(e, ast.Constant)]
        if len(constant) == len(node.elts) and all(isinstance(e, str | bytes) for e in constant):
            return tuple(sorted(map(repr, constant)))
    return None


def _constants(trees: Trees) -> Iterator[tuple[str, int, str]]:
    for module, tree in trees.items():
        for node in tree.body:
            if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
                continue
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if not isinstance(target, ast.Name) or len(target.id) < 2:
                continue
            name = target.id.strip("_")
            if name.isupper() and isinstance(node.value, ast.Constant | ast.BinOp):
                yield module, node.lineno, f"{name} = {ast.unparse(node.value)}"


@dataclass(frozen=True)
class _Run:
    """Statements with variables numbered and literals reduced to their type."""

    shape: tuple[str, ...]


def _runs(trees: Trees) -> Iterator[tuple[str, int, _Run]]:
    for module, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                yield from _in(module, [s for s in node.body if isinstance(s, ast.FunctionDef)])
            elif not isinstance(node, ast.Module):
                for field in ("body", "orelse", "finalbody"):
                    block = getattr(node, field, None)
                    if isinstance(block, list):
                        yield from _in(module, [s for s in block if _counts(s)])


def _in(module: str, block: Sequence[ast.stmt]) -> Iterator[tuple[str, int, _Run]]:
    for first in range(len(block)):
        lines = 0
        for last in range(first, len(block)):
            lines += _lines(block[last])
            if lines >= FEWEST_LINES:
                yield module, block[first].lineno, _Run(_Folding().of(block[first : last + 1]))
            if lines >= 2 * FEWEST_LINES:  # by then the same code, wrapped otherwise, was found
                break


def _lines(statement: ast.stmt) -> int:
    """Lines of a statement; of a function, those of its body."""
    if isinstance(statement, ast.FunctionDef):
        return sum(_lines(inner) for inner in statement.body if _counts(inner))
    return (statement.end_lineno or statement.lineno) - statement.lineno + 1


def _counts(statement: ast.stmt) -> bool:
    docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return not docstring and not isinstance(statement, ast.Import | ast.ImportFrom)


class _Folding:
    """The shape of statements: what is called stays, what is only named does not."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._shape: list[str] = []

    def of(self, statements: Sequence[ast.stmt]) -> tuple[str, ...]:
        for statement in statements:
            self._fold(statement)
        return tuple(self._shape)

    def _fold(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name | ast.arg):
            name = node.id if isinstance(node, ast.Name) else node.arg
            self._shape.append(str(self._names.setdefault(name, len(self._names))))
        elif isinstance(node, ast.Constant):
            self._shape.append(type(node.value).__name__)
        elif isinstance(node, ast.AnnAssign):
            self._shape.append("Assign")
            self._all([node.target, *([node.value] if node.value else [])])
        elif isinstance(node, ast.FunctionDef):
            self._shape.append("FunctionDef")
            self._all([*node.args.args, *node.args.kwonlyargs])
            self._all([inner for inner in node.body if _counts(inner)])
        else:
            attribute = f".{node.attr}" if isinstance(node, ast.Attribute) else ""
            self._shape.append(type(node).__name__ + attribute)
            self._all(list(ast.iter_child_nodes(node)))

    def _all(self, nodes: Sequence[ast.AST]) -> None:
        for node in nodes:
            self._fold(node)
