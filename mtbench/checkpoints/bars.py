"""One progress bar for a download: bytes on disk over bytes in all, on a terminal only."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mtbench.checkpoints.network import said_yes

SILENCED = "HF_HUB_DISABLE_PROGRESS_BARS"  # the hub library's own variable; -q sets it
_SECONDS = 0.2  # between two looks


def shown() -> bool:
    """Whether bars are shown: stderr is a terminal, and nobody asked for silence."""
    return not said_yes(SILENCED) and sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def bar(title: str, folders: Sequence[Path], total: int | None) -> Iterator[None]:
    """Shows how many bytes folders grow by while something is downloaded into them.

    The size on disk is looked at, because the releases of the hub's library report progress in
    different ways, and its storage of large files (xet) in none. What an earlier, broken download
    has left counts from the start.

    Args:
        title: In front of the bar.
        folders: Where files arrive.
        total: Bytes of the whole, where known.
    """
    if not shown():
        yield
        return
    tqdm = importlib.import_module("tqdm").tqdm  # of the hub's library
    before = _finished(folders)
    over = threading.Event()
    settings = {"unit": "B", "unit_scale": True, "leave": False}
    with tqdm(total=total, desc=title, file=sys.stderr, **settings) as line:

        def watch() -> None:
            while not over.wait(_SECONDS):
                here = max(0, _bytes(folders) - before)
                line.n = min(here, total) if total else here
                line.refresh()

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _bytes(folders: Sequence[Path]) -> int:
    """Bytes on disk: blocks, where a file was made as long as it will be before it is filled."""
    found = 0
    for folder in folders:
        for path, _, names in os.walk(folder):
            for name in names:
                try:
                    state = os.lstat(os.path.join(path, name))  # noqa: PTH118 - thousands of them
                except OSError:  # moved to its place meanwhile
                    continue
                found += min(state.st_size, getattr(state, "st_blocks", 1 << 62) * 512)
    return found


def _finished(folders: Sequence[Path]) -> int:
    broken = sum(path.stat().st_size for folder in folders for path in folder.rglob("*.incomplete"))
    return _bytes(folders) - broken
