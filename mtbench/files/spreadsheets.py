"""Cells that a spreadsheet would run as a formula."""

from __future__ import annotations

APOSTROPHE = "'"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def quoted(text: str) -> str:
    """A text cell that no spreadsheet runs as a formula: such get a leading apostrophe.

    >>> quoted("=1+1"), quoted("identity")
    ("'=1+1", 'identity')
    """
    return f"{APOSTROPHE}{text}" if text.startswith(_FORMULA) else text


def unquoted(text: str) -> str:
    """A text cell without the apostrophe that ``quoted`` put before it.

    >>> unquoted("'=1+1"), unquoted("'tis")
    ('=1+1', "'tis")
    """
    return text[1:] if text[:1] == APOSTROPHE and text[1:].startswith(_FORMULA) else text
