"""sacreBLEU's two paired tests under their own definitions, for parity and for contrast.

mtbench does not use them: their ``>`` takes a system and its copy for different, and the
bootstrap centres absolute differences, which rejects about twice as often as it says.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def sacrebleu_p(deltas: Array, observed: float) -> float:
    """(#{x > |d|} + 1) / (R + 1)."""
    return float((np.count_nonzero(deltas > observed) + 1) / (len(deltas) + 1))


def paired_ar(swapped_deltas: Array, observed: float) -> float:
    """``--paired-ar``: absolute differences after swapping, strictly larger ones counted."""
    return sacrebleu_p(np.abs(swapped_deltas), abs(observed))


def paired_bs(resampled_deltas: Array, observed: float) -> float:
    """``--paired-bs``: absolute differences of resamples, less *their* mean."""
    absolute = np.abs(resampled_deltas)
    return sacrebleu_p(absolute - absolute.mean(), abs(observed))
