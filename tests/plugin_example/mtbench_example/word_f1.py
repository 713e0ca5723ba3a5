"""A metric from counts: the F1 of words, whatever their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from mtbench.plugins import Advance, Array, Metric, Scorer
from mtbench.types import MetricInfo, Record, ScoringView, Signature


class WordF1(Metric):
    """F1 of the words of hypothesis and best reference, over a whole test set.

    A row holds what can be summed over segments: words in common, words of the hypothesis, words
    of the reference. The score of any subset follows from the sum of its rows.
    """

    class Options(Record):
        """What counts as the same word.

        Attributes:
            lowercase: Whether case is ignored.
        """

        lowercase: bool = False

    options: Options

    @property
    def info(self) -> MetricInfo:
        """Needs references; 0 to 100."""
        return MetricInfo(
            name="word-f1",
            title="Word F1",
            needs=("reference",),
            bounds=(0.0, 100.0),
            segment_level="indicative",
            licence="Apache-2.0",
            description="F1 of the words of hypothesis and reference, whatever their order.",
        )

    def signature(self, view: ScoringView) -> Signature:
        """All that a score depends on beside output and references."""
        return Signature.of(
            nrefs=view.reference_count or "var",
            case="lc" if self.options.lowercase else "mixed",
            tok="space",
            version="1.0",
        )

    def prepare(self, view: ScoringView) -> Scorer:
        """Splits the references once for all systems."""
        return _Counts(view.references or (), lowercase=self.options.lowercase)

    def pool(self, totals: Array) -> Array:
        """Scores from sums of shape (..., 3); nothing on either side scores 0."""
        words = totals[..., 1] + totals[..., 2]
        return np.asarray(200.0 * totals[..., 0] / np.maximum(words, 1.0))


class _Counts(Scorer):
    def __init__(self, references: Sequence[Sequence[str]], *, lowercase: bool) -> None:
        self._lowercase = lowercase
        self._references = [[self._words(text) for text in texts] for texts in references]

    def _words(self, text: str) -> Counter[str]:
        return Counter((text.lower() if self._lowercase else text).split())

    def statistics(
        self, outputs: Mapping[str, Sequence[str]], advance: Advance | None = None
    ) -> dict[str, Array]:
        found = {}
        for name, texts in outputs.items():
            rows = [
                self._row(self._words(text), references)
                for text, references in zip(texts, self._references, strict=True)
            ]
            found[name] = np.asarray(rows, dtype=np.float64).reshape(-1, 3)
            if advance is not None:
                advance(len(texts))
        return found

    def _row(self, words: Counter[str], references: Sequence[Counter[str]]) -> tuple[int, int, int]:
        best = max(references, key=lambda reference: (words & reference).total())
        return (words & best).total(), words.total(), best.total()
