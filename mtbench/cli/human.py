"""``mtbench human``."""

from __future__ import annotations

import click

from mtbench.cli.lazy import LazyGroup

VERBS = {
    "plan": ("mtbench.cli.human_plan:plan", "Draw segments to have judged by people."),
    "import": ("mtbench.cli.human_campaigns:import_", "Keep judgements beside their outputs."),
    "list": ("mtbench.cli.human_campaigns:list_", "List the campaigns that are kept."),
    "estimate": ("mtbench.cli.human_plan:estimate", "From judged segments to the whole set."),
}


@click.group(
    cls=LazyGroup,
    verbs=VERBS,
    epilog="Example: mtbench human plan --corpus news --pair en-it --n 200 -o plan",
)
def human() -> None:
    """Have segments judged by people, and say what they mean for the whole set."""
