"""``mtbench score``."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from mtbench.cli import common
from mtbench.errors import RequestError

if TYPE_CHECKING:
    from mtbench.config import Workspace
    from mtbench.pipeline import Request
    from mtbench.pipeline.resolve import Own
    from mtbench.types import Engine, Leaderboard, Origin


@click.command(epilog="Example: mtbench score --hypotheses out.de --reference ref.de --pair en-de")
@click.option(
    "--hypotheses",
    multiple=True,
    metavar="FILE...",
    help="Hypotheses of one system per file: plain text, one per line, or JSONL with id and mt. "
    "NAME=FILE names the system; otherwise the file's stem does.",
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
@click.option(
    "--reference-kind",
    "kind",
    type=click.Choice(["human", "machine", "post-edit"]),
    help="With plain files: how the references came to be. Against a post-edit, TER is HTER.",
)
@common.corpus_options(many_references=True)
@common.metric_options
@common.sort_option
@common.runtime_options
@common.engine_options
@click.option(
    "--segments",
    "by_segment",
    is_flag=True,
    help="Print a score per segment and metric, tab-separated, instead of the leaderboard; with "
    "--format csv or json, texts and flags too.",
)
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
    kind: str | None,
    results: str | None,
    device: str,
    batch_size: int | None,
    seed: int,
    force: bool,
    engine: Engine,
    style: str,
    by_segment: bool,
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

    if by_segment and style in ("md", "latex"):
        raise RequestError(f"--segments is no {style} table", hint="--format table, csv or json")
    space = workspace(results)
    models = (
        *(_named(path, f"hypotheses:{path}") for path in (*hypotheses, *more)),
        *(_named(path, f"hypotheses-documents:{path}") for path in whole),
    )
    if not models:
        raise RequestError(
            "nothing to score", hint="give --hypotheses FILE or --hypotheses-documents PATH"
        )
    run_with = common.runtime(device, batch_size, seed, force, str(space.cache), engine)
    watcher = common.ConsoleWatcher(quiet=quiet)
    asked = partial(common.request_and_own, **given, models=models, runtime=run_with)
    show = partial(_segments, models, style) if by_segment else partial(_board, style, verbose)
    try:
        if given["corpora"]:
            if len(references) > 1 or any(
                one is not None for one in (source, documents, name, kind)
            ):
                raise RequestError(
                    "--source, --documents, --name, --reference-kind and several --reference go "
                    "with plain files, not --corpus"
                )
            reference = references[0] if references else None
            text = _on_corpus(*asked(reference=reference), results, watcher, show)
        else:
            files = (source, references, documents, name, ORIGINS.get(kind or ""))
            text = _on_files(*asked(), files, results, watcher, show)
    except pipeline.Unfinished as error:
        common.emit_unfinished(error, style, verbose=verbose)
        raise
    common.emit(text)
    if verbose:
        watcher.say_where_time_went()


def _named(given: str, model: str) -> str:
    """The ``--model`` that a file means, of which ``NAME=`` is a name.

    A file that is there is that file, whatever its name.
    """
    import os

    from mtbench.config import name_given

    named = None if os.path.lexists(given) else name_given(given)
    return f"{named[0]}={model.replace(given, named[1])}" if named else model


Show = Callable[["Leaderboard", "Workspace", common.ConsoleWatcher], str]


def _board(
    style: str,
    verbose: bool,
    board: Leaderboard,
    space: Workspace,
    watcher: common.ConsoleWatcher,
) -> str:
    from mtbench.report.render import render

    return render(board, style, verbose=verbose)


def _segments(
    models: Sequence[str],
    style: str,
    board: Leaderboard,
    space: Workspace,
    watcher: common.ConsoleWatcher,
) -> str:
    """The segments of the test sets and systems of this call."""
    from mtbench.config import find_system
    from mtbench.pipeline.segments import SegmentQuery, find_segments
    from mtbench.report import segments_text

    query = SegmentQuery(
        corpora=[table.corpus for table in board.tables],
        pairs=[str(table.pair) for table in board.tables],
    )
    mine = {find_system(model, space.models).name for model in models}
    found = find_segments(space, query)
    chosen = [one for one in found.segments if one.system in mine]
    for note in found.notes if style != "table" else ():
        watcher.say(note)
    if style == "json":
        records = [one.model_dump(mode="json") for one in chosen]
        return json.dumps(records, ensure_ascii=False, indent=1)
    return segments_text.to_csv(chosen) if style == "csv" else segments_text.to_lines(chosen)


def _on_corpus(
    request: Request, own: Own, results: str | None, watcher: common.ConsoleWatcher, show: Show
) -> str:
    from mtbench import pipeline
    from mtbench.config import workspace

    space = workspace(results)
    return show(pipeline.evaluate(request, space, watcher, own=own)[0], space, watcher)


ORIGINS: dict[str, Origin] = {"human": "human", "machine": "machine", "post-edit": "post-edited"}
Files = tuple["str | None", Sequence[str], "str | None", "str | None", "Origin | None"]
"""Source, references, documents, the test set's name, and how the references came to be."""


def _on_files(
    request: Request,
    own: Own,
    files: Files,
    results: str | None,
    watcher: common.ConsoleWatcher,
    show: Show,
) -> str:
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
    source, references, documents, name, origin = files
    given = PlainFiles(
        LanguagePair.parse(request.pairs[0]), source, tuple(references), documents, name, origin
    )
    names = request.metrics or DEFAULT_METRICS
    options, kinds = request.metric_options, request.metric_kinds
    needs = {
        one: (
            own.metrics.get(one)
            or make_metric(kinds.get(one, one), options.get(one, {}), request.runtime)
        ).info.needs
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
        board, _ = pipeline.evaluate(request, space, watcher, [plain], keep_texts=True, own=own)
        return show(board, space, watcher)
    finally:
        scratch.remove()
