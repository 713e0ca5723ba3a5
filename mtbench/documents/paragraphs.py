"""What every reader of documents gives: paragraphs, each on one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

_SPACES = re.compile(r"[ \t\r\n\f\v]+")
BLANK_LINE = re.compile(r"\n[ \t\f\v]*\n")


class Paragraphs(NamedTuple):
    """What a document says.

    Attributes:
        texts: Its paragraphs.
        encoding: Its encoding where that had to be guessed; else empty.
        left_out: What stands around its text and was left out, counted by kind.
        read_as: What it was read as; of plain text how it is laid out.
    """

    texts: tuple[str, ...]
    encoding: str = ""
    left_out: Mapping[str, int] = MappingProxyType({})
    read_as: str = ""


def with_notes(form: str, appended: int) -> str:
    """What a document of a form was read as, some notes being put at its end.

    Example:
        >>> with_notes("Word", 2), with_notes("PDF", 0)
        ('Word, 2 notes at its end', 'PDF')
    """
    if not appended:
        return form
    return f"{form}, {appended} {'note' if appended == 1 else 'notes'} at its end"


def clean(text: str) -> str:
    """A paragraph on one line: runs of spaces, tabs and line ends become one space."""
    return _SPACES.sub(" ", text).strip(" ")
