"""``mtbench report``."""

from __future__ import annotations

from pathlib import Path

import click

from mtbench.cli import common


@click.command(epilog="Example: mtbench report results -o report && open report/index.html")
@click.argument("results", required=False)
@click.option(
    "-o", "--output", required=True, metavar="DIR", help="Folder to write; the page is index.html."
)
@common.stored_selection
@common.stored_sort_options
@click.option("--title", default="", metavar="TEXT", help="Heading of the page.")
@click.option(
    "--human",
    metavar="FILE",
    help="Human judgements to show beside the metrics: CSV or JSONL with id, system, score, "
    "or pearmut's annotations.",
)
@click.option(
    "--pearmut",
    metavar="FILE",
    help="Also write a pearmut campaign of the segments that metrics disagree on.",
)
@click.option(
    "--pearmut-segments",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    metavar="N",
    help="The most segments of that campaign.",
)
@click.option(
    "--pearmut-users",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="How many judges share them.",
)
@click.option(
    "--pearmut-protocol",
    type=common.PEARMUT_PROTOCOLS,
    default="ESA",
    show_default=True,
    help="What judges are asked for.",
)
@common.talk_options
def report(
    results: str | None,
    output: str,
    corpora: tuple[str, ...],
    pairs: tuple[str, ...],
    sort: str | None,
    seed: int | None,
    title: str,
    human: str | None,
    pearmut: str | None,
    pearmut_segments: int,
    pearmut_users: int,
    pearmut_protocol: str,
    verbose: bool,
    quiet: bool,
) -> None:
    """Write a page with tables, plots and every segment, to open, mail or keep.

    It is one file that asks nothing of any network, with files of segments beside it where there
    are too many. Whoever has it can read every source, reference and translation in it.
    """
    from mtbench.cli.output import say
    from mtbench.config import workspace
    from mtbench.files.writing import write_folder, write_json
    from mtbench.languages import LanguagePair
    from mtbench.pipeline.pearmut import campaign
    from mtbench.pipeline.reporting import gather
    from mtbench.report.html import pages

    content = gather(
        workspace(results),
        common.ConsoleWatcher(quiet=quiet),
        corpora=corpora,
        pairs=tuple(str(LanguagePair.parse(pair)) for pair in pairs),
        human=Path(human) if human else None,
        title=title,
        sort=sort,
        seed=seed,
    )
    asked = None
    if pearmut:
        asked = campaign(
            content, segments=pearmut_segments, users=pearmut_users, protocol=pearmut_protocol
        )
    folder = Path(output)
    write_folder(folder, pages(content), "segments-*-*.js")
    if asked is not None and pearmut:
        write_json(Path(pearmut), asked)
    if not quiet:
        for one in content.sets:
            for note in one.notes:
                say(note)
    common.emit(str(folder / "index.html"))
