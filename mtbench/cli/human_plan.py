"""``mtbench human plan`` and ``mtbench human estimate``."""

from __future__ import annotations

from pathlib import Path

import click

from mtbench.cli import common

_results = click.option("--results", metavar="DIR", help="Where results are. Default: results.")


@click.command(
    epilog="Example: mtbench human plan --corpus news --pair en-it --n 200 --joint -o plan"
)
@_results
@click.option("--corpus", required=True, metavar="NAME", help="The corpus.")
@click.option("--pair", required=True, metavar="SRC-TGT", help="The direction.")
@click.option(
    "--n", "count", required=True, type=click.IntRange(min=1), help="Segments per system."
)
@click.option(
    "--joint/--per-system",
    default=True,
    show_default=True,
    help="All systems on the same segments, or each on its own.",
)
@click.option("--by", type=click.Choice(["document"]), help="Draw whole documents.")
@click.option(
    "--stratify", metavar="METRIC", help="Draw evenly over strata of a metric's segment scores."
)
@click.option("--system", "systems", multiple=True, metavar="NAME", help="Only these systems.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Seed of the draw.",
)
@click.option(
    "--form",
    "forms",
    multiple=True,
    default=("csv",),
    show_default=True,
    type=click.Choice(["csv", "xlsx", "pearmut"]),
    help="Form that people fill in; may be given more than once.",
)
@click.option(
    "--users",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Number of judges who share the segments of a pearmut campaign.",
)
@click.option(
    "--protocol", type=common.PEARMUT_PROTOCOLS, default="ESA", show_default=True,
    help="Protocol of a pearmut campaign.",
)  # fmt: skip
@click.option("-o", "--output", required=True, metavar="DIR", help="Folder to write the plan to.")
@common.talk_options
def plan(
    results: str | None,
    corpus: str,
    pair: str,
    count: int,
    joint: bool,
    by: str | None,
    stratify: str | None,
    systems: tuple[str, ...],
    seed: int,
    forms: tuple[str, ...],
    users: int,
    protocol: str,
    output: str,
    verbose: bool,
    quiet: bool,
) -> None:
    """Draw segments to have judged by people, with known probability.

    DIR gets plan.json and plan.csv, which estimate reads again; form.csv, form.xlsx or form.json (a
    campaign for pearmut), to be filled with scores; and with --stratify disagreement.csv, the
    segments on which the metric sees the systems farthest apart: worth reading, but no sample, so
    that nothing can be estimated from them.
    """
    from mtbench.config import workspace
    from mtbench.errors import RequestError
    from mtbench.files.writing import write_bytes
    from mtbench.languages import LanguagePair
    from mtbench.pipeline.human import Asked, plan_judgements

    if by and stratify:
        raise RequestError("--by document and --stratify: one of the two")
    asked = Asked(
        count, joint, by == "document", stratify, systems, seed, tuple(dict.fromkeys(forms)),
        users, protocol,
    )  # fmt: skip
    folder = Path(output)
    _, files = plan_judgements(
        workspace(results), corpus, str(LanguagePair.parse(pair)), asked, folder
    )
    for name, content in files.items():
        write_bytes(folder / name, content.encode() if isinstance(content, str) else content)
    common.emit("\n".join(str(folder / name) for name in files))


@click.command(epilog="Example: mtbench human estimate --plan plan --human plan/form.csv")
@_results
@click.option(
    "--plan",
    "folder",
    required=True,
    metavar="DIR",
    help="Folder that mtbench human plan wrote.",
)
@click.option("--human", required=True, metavar="FILE", help="The judgements.")
@click.option(
    "--metric",
    metavar="NAME",
    help="The metric that helps. Default: the plan's, else the one that ranks.",
)
@common.format_option("table", "csv", "json", "md")
@common.talk_options
def estimate(
    results: str | None,
    folder: str,
    human: str,
    metric: str | None,
    style: str,
    verbose: bool,
    quiet: bool,
) -> None:
    """Say what the judged segments of a plan mean for the whole set.

    Each system's mean human score over all segments, with an interval; what the metric adds to the
    judgements (lambda), and how many plainly drawn ones they are worth.
    """
    from mtbench.config import workspace
    from mtbench.pipeline.human import estimate_scores
    from mtbench.report import estimate_text

    found = estimate_scores(workspace(results), Path(folder), Path(human), metric)
    if style == "json":
        common.emit_json(found.model_dump(mode="json"))
    elif style == "csv":
        common.emit(estimate_text.to_csv(found))
    elif style == "md":
        common.emit(estimate_text.to_markdown(found))
    else:
        common.emit(estimate_text.to_text(found, common.grid))
