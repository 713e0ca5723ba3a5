"""Scores on parts of test sets as text, CSV and Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mtbench.files.spreadsheets import quoted
from mtbench.report import words
from mtbench.report.csv_table import number
from mtbench.report.markdown import escaped
from mtbench.types import MetricInfo, Table
from mtbench.types.findings import Slice, Sliced, SliceScore

BEST = "*"
COLUMNS = (
    "corpus", "src", "tgt", "by", "part", "segments", "system", "metric", "score", "ci_low",
    "ci_high", "reliable", "losses", "best", "tests", "signature",
)  # fmt: skip


class Parts(NamedTuple):
    """A table's systems on its parts.

    Attributes:
        table: The table.
        sliced: The scores.
        info: What the metric is.
        partial: Systems that are left out because translations of theirs are missing.
    """

    table: Table
    sliced: Sliced
    info: MetricInfo
    partial: tuple[str, ...] = ()


def title(one: Parts) -> str:
    """``news en→it: chrF by domain``."""
    return f"{words.heading(one.table)}: {one.info.title} by {_by(one)}"


def lines(one: Parts, *, intervals: bool) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a table for a terminal, a row per part."""
    header = [_by(one), "segments", *(score.system for score in one.sliced.slices[0].scores)]
    rows = [
        [part.label, str(part.segments)]
        + [
            f"{_value(score, one.info, intervals)}{BEST if score.system in part.best else ''}"
            for score in part.scores
        ]
        for part in one.sliced.slices
    ]
    return header, rows


def notes(one: Parts, mark: str = BEST) -> Iterator[str]:
    """Sentences under a table.

    Args:
        one: The table.
        mark: What stands at the best.
    """
    slices = one.sliced.slices
    yield from (f"{s} has segments without a translation and is not shown." for s in one.partial)
    if one.sliced.unlabelled:
        yield f"{one.sliced.unlabelled} segments have no {_by(one)} and are in no part."
    if any(part.best for part in slices):
        yield (
            f"{mark}: no system is significantly better on that part (paired randomization tests "
            "of all pairs, Holm within the part, α = 0.05); none where tests separate nobody."
        )
    elif any(part.tests for part in slices):
        yield (
            "On no part is a system significantly better than another (paired randomization tests "
            "of all pairs, Holm within the part, α = 0.05)."
        )
    reasons: dict[str, list[str]] = {}
    for part in slices:
        if part.untested:
            reasons.setdefault(part.untested, []).append(part.label)
    for why, labels in reasons.items():
        where = "any part" if len(labels) == len(slices) else _some(labels)
        yield f"Nobody tested on {where}: {why}."
    if any(score.doubtful for part in slices for score in part.scores):
        yield f"?: an interval from fewer than {words.SMALL} units; such a score says little."


def _some(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - 3} more" if len(labels) > 3 else ""
    return ", ".join(labels[:3]) + more


def to_csv(several: Sequence[Parts]) -> str:
    """One row per test set, part and system."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in several:
        for part in one.sliced.slices:
            writer.writerows(_cells(one, part, score) for score in part.scores)
    return stream.getvalue()


def _cells(one: Parts, part: Slice, score: SliceScore) -> list[str]:
    table, interval = one.table, score.interval
    cell = next(row for row in table.rows if row.system == score.system).cells[one.sliced.metric]
    return [
        quoted(table.corpus),
        table.pair.source,
        table.pair.target,
        one.sliced.by,
        quoted(part.label),
        str(part.segments),
        quoted(score.system),
        quoted(one.sliced.metric),
        number(score.score),
        number(interval.low if interval else None),
        number(interval.high if interval else None),
        "" if interval is None else str(interval.reliable).lower(),
        "" if score.losses is None else str(score.losses),
        str(score.system in part.best).lower() if part.tests else "",
        str(part.tests),
        quoted(cell.signature or ""),
    ]


def to_markdown(several: Sequence[Parts]) -> str:
    """A table per test set; bold is what no system beats there."""
    return "\n".join(_one(one) for one in several)


def _one(one: Parts) -> str:
    header, _ = lines(one, intervals=True)
    found = [
        f"### {escaped(title(one))}",
        "",
        "| " + " | ".join(map(escaped, header)) + " |",
        "|" + "|".join([":--", *["--:"] * (len(header) - 1)]) + "|",
    ]
    for part in one.sliced.slices:
        cells = [escaped(part.label), str(part.segments)]
        for score in part.scores:
            text = f"{score.score:.{one.info.decimals}f}"
            rest = escaped(_value(score, one.info, True).removeprefix(text))
            cells.append((f"**{text}**" if score.system in part.best else text) + rest)
        found.append("| " + " | ".join(cells) + " |")
    signatures = {
        str(row.cells[one.sliced.metric].signature)
        for row in one.table.rows
        if row.cells[one.sliced.metric].signature
    }
    said = [*notes(one, "Bold"), *(f"{one.info.title}: {s}" for s in sorted(signatures))]
    return "\n".join([*found, "", *(f"- {escaped(line)}" for line in said), ""])


def _by(one: Parts) -> str:
    return one.sliced.by.replace("_", " ")


def _value(score: SliceScore, info: MetricInfo, intervals: bool) -> str:
    text, mark = f"{score.score:.{info.decimals}f}", "?" if score.doubtful else ""
    if not intervals or score.interval is None:
        return text + mark
    low, high = score.interval.low, score.interval.high
    return f"{text} [{low:.{info.decimals}f}, {high:.{info.decimals}f}]{mark}"
