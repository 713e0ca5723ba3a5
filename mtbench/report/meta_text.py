"""How far metrics are to be believed: for a terminal, a pull request, a program, a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from mtbench.files.spreadsheets import quoted
from mtbench.report.csv_table import number
from mtbench.report.markdown import escaped
from mtbench.types.agreement import (
    ErrorFreeDetection,
    Measured,
    MetaEvaluation,
    MetaTable,
    MetricAgreement,
    SpanAgreement,
    SpanScores,
    SystemAgreement,
)

_BETWEEN = ("pairwise_accuracy", "pearson", "kendall", "spearman")
_BASES = {
    "whole_set": "corpus score, whole set",
    "judged_segments": "corpus score, judged segments",
    "segment_means": "mean of segment scores",
}
_TITLES = {
    "pairwise_accuracy": "pairwise accuracy",
    "soft_pairwise_accuracy": "soft pairwise accuracy",
    "accuracy_with_ties": "accuracy with ties (acc_eq)",
    "pearson_flat": "Pearson, flat",
    "kendall_flat": "Kendall τ-b, flat",
    "pearson_within": "Pearson within segments",
    "kendall_within": "Kendall τ-b within segments",
}

_Measured: TypeAlias = MetricAgreement | SpanAgreement | ErrorFreeDetection

Grid = Callable[[Sequence[str], Sequence[Sequence[str]]], str]


def to_text(found: MetaEvaluation, grid: Grid) -> str:
    """Tables with their sentences; ``grid`` draws a header and rows."""
    return "\n".join(_lines(found, grid, heading=lambda text: text))


def to_markdown(found: MetaEvaluation) -> str:
    """The same as Markdown."""
    return "\n".join(_lines(found, markdown_grid, heading=lambda text: f"### {escaped(text)}\n"))


def markdown_grid(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as Markdown."""
    lines = [list(header), ["---"] * len(header), *map(list, rows)]
    return "".join(f"| {' | '.join(map(escaped, line))} |\n" for line in lines)


def _lines(found: MetaEvaluation, grid: Grid, heading: Callable[[str], str]) -> Iterator[str]:
    for table in found.tables:
        part = f", {table.part}" if table.part else ""
        yield heading(f"{table.corpus} {table.pair.source}→{table.pair.target}{part}")
        yield (
            f"{table.source} ({table.protocol}): {len(table.systems)} systems, "
            f"{table.judged} of {table.segments} segments judged for all of them"
            + (f", {table.judged_for_some} for some" if table.judged_for_some else "")
        )
        yield ""
        yield from (grid(header, rows) for header, rows in grids(table))
        yield from (f"{sentence}" for sentence in sentences(table))
        yield ""


def grids(table: MetaTable) -> Iterator[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    """The tables of one test set: a header and rows each, what they are about in the first cell."""
    yield ("between systems", *_titles(_BETWEEN), "soft (SPA)"), list(_systems(table))
    yield (
        ("within segments and over all rows", "acc_eq", "ε", "ties",
         "Kendall within", "Pearson within", "Kendall flat", "Pearson flat"),
        list(_segments(table)),
    )  # fmt: skip
    if table.spans:
        yield (
            ("marked errors", "precision", "recall", "F1", "F1 of major", "F1 of minor",
             "F1 by characters", "marked"),
            list(_marks(table)),
        )  # fmt: skip
    if table.error_free:
        yield (
            ("finding translations without an error", "average precision", "best F1",
             "at", "precision", "recall"),
            list(_error_free(table)),
        )  # fmt: skip


def _titles(names: Sequence[str]) -> list[str]:
    return [_TITLES.get(name, name.capitalize()) for name in names]


def _systems(table: MetaTable) -> Iterator[tuple[str, ...]]:
    for one in table.metrics:
        for basis, title in _BASES.items():
            values: SystemAgreement | None = getattr(one, basis)
            if values is None:
                continue
            soft = cell(one.soft_pairwise_accuracy) if basis == "segment_means" else ""
            pairwise = f"{values.agreeing}/{values.pairs}  {cell(values.pairwise_accuracy)}"
            yield (
                f"{_named(one)}: {title}",
                pairwise,
                *(cell(getattr(values, name)) for name in _BETWEEN[1:]),
                soft,
            )


def _marks(table: MetaTable) -> Iterator[tuple[str, ...]]:
    for one in table.spans:
        yield (
            _named(one),
            *(cell(value) for _, value in one.partial_credit.each()),
            *(cell(one.by_severity[severity].f1) for severity in one.by_severity),
            cell(one.characters.f1),
            f"{one.marked:,}",
        )
    if table.raters is not None and (between := table.raters.spans) is not None:
        values = (cell(value) for _, value in between.each())
        yield ("(another rater)", *values, "", "", "", "")


def _error_free(table: MetaTable) -> Iterator[tuple[str, ...]]:
    for one in table.error_free:
        best = one.best
        yield (
            _named(one),
            cell(one.average_precision),
            _short(best.f1),
            f"{best.threshold:.4g}",
            _short(best.precision),
            _short(best.recall),
        )
        if (unmarked := one.unmarked) is not None:
            precision, recall, f1 = (cell(value) for _, value in unmarked.each())
            yield (f"{one.metric}: marks nothing", "", f1, "", precision, recall)


def _named(one: _Measured) -> str:
    return f"({one.metric})" if one.sentinel else one.metric


def _segments(table: MetaTable) -> Iterator[tuple[str, ...]]:
    for one in table.metrics:
        ties = one.accuracy_with_ties
        yield (
            _named(one),
            cell(ties.estimate) + ("!" if ties.degenerate else ""),
            f"{ties.epsilon:.4g}",
            f"{ties.tied:.0%}",
            *(
                cell(value)
                for value in (
                    one.kendall_within.estimate,
                    one.pearson_within.estimate,
                    one.kendall_flat,
                    one.pearson_flat,
                )
            ),
        )


def cell(value: Measured) -> str:
    """``.732 [.65, .81]``; a dash where there is no value."""
    if value.value is None:
        return "–"
    if value.low is None or value.high is None:
        return _short(value.value)
    return f"{_short(value.value)} [{_short(value.low, 2)}, {_short(value.high, 2)}]"


def _short(value: float, decimals: int = 3) -> str:
    text = f"{round(value, decimals) + 0.0:.{decimals}f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 and "0." in text else text


def sentences(table: MetaTable) -> Iterator[str]:
    """What a reader must know beside the numbers."""
    for one in table.metrics:
        if one.not_above_sentinels and not one.sentinel:
            names = ", ".join(_TITLES[name] for name in one.not_above_sentinels)
            yield f"{one.metric} is not significantly above lengths and constant in: {names}."
        if one.accuracy_with_ties.degenerate and not one.sentinel:
            yield (
                f"!: {one.metric}'s ε makes {one.accuracy_with_ties.tied:.0%} of the pairs ties; "
                "its acc_eq says nothing."
            )
        if (left_out := one.kendall_within.left_out) and not one.sentinel:
            yield f"{one.metric}: {left_out} segments in which a side is constant are left out."
    yield from _sentences_of_errors(table)
    for statistic, groups in table.clusters.items():
        if sum(map(len, groups)) > 1:
            order = " > ".join(" = ".join(members) for members in groups)
            yield (
                f"{_TITLES[statistic]}: {order} (=: not separated by PERM-BOTH, Holm, "
                f"α = {table.alpha:g})."
            )
    if table.raters is not None:
        raters = table.raters
        values = [
            f"{name} {_short(value)}"
            for name, value in (
                ("Kendall τ-b", raters.kendall),
                ("Pearson", raters.pearson),
                ("same order within segments", raters.same_order),
            )
            if value is not None
        ]
        yield (
            f"{raters.raters} raters agree with each other on {raters.segments} rows that two or "
            f"more of them judged: {', '.join(values)}. A metric cannot be asked for more."
        )
    else:
        yield "Agreement between raters: not known, since the file has no row judged by two."
    yield from (f"{name} takes no part: {why}." for name, why in table.left_out.items())
    yield from (f"{note[:1].upper()}{note[1:]}." for note in table.notes)
    yield (
        f"Intervals: 95 %, {table.resamples:,} resamples; SPA: {table.draws:,} permutations; "
        f"tests: {table.permutations:,} permutations; seed {table.seed}."
    )


def _sentences_of_errors(table: MetaTable) -> Iterator[str]:
    if table.spans:
        one = table.spans[0]
        yield (
            f"Marked errors: {one.people:,} that people mark in {one.judgements:,} judged "
            "translations; match with partial overlap and partial credit, micro-averaged; by "
            "characters as WMT25, half credit for another severity."
        )
    for one in table.spans:
        if one.placeless:
            yield f"{one.metric}: {one.placeless:,} marked errors have no place in the text."
    if table.error_free:
        first = table.error_free[0]
        yield (
            f"Without an error ({first.rule}): {first.error_free:,} of {first.rows:,} judged "
            f"translations; chance reaches an average precision of "
            f"{_short(first.error_free / first.rows)}. Thresholds are chosen on the same data."
        )


def to_csv(found: MetaEvaluation) -> str:
    """One row per test set, part, metric and statistic."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(
        ("corpus", "src", "tgt", "part", "metric", "sentinel", "statistic", "value", "ci_low",
         "ci_high", "systems", "segments", "seed", "signature")
    )  # fmt: skip
    for table in found.tables:
        signatures = {one.metric: one.signature or "" for one in table.metrics}
        everything: list[tuple[_Measured, Iterator[tuple[str, Measured]]]] = [
            *((one, values(one)) for one in table.metrics),
            *((one, _values_of_spans(one)) for one in table.spans),
            *((one, _values_of_detection(one)) for one in table.error_free),
        ]
        for one, named in everything:
            for name, value in named:
                writer.writerow(
                    (
                        quoted(table.corpus), table.pair.source, table.pair.target,
                        quoted(table.part or ""), quoted(one.metric), int(one.sentinel), name,
                        *map(number, (value.value, value.low, value.high)),
                        len(table.systems), table.judged, table.seed,
                        quoted(signatures.get(one.metric, "")),
                    )
                )  # fmt: skip
    return stream.getvalue()


def _values_of_spans(one: SpanAgreement) -> Iterator[tuple[str, Measured]]:
    yield from _three("marked_errors", one.partial_credit)
    for severity, scores in one.by_severity.items():
        yield from _three(f"marked_{severity}_errors", scores)
    yield from _three("marked_characters", one.characters)


def _three(name: str, scores: SpanScores) -> Iterator[tuple[str, Measured]]:
    yield from ((f"{name}_{part}", value) for part, value in scores.each())


def _values_of_detection(one: ErrorFreeDetection) -> Iterator[tuple[str, Measured]]:
    yield "error_free_average_precision", one.average_precision
    for part in ("threshold", "precision", "recall", "f1"):
        yield f"error_free_best_{part}", Measured(value=getattr(one.best, part))
    if one.unmarked is not None:
        yield from _three("error_free_unmarked", one.unmarked)


def values(one: MetricAgreement) -> Iterator[tuple[str, Measured]]:
    """Every statistic of a metric with its name, in a fixed order."""
    for basis in _BASES:
        between: SystemAgreement | None = getattr(one, basis)
        if between is not None:
            yield from ((f"{basis}_{name}", getattr(between, name)) for name in _BETWEEN)
    yield "soft_pairwise_accuracy", one.soft_pairwise_accuracy
    yield "accuracy_with_ties", one.accuracy_with_ties.estimate
    yield "pearson_flat", one.pearson_flat
    yield "kendall_flat", one.kendall_flat
    yield "pearson_within", one.pearson_within.estimate
    yield "kendall_within", one.kendall_within.estimate
