"""From a test set and outputs to COMET's statistics: equal work once, in bounded memory."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from mtbench.checkpoints.batches import block_on
from mtbench.errors import MetricError
from mtbench.metrics.comet.session import Advance as Steps
from mtbench.metrics.comet.session import Reply, Request
from mtbench.plugins import Advance, Array, MeanMetric, Scorer
from mtbench.types import Json, ScoringView

log = logging.getLogger(__name__)

_ROOM = 14  # systems in a block whose batches are fixed by content


class Scoring(Protocol):
    """What a scorer asks of a session; see ``CometSession``."""

    def score(self, request: Request, advance: Steps) -> Reply:
        """Scores segments of several systems at once."""


class CometScorer(Scorer):
    """COMET made ready for one test set.

    Args:
        name: Of the metric.
        session: With its checkpoint loaded.
        view: The test set.
        with_reference: Whether references are read.
        loaded: What the session said when it loaded.
    """

    fixed_notes = frozenset({"limit"})

    def __init__(
        self,
        name: str,
        session: Scoring,
        view: ScoringView,
        with_reference: bool,
        loaded: Mapping[str, Any],
    ) -> None:
        if view.sources is None:
            raise MetricError(f"{name} was given no sources")
        self._name = name
        self._session = session
        self._ids = view.ids
        self._pair = view.pair
        self._sources = view.sources
        self._references = view.references if with_reference else None
        self._loaded = loaded
        self.block = block_on(str(loaded.get("device", "cpu")))
        self._told = False
        self._batches: str | None = None
        self._annotations: dict[str, dict[str, Json]] = {}
        self._notes: dict[str, dict[str, Json]] = {}

    def statistics(
        self, outputs: Mapping[str, Sequence[str]], advance: Advance | None = None
    ) -> dict[str, Array]:
        """Rows ``(score, 1)`` of all systems; several references are averaged."""
        count = len(self._ids)
        for system, hypotheses in outputs.items():
            if len(hypotheses) != count:
                raise MetricError(f"{system}: {len(hypotheses)} hypotheses, {count} segments")
        names = list(outputs)
        scores = {name: np.zeros(count, dtype=np.float64) for name in names}
        cuts: dict[str, dict[str, list[str]]] = {name: {} for name in names}
        self._annotations |= {name: {} for name in names}
        # Where a block's content is what its batches follow from, its size may not follow from
        # how many systems there are.
        room = _ROOM if self._loaded.get("batches") == "content" else max(1, len(names))
        references = len(self._references[0]) if self._references and count else 0
        size = max(1, self._loaded["texts"] // (room + 1 + references))
        for start in range(0, count, size):
            block = range(start, min(start + size, count))
            for first in range(0, len(names), room):
                some = {name: outputs[name] for name in names[first : first + room]}
                self._score_block(block, some, scores, cuts, advance)
        for name in names:
            self._notes[name] = self._facts(outputs[name], cuts[name])
        return {name: MeanMetric.rows(scores[name]) for name in names}

    def annotations(self, system: str) -> Mapping[str, Json]:
        """Segment id → error spans, where the checkpoint marks them."""
        return self._annotations.get(system, {})

    def notes(self, system: str) -> Mapping[str, Json]:
        """Inputs cut, hypotheses empty or copied from the source."""
        return self._notes.get(system, {})

    def _score_block(
        self,
        block: range,
        outputs: Mapping[str, Sequence[str]],
        scores: dict[str, Array],
        cuts: dict[str, dict[str, list[str]]],
        advance: Advance | None,
    ) -> None:
        texts: dict[str, int] = {}

        def number(text: str) -> int:
            return texts.setdefault(text, len(texts))

        systems: list[dict[tuple[int, int, int], int]] = []
        wanted: list[list[list[int]]] = []
        for hypotheses in outputs.values():
            known: dict[tuple[int, int, int], int] = {}
            places = []
            for at in block:
                references = self._references[at] if self._references else (None,)
                source, hypothesis = number(self._sources[at]), number(hypotheses[at])
                keys = [
                    (source, -1 if one is None else number(one), hypothesis) for one in references
                ]
                places.append([known.setdefault(key, len(known)) for key in keys])
            systems.append(known)
            wanted.append(places)
        request = {"texts": list(texts), "systems": [list(map(list, s)) for s in systems]}
        progress = _Progress(len(block) * len(systems), advance)
        reply = self._session.score(request, progress.step)
        progress.finish()
        if reply["problem"] and not self._told:
            log.warning("%s; going on without them", reply["problem"])
            self._told = True
        self._batches = reply.get("batches")
        numbers = set(reply["cut"])
        cut = {text for text, at in texts.items() if at in numbers}
        for which, name in enumerate(outputs):
            found, spans = reply["scores"][which], (reply.get("spans") or {which: None})[which]
            joined = set(reply["joined"][which])
            for at, mine in zip(block, wanted[which], strict=True):
                scores[name][at] = np.mean([found[place] for place in mine])
                self._mark_cuts(cuts[name], at, outputs[name][at], cut, bool(joined & set(mine)))
                if spans is not None:
                    self._annotations[name][self._ids[at]] = _error_spans(spans, mine)

    def _mark_cuts(
        self,
        cuts: dict[str, list[str]],
        at: int,
        hypothesis: str,
        cut: set[str],
        joined: bool,
    ) -> None:
        references = self._references[at] if self._references else ()
        for side, long in (
            ("source", self._sources[at] in cut),
            ("reference", any(one in cut for one in references)),
            ("hypothesis", hypothesis in cut),
            ("joined", joined),
        ):
            if long:
                cuts.setdefault(side, []).append(self._ids[at])

    def _facts(self, hypotheses: Sequence[str], cuts: dict[str, list[str]]) -> dict[str, Json]:
        bare = [
            (hyp.strip(), src.strip()) for hyp, src in zip(hypotheses, self._sources, strict=True)
        ]
        found: dict[str, Json] = {
            "empty": sum(not hypothesis for hypothesis, _ in bare),
            "copied_source": sum(bool(hyp) and hyp == src for hyp, src in bare),
        }
        if cuts:
            found["cut"] = {"limit": self._loaded.get("limit"), **cuts}
        if self._batches:
            found["batches"] = self._batches
        if "checked" in self._loaded:
            found["checked"] = self._loaded["checked"]
        return found


class _Progress:
    """Sequences done, told as segments done."""

    def __init__(self, segments: int, advance: Advance | None) -> None:
        self._segments = segments
        self._advance = advance
        self._told = 0

    def step(self, done: int, total: int) -> None:
        self._tell(self._segments * done // max(total, 1))

    def finish(self) -> None:
        self._tell(self._segments)

    def _tell(self, reached: int) -> None:
        if self._advance is not None and reached > self._told:
            self._advance(reached - self._told)
        self._told = max(self._told, reached)


def _error_spans(spans: Sequence[list[dict[str, Json]]], places: Sequence[int]) -> Json:
    """The spans of a segment; with several references, those found against each."""
    if len(places) == 1:
        return {"error_spans": spans[places[0]]}
    return {
        "error_spans": [
            {**span, "reference": number}
            for number, place in enumerate(places, start=1)
            for span in spans[place]
        ]
    }
