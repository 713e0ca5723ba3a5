"""Errors that people and stored metrics mark → how far the two agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mtbench.judgements.place import Placed
from mtbench.significance.agreement import error_free
from mtbench.significance.agreement.marks import (
    Marked,
    Marker,
    between_raters,
    error_free_detection,
    span_agreement,
    whole_translation,
)
from mtbench.significance.agreement.table import Humans, MetricGrid
from mtbench.types import Json
from mtbench.types.agreement import ErrorFreeDetection, SpanAgreement, SpanScores
from mtbench.types.judgements import ErrorSpan, Judgement, JudgementFile

NO_ERROR = "no marked error"
GOOD_AND_NO_ERROR = f"a mean score of {error_free.GOOD:g} or more and no marked error"
FULL_MARK = "an MQM score of 0"


class MarkedErrors:
    """Errors in the judged translations of one test set, or of a part of it.

    Args:
        placed: The judgements.
        file: Where they come from.
        systems: Those that take part, in the order of the scores.
        texts: System → its translations.
        units: For each segment the number of its resampling unit.
        part: Which segments.
        seed: Of the resamples.
    """

    def __init__(
        self,
        placed: Placed,
        file: JudgementFile,
        systems: Sequence[str],
        texts: Mapping[str, Sequence[str | None]],
        units: NDArray[np.int64],
        part: NDArray[np.bool_],
        seed: int,
    ) -> None:
        self._file = file
        self._numbers = {name: at for at, name in enumerate(systems)}
        self._texts = texts
        scores = np.stack([placed.judgements.scores[name] for name in systems])
        self._humans = Humans(np.where(part, scores, np.nan), units, seed=seed)
        self._each = [
            (at, one) for at, one in placed.each if one.system in self._numbers and part[at]
        ]
        self._judged = [
            Marked(
                self._numbers[one.system],
                at,
                one.spans,
                len(texts[one.system][at] or ""),
                one.rater,
            )
            for at, one in self._each
            if one.spans is not None and not self._is_other(at, one)
        ]

    def _is_other(self, at: int, one: Judgement) -> bool:
        return one.text is not None and one.text != self._texts[one.system][at]

    def notes(self) -> list[str]:
        """What a reader must know."""
        others = [one for at, one in self._each if self._is_other(at, one)]
        if not others:
            return []
        return [
            f"{len(others)} of {len(self._each)} judged translations are not the stored ones to "
            f"the letter, the first at {others[0].where}: errors marked in them take no part"
        ]

    def spans(self, markers: Sequence[Marker]) -> tuple[SpanAgreement, ...]:
        """Every metric that marks errors, and the sentinel; nothing where nobody marks any."""
        if not self._judged or not markers:
            return ()
        everyone = [*markers, whole_translation(self._judged)]
        return tuple(span_agreement(one, self._judged, self._humans.counts) for one in everyone)

    def between_raters(self) -> SpanScores | None:
        """How far the errors that raters mark are the same."""
        return between_raters(self._judged, self._humans.counts)

    def error_free(
        self, grids: Sequence[MetricGrid], markers: Sequence[Marker]
    ) -> tuple[ErrorFreeDetection, ...]:
        """How well each metric finds the translations without an error.

        Args:
            grids: The metrics, on the whole set.
            markers: What metrics mark.
        """
        found = self._free(self._humans.scores)
        if found is None:
            return ()
        free, rule = found
        marked = {one.name: one for one in markers}
        detected = (
            error_free_detection(grid, free, self._humans, rule, marked.get(grid.name))
            for grid in grids
        )
        return tuple(one for one in detected if one is not None)

    def _free(self, scores: NDArray[np.float64]) -> tuple[NDArray[np.bool_], str] | None:
        """Where people find no error, and by which rule; None where they mark none."""
        spans = [(at, one.system, one.spans) for at, one in self._each if one.spans is not None]
        if not spans:
            mqm = self._file.protocol == "mqm"
            return (scores == 0, FULL_MARK) if mqm else None
        with_error = np.zeros(scores.shape, dtype=bool)
        for at, system, marked in spans:
            with_error[self._numbers[system], at] |= bool(marked)
        if self._file.protocol == "esa":
            return ~with_error & (scores >= error_free.GOOD), GOOD_AND_NO_ERROR
        return ~with_error, NO_ERROR


def marker_of(
    name: str, ids: Sequence[str], annotations: Sequence[Mapping[str, Json]]
) -> Marker | None:
    """What a metric marked, from its stored annotations.

    Args:
        name: The metric.
        ids: Of the segments.
        annotations: For each system, segment id → what the metric kept of it.

    Returns:
        None where it marks no errors.
    """
    positions = {segment: at for at, segment in enumerate(ids)}
    found: dict[tuple[int, int], list[ErrorSpan]] = {}
    marks, placeless = False, 0
    for number, kept in enumerate(annotations):
        for segment, one in kept.items():
            if not isinstance(one, dict) or "error_spans" not in one or segment not in positions:
                continue
            marks = True
            placeless += len(one.get("unlocated", ()))
            found[number, positions[segment]] = [
                ErrorSpan(span["start"], span["end"], str(span["severity"]).lower())
                for span in one["error_spans"]
            ]
    return Marker(name, found, placeless) if marks else None
