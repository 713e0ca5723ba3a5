"""A paragraph on one line."""

from __future__ import annotations

import re

_SPACES = re.compile(r"[ \t\r\n\f\v]+")
BLANK_LINE = re.compile(r"\n[ \t\f\v]*\n")


def clean(text: str) -> str:
    """A paragraph on one line: runs of spaces, tabs and line ends become one space."""
    return _SPACES.sub(" ", text).strip(" ")
