"""What a metric costs per 1,000 segments on this machine: measured, or of a server estimated."""

from __future__ import annotations

import time

from mtbench.languages import LanguagePair
from mtbench.plugins import Metric, SegmentMetric
from mtbench.seams import candidates
from mtbench.text.patterns import WORD
from mtbench.types import Record, ScoringView

SAMPLE = 200  # segments that are scored, each another one
_WORDS = WORD.findall(
    "house river market letter morning winter minister teacher engine garden window history "
    "price water paper summer village answer question bridge station report number country"
)
_WORDS_PER_SEGMENT = 20


class MetricCost(Record):
    """What 1,000 segments take.

    Attributes:
        characters: Of the sources of the sample, on average.
        seconds: Of wall time; None where nothing was scored.
        cpu_seconds: Of this process on all processors; what workers take is in ``seconds`` alone.
        estimated: Requests, tokens and cost, of a metric that asks a server.
    """

    characters: int
    seconds: float | None = None
    cpu_seconds: float | None = None
    estimated: dict[str, float] | None = None


def metric_cost(metric: Metric) -> MetricCost:
    """Scores a made-up sample, weights loaded before; one that is billed for is only estimated.

    Args:
        metric: Not entered.

    Raises:
        MtbenchError: If it cannot run here.
    """
    view, hypotheses = _sample(metric)
    size = sum(len(text) for text in _sources()) // SAMPLE
    if isinstance(metric, SegmentMetric) and metric.billed:
        some = metric.estimate(candidates(view, hypotheses, metric.context))
        per = {name: round(1000 * value / SAMPLE, 6) for name, value in some.items()}
        return MetricCost(characters=size, estimated=per)
    with metric:
        _score(metric, view.model_copy(), hypotheses)  # what is loaded when first used
        wall, cpu = time.perf_counter(), time.process_time()
        _score(metric, view, [f"{text} again" for text in hypotheses])
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    factor = 1000 / SAMPLE
    return MetricCost(
        characters=size, seconds=round(wall * factor, 4), cpu_seconds=round(cpu * factor, 4)
    )


def _score(metric: Metric, view: ScoringView, hypotheses: list[str]) -> None:
    metric.prepare(view).statistics({"sample": hypotheses})


def _sources() -> list[str]:
    """Segments of twenty words, each another one."""
    count = len(_WORDS)
    return [
        " ".join(_WORDS[(at * (step + 1) + step) % count] for step in range(_WORDS_PER_SEGMENT))
        + f" {at}."
        for at in range(SAMPLE)
    ]


def _sample(metric: Metric) -> tuple[ScoringView, list[str]]:
    sources, needs = _sources(), metric.info.needs
    view = ScoringView(
        pair=LanguagePair.parse("en-de"),
        ids=tuple(map(str, range(SAMPLE))),
        sources=tuple(sources) if "source" in needs else None,
        references=tuple((text,) for text in sources) if "reference" in needs else None,
        documents=(None,) * SAMPLE,
    )
    return view, [_translated(text) for text in sources]


def _translated(text: str) -> str:
    """Something to find matches, insertions and shifts in."""
    words = text.split()
    return " ".join(["the", *words[-4:], *words[2:-4], words[0]])
