"""``mtbench segments``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mtbench.cli import common

if TYPE_CHECKING:
    from mtbench.types.segments import ScoredSegment


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
@click.option("--document", "documents", multiple=True, metavar="ID", help="Only these documents.")
@click.option(
    "--flag", "flags", multiple=True, metavar="NAME", help="Only outputs with one of these flags."
)
@click.option("-o", "--output", metavar="FILE", help="Write there instead of stdout.")
@common.format_option("table", "csv", "jsonl", "xlsx")
@common.talk_options
def segments(
    results: str | None, output: str | None, style: str, verbose: bool, quiet: bool, **chosen: Any
) -> None:
    """Show segments with their scores, flags and texts.

    RESULTS is a results folder. Sources and references are shown where the corpus that was
    evaluated is at hand.
    """
    from mtbench.config import workspace
    from mtbench.errors import RequestError
    from mtbench.files.writing import write_text
    from mtbench.languages import LanguagePair
    from mtbench.pipeline.segments import SegmentQuery, find_segments

    if style == "xlsx" and output is None:
        raise RequestError("--format xlsx: a sheet needs a file", hint="name one by -o")
    chosen["pairs"] = [str(LanguagePair.parse(pair)) for pair in chosen["pairs"]]
    chosen["between"] = chosen["between"] or None
    found = find_segments(workspace(results), SegmentQuery(**chosen))
    watcher = common.ConsoleWatcher(quiet=quiet)
    for note in found.notes:
        watcher.say(note)
    if not found.segments:
        watcher.say("no such segments")
    if style == "xlsx":
        _write_sheet(found.segments, Path(str(output)))
        return
    text = _as_text(found.segments, style)
    if output is not None:
        write_text(Path(output), text)
    elif text:
        common.emit(text)


def _write_sheet(found: Sequence[ScoredSegment], path: Path) -> None:
    from mtbench.corpora.formats.spreadsheets import write_spreadsheet
    from mtbench.files.writing import replacing
    from mtbench.report import segments_text

    rows = zip(found, segments_text.rows(found), strict=True)
    named = ((f"{one.corpus}/{one.pair} {one.id}", row) for one, row in rows)
    with replacing(path) as stream:
        write_spreadsheet(segments_text.columns(found), named, stream)


def _as_text(found: Sequence[ScoredSegment], style: str) -> str:
    from mtbench.cli.output import printable
    from mtbench.report import segments_text

    if style == "csv":
        return segments_text.to_csv(found)
    if style == "jsonl":
        return segments_text.to_jsonl(found)
    return segments_text.to_text(found, printable)
