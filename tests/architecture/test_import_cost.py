"""Nothing heavy is imported before it is used, and nothing happens on import."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.support.cli import verbs
from tests.support.modules import ROOT, imports, modules

LIGHT = {"click", "jsonlines", "mtbench", "numpy", "pydantic", "regex", "tomli", "tomli_w"}
NOT_FOR_HELP = (
    "comet", "ctranslate2", "datasets", "filelock", "httpcore", "httpx", "langcodes", "numpy",
    "pandas", "platformdirs", "pyarrow", "pydantic", "ray", "rich", "sacrebleu", "scipy",
    "tenacity", "torch", "transformers",
)  # fmt: skip


def test_heavy_packages_are_imported_inside_functions() -> None:
    wrong = [
        f"{module}:{found.line}: {found.name} belongs inside a function"
        for module in modules()
        for found in imports(module)
        if found.when == "import"
        and found.name.split(".")[0] not in LIGHT | sys.stdlib_module_names
    ]
    assert not wrong


def loaded_after(program: str) -> set[str]:
    """Top-level packages in a fresh interpreter after a program that prints nothing else."""
    tail = "\nimport sys, json; print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    answer = subprocess.run(
        [sys.executable, "-c", program + tail],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return set(json.loads(answer.stdout.splitlines()[-1]))


def test_the_entry_point_imports_nothing_heavy() -> None:
    assert not loaded_after("import mtbench.cli.main") & set(NOT_FOR_HELP)


def test_help_of_every_verb_imports_nothing_heavy() -> None:
    """One interpreter after another verb: the first to import something heavy is named."""
    program = f"""
import contextlib, io, sys
from mtbench.cli.main import run
heavy = set({NOT_FOR_HELP!r})
for verb in [[], *{verbs()!r}]:
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        assert run([*verb, "--help"]) == 0
    assert shown.getvalue()
    loaded = heavy & set(sys.modules)
    assert not loaded, (verb, loaded)
"""
    assert not loaded_after(program) & set(NOT_FOR_HELP)


def test_the_records_need_numpy_and_pydantic_alone() -> None:
    allowed = {"numpy", "pydantic"}
    assert not loaded_after("import mtbench.types") & (set(NOT_FOR_HELP) - allowed)


def test_nothing_happens_on_import() -> None:
    """No logging set-up, environment reading, network, process, writing, warning filter."""
    names = [name for name in modules() if name != "mtbench.__main__"]
    answer = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-m", "tests.support.watch_imports", *names],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
