"""Line ends inside a text."""

from __future__ import annotations

import re

_LINE_END = re.compile(r"\r\n|\r|\n")


def one_line(text: str) -> str:
    r"""A text with its line ends as spaces: for what holds one text per line.

    >>> one_line("a\r\nb\nc")
    'a b c'
    """
    return _LINE_END.sub(" ", text)


def has_line_end(text: str) -> bool:
    """Whether a text has more than one line."""
    return _LINE_END.search(text) is not None
