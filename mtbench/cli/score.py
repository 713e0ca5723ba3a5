"""``mtbench score``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mtbench.cli import common
from mtbench.errors import RequestError

if TYPE_CHECKING:
    from mtbench.pipeline import Request
    from mtbench.types import Engine, Leaderboard


@click.command(epilog="Example: mtbench score --hypotheses out.de --reference ref.de --pair en-de")
@click.option(
    "--hypotheses",
    multiple=True,
    metavar="FILE...",
    help="Hypotheses of one system per file: plain text, one per line, or JSONL with id and mt.",
)
@click.option(
    "--hypotheses-documents",
    "whole",
    multiple=True,
    metavar="PATH",
    help="Whole documents in paragraphs of their own: JSONL with doc and mt, or a folder of "
    "DOC.txt. They are laid on the segments.",
)
@click.argument("more", nargs=-1, metavar="")
@click.option("--source", metavar="FILE", help="Source text, one segment per line.")
@click.option("--documents", metavar="FILE", help="With plain files: one document id per line.")
@click.option(
    "--name",
    metavar="NAME",
    help="Name of the test set that plain files make. Default: the common stem of their names.",
)
@common.corpus_options(many_references=True)
@common.metric_options
@common.sort_option
@common.runtime_options
@common.engine_options
@common.format_option()
@common.talk_options
def score(
    hypotheses: tuple[str, ...],
    whole: tuple[str, ...],
    more: tuple[str, ...],
    source: str | None,
    references: tuple[str, ...],
    documents: str | None,
    name: str | None,
    results: str | None,
    device: str,
    batch_size: int | None,
    seed: int,
    force: bool,
    engine: Engine,
    style: str,
    verbose: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Score hypotheses that exist already.

    With --corpus, on a corpus; the scores are kept under results. Without, on plain files given by
    --source and --reference (once for each reference), with one --pair; those scores and
    the texts are kept only where --results says.
    """
    from mtbench import pipeline
    from mtbench.config import workspace
    from mtbench.report.render import render

    space = workspace(results)
    models = (
        *(f"hypotheses:{path}" for path in (*hypotheses, *more)),
        *(f"hypotheses-documents:{path}" for path in whole),
    )
    if not models:
        raise RequestError(
            "nothing to score", hint="give --hypotheses FILE or --hypotheses-documents PATH"
        )
    run_with = common.runtime(device, batch_size, seed, force, str(space.cache), engine)
    watcher = common.ConsoleWatcher(quiet=quiet)
    try:
        if given["corpora"]:
            if len(references) > 1 or any(one is not None for one in (source, documents, name)):
                raise RequestError(
                    "--source, --documents, --name and several --reference go with plain files, "
                    "not --corpus"
                )
            reference = references[0] if references else None
            request = common.request(**given, models=models, reference=reference, runtime=run_with)
            board = _on_corpus(request, results, watcher)
        else:
            request = common.request(**given, models=models, runtime=run_with)
            board = _on_files(request, source, references, documents, name, results, watcher)
    except pipeline.Unfinished as error:
        common.emit_unfinished(error, style, verbose=verbose)
        raise
    common.emit(render(board, style, verbose=verbose))
    if verbose:
        watcher.say_where_time_went()


def _on_corpus(
    request: Request, results: str | None, watcher: common.ConsoleWatcher
) -> Leaderboard:
    from mtbench import pipeline
    from mtbench.config import workspace

    return pipeline.evaluate(request, workspace(results), watcher)[0]


def _on_files(
    request: Request,
    source: str | None,
    references: Sequence[str],
    documents: str | None,
    name: str | None,
    results: str | None,
    watcher: common.ConsoleWatcher,
) -> Leaderboard:
    from mtbench import pipeline
    from mtbench.config import workspace
    from mtbench.files.temporary import ScratchFolder
    from mtbench.languages import LanguagePair
    from mtbench.pipeline.plain_files import PlainFiles, plain_test_set
    from mtbench.plugins import DEFAULT_METRICS, make_metric
    from mtbench.results import Results

    if len(request.pairs) != 1:
        raise RequestError(
            "plain files need one --pair", hint="such as --pair en-de; or name a --corpus"
        )
    given = PlainFiles(
        LanguagePair.parse(request.pairs[0]), source, tuple(references), documents, name
    )
    names = request.metrics or DEFAULT_METRICS
    options, kinds = request.metric_options, request.metric_kinds
    needs = {
        one: make_metric(kinds.get(one, one), options.get(one, {}), request.runtime).info.needs
        for one in names
    }
    blind = [one for one in names if source is None and "source" in needs[one]]
    if blind and request.metrics:
        raise RequestError(f"{blind[0]} needs the source", hint="give it with --source FILE")
    if blind:
        watcher.say(f"{', '.join(blind)} left out: no --source given")
        kept = tuple(one for one in names if one not in blind)
        request = request.model_copy(update={"metrics": kept})
    scratch = ScratchFolder()
    try:
        space = workspace(results or str(scratch.path))
        plain = plain_test_set(given, request.limit, Results(space.results))
        return pipeline.evaluate(request, space, watcher, [plain], keep_texts=True)[0]
    finally:
        scratch.remove()
