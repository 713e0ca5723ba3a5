"""The stages, wired for one call; skips what is fresh."""

from __future__ import annotations

from mtbench.pipeline.boards import board, write_leaderboard
from mtbench.pipeline.dry_run import Estimate, estimate
from mtbench.pipeline.evaluation import Unfinished, evaluate, plan_request, translate_only
from mtbench.pipeline.work import Plan, Request, Task, Watcher

__all__ = [
    "Estimate",
    "Plan",
    "Request",
    "Task",
    "Unfinished",
    "Watcher",
    "board",
    "estimate",
    "evaluate",
    "plan_request",
    "translate_only",
    "write_leaderboard",
]
