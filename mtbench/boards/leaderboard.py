"""Runs and scores → leaderboard. Pure: no file is touched here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from mtbench import __version__
from mtbench.boards.favours import favours
from mtbench.errors import MtbenchError
from mtbench.health.flags import GARBAGE
from mtbench.plugins import (
    DEFAULT_METRICS,
    METRICS,
    ordered_metrics,
    parse_options,
    primary_metrics,
)
from mtbench.types import (
    Cell,
    Json,
    Leaderboard,
    MetricInfo,
    Row,
    RunRecord,
    Score,
    Signature,
    Table,
    TermRecall,
    TestSetFacts,
)

_SIDES = ("a", "b", "winner")  # of a paired test
_MADE_OF_IT = (
    "the references are edited or chosen outputs of it or of a system of its lineage: "
    "its scores say how little was changed"
)
_OUTDATED = "was scored on another state of the test set; evaluate again"


class Entry(NamedTuple):
    """A stored run with the scores of its output.

    Attributes:
        folder: Name of its folder under results.
        run: Its record.
        scores: The scores made from this very output.
        stale: Sentences on stored scores that are not of this output.
        differences: Metric and signature → what a score's file says otherwise than its statistics.
    """

    folder: str
    run: RunRecord
    scores: tuple[Score, ...]
    stale: tuple[str, ...] = ()
    differences: Mapping[tuple[str, str], tuple[str, ...]] = {}


class Standing(NamedTuple):
    """What a ranking says of one system."""

    rank: int
    first: int
    last: int
    cluster: int


class Ranked(NamedTuple):
    """What a ranking says of a table.

    Attributes:
        standings: System → standing; empty where nobody can be ranked.
        verdict: One sentence.
        tests: Every paired test, as JSON.
    """

    standings: Mapping[str, Standing]
    verdict: str
    tests: tuple[Json, ...] = ()


Ranker = Callable[[Sequence[Score], frozenset[str]], Ranked]


def build(
    entries: Sequence[Entry],
    ranker: Ranker,
    *,
    current: Mapping[str, str] | None = None,
    preferred: Mapping[tuple[str, str], str] | None = None,
    sort: str | None = None,
    primaries: Mapping[str, str] | None = None,
    missing: Mapping[str, str] | None = None,
) -> Leaderboard:
    """The leaderboard of stored runs.

    Args:
        entries: The runs, with their scores.
        ranker: Ranks the scores of one metric on one test set; told the baselines.
        current: Test set (``CORPUS/SRC-TGT``) → digest of its latest state. Scores of another
            state are left out; where it is not known, that of most scores is shown.
        preferred: Test set (``CORPUS/SRC-TGT``) and metric → signature to show where scores of
            several are stored; elsewhere that of most whole outputs is shown, and of equally many
            the one nearest to the metric's defaults. Scores of partial outputs stand beside those
            that differ from theirs in nothing else, outside the ranking.
        sort: Primary metric of all tables.
        primaries: Test set (``CORPUS/SRC-TGT``) → primary metric of its table, where ``sort`` is
            not given and some candidate has that score. Elsewhere it is the first of
            metrics fit to rank that most systems have.
        missing: Metric → why it could not be computed.
    """
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.run.corpus, str(entry.run.pair)), []).append(entry)
    names = {score.metric for entry in entries for score in entry.scores}
    names |= set(DEFAULT_METRICS) | set(missing or {}) | ({sort} if sort else set())
    infos: dict[str, MetricInfo] = {}
    for entry in entries:
        infos |= {score.metric: score.info for score in entry.scores}
    metrics = ordered(names)
    tables = [
        _table(
            group,
            metrics,
            ranker,
            (current or {}).get(f"{corpus}/{pair}"),
            preferred or {},
            sort,
            (primaries or {}).get(f"{corpus}/{pair}"),
            missing or {},
        )
        for (corpus, pair), group in sorted(groups.items(), key=lambda item: item[0])
    ]
    return Leaderboard(
        metrics=dict(sorted(infos.items(), key=lambda item: metrics.index(item[0]))),
        tables=tuple(sorted(tables, key=lambda t: (t.corpus, t.pair))),
        missing=dict(missing or {}),
        mtbench_version=__version__,
    )


def ordered(metrics: set[str]) -> tuple[str, ...]:
    """Metric columns in their stable order."""
    return ordered_metrics(metrics)


def _table(
    entries: Sequence[Entry],
    metrics: tuple[str, ...],
    ranker: Ranker,
    current: str | None,
    preferred: Mapping[tuple[str, str], str],
    sort: str | None,
    named: str | None,
    missing: Mapping[str, str],
) -> Table:
    run = entries[-1].run
    entries, outdated = _of_one_state(entries, current)
    excluded = [note for entry in entries for note in entry.stale]
    excluded += [f"{folder}: {metric} {_OUTDATED}" for folder, metric in outdated]
    chosen: dict[str, dict[str, Score]] = {}
    for metric in metrics:
        chosen[metric], left_out = _one_signature(
            entries, metric, preferred.get((f"{run.corpus}/{run.pair}", metric))
        )
        excluded += left_out
    candidates = [entry for entry in entries if not entry.run.card.baseline]
    primary = sort or (named if chosen.get(named or "") else _primary(chosen, candidates))
    ranked = Ranked({}, "")
    if primary is not None:
        shown = [chosen[primary][e.folder] for e in entries if e.folder in chosen[primary]]
        scores = [score for score in shown if not _partial(score)]
        baselines = frozenset(e.folder for e in entries if e.run.card.baseline)
        ranked = ranker([_named(s, e) for s, e in _pairs(scores, entries)], baselines)
    names = _unique_names(entries)
    facts = _facts(entries, current)
    related = _related(entries, facts)
    rows = [
        _row(
            entry,
            names[entry.folder],
            primary,
            chosen,
            ranked.standings,
            missing,
            outdated,
            related,
        )
        for entry in entries
    ]
    return Table(
        corpus=run.corpus,
        pair=run.pair,
        facts=facts,
        metrics=metrics,
        rank_metric=primary,
        verdict=_with_warning(ranked.verdict, [names[one] for one in related]),
        rows=tuple(_sorted(rows, primary, chosen)),
        excluded=tuple(excluded),
        tests=tuple(_renamed(test, names, related) for test in ranked.tests),
    )


def _related(entries: Sequence[Entry], facts: TestSetFacts) -> tuple[str, ...]:
    """Folders of the systems whose output became the reference, and of those of their lineage."""
    made_of = {name.casefold() for name in facts.reference_of}
    if not made_of:
        return ()

    def is_named(entry: Entry) -> bool:
        return not made_of.isdisjoint({entry.run.system.casefold(), entry.folder.casefold()})

    lineages = {e.run.card.lineage for e in entries if is_named(e)} - {None}
    lineages |= {
        e.run.card.lineage for e in entries if (e.run.card.lineage or "").casefold() in made_of
    } - {""}
    return tuple(
        e.folder
        for e in entries
        if is_named(e) or (e.run.card.lineage is not None and e.run.card.lineage in lineages)
    )


def _with_warning(verdict: str, related: Sequence[str]) -> str:
    if not related or not verdict:
        return verdict
    return f"{verdict} Ranks of, and tests against, {', '.join(related)} favour what was edited."


def _facts(entries: Sequence[Entry], current: str | None) -> TestSetFacts:
    """Of the state of the test set that most rows with scores are of."""
    runs = [entry.run for entry in entries if entry.scores] or [entry.run for entry in entries]
    counts = Counter(run.testset_digest for run in runs)
    shown = max(counts, key=lambda one: (counts[one], one == current, one))
    return next(run.test_set for run in reversed(runs) if run.testset_digest == shown)


def _pairs(scores: Sequence[Score], entries: Sequence[Entry]) -> list[tuple[Score, Entry]]:
    by_score = {id(score): entry for entry in entries for score in entry.scores}
    return [(score, by_score[id(score)]) for score in scores]


def _named(score: Score, entry: Entry) -> Score:
    return score.model_copy(update={"system": entry.folder})


def _of_one_state(
    entries: Sequence[Entry], current: str | None
) -> tuple[list[Entry], list[tuple[str, str]]]:
    """Entries without scores on another state of the test set; folder and metric of those."""
    counts: dict[str | None, Counter[str]] = {}
    for entry in entries:
        for score in entry.scores:
            choice, digest = _state(score)
            counts.setdefault(choice, Counter())[digest] += 1
    latest = {current, *(e.run.sources_digest for e in entries if e.run.testset_digest == current)}
    shown = {
        choice: min(found, key=lambda d: (d not in latest, -found[d], d))
        for choice, found in counts.items()
    }
    kept, outdated = [], []
    for entry in entries:
        scores = [s for s in entry.scores if shown[_state(s)[0]] == _state(s)[1]]
        left = {s.metric for s in entry.scores} - {s.metric for s in scores}
        outdated += [(entry.folder, metric) for metric in sorted(left)]
        kept.append(entry._replace(scores=tuple(scores)))
    return kept, outdated


def _state(score: Score) -> tuple[str | None, str]:
    """What of the test set a score rests on: which choice of references, and its digest.

    Scores on one reference of several, which their signatures name, stand beside those on all.
    """
    if "reference" in (*score.info.needs, *score.info.uses):
        return Signature.parse(score.signature).get("ref") or "", score.testset_digest
    return None, score.sources_digest


def _one_signature(
    entries: Sequence[Entry], metric: str, preferred: str | None
) -> tuple[dict[str, Score], list[str]]:
    """The scores under one signature, whole or partial, by folder; sentences on the others."""
    stored = [
        (entry, score) for entry in entries for score in entry.scores if score.metric == metric
    ]
    if not stored:
        return {}, []
    shown = _whole(preferred) if preferred is not None else None
    if shown not in {_whole(score.signature) for _, score in stored}:
        # A whole output's score never gives way to a partial one's.
        of_whole = [score for _, score in stored if not _partial(score)]
        deciding = of_whole or [score for _, score in stored]
        counts = Counter(_whole(score.signature) for score in deciding)
        of = {_whole(score.signature): score for score in deciding}
        shown = min(counts, key=lambda one: (-counts[one], _unusual(of[one]), one.count("|"), one))
    found, left_out = {}, []
    for entry, score in stored:
        if _whole(score.signature) == shown:
            found[entry.folder] = score
        else:
            left_out.append(f"{entry.folder}: {metric} under another signature: {score.signature}")
    return found, left_out


def notes_of(score: Score) -> tuple[str, ...]:
    """What a score's own facts say that a reader must know, in sentences."""
    warning = score.notes.get("warning", ())
    found = [warning] if isinstance(warning, str) else list(warning)
    if cut := len(cut_ids(score)):
        limit = _cut_fact(score).get("limit")
        within = f"the first {limit} sub-words" if limit else "the beginning"
        found.append(
            f"read only {within} of {cut} of {score.segments} segments "
            f"({100 * cut / score.segments:.0f} %), so it is no score of the whole"
        )
    return tuple(map(str, found))


def cut_ids(score: Score) -> set[str]:
    """Segments of which the metric read only the beginning, in whichever of its texts."""
    named = (ids for ids in _cut_fact(score).values() if isinstance(ids, list))
    return {str(name) for ids in named for name in ids}


def _cut_fact(score: Score) -> dict[str, Json]:
    cut = score.notes.get("cut")
    return cut if isinstance(cut, dict) else {}


def _partial(score: Score) -> bool:
    return Signature.parse(score.signature).partial


def _whole(signature: str) -> str:
    try:
        return str(Signature.parse(signature).of_whole())
    except ValueError:  # one that is asked for, from a file of another tool
        return signature


def _unusual(score: Score) -> int:
    """How many options of a score are not the metric's defaults."""
    try:
        usual = parse_options(METRICS.get(score.metric).Options, {}, score.metric)
    except MtbenchError:  # a metric that is not installed any more
        return 0
    defaults = usual.model_dump(mode="json")
    return sum(score.options.get(key, value) != value for key, value in defaults.items())


def _primary(chosen: Mapping[str, Mapping[str, Score]], candidates: Sequence[Entry]) -> str | None:
    for metric in primary_metrics(chosen):
        having = sum(entry.folder in chosen.get(metric, {}) for entry in candidates)
        if having and 2 * having > len(candidates):
            return metric
    return None


def _unique_names(entries: Sequence[Entry]) -> dict[str, str]:
    counts = Counter(entry.run.system for entry in entries)
    return {
        entry.folder: entry.run.system if counts[entry.run.system] == 1 else entry.folder
        for entry in entries
    }


def _renamed(test: Json, names: Mapping[str, str], related: Sequence[str]) -> Json:
    """A test with systems as the rows have them, a ranker knowing folders, and whom it favours."""
    shown = {key: names.get(one, one) if key in _SIDES else one for key, one in test.items()}
    favours = [names[test[side]] for side in ("a", "b") if test.get(side) in related]
    return shown | ({"favours": favours} if favours else {})


def _row(
    entry: Entry,
    name: str,
    primary: str | None,
    chosen: Mapping[str, Mapping[str, Score]],
    standings: Mapping[str, Standing],
    missing: Mapping[str, str],
    outdated: Sequence[tuple[str, str]],
    related: Collection[str],
) -> Row:
    run = entry.run
    cells = {}
    for metric, scores in chosen.items():
        score = scores.get(entry.folder)
        if score is None:
            reason = missing.get(metric, "not scored")
            if (entry.folder, metric) in outdated:
                reason = _OUTDATED
            elif run.status == "partial":
                reason = f"{run.failures} segments have no translation"
            cells[metric] = Cell(reason=reason)
        else:
            cells[metric] = _cell(entry, metric, score)
    standing = standings.get(entry.folder)
    ranked_by = chosen[primary].get(entry.folder) if primary else None
    return Row(
        system=name,
        folder=entry.folder,
        baseline=run.card.baseline,
        rank=standing.rank if standing else None,
        rank_low=standing.first if standing else None,
        rank_high=standing.last if standing else None,
        cluster=standing.cluster if standing else None,
        cells=cells,
        segments=run.segments,
        failures=run.failures,
        empty=_count(run, "empty"),
        copied=_count(run, "copied"),
        off_target=_count(run, "off_target"),
        off_target_reason=None if "off_target" in run.health else _unlooked(run),
        garbage={flag: n for flag in GARBAGE if (n := _count(run, flag))},
        length_ratio=run.health.get("length_ratio"),
        seconds_per_segment=run.seconds / run.translated if run.translated else None,
        terms=_terms(run),
        via=run.card.via,
        reference_made=entry.folder in related,
        notes=(*run.notes, *run.health_notes, *([_MADE_OF_IT] if entry.folder in related else ())),
        testset_digest=ranked_by.testset_digest if ranked_by else run.testset_digest,
        output_digest=run.output_digest,
    )


def _terms(run: RunRecord) -> TermRecall | None:
    told = run.provenance.get("glossary")
    if not isinstance(told, dict) or not told.get("asked"):
        return None
    return TermRecall(asked=told["asked"], used=told["used"])


def _cell(entry: Entry, metric: str, score: Score) -> Cell:
    differences = entry.differences.get((metric, score.signature), ())
    favour = favours(entry.run.card, score)
    return Cell(
        score=score.score,
        interval=score.interval,
        signature=score.signature,
        partial=_partial(score),
        cut=len(cut_ids(score)),
        notes=(*notes_of(score), *differences, *(one.sentence for one in favour)),
        favoured=tuple(one.badge for one in favour),
        unjudged=len(score.unjudged),
    )


def _unlooked(run: RunRecord) -> str:
    """Why nobody has looked for hypotheses in another language."""
    if run.health_signature and Signature.parse(run.health_signature).get("lid") == "none":
        return "languages were not identified: the extra 'text' was not installed"
    return "no segment's language could be judged"


def _count(run: RunRecord, key: str) -> int | None:
    value = run.health.get(key)
    return None if value is None else int(value)


def _sorted(
    rows: Sequence[Row], primary: str | None, chosen: Mapping[str, Mapping[str, Score]]
) -> list[Row]:
    def key(row: Row) -> tuple[bool, bool, bool, float, str]:
        score = chosen[primary].get(row.folder) if primary else None
        value = 0.0
        if score is not None:
            value = -score.score if score.info.higher_is_better else score.score
        partial = any(cell.partial for cell in row.cells.values())
        return (row.baseline, score is None, partial, value, row.system)

    return sorted(rows, key=key)
