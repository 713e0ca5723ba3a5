"""What a call says while it runs, on a terminal or in a notebook."""

from __future__ import annotations

import html
import sys
import time
from typing import Any, Protocol

WAITING = 0.5  # seconds that a stage takes before it is worth a bar


class Bar(Protocol):
    """Shows how far a stage is."""

    def move(self, done: int) -> None:
        """So many steps are done."""

    def end(self) -> None:
        """Nothing is left to show."""


class Talk:
    """Keeps what a run says; says it too where progress is asked for, with a bar per stage.

    Args:
        aloud: Whether progress is asked for.
    """

    def __init__(self, *, aloud: bool = False) -> None:
        self.lines: list[str] = []
        self._aloud = aloud
        self._bar: Bar | None = None
        self._stage, self._total, self._done, self._began = "", 0, 0, 0.0

    def say(self, line: str) -> None:
        """One line for the user."""
        self.lines.append(line)
        if self._aloud:
            sys.stderr.write(f"{line}\n")

    def start(self, what: str, total: int) -> None:
        """A stage begins."""
        self._stage, self._total, self._done, self._began = what, total, 0, time.monotonic()

    def advance(self, steps: int) -> None:
        """So many more steps are done."""
        self._done += steps
        if not self._aloud:
            return
        if self._bar is None and time.monotonic() - self._began >= WAITING:
            display = _display()
            shown = NotebookBar if display is not None else TerminalBar
            self._bar = shown(self._stage, self._total, display)
        if self._bar is not None:
            self._bar.move(self._done)

    def stop(self) -> None:
        """The stage is over."""
        if self._bar is not None:
            self._bar.end()
            self._bar = None


def _display() -> Any:
    """IPython's ``display`` where a notebook is being run, else None."""
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None else None
    if running is None or not hasattr(running, "kernel"):
        return None
    from IPython.display import display

    return display


class NotebookBar:
    """A bar in the output of a cell; it needs no widgets."""

    def __init__(self, stage: str, total: int, display: Any) -> None:
        self._stage, self._total, self._last = stage, total, 0.0
        self._shown = display(self._as_html(0), raw=True, display_id=True)

    def _as_html(self, done: int) -> dict[str, str]:
        stage = html.escape(self._stage)
        bar = f'<progress value="{done}" max="{self._total}"></progress>'
        text = f"{self._stage}: {done:,} of {self._total:,}"
        return {"text/html": f"{stage} {bar} {done:,} of {self._total:,}", "text/plain": text}

    def move(self, done: int) -> None:
        """So many steps are done; the page is told a few times a second."""
        if time.monotonic() - self._last >= 0.2 or done >= self._total:
            self._last = time.monotonic()
            self._shown.update(self._as_html(done), raw=True)

    def end(self) -> None:
        """The last state stays, so that the output says what was done."""


class TerminalBar:
    """A bar on stderr that is gone in the end."""

    def __init__(self, stage: str, total: int, display: Any = None) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self._progress = Progress(console=Console(stderr=True), transient=True)
        self._progress.start()
        self._task = self._progress.add_task(stage, total=total)

    def move(self, done: int) -> None:
        """So many steps are done."""
        self._progress.update(self._task, completed=done)

    def end(self) -> None:
        """The bar goes."""
        self._progress.stop()
