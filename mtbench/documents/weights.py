"""What the evidence weighs, as fitted by ``python -m tests.bench.documents --fit``."""

from __future__ import annotations

from dataclasses import dataclass

from mtbench.documents.posteriors import Gap


@dataclass(frozen=True)
class Weights:
    """Of one conditional random field.

    Attributes:
        evidence: One for each of ``features.NAMES``, then ``witnesses.NAMES`` where they
            count.
        gap: Of units that stand in no pair.
    """

    evidence: tuple[float, ...]
    gap: Gap


ALONE = Weights(
    evidence=(
        -1.246,
        22.911,
        -9.872,
        -3.654,
        -1.874,
        -0.072,
        -1.418,
        10.035,
        1.591,
        17.247,
        0.277,
        -1.459,
        -2.579,
        -0.696,
        -1.265,
        -2.0,
    ),
    gap=Gap(opening=-1.784, step=2.047),
)
WITNESSED = Weights(
    evidence=(
        -0.502,
        19.338,
        -10.932,
        -0.113,
        -1.446,
        0.14,
        -0.709,
        7.496,
        1.065,
        15.113,
        -0.635,
        -1.929,
        -2.142,
        -0.637,
        -1.067,
        -2.0,
        -0.864,
        -2.919,
        -0.077,
    ),
    gap=Gap(opening=-0.97, step=0.853),
)
