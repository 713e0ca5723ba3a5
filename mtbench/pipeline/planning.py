"""Everything that can be known before work starts is checked here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from mtbench.config import (
    Workspace,
    find_corpora,
    find_system,
    folder_name,
    shipped,
    system_options,
)
from mtbench.corpora import load as corpora
from mtbench.errors import MtbenchError, RequestError, Unavailable, UnknownName
from mtbench.files.digests import digest_json
from mtbench.pipeline.work import Plan, Request, Task, Watcher
from mtbench.plugins import (
    BACKENDS,
    DEFAULT_METRICS,
    METRICS,
    Backend,
    make_backend,
    make_metric,
    parse_options,
)
from mtbench.results import Results
from mtbench.stages import scoring
from mtbench.stages import translation as translating
from mtbench.types import Record, RunRecord, Runtime, SystemCard, TestSet


def plan(
    request: Request,
    space: Workspace,
    watcher: Watcher,
    sets: Sequence[tuple[TestSet, TestSet]] | None = None,
    *,
    with_metrics: bool = True,
) -> Plan:
    """Checks everything that can be known before work starts.

    Args:
        request: What is asked for.
        space: Where things are.
        watcher: Told what is left out.
        sets: Test sets, (whole, limited) each, where they are not to be looked up.
        with_metrics: Whether scores will be wanted.

    Raises:
        MtbenchError: Of whatever kind, with nothing done yet.
    """
    cards = systems(request.models, space)
    cardless: list[str] = []
    places: dict[str, str] = {}
    if sets is None:
        places = corpus_places(request.corpora, space)
        sets = test_sets(request, space)
        cardless = list(dict.fromkeys(whole.corpus for whole, _ in sets if whole.card is None))
    results = Results(space.results)
    for whole, test_set in sets:
        _check_same_corpus(test_set, places.get(whole.corpus, ""), results)
    served = [
        (card, whole, test_set)
        for whole, test_set in sets
        for card in cards
        if card.serves(test_set.pair)
        and BACKENDS.get(card.backend).serves(_options(card), test_set.pair)
    ]
    _check_served(cards, served, sets)
    found = Plan([])
    for card, whole, test_set in served:
        try:
            task = _task(card, whole, test_set, results, request, watcher)
            task.corpus_folder = places.get(whole.corpus, "")
            found.tasks.append(task)
        except Unavailable as error:
            if not request.skip_missing:
                raise
            line = f"{card.name} cannot run here and is left out: {error.message}"
            watcher.say(f"{test_set.name}: {line}")
            found.skipped.setdefault(test_set.name, []).append(line)
            found.left_out.add((test_set.name, folder_name(card)))
    if not found.tasks:
        raise Unavailable("none of the systems can run here", hint="see mtbench doctor")
    if with_metrics:
        _plan_metrics(found, request, watcher)
    results.check_writable()
    if cardless:
        watcher.say(_no_card(cardless))
    return found


def corpus_places(wanted: tuple[str, ...], space: Workspace) -> dict[str, str]:
    """Name of each corpus asked for → its folder; empty for one that comes with mtbench."""
    found = {}
    for folder, _ in find_corpora(wanted, space):
        place = folder.resolve()
        if not place.is_relative_to(shipped("corpora")):
            inside = place.is_relative_to(Path.cwd())
            found[place.name] = str(place.relative_to(Path.cwd()) if inside else place)
    return found


def _check_same_corpus(test_set: TestSet, place: str, results: Results) -> None:
    """Refuses a second corpus of a name that another one has in a results folder.

    A corpus that was changed, moved or copied as it stands is no second one.

    Raises:
        RequestError: If there are two.
    """
    if not place:
        return
    here = Path(place).resolve()
    others = {
        run.corpus_folder: run.testset_digest
        for run in results.stored_runs(test_set.corpus, test_set.pair)
        if run.corpus_folder and Path(run.corpus_folder).resolve() != here
    }
    for other, digest in others.items():
        if Path(other).is_dir() and digest != test_set.digest():
            raise RequestError(
                f"two corpora named {here.name!r}: {results.root} has results on {other}, "
                f"and {place} is another one",
                hint="rename one, or give it another folder with --results",
            )


def _no_card(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"corpus {names[0]} has no card.toml: licence, origins and checksums are not known"
    return f"no card.toml, so no licence, origins and checksums: corpora {', '.join(names)}"


def systems(specs: Sequence[str], space: Workspace) -> list[SystemCard]:
    """The systems that ``--model`` names.

    Raises:
        RequestError: If none is named or two have one name.
    """
    if not specs:
        raise RequestError("no model named", hint="name one with --model (mtbench models list)")
    cards: dict[str, SystemCard] = {}
    for spec in dict.fromkeys(specs):
        card = find_system(spec, space.models)
        if card.name in cards:
            raise RequestError(
                f"two systems named {card.name!r} in one call",
                hint="give one of them a card of its own name, or evaluate them apart",
            )
        cards[card.name] = card
    return list(cards.values())


def test_sets(request: Request, space: Workspace) -> list[tuple[TestSet, TestSet]]:
    """The test sets that ``--corpus``, ``--pair`` and ``--limit`` name: (whole, limited) each.

    Raises:
        UnknownName: If a corpus or a pair is not there.
        DataError: If a corpus file does not hold.
    """
    chosen = _unique(
        file
        for folder, only in find_corpora(request.corpora, space)
        for file in corpora.pair_files(folder, only)
    )
    known = {str(file.pair) for file in chosen}
    for pair in request.pairs:
        if pair not in known:
            raise UnknownName("pair", pair, known)
    found = []
    for file in chosen:
        if not request.pairs or str(file.pair) in request.pairs:
            whole = corpora.load(file, reference=request.reference)
            limited = corpora.first(whole, request.limit) if request.limit else whole
            found.append((whole, limited))
    return found


def _unique(files: Iterable[corpora.PairFile]) -> list[corpora.PairFile]:
    """Each direction once, where a corpus and a file of it were both named."""
    return list({(f.path.resolve(), str(f.pair)): f for f in files}.values())


def _options(card: SystemCard) -> Record:
    kind = BACKENDS.get(card.backend)
    return parse_options(kind.Options, card.options, f"model {card.name}: options")


Served = tuple[SystemCard, TestSet, TestSet]


def _check_served(
    cards: Sequence[SystemCard],
    served: Sequence[Served],
    sets: Sequence[tuple[TestSet, TestSet]],
) -> None:
    for card in cards:
        mine = [test_set for other, _, test_set in served if other.name == card.name]
        if not mine:
            for pair in dict.fromkeys(s.pair for _, s in sets if card.serves(s.pair)):
                # The card names it: a back end that can say why it does not serve it does so.
                make_backend(card.backend, system_options(card), pair, Runtime())
            wanted = ", ".join(dict.fromkeys(str(s.pair) for _, s in sets))
            raise RequestError(
                f"{card.name} serves none of the pairs asked for ({wanted})",
                hint=f"it serves {', '.join(card.pairs)}",
            )
        one_only = BACKENDS.get(card.backend).one_test_set(_options(card))
        if one_only and len(mine) > 1:
            names = ", ".join(test_set.name for test_set in mine[:4])
            raise RequestError(
                f"{card.name} is the output for one test set; {len(mine)} are asked for: {names}",
                hint="name one with --corpus and --pair",
            )


def _task(
    card: SystemCard,
    whole: TestSet,
    test_set: TestSet,
    results: Results,
    request: Request,
    watcher: Watcher,
) -> Task:
    folder = results.run(test_set.corpus, test_set.pair, folder_name(card))
    backend: Backend = make_backend(
        card.backend, system_options(card), test_set.pair, request.runtime
    )
    try:
        backend.check()
    except Unavailable as error:
        stored = folder.read_run()
        if stored is None:
            raise
        if not _is_asked_for(stored, card, backend, whole, test_set, request):
            watcher.say(
                f"the stored output of {card.name} for {test_set.name} is not used: "
                "it is partial, or of other options, prompts, seed or sources"
            )
            raise
        watcher.say(
            f"{card.name} cannot run here ({error.message}); "
            f"its stored output for {test_set.name} is used"
        )
        return Task(card, test_set, whole, folder, None, stored.run_digest)
    backend.sources(whole.sources)
    digest = _digest(card, backend, test_set, request)
    return Task(card, test_set, whole, folder, backend, digest)


def _digest(card: SystemCard, backend: Backend, test_set: TestSet, request: Request) -> str:
    """What tells one run from another."""
    return digest_json(
        {
            "backend": card.backend,
            "options": backend.options.model_dump(mode="json"),
            "identity": backend.identity(),
            "pair": str(test_set.pair),
            "sources": test_set.sources_digest(),
            "batching": translating.batching(backend, request.runtime, test_set.sources),
        }
    )


def _is_asked_for(
    stored: RunRecord,
    card: SystemCard,
    backend: Backend,
    whole: TestSet,
    test_set: TestSet,
    request: Request,
) -> bool:
    """Whether a stored run is the one asked for, though its system cannot run here."""
    if stored.status != "complete":
        return False
    digest = _digest_if_known(card, backend, whole, test_set, request)
    if digest is not None:
        return digest == stored.run_digest
    return (
        stored.card.backend == card.backend
        and _same_options(stored, backend)
        and stored.sources_digest == test_set.sources_digest()
        and stored.batching == translating.batching(backend, request.runtime, test_set.sources)
        and (backend.deterministic or stored.seed == request.runtime.seed)
    )


def _digest_if_known(
    card: SystemCard, backend: Backend, whole: TestSet, test_set: TestSet, request: Request
) -> str | None:
    """The digest of a run whose system cannot run, where what it depends on is here all the same.

    Raises:
        MtbenchError: If the system could not have run on this test set anyway.
    """
    try:
        backend.sources(whole.sources)
        return _digest(card, backend, test_set, request)
    except Unavailable:
        return None
    except MtbenchError:
        raise
    except Exception:  # noqa: BLE001 - a back end that cannot run may fail at this in any way
        return None


def _same_options(stored: RunRecord, backend: Backend) -> bool:
    try:
        options = parse_options(type(backend).Options, stored.card.options, "stored options")
    except RequestError:
        return False
    return options.model_dump(mode="json") == backend.options.model_dump(mode="json")


def _plan_metrics(found: Plan, request: Request, watcher: Watcher) -> None:
    names = request.metrics or DEFAULT_METRICS
    for name in dict.fromkeys(names):
        named = "model" in request.metric_options.get(name, {})
        by_default = not request.metrics and not named
        try:
            _add_metric(found, name, request)
        except Unavailable as error:
            if not (by_default and name == "comet"):
                raise
            found.missing[name] = str(error)
            watcher.say(f"{name} is left out: {error}")
            _add_stand_in(found, request, watcher)


def _add_stand_in(found: Plan, request: Request, watcher: Watcher) -> None:
    """``semsim`` beside an empty ``comet`` column, under its own name, where it can be had."""
    try:
        _add_metric(found, "semsim", request)
    except (Unavailable, RequestError) as error:
        watcher.say(f"semsim is left out too: {error}")
        found.missing["semsim"] = str(error)


def _add_metric(found: Plan, name: str, request: Request) -> None:
    METRICS.get(name)
    metric = make_metric(name, request.metric_options.get(name, {}), request.runtime)
    metric.check()
    views = {}
    for tasks in found.by_test_set().values():
        scoring_view = scoring.view(tasks[0].test_set, metric.info)
        metric.check(scoring_view)
        views[(name, tasks[0].test_set.name)] = scoring_view
    found.metrics.append(metric)
    found.views.update(views)
