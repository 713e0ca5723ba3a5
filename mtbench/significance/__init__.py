"""Intervals, paired tests and rankings from per-segment statistics alone."""

from __future__ import annotations

from mtbench.significance.intervals import bootstrap_interval

__all__ = ["bootstrap_interval"]
