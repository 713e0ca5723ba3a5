"""Output health: what is wrong with an output at first sight, without judging its quality."""

from __future__ import annotations

from mtbench.metrics.health.metric import FLAGS, Health

__all__ = ["FLAGS", "Health"]
