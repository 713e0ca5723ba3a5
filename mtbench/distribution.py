"""The name that mtbench has on the Python index, and lines that install parts of it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.requirements import Requirement

DISTRIBUTION = "mtbench-eval"
"""What pip calls it. The package and the command are ``mtbench``, which is another's name there."""


_GATHERED = ("all", "dev", "docs")  # of other extras, or for mtbench's own tests and site


def install_line(extra: str) -> str:
    """The command that adds an extra to mtbench, in the way that it was installed.

    From a checkout or from git it is installed from there again: a line that names the index
    would bring another version, or none.

    Args:
        extra: The extra's name.

    Example:
        >>> install_line("hf").startswith("pip install ")
        True
    """
    origin = _origin()
    if "dir_info" in origin:
        editable = "-e " if origin["dir_info"].get("editable") else ""
        return f"pip install {editable}'.[{extra}]' in its checkout"
    if "vcs_info" in origin:
        # The record of the installation holds no password, by its standard (PEP 610).
        url = f"{origin['vcs_info']['vcs']}+{origin['url']}"
        if url.startswith("git+file:"):  # pip 23 refuses NAME @ for folders of this machine
            return f"pip install '{url}#egg={DISTRIBUTION}[{extra}]'"
        return f"pip install '{DISTRIBUTION}[{extra}] @ {url}'"
    return f"pip install '{DISTRIBUTION}[{extra}]'"


def reinstall_line(module: str, why: str = "") -> str:
    """The command that installs again the package of a module that is here and broken.

    Args:
        module: A top module.
        why: What its import raises; where that is about numpy, numpy is brought up to date, too.

    Example:
        >>> reinstall_line("pytest", "ImportError: needs NumPy 2.0 or newer, found 1.26.0")
        'pip install --upgrade --force-reinstall pytest numpy'
    """
    from importlib.metadata import packages_distributions

    named = packages_distributions().get(module) or [module.replace("_", "-")]
    more = " numpy" if "numpy" in why.lower() and named[0] != "numpy" else ""
    return f"pip install --upgrade --force-reinstall {named[0]}{more}"


def extras() -> dict[str, dict[str, str | None]]:
    """Extra → package that it brings to this Python → its version here; None where it is missing.

    What stands for other extras is left out, and so are those for mtbench's own tests and site.
    Empty where mtbench is not installed.
    """
    from importlib.metadata import PackageNotFoundError, requires

    from packaging.requirements import Requirement

    try:
        lines = requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        return {}
    found: dict[str, dict[str, str | None]] = {}
    for wanted in map(Requirement, lines):
        named = re.search(r"""\bextra == ["']([\w-]+)["']""", str(wanted.marker or ""))
        if named is None or named[1] in _GATHERED or wanted.name == DISTRIBUTION:
            continue
        if wanted.marker is None or wanted.marker.evaluate({"extra": named[1]}):
            for name in _brought(wanted):
                found.setdefault(named[1], {})[name] = _version(name)
    return dict(sorted(found.items()))


def _brought(wanted: Requirement) -> list[str]:
    """The packages that a requirement stands for: itself, or those of its own extras."""
    from importlib.metadata import PackageNotFoundError, requires

    from packaging.requirements import Requirement

    if not wanted.extras:
        return [wanted.name]
    try:
        lines = requires(wanted.name) or []
    except PackageNotFoundError:
        return [wanted.name]
    return [
        one.name
        for one in map(Requirement, lines)
        if one.marker
        and any(one.marker.evaluate({"extra": extra}) for extra in wanted.extras)
        and not one.marker.evaluate({"extra": ""})
    ] or [wanted.name]


def _version(package: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _origin() -> dict[str, dict[str, str]]:
    """Where pip had mtbench from; empty for an index, and where it is not installed."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        text = distribution(DISTRIBUTION).read_text("direct_url.json")
        found = json.loads(text or "{}")
    except (PackageNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
