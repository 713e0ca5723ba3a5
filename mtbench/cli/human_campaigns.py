"""``mtbench human import`` and ``mtbench human list``."""

from __future__ import annotations

from pathlib import Path

import click

from mtbench.cli import common


@click.command("import", epilog="Example: mtbench human import mqm.tsv --name mqm-2026")
@click.argument("file", metavar="FILE")
@click.option("--name", metavar="NAME", help="What the campaign is called. Default: the file's.")
@click.option("--results", metavar="DIR", help="Where results are. Default: results.")
@common.stored_selection
@click.option(
    "--ids-from",
    type=click.IntRange(0, 1),
    help="The file numbers segments by position, the first being 0 or 1.",
)
@click.option("--force", is_flag=True, help="Replace another file's judgements of that name.")
@common.talk_options
def import_(
    file: str,
    name: str | None,
    results: str | None,
    corpora: tuple[str, ...],
    pairs: tuple[str, ...],
    ids_from: int | None,
    force: bool,
    verbose: bool,
    quiet: bool,
) -> None:
    """Keep human judgements beside the outputs that they are about.

    FILE is in any form that meta reads. From then on the leaderboard says how far people agree with
    the metric that ranks, meta and human list know the campaign, and judgements of an output that
    has changed take no part. The judgements lie in judgements/NAME.jsonl of each system's folder.
    """
    from mtbench.config import plain_name, workspace
    from mtbench.languages import LanguagePair
    from mtbench.pipeline.boards import board, stored_tables, write_leaderboard
    from mtbench.pipeline.campaigns import keep_judgements
    from mtbench.results import Results

    space = workspace(results)
    path = Path(file)
    tables = stored_tables(space, corpora, tuple(str(LanguagePair.parse(pair)) for pair in pairs))
    name = name or plain_name(path.name.split(".")[0]) or "campaign"
    found = keep_judgements(space, tables, path, name, first=ids_from, force=force)
    stored = Results(space.results)
    write_leaderboard(stored, lambda: board(stored))
    for kept in found:
        common.emit(
            f"{kept.test_set}: {kept.judgements:,} judgements of {kept.systems} systems kept as "
            f"{name}"
        )
        for note in kept.notes:
            common.emit(f"  {note}")


@click.command("list", epilog="Example: mtbench human list --format json")
@click.option("--results", metavar="DIR", help="Where results are. Default: results.")
@common.stored_selection
@common.format_option("table", "json")
@common.talk_options
def list_(
    results: str | None,
    corpora: tuple[str, ...],
    pairs: tuple[str, ...],
    style: str,
    verbose: bool,
    quiet: bool,
) -> None:
    """List the campaigns of human judgements that are kept beside outputs."""
    from mtbench.config import workspace
    from mtbench.languages import LanguagePair
    from mtbench.pipeline.boards import stored_tables
    from mtbench.pipeline.campaigns import campaigns_of
    from mtbench.results import Results

    space = workspace(results)
    rows = [
        {
            "corpus": table.corpus,
            "pair": str(table.pair),
            "campaign": one.name,
            "format": one.file.title,
            "judgements": len(one.file.judgements),
            "systems": len({judgement.system for judgement in one.file.judgements}),
            "raters": len({judgement.rater for judgement in one.file.judgements} - {None}),
            "changed": list(one.changed),
        }
        for table in stored_tables(
            space, corpora, tuple(str(LanguagePair.parse(pair)) for pair in pairs)
        )
        for one in campaigns_of(Results(space.results), table)
    ]
    if style == "json":
        common.emit_json({"campaigns": rows})
    elif rows:
        lines = [[", ".join(cell) if isinstance(cell, list) else str(cell) for cell in row.values()]
                 for row in rows]  # fmt: skip
        common.emit(common.grid(tuple(rows[0]), lines))
    else:
        common.emit("no campaign of human judgements is kept here; mtbench human import keeps one")
