"""``mtbench metrics fetch``."""

from __future__ import annotations

import click

from mtbench.cli import common
from mtbench.errors import RequestError
from mtbench.metrics.shorthands import flags


@click.command(epilog="Example: mtbench metrics fetch comet")
@click.argument("name", metavar="METRIC")
@click.option(
    "--model", *flags("model"), metavar="ID|PATH", help="Another checkpoint than the default one."
)
@click.option("--revision", metavar="REV", help="Commit, branch or tag. Default: the pinned one.")
@common.format_option("table", "json")
@common.taken_talk_options
def fetch(name: str, model: str | None, revision: str | None, style: str) -> None:
    """Download a metric's weights, so that it runs where there is no network."""
    from mtbench.config import workspace
    from mtbench.plugins import METRICS, Metric, make_metric
    from mtbench.types import Runtime

    given = {"model": model, "revision": revision}
    options = {key: value for key, value in given.items() if value is not None}
    if METRICS.get(name).fetch is Metric.fetch:
        raise RequestError(f"{name} has no weights to be fetched")
    metric = make_metric(name, options, Runtime(cache=str(workspace().cache)))
    places = metric.fetch()
    if style == "json":
        used = metric.options.model_dump(mode="json").get("model")
        paths = [str(path) for path in places]
        common.emit_json({"metric": name, "model": used, "path": paths[0], "paths": paths})
    else:
        for path in places:
            common.emit(str(path))
