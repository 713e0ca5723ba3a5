"""``mtbench leaderboard``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from mtbench.cli import common
from mtbench.cli.output import say
from mtbench.errors import RequestError, UnknownName

if TYPE_CHECKING:
    from mtbench.boards.slices import By
    from mtbench.config import Workspace
    from mtbench.results import Results
    from mtbench.types import Leaderboard


@click.command(epilog="Example: mtbench leaderboard results --pair en-it --sort chrf")
@click.argument("results", required=False)
@common.stored_selection
@common.stored_sort_options
@common.by_option(
    "Show scores on parts of the test sets instead, tested, by the metric that ranks."
)
@click.option(
    "--headline",
    metavar="autorank[:METRIC,…]",
    help="Add one number over several metrics. Default: the neural ones that score every system.",
)
@click.option(
    "--over-pairs",
    is_flag=True,
    help="Show systems over all test sets instead: ranks, wins, averages.",
)
@click.option(
    "--health", is_flag=True, help="Show what is wrong with the outputs at first sight instead."
)
@click.option(
    "--suspicion",
    is_flag=True,
    help="Show what makes the numbers suspect instead; no score changes.",
)
@click.option(
    "--hub",
    type=click.Choice(["eval-results", "model-index"]),
    help="Print the scores of --system as YAML for a model's repository on the hub: a file of "
    ".eval_results, or the model-index of its README.",
)
@click.option("--system", metavar="NAME", help="With --hub: whose scores.")
@common.format_option()
@common.talk_options
def leaderboard(
    results: str | None,
    corpora: tuple[str, ...],
    pairs: tuple[str, ...],
    sort: str | None,
    seed: int | None,
    by: By | None,
    headline: str | None,
    over_pairs: bool,
    health: bool,
    suspicion: bool,
    hub: str | None,
    system: str | None,
    style: str,
    verbose: bool,
    quiet: bool,
) -> None:
    """Print the table again from stored results, in any format, by any primary metric."""
    from mtbench.config import workspace
    from mtbench.languages import LanguagePair
    from mtbench.pipeline import board
    from mtbench.report.render import render
    from mtbench.results import Results

    if (hub is None) != (system is None):
        raise RequestError("--hub and --system go together")
    _check_one_view(style, by, over_pairs, health, suspicion, hub)
    space = workspace(results)
    if not space.results.is_dir():
        raise RequestError(f"{space.results}: no such folder", hint="run mtbench evaluate first")
    wanted = {str(LanguagePair.parse(pair)) for pair in pairs}
    stored = Results(space.results)
    found = board(stored, sort=sort, seed=seed, cache=space.cache)
    if sort is not None and sort not in found.metrics:
        raise UnknownName("metric here", sort, found.metrics)
    if sort is not None and not found.metrics[sort].quality:
        raise RequestError(f"--sort {sort}: it does not measure quality, so it ranks nobody")
    tables = tuple(
        table
        for table in found.tables
        if (not corpora or table.corpus in corpora) and (not wanted or str(table.pair) in wanted)
    )
    _check_known("corpus", corpora, {table.corpus for table in found.tables})
    _check_known("pair", wanted, {str(table.pair) for table in found.tables})
    if not tables:
        raise RequestError(f"{space.results}: no results of that kind")
    chosen = found.model_copy(update={"tables": tables})
    if by is not None:
        _print_slices(stored, chosen, by, sort, seed, style, verbose=verbose)
    elif health:
        _print_health(space, chosen, style, verbose=verbose)
    elif suspicion:
        _print_suspicion(space, chosen, style)
    elif over_pairs:
        _print_overview(chosen, sort, style)
    elif hub is not None and system is not None:
        _print_for_hub(stored, chosen, hub, system)
    else:
        if headline is not None:
            chosen = _with_headline(stored, chosen, headline, seed)
        common.emit(render(chosen, style, verbose=verbose))


def _with_headline(
    stored: Results, board: Leaderboard, headline: str, seed: int | None
) -> Leaderboard:
    from mtbench.pipeline.headline import parse_headline, with_headline

    return with_headline(stored, board, parse_headline(headline), seed or 0)


def _check_one_view(style: str, *views: object) -> None:
    if sum(map(bool, views)) > 1:
        raise RequestError(
            "--by, --over-pairs, --health, --suspicion and --hub: one of them at a time"
        )
    forms = ("table", "json", "csv", "md") if views[0] else ("table", "json")
    if any(views) and style not in forms:
        raise RequestError(f"this view has no form {style}", hint=f"--format {' or '.join(forms)}")


def _print_for_hub(stored: Results, board: Leaderboard, form: str, system: str) -> None:
    """A system's scores for its repository on the hub."""
    from mtbench.config import find_corpora, read_corpus_card, workspace
    from mtbench.errors import MtbenchError
    from mtbench.report import hub_text

    known = {row.system: None for table in board.tables for row in table.rows}
    if system not in known:
        raise UnknownName("system", system, known)
    urls, dates = {}, {}
    for table in board.tables:
        row = next((one for one in table.rows if one.system == system), None)
        run = stored.run(table.corpus, table.pair, row.folder).read_run() if row else None
        if run is not None:
            dates[f"{table.corpus}/{table.pair}"] = run.finished
        name = (run.corpus_folder if run else "") or table.corpus.partition("@")[0]
        try:
            ((folder, _),) = find_corpora((name,), workspace())
            card = read_corpus_card(folder)
            urls[table.corpus] = card.url if card else ""
        except (MtbenchError, ValueError):  # the corpus is not at hand
            urls[table.corpus] = ""
    if form == "model-index":
        common.emit(hub_text.to_model_index(board, system, urls))
        return
    text, missing = hub_text.to_eval_results(board, system, urls, dates)
    why = f"no data set of the hub is named as the url in the card of {', '.join(missing)}"
    hint = f"set it there, {hub_text.HUB}…, or print --hub model-index"
    if not text:
        raise RequestError(f"nothing to print: {why}", hint=hint)
    if missing:
        say(f"mtbench: left out: {why}")
    common.emit(text)


def _print_suspicion(space: Workspace, board: Leaderboard, style: str) -> None:
    from mtbench.pipeline.suspicion import suspect
    from mtbench.report import words

    found = list(suspect(space, board))
    if style == "json":
        documents = [
            {
                "corpus": table.corpus,
                "pair": str(table.pair),
                **suspicions.model_dump(mode="json"),
            }
            for table, suspicions in found
        ]
        common.emit_json(documents)
        return
    for table, suspicions in found:
        common.emit(words.heading(table))
        for finding in suspicions.findings:
            common.emit(f"  {finding.kind}: {', '.join(finding.systems)}: {finding.evidence}.")
            if finding.segments:
                common.emit(f"    segments: {', '.join(finding.segments)}")
            common.emit(f"    {finding.advice}")
        if not suspicions.findings:
            common.emit("  nothing found")
        for sentence in suspicions.unexamined:
            common.emit(f"  not looked at: {sentence}")


def _print_slices(
    stored: Results,
    board: Leaderboard,
    by: By,
    metric: str | None,
    seed: int | None,
    style: str,
    *,
    verbose: bool,
) -> None:
    from mtbench.pipeline.slicing import partial_systems, slices
    from mtbench.report import parts_text
    from mtbench.report.parts_text import Parts

    found = list(slices(stored, board, by, metric, seed=seed or 0))
    shown = [table for table, _ in found]
    for table in board.tables:
        if table not in shown:
            name = f"{table.corpus}/{table.pair}"
            say(f"mtbench: {name}: all systems lack translations of segments; it is not shown")
    several = [
        Parts(table, sliced, board.metrics[sliced.metric], partial_systems(table, sliced.metric))
        for table, sliced in found
    ]
    if style == "json":
        common.emit_json(
            [
                {
                    "corpus": one.table.corpus,
                    "pair": str(one.table.pair),
                    **one.sliced.model_dump(mode="json"),
                    "partial": list(one.partial),
                }
                for one in several
            ]
        )
    elif style == "csv":
        common.emit(parts_text.to_csv(several))
    elif style == "md":
        common.emit(parts_text.to_markdown(several))
    else:
        for one in several:
            common.emit(parts_text.title(one))
            common.emit(common.grid(*parts_text.lines(one, intervals=verbose)))
            for note in parts_text.notes(one):
                common.emit(note)
            common.emit("")


def _print_health(space: Workspace, board: Leaderboard, style: str, *, verbose: bool) -> None:
    from mtbench.pipeline.health import as_json, health_of
    from mtbench.report import words

    found = list(health_of(space, board))
    if style == "json":
        common.emit_json([as_json(table, systems) for table, systems in found])
        return
    for table, systems in found:
        common.emit(words.heading(table))
        looked = dict.fromkeys(flag for one in systems for flag in one.counts)
        flags = [flag for flag in looked if any(one.counts.get(flag) for one in systems)]
        metrics = [m for m in table.metrics if any(m in s.as_worst for s in systems)]
        header = ["system", "flagged", *flags, "judged", *(f"{m} as worst" for m in metrics)]
        rows = []
        for one in systems:
            worst = [f"{one.as_worst[m]:.2f}" if m in one.as_worst else "–" for m in metrics]
            counts = [str(one.counts.get(flag, "–")) for flag in flags] + [str(one.judged)]
            rows.append([one.system, f"{one.flagged} of {one.segments}", *counts, *worst])
        common.emit(common.grid(header, rows))
        if none := [flag for flag in looked if flag not in flags]:
            common.emit(f"None has {', '.join(none)}.")
        common.emit("judged: segments whose language could be told; the others may be in any.")
        for one in systems:
            shown = list(one.evidence.items())
            for name, said in shown if verbose else shown[:3]:
                reasons = "; ".join(f"{flag}: {reason}" for flag, reason in said.items())
                common.emit(f"{one.system} {name}: {reasons}")
            if len(shown) > 3 and not verbose:
                common.emit(f"{one.system}: {len(shown) - 3} more segments (-v shows all)")
        common.emit("")


def _print_overview(board: Leaderboard, metric: str | None, style: str) -> None:
    from mtbench.boards.over_pairs import overview

    found = overview(board, metric)
    if style == "json":
        common.emit_json(found.model_dump(mode="json"))
        return
    header = ["system", *found.test_sets, "wins", "losses"]
    if found.label:
        header.append("average")
    rows = []
    for one in found.systems:
        ranks = [_range(one.ranks.get(name)) for name in found.test_sets]
        row = [one.system, *ranks, str(one.wins), str(one.losses)]
        if found.label:
            row.append("–" if one.macro_average is None else f"{one.macro_average:.2f}")
        rows.append(row)
    common.emit(common.grid(header, rows))
    common.emit("Ranks are the ranges a rank can have; wins and losses are significant ones.")
    common.emit(found.label or found.reason or "")


def _range(ranks: tuple[int, int] | None) -> str:
    from mtbench.report.words import rank_range

    return "–" if ranks is None else rank_range(*ranks)


def _check_known(kind: str, wanted: Iterable[str], known: set[str]) -> None:
    for name in wanted:
        if name not in known:
            raise UnknownName(kind, name, known)
