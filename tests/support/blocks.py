"""What the stage of scoring makes of outputs, block by block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from mtbench.plugins import Metric
from mtbench.stages import scoring
from mtbench.types import ScoredBlock, ScoringView


def blocks(
    metric: Metric, view: ScoringView, outputs: Mapping[str, Sequence[str]]
) -> list[tuple[str, ScoredBlock]]:
    """What ``scoring`` is handed, block by block."""
    place = scoring._Places(view.ids)
    kept: list[tuple[str, ScoredBlock]] = []
    with ExitStack() as stack:
        if scoring.blocks_elsewhere(metric) is None:  # else this process loads no weights
            stack.enter_context(metric)
        scoring._score_blocks(
            metric,
            view,
            outputs,
            {name: scoring._Finished(place, ()) for name in outputs},
            lambda name, block: kept.append((name, block)),
            lambda steps: None,
        )
    return kept
