"""``mtbench corpus export``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mtbench.cli import common
from mtbench.errors import RequestError, UnknownName

if TYPE_CHECKING:
    from mtbench.languages import LanguagePair
    from mtbench.types import TestSet

_TO = "text|tsv|csv|xlsx|tmx|mt-metrics-eval"


@click.command(epilog="Example: mtbench corpus export china-blockchain --to tmx -o exported")
@click.argument("corpus", metavar="CORPUS")
@click.option("--to", "kind", required=True, metavar=_TO, help="The format.")
@click.option("-o", "--output", required=True, metavar="DIR", help="The folder to write into.")
@click.option("--pair", "pairs", multiple=True, metavar="SRC-TGT", help="Default: every file's.")
@click.option("--reference", metavar="A", help="Only this one of several references.")
@click.option(
    "--results",
    metavar="DIR",
    help="With --to mt-metrics-eval: outputs and scores from there, as .seg.score and .sys.score.",
)
@click.option("--join-lines", is_flag=True, help="Turn line ends inside a text into spaces.")
@click.option("--force", is_flag=True, help="Replace files that are there already.")
@common.format_option("table", "json")
@common.talk_options
def export(
    corpus: str,
    kind: str,
    output: str,
    pairs: tuple[str, ...],
    reference: str | None,
    results: str | None,
    join_lines: bool,
    force: bool,
    style: str,
    verbose: bool,
    quiet: bool,
) -> None:
    """Write CORPUS as plain text, TSV, CSV, TMX or a sheet to review, or for mt-metrics-eval.

    The sheet (--to xlsx) has empty columns "verdict" and "comment" behind those of the corpus; the
    last format takes outputs and scores along.
    """
    from mtbench.corpora.formats.exporting import TARGETS, export_test_set

    if kind not in TARGETS:
        raise UnknownName("format", kind, TARGETS)
    if results is not None and kind != "mt-metrics-eval":
        raise RequestError("--results goes with --to mt-metrics-eval", hint="leave it out")
    watcher = common.ConsoleWatcher(quiet=quiet)
    written = []
    sets = _test_sets(corpus, pairs, reference)
    for test_set in sets:
        done = export_test_set(test_set, kind, Path(output), join=join_lines, force=force)
        if done.joined:
            watcher.say(f"{done.test_set}: line ends became spaces in {done.joined} texts")
        written.append(done)
    rows = [[done.test_set, str(done.segments), path] for done in written for path in done.paths]
    if results is not None:
        paths = _export_results(sets, Path(results), Path(output), join=join_lines)
        rows += [[corpus, "", str(path)] for path in paths]
    if style == "json":
        common.emit_json([{"test_set": row[0], "path": row[2]} for row in rows])
    else:
        common.emit(common.grid(["test set", "segments", "file"], rows))


def _test_sets(corpus: str, pairs: Sequence[str], reference: str | None) -> list[TestSet]:
    from mtbench.config import find_corpora, workspace
    from mtbench.corpora.load import load, pair_files
    from mtbench.languages import LanguagePair

    wanted = {LanguagePair.parse(pair) for pair in pairs}
    sets = []
    for folder, only in find_corpora((corpus,), workspace()):
        files = pair_files(folder, only)
        known = {file.pair for file in files}
        for pair in sorted(wanted - known):
            raise UnknownName(f"language pair of {folder.name}", str(pair), map(str, known))
        sets += [
            load(file, reference=reference)
            for file in files
            if file.pair in wanted or not (wanted or file.reversed)
        ]
    return sets


def _export_results(
    sets: Sequence[TestSet], results: Path, folder: Path, *, join: bool
) -> list[Path]:
    """Outputs and scores of these test sets."""
    from mtbench.corpora.formats.wmt_scores import reference_names, write_output, write_scores
    from mtbench.errors import DataError
    from mtbench.results import Results
    from mtbench.types import MetricResult

    by_name = {test_set.name: test_set for test_set in sets}
    runs = [run for run in Results(results).runs() if f"{run.corpus}/{run.pair}" in by_name]
    outputs = [(run, output) for run in runs if (output := run.read_output()) is not None]
    if not outputs:
        raise RequestError(
            f"{results} holds no output for {', '.join(by_name)}", hint="evaluate first"
        )
    taken = Counter((run.pair, output.run.system) for run, output in outputs)
    paths: list[Path] = []
    scores = []
    for run, output in outputs:
        test_set = by_name[f"{run.corpus}/{run.pair}"]
        ids = output.ids
        if ids != test_set.ids:
            raise DataError(
                f"{run.output_path}: not an output for {test_set.name} as it is now",
                hint="translate it again, or export the corpus that it was made for",
            )
        # Two inline systems may have one name; their folders tell them apart.
        alone = taken[run.pair, output.run.system] == 1
        system = output.run.system if alone else run.system
        texts = list(zip(ids, output.texts, strict=True))
        paths.append(write_output(run.pair, system, texts, folder, join=join))
        for path in run.score_paths():
            result = run.read_result(path)
            if result.score.references_digest == test_set.references_digest():
                score = result.score.model_copy(update={"system": system})
                scores.append(MetricResult(score, result.statistics))
    references: dict[LanguagePair, Sequence[str]] = {
        test_set.pair: reference_names(test_set, test_set.reference_count or 0) for test_set in sets
    }
    return paths + write_scores(scores, folder, references)
