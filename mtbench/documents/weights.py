"""What the evidence weighs, as fitted by ``python -m tests.bench.documents --fit``."""

from __future__ import annotations

from dataclasses import dataclass

from mtbench.documents.chances import Gap


@dataclass(frozen=True)
class Weights:
    """Of one conditional random field.

    Attributes:
        evidence: One for each of ``features.NAMES``, and of ``witnesses.NAMES`` where they count.
        gap: Of units that stand in no pair.
    """

    evidence: tuple[float, ...]
    gap: Gap


ALONE = Weights(
    (0.016, 11.439, 0.889, -9.737, -1.578, -0.291, -1.641, 19.853, -0.46, 40.071, -1.066, 0.525),
    Gap(-1.092, 0.263),
)
WITNESSED = Weights((*ALONE.evidence, 2.0, -2.0, -2.0), ALONE.gap)
