"""Commands that stand in the README and the docs, and what a page says of running them.

A block fenced as ``sh`` is run line by line in one folder a page. A comment before it changes that:
``<!-- not run: REASON -->`` leaves it out, ``<!-- exit: 0 3 -->`` allows those exit codes. A block
fenced with a title, ``jsonl title="corpora/mine/en-es.jsonl"``, is written to that file first.
A block after ``<!-- printed -->`` must be part of what the command before it prints.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(
    r"(?P<marks>(?:<!--[^\n]*-->\n\s*)*)^(?P<indent> *)```(?P<head>[^\n]*)\n(?P<body>.*?)^ *```",
    re.MULTILINE | re.DOTALL,
)
_TITLE = re.compile(r'title="([^"]+)"')
_NOT_RUN = re.compile(r"<!-- not run: (.+?) -->")
_EXIT = re.compile(r"<!-- exit: ([0-9 ]+) -->")


@dataclass(frozen=True)
class Step:
    """One thing to do: write a file, or run a command.

    Attributes:
        text: The file's content, or the command.
        file: The file to write; None for a command.
        codes: Exit codes that are right.
        line: Line of the page.
        printed: What the page says that the command prints; None where it does not say.
    """

    text: str
    file: str | None
    codes: tuple[int, ...]
    line: int
    printed: str | None = None


def pages() -> list[Path]:
    """The README and every page of the docs."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def steps(page: Path) -> list[Step]:
    """What a page tells its reader to do, in order."""
    text = page.read_text(encoding="utf-8")
    found: list[Step] = []
    by_command = False  # whether the block before was one of commands; Python's are run elsewhere
    for block in _BLOCK.finditer(text):
        marks, head = block["marks"], block["head"].strip()
        if _NOT_RUN.search(marks):
            continue
        body = re.sub(rf"^{block['indent']}", "", block["body"], flags=re.MULTILINE)
        line = text.count("\n", 0, block.start("body")) + 1
        if "<!-- printed -->" in marks:
            if by_command:
                found[-1] = replace(found[-1], printed=body)
            continue
        by_command = head in ("sh", "bash", "console")
        if title := _TITLE.search(head):
            found.append(Step(body, title.group(1), (0,), line))
        elif by_command:
            codes = _EXIT.search(marks)
            allowed = tuple(int(c) for c in codes.group(1).split()) if codes else (0,)
            found += [Step(c, None, allowed, line) for c in _commands(body)]
    return found


def _commands(body: str) -> list[str]:
    """Commands of a block: lines, with continuation lines joined and comments left out."""
    joined = re.sub(r"\\\n\s*", " ", body)
    lines = (re.sub(r"\s+#\s.*$", "", line).strip() for line in joined.splitlines())
    return [line for line in lines if line and not line.startswith("#")]
