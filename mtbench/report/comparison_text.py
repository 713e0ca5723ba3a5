"""A comparison of two leaderboards for a terminal, a pull request, a program, a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
import shutil
import sys
from collections.abc import Iterator, Sequence

from mtbench.files.spreadsheets import quoted
from mtbench.report import markdown
from mtbench.report.csv_table import number
from mtbench.report.text import UNBOUNDED
from mtbench.text.p_values import p_value
from mtbench.types.findings import Gate, LeaderboardDiff, MetricDelta, RowDiff

COLUMNS = (
    "corpus", "src", "tgt", "system", "old_system", "status", "metric", "deciding", "verdict",
    "old", "new", "delta", "delta_ci_low", "delta_ci_high", "p", "p_adjusted", "method",
    "resamples", "seed", "unit", "units", "wins", "losses", "ties", "detectable", "margin",
    "not_inferior", "agreement_percent", "reason", "signature",
)  # fmt: skip

_ALONE = {"new": "new", "missing": "missing", "changed": "on another test set"}
_MARKS = {"better": "🟢 better", "worse": "🔴 worse", "equivalent": "⚪ equivalent"}
_ORDER = ("worse", "missing", "changed", "new", "better", "undecided", "equivalent")
_MARKDOWN_ROWS = 150  # a comment on a pull request holds 65,536 characters
_FEW = 5


def render_comparison(found: LeaderboardDiff, style: str, *, verbose: bool = False) -> str:
    """The comparison as text.

    Args:
        found: What to show.
        style: ``table``, ``md``, ``json`` or ``csv``.
        verbose: With the metrics that do not decide, also in a table.
    """
    if style == "json":
        return found.model_dump_json(indent=1)
    if style == "csv":
        return to_csv(found)
    if style == "md":
        return to_markdown(found)
    return to_text(found, verbose=verbose)


# --- in words, the same everywhere ----------------------------------------------------------


def headline(found: LeaderboardDiff) -> str:
    """One sentence: the verdict, what it rests on, and what the gate makes of it."""
    both = [row for row in found.rows if row.status == "both"]
    counts = {verdict: sum(row.verdict == verdict for row in both) for verdict in _ORDER}
    parts = [f"{counts[verdict]} {verdict}" for verdict in _ORDER if counts[verdict]]
    unjudged = sum(row.verdict is None for row in both)
    if unjudged:
        parts.append(f"{unjudged} not comparable")
    for status, said in _ALONE.items():
        alone = sum(row.status == status for row in found.rows)
        if alone:
            parts.append(f"{alone} {said}")
    verdict = found.verdict or "no verdict"
    said = f"{verdict} by {' and '.join(found.deciding)} ({', '.join(parts)})"
    return f"{_gate(found.gate)}{said}" if found.gate is not None else said


def _gate(gate: Gate) -> str:
    on = ", ".join(gate.fail_on)
    if gate.state == "open":
        return f"passed (--fail-on {on}): "
    if gate.state == "closed":
        return f"failed (--fail-on {on}): "
    return f"no answer (--fail-on {on}): "


def circumstances(found: LeaderboardDiff) -> Iterator[str]:
    """How rows were tested, then notes."""
    tests = [e.test for row in found.rows for e in row.metrics if e.deciding and e.test]
    if tests:
        test = tests[0]
        methods = " and ".join(dict.fromkeys(t.method for t in tests))
        yield (
            f"{methods[:1].upper()}{methods[1:]}, two-sided, seed {test.seed}, "
            f"α = {found.alpha:g}, {_correction(test.family)}; brackets are 95 % bootstrap "
            "intervals of the difference."
        )
        if any(not t.interval.reliable for t in tests):
            yield "?: intervals from fewer than 30 units are unreliable."
    for metric, margin in found.margins.items():
        yield f"{metric}: differences within ± {margin:g} do not matter."
    if any(
        e.margin and e.test and not e.test.interval.reliable for r in found.rows for e in r.metrics
    ):
        yield "Neither equivalence nor non-inferiority is concluded from fewer than 30 units."
    doubtful = sum(
        e.agreement is not None and e.agreement.doubtful for row in found.rows for e in row.metrics
    )
    if doubtful:
        yield (
            f"†: significant, but humans would agree with the metric for under 60 % of system "
            f"pairs at such a difference ({doubtful} here; Kocmi et al. 2024)."
        )
    if found.gate is not None:
        yield from (f"--fail-on: {reason}." for reason in found.gate.reasons)
    yield from reasons(found)
    yield from agreements(found)
    yield from detectable(found)
    yield from found.notes


def agreements(found: LeaderboardDiff) -> Iterator[str]:
    """How often humans would agree, where it is estimated for few rows."""
    estimates = [
        (row, entry, entry.agreement.percent)
        for row in found.rows
        for entry in row.metrics
        if entry.deciding and entry.agreement and entry.agreement.percent is not None
    ]
    for row, entry, percent in estimates if len(estimates) <= _FEW else ():
        yield (
            f"{_named(row)} on {row.corpus}/{row.src}-{row.tgt}: at such a difference of "
            f"{entry.metric}, humans prefer the same system in about {percent:.0f} % of system "
            "pairs (Kocmi et al. 2024)."
        )


def detectable(found: LeaderboardDiff) -> Iterator[str]:
    """What could have been seen in the rows that stay undecided, where they are few."""
    undecided = [
        (row, entry, entry.test.detectable)
        for row in found.rows
        for entry in row.metrics
        if entry.deciding and entry.verdict == "undecided" and entry.test is not None
        if entry.test.detectable
    ]
    for row, entry, size in undecided if len(undecided) <= _FEW else ():
        yield (
            f"{_placed(row)}: undecided; such a test finds a "
            f"difference of {size:.{entry.decimals}f} {entry.metric} in 80 % of cases."
        )


def reasons(found: LeaderboardDiff) -> Iterator[str]:
    """Why rows have no test, each reason once with the rows it holds for."""
    rows: dict[str, list[str]] = {}
    for row in found.rows:
        if row.reason:
            rows.setdefault(row.reason, []).append(_placed(row))
        for entry in row.metrics:
            if row.status == "both" and not entry.deciding and entry.delta is None and entry.reason:
                rows.setdefault(entry.reason, []).append(_placed(row))
    for row in found.rows:
        for entry in row.metrics:
            if entry.reason and entry.deciding and row.status == "both":
                rows.setdefault(entry.reason, []).append(_placed(row))
    for reason, names in rows.items():
        yield f"No test of {names[0] if len(names) == 1 else f'{len(names)} rows'}: {reason}."


def _correction(family: int) -> str:
    return f"Holm over {family} rows" if family > 1 else "no correction"


def _scores(entry: MetricDelta) -> str:
    digits = entry.decimals

    def shown(value: float | None) -> str:
        return "–" if value is None else f"{value:.{digits}f}"

    return f"{shown(entry.old)} → {shown(entry.new)}"


def _difference(entry: MetricDelta) -> str:
    if entry.delta is None:
        return "–"
    text = signed(entry.delta, entry.decimals)
    if entry.test is not None:
        interval = entry.test.interval
        mark = "" if interval.reliable else "?"
        low, high = (signed(end, entry.decimals) for end in (interval.low, interval.high))
        text += f" [{low}, {high}]{mark}"
    return text


def signed(value: float, decimals: int) -> str:
    """A difference with its sign; what rounds to nothing has none below it."""
    return f"{round(value, decimals) + 0.0:+.{decimals}f}"


def _p(entry: MetricDelta) -> str:
    if entry.test is None:
        return "–"
    return p_value(entry.test.p_adjusted).removeprefix("= ").replace(" ", "")


def _segments(entry: MetricDelta) -> str:
    test = entry.test
    return f"{test.wins}–{test.losses}–{test.ties}" if test else "–"


def _judged(row: RowDiff, entry: MetricDelta) -> str:
    if row.status != "both":
        return _ALONE[row.status]
    if entry.verdict is None:
        return "no score" if None in (entry.old, entry.new) else "not comparable"
    doubtful = entry.agreement is not None and entry.agreement.doubtful
    return entry.verdict + ("†" if doubtful else "")


def _named(row: RowDiff) -> str:
    return f"{row.old_system} → {row.system}" if row.old_system else row.system


def _placed(row: RowDiff) -> str:
    return f"{_named(row)} on {row.corpus}/{row.src}-{row.tgt}"


def _lines(found: LeaderboardDiff, *, deciding: bool) -> list[tuple[RowDiff, MetricDelta]]:
    """Row and metric by metric; a row with nothing to show by is shown all the same."""
    lines = []
    for row in found.rows:
        entries = [e for e in row.metrics if e.deciding == deciding]
        if deciding and not entries:
            entries = [MetricDelta(metric=found.deciding[0])]
        lines += [(row, entry) for entry in entries]
    return lines


_TITLES = (
    "test set",
    "system",
    "metric",
    "old → new",
    "difference",
    "p",
    "won–lost–tied",
    "verdict",
)


def _cells(row: RowDiff, entry: MetricDelta) -> list[str]:
    return [
        f"{row.corpus} {row.src}→{row.tgt}",
        _named(row),
        entry.metric,
        _scores(entry),
        _difference(entry),
        _p(entry),
        _segments(entry),
        _judged(row, entry),
    ]


# --- formats --------------------------------------------------------------------------------


def to_text(found: LeaderboardDiff, *, verbose: bool = False) -> str:
    """For a terminal; colour only there."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else UNBOUNDED
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=terminal)
    title = f"{found.old} → {found.new}: {headline(found)}"
    console.print(Text(_printable(title), style="bold"))
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for at, title in enumerate(_TITLES):
        grid.add_column(title, justify="right" if 3 <= at <= 6 else "left", overflow="fold")
    styles = {"better": "green", "worse": "red", "missing": "red"}
    lines = _lines(found, deciding=True) + (_lines(found, deciding=False) if verbose else [])
    for row, entry in lines:
        cells = [Text(_printable(cell)) for cell in _cells(row, entry)]
        cells[-1].stylize(styles.get(cells[-1].plain.rstrip("†"), ""))
        grid.add_row(*cells)
    console.print(grid)
    for sentence in circumstances(found):
        console.print(Text(_printable(sentence)))
    return "\n".join(line.rstrip() for line in stream.getvalue().split("\n"))


def _printable(text: str) -> str:
    """Text without the control characters that a terminal would obey."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def to_markdown(found: LeaderboardDiff) -> str:
    """For a comment on a pull request: what is worse comes first, other metrics folded away."""
    mark = _MARKS.get(found.verdict or "", "⚪")
    if found.gate is not None and found.gate.state != "open":
        mark = "🔴" if found.gate.state == "closed" else "⚠️"
    lines = [
        f"### mtbench: {mark.split()[0]} {_escaped(headline(found))}",
        "",
        f"{_escaped(found.old)} → {_escaped(found.new)}",
        "",
        *_markdown_table(_lines(found, deciding=True)),
        "",
        *(f"- {_escaped(sentence)}" for sentence in circumstances(found)),
    ]
    others = _lines(found, deciding=False)
    if others:
        lines += [
            "",
            "<details><summary>Metrics that do not decide</summary>",
            "",
            *_markdown_table(others),
            "",
            "</details>",
        ]
    return "\n".join(lines) + "\n"


def _markdown_table(lines: Sequence[tuple[RowDiff, MetricDelta]]) -> list[str]:
    ordered = sorted(lines, key=lambda line: _worst_first(*line))
    shown = ordered[:_MARKDOWN_ROWS]
    table = [
        "| " + " | ".join(_TITLES) + " |",
        "|:--|:--|:--|--:|--:|--:|--:|:--|",
    ]
    for row, entry in shown:
        cells = [_escaped(cell) for cell in _cells(row, entry)]
        if entry.verdict in _MARKS and row.status == "both":
            cells[-1] = _MARKS[entry.verdict] + cells[-1].removeprefix(entry.verdict)
        table.append("| " + " | ".join(cells) + " |")
    if len(ordered) > len(shown):
        table += ["", f"and {len(ordered) - len(shown)} more rows (see the JSON form)"]
    return table


def _worst_first(row: RowDiff, entry: MetricDelta) -> tuple[int, float]:
    """The verdict, then how much was lost."""
    gained = entry.delta if entry.delta is not None else 0.0
    better = -gained if entry.higher_is_better is False else gained
    return _ORDER.index(_sort_key(row, entry)), better


def _sort_key(row: RowDiff, entry: MetricDelta) -> str:
    return row.status if row.status != "both" else entry.verdict or "undecided"


def _escaped(text: str) -> str:
    """Text that a forge shows as it stands: no markup, no entities, nobody notified."""
    plain = markdown.escaped(text)
    # A zero-width space keeps @name from becoming a mention and a URL from becoming a link.
    return re.sub(r"@(?=\w)|:(?=//)", "\\g<0>\u200b", plain)


def to_csv(found: LeaderboardDiff) -> str:
    r"""One line per row and metric; lines end in ``\r\n`` as RFC 4180 has it."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in found.rows:
        for entry in row.metrics or (MetricDelta(metric=""),):
            writer.writerow(_csv_cells(row, entry))
    return stream.getvalue()


def _csv_cells(row: RowDiff, entry: MetricDelta) -> list[str]:
    test = entry.test
    tested: list[str] = [""] * 13
    if test is not None:
        tested = [
            number(test.interval.low),
            number(test.interval.high),
            f"{test.p:.6g}",
            f"{test.p_adjusted:.6g}",
            test.method,
            str(test.resamples),
            str(test.seed),
            test.unit,
            str(test.units),
            str(test.wins),
            str(test.losses),
            str(test.ties),
            number(test.detectable),
        ]
    return [
        quoted(row.corpus),
        row.src,
        row.tgt,
        quoted(row.system),
        quoted(row.old_system or ""),
        row.status,
        quoted(entry.metric),
        "yes" if entry.deciding else "no",
        entry.verdict or "",
        number(entry.old),
        number(entry.new),
        number(entry.delta),
        *tested,
        number(entry.margin),
        {None: "", True: "yes", False: "no"}[entry.not_inferior],
        number(entry.agreement.percent if entry.agreement else None),
        quoted(entry.reason or row.reason or ""),
        quoted(entry.signature or ""),
    ]
