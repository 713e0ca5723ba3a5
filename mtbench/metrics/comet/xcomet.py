"""XCOMET: a score and error spans from word-level labels and sentence scores.

The weights and formulas are those of ``XCOMETMetric.predict_step`` in unbabel-comet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mtbench.metrics.comet.unified import Read

PENALTY = {"minor": 1, "major": 5, "critical": 10}
WORST = 25


def verdict(
    model: Any, reads: Sequence[Read], ids: Sequence[int], offsets: Sequence[tuple[int, int]]
) -> tuple[float, list[dict[str, Any]]]:
    """Score and error spans of one triple.

    Args:
        model: The XCOMET model.
        reads: What it said of [mt, src], [mt, ref] and [mt, src, ref], or of [mt, src] alone.
        ids: Sub-words of the hypothesis.
        offsets: Character span of each sub-word of the hypothesis.
    """
    weights = model.score_weights
    scores = [min(float(one.score), 1.0) for one in reads]
    labels = [one.words for one in reads if one.words is not None]
    if len(reads) == 1:
        probabilities = labels[0]
        regression = scores[0] * sum(weights[:3])
    else:
        shares = model.input_weights_spans.tolist()
        probabilities = np.sum(
            [np.float32(share) * one for share, one in zip(shares, labels, strict=True)], axis=0
        )
        regression = sum(w * score for w, score in zip(weights[:3], scores, strict=True))
    spans = _spans(model, probabilities, ids, offsets)
    penalty = min(sum(PENALTY.get(span["severity"], 0) for span in spans), WORST)
    return regression + weights[3] * (WORST - penalty) / WORST, spans


def _spans(
    model: Any, probabilities: Any, ids: Sequence[int], offsets: Sequence[tuple[int, int]]
) -> list[dict[str, Any]]:
    import torch

    found = model.decode(
        torch.from_numpy(np.ascontiguousarray(probabilities, dtype=np.float32))[None],
        torch.tensor([list(ids)]),
        [list(offsets)],
    )[0]
    return [
        {
            "start": int(span["start"]),
            "end": int(span["end"]),
            "severity": str(span["severity"]),
            "text": str(span["text"]),
            "confidence": round(float(span["confidence"]), 6),
        }
        for span in found
    ]
