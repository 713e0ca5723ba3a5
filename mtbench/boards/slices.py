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
    """For each segment, what it is told apart by.

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
    estimator: Estimator,
    *,
    by: By,
    metric: str = "",
) -> Sliced:
    """Scores of every system on every slice, with intervals.

    Args:
        systems: System → array of shape (n, k), one row a segment.
        labels: For each segment its label; segments without one are counted and in no slice.
        pool: Totals of shape (..., k) → scores of shape (...).
        estimator: Gives the interval of a slice's score; told its segments, whose documents
            may be the unit.
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
    order = [band for band in map(_named, LENGTHS) if band in groups] if by == "length" else groups
    return Sliced(
        by=by,
        metric=metric,
        slices=tuple(
            Slice(
                label=label,
                segments=len(groups[label]),
                scores=tuple(
                    SliceScore(
                        system=name,
                        score=float(pool(rows[groups[label]].sum(axis=0))),
                        interval=estimator(rows[groups[label]], pool, groups[label]),
                    )
                    for name, rows in systems.items()
                ),
            )
            for label in order
        ),
        unlabelled=sum(label is None for label in labels),
    )


def _band(characters: int) -> str:
    for low, high in LENGTHS:
        if high is None or characters <= high:
            return _named((low, high))
    raise ValueError(f"no band for {characters} characters")


def _named(band: tuple[int, int | None]) -> str:
    low, high = band
    return f"{low}+ characters" if high is None else f"{low}–{high} characters"
