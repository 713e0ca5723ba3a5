"""Metrics of a user's own among those of a call: functions, classes and objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from mtbench.config import check_name
from mtbench.errors import RequestError
from mtbench.functions import found_at, name_of
from mtbench.metrics.function import Function
from mtbench.metrics.handed import handed
from mtbench.metrics.shorthands import OWN
from mtbench.plugins import METRICS, Metric, parse_options
from mtbench.types import Json, Runtime


def own_metrics(
    given: Sequence[Any], options: Mapping[str, Mapping[str, Json]], runtime: Runtime
) -> tuple[tuple[str, ...], dict[str, Metric]]:
    """Names of metrics in their order, and those of them that no package provides.

    Args:
        given: Names, ``python:MODULE:NAME``, functions, metrics and classes of metrics.
        options: Name → options, as they were given.
        runtime: Of the call.

    Raises:
        RequestError: If something is no metric, cannot be had, or two have one name.
    """
    names: list[str] = []
    own: dict[str, Metric] = {}
    for one in given:
        if isinstance(one, str) and not one.startswith(OWN):
            names.append(one)
            continue
        thing = found_at(one.removeprefix(OWN)) if isinstance(one, str) else one
        metric = _metric(thing, options, runtime)
        name = metric.info.name
        if name in own or (name in METRICS.origins() and METRICS.get(name) is not type(metric)):
            raise RequestError(f"a metric is called {name} already", hint="name yours otherwise")
        check_name(name, "metrics")
        own[name] = metric
        names.append(name)
    return tuple(dict.fromkeys(names)), own


def _metric(thing: Any, options: Mapping[str, Mapping[str, Json]], runtime: Runtime) -> Metric:
    if isinstance(thing, Metric):
        return handed(thing, options.get(thing.info.name, {}), runtime, thing.info.name)
    if isinstance(thing, type) and issubclass(thing, Metric):
        return _of_class(thing, options, runtime)
    if not callable(thing):
        raise RequestError(f"metrics: neither a name nor a function nor a metric: {thing!r:.60}")
    name = name_of(thing)
    kind = Function.of(cast("Callable[..., Any]", thing))
    values = {"name": name, **options.get(name, {})}
    return kind(parse_options(kind.Options, values, name), runtime)


def _of_class(
    kind: type[Metric], options: Mapping[str, Mapping[str, Json]], runtime: Runtime
) -> Metric:
    """Made twice: only an object says its name, by which its options were given."""
    if kind.__abstractmethods__:
        missing = ", ".join(sorted(kind.__abstractmethods__))
        raise RequestError(f"{kind.__name__} is no whole metric", why=f"it lacks {missing}")
    name = handed(kind, {}, runtime, kind.__name__).info.name
    return handed(kind, options.get(name, {}), runtime, name)
