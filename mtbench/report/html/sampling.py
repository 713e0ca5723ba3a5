"""Very large test sets: which segments a page holds, and what it says of all the others.

Whatever is counted or drawn on a page is of all segments; only what is read one by one is chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as with_fields
from itertools import combinations
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mtbench.report.html.content import Array, SetContent
from mtbench.report.html.disagreement import disagreement, most_disputed
from mtbench.types import SAME_SCORE, Json
from mtbench.types.findings import Sliced

WHOLE = 100_000  # segments up to which a page holds all of them
EXTREMES = 500  # of each system, at either end
FLAGGED = 5_000  # of each system
DRAWN = 1_000  # of each system
DISPUTED = 500
APART = 6  # of each pair of systems and metric, at either end: as many as a page lists
PAIRS = 200  # pairs of systems of which that is held
BINS = 20
LABELS = 2_000  # documents up to which each is named

T = TypeVar("T")
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What a page holds of a test set.

    Attributes:
        content: The test set, with the chosen segments alone.
        of: How many segments there are.
        sentence: What was chosen, for readers.
        pairs: For each metric and two systems, how all segments compare.
        spreads: For each metric, how the scores of all documents lie.
    """

    content: SetContent
    of: int
    sentence: str
    pairs: list[Json]
    spreads: list[Json]


def sample(one: SetContent, higher_is_better: Mapping[str, bool], seed: int) -> Sample | None:
    """A part of a test set that a page can hold; None where it can hold all of it.

    Args:
        one: The test set.
        higher_is_better: Metric → its direction.
        seed: Of what is drawn.
    """
    count = len(one.ids)
    if count <= WHOLE:
        return None
    metric = one.table.rank_metric if one.table.rank_metric in one.scores else None
    metric = metric or next(iter(one.scores), None)
    chosen = np.zeros(count, dtype=np.bool_)
    for number, system in enumerate(one.systems):
        scores = one.scores[metric].get(system) if metric else None
        if scores is not None:
            chosen[_ends(scores, EXTREMES)] = True
        marked = {*one.evidence.get(system, {}), *one.failures.get(system, {})}
        flagged = np.asarray(sorted(marked), dtype=np.intp)
        chosen[_drawn(flagged, FLAGGED, seed, number)] = True
        chosen[_drawn(np.flatnonzero(~chosen), DRAWN, seed, number)] = True
    shares = disagreement(one.scores, higher_is_better)
    if shares is not None:
        chosen[most_disputed(shares, one.ids, DISPUTED)] = True
    couples = list(combinations(one.systems, 2))
    for by_system in one.scores.values():
        for a, b in couples[:PAIRS]:
            if a in by_system and b in by_system:
                chosen[_ends(by_system[a] - by_system[b], APART)] = True
    named = {name for found in one.suspicions for name in found.segments}
    chosen[[at for at, name in enumerate(one.ids) if name in named] if named else []] = True
    if one.human is not None:
        for counts in one.human.counts.values():
            chosen |= np.asarray(counts) > 0
    places = np.flatnonzero(chosen)
    by = f" by {metric}" if metric else ""
    sentence = (
        f"This page holds {len(places):,} of {count:,} segments: of each system the {EXTREMES} "
        f"best and the {EXTREMES} worst{by}, up to {FLAGGED:,} with a flag and {DRAWN:,} drawn "
        f"with seed {seed}, and those that systems or metrics differ on most. Scores, counts and "
        "plots are of all of them; mtbench segments shows any."
    )
    spread = [group for group in one.sliced if len(group.slices) > LABELS]
    part = with_fields(
        _part(one, places),
        sliced=[
            _remarkable(group) if len(group.slices) > LABELS else group for group in one.sliced
        ],
        notes=(*one.notes, sentence),
    )
    return Sample(
        content=part,
        of=count,
        sentence=sentence,
        pairs=list(_pairs(one, higher_is_better, couples[:PAIRS])),
        spreads=[_spread(group) for group in spread],
    )


def _ends(scores: Array, many: int) -> Places:
    """The places of the lowest and the highest scores; the first ones among equals."""
    known = np.flatnonzero(np.isfinite(scores))
    up = known[np.argsort(scores[known], kind="stable")]
    down = known[np.argsort(-scores[known], kind="stable")]
    return np.concatenate([up[:many], down[:many]])


def _drawn(places: Places, many: int, seed: int, number: int) -> Places:
    """So many of some places, by the seed; all of them where they are not more."""
    if len(places) <= many:
        return places
    bits = np.random.PCG64(np.random.SeedSequence([seed, number]))
    keys = np.asarray(bits.random_raw(len(places)))
    found: Places = places[np.argsort(keys, kind="stable")[:many]]
    return found


def _part(one: SetContent, places: Places) -> SetContent:
    """The segments at some places, in order."""
    at = places.tolist()
    new = {old: number for number, old in enumerate(at)}

    def taken(values: Sequence[T]) -> list[T]:
        return [values[place] for place in at]

    def moved(values: Mapping[int, T]) -> dict[int, T]:
        return {new[place]: value for place, value in values.items() if place in new}

    human = one.human and with_fields(
        one.human,
        scores={name: scores[places] for name, scores in one.human.scores.items()},
        counts={name: counts[places] for name, counts in one.human.counts.items()},
        marked={name: moved(marked) for name, marked in one.human.marked.items()},
    )
    return with_fields(
        one,
        ids=taken(one.ids),
        hypotheses={name: taken(texts) for name, texts in one.hypotheses.items()},
        failures={name: moved(reasons) for name, reasons in one.failures.items()},
        scores={
            metric: {name: scores[places] for name, scores in by_system.items()}
            for metric, by_system in one.scores.items()
        },
        sources=None if one.sources is None else taken(one.sources),
        references=None if one.references is None else taken(one.references),
        documents=taken(one.documents),
        domains=taken(one.domains),
        evidence={name: moved(seen) for name, seen in one.evidence.items()},
        cut={
            metric: {
                name: [new[place] for place in cut if place in new]
                for name, cut in by_system.items()
            }
            for metric, by_system in one.cut.items()
        },
        annotations={
            metric: {name: moved(said) for name, said in by_system.items()}
            for metric, by_system in one.annotations.items()
        },
        human=human,
    )


def _pairs(
    one: SetContent,
    higher_is_better: Mapping[str, bool],
    couples: Iterable[tuple[str, str]],
) -> Iterator[Json]:
    """Of two systems under one metric: who is better where, and a histogram of the differences."""
    scores = dict(one.scores) | ({"human": one.human.scores} if one.human is not None else {})
    couples = list(couples)
    for metric, by_system in scores.items():
        sign = 1.0 if higher_is_better.get(metric, True) else -1.0
        for a, b in couples:
            if a not in by_system or b not in by_system:
                continue
            delta = sign * (np.asarray(by_system[a]) - np.asarray(by_system[b]))
            delta = delta[np.isfinite(delta)]
            size = np.sort(np.abs(delta))
            reach = float(size[int(0.99 * (len(size) - 1))]) if len(size) else 0.0
            reach = reach or 1.0
            half = BINS // 2
            bins = np.clip(np.floor(delta / reach * half + half), 0, BINS - 1).astype(np.int64)
            wins, losses = int((delta > SAME_SCORE).sum()), int((delta < -SAME_SCORE).sum())
            yield {
                "metric": metric,
                "a": a,
                "b": b,
                "wins": wins,
                "losses": losses,
                "ties": len(delta) - wins - losses,
                "reach": reach,
                "bins": np.bincount(bins, minlength=BINS).tolist(),
            }


def _remarkable(group: Sliced) -> Sliced:
    """The parts that a page names where they are too many: those that two systems differ on most.

    With one system, those of its lowest and highest scores.
    """
    table = {(part.label, one.system): one.score for part in group.slices for one in part.scores}
    names = list(dict.fromkeys(one.system for part in group.slices for one in part.scores))
    labels = [part.label for part in group.slices]
    columns = {
        name: np.asarray([table.get((label, name), np.nan) for label in labels]) for name in names
    }
    kept: set[int] = set()
    for a, b in list(combinations(names, 2))[:PAIRS]:
        kept.update(_ends(columns[a] - columns[b], 2 * APART).tolist())
    for name in names:
        kept.update(_ends(columns[name], 2 * APART).tolist())
    slices = tuple(part for at, part in enumerate(group.slices) if at in kept)
    return group.model_copy(update={"slices": slices})


def _spread(group: Sliced) -> Json:
    """How the scores of all parts lie, in bins of equal width."""
    by_system: dict[str, list[float]] = {}
    for part in group.slices:
        for one in part.scores:
            by_system.setdefault(one.system, []).append(one.score)
    every = np.concatenate([np.asarray(scores) for scores in by_system.values()])
    edges = np.linspace(every.min(), every.max(), 2 * BINS + 1)
    return {
        "by": group.by,
        "metric": group.metric,
        "labels": len(group.slices),
        "edges": [float(f"{edge:.6g}") for edge in edges],
        "bins": {
            name: np.histogram(np.asarray(scores), edges)[0].tolist()
            for name, scores in by_system.items()
        },
    }
