"""Stored results against what made them: corpus → output → scores → leaderboard."""

from __future__ import annotations

from collections.abc import Iterator

from mtbench.config import Workspace
from mtbench.errors import DataError, MtbenchError, RequestError
from mtbench.files.digests import digest_json
from mtbench.pipeline.boards import board_like
from mtbench.pipeline.health import HealthCheck
from mtbench.pipeline.outputs import facts
from mtbench.pipeline.resolve import resolve_system, run_digest
from mtbench.pipeline.score_checks import Verified, check_score
from mtbench.pipeline.test_sets import StoredTestSets, label_segments
from mtbench.report.csv_table import to_csv
from mtbench.results import Results, RunFolder
from mtbench.stages import scoring
from mtbench.types import RunRecord, Runtime, Signature, SystemOutput, TestSet


def verify(space: Workspace) -> Iterator[Verified]:
    """Looks at everything in a results folder.

    Raises:
        RequestError: If there is nothing to look at.
    """
    results = Results(space.results)
    folders = list(results.runs())
    if not folders:
        raise RequestError(f"{space.results}: no results", hint="run mtbench evaluate first")
    corpus = StoredTestSets(space)
    for folder in folders:
        yield from _verify_run(folder, corpus)
    for folder in {(folder.corpus, folder.pair): folder for folder in folders}.values():
        yield from _verify_labels(results, folder, corpus)
    yield _verify_csv(results, scored=any(folder.score_paths() for folder in folders))


def _verify_run(folder: RunFolder, corpus: StoredTestSets) -> Iterator[Verified]:
    where = str(folder.output_path)
    try:
        output = folder.read_output()
    except DataError as error:
        yield Verified(where=where, what="output", holds=False, detail=str(error))
        return
    if output is None:
        return
    yield Verified(where=where, what="output is the one that run.json records", holds=True)
    yield from _verify_given_file(where, output)
    yield _verify_provenance(str(folder.path / "run.json"), output.run)
    test_set = corpus.test_set(folder)
    if isinstance(test_set, str):
        yield Verified(where=where, what="made from the corpus", holds=None, detail=test_set)
    else:
        yield from _verify_origin(folder, output, test_set)
    for path in folder.score_paths():
        try:
            reference = Signature.parse(folder.read_score(path).signature).get("ref")
        except (MtbenchError, ValueError) as error:
            yield Verified(where=str(path), what="score", holds=False, detail=str(error))
            continue
        scored_on = corpus.test_set(folder, reference) if reference else test_set
        yield from check_score(folder, path, output, scored_on)


def _verify_provenance(where: str, run: RunRecord) -> Verified:
    """Versions, weights and parameters that took part, as they were written down then."""
    what = "provenance is as it was recorded"
    if not run.provenance_digest:
        detail = "recorded by an older mtbench, without a digest"
        return Verified(where=where, what=what, holds=None, detail=detail)
    same = digest_json(run.provenance) == run.provenance_digest
    return Verified(where=where, what=what, holds=same)


def _verify_given_file(where: str, output: SystemOutput) -> Iterator[Verified]:
    """The file that an output was read from, where it is one and is still there."""
    run, what = output.run, "is what the file says that it was read from"
    try:
        system = resolve_system(run.card)
        if not system.kind.one_test_set(system.options):
            return
        backend = system.backend(run.pair, Runtime())
        now = backend.provenance()
    except (MtbenchError, OSError) as error:
        yield Verified(where=where, what=what, holds=None, detail=str(error))
        return
    same = now.get("digest") == run.provenance.get("digest")
    detail = "" if same else f"{now.get('path')} has changed since; score it again"
    yield Verified(where=where, what=what, holds=same, detail=detail)


def _verify_run_digest(where: str, run: RunRecord, test_set: TestSet) -> Verified:
    """Card, weights and files that a run names, by the digest that tells it from others."""
    what = "card, weights and files are those of the run"
    try:
        system = resolve_system(run.card)
    except MtbenchError as error:
        return Verified(where=where, what=what, holds=None, detail=str(error))
    laid = (run.realigned.version, test_set.references_digest()) if run.realigned else None
    found = run_digest(system, test_set, run.identity, run.batching, laid=laid)
    same = found == run.run_digest
    detail = "" if same else "run.json names others than its run digest stands for"
    return Verified(where=where, what=what, holds=same, detail=detail)


def _verify_origin(
    folder: RunFolder, output: SystemOutput, test_set: TestSet
) -> Iterator[Verified]:
    where = str(folder.output_path)
    same = test_set.sources_digest() == output.run.sources_digest
    detail = "" if same else "the corpus has changed since; evaluate again"
    yield Verified(where=where, what="made from the corpus's sources", holds=same, detail=detail)
    if not same:
        return
    try:
        scoring.check_output(test_set, output, allow_partial=True)
    except DataError as error:
        yield Verified(where=where, what="ids", holds=False, detail=str(error))
        return
    same = test_set.digest() == output.run.testset_digest
    if output.run.provenance_digest and (same or output.run.realigned is None):
        yield _verify_run_digest(str(folder.path / "run.json"), output.run, test_set)
    failures = len(output.failed)
    told = (output.run.segments, output.run.failures, output.run.status)
    found = (len(output.hypotheses), failures, "partial" if failures else "complete")
    detail = "" if told == found else f"run.json says {told}, the output {found}"
    yield Verified(
        where=where, what="as many segments and failures", holds=told == found, detail=detail
    )
    if same:
        yield _verify_health(folder, output, test_set)
        now = facts(test_set).model_copy(update={"taken_off": output.run.test_set.taken_off})
        same = now == output.run.test_set
        detail = "" if same else "the corpus's card has changed since; evaluate again"
        yield Verified(
            where=where, what="facts of the test set are as recorded", holds=same, detail=detail
        )


def _verify_health(folder: RunFolder, output: SystemOutput, test_set: TestSet) -> Verified:
    """What was found wrong at first sight, looked for again."""
    where, what = str(folder.path / "health.json"), "flags are those that the output gives"
    try:
        stored = folder.read_health()
    except DataError as error:
        return Verified(where=where, what=what, holds=False, detail=str(error))
    found = HealthCheck().of(test_set, output.hypotheses)
    if stored is None or stored.signature != found.signature:
        detail = "other detectors have looked, or none; evaluate again"
        return Verified(where=where, what=what, holds=None, detail=detail)
    return Verified(
        where=where, what=what, holds=stored == found and output.run.health == found.counts
    )


def _verify_labels(
    results: Results, folder: RunFolder, corpus: StoredTestSets
) -> Iterator[Verified]:
    """The labels that units of resampling and slices are made from."""
    where, what = str(folder.path.parent / "test_set.json"), "labels are the corpus's"
    test_set = corpus.test_set(folder)
    try:
        stored = results.read_labels(folder.corpus, folder.pair)
    except DataError as error:
        yield Verified(where=where, what=what, holds=False, detail=str(error))
        return
    if stored is None or isinstance(test_set, str):
        return
    # Of which references it was last seen with, each score says for itself.
    found = label_segments(test_set).model_copy(update={"testset_digest": stored.testset_digest})
    same = stored == found
    detail = "" if same else "evaluate again"
    yield Verified(where=where, what=what, holds=same, detail=detail)


def _verify_csv(results: Results, *, scored: bool) -> Verified:
    where = str(results.leaderboard_path)
    what = "leaderboard is the one that these results give"
    try:
        stored = results.read_leaderboard()
        if stored is None:
            detail = "there is none; run mtbench evaluate again to have it rebuilt"
            return Verified(where=where, what=what, holds=False if scored else None, detail=detail)
        same = stored == to_csv(board_like(results, stored))
    except MtbenchError as error:
        return Verified(where=where, what=what, holds=False, detail=str(error))
    detail = "" if same else "run mtbench evaluate again to have it rebuilt"
    return Verified(where=where, what=what, holds=same, detail=detail)
