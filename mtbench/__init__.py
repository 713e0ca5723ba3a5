"""mtbench: a machine-translation quality evaluation harness.

A test set and a system make an output; an output and a metric make statistics;
statistics make every number that is printed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mtbench.api import (
        Evaluation,
        MtbenchError,
        Segments,
        Unfinished,
        build_corpus,
        compare,
        evaluate,
        leaderboard,
        load_corpus,
        meta,
        score,
        segments,
    )

__version__ = "0.1.0"
__all__ = [
    "Evaluation",
    "MtbenchError",
    "Segments",
    "Unfinished",
    "build_corpus",
    "compare",
    "evaluate",
    "leaderboard",
    "load_corpus",
    "meta",
    "score",
    "segments",
]


def __getattr__(name: str) -> Any:
    """Names of the front door, imported when they are first used."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module("mtbench.api"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
