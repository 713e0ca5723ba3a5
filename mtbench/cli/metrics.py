"""``mtbench metrics``."""

from __future__ import annotations

import click

from mtbench.cli import common
from mtbench.cli.lazy import LazyGroup

VERBS = {
    "check": ("mtbench.cli.metrics_check:check", "Compare scores with the reference library's."),
    "list": ("mtbench.cli.metrics:list_", "List metrics and what they need."),
    "show": ("mtbench.cli.metrics_show:show", "What a metric reads, is, and does not see."),
    "fetch": ("mtbench.cli.metrics_fetch:fetch", "Download a metric's weights ahead of time."),
}


@click.group(cls=LazyGroup, verbs=VERBS, epilog="Example: mtbench metrics list")
def metrics() -> None:
    """What hypotheses can be scored with."""


@click.command("list", epilog="Example: mtbench metrics list --format json")
@common.format_option("table", "json")
@common.taken_talk_options
def list_(style: str) -> None:
    """List metrics: direction, needs, signature, licence, whether they can run here."""
    from mtbench.config import workspace
    from mtbench.errors import MtbenchError
    from mtbench.languages import LanguagePair
    from mtbench.plugins import METRICS, make_metric
    from mtbench.types import Runtime, ScoringView

    pair = LanguagePair(source="en", target="de")
    example = ScoringView(
        pair=pair, ids=("1",), sources=("a",), references=(("b",),), documents=(None,)
    )
    runtime = Runtime(cache=str(workspace().cache))
    rows = []
    for name in METRICS.origins():
        try:
            metric = make_metric(name, {}, runtime)
            row = {**metric.info.model_dump(mode="json"), "runs_here": True, "why_not": None}
            try:
                metric.check()
                row["signature"] = str(metric.signature(example))
            except MtbenchError as error:
                row |= {"runs_here": False, "why_not": str(error), "signature": None}
        except MtbenchError as error:
            row = {"name": name, "runs_here": False, "why_not": str(error)}
        rows.append({**row, "from": METRICS.origins()[name]})
    if style == "json":
        common.emit_json(rows)
        return
    for row in rows:
        arrow = "higher is better" if row.get("higher_is_better", True) else "lower is better"
        common.emit(f"{row['name']}: {row.get('description', '')}")
        needs = ", ".join(["hypothesis", *row.get("needs", ())])
        common.emit(f"  {arrow}; needs {needs}; licence {row.get('licence') or 'unknown'}")
        if row["runs_here"]:
            common.emit(f"  signature for en-de: {row['signature']}")
        else:
            common.emit(f"  cannot run here: {row['why_not']}")
