"""A request is resolved once: behind that nobody in the pipeline asks for the workspace's names."""

from __future__ import annotations

import ast

from tests.support.modules import modules, source

RECORDS = {"Workspace", "check_name"}  # and rules on a text alone
MAY_ASK = {
    "resolve": "a request's names",
    "doctor": "everything that is here, asked for or not",
    "test_sets": "the corpora that stored runs name",
    "arguments": "whether a card would be found again under the name that a report prints",
}


def test_only_resolving_asks_the_workspace() -> None:
    asking = {
        module.removeprefix("mtbench.pipeline.")
        for module in modules()
        if module.startswith("mtbench.pipeline.")
        for node in ast.walk(source(module))
        if isinstance(node, ast.ImportFrom)
        and node.module == "mtbench.config"
        and {alias.name for alias in node.names} - RECORDS
    }
    assert asking == set(MAY_ASK)


def test_stored_outputs_are_read_by_functions_that_cannot_write() -> None:
    """No function of the pipeline or of results has a switch between reading and writing."""
    switches = [
        f"{module}.{node.name}"
        for module in modules()
        if module.startswith(("mtbench.pipeline", "mtbench.results"))
        for node in ast.walk(source(module))
        if isinstance(node, ast.FunctionDef)
        and any(arg.arg == "write" for arg in [*node.args.args, *node.args.kwonlyargs])
    ]
    assert not switches
