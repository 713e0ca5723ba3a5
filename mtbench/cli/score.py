"""``mtbench score``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mtbench.cli import common
from mtbench.errors import DataError, RequestError

if TYPE_CHECKING:
    from mtbench.pipeline import Request
    from mtbench.types import Leaderboard, TestSet

PLAIN = "plain"


@click.command(epilog="Example: mtbench score --hypotheses out.de --reference ref.de --pair en-de")
@click.option(
    "--hypotheses",
    multiple=True,
    required=True,
    metavar="FILE...",
    help="Hypotheses: plain text, one a line, or JSONL with id and mt. One system a file.",
)
@click.argument("more", nargs=-1, metavar="")
@click.option("--source", metavar="FILE", help="Source text, one segment a line.")
@common.corpus_options(many_references=True)
@common.metric_options
@common.sort_option
@common.runtime_options
@common.format_option()
@common.talk_options
def score(
    hypotheses: tuple[str, ...],
    more: tuple[str, ...],
    source: str | None,
    references: tuple[str, ...],
    results: str | None,
    device: str,
    batch_size: int | None,
    seed: int,
    force: bool,
    style: str,
    verbose: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Score hypotheses that exist already.

    With --corpus, on a corpus; the scores are kept under results. Without, on plain files given by
    --source and --reference (once for each reference), with one --pair; those scores are kept only
    where --results says.
    """
    from mtbench import pipeline
    from mtbench.config import workspace
    from mtbench.report.render import render

    space = workspace(results)
    models = tuple(f"hypotheses:{path}" for path in (*hypotheses, *more))
    run_with = common.runtime(device, batch_size, seed, force, str(space.cache))
    watcher = common.ConsoleWatcher(quiet=quiet)
    try:
        if given["corpora"]:
            if source is not None or len(references) > 1:
                raise RequestError(
                    "--source and several --reference go with plain files, not --corpus"
                )
            reference = references[0] if references else None
            request = common.request(**given, models=models, reference=reference, runtime=run_with)
            board = _on_corpus(request, results, watcher)
        else:
            request = common.request(**given, models=models, runtime=run_with)
            board = _on_files(request, source, references, results, watcher)
    except pipeline.Unfinished as error:
        common.emit_unfinished(error, style, verbose=verbose)
        raise
    common.emit(render(board, style, verbose=verbose))


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
    results: str | None,
    watcher: common.ConsoleWatcher,
) -> Leaderboard:
    import tempfile

    from mtbench import pipeline
    from mtbench.config import workspace
    from mtbench.pipeline.resolve import limited
    from mtbench.plugins import DEFAULT_METRICS, make_metric

    plain = limited(_test_set(request, source, references), request.limit)
    names = request.metrics or DEFAULT_METRICS
    needs = {name: make_metric(name, {}, request.runtime).info.needs for name in names}
    blind = [name for name in names if source is None and "source" in needs[name]]
    if blind and request.metrics:
        raise RequestError(f"{blind[0]} needs the source", hint="give it with --source FILE")
    if blind:
        watcher.say(f"{', '.join(blind)} left out: no --source given")
        kept = tuple(name for name in names if name not in blind)
        request = request.model_copy(update={"metrics": kept})
    with tempfile.TemporaryDirectory() as scratch:
        space = workspace(results or scratch)
        return pipeline.evaluate(request, space, watcher, [plain])[0]


def _test_set(request: Request, source: str | None, references: Sequence[str]) -> TestSet:
    from mtbench.corpora.load import plain
    from mtbench.languages import LanguagePair

    if len(request.pairs) != 1:
        raise RequestError(
            "plain files need one --pair", hint="such as --pair en-de; or name a --corpus"
        )
    if source is None and not references:
        raise RequestError("nothing to score against", hint="give --reference FILE or --corpus")
    columns = {path: _lines(path) for path in dict.fromkeys([*references, *_given(source)])}
    counts = {path: len(lines) for path, lines in columns.items()}
    if len(set(counts.values())) > 1:
        shown = ", ".join(f"{path} has {count}" for path, count in counts.items())
        raise DataError(f"files of different numbers of lines: {shown}")
    count = next(iter(counts.values()))
    if not count:
        raise DataError(f"{next(iter(counts))}: no lines")
    for path in references:
        _check_filled(path, columns[path])
    return plain(
        columns[source] if source is not None else None,
        [columns[path] for path in references],
        LanguagePair.parse(request.pairs[0]),
        PLAIN,
        count,
    )


def _given(source: str | None) -> list[str]:
    return [] if source is None else [source]


def _lines(path: str) -> list[str]:
    from mtbench.files.writing import read_lines

    return [line for _, line in read_lines(Path(path))]


def _check_filled(path: str, lines: Sequence[str]) -> None:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            raise DataError(f"{path}:{number}: an empty reference", hint="remove the segment")
