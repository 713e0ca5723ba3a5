"""Back ends and metrics at work in other processes or on other machines.

Neither travels alive: what crosses is a name of the registry, options, direction and runtime, and
there it is made and entered again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

import numpy as np

from mtbench.engine.work import Crew, Worker, crew, size_of
from mtbench.errors import MetricError, SegmentError
from mtbench.languages import LanguagePair
from mtbench.plugins import (
    Advance,
    Array,
    Backend,
    Metric,
    Scorer,
    make_backend,
    make_metric,
)
from mtbench.processes.pipe import ShardLost, WorkerLost
from mtbench.types import (
    Engine,
    Json,
    Runtime,
    ScoredBlock,
    ScoringView,
    Source,
    Translation,
)

Answers = Sequence[str | Translation | SegmentError]
Part = tuple[ScoringView, Mapping[str, Sequence[str]]]
"""A part of a test set, and every system's hypotheses for it."""


def placed(name: str, backend: Backend) -> Backend:
    """The back end where ``runtime.engine`` has work done: itself, or one that is elsewhere.

    Args:
        name: Of the back end in the registry.
        backend: Checked, not entered.

    Example:
        >>> from mtbench.plugins import make_backend
        >>> one = make_backend("identity", {}, LanguagePair.parse("en-it"), Runtime())
        >>> placed("identity", one) is one
        True
    """
    elsewhere = backend.travels and backend.runtime.engine.elsewhere
    return Elsewhere(name, backend) if elsewhere else backend


class Elsewhere(Backend):
    """A back end at work elsewhere; as many calls at once as there are workers.

    Args:
        name: Of the back end in the registry.
        backend: How it is made; it stays as it is, without weights.
    """

    def __init__(self, name: str, backend: Backend) -> None:
        super().__init__(backend.options, backend.pair, backend.runtime)
        self.batching = backend.batching
        self.by_id = backend.by_id
        self.unit = backend.unit
        self.realigns = backend.realigns
        gpu = backend.runtime.device != "cpu"
        self.max_concurrency = size_of(backend.runtime.engine, shared=False, gpu=gpu)
        self._worker = Worker(
            factory="mtbench.stages.travel:translator",
            arguments={"backend": name, "pair": str(backend.pair)} | _settings(backend),
            gpu=gpu,
        )
        self._crew: Crew | None = None
        self._used: dict[str, float] = {}
        self._counting = threading.Lock()

    def __enter__(self) -> Elsewhere:
        self._crew = crew(self._worker, self.max_concurrency, self.runtime.engine)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        workers, self._crew = self._crew, None
        if workers is not None:
            workers.end()

    def provenance(self) -> dict[str, Json]:
        """What takes part, as one of the workers says."""
        found: dict[str, Json] = self._ask(None)
        return found

    def translate(self, batch: Sequence[Source]) -> Answers:
        """The answers of the next worker that is free."""
        try:
            answers, used = self._ask(tuple(batch))
        except ShardLost as error:
            raise SegmentError(error.message, why=error.why, hint=error.hint) from error
        with self._counting:
            for name, amount in used.items():
                self._used[name] = self._used.get(name, 0.0) + amount
        found: Answers = answers
        return found

    def usage(self) -> dict[str, float]:
        """Sums over the workers."""
        with self._counting:
            return dict(self._used)

    def _ask(self, item: Any) -> Any:
        if self._crew is None:
            raise RuntimeError("asked before it was entered")
        return self._crew.ask(item)


def translator(
    backend: str, pair: str, options: Mapping[str, Json], runtime: Mapping[str, Json]
) -> Callable[[tuple[Source, ...] | None], Any]:
    """A back end made and entered in this process, for as long as the process lives.

    Returns:
        Batch → answers, and what they added to its usage; None → its provenance.
    """
    made = make_backend(
        backend, options, LanguagePair.parse(pair), Runtime.model_validate(dict(runtime))
    )
    made.check()
    entered = made.__enter__()

    def work(batch: tuple[Source, ...] | None) -> Any:
        if batch is None:
            return entered.provenance()
        before = entered.usage()
        answers = list(entered.translate(batch))
        return answers, {k: v - before.get(k, 0.0) for k, v in entered.usage().items()}

    return work


def scoring(metric: Metric) -> Worker:
    """A metric as it travels: what scores a ``Part``, whole blocks at a time."""
    return Worker(
        factory="mtbench.stages.travel:scored",
        arguments={"metric": metric.kind or metric.info.name} | _settings(metric),
        shared=False,
        gpu=metric.runtime.device != "cpu",
    )


def scored(
    metric: str, options: Mapping[str, Json], runtime: Mapping[str, Json]
) -> Callable[[Part], dict[str, ScoredBlock]]:
    """A metric made and entered in this process, for as long as the process lives."""
    made = make_metric(metric, options, Runtime.model_validate(dict(runtime)))
    entered = made.__enter__()
    return lambda part: score_part(metric, entered.prepare(part[0]), part)


def unscored(part: Part, error: WorkerLost) -> dict[str, ScoredBlock]:
    """What stands for the blocks of a part at which several workers ended: no score, and why."""
    view, texts = part
    reasons = dict.fromkeys(view.ids, str(error))
    rows = np.zeros((len(view.ids), 0))
    return {name: ScoredBlock(ids=view.ids, rows=rows, unjudged=reasons) for name in texts}


def score_part(
    metric: str, scorer: Scorer, part: Part, advance: Advance | None = None
) -> dict[str, ScoredBlock]:
    """System → its block, in this process.

    Args:
        metric: Its name, for messages.
        scorer: Of this very part.
        part: What to score.
        advance: Called with the number of segments finished since the last call.

    Raises:
        MetricError: If the metric gives statistics of another shape.
    """
    view, texts = part
    rows = scorer.statistics(texts, advance)
    return {
        name: ScoredBlock(
            ids=view.ids,
            rows=_checked(rows.get(name), name, len(view.ids), metric),
            annotations=dict(scorer.annotations(name)),
            notes=dict(scorer.notes(name)),
        )
        for name in texts
    }


def _checked(table: Array | None, name: str, segments: int, metric: str) -> Array:
    if table is None or table.ndim != 2 or len(table) != segments:
        shape = None if table is None else table.shape
        raise MetricError(f"{metric} gave {name} statistics of shape {shape}, not ({segments}, k)")
    return table if table.dtype == np.uint16 else np.asarray(table, dtype=np.float64)


def _settings(made: Backend | Metric) -> dict[str, Json]:
    """Options and runtime as plain data; what travels does not send work on."""
    runtime = made.runtime.model_copy(update={"engine": Engine(processes=1)})
    return {
        "options": made.options.model_dump(mode="json", exclude_unset=True),
        "runtime": runtime.model_dump(mode="json"),
    }
