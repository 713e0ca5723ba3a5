"""Intervals, paired tests and rankings from per-segment statistics alone."""

from __future__ import annotations

from mtbench.significance.choice import choose_unit, interval_of_part
from mtbench.significance.intervals import bootstrap_interval, interval_basis
from mtbench.significance.limits import limits_of_test
from mtbench.significance.paired import Family, holm, over_family, paired_bootstrap, paired_test
from mtbench.significance.randomization import ruled_resamples
from mtbench.significance.ranking import rank
from mtbench.significance.units import RELIABLE_UNITS
from mtbench.types.findings import PairedTest, RankedSystem, Ranking, UnitChoice

__all__ = [
    "RELIABLE_UNITS",
    "Family",
    "PairedTest",
    "RankedSystem",
    "Ranking",
    "UnitChoice",
    "bootstrap_interval",
    "choose_unit",
    "holm",
    "interval_basis",
    "interval_of_part",
    "limits_of_test",
    "over_family",
    "paired_bootstrap",
    "paired_test",
    "rank",
    "ruled_resamples",
]
