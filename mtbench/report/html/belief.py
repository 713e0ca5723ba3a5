"""How far metrics are to be believed, as the page shows it."""

from __future__ import annotations

from typing import NamedTuple

from mtbench.report import meta_text
from mtbench.types.agreement import ErrorFreeDetection, MetaTable

WIDTH, HEIGHT, MARGIN = 340.0, 220.0, 34.0
COLOURS, DASHES = 6, 2  # lines that the page's styles tell apart


class Curve(NamedTuple):
    """Precision against recall of one metric.

    Attributes:
        metric: Its name, with brackets for a sentinel.
        points: Of an SVG polyline.
        style: Its class: a colour for metrics, dashes for sentinels.
    """

    metric: str
    points: str
    style: str


def view(table: MetaTable) -> dict[str, object]:
    """What the template shows of one test set."""
    part = f", {table.part}" if table.part else ""
    return {
        "corpus": table.corpus,
        "pair": table.pair,
        "source": f"{table.source}{part}",
        "circumstances": (
            f"{table.protocol}: {len(table.systems)} systems, {table.judged} of {table.segments} "
            "segments judged for all of them"
        ),
        "grids": list(meta_text.grids(table)),
        "sentences": list(meta_text.sentences(table)),
        "curves": curves(table),
        "width": WIDTH,
        "height": HEIGHT,
        "margin": MARGIN,
        "chance": _place(0.0, _share(table))[1] if table.error_free else None,
    }


def curves(table: MetaTable) -> list[Curve]:
    """Precision against recall of finding translations without an error, metrics first."""
    drawn = [one for one in table.error_free if len(one.curve) > 1]  # a constant has none
    metrics = [one for one in drawn if not one.sentinel]
    sentinels = [one for one in drawn if one.sentinel]
    return [
        Curve(one.metric, _points(one), f"line{at % COLOURS}") for at, one in enumerate(metrics)
    ] + [
        Curve(f"({one.metric})", _points(one), f"sentinel dash{at % DASHES}")
        for at, one in enumerate(sentinels)
    ]


def _share(table: MetaTable) -> float:
    one = table.error_free[0]
    return one.error_free / one.rows


def _points(one: ErrorFreeDetection) -> str:
    places = (_place(point.recall, point.precision) for point in one.curve)
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _place(recall: float, precision: float) -> tuple[float, float]:
    return (
        MARGIN + recall * (WIDTH - MARGIN - 8),
        HEIGHT - MARGIN - precision * (HEIGHT - MARGIN - 8),
    )
