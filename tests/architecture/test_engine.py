"""Where work runs is the engine's alone; programs are started in one room."""

from __future__ import annotations

from tests.support.modules import imports, modules

POOLS = ("concurrent.futures", "multiprocessing", "loky", "joblib", "ray")


def test_no_pool_but_the_engine_s() -> None:
    wrong = [
        f"{module}:{found.line}: {found.name}"
        for module in modules()
        if not module.startswith("mtbench.engine")
        for found in imports(module)
        if found.name.startswith(POOLS)
    ]
    assert not wrong, "have the work done by mtbench.engine"


def test_programs_are_started_in_one_room() -> None:
    wrong = [
        f"{module}:{found.line}"
        for module in modules()
        if not module.startswith("mtbench.processes")
        for found in imports(module)
        if found.name == "subprocess"
    ]
    assert not wrong, "what mtbench.processes starts never outlives us"
