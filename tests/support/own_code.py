"""A function that tests name as a system."""

from __future__ import annotations


def shout(text: str) -> str:
    """Capitals."""
    return text.upper()
