"""Only ``results`` writes in a results folder; stages and pipeline write nothing themselves."""

from __future__ import annotations

import ast

import pytest

from tests.support.modules import modules

WRITERS_ELSEWHERE = ("cli", "documents", "formats", "results")  # corpora, and results itself
WRITING = {
    "mkdir", "rename", "replace", "rmdir", "savez", "savez_compressed", "symlink_to", "touch",
    "unlink", "write_bytes", "write_json", "write_text",
}  # fmt: skip
STAGES_AND_ABOVE = [
    name
    for name in modules()
    if name.split(".")[1:2]
    and name.split(".")[1]
    in {
        "cli", "comparison", "corpus", "documents", "formats", "leaderboard", "pipeline", "report",
        "results", "score", "significance", "slices", "translate", "validation",
    }
]  # fmt: skip


def written(module: str) -> set[str]:
    """Names of calls in a module that change the file system."""
    found = set()
    for node in ast.walk(ast.parse(modules()[module].read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute):
            name = node.func.attr
            if name == "replace" and len(node.args) != 1:
                continue  # of a string, or of a date
        elif isinstance(node.func, ast.Name):
            name = node.func.id
        else:
            continue
        if name in WRITING or (name == "open" and _for_writing(node)):
            found.add(name)
    return found


def _for_writing(call: ast.Call) -> bool:
    modes = [*call.args, *(k.value for k in call.keywords if k.arg == "mode")]
    return any(
        isinstance(mode, ast.Constant)
        and isinstance(mode.value, str)
        and set(mode.value) & set("wax+")
        and set(mode.value) <= set("rwaxbt+")
        for mode in modes
    )


@pytest.mark.parametrize("module", STAGES_AND_ABOVE)
def test_only_writers_write(module: str) -> None:
    if module.split(".")[1] in WRITERS_ELSEWHERE:
        pytest.skip("writes by its job")
    assert not written(module)


def test_the_search_finds_what_results_does() -> None:
    found = set().union(*(written(m) for m in STAGES_AND_ABOVE if m.startswith("mtbench.results")))
    assert {"open", "unlink", "write_text", "savez_compressed"} <= found


def test_nobody_else_knows_the_files_of_a_run() -> None:
    """The names of its files stand in ``results`` alone, where they are put together."""
    for module in STAGES_AND_ABOVE:
        if module.startswith("mtbench.results"):
            continue
        tree = ast.parse(modules()[module].read_text(encoding="utf-8"))
        constants = {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert not constants & {"run.json", "output.jsonl", "kept.jsonl", "scores", "test_set.json"}
