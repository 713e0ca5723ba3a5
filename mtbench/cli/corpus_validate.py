"""``mtbench corpus validate``."""

from __future__ import annotations

import click

from mtbench.cli import common
from mtbench.errors import DataError


@click.command(epilog="Example: mtbench corpus validate corpora/china-blockchain")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--strict", is_flag=True, help="Count warnings as errors.")
@common.format_option("table", "json")
@common.talk_options
def validate(paths: tuple[str, ...], strict: bool, style: str, verbose: bool, quiet: bool) -> None:
    """List every defect of corpora as file:line: message; exit 1 if one is an error.

    PATH is a corpus folder, a SRC-TGT.jsonl, a folder of corpora, or a corpus's name. Default:
    every corpus in corpora/.
    """
    from pathlib import Path

    from mtbench.config import corpus_folders, workspace
    from mtbench.corpora.validation import validate as look_at
    from mtbench.errors import RequestError, UnknownName

    space = workspace()
    known = corpus_folders(space.corpora)
    chosen = []
    for name in paths:
        place = Path(name)
        if not place.exists() and name not in known:
            raise UnknownName("corpus", name, known)
        chosen.append(place if place.exists() else known[name])
    chosen = chosen or list(corpus_folders(space.corpora[:1]).values())
    if not chosen:
        raise RequestError("there is no corpus here", hint="make one at corpora/NAME/SRC-TGT.jsonl")
    report = look_at(chosen, strict=strict)
    watcher = common.ConsoleWatcher(quiet=quiet)
    if style == "json":
        common.emit_json({**report.model_dump(mode="json"), "valid": report.valid})
    else:
        for finding in report.findings:
            common.emit(str(finding))
        for note in report.notes:
            watcher.say(note)
    summary = (
        f"{len(report.files)} files, {sum(file.segments for file in report.files)} segments: "
        f"{report.errors} errors, {report.warnings} warnings"
    )
    if report.valid:
        watcher.say(summary)
    elif style == "json":
        click.get_current_context().exit(DataError.exit_code)
    else:
        raise DataError(summary, hint="correct what is listed above")
