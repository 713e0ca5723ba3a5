"""``mtbench translate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mtbench.cli import common
from mtbench.cli.estimates import emit_estimates

if TYPE_CHECKING:
    from mtbench.types import Engine


@click.command(epilog="Example: mtbench translate --model identity --pair en-it")
@common.model_option
@common.corpus_options()
@common.realign_option
@common.runtime_options
@common.engine_options
@common.format_option("table", "json")
@common.dry_run_option
@common.talk_options
def translate(
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
    """Translate only, and print where the hypotheses are."""
    from mtbench.config import workspace
    from mtbench.pipeline import estimate, plan_request, translate_only

    space = workspace(results)
    run_with = common.runtime(device, batch_size, seed, force, str(space.cache), engine, dry_run)
    request = common.request(**given, runtime=run_with)
    if dry_run:
        planned = plan_request(
            request, space, common.ConsoleWatcher(quiet=quiet), with_metrics=False
        )
        emit_estimates(estimate(planned, request), style)
        return
    watcher = common.ConsoleWatcher(quiet=quiet)
    runs = translate_only(request, space, watcher)
    if verbose:
        watcher.say_where_time_went()
    if style == "json":
        common.emit_json(
            [{"output": str(path), **run.model_dump(mode="json")} for path, run in runs]
        )
        return
    for path, run in runs:
        common.emit(f"{path}\t{run.segments} segments\t{run.failures} failures")
