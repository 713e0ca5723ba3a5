"""Tasks → outputs: what is stored and fresh is used, the rest is translated."""

from __future__ import annotations

import platform
import time
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from functools import partial
from itertools import islice
from typing import NamedTuple

from mtbench import __version__
from mtbench.errors import BackendError, DataError, MtbenchError, SegmentError, Unavailable
from mtbench.files.digests import digest_json
from mtbench.interruptions import unmasked
from mtbench.pipeline.health import HealthCheck
from mtbench.pipeline.realigning import Laid, lay_on_segments, sentences
from mtbench.pipeline.test_sets import label_segments
from mtbench.pipeline.work import Plan, Request, Task, Watcher
from mtbench.plugins import Backend
from mtbench.results import Results
from mtbench.stages import items
from mtbench.stages import translation as translating
from mtbench.stages.finished import FinishedSegments
from mtbench.stages.travel import placed
from mtbench.text import identify
from mtbench.types import (
    Finished,
    Hypothesis,
    HypothesisWriter,
    Json,
    Origin,
    OutputHealth,
    Realignment,
    RunRecord,
    Runtime,
    Spent,
    SystemOutput,
    TestSet,
    TestSetFacts,
    Translation,
    output_digest,
    texts_of,
)

_STEPS = 4096  # segments between two words on how far reading is


def translate(
    found: Plan, request: Request, results: Results, watcher: Watcher
) -> list[MtbenchError]:
    """Translates what is missing; fills each task's output.

    Returns:
        What failed; the other tasks were finished.
    """
    failures: list[MtbenchError] = []
    health = HealthCheck(request.runtime.engine)
    for tasks in found.by_test_set().values():
        _keep_labels(results, tasks[0].test_set)
    for task in found.tasks:
        waiting = partial(watcher.say, f"another process is at {task.folder.path}; waiting for it")
        with task.folder.locked(waiting):
            try:
                stored = stored_output(task)
                task.output = (
                    _brought_up_to_date(task, stored, health, watcher)
                    if stored is not None
                    else _translated(task, request, watcher, health)
                )
            except (BackendError, Unavailable) as error:
                said = f"{task.card.name} on {task.test_set.name}: {error}"
                task.output = _stored_partial(task) if request.allow_partial else None
                if task.output is None:
                    failures.append(error)
                    watcher.say(said)
                else:
                    watcher.say(f"{said}; its stored output, which is partial, is used")
    for (name, note), systems in health.heard.items():
        watcher.say(f"{', '.join(systems)} on {name}: {note}")
    if (why := identify.unavailable()) is not None:
        watcher.say(f"off_target is empty: {why}")
    return failures


def _keep_labels(results: Results, test_set: TestSet) -> None:
    labels = label_segments(test_set)
    if results.read_labels(test_set.corpus, test_set.pair) != labels:
        results.write_labels(test_set.corpus, test_set.pair, labels)


def stored_output(task: Task) -> SystemOutput | None:
    """The stored output of the very run that a task asks for, if it is whole; writes nothing.

    Raises:
        DataError: If a stored file does not hold.
    """
    run = task.folder.read_run()
    if run is None or run.run_digest != task.run_digest or run.status != "complete":
        return None
    return task.folder.read_output()


def _brought_up_to_date(
    task: Task, output: SystemOutput, health: HealthCheck, watcher: Watcher
) -> SystemOutput:
    """A stored output whose record names the card, test set and counts of today."""
    seen = _looked_at(task, output.hypotheses, health, watcher)
    current = output.run.model_copy(
        update={
            "corpus_folder": task.place,
            "card": task.card,
            "system": task.card.name,
            "testset_digest": task.test_set.digest(),
            "test_set": facts(task.test_set),
            "health": seen.counts,
            "health_signature": seen.signature,
            "health_notes": seen.notes,
        }
    )
    if current != output.run:
        task.folder.write_run(current)
    return SystemOutput(run=current, hypotheses=output.hypotheses)


def _stored_partial(task: Task) -> SystemOutput | None:
    """The stored output of the very run that a task asks for, with failures in it."""
    output = task.folder.read_output()
    return output if output is not None and output.run.run_digest == task.run_digest else None


def _looked_at(
    task: Task, hypotheses: Sequence[Hypothesis], health: HealthCheck, watcher: Watcher
) -> OutputHealth:
    """The health of a complete output, which is kept beside it."""
    try:
        stored = task.folder.read_health()
    except DataError:
        stored = None  # it is made again from what it was made from
    watcher.start(f"{task.card.name} {task.test_set.pair}: output health", len(hypotheses))
    try:
        found = health.of(task.test_set, hypotheses, stored, watcher.advance)
    finally:
        watcher.stop()
    if found is not stored:
        task.folder.write_health(found)
        for note in found.notes:
            health.heard.setdefault((task.test_set.name, note), []).append(task.card.name)
    return found


class _Made(NamedTuple):
    """What a back end has made of a test set.

    Attributes:
        hypotheses: One per segment, in order.
        kept: Segment id → what is kept beside it.
        provenance: What took part.
        spent: What it took.
        realigned: What came of it where whole documents were translated.
    """

    hypotheses: Sequence[Hypothesis]
    kept: Mapping[str, Mapping[str, Json]]
    provenance: dict[str, Json]
    spent: Spent
    realigned: Realignment | None = None


def _translated(
    task: Task, request: Request, watcher: Watcher, health: HealthCheck
) -> SystemOutput:
    backend = task.backend
    if backend is None:
        raise BackendError(f"{task.card.name} cannot run here and its stored output has changed")
    started = _now()
    if not task.held:
        backend.sources(task.test_set.sources)
    try:
        with unmasked(), placed(task.card.backend, backend) as at_work:
            answers = at_work.ready(task.test_set.sources)
            made = (
                _taken_over(task, at_work, answers, watcher)
                if answers is not None
                else _asked_for(task, backend, at_work, request.runtime, watcher)
            )
    except MtbenchError:
        raise
    except Exception as error:
        # A back end is foreign code, or stands on such: whatever it raises is its own failure.
        raise BackendError(
            f"{task.card.name} failed: {type(error).__name__}: {error}",
            hint="what was finished is kept; -v shows where it failed",
        ) from error
    seen = _looked_at(task, made.hypotheses, health, watcher)
    laid = made.realigned
    run = _record(task, backend, request.runtime, made.hypotheses, seen).model_copy(
        update={
            "provenance": made.provenance,
            "provenance_digest": digest_json(made.provenance),
            "started": started,
            "finished": _now(),
            "seconds": round(made.spent.seconds, 3),
            "usage": dict(made.spent.usage),
            "realigned": laid,
            "notes": (*backend.notes(), *sentences(laid)),
        }
    )
    _set_aside(task, watcher)
    task.folder.write_output(run, made.hypotheses, made.kept)
    output = SystemOutput(run=run, hypotheses=made.hypotheses)
    _say_failures(output, watcher)
    return output


def _set_aside(task: Task, watcher: Watcher) -> None:
    """Keeps the answers of the output that is about to give way, where somebody was asked for them.

    They become a translation under way of the run that they are of: asked for again, it finds them.
    """
    stored = task.folder.read_run()
    if stored is None or not stored.usage or stored.run_digest in (task.run_digest, task.answered):
        return
    try:
        output = task.folder.read_output()
        kept = task.folder.read_kept()
    except DataError as error:
        watcher.say(f"the answers of before are not set aside: {error}")
        return
    if output is None or any(batch for batch, _ in task.folder.read_part(stored.run_digest)):
        return
    answers = _translated_ones(Finished(h, kept.get(h.id, {})) for h in output.hypotheses)
    while some := list(islice(answers, _STEPS)):
        task.folder.append_part(stored.run_digest, some, Spent(stored.seconds, stored.usage))
    name = task.folder.part_path(stored.run_digest).name
    watcher.say(
        f"{task.card.name} on {task.test_set.name}: replaces an output of other options or "
        f"sources; its answers are kept in {name} and used when asked for in the same way again"
    )


def _taken_over(
    task: Task,
    backend: Backend,
    answers: Sequence[str | Translation | SegmentError],
    watcher: Watcher,
) -> _Made:
    """What lies there already, one answer after the other."""
    provenance, clock = backend.provenance(), time.perf_counter()
    ids, writer = task.test_set.ids, HypothesisWriter()
    kept: dict[str, Mapping[str, Json]] = {}
    watcher.start(f"{task.card.name} {task.test_set.pair}", len(ids))
    try:
        for at, (name, answer) in enumerate(zip(ids, answers, strict=True), start=1):
            one = translating.checked(answer, name)
            if isinstance(one, SegmentError):
                writer.add(name, None, items.reason(one))
            else:
                writer.add(name, one.text)
                if one.kept:
                    kept[name] = one.kept
            if at % _STEPS == 0:
                watcher.advance(_STEPS)
        watcher.advance(len(ids) % _STEPS)
    finally:
        watcher.stop()
    hypotheses, _ = writer.output()
    provenance |= backend.summary(list(kept.values()))
    return _Made(hypotheses, kept, provenance, Spent(time.perf_counter() - clock))


def _asked_for(
    task: Task, backend: Backend, at_work: Backend, runtime: Runtime, watcher: Watcher
) -> _Made:
    """What is finished already, and what is asked for now, batch by batch."""
    done, before, batches = _begun(task, backend, runtime, watcher)
    watcher.start(f"{task.card.name} {task.test_set.pair}", sum(b.size for b in batches))
    try:
        provenance = at_work.provenance()
        at_work.goes_on(done.kept)
        if type(at_work).plan is not Backend.plan:  # or the batches would be made for nobody
            at_work.plan(batches.sources())
        clock = time.perf_counter()

        def spent() -> Spent:
            seconds = before.seconds + time.perf_counter() - clock
            return Spent(seconds, _sums(before.usage, at_work.usage()))

        def keep(batch: Sequence[Finished]) -> None:
            new = [finished for finished in batch if _is_news(finished, done, backend)]
            task.folder.append_part(task.run_digest, new, spent())
            done.add(new)
            watcher.advance(len(batch))

        translating.translate(batches, at_work, keep)
        total = spent()
        provenance |= backend.summary(done.kept)
    finally:
        watcher.stop()
    laid = _laid(task.test_set, done, backend)
    return _Made(laid.hypotheses, laid.kept, provenance, total, laid.record)


def _laid(test_set: TestSet, done: FinishedSegments, backend: Backend) -> Laid:
    """A hypothesis for each segment, of whole documents where the back end answers with such."""
    if backend.realigns:
        return lay_on_segments(test_set, done, backend.realigns)
    writer = HypothesisWriter()
    for name in test_set.ids:
        one = done[name].hypothesis
        writer.add(name, one.text, one.failure)
    return Laid(writer.output()[0], done.beside, None)


def _say_failures(output: SystemOutput, watcher: Watcher) -> None:
    """One line on the segments without a translation, with the commonest reason."""
    run, reasons = output.run, Counter(str(one.failure) for one in output.failed)
    if not reasons:
        return
    (reason, times), *others = reasons.most_common(2)
    watcher.say(
        f"{run.system} on {run.corpus}/{run.pair}: {run.failures} of {run.segments} segments have "
        f"no translation (see output.jsonl){f'; {times}' if others else ''}: {reason}"
    )


def _begun(
    task: Task, backend: Backend, runtime: Runtime, watcher: Watcher
) -> tuple[FinishedSegments, Spent, translating.Batches]:
    """What is finished already, what it took, and the batches that are still to do."""
    sources = task.test_set.sources
    done, before = already_done(task)
    if done and not any(batch for batch, _ in task.folder.read_part(task.run_digest)):
        # From here on the part file alone says what is done, however this run ends.
        rest = iter(done.values())
        while some := list(islice(rest, _STEPS)):
            task.folder.append_part(task.run_digest, some, before)
    batches = translating.plan(sources, backend, runtime, done)
    if backend.restarts and task.folder.begin_part(task.run_digest) and not done:
        watcher.say(
            f"{task.card.name} on {task.test_set.name}: the interrupted run starts again; "
            f"{backend.restarts}"
        )
    return done, before, batches


def _record(
    task: Task,
    backend: Backend,
    runtime: Runtime,
    hypotheses: Sequence[Hypothesis],
    seen: OutputHealth,
) -> RunRecord:
    """The record of a finished run, without what it took and who took part."""
    sources = task.test_set.sources
    failed = sum(text is None for text in texts_of(hypotheses))
    return RunRecord(
        corpus=task.test_set.corpus,
        corpus_folder=task.place,
        pair=task.test_set.pair,
        card=task.card,
        system=task.card.name,
        run_digest=task.run_digest,
        identity=dict(task.identity),
        testset_digest=task.test_set.digest(),
        test_set=facts(task.test_set),
        sources_digest=task.test_set.sources_digest(),
        output_digest=output_digest(hypotheses),
        segments=len(hypotheses),
        failures=failed,
        status="partial" if failed else "complete",
        unit=backend.unit,
        batching=translating.batching(backend, runtime, sources),
        notes=backend.notes(),
        versions={"mtbench": __version__, "python": platform.python_version()},
        device=runtime.device,
        seed=runtime.seed,
        translated=translating.asked_once(sources, backend, runtime),
        health=seen.counts,
        health_signature=seen.signature,
        health_notes=seen.notes,
    )


def _is_news(finished: Finished, done: Container[str], backend: Backend) -> bool:
    """Whether it is to be kept: what is finished is not lost to a failure of another try.

    Where an answer belongs to its segment alone, it is not replaced either; of a document that is
    translated as one, all answers are of the same call.
    """
    if finished.hypothesis.id not in done:
        return True
    return finished.hypothesis.failure is None and not backend.by_id


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _sums(before: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    names = [*before, *(name for name in now if name not in before)]
    # Costs are kept to a millionth: what adding makes of the digits behind it means nothing.
    return {name: round(before.get(name, 0) + now.get(name, 0), 6) for name in names}


def already_done(task: Task) -> tuple[FinishedSegments, Spent]:
    """Finished segments of an interrupted or partial run of the very same kind; writes nothing.

    Returns:
        Segment id → what was finished, and what all of it had taken.
    """
    done, spent, begun = FinishedSegments(), Spent(), False
    for batch, taken in task.folder.read_part(task.run_digest):
        begun, spent = begun or bool(batch), taken
        done.add(_translated_ones(batch))
    if begun:
        return done, spent
    stored = task.folder.read_run()
    output = task.folder.read_output() if stored else None
    same = (task.run_digest, task.answered or task.run_digest)
    if stored is None or output is None or stored.run_digest not in same:
        return done, spent
    kept = task.folder.read_kept()
    done.add(_translated_ones(Finished(h, kept.get(h.id, {})) for h in output.hypotheses))
    return done, Spent(stored.seconds, stored.usage)


def _translated_ones(finished: Iterable[Finished]) -> Iterator[Finished]:
    return (one for one in finished if one.hypothesis.failure is None)


def _one(origins: Sequence[Origin | None]) -> Origin | None:
    found = set(origins)
    return found.pop() if len(found) == 1 else None


def facts(test_set: TestSet) -> TestSetFacts:
    """What a reader must know of a test set to read a number on it."""
    card = test_set.card
    origins = Counter(origin or "unknown" for origin in test_set.origins)
    made_of = [*(card.reference_of if card else ())]
    for extra in test_set.extras.values():
        made_of += extra.get("reference_of", ())
    return TestSetFacts(
        segments=len(test_set),
        documents=len({d for d in test_set.documents if d is not None}),
        reversed=test_set.reversed,
        source_origin=card.origin.get(test_set.pair.source) if card else None,
        reference_origin=_one(test_set.origins),
        reference_origins=dict(sorted(origins.items())) if len(origins) > 1 else {},
        reference_of=tuple(dict.fromkeys(made_of)),
        original_languages=tuple(sorted({o for o in test_set.original_languages if o})),
        date=card.date if card else None,
        references=test_set.reference_count,
        taken_off=test_set.taken_off,
    )
