"""The name that mtbench has on the Python index, and lines that install parts of it."""

from __future__ import annotations

import json
import re

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
        return f"pip install '{DISTRIBUTION}[{extra}] @ {url}'"
    return f"pip install '{DISTRIBUTION}[{extra}]'"


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
            found.setdefault(named[1], {})[wanted.name] = _version(wanted.name)
    return dict(sorted(found.items()))


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
