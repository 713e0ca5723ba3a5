"""Entry point of the command line."""

from __future__ import annotations


def main() -> None:
    """Runs the command line."""
    raise SystemExit("no verb is built yet")
