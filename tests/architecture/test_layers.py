"""One direction: a module imports lower layers only, stages never import each other."""

from __future__ import annotations

import pytest

from tests.support.modules import imports, modules

LAYERS: dict[str, int] = {
    "errors": 0, "digests": 0, "languages": 0, "types": 0,
    "chat": 1, "config": 1, "embeddings": 1, "engine": 1, "files": 1, "hub": 1, "jsonl": 1, "plugins": 1,
    "backends": 2, "metrics": 2,
    "comparison": 3, "corpus": 3, "documents": 3, "formats": 3, "leaderboard": 3, "report": 3,
    "results": 3, "score": 3, "significance": 3, "slices": 3, "translate": 3, "validation": 3,
    "pipeline": 4, "testing": 4,
    "__main__": 5, "cli": 5,
}  # fmt: skip
SIBLINGS_MAY_MEET = (0, 1)  # foundations lean on each other; seams and stages do not

KNOWN = modules()


def unit(module: str) -> str:
    """``mtbench.report.csv_table`` → ``report``; the package itself has no unit."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def internal(module: str) -> list[tuple[str, int]]:
    return [
        (found.name, found.line)
        for found in imports(KNOWN[module], KNOWN)
        if found.name.split(".")[0] == "mtbench"
    ]


def test_every_module_has_a_layer() -> None:
    strangers = {unit(module) for module in KNOWN} - set(LAYERS) - {""}
    assert not strangers, "name their layer in LAYERS"


@pytest.mark.parametrize("module", [name for name in KNOWN if unit(name)])
def test_imports_go_down(module: str) -> None:
    mine = unit(module)
    for name, line in internal(module):
        other = unit(name)
        if not other:
            continue  # the version
        down = LAYERS[other] < LAYERS[mine]
        beside = LAYERS[other] == LAYERS[mine] and LAYERS[mine] in SIBLINGS_MAY_MEET
        assert other == mine or down or beside, f"line {line}: {mine} imports {name}"


def test_the_package_itself_imports_nothing() -> None:
    assert imports(KNOWN["mtbench"], KNOWN) == [
        found for found in imports(KNOWN["mtbench"], KNOWN) if found.name == "__future__"
    ]


def test_no_cycles() -> None:
    graph = {module: {name for name, _ in internal(module)} - {module} for module in KNOWN}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, "a cycle: " + " → ".join([*path, module])
        if module not in done:
            for name in sorted(graph[module]):
                visit(name, (*path, module))
            done.add(module)

    for module in graph:
        visit(module, ())
