"""The name that mtbench has on the Python index, and lines that install parts of it."""

from __future__ import annotations

import json

DISTRIBUTION = "mtbench-eval"
"""What pip calls it. The package and the command are ``mtbench``, which is another's name there."""


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


def _origin() -> dict[str, dict[str, str]]:
    """Where pip had mtbench from; empty for an index, and where it is not installed."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        text = distribution(DISTRIBUTION).read_text("direct_url.json")
        found = json.loads(text or "{}")
    except (PackageNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
