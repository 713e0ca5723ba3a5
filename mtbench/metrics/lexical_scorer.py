"""Counts of all systems of a call: references once, equal hypotheses once, checked at the end."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from mtbench.engine.work import Worker, naming, run
from mtbench.errors import MetricError
from mtbench.files.columns import few
from mtbench.metrics.counters import Block
from mtbench.metrics.guards import checked_column, require_characters
from mtbench.plugins import Advance, Array, Scorer
from mtbench.stages.scoring import narrowed
from mtbench.types import SAME_SCORE, Json, ScoringView

if TYPE_CHECKING:
    from mtbench.metrics.lexical_base import Lexical

BLOCK = 64  # segments counted at once
# Segments kept at a time: by BLEU some 20 s of work, and writing them takes a fiftieth of that.
# Less is counted again as fast.
KEPT = 1 << 17
SAMPLE = 16  # segments of each system that are scored again by sacreBLEU
BUDGET = 0.5  # seconds per system that this may take, by estimate


class LexicalScorer(Scorer):
    """A lexical metric made ready for one test set."""

    shares_out = True

    def __init__(self, metric: Lexical, view: ScoringView, sacrebleu: Any, worker: Worker) -> None:
        self.block = KEPT if len(view.ids) > KEPT else None
        self._metric = metric
        self._view = view
        self._sacrebleu = sacrebleu
        self._worker = worker
        self._references = view.references or ()
        self._empty: dict[str, int] = {}

    def statistics(
        self, outputs: Mapping[str, Sequence[str]], advance: Advance | None = None
    ) -> dict[str, Array]:
        """SacreBLEU's counts of every segment, equal hypotheses of a segment counted once.

        Raises:
            DataError: If a system has not exactly one hypothesis per segment.
            MetricError: If a sample of them does not give sacreBLEU's own score.
        """
        columns = {name: checked_column(name, texts, self._view) for name, texts in outputs.items()}
        if not columns:
            return {}
        self._check_characters(columns)
        places: deque[list[dict[str, int]]] = deque()
        counted = run(
            self._worker,
            self._blocks(columns, places),
            -(-len(self._references) // BLOCK),
            self._metric.runtime.engine,
            work=self._metric.counter(self._sacrebleu),
            lost=naming(self._view.ids, BLOCK),
        )
        parts: dict[str, list[Array]] = {name: [] for name in columns}
        start, held = 0, few(len(self._references))
        for rows in counted:
            block = places.popleft()
            for name, texts in columns.items():
                taken = rows[[place[texts[start + at]] for at, place in enumerate(block)]]
                parts[name].append(taken if held else narrowed(taken))
            start += len(block)
            if advance:
                advance(len(block) * len(columns))
        # Tables of all systems at once: of very many segments, narrow ones.
        found = {name: np.concatenate(parts.pop(name)) for name in columns}
        for number, (name, texts) in enumerate(columns.items()):
            self._verify(name, texts, found[name], number)
            self._empty[name] = sum(not text.strip() for text in texts)
        return found

    def _check_characters(self, columns: Mapping[str, Sequence[str]]) -> None:
        if not self._metric.reads_only_unicode(self._view.pair.target):
            return
        ids = self._view.ids
        require_characters("the references", map(" ".join, self._references), ids)
        for name, texts in columns.items():
            require_characters(name, texts, ids)

    def _blocks(
        self, columns: Mapping[str, Sequence[str]], places: deque[list[dict[str, int]]]
    ) -> Iterator[Block]:
        """Blocks for a counter; into ``places`` goes the row that each hypothesis will have."""
        for start in range(0, len(self._references), BLOCK):
            stop = min(start + BLOCK, len(self._references))
            block: list[dict[str, int]] = []
            row = count()
            for at in range(start, stop):
                texts = dict.fromkeys(texts[at] for texts in columns.values())
                block.append({text: next(row) for text in texts})
            places.append(block)
            yield self._references[start:stop], [tuple(place) for place in block]

    def notes(self, system: str) -> Mapping[str, Json]:
        """How many hypotheses are empty (they count as they are), and warnings of the metric."""
        return {
            "empty_hypotheses": self._empty[system],
            **self._metric.notes(self._view.pair.target),
        }

    def _verify(self, name: str, texts: Sequence[str], rows: Array, number: int) -> None:
        spread = sample_of(len(texts), SAMPLE, number)
        seconds = {
            at: self._metric.seconds_of_sacrebleu(texts[at], self._references[at]) for at in spread
        }
        sample = within_budget(seconds, BUDGET)
        width = max(len(self._references[at]) for at in sample)
        streams = [
            [dict(enumerate(self._references[at])).get(which) for at in sample]
            for which in range(width)
        ]
        theirs = self._sacrebleu.corpus_score([texts[at] for at in sample], streams).score
        ours = float(self._metric.pool(rows[sample].sum(axis=0, dtype=np.float64)))
        if not abs(ours - theirs) <= SAME_SCORE:
            raise MetricError(
                f"{self._metric.info.name} of {name} is not sacreBLEU's: {ours!r}, {theirs!r} "
                f"on {len(sample)} segments from {self._view.ids[sample[0]]} on",
                hint="this is a defect of mtbench or a version of sacreBLEU that it does not know",
            )


def sample_of(count: int, wanted: int, offset: int) -> list[int]:
    """Positions spread evenly over ``count`` items, other ones for another offset."""
    if count <= wanted:
        return list(range(count))
    step = count / wanted
    shift = offset * 0.618033988749895 % 1.0
    return sorted({int((number + shift) * step) for number in range(wanted)})


def within_budget(seconds: Mapping[int, float], budget: float) -> list[int]:
    """As many of the positions as fit, in their order; the cheapest one at least."""
    found: list[int] = []
    left = budget
    for at, cost in seconds.items():
        if cost <= left:
            found.append(at)
            left -= cost
    return found or [min(seconds, key=lambda at: seconds[at])]
