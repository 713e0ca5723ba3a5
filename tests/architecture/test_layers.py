"""One direction: a module imports lower layers only, stages never import each other."""

from __future__ import annotations

import pytest

from tests.support.modules import Import, imports, modules

LAYERS: dict[str, int] = {
    name: layer
    for layer, names in enumerate(
        (
            "errors files interruptions languages types",
            "checkpoints config engine plugins processes seams servers text",
            "boards corpora encoders report results significance stages",
            "backends documents metrics",
            "pipeline testing",
            "cli",
            "__main__",
        )
    )
    for name in names.split()
}
SIBLINGS_MAY_MEET = (0, 1)  # foundations lean on each other; seams and stages do not

KNOWN = modules()


def unit(module: str) -> str:
    """``mtbench.report.csv_table`` → ``report``; the package itself has no unit."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def internal(module: str) -> list[Import]:
    return [found for found in imports(module) if found.name.split(".")[0] == "mtbench"]


def test_every_module_has_a_layer() -> None:
    strangers = {unit(module) for module in KNOWN} - set(LAYERS) - {""}
    assert not strangers, "name their layer in LAYERS"


@pytest.mark.parametrize("unit_name", LAYERS)
def test_imports_go_down(unit_name: str) -> None:
    wrong = [
        f"{module}:{found.line} imports {found.name}"
        for module in KNOWN
        if unit(module) == unit_name
        for found in internal(module)
        if not may_import(unit_name, unit(found.name))
    ]
    assert not wrong


def may_import(mine: str, other: str) -> bool:
    if other in ("", mine):  # the version, or the same package
        return True
    level, theirs = LAYERS[mine], LAYERS[other]
    return theirs < level or (theirs == level and level in SIBLINGS_MAY_MEET)


def test_the_package_itself_imports_nothing() -> None:
    assert not [found for found in imports("mtbench") if found.name != "__future__"]


def test_no_cycles() -> None:
    graph = {
        module: {found.name for found in internal(module) if found.when != "types"} - {module}
        for module in KNOWN
    }
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, "a cycle: " + " → ".join([*path, module])
        if module not in done:
            for name in sorted(graph[module]):
                visit(name, (*path, module))
            done.add(module)

    for module in graph:
        visit(module, ())
