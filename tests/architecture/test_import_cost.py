"""Nothing heavy is imported before it is used, and nothing happens on import."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

from tests.support.modules import ROOT, imports, modules

LIGHT = {"click", "jsonlines", "mtbench", "numpy", "pydantic", "regex", "tomli"}
NOT_FOR_HELP = (
    "comet", "ctranslate2", "datasets", "filelock", "httpx", "jsonlines", "langcodes", "numpy",
    "pandas", "platformdirs", "pyarrow", "pydantic", "ray", "rich", "sacrebleu", "scipy",
    "tenacity", "torch", "transformers",
)  # fmt: skip


@pytest.mark.parametrize("module", modules())
def test_heavy_packages_are_imported_inside_functions(module: str) -> None:
    known = modules()
    for found in imports(known[module], known):
        package = found.name.split(".")[0]
        if found.when == "import" and package not in sys.stdlib_module_names:
            assert package in LIGHT, f"line {found.line}: {package} belongs inside a function"


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


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["corpus", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    program = f"""
import contextlib, io
from mtbench.cli.main import run
with contextlib.redirect_stdout(io.StringIO()) as shown:
    assert run({arguments!r}) == 0
assert shown.getvalue()
"""
    assert not loaded_after(program) & set(NOT_FOR_HELP)


def test_the_records_need_numpy_and_pydantic_alone() -> None:
    allowed = {"numpy", "pydantic"}
    assert not loaded_after("import mtbench.types") & (set(NOT_FOR_HELP) - allowed)


def test_nothing_happens_on_import() -> None:
    """No logging set-up, environment reading, network, process, file writing, warning filter.

    The program imports every module of the package, with the light packages they stand on
    imported before, so that what these do does not count.
    """
    names = [name for name in modules() if name != "mtbench.__main__"]
    program = textwrap.dedent(f"""
        import importlib, logging, os, signal, sys, threading, warnings
        import click, jsonlines, numpy, pydantic, regex
        import importlib.metadata, multiprocessing, pathlib, platform, socket, subprocess

        seen = []

        class Watched(type(os.environ)):
            def __init__(self, real):
                self.__dict__.update(real.__dict__)

            def __getitem__(self, key):
                frame = sys._getframe(1)
                while frame.f_globals.get("__name__") in ("os", "collections.abc", "_collections_abc"):
                    frame = frame.f_back
                if frame.f_globals.get("__name__", "").startswith("mtbench"):
                    seen.append("environment: " + key)
                return super().__getitem__(key)

        os.environ = Watched(os.environ)
        writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT

        def audit(event, arguments):
            if event == "open" and arguments[2] & writing:
                seen.append(f"opened for writing: {{arguments[0]}}")
            if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.fork")):
                seen.append(event)

        sys.addaudithook(audit)
        before = (
            list(warnings.filters), signal.getsignal(signal.SIGINT), threading.active_count(),
            os.getcwd(), numpy.geterr(),
        )
        for name in {names!r}:
            importlib.import_module(name)
        after = (
            list(warnings.filters), signal.getsignal(signal.SIGINT), threading.active_count(),
            os.getcwd(), numpy.geterr(),
        )
        assert before == after, (before, after)
        assert not logging.root.handlers, logging.root.handlers
        for name, logger in list(logging.root.manager.loggerDict.items()):
            handlers = [h for h in getattr(logger, "handlers", ()) if not isinstance(h, logging.NullHandler)]
            assert not handlers, (name, handlers)
        assert not seen, seen
    """)
    answer = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
