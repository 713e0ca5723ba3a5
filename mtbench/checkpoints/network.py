"""Whether the hub may be asked, and takes connections: answered within seconds.

Imports little beyond the standard library: the workers of other environments use it, too.
"""

from __future__ import annotations

import functools
import os
import socket
import threading
from urllib.parse import urlsplit

from mtbench.servers.environment import proxy_before

SECONDS = 4.0  # for a connection; how long an answer may take is the hub library's own setting
DEFAULT_ENDPOINT = "https://huggingface.co"
FORBIDDEN = "HF_HUB_OFFLINE forbids to ask it"
_YES = frozenset({"1", "ON", "YES", "TRUE"})


def endpoint() -> str:
    """The hub's address (``HF_ENDPOINT``)."""
    return (os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT).rstrip("/")


def offline() -> bool:
    """Whether the user forbids the hub (``HF_HUB_OFFLINE``)."""
    return said_yes("HF_HUB_OFFLINE")


def said_yes(variable: str) -> bool:
    """Whether a variable of the environment is set to what the hub library reads as yes."""
    return os.environ.get(variable, "").upper() in _YES


def unreachable() -> str | None:
    """Why the hub cannot be asked, in a few words; None where it takes connections."""
    return FORBIDDEN if offline() else _no_connection(endpoint())


def reachable() -> bool:
    """Whether the hub takes connections; asked once a process."""
    return unreachable() is None


@functools.lru_cache(maxsize=4)
def _no_connection(address: str) -> str | None:
    """Why there is no connection to an address, or to the proxy before it.

    Name look-ups know no time-out, so the question is put in a thread that is not waited for
    longer than ``SECONDS``.
    """
    try:
        host, port, name = _door(address)
    except ValueError:
        return f"HF_ENDPOINT is no http or https address: {address}"
    found: list[str | None] = []
    thread = threading.Thread(target=lambda: found.append(_knock(host, port)), daemon=True)
    thread.start()
    thread.join(SECONDS)
    reason = found[0] if found else f"no answer within {SECONDS:g} seconds"
    return reason and f"{name} takes no connection ({reason})"


def _door(address: str) -> tuple[str, int, str]:
    """Host and port to connect to, and what they are called: the proxy's, where one is set."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(address)
    if before := proxy_before(address):
        named = f"the proxy {before.host}:{before.port} ({before.variable})"
        return before.host, before.port, named
    return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), address


def _knock(host: str, port: int) -> str | None:
    try:
        with socket.create_connection((host, port), timeout=SECONDS):
            return None
    except (OSError, ValueError) as error:
        return str(getattr(error, "strerror", None) or error)
