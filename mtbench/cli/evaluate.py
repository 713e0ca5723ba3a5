"""``mtbench evaluate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mtbench.cli import common
from mtbench.cli.estimates import emit_estimates

if TYPE_CHECKING:
    from mtbench.types import Engine


@click.command(epilog="Example: mtbench evaluate --model apertium-ca --model identity --pair en-it")
@common.model_option
@common.corpus_options()
@common.metric_options
@common.sort_option
@click.option(
    "--skip-missing", is_flag=True, help="Leave out systems that cannot run here, and say so."
)
@common.realign_option
@common.runtime_options
@common.engine_options
@common.format_option()
@common.dry_run_option
@common.talk_options
def evaluate(
    results: str | None,
    device: str,
    batch_size: int | None,
    seed: int,
    force: bool,
    engine: Engine,
    style: str,
    dry_run: bool,
    verbose: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Translate what is missing, score what is missing, print the leaderboard.

    A second call computes nothing; a new model computes only itself.
    """
    from mtbench import pipeline
    from mtbench.config import workspace
    from mtbench.report.render import render

    space = workspace(results)
    run_with = common.runtime(device, batch_size, seed, force, str(space.cache), engine, dry_run)
    request, own = common.request_and_own(**given, runtime=run_with)
    watcher = common.ConsoleWatcher(quiet=quiet)
    if dry_run:
        planned = pipeline.plan_request(request, space, watcher, own=own)
        emit_estimates(pipeline.estimate(planned, request), style)
        return
    try:
        board, _ = pipeline.evaluate(request, space, watcher, own=own)
    except pipeline.Unfinished as error:
        common.emit_unfinished(error, style, verbose=verbose)
        raise
    common.emit(render(board, style, verbose=verbose))
    if verbose:
        watcher.say_where_time_went()
    watcher.say(f"the leaderboard of all results is in {space.results / 'leaderboard.csv'}")
