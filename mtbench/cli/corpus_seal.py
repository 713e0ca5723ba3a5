"""``mtbench corpus seal``."""

from __future__ import annotations

import click

from mtbench.cli import common


@click.command(epilog="Example: mtbench corpus seal corpora/mine --dry-run")
@click.argument("folder", metavar="DIR")
@click.option(
    "--version",
    metavar="TEXT",
    help="Version of the corpus. Default: the next one, if files were edited.",
)
@click.option("--dry-run", is_flag=True, help="Show what changed, and write nothing.")
@common.format_option("table", "json")
@common.talk_options
def seal(
    folder: str, version: str | None, dry_run: bool, style: str, verbose: bool, quiet: bool
) -> None:
    """Take the files of DIR as they are into its card: checksums, and a new version.

    After an edit: the card knows the files again, and results of the old ones are computed again.
    """
    from pathlib import Path

    from mtbench.corpora.seal import plan_seal
    from mtbench.corpora.seal import seal as write

    plan = plan_seal(Path(folder), version)
    if style == "json":
        common.emit_json({**plan.model_dump(mode="json"), "written": plan.changed and not dry_run})
    else:
        rows = [
            [file.name, file.state, str(file.segments or ""), (file.before or "")[:12],
             (file.after or "")[:12]]
            for file in plan.files
        ]  # fmt: skip
        common.emit(common.grid(["file", "state", "segments", "before", "after"], rows))
    watcher = common.ConsoleWatcher(quiet=quiet)
    if not plan.changed:
        watcher.say("the card knows these files; nothing to seal")
        return
    if not dry_run:
        write(plan)
        if plan.comments_lost:
            watcher.say("the card is written again, without its comments")
    old, new = plan.version_before or "none", plan.version_after or "none"
    watcher.say(f"version: {old} → {new}" + (" (not written: --dry-run)" if dry_run else ""))
