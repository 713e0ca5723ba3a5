"""The front door for Python: what ``mtbench.score`` and its siblings are.

Everything heavy is imported inside the functions, so that ``import mtbench`` takes milliseconds.
"""

from __future__ import annotations

from typing import Any

from mtbench.api.calls import compare as compare
from mtbench.api.calls import evaluate as evaluate
from mtbench.api.calls import leaderboard as leaderboard
from mtbench.api.calls import meta as meta
from mtbench.api.calls import score as score
from mtbench.api.calls import segments as segments
from mtbench.api.corpora import build_corpus as build_corpus
from mtbench.api.corpora import load_corpus as load_corpus
from mtbench.api.found import Evaluation as Evaluation
from mtbench.api.found import Segments as Segments
from mtbench.errors import MtbenchError as MtbenchError


def __getattr__(name: str) -> Any:
    """``Unfinished`` stands with the pipeline, which is imported when it is needed."""
    if name != "Unfinished":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mtbench.pipeline import Unfinished

    return Unfinished
