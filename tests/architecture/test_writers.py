"""Only ``results`` writes in a results folder; stages and pipeline write nothing themselves."""

from __future__ import annotations

import ast

from tests.support.modules import modules, source

STAGES_AND_PIPELINE = {"boards", "pipeline", "report", "significance", "stages"}
WRITING = {
    "mkdir", "rename", "replace", "rmdir", "savez", "savez_compressed", "symlink_to", "touch",
    "unlink", "write_bytes", "write_json", "write_text",
}  # fmt: skip


def written(unit: str) -> set[str]:
    """Calls in a unit of the package that change the file system, with where they stand."""
    found = set()
    for module in modules():
        if module.split(".")[1:2] == [unit]:
            for node in ast.walk(source(module)):
                if isinstance(node, ast.Call) and (name := _writes(node)):
                    found.add(f"{module}:{node.lineno}: {name}")
    return found


def _writes(call: ast.Call) -> str | None:
    name = getattr(call.func, "attr", None) or getattr(call.func, "id", None)
    if name == "replace" and len(call.args) != 1:
        return None  # of a string, or of a date
    return name if name in WRITING or (name == "open" and _for_writing(call)) else None


def _for_writing(call: ast.Call) -> bool:
    modes = [*call.args, *(k.value for k in call.keywords if k.arg == "mode")]
    values = [m.value for m in modes if isinstance(m, ast.Constant) and isinstance(m.value, str)]
    return any(set(value) & set("wax+") and set(value) <= set("rwaxbt+") for value in values)


def test_only_results_writes() -> None:
    assert not set().union(*(written(unit) for unit in STAGES_AND_PIPELINE))


def test_the_search_finds_what_results_does() -> None:
    found = {line.rsplit(": ", 1)[1] for line in written("results")}
    assert {"open", "unlink", "write_text", "savez_compressed"} <= found
