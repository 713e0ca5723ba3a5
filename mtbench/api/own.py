"""Functions and objects of a user's own among the systems and metrics of a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mtbench.errors import RequestError
from mtbench.functions import name_of

if TYPE_CHECKING:
    from mtbench.config import Workspace
    from mtbench.pipeline.resolve import ResolvedSystem
    from mtbench.plugins import Metric
    from mtbench.types import Json, Runtime

Systems = Sequence[Any] | Mapping[str, Any]
Metrics = Sequence["str | Callable[..., Any] | Metric"]


def systems(
    models: Systems, space: Workspace
) -> tuple[tuple[str, ...], tuple[ResolvedSystem, ...]]:
    """Names of systems, and the systems that no name stands for.

    Args:
        models: Names, functions and objects; or name → any of these.
        space: Where cards are.
    """
    if isinstance(models, Mapping):
        return (), tuple(_system(name, one, space) for name, one in models.items())
    _check_list("models", models)
    named = tuple(one for one in models if isinstance(one, str))
    others = (one for one in models if not isinstance(one, str))
    return named, tuple(_system(name_of(one), one, space) for one in others)


def _check_list(what: str, given: object) -> None:
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise RequestError(f"{what}: a list, not {given!r:.60}", hint=f"[{given!r:.60}]")


def _system(name: str, thing: Any, space: Workspace) -> ResolvedSystem:
    from mtbench.backends.python import Python
    from mtbench.config import find_system, folder_name
    from mtbench.pipeline.resolve import ResolvedSystem, resolve_system
    from mtbench.types import SystemCard

    if isinstance(thing, str):
        card = find_system(thing, space.models)
        return resolve_system(card.model_copy(update={"name": name, "inline": True}))
    code = thing if hasattr(thing, "__qualname__") else type(thing)
    call = f"{getattr(code, '__module__', None) or 'builtins'}:{code.__qualname__}"
    card = SystemCard(name=name, backend="python", options={"call": call}, inline=True)
    options = Python.Options(call=call)
    return ResolvedSystem(card, Python.of(thing), options, folder_name(card))


def metrics(
    given: Metrics, options: Mapping[str, Mapping[str, Json]], runtime: Runtime
) -> tuple[tuple[str, ...], dict[str, Metric]]:
    """Names of metrics in their order, and those of them that no name stands for.

    Raises:
        RequestError: If something is no metric or two have one name.
    """
    from mtbench.pipeline.own import own_metrics

    _check_list("metrics", given)
    return own_metrics(given, options, runtime)
