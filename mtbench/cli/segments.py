"""``mtbench segments``."""

from __future__ import annotations

from pathlib import Path

import click

from mtbench.cli import common


@click.command(epilog="Example: mtbench segments results --metric chrf --worst 10")
@click.argument("results", required=False)
@common.stored_selection
@click.option("--system", "systems", multiple=True, metavar="NAME", help="Only these systems.")
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    callback=common.metric_names,
    metavar="NAME",
    help="Scores to show; the first one orders. Default: all, ordered by the one that ranks.",
)
@click.option("--worst", type=click.IntRange(min=1), metavar="N", help="The N worst per test set.")
@click.option("--best", type=click.IntRange(min=1), metavar="N", help="The N best per test set.")
@click.option(
    "--by-difference",
    "between",
    nargs=2,
    metavar="A B",
    help="Both systems' translations, most different scores first; with --worst or --best the N "
    "segments on which A loses or gains most.",
)
@click.option("--domain", "domains", multiple=True, metavar="NAME", help="Only these domains.")
@click.option(
    "--flag", "flags", multiple=True, metavar="NAME", help="Only outputs with one of these flags."
)
@click.option("-o", "--output", metavar="FILE", help="Write there instead of stdout.")
@common.format_option("table", "csv", "jsonl", "xlsx")
@common.talk_options
def segments(
    results: str | None,
    corpora: tuple[str, ...],
    pairs: tuple[str, ...],
    systems: tuple[str, ...],
    metrics: tuple[str, ...],
    worst: int | None,
    best: int | None,
    between: tuple[str, str] | None,
    domains: tuple[str, ...],
    flags: tuple[str, ...],
    output: str | None,
    style: str,
    verbose: bool,
    quiet: bool,
) -> None:
    """Show segments with their scores, flags and texts.

    RESULTS is a results folder. Sources and references are shown where the corpus that was
    evaluated is at hand.
    """
    from mtbench.cli.output import printable
    from mtbench.config import workspace
    from mtbench.errors import RequestError
    from mtbench.files.writing import replacing, write_text
    from mtbench.languages import LanguagePair
    from mtbench.pipeline.segments import SegmentQuery, find_segments
    from mtbench.report import segments_text

    if style == "xlsx" and output is None:
        raise RequestError("--format xlsx: a sheet needs a file", hint="name one by -o")
    directions = [str(LanguagePair.parse(pair)) for pair in pairs]
    query = SegmentQuery(
        corpora, directions, systems, metrics, domains, flags, worst, best, between or None
    )
    found = find_segments(workspace(results), query)
    watcher = common.ConsoleWatcher(quiet=quiet)
    for note in found.notes:
        watcher.say(note)
    if not found.segments:
        watcher.say("no such segments")
    if style == "xlsx":
        from mtbench.corpora.formats.spreadsheets import write_spreadsheet

        rows = zip(found.segments, segments_text.rows(found.segments), strict=True)
        named = ((f"{one.corpus}/{one.pair} {one.id}", row) for one, row in rows)
        with replacing(Path(str(output))) as stream:
            write_spreadsheet(segments_text.columns(found.segments), named, stream)
        return
    if style == "csv":
        text = segments_text.to_csv(found.segments)
    elif style == "jsonl":
        text = segments_text.to_jsonl(found.segments)
    else:
        text = segments_text.to_text(found.segments, printable)
    if output is not None:
        write_text(Path(output), text)
    elif text:
        common.emit(text)
