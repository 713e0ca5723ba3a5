"""What judged segments say about a whole set: for a terminal, a pull request, a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from mtbench.files.spreadsheets import quoted
from mtbench.report.csv_table import number
from mtbench.report.meta_text import Grid, markdown_grid
from mtbench.text.p_values import p_value
from mtbench.types.plans import HumanEstimate, HumanEstimates

_HEADER = ("system", "judged", "mean of judged", "estimate", "95 %", "λ", "worth")
_COLUMNS = (
    "system", "n_judged", "mean_judged", "estimate", "ci_low", "ci_high", "lambda", "worth",
)  # fmt: skip


def to_text(found: HumanEstimates, grid: Grid) -> str:
    """The table, the pairs that differ, and sentences; ``grid`` draws a header and rows."""
    return "\n".join(_lines(found, grid))


def to_markdown(found: HumanEstimates) -> str:
    """The same as Markdown."""
    return "\n".join(_lines(found, markdown_grid))


def _lines(found: HumanEstimates, grid: Grid) -> Iterator[str]:
    yield f"{found.corpus} {found.pair.source}→{found.pair.target}, {found.segments} segments"
    helped = f"helped by {found.metric}" if found.metric else "without a metric"
    yield f"human scores of {found.source}, {helped}"
    yield ""
    yield grid(_HEADER, [_row(one) for one in found.systems])
    for one in found.differences:
        told = "differ" if one.p_corrected <= 0.05 else "are not told apart"
        yield (
            f"{one.a} and {one.b} {told}: {one.difference:+.3f} "
            f"[{one.ci_low:.3f}, {one.ci_high:.3f}], p {p_value(one.p_corrected)} (Holm)."
        )
    yield from (f"{note[:1].upper()}{note[1:]}." for note in found.notes)


def _row(one: HumanEstimate) -> tuple[str, ...]:
    mark = "" if one.reliable else "?"
    return (
        one.system,
        str(one.n_judged),
        f"{one.mean_judged:.3f}",
        f"{one.estimate:.3f}",
        f"[{one.ci_low:.3f}, {one.ci_high:.3f}]{mark}",
        f"{one.weight:.3g}",
        f"{one.worth:.0f}",
    )


def to_csv(found: HumanEstimates) -> str:
    """One row per system."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for one in found.systems:
        values = (one.mean_judged, one.estimate, one.ci_low, one.ci_high, one.weight, one.worth)
        writer.writerow((quoted(one.system), one.n_judged, *map(number, values)))
    return stream.getvalue()
