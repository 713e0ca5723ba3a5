"""Slices of a test set, each with paired tests of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from mtbench.plugins import Array, Metric
from mtbench.significance import choose_unit, rank, ruled_resamples
from mtbench.significance.limits import ALPHA
from mtbench.significance.randomization import floor_p
from mtbench.types.findings import Slice, Sliced

MOST_SYSTEMS = 20
MOST_SLICES = 12
STOP_AFTER = 400  # extreme swaps: a pair with that many is far from any level


def with_tests(
    sliced: Sliced,
    systems: Mapping[str, Array],
    labels: Sequence[str | None],
    metric: Metric,
    *,
    documents: Sequence[str | None],
    baselines: Collection[str],
    seed: int,
    most: int | None = MOST_SLICES,
) -> Sliced:
    """Says of each score on a slice how many candidates are significantly better there.

    All pairs of candidates are tested per slice, by the unit that the slice calls for, and
    corrected by Holm over the slice. Where there are many systems or slices, or a slice is so small
    that no test could reject, nobody tests, and the slice says why.

    Args:
        sliced: The scores.
        systems: System → array of shape (n, k), one row per segment.
        labels: For each segment its label.
        metric: What the statistics are of.
        documents: For each segment its document.
        baselines: Systems that stand outside the tests.
        seed: Of the draws.
        most: Slices; of more, none is tested. None for any number.
    """
    candidates = len(set(systems) - set(baselines))
    why = None
    if candidates < 2:
        why = "fewer than two candidates"
    elif candidates > MOST_SYSTEMS:
        why = f"more than {MOST_SYSTEMS} systems"
    elif most is not None and len(sliced.slices) > most:
        why = f"more than {most} parts"
    if why is not None:
        untested = [part.model_copy(update={"untested": why}) for part in sliced.slices]
        return sliced.model_copy(update={"slices": tuple(untested)})
    places: dict[str | None, list[int]] = {}
    for at, label in enumerate(labels):
        places.setdefault(label, []).append(at)
    tested = []
    for part in sliced.slices:
        mine = places[part.label]
        units = choose_unit([documents[at] for at in mine])
        pairs = candidates * (candidates - 1) // 2
        if floor_p(units.units, ruled_resamples(pairs, ALPHA)) * pairs > ALPHA:
            tested.append(part.model_copy(update={"untested": _too_small(units.units, units.unit)}))
            continue
        ranking = rank(
            {name: rows[mine] for name, rows in systems.items()},
            metric.pool,
            higher_is_better=metric.info.higher_is_better,
            baselines=baselines,
            alpha=ALPHA,
            seed=seed,
            units=units.index,
            metric=sliced.metric,
            stop_after=STOP_AFTER,
        )
        losses = {one.system: one.losses for one in ranking.systems if one.rank is not None}
        tested.append(_marked(part, losses).model_copy(update={"tests": ranking.pairs}))
    return sliced.model_copy(update={"slices": tuple(tested)})


def _too_small(units: int, unit: str) -> str:
    return f"{units} {unit}{'' if units == 1 else 's'} cannot separate that many pairs"


def _marked(part: Slice, losses: Mapping[str, int | None]) -> Slice:
    scores = tuple(one.model_copy(update={"losses": losses.get(one.system)}) for one in part.scores)
    return part.model_copy(update={"scores": scores})
