"""Everything that can be known before work starts is checked here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mtbench.checkpoints.hub import LeftOnHub
from mtbench.engine import work as engine
from mtbench.errors import MtbenchError, RequestError, Unavailable
from mtbench.languages import LanguagePair
from mtbench.pipeline.realigning import check_realignable, laid_by
from mtbench.pipeline.resolve import ResolvedSet, ResolvedSystem, run_digest
from mtbench.pipeline.work import Plan, Request, Task, Watcher
from mtbench.plugins import (
    DEFAULT_METRICS,
    METRICS,
    Backend,
    Metric,
    make_metric,
    parse_options,
)
from mtbench.results import Results, RunFolder
from mtbench.stages import scoring
from mtbench.stages import translation as translating
from mtbench.types import Json, RunRecord, Runtime, TestSet


def plan(
    systems: Sequence[ResolvedSystem],
    sets: Sequence[ResolvedSet],
    request: Request,
    results: Results,
    watcher: Watcher,
    *,
    with_metrics: bool = True,
    own: Mapping[str, Metric] | None = None,
) -> Plan:
    """Checks everything that can be known before work starts.

    Args:
        systems: From ``resolve_systems``.
        sets: From ``resolve_sets``, or made from plain files.
        request: What is asked for.
        results: Where results are and go.
        watcher: Told what is left out.
        with_metrics: Whether scores will be wanted.
        own: Metrics that were handed over, by the names that the request has for them.

    Raises:
        MtbenchError: Of whatever kind, with nothing done yet.
    """
    for one in sets:
        _check_same_corpus(one, results)
        for line in one.test_set.taken_off:
            watcher.say(f"{one.name}: {line}")
    served = [(system, one) for one in sets for system in systems if system.serves(_pair(one))]
    _check_served(systems, served, sets)
    found = Plan([])
    for system, one in served:
        try:
            found.tasks.append(_task(system, one, results, request, watcher))
        except Unavailable as error:
            if not request.skip_missing:
                raise
            line = f"{system.name} cannot run here and is left out: {error.message}"
            watcher.say(f"{one.name}: {line}")
            found.skipped.setdefault(one.name, []).append(line)
            found.left_out.add((one.name, system.folder))
    if not found.tasks:
        raise Unavailable("none of the systems can run here", hint="see mtbench doctor")
    if with_metrics:
        _plan_metrics(found, request, watcher, own or {})
    if not request.runtime.look_only:
        results.check_writable()
        engine.check(request.runtime.engine)
    cardless = dict.fromkeys(
        one.test_set.corpus for one in sets if one.place and one.test_set.card is None
    )
    if cardless:
        watcher.say(_no_card(list(cardless)))
    return found


def _pair(one: ResolvedSet) -> LanguagePair:
    return one.test_set.pair


def _check_same_corpus(one: ResolvedSet, results: Results) -> None:
    """Refuses a second corpus of a name that another one has in a results folder.

    A corpus that was changed, moved or copied as it stands is no second one.

    Raises:
        RequestError: If there are two.
    """
    if not one.place:
        return
    test_set, here = one.test_set, Path(one.place).resolve()
    others = {
        run.corpus_folder: run.testset_digest
        for run in results.stored_runs(test_set.corpus, test_set.pair)
        if run.corpus_folder and Path(run.corpus_folder).resolve() != here
    }
    for other, digest in others.items():
        if Path(other).is_dir() and digest != test_set.digest():
            raise RequestError(
                f"two corpora named {here.name!r}: {results.root} has results on {other}, "
                f"and {one.place} is another one",
                hint="rename one, or give it another folder with --results",
            )


def _no_card(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"corpus {names[0]} has no card.toml: licence, origins and checksums are not known"
    return f"no card.toml, so no licence, origins and checksums: corpora {', '.join(names)}"


def _check_served(
    systems: Sequence[ResolvedSystem],
    served: Sequence[tuple[ResolvedSystem, ResolvedSet]],
    sets: Sequence[ResolvedSet],
) -> None:
    for system in systems:
        mine = [one for other, one in served if other is system]
        if not mine:
            pairs = list(dict.fromkeys(map(_pair, sets)))
            named = list(filter(system.card.serves, pairs))
            for pair in named:
                # The card names it: a back end that can say why it does not serve it does so.
                system.backend(pair, Runtime())
            raise RequestError(
                f"{system.name} serves none of the pairs asked for ({', '.join(map(str, pairs))})",
                hint="what it names translates in another direction"
                if named
                else f"it serves {', '.join(system.card.pairs)}",
            )
        if system.kind.one_test_set(system.options) and len(mine) > 1:
            names = ", ".join(one.name for one in mine[:4])
            raise RequestError(
                f"{system.name} is the output for one test set; {len(mine)} are asked for: {names}",
                hint="name one with --corpus and --pair",
            )


def _task(
    system: ResolvedSystem,
    one: ResolvedSet,
    results: Results,
    request: Request,
    watcher: Watcher,
) -> Task:
    test_set = one.test_set
    _check_limit(system, one)
    folder = results.run(test_set.corpus, test_set.pair, system.folder)
    backend = system.backend(test_set.pair, request.runtime)
    _check_realigned_before(system, one, folder, backend)
    try:
        backend.check()
    except Unavailable as error:
        stored = folder.read_run()
        left = error.fetches if isinstance(error, LeftOnHub) else ()
        unchecked = Task(system.card, test_set, folder, backend, "", one.place, fetches=left)
        if stored is None:
            if left:
                return unchecked
            raise
        if not _is_asked_for(stored, system, backend, one, request):
            if left:
                return unchecked
            watcher.say(
                f"the stored output of {system.name} for {one.name} is not used: "
                "it is partial, or of other options, prompts, seed or sources"
            )
            raise
        watcher.say(
            f"{system.name} cannot run here ({error.message}); "
            f"its stored output for {one.name} is used"
        )
        return Task(system.card, test_set, folder, None, stored.run_digest, one.place)
    held = not _held_before(system, one, folder, backend, request)
    if held:
        backend.sources(one.sources)
    if backend.realigns:
        check_realignable(test_set)
    elif request.realign:
        watcher.say(f"{system.name} answers by segment: --realign changes nothing for it")
    identity = backend.identity()
    digest = _digest(system, backend, test_set, request, identity)
    task = Task(system.card, test_set, folder, backend, digest, one.place, identity, held=held)
    if backend.realigns and (stored := folder.read_run()) is not None and stored.realigned:
        # Other references or another version lay the same answers anew: nobody is asked again.
        went_by = (stored.realigned.version, stored.realigned.references_digest)
        if _digest(system, backend, test_set, request, identity, went_by) == stored.run_digest:
            task.answered = stored.run_digest
    return task


def _check_realigned_before(
    system: ResolvedSystem, one: ResolvedSet, folder: RunFolder, backend: Backend
) -> None:
    """Refuses to ask for all documents anew where ``--realign`` was forgotten.

    Raises:
        RequestError: If the stored output is of the same options, and of whole documents.
    """
    if backend.realigns or (stored := folder.read_run()) is None or stored.realigned is None:
        return
    if stored.card.backend == system.card.backend and _same_options(stored, system):
        raise RequestError(
            f"{system.name} on {one.name}: the stored answers were asked for with --realign; "
            "without it all documents would be asked for again, and the answers replaced",
            hint="add --realign, or keep both with another folder for --results",
        )


def _check_limit(system: ResolvedSystem, one: ResolvedSet) -> None:
    """Refuses a limit within a document whose whole output alone is there.

    Raises:
        RequestError: Naming the limits that end with a document.
    """
    kind, count = system.kind, len(one.test_set)
    whole = kind.unit == "document" and kind.one_test_set(system.options)
    if not whole or count == len(one.sources):
        return
    cut = one.sources[count].document
    if cut is None or cut != one.sources[count - 1].document:
        return
    places = [at for at, source in enumerate(one.sources) if source.document == cut]
    ends = " or ".join(str(end) for end in (places[0], places[-1] + 1) if end)
    raise RequestError(
        f"--limit {count} ends within document {cut!r}, of which only the whole output is there",
        hint=f"--limit {ends} ends with a document",
    )


def _held_before(
    system: ResolvedSystem,
    one: ResolvedSet,
    folder: RunFolder,
    backend: Backend,
    request: Request,
) -> bool:
    """Whether a file of answers was held against these very sources before: its run is stored."""
    stored, test_set = folder.read_run(), one.test_set
    if stored is None or stored.status != "complete" or len(one.sources) != len(test_set):
        return False
    if backend.realigns or backend.files() is None:
        return False
    return stored.run_digest == _digest(system, backend, test_set, request, backend.identity())


def _digest(
    system: ResolvedSystem,
    backend: Backend,
    test_set: TestSet,
    request: Request,
    identity: Mapping[str, Json],
    went_by: tuple[str, str] | None = None,
) -> str:
    batching = translating.batching(backend, request.runtime, test_set.sources)
    laid = (went_by or laid_by(test_set)) if backend.realigns else None
    return run_digest(system, test_set, identity, batching, laid=laid)


def _is_asked_for(
    stored: RunRecord,
    system: ResolvedSystem,
    backend: Backend,
    one: ResolvedSet,
    request: Request,
) -> bool:
    """Whether a stored run is the one asked for, though its system cannot run here."""
    if stored.status != "complete":
        return False
    digest = _digest_if_known(system, backend, one, request)
    if digest is not None:
        return digest == stored.run_digest
    sources = one.test_set.sources
    return (
        stored.card.backend == system.card.backend
        and _same_options(stored, system)
        and stored.sources_digest == one.test_set.sources_digest()
        and stored.batching == translating.batching(backend, request.runtime, sources)
        and (backend.deterministic or stored.seed == request.runtime.seed)
    )


def _digest_if_known(
    system: ResolvedSystem, backend: Backend, one: ResolvedSet, request: Request
) -> str | None:
    """The digest of a run whose system cannot run, where what it depends on is here all the same.

    Raises:
        MtbenchError: If the system could not have run on this test set anyway.
    """
    try:
        backend.sources(one.sources)
        return _digest(system, backend, one.test_set, request, backend.identity())
    except Unavailable:
        return None
    except MtbenchError:
        raise
    except Exception:  # noqa: BLE001 - a back end that cannot run may fail at this in any way
        return None


def _same_options(stored: RunRecord, system: ResolvedSystem) -> bool:
    try:
        options = parse_options(system.kind.Options, stored.card.options, "stored options")
    except RequestError:
        return False
    return options.model_dump(mode="json") == system.options.model_dump(mode="json")


def _plan_metrics(
    found: Plan, request: Request, watcher: Watcher, own: Mapping[str, Metric]
) -> None:
    names = request.metrics or DEFAULT_METRICS
    _check_options(request)
    for name in dict.fromkeys(names):
        if name in own:
            _add_made(found, name, own[name])
            continue
        named = "model" in request.metric_options.get(name, {})
        by_default = not request.metrics and not named and request.primary != name
        try:
            _add_metric(found, name, request)
        except LeftOnHub as error:
            found.unseen[name] = error.fetches
        except Unavailable as error:
            stand_in = METRICS.get(request.metric_kinds.get(name, name)).stand_in
            if not by_default or stand_in is None:
                raise
            found.missing[name] = str(error)
            watcher.say(f"{name} is left out: {error}")
            _add_stand_in(found, stand_in, request, watcher)


def _check_options(request: Request) -> None:
    """Refuses options of a metric that is not computed: they would be lost without a word."""
    names = request.metrics or DEFAULT_METRICS
    stand_ins = () if request.metrics else [METRICS.get(name).stand_in for name in names]
    for name in request.metric_options:
        if name not in names and name not in stand_ins:
            METRICS.get(request.metric_kinds.get(name, name))
            raise RequestError(
                f"options of {name}: not among the metrics of this call",
                hint=f"ask for {name}, too, or leave its options out",
            )


def _add_stand_in(found: Plan, name: str, request: Request, watcher: Watcher) -> None:
    """A metric beside an empty column of another, under its own name, where it can be had."""
    try:
        _add_metric(found, name, request)
    except (Unavailable, RequestError) as error:
        watcher.say(f"{name} is left out too: {error}")
        found.missing[name] = str(error)


def _add_metric(found: Plan, name: str, request: Request) -> None:
    kind = request.metric_kinds.get(name, name)
    METRICS.get(kind)
    _add_made(
        found,
        name,
        make_metric(kind, request.metric_options.get(name, {}), request.runtime),
    )


def _add_made(found: Plan, name: str, metric: Metric) -> None:
    metric.check()
    views = {}
    for tasks in found.by_test_set().values():
        scoring_view = scoring.view(tasks[0].test_set, metric.info)
        metric.check(scoring_view)
        views[(name, tasks[0].test_set.name)] = scoring_view
    found.metrics.append(metric)
    found.views.update(views)
