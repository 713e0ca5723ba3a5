"""Scores by domain, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mtbench.report.html.content import SetContent
from mtbench.types import MetricInfo
from mtbench.types.findings import Sliced, SliceScore

MOST_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class PartCell:
    """A score on a part of a test set.

    Attributes:
        score, interval: As they are shown.
        best: Whether no candidate is significantly better there, where tests separate any.
        losses: How many are; None where nobody tested.
    """

    score: str
    interval: str = ""
    best: bool = False
    losses: int | None = None


@dataclass(frozen=True, slots=True)
class PartTable:
    """One metric's scores on every domain.

    Attributes:
        metric: Its title, with its direction.
        columns: Each domain's name and number of segments.
        rows: System and its cells, in the order of the leaderboard.
        tested: Whether paired tests say who is best.
    """

    metric: str
    columns: tuple[tuple[str, int], ...]
    rows: tuple[tuple[str, tuple[PartCell, ...]], ...]
    tested: bool


def part_tables(
    one: SetContent, titles: Mapping[str, str], infos: Mapping[str, MetricInfo | None]
) -> Iterator[PartTable]:
    """A table per metric in their order, where there are domains that fit into a table.

    Args:
        one: The test set.
        titles: Metric → the title of its column.
        infos: Metric → what it is.
    """
    found = {sliced.metric: sliced for sliced in one.sliced if sliced.by == "domain"}
    for metric in titles:
        sliced = found.get(metric)
        if sliced is not None and 2 <= len(sliced.slices) <= MOST_COLUMNS:
            yield _table(one, sliced, titles, infos.get(metric))


def _table(
    one: SetContent, sliced: Sliced, titles: Mapping[str, str], info: MetricInfo | None
) -> PartTable:
    decimals = info.decimals if info else 1
    scores = [{score.system: score for score in part.scores} for part in sliced.slices]
    found = list(zip(scores, (part.best for part in sliced.slices), strict=True))
    systems = [row.system for row in one.table.rows if any(row.system in each for each in scores)]
    rows = [
        (system, tuple(_cell(each.get(system), decimals, system in best) for each, best in found))
        for system in systems
    ]
    return PartTable(
        metric=titles.get(sliced.metric, sliced.metric),
        columns=tuple((part.label, part.segments) for part in sliced.slices),
        rows=tuple(rows),
        tested=any(cell.losses is not None for _, cells in rows for cell in cells),
    )


def _cell(score: SliceScore | None, decimals: int, best: bool) -> PartCell:
    if score is None:
        return PartCell("–")
    interval = ""
    if score.interval is not None:
        low, high = score.interval.low, score.interval.high
        mark = "?" if score.doubtful else ""
        interval = f"[{low:.{decimals}f}, {high:.{decimals}f}]{mark}"
    return PartCell(f"{score.score:.{decimals}f}", interval, best, score.losses)
