"""Rankings: all pairs tested, Holm's correction, clusters and rank ranges."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from mtbench.significance.intervals import Pool
from mtbench.significance.paired import Family
from mtbench.significance.randomization import all_pairs, floor_p, method_for, ruled_resamples
from mtbench.significance.units import Array, Units
from mtbench.text.p_values import floor as smallest
from mtbench.types.findings import PairedTest, RankedSystem, Ranking

TOO_SMALL = "the test set is too small to rank anyone"


def rank(
    systems: Mapping[str, Array],
    pool: Pool,
    *,
    higher_is_better: bool = True,
    baselines: Collection[str] = (),
    alpha: float = 0.05,
    seed: int,
    units: Units | None = None,
    metric: str = "",
    segment_scores: Mapping[str, Array] | None = None,
    unranked: Mapping[str, str] | None = None,
    resamples: int | None = None,
    stop_after: int | None = None,
    warnings: Sequence[str] = (),
) -> Ranking:
    """Ranks the systems of one test set by one metric.

    The family is all pairs of candidates: systems that are neither baselines nor unranked.

    Args:
        systems: System → array of shape (n, k), one row per segment, in the same order.
        pool: Totals of shape (..., k) → scores of shape (...).
        higher_is_better: The metric's direction.
        baselines: Systems of ``systems`` that stand outside the ranking.
        alpha: The family-wise level.
        seed: Of all draws.
        units: For each segment, the number of its document; None for segments.
        metric: The metric's name.
        segment_scores: System → array of shape (n,), for wins by segment; by default ``pool``
            of each row.
        unranked: System → why it has no rank (no value, another signature). One that is in
            ``systems`` too is shown with its score.
        resamples: Number of swaps a pair; by default max(10,000; 10 · pairs / α).
        stop_after: Early stopping, see ``randomization_tests``.
        warnings: Sentences to keep in the record (a unit choice's warning).

    Raises:
        ValueError: If shapes do not agree, there is no system with statistics, or a baseline
            has none.
    """
    reasons = dict(unranked or {})
    missing = sorted(set(baselines) - set(systems) - set(reasons))
    if missing or not systems:
        raise ValueError(f"no statistics of {missing or 'any system'}")
    family = Family(
        systems,
        pool,
        metric=metric,
        higher_is_better=higher_is_better,
        seed=seed,
        units=units,
        segment_scores=segment_scores,
    )
    sign = -1 if higher_is_better else 1
    best_first = sorted(systems, key=lambda s: (sign * family.scores[s], s))
    candidates = [s for s in best_first if s not in baselines and s not in reasons]
    pairs = list(all_pairs(candidates))
    swaps = ruled_resamples(len(pairs), alpha) if resamples is None else resamples
    tests = family.test(pairs, alpha=alpha, resamples=swaps, stop_after=stop_after)
    floor = floor_p(family.units, swaps)
    if sentence := _nobody(floor, len(pairs), alpha, family):
        rows = [_shown(s, family, unranked=TOO_SMALL) for s in candidates]
    else:
        rows = _ranked(candidates, tests, family)
    rows += [
        _shown(s, family, baseline=True) for s in best_first if s in baselines and s not in reasons
    ]
    return Ranking(
        metric=metric,
        higher_is_better=higher_is_better,
        alpha=alpha,
        method=method_for(family.units) if pairs else None,
        resamples=swaps if pairs else 0,
        seed=seed,
        unit=family.unit,
        units=family.units,
        pairs=len(pairs),
        floor=floor,
        systems=(*rows, *_unranked(reasons, systems, baselines, family)),
        tests=tuple(tests),
        sentence=sentence,
        warnings=tuple(warnings),
    )


def clusters(order: Sequence[str], beats: Collection[tuple[str, str]]) -> list[list[str]]:
    """Systems in clusters: a boundary stands only where every one above beats every one below.

    Args:
        order: Systems, best first.
        beats: Pairs (better, worse) that a test separates.
    """
    found: list[list[str]] = []
    for i, system in enumerate(order):
        above, below = order[:i], order[i:]
        if not found or all((a, b) in beats for a in above for b in below):
            found.append([])
        found[-1].append(system)
    return found


def _nobody(floor: float, pairs: int, alpha: float, family: Family) -> str | None:
    if not pairs or floor * pairs <= alpha:
        return None
    times = f", which times {pairs} pairs exceeds {alpha:g}" if pairs > 1 else f", above {alpha:g}"
    return (
        f"nobody can be ranked here, because with {family.units} {family.unit}"
        f"{'' if family.units == 1 else 's'} no p-value can "
        f"be smaller than {smallest(floor)}{times}"
    )


def _shown(
    system: str, family: Family, *, unranked: str | None = None, baseline: bool = False
) -> RankedSystem:
    return RankedSystem(
        system=system,
        score=family.scores[system],
        interval=family.interval(system),
        baseline=baseline,
        unranked=unranked,
    )


def _unranked(
    reasons: Mapping[str, str],
    systems: Collection[str],
    baselines: Collection[str],
    family: Family,
) -> list[RankedSystem]:
    """Systems that have no rank for a reason, with their score where they have one."""
    return [
        _shown(s, family, unranked=reasons[s], baseline=s in baselines)
        if s in systems
        else RankedSystem(system=s, score=None, unranked=reasons[s], baseline=s in baselines)
        for s in sorted(reasons)
    ]


def _ranked(
    candidates: Sequence[str], tests: Sequence[PairedTest], family: Family
) -> list[RankedSystem]:
    beats = {
        (test.winner, test.b if test.winner == test.a else test.a)
        for test in tests
        if test.winner is not None
    }
    rows = []
    above = 0
    for number, members in enumerate(clusters(candidates, beats), start=1):
        for system in members:
            wins = sum((system, other) in beats for other in candidates)
            losses = sum((other, system) in beats for other in candidates)
            rows.append(
                RankedSystem(
                    system=system,
                    score=family.scores[system],
                    interval=family.interval(system),
                    rank=above + 1,
                    cluster=number,
                    rank_low=losses + 1,
                    rank_high=len(candidates) - wins,
                    wins=wins,
                    losses=losses,
                )
            )
        above += len(members)
    return rows
