"""``imported``: segment scores that were made elsewhere, as a metric like any other afterwards."""

from __future__ import annotations

from typing import ClassVar

from mtbench.errors import RequestError
from mtbench.plugins import MeanMetric, Scorer
from mtbench.types import MetricInfo, Record, Runtime, ScoringView, Signature


class Imported(MeanMetric):
    """Scores from a file; their mean is the system's.

    ``mtbench scores import`` stores them under a name of the user's. From then on tests, ranks,
    intervals and reports are computed from them; nothing here can score anything.
    """

    kind: ClassVar[str | None] = "imported"

    class Options(Record):
        """What is known of the scores.

        Attributes:
            name: As users ask for them.
            higher_is_better: Their direction.
            file: SHA-256 of the file they came from.
            made_by: How they were made, as the user says.
            scale: Lowest and highest score that there can be, where the user says.
            title: A name for people, where it is another one.
            decimals: Customary number of decimals in a table.
        """

        name: str = "imported"
        higher_is_better: bool = True
        file: str = ""
        made_by: str = ""
        scale: tuple[float, float] | None = None
        title: str = ""
        decimals: int = 3

    options: Options

    @classmethod
    def reading(cls, info: MetricInfo, runtime: Runtime) -> Imported:
        """What reads the scores of a metric that cannot be made again."""
        options = cls.Options(
            name=info.name,
            higher_is_better=info.higher_is_better,
            made_by=info.description,
            scale=info.bounds,
            title=info.title,
            decimals=info.decimals,
        )
        return cls(options, runtime)

    @property
    def info(self) -> MetricInfo:
        """What the user said of them."""
        return MetricInfo(
            name=self.options.name,
            title=self.options.title or self.options.name,
            needs=(),
            higher_is_better=self.options.higher_is_better,
            bounds=self.options.scale,
            decimals=self.options.decimals,
            description=self.options.made_by or "Scores that were made elsewhere.",
        )

    def signature(self, view: ScoringView) -> Signature:
        """The file's digest, the direction, and what the user says of their making.

        Raises:
            RequestError: If there is no file: such scores are never computed.
        """
        self.check()
        better = "higher" if self.options.higher_is_better else "lower"
        found = Signature.of(imported=self.options.file[:12], better=better)
        return found.plus(made_by=self.options.made_by) if self.options.made_by else found

    def check(self, view: ScoringView | None = None) -> None:
        """Refuses to be asked for by name without a file.

        Raises:
            RequestError: Naming the command that brings scores in.
        """
        if not self.options.file:
            raise RequestError(
                "scores that were made elsewhere are not computed",
                hint="bring them in with: mtbench scores import FILE --metric NAME",
            )

    def prepare(self, view: ScoringView) -> Scorer:
        """Never.

        Raises:
            RequestError: Always.
        """
        raise RequestError(
            f"{self.options.name} was made elsewhere and cannot be computed here",
            hint="import the scores of the new output: mtbench scores import",
        )
