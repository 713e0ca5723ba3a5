"""XCOMET: a score and error spans from word-level labels and sentence scores.

The weights and formulas are those of ``XCOMETMetric.predict_step`` and ``UnifiedMetric.decode`` in
unbabel-comet 2.2.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtbench.checkpoints.batches import Ids
from mtbench.metrics.comet.model import CometModel
from mtbench.metrics.comet.unified import Read

PENALTY = {"minor": 1, "major": 5, "critical": 10}
WORST = 25
SCORE_SHARES = (0.12, 0.33, 0.33, 0.22)  # of [mt, src], [mt, ref], [mt, src, ref], and the spans
LABEL_SHARES = (0.1667, 0.3333, 0.5)  # of the first three

Probabilities = NDArray[np.float32]


def verdict(
    model: CometModel, reads: Sequence[Read], ids: Ids, offsets: Sequence[tuple[int, int]]
) -> tuple[float, list[dict[str, Any]]]:
    """Score and error spans of one triple.

    Args:
        model: The XCOMET model.
        reads: What it said of [mt, src], [mt, ref] and [mt, src, ref], or of [mt, src] alone.
        ids: Sub-words of the hypothesis.
        offsets: Character span of each sub-word of the hypothesis.
    """
    scores = [min(float(one.score), 1.0) for one in reads]
    labels = [one.words for one in reads if one.words is not None]
    probabilities: Probabilities
    if len(reads) == 1:
        probabilities = labels[0]
        regression = scores[0] * sum(SCORE_SHARES[:3])
    else:
        probabilities = np.sum(
            [np.float32(share) * one for share, one in zip(LABEL_SHARES, labels, strict=True)],
            axis=0,
        )
        regression = sum(
            share * score for share, score in zip(SCORE_SHARES[:3], scores, strict=True)
        )
    spans = error_spans(model, probabilities, ids, offsets)
    penalty = min(sum(PENALTY.get(span["severity"], 0) for span in spans), WORST)
    return regression + SCORE_SHARES[3] * (WORST - penalty) / WORST, spans


def error_spans(
    model: CometModel, probabilities: Probabilities, ids: Ids, offsets: Sequence[tuple[int, int]]
) -> list[dict[str, Any]]:
    """Spans of sub-words whose likeliest label is an error.

    A span has the severity of its first sub-word; one that no sub-word without error follows is
    none (both as in unbabel-comet).

    Args:
        model: Whose labels these are.
        probabilities: Of each label for each sub-word, shape (sub-words, labels).
        ids: The sub-words.
        offsets: Character span of each.
    """
    found = []
    start: int | None = None
    for at, label in enumerate(probabilities.argmax(axis=1)[: len(ids)]):
        if label and start is None:
            start = at
        elif not label and start is not None:
            found.append((start, at))
            start = None
    best = probabilities.max(axis=1)
    return [
        {
            "start": int(offsets[first][0]),
            "end": int(offsets[last - 1][1]),
            "severity": model.labels[int(probabilities[first].argmax())].partition("-")[2],
            "text": model.words.text(ids[first:last]),
            "confidence": round(float(best[first:last].mean(dtype=np.float32)), 6),
        }
        for first, last in found
    ]
