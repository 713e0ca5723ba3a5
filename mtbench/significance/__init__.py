"""Intervals, paired tests and rankings from per-segment statistics alone."""

from __future__ import annotations

from mtbench.findings import PairedTest, RankedSystem, Ranking, UnitChoice
from mtbench.significance.choice import choose_unit
from mtbench.significance.intervals import bootstrap_interval
from mtbench.significance.paired import Family, holm, paired_bootstrap, paired_test
from mtbench.significance.ranking import rank

__all__ = [
    "Family",
    "PairedTest",
    "RankedSystem",
    "Ranking",
    "UnitChoice",
    "bootstrap_interval",
    "choose_unit",
    "holm",
    "paired_bootstrap",
    "paired_test",
    "rank",
]
