"""A function of one's own as a metric, without a package around it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from mtbench.errors import MetricError, RequestError
from mtbench.functions import UNPINNED, identity, parameters
from mtbench.metrics.imported import Imported
from mtbench.plugins import Advance, Array, Metric, Scorer
from mtbench.types import MetricInfo, ScoringView, Signature

_ONE = ("hypothesis", "reference", "references", "source")
_ALL = ("hypotheses", "references", "sources")


class Function(Imported):
    """Scores by a function that is handed over from Python.

    Its parameters say what it reads, by name: ``hypothesis`` and any of ``reference``,
    ``references`` (all of the segment's, a list) and ``source``, and it gives the segment's score;
    or ``hypotheses`` and any of ``references`` and ``sources``, lists over all segments, and it
    gives a list of scores. The system's score is their mean. What is stored reads as scores that
    were made elsewhere.
    """

    live: ClassVar[Sequence[Callable[..., Any]]] = ()

    @classmethod
    def of(cls, function: Callable[..., Any]) -> type[Function]:
        """The metric that calls this very function.

        Raises:
            RequestError: If the names of its parameters do not say what it reads.
        """
        names = {one.name for one in parameters(function) if one.default is one.empty}
        known = _ALL if "hypotheses" in names else _ONE
        if known[0] not in names or not names <= set(known):
            shown = ", ".join(sorted(names)) or "nothing"
            raise RequestError(
                f"a metric's parameters say what it reads; these are {shown}",
                hint="(hypothesis, reference, source) for one segment, "
                "(hypotheses, references, sources) for all",
            )
        return type("Live", (cls,), {"live": (function,), "names": names, "__doc__": cls.__doc__})

    names: ClassVar[frozenset[str]] = frozenset()
    """Of its parameters."""

    @property
    def info(self) -> MetricInfo:
        """What its parameters say of it."""
        needs: dict[str, Any] = {
            "source": self.names & {"source", "sources"},
            "reference": self.names & {"reference", "references"},
        }
        said = (self.live[0].__doc__ or "").strip().partition("\n")[0]
        update = {
            "needs": tuple(name for name, wanted in needs.items() if wanted),
            "description": said or "A function of the user's own.",
        }
        return super().info.model_copy(update=update)

    def reader(self) -> Metric:
        """As scores that were made elsewhere."""
        return Imported.reading(self.info, self.runtime)

    def signature(self, view: ScoringView) -> Signature:
        """The digest of the code; of unpinned code, what no other call has."""
        code = identity(self.live[0])
        better = "higher" if self.options.higher_is_better else "lower"
        found = Signature.of(function=code, better=better)
        return found.plus(call=self._call) if code == UNPINNED else found

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        # A leaderboard of several such calls shows the last one: its signature sorts first.
        self._call = f"{(1 << 48) - time.time_ns() // 1_000_000:012x}"

    def check(self, view: ScoringView | None = None) -> None:
        """Whether a test set has as many references as the function takes.

        Raises:
            RequestError: If not.
        """
        one_each = self.names & ({"references"} if "hypotheses" in self.names else {"reference"})
        if view is not None and one_each and any(len(r) != 1 for r in view.references or ()):
            raise RequestError(
                f"{self.info.name}: the test set has several references per segment",
                hint="write a function of hypothesis and references, which are then all of them",
            )

    def prepare(self, view: ScoringView) -> Scorer:
        """Calls it."""
        return _Calls(self, view)


class _Calls(Scorer):
    def __init__(self, metric: Function, view: ScoringView) -> None:
        self._metric, self._view = metric, view

    def statistics(
        self, outputs: Mapping[str, Sequence[str]], advance: Advance | None = None
    ) -> dict[str, Array]:
        found = {}
        for name, texts in outputs.items():
            found[name] = self._metric.rows([self._number(one) for one in self._scores(texts)])
            if advance is not None:
                advance(len(texts))
        return found

    def _scores(self, texts: Sequence[str]) -> Sequence[Any]:
        function, names, view = self._metric.live[0], self._metric.names, self._view
        references = [list(several) for several in view.references or [()] * len(texts)]
        sources = list(view.sources or [""] * len(texts))
        if "hypotheses" in names:
            columns = {
                "hypotheses": list(texts),
                "references": [next(iter(several), "") for several in references],
                "sources": sources,
            }
            scores = function(**{name: columns[name] for name in names})
            if not hasattr(scores, "__len__") or len(scores) != len(texts):
                raise MetricError(
                    f"{self._metric.info.name} gave {scores!r:.60} for {len(texts)} segments",
                    hint="a function of hypotheses gives a list of scores, one per segment",
                )
            return list(scores)
        rows = zip(texts, references, sources, strict=True)
        return [
            function(**{name: value for name, value in _row(*row).items() if name in names})
            for row in rows
        ]

    def _number(self, score: Any) -> float:
        try:
            return float(score)
        except (TypeError, ValueError) as error:
            raise MetricError(
                f"{self._metric.info.name} gave no number for a segment: {score!r:.60}"
            ) from error


def _row(text: str, references: list[str], source: str) -> dict[str, Any]:
    first = next(iter(references), "")
    return {"hypothesis": text, "reference": first, "references": references, "source": source}
