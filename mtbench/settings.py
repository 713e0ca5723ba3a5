"""Defaults of a workspace, in one place: ``[tool.mtbench]`` of its ``pyproject.toml``."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mtbench.errors import RequestError
from mtbench.files.inputs import content
from mtbench.files.writing import read_toml

FILE = Path("pyproject.toml")
FOLDERS = ("corpora", "models", "results", "cache")
_LONGEST_NAME = 4096  # bytes of a path


class Setting(NamedTuple):
    """What may be set.

    Attributes:
        kind: What its value is, in words.
        holds: Whether a value is one.
        verbs: The commands whose option of that name it is the default of.
    """

    kind: str
    holds: Callable[[Any], bool]
    verbs: tuple[str, ...] = ()


def _is_whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_folder(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.encode()) < _LONGEST_NAME and "\0" not in value


_RUNS = ("evaluate", "score", "translate")
SETTINGS: Mapping[str, Setting] = {
    **{name: Setting("the name of a folder", _is_folder) for name in FOLDERS},
    "metrics": Setting(
        'a list of names, such as ["bleu", "chrf"]',
        lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
        ("evaluate", "score"),
    ),
    "seed": Setting("a whole number from 0", lambda value: _is_whole(value, 0), _RUNS),
    "device": Setting(
        "one of auto, cpu, cuda, cuda:N, cuda:all, mps", lambda value: isinstance(value, str), _RUNS
    ),
    "batch_size": Setting("a whole number from 1", lambda value: _is_whole(value, 1), _RUNS),
    "alpha": Setting(
        "a number between 0 and 1",
        lambda value: isinstance(value, float) and 0 < value < 1,
        ("compare", "meta"),
    ),
}


def read_settings(path: Path = FILE) -> dict[str, Any]:
    """The settings of a workspace; none where the file or the table is not there.

    Args:
        path: Its ``pyproject.toml``.

    Raises:
        RequestError: For an unknown key, with what was meant, and for a value that cannot be.
        CardError: If the file is not TOML.

    Example:
        >>> read_settings(Path("nowhere/pyproject.toml"))
        {}
    """
    if not path.is_file() or b"mtbench" not in content(path):
        return {}
    tools = read_toml(path).get("tool", {})
    found = tools.get("mtbench", {}) if isinstance(tools, dict) else {}
    if not isinstance(found, dict):
        raise RequestError(f"{path}: [tool.mtbench] is no table")
    for key, value in found.items():
        where = f"{path}: [tool.mtbench] {key}"
        if key not in SETTINGS:
            near = difflib.get_close_matches(key.replace("-", "_"), SETTINGS, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"settings are {', '.join(SETTINGS)}"
            raise RequestError(f"{where}: not a setting", hint=hint)
        if not SETTINGS[key].holds(value):
            raise RequestError(f"{where}: not {SETTINGS[key].kind}: {str(value)[:60]!r}")
    return dict(found)


def defaults_of(verb: str, path: Path = FILE) -> dict[str, Any]:
    """The defaults that a workspace sets for the options of a command. Raises as above.

    Example:
        >>> defaults_of("evaluate", Path("nowhere/pyproject.toml"))
        {}
    """
    if not any(verb in one.verbs for one in SETTINGS.values()):
        return {}
    found = read_settings(path)
    return {name: value for name, value in found.items() if verb in SETTINGS[name].verbs}


def folders_of_settings(
    given: Collection[str] = (), environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The folders that are elsewhere because a workspace's settings say so.

    Args:
        given: Those that the command line names.
        environment: ``MTBENCH_RESULTS`` and the like come before the settings.

    Example:
        >>> folders_of_settings(FOLDERS)
        {}
    """
    found = read_settings()
    return {
        name: str(found[name])
        for name in FOLDERS
        if name in found
        and name not in given
        and found[name] != name
        and not environment.get(f"MTBENCH_{name.upper()}")
    }


def shown(value: Any) -> str:
    """A setting's value as people write it.

    Example:
        >>> shown(["bleu", "chrf"]), shown(7)
        ('bleu, chrf', '7')
    """
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
