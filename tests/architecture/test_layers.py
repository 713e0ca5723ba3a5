"""One direction: a module imports from rooms below its own; a family never imports a family.

What two families need is a room below both. The rooms of the two lowest layers may lean on each
other, in one direction.
"""

from __future__ import annotations

import re

import pytest

from mtbench.plugins import BUILTIN_BACKENDS, BUILTIN_METRICS
from tests.support.modules import ROOT, Import, imports, modules
from tests.support.twice import room

LAYERS: dict[str, int] = {
    name: layer
    for layer, names in enumerate(
        (
            "distribution errors files interruptions languages types",
            "checkpoints config engine functions health packages plugins processes seams servers "
            "settings text",
            "boards corpora encoders judgements report results significance stages",
            "backends documents metrics",
            "pipeline testing",
            "api cli",
            "__main__",
        )
    )
    for name in names.split()
}
SIBLINGS_MAY_MEET = (0, 1)

KNOWN = modules()


def internal(module: str) -> list[Import]:
    return [found for found in imports(module) if found.name.split(".")[0] == "mtbench"]


def test_every_module_has_a_layer() -> None:
    strangers = {room(module) for module in KNOWN} - set(LAYERS) - {""}
    assert not strangers, "name their layer in LAYERS"


@pytest.mark.parametrize("name", LAYERS)
def test_imports_go_down(name: str) -> None:
    wrong = [
        f"{module}:{found.line} imports {found.name}"
        for module in KNOWN
        if room(module) == name
        for found in internal(module)
        if not may_import(name, room(found.name))
    ]
    assert not wrong


def may_import(mine: str, other: str) -> bool:
    if other in ("", mine):  # the version, or the same package
        return True
    level, theirs = LAYERS[mine], LAYERS[other]
    return theirs < level or (theirs == level and level in SIBLINGS_MAY_MEET)


def test_the_package_itself_imports_nothing() -> None:
    """Its names come from the front door when they are first used."""
    now = {found.name for found in imports("mtbench") if found.when == "import"}
    assert now <= {"__future__", "typing"}


def test_no_circle_of_modules() -> None:
    circle_free(
        {
            module: {found.name for found in internal(module) if found.when != "types"} - {module}
            for module in KNOWN
        }
    )


def test_no_circle_of_rooms() -> None:
    """Not for types either: who reads one room first must be able to."""
    graph: dict[str, set[str]] = {name: set() for name in ("", *LAYERS)}
    for module in KNOWN:
        mine = room(module)
        graph[mine] |= {room(found.name) for found in internal(module)} - {mine, ""}
    circle_free(graph)


def circle_free(graph: dict[str, set[str]]) -> None:
    done: set[str] = set()

    def visit(node: str, path: tuple[str, ...]) -> None:
        assert node not in path, "a circle: " + " → ".join([*path, node])
        if node not in done:
            for name in sorted(graph[node]):
                visit(name, (*path, node))
            done.add(node)

    for node in graph:
        visit(node, ())


def test_contributing_shows_the_rooms_as_they_are() -> None:
    """Its table of layers names each room that there is, on its layer, and no other."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    rows = [line.split("|")[1:3] for line in text.splitlines() if line.startswith("| ")]
    shown = {
        name.strip("/"): int(layer)
        for layer, names in rows
        if layer.strip().isdigit()
        for name in re.findall(r"`([\w/]+)`", names)
    }
    there = {room(module) for module in KNOWN} - {"", "__main__"}
    assert shown == {name: LAYERS[name] for name in there}


def test_no_back_end_or_metric_imports_another() -> None:
    """Each stands alone, in a module or a package of its own; what two share is below both."""
    homes = {
        place.partition(":")[0] for place in (*BUILTIN_BACKENDS.values(), *BUILTIN_METRICS.values())
    }
    families = {home.rpartition(".")[0] if home.count(".") > 2 else home for home in homes}

    def family(module: str) -> str | None:
        return next((f for f in families if module == f or module.startswith(f"{f}.")), None)

    wrong = [
        f"{module}:{found.line} imports {found.name}"
        for module in KNOWN
        if (mine := family(module)) is not None
        for found in internal(module)
        if family(found.name) not in (None, mine)
    ]
    assert not wrong
