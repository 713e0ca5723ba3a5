"""What can be counted over an output without a score: empty, copied, off-target …"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mtbench.errors import Unavailable
from mtbench.plugins import Metric, Scorer, make_metric
from mtbench.stages import scoring
from mtbench.types import Hypothesis, RunRecord, Runtime, TestSet


class Counts(NamedTuple):
    """What was counted, and the signature of what did."""

    values: dict[str, float]
    signature: str


class Surface:
    """Counts over outputs; what is to be found out of a test set itself is found out once."""

    def __init__(self) -> None:
        self._test_set: TestSet | None = None
        self._scorer: Scorer | None = None
        self._metric = _health()
        self._signature = ""

    def of(
        self, test_set: TestSet, hypotheses: Sequence[Hypothesis], stored: RunRecord | None = None
    ) -> Counts:
        """The counts; those already stored, of this test set and detectors, are not made again."""
        self._turn_to(test_set)
        signature = self._signature
        if (
            stored is not None
            and stored.health
            and stored.testset_digest == test_set.digest()
            and (self._metric is None or stored.health_signature == signature)
        ):
            return Counts(dict(stored.health), stored.health_signature)
        found = scoring.surface(test_set, hypotheses)
        if self._metric is None:
            return Counts(found, signature)
        if self._scorer is None:
            self._scorer = self._metric.prepare(scoring.view(test_set, self._metric.info))
        scorer = self._scorer
        scorer.statistics({"it": [hypothesis.text or "" for hypothesis in hypotheses]})
        flags = {flag: float(n) for flag, n in scorer.notes("it").items()}
        return Counts({**flags, **found}, signature)

    def _turn_to(self, test_set: TestSet) -> None:
        if self._test_set is test_set:
            return
        self._test_set, self._scorer = test_set, None
        if self._metric is not None:
            view = scoring.view(test_set, self._metric.info)
            self._signature = str(self._metric.signature(view))


def _health() -> Metric | None:
    metric = make_metric("health", {}, Runtime())
    try:
        metric.check()
    except Unavailable:
        return None  # without an identifier of languages the columns stay empty
    return metric
