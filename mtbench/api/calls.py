"""Scores, leaderboards, segments and comparisons from Python."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtbench.api import tables
from mtbench.api.found import Evaluation, Segments, chosen
from mtbench.api.own import Metrics, Systems
from mtbench.api.talk import Talk

if TYPE_CHECKING:
    from mtbench.config import Workspace
    from mtbench.languages import LanguagePair
    from mtbench.pipeline import Request
    from mtbench.pipeline.resolve import ResolvedSet, ResolvedSystem
    from mtbench.plugins import Metric
    from mtbench.types import Json, TestSet
    from mtbench.types.agreement import MetaEvaluation
    from mtbench.types.findings import LeaderboardDiff


def score(
    hypotheses: Sequence[str] | Mapping[str, Sequence[str]] | Any,
    references: Sequence[str | Sequence[str]] | Mapping[str, Sequence[str]] | str,
    sources: Sequence[str] | str | None = None,
    *,
    pair: str,
    metrics: Metrics = ("bleu", "chrf"),
    metric_options: Mapping[str, Mapping[str, Json]] | None = None,
    documents: Sequence[str | None] | None = None,
    domains: Sequence[str | None] | None = None,
    seed: int = 0,
) -> Evaluation:
    """Scores translations given as lists or columns, one text per segment.

    The n-th texts belong together, whatever labels a pandas Series gives them; Series whose indexes
    contradict each other are refused.

    Args:
        hypotheses: Of one system; or name → hypotheses of several; or a data frame (pandas, polars,
            pyarrow) or data set (``datasets``) with a column per system; a column ``id`` holds
            the ids of the segments.
        references: For each segment a text, or a list of texts; or name → texts, one per set of
            references; or, with a table, the name of its column.
        sources: Likewise, one text per segment; some metrics need them.
        pair: The direction, such as ``en-it``.
        metrics: Names, and functions of your own: of ``hypothesis`` and any of ``reference``,
            ``references`` and ``source``, giving a number; or of ``hypotheses`` and any of
            ``references`` and ``sources``, giving a list of numbers; and objects and classes of
            ``mtbench.plugins.Metric``.
        metric_options: Metric → its options; of a function ``higher_is_better`` and ``scale``.
        documents: For each segment the id of its document; intervals and tests then draw documents.
        domains: For each segment its domain.
        seed: Of intervals and tests.

    Raises:
        RequestError: If something is no text, or a metric needs sources that are not given.
        DataError: If the lists are not of one length, or a reference is blank.

    Example:
        >>> import mtbench
        >>> found = mtbench.score(["Ciao a tutti."], ["Ciao a tutti."], pair="en-it")
        >>> [(one["metric"], round(one["score"])) for one in found.records()]
        [('bleu', 100), ('chrf', 100)]
        >>> def shouting(hypothesis: str) -> float:
        ...     return float(hypothesis.isupper())
        >>> mtbench.score(["SÌ."], ["Sì."], pair="en-it", metrics=[shouting]).records()[0]["score"]
        1.0
    """
    from mtbench.files.temporary import ScratchFolder
    from mtbench.languages import LanguagePair

    several, references, sources = _by_system(hypotheses, references, sources)
    columns = {"hypotheses": several, "references": references, "sources": sources}
    tables.check_order({**columns, "documents": documents, "domains": domains})
    ids = tables.ids(several.pop("id")) if "id" in several and len(several) > 1 else None
    direction = LanguagePair.parse(pair)
    request, own = _request((), (str(direction),), metrics, metric_options, seed)
    _check_needs(request, own, sources is not None)
    test_set = _test_set(direction, references, sources, documents, domains, ids)
    scratch, talk = ScratchFolder(), Talk()
    folder = scratch.path
    try:
        systems = [
            _given(folder / f"{at}.jsonl", name, texts, test_set.ids)
            for at, (name, texts) in enumerate(several.items())
        ]
        space = _space(folder / "results")
        board = _run(request, space, talk, systems, own, [test_set])
    except BaseException:
        scratch.remove()
        raise
    return Evaluation(board, folder / "results", talk.lines, scratch)


def _by_system(hypotheses: Any, references: Any, sources: Any) -> tuple[dict[str, Any], Any, Any]:
    """Name → hypotheses, references and sources; of a table, its columns."""
    from mtbench.errors import RequestError

    found = tables.columns(hypotheses)
    if found is None:
        return {"system": hypotheses}, references, sources
    for name in (references, sources):
        if isinstance(name, str) and name not in found:
            raise RequestError(f"there is no column {name!r}", why=f"it has {', '.join(found)}")
    named = {name for name in (references, sources) if isinstance(name, str)}
    rest = {name: column for name, column in found.items() if name not in named}
    return (
        rest,
        found[references] if isinstance(references, str) else references,
        found[sources] if isinstance(sources, str) else sources,
    )


def _check_needs(request: Request, own: Mapping[str, Metric], with_sources: bool) -> None:
    from mtbench.errors import RequestError
    from mtbench.plugins import make_metric

    for name in request.metrics:
        kind = request.metric_kinds.get(name, name)
        options = request.metric_options.get(name, {})
        metric = own.get(name) or make_metric(kind, options, request.runtime)
        if not with_sources and "source" in metric.info.needs:
            raise RequestError(f"{name} needs the source", hint="give sources=")


def _test_set(
    pair: LanguagePair,
    references: Any,
    sources: Any,
    documents: Any,
    domains: Any,
    ids: Sequence[str] | None,
) -> TestSet:
    from mtbench.corpora.load import plain
    from mtbench.errors import DataError

    several = tables.references(references)
    count = len(several)
    texts = None if sources is None else tables.texts(sources, "sources")
    labels = None if documents is None else [one or "" for one in tables.values(documents)]
    kinds = None if domains is None else tuple(one or None for one in tables.values(domains))
    given = (("sources", texts), ("documents", labels), ("domains", kinds), ("ids", ids))
    for name, column in given:
        if column is not None and len(column) != count:
            raise DataError(f"{len(column)} {name} for {count} references")
    if not count:
        raise DataError("no segments")
    first = [[one[0] for one in several]]
    found = plain(texts, first, pair, "texts", count, labels, ids)
    update: dict[str, Any] = {"references": tuple(several)}
    if kinds is not None:
        update["domains"] = kinds
    return found.model_copy(update=update)


def _given(path: Path, name: str, texts: Any, ids: Sequence[str]) -> ResolvedSystem:
    """A system whose outputs are here already."""
    from mtbench.backends.hypotheses import Hypotheses
    from mtbench.config import check_name, folder_name
    from mtbench.errors import DataError
    from mtbench.files.writing import write_text
    from mtbench.pipeline.resolve import ResolvedSystem
    from mtbench.types import SystemCard

    check_name(name, "system")
    outputs = tables.texts(texts, name)
    if len(outputs) != len(ids):
        raise DataError(
            f"{name}: {len(outputs)} hypotheses for {len(ids)} references",
            hint="one reference per segment, or a list of them per segment",
        )
    lines = ({"id": at, "mt": text} for at, text in zip(ids, outputs, strict=True))
    write_text(path, "".join(f"{json.dumps(line)}\n" for line in lines))
    options: dict[str, Json] = {"path": str(path), "format": "jsonl"}
    card = SystemCard(name=name, backend="hypotheses", options=options, inline=True)
    return ResolvedSystem(
        card, Hypotheses, Hypotheses.Options.model_validate(options), folder_name(card)
    )


def evaluate(
    models: Systems,
    corpora: Sequence[str | TestSet] = (),
    pairs: Sequence[str] = (),
    metrics: Metrics = (),
    *,
    results: str | Path | None = None,
    limit: int | None = None,
    metric_options: Mapping[str, Mapping[str, Json]] | None = None,
    allow_partial: bool = False,
    device: str = "auto",
    batch_size: int | None = None,
    seed: int = 0,
    progress: bool = False,
) -> Evaluation:
    """Translates what is missing, scores what is missing, as ``mtbench evaluate`` does.

    Args:
        models: Names or paths of cards, ``BACKEND:TARGET``, functions and objects of your own; or
            name → any of these. A function is given a list of texts and gives a list of
            translations, or one text where its parameter is annotated as ``str``; an object is
            asked by its method ``translate``, or called.
        corpora: Names, paths or globs, and test sets of ``load_corpus``; every one in
            ``corpora/`` where none is named.
        pairs: Directions; all where none is named.
        metrics: As for ``score``, the first of which ranks; the defaults where none is named.
        results: The results folder; by default ``results``.
        limit: Only the first so many segments.
        metric_options: Metric → its options.
        allow_partial: Count segments without a translation as empty; the signature says so.
        device: Where models and metrics compute: ``auto``, ``cpu``, ``cuda``, ``cuda:N``, ``mps``,
            or ``cuda:all``, a process for each GPU.
        batch_size: Segments per batch.
        seed: Of all draws.
        progress: Show what happens, with a bar per stage.

    Raises:
        Unfinished: If a system or metric failed, with the leaderboard of the others.
        MtbenchError: Before any work, if the request cannot be carried out.

    Example:
        >>> import mtbench, tempfile
        >>> def shout(text: str) -> str:
        ...     return text.upper()
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     found = mtbench.evaluate(
        ...         ["identity:", shout], ["china-blockchain"], ["en-it"], ["chrf"],
        ...         results=folder, limit=3,
        ...     )
        >>> [(one["corpus"], one["system"]) for one in found.records()]
        [('china-blockchain@first3', 'shout'), ('china-blockchain@first3', 'identity')]
    """
    from mtbench.api import own

    talk, space = Talk(aloud=progress), _space(results)
    named, handed = own.systems(models, space)
    request, functions = _request(
        named, pairs, metrics, metric_options, seed, device=device, batch_size=batch_size
    )
    request = request.model_copy(
        update={
            "corpora": tuple(one for one in corpora if isinstance(one, str)),
            "limit": limit,
            "allow_partial": allow_partial,
        }
    )
    sets = [one for one in corpora if not isinstance(one, str)]
    board = _run(request, space, talk, handed, functions, sets)
    return Evaluation(board, space.results, talk.lines)


def _run(
    request: Request,
    space: Workspace,
    talk: Talk,
    systems: Sequence[ResolvedSystem],
    metrics: Mapping[str, Metric],
    sets: Sequence[TestSet],
) -> Any:
    from mtbench.pipeline import evaluate as run
    from mtbench.pipeline.resolve import Own, limited, resolve_sets

    given = [limited(one, request.limit) for one in sets if _wanted(one, request)]
    every: list[ResolvedSet] | None = None
    if sets:
        every = [*(resolve_sets(request, space, talk) if request.corpora else ()), *given]
    handed = Own(tuple(systems), metrics)
    names = {one.name for one in given}
    return run(request, space, talk, every, keep_texts=names, own=handed)[0]


def _wanted(test_set: TestSet, request: Request) -> bool:
    """Whether a test set that was handed over is of the directions asked for.

    Raises:
        RequestError: If it is none.
    """
    from mtbench.errors import RequestError

    if not hasattr(test_set, "sources"):
        raise RequestError(
            f"corpora: neither a name nor a test set: {test_set!r:.60}",
            hint="make one of a table: mtbench.load_corpus(table, pair)",
        )
    return not request.pairs or str(test_set.pair) in request.pairs


def leaderboard(results: str | Path | None = None) -> Evaluation:
    """Everything that a results folder holds.

    Args:
        results: The folder; by default ``results``.

    Raises:
        RequestError: If there is nothing.

    Example:
        >>> import mtbench
        >>> found = mtbench.score(["Sì."], ["Sì."], pair="en-it", metrics=["chrf"])
        >>> mtbench.leaderboard(found.results).records() == found.records()
        True
    """
    from mtbench.pipeline.boards import board, stored_tables
    from mtbench.results import Results

    space = _space(results)
    stored_tables(space)
    return Evaluation(board(Results(space.results), cache=space.cache), space.results)


def segments(
    results: str | Path | None = None,
    *,
    corpora: Sequence[str] = (),
    pairs: Sequence[str] = (),
    systems: Sequence[str] = (),
    metrics: Sequence[str] = (),
    domains: Sequence[str] = (),
    documents: Sequence[str] = (),
    flags: Sequence[str] = (),
    worst: int | None = None,
    best: int | None = None,
    between: tuple[str, str] | None = None,
) -> Segments:
    """Segments of a results folder with scores, flags and texts.

    Args:
        results: The folder; by default ``results``.
        corpora: Only these.
        pairs: Only these directions.
        systems: Only these.
        metrics: Whose scores to show, the first of which orders; by default all.
        domains: Only these.
        documents: Only these, by their ids.
        flags: Only outputs with one of these.
        worst: So many from that end, per test set.
        best: So many from the other end.
        between: Two systems: both translations of each segment, most different first.

    Raises:
        RequestError: If there are no such results.
        UnknownName: If no test set has what is named.

    Example:
        >>> import mtbench
        >>> found = mtbench.score(["Sì."], ["Sì."], pair="en-it", metrics=["chrf"])
        >>> [one.scores for one in mtbench.segments(found.results)]
        [{'chrf': 100.0}]
    """
    return chosen(
        results,
        corpora=corpora,
        pairs=pairs,
        systems=systems,
        metrics=metrics,
        domains=domains,
        documents=documents,
        flags=flags,
        worst=worst,
        best=best,
        between=between,
    )


def compare(
    old: str | Path, new: str | Path, *, metrics: Sequence[str] = (), seed: int = 0
) -> LeaderboardDiff:
    """What changed from one leaderboard (a CSV, a results folder or a run's folder) to another.

    Args:
        old: What it was.
        new: What it is now.
        metrics: Those that the verdict rests on; by default the one that ranks.
        seed: Of the tests.

    Raises:
        RequestError: If the two have nothing to be compared.

    Example:
        >>> import mtbench
        >>> old = mtbench.score({"mine": ["Si.", "No."]}, ["Sì.", "No."], pair="en-it")
        >>> new = mtbench.score({"mine": ["Sì.", "No."]}, ["Sì.", "No."], pair="en-it")
        >>> [row.system for row in mtbench.compare(old.results, new.results).rows]
        ['mine']
    """
    from mtbench.pipeline.comparing import Given, compare_leaderboards

    return compare_leaderboards(Given(Path(old)), Given(Path(new)), metrics=metrics, seed=seed)


def meta(results: str | Path, human: str | Path | None = None, *, seed: int = 0) -> MetaEvaluation:
    r"""How far the metrics of a results folder agree with human scores.

    Args:
        results: The folder.
        human: The file of human scores, in any of the forms that ``mtbench meta`` reads; by
            default those that were imported into the folder.
        seed: Of resamples and tests.

    Raises:
        DataError: With file and line, if the file does not hold or is of other systems.

    Example:
        >>> import mtbench, tempfile
        >>> references = ["Ciao a tutti.", "Sì.", "La nave è partita."]
        >>> outputs = {"a": references, "b": [text.lower() for text in references]}
        >>> found = mtbench.score(outputs, references, pair="en-it", metrics=["chrf"])
        >>> lines = [f"{name},{n},{score}" for name, score in (("a", 90), ("b", 70))
        ...          for n in (1, 2, 3)]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder) / "human.csv"
        ...     _ = file.write_text("\n".join(["system,id,score", *lines]))
        ...     (table,) = mtbench.meta(found.results, file).tables
        >>> table.systems
        ('a', 'b')
    """
    from mtbench.pipeline.meta import meta_evaluate

    return meta_evaluate(
        _space(results), Talk(aloud=True), None if human is None else Path(human), seed=seed
    )


def _space(results: str | Path | None) -> Workspace:
    from mtbench.config import workspace

    return workspace(None if results is None else str(results))


def _request(
    models: Sequence[str],
    pairs: Sequence[str],
    metrics: Metrics,
    options: Mapping[str, Mapping[str, Json]] | None,
    seed: int,
    *,
    device: str = "auto",
    batch_size: int | None = None,
) -> tuple[Request, dict[str, Metric]]:
    """What is asked for by name, and the metrics that are functions."""
    from mtbench.api import own
    from mtbench.checkpoints.network import offline
    from mtbench.config import metric_card
    from mtbench.engine.devices import spread
    from mtbench.errors import RequestError
    from mtbench.languages import LanguagePair
    from mtbench.pipeline import Request
    from mtbench.types import Engine, Runtime

    if isinstance(pairs, str):
        raise RequestError(f"pairs: a list, not {pairs!r}", hint=f"[{pairs!r}]")
    device, engine = spread(device, Engine())
    runtime = Runtime(
        device=device,
        engine=engine,
        batch_size=batch_size,
        seed=seed,
        cache=str(_space(None).cache),
        offline=offline(),
    )
    names, functions = own.metrics(metrics, options or {}, runtime)
    settings = {name: dict(each) for name, each in (options or {}).items()}
    cards = {
        name: card
        for name in names
        if name not in functions and (card := metric_card(name)) is not None
    }
    for name, card in cards.items():
        settings[name] = {**card.options, **settings.get(name, {}), "name": name}
    request = Request(
        models=tuple(models),
        pairs=tuple(str(LanguagePair.parse(pair)) for pair in pairs),
        metrics=names,
        primary=next(iter(names), None),
        metric_options=settings,
        metric_kinds={name: card.metric for name, card in cards.items()},
        runtime=runtime,
    )
    return request, functions
