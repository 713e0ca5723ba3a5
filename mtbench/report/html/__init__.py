"""The report people open: what was found → one page, or a page with files of segments beside it."""

from __future__ import annotations

from mtbench.report.html.content import (
    Content,
    SetContent,
)
from mtbench.report.html.disagreement import disagreement, most_disputed
from mtbench.report.html.page import SINGLE_FILE_BYTES, pages

__all__ = [
    "SINGLE_FILE_BYTES",
    "Content",
    "SetContent",
    "disagreement",
    "most_disputed",
    "pages",
]
