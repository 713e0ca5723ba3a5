"""The front door for Python: what ``mtbench.score`` and its siblings are.

Everything heavy is imported inside the functions, so that ``import mtbench`` takes milliseconds.
"""

from __future__ import annotations

from typing import Any

from mtbench.api import calls, corpora
from mtbench.api.door import in_python
from mtbench.api.found import Evaluation as Evaluation
from mtbench.api.found import Segments as Segments
from mtbench.errors import MtbenchError as MtbenchError

compare = in_python(calls.compare)
evaluate = in_python(calls.evaluate)
leaderboard = in_python(calls.leaderboard)
meta = in_python(calls.meta)
score = in_python(calls.score)
segments = in_python(calls.segments)
build_corpus = in_python(corpora.build_corpus)
load_corpus = in_python(corpora.load_corpus)


def __getattr__(name: str) -> Any:
    """``Unfinished`` stands with the pipeline, which is imported when it is needed."""
    if name != "Unfinished":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mtbench.pipeline import Unfinished

    return Unfinished
