"""Slices of a test set, each with paired tests of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from mtbench.plugins import Array, Metric
from mtbench.significance import choose_unit, rank
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
) -> Sliced:
    """Says of each score on a slice how many candidates are significantly better there.

    All pairs of candidates are tested per slice, by the unit that the slice calls for, and
    corrected by Holm over the slice. Many systems or slices are left as they are.

    Args:
        sliced: The scores.
        systems: System → array of shape (n, k), one row per segment.
        labels: For each segment its label.
        metric: What the statistics are of.
        documents: For each segment its document.
        baselines: Systems that stand outside the tests.
        seed: Of the draws.
    """
    candidates = len(set(systems) - set(baselines))
    if not 2 <= candidates <= MOST_SYSTEMS or not 2 <= len(sliced.slices) <= MOST_SLICES:
        return sliced
    tested = []
    for part in sliced.slices:
        places = [at for at, label in enumerate(labels) if label == part.label]
        ranking = rank(
            {name: rows[places] for name, rows in systems.items()},
            metric.pool,
            higher_is_better=metric.info.higher_is_better,
            baselines=baselines,
            seed=seed,
            units=choose_unit([documents[at] for at in places]).index,
            metric=sliced.metric,
            stop_after=STOP_AFTER,
        )
        losses = {one.system: one.losses for one in ranking.systems if one.rank is not None}
        tested.append(_marked(part, losses))
    return sliced.model_copy(update={"slices": tuple(tested)})


def _marked(part: Slice, losses: Mapping[str, int | None]) -> Slice:
    scores = tuple(one.model_copy(update={"losses": losses.get(one.system)}) for one in part.scores)
    return part.model_copy(update={"scores": scores})
