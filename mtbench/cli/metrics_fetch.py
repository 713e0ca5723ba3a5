"""``mtbench metrics fetch``."""

from __future__ import annotations

import click

from mtbench.cli import common
from mtbench.errors import RequestError


@click.command(epilog="Example: mtbench metrics fetch comet")
@click.argument("name", metavar="METRIC")
@click.option("--comet-model", metavar="ID|PATH", help="Another checkpoint than the default one.")
@click.option("--revision", metavar="REV", help="Commit, branch or tag. Default: the pinned one.")
@common.format_option("table", "json")
@common.taken_talk_options
def fetch(name: str, comet_model: str | None, revision: str | None, style: str) -> None:
    """Download a metric's weights, so that it runs where there is no network."""
    from mtbench.metrics.comet.fetch import fetch as fetch_checkpoint
    from mtbench.metrics.comet.metric import CometFamily
    from mtbench.plugins import METRICS, parse_options

    kind = METRICS.get(name)
    if not issubclass(kind, CometFamily):
        raise RequestError(
            f"{name} has no weights to be fetched", hint="comet, cometkiwi or xcomet"
        )
    given = {"model": comet_model, "revision": revision}
    options = parse_options(
        kind.Options, {k: v for k, v in given.items() if v is not None}, f"metric {name}"
    )
    if not isinstance(options, CometFamily.Options):
        raise TypeError(f"not options of a COMET metric: {options!r}")
    path = fetch_checkpoint(options.model, options.revision)
    if style == "json":
        common.emit_json({"metric": name, "model": options.model, "path": str(path)})
    else:
        common.emit(str(path))
