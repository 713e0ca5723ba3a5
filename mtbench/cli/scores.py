"""``mtbench scores``."""

from __future__ import annotations

from pathlib import Path

import click

from mtbench.cli import common
from mtbench.cli.lazy import LazyGroup

VERBS = {
    "import": ("mtbench.cli.scores:import_", "Take segment scores that were made elsewhere."),
}


@click.group(
    cls=LazyGroup, verbs=VERBS,
    epilog="Example: mtbench scores import esa.csv --corpus news --pair en-it --metric human-esa "
    "--higher-is-better",
)  # fmt: skip
def scores() -> None:
    """Segment scores from elsewhere."""


@click.command(
    "import",
    epilog="Example: mtbench scores import metric.seg.score --corpus news --pair en-it "
    "--metric other-metric --higher-is-better",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--corpus", required=True, metavar="NAME", help="The test set's corpus.")
@click.option("--pair", required=True, metavar="SRC-TGT", help="Its direction.")
@click.option("--metric", required=True, metavar="NAME", help="The name that the scores get.")
@click.option(
    "--higher-is-better/--lower-is-better", "higher", default=None, help="Direction of the scores."
)
@click.option("--made-by", default="", metavar="TEXT", help="How they were made; in the signature.")
@click.option(
    "--scale", type=(float, float), metavar="LOW HIGH",
    help="The ends of the scale; a score outside is an error.",
)  # fmt: skip
@click.option(
    "--ids-from",
    type=click.IntRange(0, 1),
    help="The file numbers segments by position, the first being 0 or 1.",
)
@click.option(
    "--allow-partial", is_flag=True, help="Import systems that lack scores of some segments."
)
@click.option("--results", metavar="DIR", help="The results folder. Default: results.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N",
    help="Seed of the intervals.",
)  # fmt: skip
@common.format_option("table", "json")
@common.taken_talk_options
def import_(
    files: tuple[str, ...],
    corpus: str,
    pair: str,
    metric: str,
    higher: bool | None,
    made_by: str,
    scale: tuple[float, float] | None,
    ids_from: int | None,
    allow_partial: bool,
    results: str | None,
    seed: int,
    style: str,
) -> None:
    """Turn segment scores made elsewhere into a metric, tested and ranked like any other.

    FILE is .seg.score of mt-metrics-eval, CSV or JSONL with system, id, score, WMT25's JSONL of
    automatic scores, or human scores in any form that meta reads.
    """
    from mtbench.config import workspace
    from mtbench.errors import RequestError
    from mtbench.languages import LanguagePair
    from mtbench.pipeline.boards import board, write_leaderboard
    from mtbench.pipeline.import_scores import ScoresImport, import_scores
    from mtbench.results import Results

    if higher is None:
        raise RequestError(
            f"in which direction is {metric} better?",
            hint="say --higher-is-better or --lower-is-better",
        )
    space = workspace(results)
    found = import_scores(
        ScoresImport(
            files=tuple(map(Path, files)),
            corpus=corpus,
            pair=str(LanguagePair.parse(pair)),
            metric=metric,
            higher_is_better=higher,
            made_by=made_by,
            scale=scale,
            ids_from=ids_from,
            allow_partial=allow_partial,
            seed=seed,
        ),
        space,
    )
    stored = Results(space.results)
    write_leaderboard(stored, lambda: board(stored))
    if style == "json":
        common.emit_json(
            [
                {"system": one.score.system, "score": one.score.score,
                 "segments": one.score.segments - len(one.score.unjudged),
                 "signature": one.score.signature}
                for one in found
            ]
        )  # fmt: skip
        return
    for one in found:
        count = one.score.segments - len(one.score.unjudged)
        common.emit(f"{one.score.system}: {one.score.score:.3f} over {count:,} segments")
