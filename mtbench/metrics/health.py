"""The metric ``health``: the share of segments with nothing wrong at first sight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mtbench.health.flags import NAMES, faulty
from mtbench.health.look import KeptLook, Looker, signature
from mtbench.metrics.guards import checked_column
from mtbench.seams import Advance, Array, Metric, Scorer
from mtbench.types import Json, MetricInfo, Runtime, ScoringView, Signature


class Health(Metric):
    """Share of segments without a flag, in per cent.

    A row is ``(segments, flagged segments, one count per flag …)``. The flags are those that every
    output is looked at for when it is complete.
    """

    @property
    def info(self) -> MetricInfo:
        """What output health is and needs."""
        return MetricInfo(
            name="health",
            quality=False,
            title="Health",
            needs=("source",),
            uses=("reference",),
            bounds=(0.0, 100.0),
            licence="Apache-2.0",
            extra="text",
            description="Share of segments with nothing wrong at first sight: not empty, copied, "
            "off-target, looping, chatting, far too long or short, without lost numbers or URLs.",
            reference="mtbench",
        )

    def signature(self, view: ScoringView) -> Signature:
        """The detectors' number, whether references helped, and the identifier of languages."""
        return signature(references=bool(view.references))

    def prepare(self, view: ScoringView) -> Scorer:
        """A scorer for one test set."""
        return _HealthScorer(view, self.runtime)

    def pool(self, totals: Array) -> Array:
        """Share of segments without a flag: (..., k) → (...), in per cent."""
        return np.asarray(100.0 * (1.0 - totals[..., 1] / totals[..., 0]), dtype=np.float64)


class _HealthScorer(Scorer):
    def __init__(self, view: ScoringView, runtime: Runtime) -> None:
        self._view = view
        self._looker = Looker(
            view.pair,
            view.ids,
            view.sources or ("",) * len(view.ids),
            view.references or ((),) * len(view.ids),
            runtime.engine,
        )
        self._found: dict[str, KeptLook] = {}
        self._counts: dict[str, dict[str, int]] = {}

    def statistics(
        self, outputs: Mapping[str, Sequence[str]], advance: Advance | None = None
    ) -> dict[str, Array]:
        """Counts: system → array of shape (n, 2 + flags)."""
        found = {}
        for system, hypotheses in outputs.items():
            texts = checked_column(system, hypotheses, self._view)
            looked = self._looker.look(texts, advance)
            self._found[system], self._counts[system] = KeptLook(looked), looked.counts()
            rows = np.zeros((len(texts), 2 + len(NAMES)), dtype=np.float64)
            rows[:, 0] = 1.0
            for at, name in enumerate(self._view.ids):
                if flags := looked.evidence.get(name):
                    rows[at, 1] = faulty(flags)
                    rows[at, 2:] = [flag in flags for flag in NAMES]
            found[system] = rows
        return found

    def annotations(self, system: str) -> Mapping[str, Json]:
        """Segment id → flag → evidence."""
        return self._found[system].looked().evidence if system in self._found else {}

    def notes(self, system: str) -> Mapping[str, Json]:
        """Flag → number of segments."""
        return self._counts.get(system, {})
