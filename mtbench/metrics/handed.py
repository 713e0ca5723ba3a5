"""A metric object or class of one's own, without a package around it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, cast

from mtbench.errors import RequestError
from mtbench.functions import UNPINNED, identity
from mtbench.metrics.imported import Imported
from mtbench.plugins import METRICS, Blocks, MeanMetric, Metric, parse_options
from mtbench.types import Json, Runtime, ScoringView, Signature


def handed(
    thing: Metric | type[Metric], options: Mapping[str, Json], runtime: Runtime, where: str
) -> Metric:
    """A metric that was handed over, ready to be planned with.

    Its signature gets the digest of its code. Where its score is the mean of its segments' scores,
    what is stored reads anywhere as scores that were made elsewhere; where it pools otherwise, its
    class is lent to the registry, and another process shows the score without ranking by it.

    Args:
        thing: An object, or a class to make one of.
        options: Of a class.
        runtime: Of the call; an object that was made with another one keeps that.
        where: What messages call it.

    Raises:
        RequestError: If it cannot be made, or an object is given options.
    """
    if isinstance(thing, type):
        metric = _made(thing, options, runtime, where)
    elif options:
        raise RequestError(
            f"{where}: an object has its options already", hint="hand over its class, or set them"
        )
    else:
        metric = thing
    for name in ("options", "runtime"):
        if not hasattr(metric, name):
            raise RequestError(
                f"{where}: it has no {name}", hint="call super().__init__() in its own"
            )
    kind = type(metric)
    name = metric.info.name
    if name in METRICS.origins() and METRICS.get(name) is kind:
        return metric
    if not _is_mean(kind):
        _made(kind, metric.options.model_dump(), runtime, where)  # as whoever reads scores does
        METRICS.lend(name, kind)
    attributes = {
        "code": identity(metric, kind, metric.options, _attributes(metric)),
        # A leaderboard of several such calls shows the last one: its signature sorts first.
        "call": f"{(1 << 48) - time.time_ns() // 1_000_000:012x}",
        "runtime": property(lambda _: runtime if metric_runtime == Runtime() else metric_runtime),
        "__doc__": kind.__doc__,
    }
    metric_runtime = metric.runtime
    live: Any = object.__new__(type(kind.__name__, (_Handed, kind), attributes))
    live.__dict__ = metric.__dict__  # one and the same object, signed otherwise
    return cast("Metric", live)


def _made(kind: type[Metric], options: Mapping[str, Any], runtime: Runtime, where: str) -> Metric:
    given = parse_options(kind.Options, options, where)
    try:
        return kind(given, runtime)
    except TypeError as error:
        raise RequestError(
            f"{where}: a metric is made from options and runtime",
            why=str(error),
            hint="def __init__(self, options, runtime), or hand over an object whose score is the "
            "mean of its segments (MeanMetric)",
        ) from error


def _is_mean(kind: type[Metric]) -> bool:
    same = kind.segment_scores is Metric.segment_scores
    return issubclass(kind, MeanMetric) and kind.pool is MeanMetric.pool and same


def _attributes(metric: Metric) -> dict[str, Any]:
    return {k: v for k, v in sorted(vars(metric).items()) if k not in ("options", "runtime")}


class _Handed(Metric):
    """What stands before a class that was handed over."""

    code: str
    call: str

    def signature(self, view: ScoringView) -> Signature:
        """Its own, with the digest of the code; of unpinned code, what no other call has."""
        found = super().signature(view)  # type: ignore[safe-super]
        more = {"code": self.code} | ({"call": self.call} if self.code == UNPINNED else {})
        if taken := next((key for key in more if found.get(key) is not None), None):
            raise RequestError(
                f"{self.info.name}: its signature has a field {taken}, which is added to it",
                hint="call that field otherwise",
            )
        return found.plus(**more)

    def reader(self) -> Metric:
        """As scores that were made elsewhere, where they are read alike."""
        return Imported.reading(self.info, self.runtime) if _is_mean(type(self)) else self

    def blocks(self) -> Blocks | None:
        """None: no other process can make it."""
        return None
