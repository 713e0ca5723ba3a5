"""``mtbench compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from mtbench.cli import common
from mtbench.errors import RequestError

if TYPE_CHECKING:
    from mtbench.boards.comparison.diffing import FailOn


@click.command(epilog="Example: mtbench compare main.csv results/leaderboard.csv --fail-on worse")
@click.argument("a", metavar="A.csv")
@click.argument("b", metavar="B.csv")
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    callback=common.metric_names,
    metavar="NAME",
    help="Metrics that decide. Default: the primary one.",
)
@click.option(
    "--margin",
    "margins",
    multiple=True,
    metavar="METRIC=X",
    help="The largest difference of a metric that does not matter, on its own scale.",
)
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(["worse", "not-noninferior", "missing"]),
    help="Exit 1 if a row is worse, is not shown to be non-inferior, or is missing in B.",
)
@click.option(
    "--rename",
    "renames",
    multiple=True,
    metavar="OLD=NEW",
    help="The system OLD of A is the system NEW of B.",
)
@click.option(
    "--rescore",
    is_flag=True,
    help="Score A's stored outputs on the references of B, where those have changed.",
)
@click.option("--results-a", metavar="DIR", help="Statistics of A. Default: where A lies.")
@click.option("--results-b", metavar="DIR", help="Statistics of B. Default: where B lies.")
@click.option(
    "--map-a",
    multiple=True,
    metavar="OURS=THEIRS",
    help="Names of A's columns: OURS is mtbench's name.",
)
@click.option(
    "--map-b",
    multiple=True,
    metavar="OURS=THEIRS",
    help="Names of B's columns: OURS is mtbench's name.",
)
@click.option(
    "--map",
    "map_both",
    multiple=True,
    metavar="OURS=THEIRS",
    help="Names of the columns of both.",
)
@click.option(
    "--alpha",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.05,
    show_default=True,
    metavar="X",
    help="Level of the tests, corrected over all rows.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Seed of the resamples and tests.",
)
@common.format_option("table", "md", "csv", "json")
@common.talk_options
def compare(
    a: str,
    b: str,
    metrics: tuple[str, ...],
    margins: tuple[str, ...],
    fail_on: tuple[str, ...],
    renames: tuple[str, ...],
    rescore: bool,
    results_a: str | None,
    results_b: str | None,
    map_a: tuple[str, ...],
    map_b: tuple[str, ...],
    map_both: tuple[str, ...],
    alpha: float,
    seed: int,
    style: str,
    verbose: bool,
    quiet: bool,
) -> None:
    """Compare two leaderboards, row by row: A is the old one, B the new one.

    Each is a CSV, a results folder, or the folder of one run. With the stored statistics of both
    at hand, deltas come with intervals and tests. The verdict can gate a pull request.
    """
    from mtbench.boards.comparison import gate, parse_map
    from mtbench.config import workspace
    from mtbench.pipeline.comparing import Given, compare_leaderboards
    from mtbench.report.comparison_text import render_comparison

    found = compare_leaderboards(
        Given(Path(a), _folder(results_a), parse_map((*map_both, *map_a)) or None),
        Given(Path(b), _folder(results_b), parse_map((*map_both, *map_b)) or None),
        metrics=metrics,
        margins=_margins(margins),
        alpha=alpha,
        seed=seed,
        renamed=_renames(renames),
        rescore_with=workspace() if rescore else None,
    )
    found, error = gate(found, cast("tuple[FailOn, ...]", fail_on))
    if error is not None and style == "json":
        common.emit_failed(found.model_dump(mode="json"), error)
    common.emit(render_comparison(found, style, verbose=verbose))
    if error is not None:
        raise error


def _folder(path: str | None) -> Path | None:
    return None if path is None else Path(path)


def _renames(settings: tuple[str, ...]) -> dict[str, str]:
    """``OLD=NEW`` options as a table.

    Raises:
        RequestError: If one is malformed.
    """
    found: dict[str, str] = {}
    for setting in settings:
        old, _, new = setting.partition("=")
        if not old or not new or old in found or new in found.values():
            raise RequestError(
                f"--rename: not OLD=NEW, each name once: {setting!r}",
                hint="such as --rename our-mt-1=our-mt-2",
            )
        found[old] = new
    return found


def _margins(settings: tuple[str, ...]) -> dict[str, float]:
    """``METRIC=X`` options as a table.

    Raises:
        RequestError: If one is malformed.
    """
    found = {}
    for setting in settings:
        metric, _, text = setting.rpartition("=")
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not metric or not 0 <= value < float("inf"):
            raise RequestError(
                f"--margin: not METRIC=X: {setting!r}", hint="such as --margin comet=0.002"
            )
        found[metric] = value
    return found
