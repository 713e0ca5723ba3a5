"""What can be counted over an output without a score: empty, copied, off-target …"""

from __future__ import annotations

from collections.abc import Sequence

from mtbench import score as scoring
from mtbench.errors import Unavailable
from mtbench.plugins import Scorer, make_metric
from mtbench.types import Hypothesis, RunRecord, Runtime, TestSet


class Surface:
    """Counts over outputs; what is to be found out of a test set itself is found out once."""

    def __init__(self) -> None:
        self._test_set: TestSet | None = None
        self._scorer: Scorer | None = None

    def of(
        self, test_set: TestSet, hypotheses: Sequence[Hypothesis], stored: RunRecord | None = None
    ) -> dict[str, float]:
        """The counts; those already stored for this very test set are not made again."""
        if stored is not None and stored.testset_digest == test_set.digest() and stored.health:
            return dict(stored.health)
        found = scoring.surface(test_set, hypotheses)
        scorer = self._health(test_set)
        if scorer is None:
            return found
        scorer.statistics({"it": [hypothesis.text or "" for hypothesis in hypotheses]})
        return {**{flag: float(n) for flag, n in scorer.notes("it").items()}, **found}

    def _health(self, test_set: TestSet) -> Scorer | None:
        if self._test_set is not test_set:
            self._test_set, self._scorer = test_set, _prepared(test_set)
        return self._scorer


def _prepared(test_set: TestSet) -> Scorer | None:
    metric = make_metric("health", {}, Runtime())
    try:
        metric.check()
    except Unavailable:
        return None  # without an identifier of languages the columns stay empty
    return metric.prepare(scoring.view(test_set, metric.info))
