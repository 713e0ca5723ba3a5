"""``mtbench meta``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mtbench.cli import common

if TYPE_CHECKING:
    from mtbench.boards.slices import By


@click.command(epilog="Example: mtbench meta results --human mqm.tsv --pair zh-en")
@click.argument("results", required=False)
@click.option(
    "--human",
    metavar="FILE",
    help="Human scores: raw or averaged MQM, ESA as Appraise exports it, .seg.score, pearmut's "
    "annotations, or CSV and JSONL with id, system, score. Default: every campaign that "
    "mtbench human import has kept.",
)
@common.stored_selection
@click.option("--system", "systems", multiple=True, metavar="NAME", help="Only these systems.")
@common.by_option("Also for each part of the test sets.")
@click.option(
    "--ids-from",
    type=click.IntRange(0, 1),
    help="The file numbers segments by position, the first being 0 or 1.",
)
@click.option(
    "--alpha",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.05,
    show_default=True,
    help="Level of the tests between metrics.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Seed of everything drawn at random.",
)
@click.option("-o", "--output", metavar="FILE", help="Write there instead of stdout.")
@common.format_option("table", "csv", "json", "md")
@common.talk_options
def meta(
    results: str | None,
    human: str | None,
    corpora: tuple[str, ...],
    pairs: tuple[str, ...],
    systems: tuple[str, ...],
    by: By | None,
    ids_from: int | None,
    alpha: float,
    seed: int,
    output: str | None,
    style: str,
    verbose: bool,
    quiet: bool,
) -> None:
    """Say how far metrics are to be believed: their agreement with human scores.

    Stored scores are compared with human ones, between systems and between translations of one
    segment, beside sentinels that look at no quality: the lengths of source and output, and a
    constant.
    """
    from mtbench.config import workspace
    from mtbench.files.writing import write_text
    from mtbench.languages import LanguagePair
    from mtbench.pipeline.meta import meta_evaluate
    from mtbench.report import meta_text

    found = meta_evaluate(
        workspace(results),
        common.ConsoleWatcher(quiet=quiet),
        None if human is None else Path(human),
        corpora=corpora,
        pairs=tuple(str(LanguagePair.parse(pair)) for pair in pairs),
        systems=systems,
        by=by,
        first=ids_from,
        alpha=alpha,
        seed=seed,
    )
    if style == "json" and output is None:
        common.emit_json(found.model_dump(mode="json"))
        return
    if style == "json":
        text = found.model_dump_json(indent=1) + "\n"
    elif style == "csv":
        text = meta_text.to_csv(found)
    elif style == "md":
        text = meta_text.to_markdown(found)
    else:
        text = meta_text.to_text(found, common.grid)
    if output is None:
        common.emit(text)
    else:
        write_text(Path(output), text)
