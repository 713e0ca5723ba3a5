"""``mtbench metrics show``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from mtbench.cli import common

if TYPE_CHECKING:
    from mtbench.pipeline.costing import MetricCost
    from mtbench.plugins import Metric


@click.command(epilog="Example: mtbench metrics show comet")
@click.argument("name", metavar="METRIC")
@click.option(
    "--measure",
    is_flag=True,
    help="Score a sample now, weights and all, to say what 1,000 segments cost on this machine.",
)
@common.format_option("table", "json")
@common.taken_talk_options
def show(name: str, measure: bool, style: str) -> None:
    """Show what a metric reads and needs, where it comes from, what it does not see."""
    from mtbench.config import workspace
    from mtbench.errors import MtbenchError
    from mtbench.plugins import METRICS, make_metric
    from mtbench.types import Runtime

    metric = make_metric(name, {}, Runtime(cache=str(workspace().cache), look_only=True))
    try:
        metric.check()
        why_not = None
    except MtbenchError as error:
        why_not = str(error)
    cost = _cost(metric, why_not, measure=measure)
    about = {
        **metric.info.model_dump(mode="json"),
        "from": METRICS.origins()[name],
        "options": metric.options.model_dump(mode="json"),
        "by_segment": _by_segment(metric),
        "has_weights": type(metric).fetch is not _without_weights(),
        "trained_on": metric.trained_on,
        "blind_spots": list(metric.blind_spots),
        "agreement": list(metric.agreement),
        "cost_per_1000_segments": cost if isinstance(cost, str) else cost.model_dump(mode="json"),
        "runs_here": why_not is None,
        "why_not": why_not,
    }
    if style == "json":
        common.emit_json(about)
        return
    for label, value in _lines(metric, about["from"], why_not):
        common.emit(f"{label:<14}{value}")
    common.emit(f"{'per 1,000':<14}{cost if isinstance(cost, str) else _in_words(cost)}")


def _cost(metric: Metric, why_not: str | None, *, measure: bool) -> MetricCost | str:
    from mtbench.pipeline.costing import metric_cost

    billed = getattr(metric, "billed", False)
    if billed:  # nobody is asked
        return metric_cost(metric)
    if why_not is not None:
        return f"not known, because it cannot run here: {why_not}"
    if measure or metric.recomputable:
        return metric_cost(metric)
    return "not measured: --measure scores a sample on this machine"


def _in_words(cost: MetricCost) -> str:
    sample = f"segments of {cost.characters} characters"
    if cost.estimated is not None:
        some = ", ".join(f"{value:,.10g} {name}" for name, value in cost.estimated.items())
        return f"about {some.replace('_', ' ')} ({sample}, the usual answers)"
    return f"{cost.seconds:.3g} s here, {cost.cpu_seconds:.3g} s of CPU ({sample})"


def _by_segment(metric: Metric) -> bool:
    from mtbench.plugins import SegmentMetric

    return isinstance(metric, SegmentMetric)


def _without_weights() -> object:
    from mtbench.plugins import Metric

    return Metric.fetch


def _lines(metric: Metric, origin: object, why_not: str | None) -> Iterator[tuple[str, str]]:
    info = metric.info
    yield "name", f"{info.name} ({info.title}), from {origin}"
    yield "about", info.description
    yield "reads", ", ".join(["hypothesis", *info.needs])
    bounds = f", {info.bounds[0]:g} to {info.bounds[1]:g}" if info.bounds else ""
    yield "scale", f"{'higher' if info.higher_is_better else 'lower'} is better{bounds}"
    yield (
        "segments",
        f"{info.segment_level} scores"
        + ("; asked for one by one, kept as they come" if _by_segment(metric) else ""),
    )
    if metric.trained_on:
        yield "trained on", metric.trained_on
    if info.languages:
        yield "languages", f"{len(info.languages)}: {' '.join(info.languages)}"
    yield "licence", info.licence or "unknown"
    for at, one in enumerate(metric.blind_spots):
        yield "blind spots" if not at else "", one
    for at, one in enumerate(metric.agreement):
        yield "agreement" if not at else "", one
    yield "reference", info.reference or "–"
    options = metric.options.model_dump(mode="json")
    if options:
        yield "options", ", ".join(f"{key}={value}" for key, value in options.items())
    yield "runs here", "yes" if why_not is None else f"no: {why_not}"
