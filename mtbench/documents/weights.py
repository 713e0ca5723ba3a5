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
        2.91, 19.085, -8.887, -4.221, -1.565, 0.799, -0.527, -2.603,
        -0.225, 13.194, -0.892, 11.216, -1.036, -0.097, -1.613, -2.266,
        -0.515, -1.427, -2.981, 0.523, -11.124, -2.957, -3.185, -0.541,
        -0.212,
    ),
    part=(
        -2.279, -0.398, 3.308, -5.093, 0.051, 1.135, -0.229, 1.131,
        -2.405, 14.522, -2.064, -5.981, 0.742, 0.338, -0.924, -4.291,
        -1.881, 3.155, 3.831, -1.744, 4.258, 2.103, 0.211, -0.439,
        0.009,
    ),
    gap=Gap(opening=-1.309, step=-0.754),
)  # fmt: skip
