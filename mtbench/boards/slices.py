"""Scores on parts of a test set, from stored statistics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mtbench.types import Interval, Labels
from mtbench.types.findings import Slice, Sliced, SliceScore

Array = NDArray[np.float64]
Pool = Callable[[Array], Array]
By = Literal["domain", "document", "original_language", "length"]
# Rows of a slice, ``pool``, and the positions of its segments → the interval of its score.
Estimator = Callable[[Array, Pool, Sequence[int]], Interval]

# Characters of the source: bounds that leave a tweet, a sentence, two sentences, a paragraph.
LENGTHS = ((1, 49), (50, 99), (100, 199), (200, 399), (400, None))


def labels_by(labels: Labels, by: By) -> tuple[str | None, ...]:
    """The label of each segment.

    Args:
        labels: Of the test set.
        by: ``domain``, ``document``, ``original_language``, or ``length``: bands of the source's
            characters, the same for every test set.
    """
    if by == "domain":
        return labels.domains
    if by == "document":
        return labels.documents
    if by == "original_language":
        return labels.original_languages
    return tuple(_band(characters) for characters in labels.source_characters)


def slice_scores(
    systems: Mapping[str, Array],
    labels: Sequence[str | None],
    pool: Pool,
    estimator: Estimator | None,
    *,
    by: By,
    metric: str = "",
) -> Sliced:
    """Scores of every system on every slice, with intervals.

    Args:
        systems: System → array of shape (n, k), one row per segment.
        labels: For each segment its label; segments without one are counted and in no slice.
        pool: Totals of shape (..., k) → scores of shape (...).
        estimator: Gives the interval of a slice's score; told its segments, whose documents
            may be the unit. None for scores without intervals.
        by: What the labels are.
        metric: The metric's name.

    Raises:
        ValueError: If lengths do not agree.
    """
    for name, rows in systems.items():
        if len(rows) != len(labels):
            raise ValueError(f"{len(rows)} rows of {name} against {len(labels)} labels")
    groups: dict[str, list[int]] = {}
    for at, label in enumerate(labels):
        if label is not None:
            groups.setdefault(label, []).append(at)
    if by == "length":
        groups = {band: groups[band] for band in map(_named, LENGTHS) if band in groups}
    scored = _pooled(systems, groups, pool) if estimator is None and groups else {}
    return Sliced(
        by=by,
        metric=metric,
        slices=tuple(
            Slice(
                label=label,
                segments=len(groups[label]),
                scores=tuple(
                    _with_interval(name, rows, groups[label], pool, estimator)
                    if estimator is not None
                    else SliceScore(system=name, score=float(scored[name][number]))
                    for name, rows in systems.items()
                ),
            )
            for number, label in enumerate(groups)
        ),
        unlabelled=sum(label is None for label in labels),
    )


def _with_interval(
    system: str, rows: Array, places: Sequence[int], pool: Pool, estimator: Estimator
) -> SliceScore:
    return SliceScore(
        system=system,
        score=float(pool(rows[places].sum(axis=0))),
        interval=estimator(rows[places], pool, places),
    )


def _pooled(
    systems: Mapping[str, Array], groups: Mapping[str, Sequence[int]], pool: Pool
) -> dict[str, Array]:
    """System → score of each group, all groups at once: there may be thousands."""
    places = np.concatenate([np.asarray(places, dtype=np.intp) for places in groups.values()])
    number = np.repeat(np.arange(len(groups)), [len(places) for places in groups.values()])
    found = {}
    for name, rows in systems.items():
        sums = np.zeros((len(groups), rows.shape[1]))
        np.add.at(sums, number, rows[places])
        found[name] = pool(sums)
    return found


def _band(characters: int) -> str:
    for low, high in LENGTHS:
        if high is None or characters <= high:
            return _named((low, high))
    raise ValueError(f"no band for {characters} characters")


def _named(band: tuple[int, int | None]) -> str:
    low, high = band
    return f"{low}+ characters" if high is None else f"{low}–{high} characters"
