"""What is installed, reachable and able to run."""

from __future__ import annotations

import platform

from mtbench import __version__
from mtbench.checkpoints.hub import leftovers
from mtbench.checkpoints.network import reachable
from mtbench.config import Workspace, card_names, find_corpora, workspace
from mtbench.corpora import load as corpora
from mtbench.distribution import extras
from mtbench.errors import MtbenchError, RequestError
from mtbench.languages import LanguagePair
from mtbench.packages import try_out
from mtbench.pipeline.resolve import ResolvedSystem, resolve_systems
from mtbench.plugins import METRICS, make_metric
from mtbench.settings import read_settings
from mtbench.types import HeldCheckpoint, Json, Record, Runtime


class MetricHealth(Record):
    """Whether a metric can run here."""

    name: str
    runs: bool
    answer: str


class SystemHealth(Record):
    """Which directions of a system can run here."""

    name: str
    baseline: bool
    pairs: tuple[str, ...]
    why_not: str | None


class Diagnosis(Record):
    """What ``mtbench doctor`` says.

    Attributes:
        broken: Optional package that is installed and cannot be imported → why.
        weights: Metric → its weights that are here; weights of several metrics stand under the
            first of them.
        leftovers: Parts of killed downloads in the hub's cache, which nothing reads: how many
            files, and their bytes.
        settings: Name → what ``[tool.mtbench]`` of the workspace's ``pyproject.toml`` sets.
        unserved: Directions of the corpora here that only baselines can serve here.
    """

    version: str
    python: str
    platform: str
    cache: str
    hub_reachable: bool
    extras: dict[str, dict[str, str | None]]
    broken: dict[str, str]
    metrics: tuple[MetricHealth, ...]
    weights: dict[str, tuple[HeldCheckpoint, ...]]
    leftovers: tuple[int, int]
    systems: tuple[SystemHealth, ...]
    settings: dict[str, Json]
    unserved: tuple[str, ...]


def diagnose() -> Diagnosis:
    """Looks at everything, importing each optional package once; loads no weights."""
    broken = try_out()
    space = workspace()
    hub = reachable()
    runtime = Runtime(cache=str(space.cache), offline=not hub)
    wanted = _corpus_pairs(space)
    systems = [_system(name, space, wanted, runtime) for name in card_names(space.models)]
    served = {pair for s in systems if not s.baseline for pair in s.pairs}
    return Diagnosis(
        version=__version__,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        cache=str(space.cache),
        hub_reachable=hub,
        extras=extras(),
        broken=dict(sorted(broken.items())),
        metrics=tuple(_metric(name, runtime) for name in METRICS.origins()),
        weights=_weights(),
        leftovers=leftovers(),
        systems=tuple(systems),
        settings=read_settings(),
        unserved=tuple(pair for pair in wanted if pair not in served),
    )


def _weights() -> dict[str, tuple[HeldCheckpoint, ...]]:
    found: dict[str, tuple[HeldCheckpoint, ...]] = {}
    known: set[str] = set()
    for name in METRICS.origins():
        try:
            here = METRICS.get(name).here()
        except MtbenchError:
            continue  # it is said among the metrics
        if new := tuple(one for one in here if one.path not in known):
            found[name] = new
            known.update(one.path for one in new)
    return found


def _corpus_pairs(space: Workspace) -> list[str]:
    try:
        found = find_corpora((), space)
    except RequestError:
        return []
    return sorted({str(f.pair) for folder, only in found for f in corpora.pair_files(folder, only)})


def _metric(name: str, runtime: Runtime) -> MetricHealth:
    try:
        make_metric(name, {}, runtime).check()
    except MtbenchError as error:
        return MetricHealth(name=name, runs=False, answer=f"no: {error}")
    return MetricHealth(name=name, runs=True, answer="yes")


def _system(name: str, space: Workspace, wanted: list[str], runtime: Runtime) -> SystemHealth:
    try:
        (system,) = resolve_systems((name,), space)
        pairs = _pairs(system, wanted)
    except MtbenchError as error:
        return SystemHealth(name=name, baseline=False, pairs=(), why_not=str(error))
    runs, why = [], None if pairs else "no corpus here has one of its pairs"
    for pair in pairs:
        try:
            system.backend(LanguagePair.parse(pair), runtime).check()
            runs.append(pair)
        except MtbenchError as error:
            why = why or str(error)
    return SystemHealth(name=name, baseline=system.card.baseline, pairs=tuple(runs), why_not=why)


def _pairs(system: ResolvedSystem, wanted: list[str]) -> list[str]:
    named = system.card.pairs
    every = wanted if "*" in named else [p for p in named if not wanted or p in wanted]
    return [pair for pair in every if system.serves(LanguagePair.parse(pair))]
