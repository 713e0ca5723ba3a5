"""``mtbench init``."""

from __future__ import annotations

from pathlib import Path

import click

from mtbench.cli import common
from mtbench.cli.output import printable


@click.command(epilog="Example: mtbench init my-evaluation")
@click.argument("folder", metavar="[DIR]", default=".")
@common.taken_talk_options
def init(folder: str) -> None:
    """Write a small workspace: corpus, model card, settings, a gate for changes, .gitignore.

    Files that are there already stay as they are. Prints the files that it wrote.
    """
    from mtbench.cli.beginning import begin

    written, kept = begin(Path(folder))
    for path in kept:
        common.tell(f"mtbench: {path}: there already, left as it is")
    if written:
        common.emit("\n".join(printable(str(path)) for path in written))
    place = "" if folder == "." else f"cd {folder} && "
    common.tell(f"mtbench: next: {place}mtbench evaluate --model copy --corpus example")
