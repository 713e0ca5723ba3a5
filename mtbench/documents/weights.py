"""What the evidence weighs, as fitted by ``python -m tests.bench.documents --fit``."""

from __future__ import annotations

from dataclasses import dataclass

from mtbench.documents.posteriors import Gap


@dataclass(frozen=True)
class Weights:
    """Of one conditional random field.

    Attributes:
        same: Evidence that two runs say the same: one for each of ``features.NAMES``, then
            ``cross_language.NAMES`` where they count.
        part: Likewise, that they go together and one says more than the other; none where that is
            not thought of.
        gap: Of units that stand in no pair.
    """

    same: tuple[float, ...]
    part: tuple[float, ...]
    gap: Gap


# By which documents that belong together are told; sentences are not looked at then.
ROUGH = Weights(
    same=(
        -1.246, 22.911, -9.872, -3.654, -1.874, -0.072, -1.418, 10.035,
        1.591, 17.247, 0.277, -1.459, -2.579, -0.696, -1.265, -2.0,
        0.0, 0.0, 0.0, 0.0, 0.0,
    ),
    part=(),
    gap=Gap(opening=-1.784, step=2.047),
)  # fmt: skip
ALONE = Weights(
    same=(
        1.174, 20.274, -4.801, -6.869, -1.685, 0.782, -1.831, -3.135,
        0.925, 17.148, 0.702, 11.873, -1.229, -0.232, -2.08, -0.501,
        -0.727, -1.607, -2.929, -5.189, -8.208,
    ),
    part=(
        -2.237, 6.214, 3.376, -5.215, 0.324, 1.131, -0.528, 4.175,
        -0.165, 11.921, -0.266, -2.789, 0.636, 0.012, -1.245, -1.752,
        0.387, 3.942, 4.192, -5.558, 6.188,
    ),
    gap=Gap(opening=-2.183, step=1.375),
)  # fmt: skip
WITNESSED = Weights(
    same=(
        2.288, 23.049, -12.845, -5.099, -1.464, 0.762, -1.643, -1.341,
        -0.373, 14.708, -1.197, 7.01, -0.752, -0.366, -1.703, -2.602,
        -0.017, -0.5, -3.065, 2.09, -7.467, -3.228, -1.494, -1.579,
        -1.062,
    ),
    part=(
        -2.812, -1.408, 3.881, -4.393, 0.383, 0.786, -0.101, -2.137,
        -2.189, 17.962, -3.073, 1.064, 0.447, 0.177, -0.253, -5.729,
        -1.686, 0.552, 3.055, -6.137, -0.215, 2.286, -0.098, -0.198,
        0.065,
    ),
    gap=Gap(opening=-1.104, step=-1.102),
)  # fmt: skip
