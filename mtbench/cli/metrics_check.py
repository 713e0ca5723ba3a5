"""``mtbench metrics check``."""

from __future__ import annotations

import click

from mtbench.cli import common


@click.command(epilog="Example: mtbench metrics check comet")
@click.argument("name", metavar="METRIC")
@click.option("--model", metavar="ID|PATH", help="Another checkpoint than the default one.")
@click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="auto|cpu|cuda|cuda:N|mps",
    help="Where both compute.",
)
@click.option(
    "--trust-checkpoint",
    is_flag=True,
    help="Load a COMET checkpoint that only loads by running code from it.",
)
@common.format_option("table", "json")
@common.taken_talk_options
def check(name: str, model: str | None, device: str, trust_checkpoint: bool, style: str) -> None:
    """Compare a metric with its reference implementation on a sample of segments.

    COMET's is the library unbabel-comet, in this environment or in the one that
    MTBENCH_COMET_PYTHON names. A deviation is an error.
    """
    from mtbench.config import workspace
    from mtbench.plugins import make_metric

    given = {"model": model, "trust_checkpoint": trust_checkpoint or None}
    options = {key: value for key, value in given.items() if value is not None}
    runtime = common.runtime(device, None, 0, False, str(workspace().cache))
    found = make_metric(name, options, runtime).compare_with_oracle()
    if style == "json":
        common.emit_json({"metric": name, **found})
        return
    library = ", ".join(f"{package} {number}" for package, number in found["library"].items())
    engines = ", ".join(f"{package} {number}" for package, number in found["engines"].items())
    common.emit(f"{name} ({found['model']}) on {found['device']}: {found['segments']} segments")
    common.emit(f"  ours:   {engines}")
    common.emit(f"  theirs: {library}")
    common.emit(
        f"  agree: the largest deviation is {found['deviation']:.1e}, "
        f"{found['tolerance']:.0e} are allowed"
    )
