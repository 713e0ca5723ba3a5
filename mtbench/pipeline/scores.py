"""Outputs → scores: what is stored and fresh is used, the rest is scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

from mtbench.errors import MetricError, MtbenchError, PartialScore, Unavailable
from mtbench.interruptions import unmasked
from mtbench.pipeline.stored import StoredScore, interval_of, recomputed
from mtbench.pipeline.work import Plan, Request, Task, Watcher
from mtbench.plugins import Metric
from mtbench.results import ScoringPart
from mtbench.significance import choose_unit
from mtbench.stages import scoring
from mtbench.types import (
    MetricResult,
    RunRecord,
    Score,
    ScoredBlock,
    ScoringView,
    Signature,
    TestSet,
)


def score(
    found: Plan, request: Request, watcher: Watcher
) -> tuple[dict[tuple[str, str], str], list[MtbenchError]]:
    """Scores what is missing.

    Returns:
        Test set and metric → the signature in use, for the leaderboard; and what failed, the
        other metrics having been finished.
    """
    signatures: dict[tuple[str, str], str] = {}
    failures: list[MtbenchError] = []
    for metric in found.metrics:
        todo = []
        for name, tasks in found.by_test_set().items():
            scoring_view = found.views[(metric.info.name, name)]
            signed = {
                task.folder.system: _signed(task, metric, scoring_view, request) for task in tasks
            }
            for task in tasks:
                signature = signed[task.folder.system]
                if signature is not None and task.output is not None:
                    whole = not task.output.run.failures
                    if whole or (name, metric.info.name) not in signatures:
                        signatures[name, metric.info.name] = str(signature)
            stale = {}
            for task in tasks:
                signature = signed[task.folder.system]
                if signature is None or task.output is None:
                    continue
                fresh = _fresh(task, metric, signature)
                if fresh is None:
                    stale[task.folder.system] = task
                else:
                    _bring_up_to_date(task, metric, fresh, request)
            if stale:
                todo.append((tasks[0].test_set, scoring_view, stale, signed))
        if todo:
            try:
                incomplete = _score_all(metric, todo, request, watcher)
                failures += [] if request.allow_partial else incomplete
            except (MetricError, Unavailable) as error:
                failures.append(error)
                watcher.say(str(error))
    return signatures, failures


def needs_scoring(found: Plan, task: Task, metric: Metric, request: Request) -> bool:
    """Whether a task's output has no stored score of that kind."""
    scoring_view = found.views[(metric.info.name, task.test_set.name)]
    signature = _signed(task, metric, scoring_view, request)
    return signature is not None and _fresh(task, metric, signature) is None


def judged_ids(found: Plan, task: Task, metric: Metric, request: Request) -> frozenset[str]:
    """The segments of a task's output that an unfinished or partial score holds."""
    scoring_view = found.views[(metric.info.name, task.test_set.name)]
    signature = _signed(task, metric, scoring_view, request)
    if task.output is None or signature is None:
        return frozenset()
    key = task.folder.system
    parts = _parts(metric, task.test_set, {key: task}, {key: signature})
    blocks = _finished_blocks(metric, task, signature, task.test_set.references_digest())
    return frozenset(
        name
        for block in (*blocks, *parts[key].read())
        for name in block.ids
        if name not in block.unjudged
    )


def _finished_blocks(
    metric: Metric, task: Task, signature: Signature, references: str
) -> list[ScoredBlock]:
    """What a stored score over some of the segments holds of a task's output."""
    earlier = task.folder.partial_score(metric.info.name, signature)
    if earlier is None or task.output is None:
        return []
    mine = belongs(earlier.score, task.output.run, references)
    return [scoring.block_of(earlier)] if mine else []


def _signed(
    task: Task, metric: Metric, scoring_view: ScoringView, request: Request
) -> Signature | None:
    if task.output is None:
        return None
    failures = bool(task.output.run.failures)
    if failures and not request.allow_partial:
        return None
    return scoring.signature(metric, scoring_view, task.test_set, task.output.run)


def _fresh(task: Task, metric: Metric, signature: Signature) -> StoredScore | None:
    """The stored score of a task's output, if it holds and was made from this very output."""
    path = task.folder.score_path(metric.info.name, str(signature))
    if task.output is None or not path.is_file():
        return None
    stored = recomputed(task.folder.read_result(path))
    references = task.test_set.references_digest()
    holds = belongs(stored.written, task.output.run, references) and not stored.differences
    return stored if holds else None


def belongs(score: Score, run: RunRecord, references: str | None = None) -> bool:
    """Whether a stored score was made from this output (and these references)."""
    return (
        score.output_digest == run.output_digest
        and score.sources_digest == run.sources_digest
        and references in (None, score.references_digest)
    )


Todo = tuple[TestSet, ScoringView, dict[str, Task], Mapping[str, Signature | None]]


def _score_all(
    metric: Metric, todo: Sequence[Todo], request: Request, watcher: Watcher
) -> list[MtbenchError]:
    """Scores all outputs; each block is kept as it is finished, each test set's scores at its end.

    Returns:
        A ``PartialScore`` for each system of which some segments have no score.
    """
    name = metric.info.name
    total = sum(len(test_set) * len(stale) for test_set, _, stale, _ in todo)
    incomplete: list[MtbenchError] = []
    watcher.start(name, total)
    try:
        with unmasked(), ExitStack() as stack:
            if scoring.blocks_elsewhere(metric) is None:
                stack.enter_context(metric)
            for test_set, scoring_view, stale, signed in todo:
                parts = _parts(metric, test_set, stale, signed)
                results = _score_test_set(
                    metric, test_set, scoring_view, stale, signed, parts, watcher
                )
                for key, result in results:
                    stale[key].folder.write_score(_with_interval(result, metric, test_set, request))
                    parts[key].remove()
                    for line in metric.warnings(result.score.notes):
                        watcher.say(f"{test_set.name} {stale[key].card.name}: {line}")
                    if result.score.unjudged:
                        incomplete.append(_partial_score(test_set, stale[key], result.score))
                        watcher.say(str(incomplete[-1]))
                    del result  # or it would stand beside the next one while that is made
    except MtbenchError:
        raise
    except Exception as error:
        # A metric is foreign code, or stands on such: whatever it raises is its own failure.
        raise MetricError(
            f"the metric {name} failed: {type(error).__name__}: {error}",
            hint="what was finished is kept; -v shows where it failed",
        ) from error
    finally:
        watcher.stop()
    return incomplete


def _parts(
    metric: Metric,
    test_set: TestSet,
    stale: Mapping[str, Task],
    signed: Mapping[str, Signature | None],
) -> dict[str, ScoringPart]:
    """For each system the file of its score under way."""
    found = {}
    for key, task in stale.items():
        signature = signed[key]
        if task.output is not None and signature is not None:
            depends_on = {
                "output_digest": task.output.run.output_digest,
                "sources_digest": task.output.run.sources_digest,
                "references_digest": test_set.references_digest(),
            }
            found[key] = task.folder.scoring_part(metric.info.name, signature, depends_on)
    return found


def _score_test_set(
    metric: Metric,
    test_set: TestSet,
    scoring_view: ScoringView,
    stale: Mapping[str, Task],
    signed: Mapping[str, Signature | None],
    parts: Mapping[str, ScoringPart],
    watcher: Watcher,
) -> Iterator[tuple[str, MetricResult]]:
    outputs = {key: task.output for key, task in stale.items() if task.output and key in parts}
    signatures = {key: found for key in outputs if (found := signed[key]) is not None}
    references = test_set.references_digest()
    done: dict[str, list[ScoredBlock]] = {}
    for key, signature in signatures.items():
        earlier = _finished_blocks(metric, stale[key], signature, references)
        done[key] = [*earlier, *parts[key].read()]
    return scoring.score(
        test_set,
        outputs,
        metric,
        scoring_view,
        signatures,
        watcher.advance,
        done=done,
        keep=lambda key, block: parts[key].append(block),
    )


def _partial_score(test_set: TestSet, task: Task, score: Score) -> PartialScore:
    first, why = next(iter(score.unjudged.items()))
    return PartialScore(
        f"{test_set.name}: {score.metric} gave {len(score.unjudged)} of {score.segments} segments "
        f"of {task.card.name} no score, the first being {first!r}",
        why=why,
        hint="run again to try them again, or show the score of the others with --allow-partial",
    )


def _with_interval(
    result: MetricResult, metric: Metric, test_set: TestSet, request: Request
) -> MetricResult:
    units, kept = choose_unit(test_set.documents), result.score.interval
    interval = interval_of(result.statistics, metric, units, request.runtime.seed, kept)
    return MetricResult(result.score.model_copy(update={"interval": interval}), result.statistics)


def _bring_up_to_date(task: Task, metric: Metric, stored: StoredScore, request: Request) -> None:
    """Has a fresh score say what its metric is today, with an interval of this call's seed."""
    current = _with_interval(stored.result, metric, task.test_set, request)
    if current.score != stored.written:
        task.folder.write_score(current)
