"""The release of mtbench in which each inference's numbers last changed.

It stands in signatures in the place of the release itself, so that a new release makes no stored
score stale whose number would be the same.
"""

from __future__ import annotations

from collections.abc import Mapping

NUMBERS_OF: Mapping[str, str] = {
    "comet": "0.1.0",
    "judge": "0.1.0",
    "metricx": "0.1.0",
    "semsim": "0.1.0",
}
