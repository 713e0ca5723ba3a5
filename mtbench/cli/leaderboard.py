"""``mtbench leaderboard``."""

from __future__ import annotations

import click

from mtbench.cli import common
from mtbench.errors import RequestError


@click.command(epilog="Example: mtbench leaderboard results --pair en-it --sort chrf")
@click.argument("results", required=False)
@click.option("--corpus", "corpora", multiple=True, metavar="NAME", help="Only these corpora.")
@click.option("--pair", "pairs", multiple=True, metavar="SRC-TGT", help="Only these directions.")
@click.option("--sort", metavar="METRIC", help="Primary metric, by which systems are ranked.")
@common.format_option()
@common.talk_options
def leaderboard(
    results: str | None,
    corpora: tuple[str, ...],
    pairs: tuple[str, ...],
    sort: str | None,
    style: str,
    verbose: bool,
    quiet: bool,
) -> None:
    """Print the table again from stored results, in any format, by any primary metric."""
    from mtbench.config import workspace
    from mtbench.languages import LanguagePair
    from mtbench.pipeline import board
    from mtbench.plugins import METRICS
    from mtbench.report.render import render
    from mtbench.results import Results

    if sort is not None:
        METRICS.get(sort)
    space = workspace(results)
    if not space.results.is_dir():
        raise RequestError(f"{space.results}: no such folder", hint="run mtbench evaluate first")
    wanted = {str(LanguagePair.parse(pair)) for pair in pairs}
    found = board(Results(space.results), sort=sort)
    tables = tuple(
        table
        for table in found.tables
        if (not corpora or table.corpus in corpora) and (not wanted or str(table.pair) in wanted)
    )
    if not tables:
        raise RequestError(f"{space.results}: no results of that kind")
    common.emit(render(found.model_copy(update={"tables": tables}), style, verbose=verbose))
