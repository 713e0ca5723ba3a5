"""The main job: translate what is missing, score what is missing, write the leaderboard."""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import partial
from pathlib import Path

from mtbench.config import Workspace
from mtbench.errors import MtbenchError, PartialOutput
from mtbench.pipeline.boards import board, write_leaderboard
from mtbench.pipeline.code import memory_of
from mtbench.pipeline.outputs import translate
from mtbench.pipeline.planning import plan
from mtbench.pipeline.resolve import (
    NOTHING_OF_ONES_OWN,
    Own,
    ResolvedSet,
    resolve_sets,
    resolve_systems,
)
from mtbench.pipeline.scores import score
from mtbench.pipeline.unchanged import Unchanged
from mtbench.pipeline.work import Plan, Request, Watcher
from mtbench.report import words
from mtbench.results import Results
from mtbench.stages import scoring
from mtbench.types import Cell, Leaderboard, Row, RunRecord


class Unfinished(MtbenchError):
    """Some systems or metrics failed; the leaderboard of the others is there.

    Attributes:
        board: The leaderboard of what did not fail.

    Example:
        >>> import mtbench, tempfile
        >>> def broken(texts):
        ...     raise ValueError("no weights")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     try:
        ...         mtbench.evaluate([broken, "identity:"], ["china-blockchain"], ["en-it"],
        ...                          ["chrf"], results=folder)
        ...     except mtbench.Unfinished as error:
        ...         print([row.system for row in error.board.tables[0].rows])
        ['identity']
    """

    def __init__(self, shown: Leaderboard, failures: Sequence[MtbenchError]) -> None:
        first = failures[0]
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        hint = first.hint or "what was finished is kept; the same command goes on from there"
        super().__init__(first.message + more, why=first.why, hint=hint)
        self.board = shown
        self.exit_code = first.exit_code


def plan_request(
    request: Request,
    space: Workspace,
    watcher: Watcher,
    sets: Sequence[ResolvedSet] | None = None,
    *,
    with_metrics: bool = True,
    own: Own = NOTHING_OF_ONES_OWN,
) -> Plan:
    """What a request names, looked up once, with everything checked that can be.

    Args:
        request: What is asked for.
        space: Where things are.
        watcher: Told what is left out.
        sets: Test sets, where they are not to be looked up.
        with_metrics: Whether scores will be wanted.
        own: Systems and metrics that were handed over.

    Raises:
        MtbenchError: Of whatever kind, with nothing done yet.
    """
    return plan(
        resolve_systems(request.models, space, own.systems, realign=request.realign),
        resolve_sets(request, space, watcher) if sets is None else sets,
        request,
        Results(space.results, memory_of(space)),
        watcher,
        with_metrics=with_metrics,
        own=own.metrics,
    )


def translate_only(
    request: Request, space: Workspace, watcher: Watcher
) -> list[tuple[Path, RunRecord]]:
    """Translates what is missing.

    Returns:
        File of each output and record of its run.

    Raises:
        RunFailed: After everything else was finished, if a system failed.
        MtbenchError: Before any work, if the request cannot be carried out.
    """
    found = plan_request(request, space, watcher, with_metrics=False)
    failures = translate(found, request, Results(space.results), watcher)
    failures += _partial(found, request)
    if failures:
        raise failures[0]
    return [(task.folder.output_path, task.output.run) for task in found.tasks if task.output]


class _Heard:
    """Hands lines on to a watcher and keeps them: what a call says whenever it is made."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self.start, self.advance, self.stop = watcher.start, watcher.advance, watcher.stop
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        """One line for the user."""
        self.lines.append(line)
        self._watcher.say(line)


def _partial(found: Plan, request: Request) -> list[MtbenchError]:
    """The outputs that may not be scored."""
    failures: list[MtbenchError] = []
    for task in found.tasks:
        if task.output is not None:
            try:
                scoring.check_output(
                    task.test_set, task.output, allow_partial=request.allow_partial
                )
            except PartialOutput as error:
                failures.append(error)
    return failures


def evaluate(
    request: Request,
    space: Workspace,
    watcher: Watcher,
    sets: Sequence[ResolvedSet] | None = None,
    *,
    keep_texts: bool | Container[str] = False,
    own: Own = NOTHING_OF_ONES_OWN,
) -> tuple[Leaderboard, Plan]:
    """Translates what is missing, scores what is missing, writes ``leaderboard.csv``.

    Args:
        request: What is asked for.
        space: Where things are.
        watcher: Told what happens.
        sets: Test sets, where they are not to be looked up.
        keep_texts: Whether their texts are to be kept with the results, because no corpus has
            them, or the names of those.
        own: Systems and metrics that were handed over.

    Returns:
        The leaderboard of the test sets of this call, and what was done.

    Raises:
        Unfinished: After everything else was finished and written, if a system or metric failed.
        MtbenchError: Before any work, if the request cannot be carried out.
    """
    results = Results(space.results)
    unchanged = Unchanged(request, space) if sets is None and not own else None
    known = unchanged.answer() if unchanged is not None else None
    if known is not None:
        for line in known.lines:
            watcher.say(line)
        return known.board, Plan([])
    heard = _Heard(watcher)
    found = plan_request(request, space, heard, sets, own=own)
    for one in sets or ():
        if keep_texts is True or (keep_texts and one.name in keep_texts):
            results.write_test_set(one.test_set)
    failures = translate(found, request, results, watcher) + _partial(found, request)
    signatures, broken = score(found, request, watcher)
    failures += broken
    build = partial(
        board,
        results,
        preferred=signatures,
        primaries=dict.fromkeys(found.by_test_set(), _primary(found, request)),
        missing=found.missing,
        cache=space.cache,
    )
    scored = unchanged.stored(with_board=False) if unchanged is not None else None
    boards = write_leaderboard(results, build)
    outdated = _outdated(found)
    if outdated:
        # Ranks are of the rows that are shown.
        boards = build(without=outdated)
        for (name, _), line in outdated.items():
            if line:
                watcher.say(f"{name}: {line}")
                found.skipped.setdefault(name, []).append(line)
    shown = _of_this_call(boards, found, partial=request.allow_partial)
    for table in shown.tables:
        for sentence in words.score_notes(shown, table):
            heard.say(f"{table.corpus}/{table.pair}: {sentence}")
    if failures:
        raise Unfinished(shown, failures) from failures[0]
    left_out = found.skipped or found.left_out or found.missing or outdated
    if unchanged is not None and not left_out and scored == unchanged.stored(with_board=False):
        unchanged.keep(shown, tuple(heard.lines))
    return shown, found


def _primary(found: Plan, request: Request) -> str:
    """The metric that ranks where one is asked for by name; empty where the default does.

    One that does not measure quality, such as ``health``, gives way to the next one named.
    """
    fit = {metric.info.name for metric in found.metrics if metric.info.quality}
    named = [name for name in (request.primary, *request.metrics) if name in fit]
    return str(named[0]) if request.primary is not None and named else ""


def _outdated(found: Plan) -> dict[tuple[str, str], str]:
    """Test set and folder of stored runs that are not what this call asked for, with a sentence.

    They stay in the results folder; in the table of this call they would pass for its outcome.
    """
    outdated = dict.fromkeys(found.left_out, "")
    for task in found.tasks:
        stored = task.folder.read_run() if task.output is None else None
        if stored is not None and stored.run_digest != task.run_digest:
            outdated[task.test_set.name, task.folder.system] = (
                f"{task.card.name} failed now; its stored scores are of an earlier card, seed, "
                "system or source and are left out"
            )
    return outdated


def _of_this_call(boards: Leaderboard, found: Plan, *, partial: bool) -> Leaderboard:
    """The tables of this call's test sets, with partial scores only where they are asked for."""
    names = set(found.by_test_set())
    tables = []
    for table in boards.tables:
        name = f"{table.corpus}/{table.pair}"
        if name in names:
            excluded = (*table.excluded, *found.skipped.get(name, ()))
            rows = table.rows if partial else tuple(map(_without_partial, table.rows))
            tables.append(table.model_copy(update={"excluded": excluded, "rows": rows}))
    return boards.model_copy(update={"tables": tuple(tables)})


def _without_partial(row: Row) -> Row:
    cells = {m: _hidden(row, cell) if cell.partial else cell for m, cell in row.cells.items()}
    return row.model_copy(update={"cells": cells})


def _hidden(row: Row, cell: Cell) -> Cell:
    missing = [f"{row.failures} segments have no translation"] if row.failures else []
    missing += [f"{cell.unjudged} segments have no score"] if cell.unjudged else []
    return Cell(reason=f"{', '.join(missing)}; --allow-partial shows the score")
