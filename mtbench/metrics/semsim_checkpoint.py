"""``semsim`` with a sentence encoder that is a checkpoint, on whatever device there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mtbench.checkpoints.batches import block_on
from mtbench.encoders.checkpoint import CheckpointEncoder
from mtbench.metrics.guards import checked_column
from mtbench.plugins import Advance, Array, MeanMetric, Scorer
from mtbench.types import Json, ScoringView


class CheckpointScorer(Scorer):
    """Semantic similarity under a checkpoint, made ready for one test set.

    References are encoded together, and each system's hypotheses: where a vector may depend on its
    batch, who else is scored does not change it. Elsewhere no text is encoded twice in a block.

    Args:
        encoder: Loaded.
        device: Where it is.
        view: The test set.
        references: Its references, at least one per segment.
    """

    fixed_notes = frozenset({"limit"})

    def __init__(
        self,
        encoder: CheckpointEncoder,
        device: str,
        view: ScoringView,
        references: Sequence[tuple[str, ...]],
    ) -> None:
        self.block = block_on(device)
        self._encoder = encoder
        self._view = view
        self._references = references
        self._notes: dict[str, dict[str, Json]] = {}

    def statistics(
        self, outputs: Mapping[str, Sequence[str]], advance: Advance | None = None
    ) -> dict[str, Array]:
        """Rows ``(similarity, 1)``.

        Raises:
            DataError: If a system has not exactly one hypothesis per segment.
            Unavailable: If the device's memory does not hold a single text.
        """
        columns = {name: checked_column(name, texts, self._view) for name, texts in outputs.items()}
        theirs = self._encoded([one for several in self._references for one in several], {})
        long = [self._too_long(several) for several in self._references]
        found: dict[str, Array] = {}
        for name, texts in columns.items():
            known = {} if self._encoder.feed.by_content else theirs
            mine = self._encoded(texts, known)
            known.update(mine)
            found[name] = MeanMetric.rows(
                [
                    similarity(text, several, mine, theirs)
                    for text, several in zip(texts, self._references, strict=True)
                ]
            )
            self._notes[name] = self._facts(texts, long)
            if advance:
                advance(len(texts))
        return found

    def notes(self, system: str) -> Mapping[str, Json]:
        """Empty hypotheses, texts of which the encoder read the beginning alone, batches."""
        return self._notes.get(system, {})

    def _encoded(self, texts: Sequence[str], known: Mapping[str, Array]) -> dict[str, Array]:
        wanted = list(dict.fromkeys(text for text in texts if text.strip()))
        new = [text for text in wanted if text not in known]
        vectors = self._encoder.encode(new).astype(np.float64)
        fresh = dict(zip(new, vectors, strict=True))
        return {text: fresh[text] if text in fresh else known[text] for text in wanted}

    def _too_long(self, texts: Sequence[str]) -> bool:
        return any(self._encoder.too_long(texts))

    def _facts(self, texts: Sequence[str], long: Sequence[bool]) -> dict[str, Json]:
        facts: dict[str, Json] = {"empty_hypotheses": sum(not text.strip() for text in texts)}
        ids = self._view.ids
        cut = {
            side: [one for one, is_long in zip(ids, flags, strict=True) if is_long]
            for side, flags in (("hypothesis", self._encoder.too_long(texts)), ("reference", long))
        }
        if any(cut.values()):
            there = {side: list(names) for side, names in cut.items() if names}
            facts["cut"] = {"limit": self._encoder.limit, **there}
        if said := self._encoder.feed.said():
            facts["batches"] = said
        return facts


def similarity(
    hypothesis: str,
    references: Sequence[str],
    mine: Mapping[str, Array],
    theirs: Mapping[str, Array],
) -> float:
    """Mean cosine of a hypothesis and its references; 0 where either has nothing to compare.

    Args:
        hypothesis: The embedding of an empty text is no meaning to compare with.
        references: At least one.
        mine: Unit vectors of hypotheses, by text.
        theirs: Unit vectors of references, by text.

    Example:
        >>> unit = {"a": np.array([1.0, 0.0]), "b": np.array([0.0, 1.0])}
        >>> similarity("a", ["a", "b"], unit, unit)
        0.5
    """
    if not hypothesis.strip():
        return 0.0
    cosines = [
        float(np.clip(mine[hypothesis] @ theirs[reference], -1.0, 1.0))
        if reference.strip()
        else 0.0
        for reference in references
    ]
    return sum(cosines) / len(cosines)
