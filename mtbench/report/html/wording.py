"""Tests and test sets in words, for readers who do not read p-values."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from mtbench.report.words import SMALL
from mtbench.text.p_values import floor as smallest
from mtbench.text.p_values import p_value
from mtbench.types import MetricInfo, Table
from mtbench.types.findings import PairedTest


def paired_tests(table: Table) -> list[PairedTest]:
    """The paired tests behind a table's ranking."""
    return [PairedTest.model_validate(test) for test in table.tests]


def detectable(table: Table, tests: Sequence[PairedTest], info: MetricInfo | None) -> str:
    """What differences the test set can show, in one or two sentences.

    A pair's detectable difference is 2.8 standard errors of its delta: what a two-sided test at
    5 % finds in 80 % of cases. It is not given below 30 units, where the error of that error is
    itself large; there only the smallest possible p-value is.
    """
    candidates = sum(not row.baseline for row in table.rows)
    if candidates < 2:
        what = "one candidate" if candidates else "no candidate, only a baseline"
        return f"There is {what} here, and so nothing to tell apart."
    if table.rank_metric is None or info is None:
        return "No metric covers the candidates here, so that nothing is tested."
    if not tests:
        return "No pair of candidates was tested here; the sentence above the table says why."
    known = [test.detectable for test in tests if test.detectable is not None]
    one = tests[0]
    units = f"{one.units:,} {one.unit}s"
    if not known:
        floor = max(test.floor for test in tests)
        text = (
            f"With {units} this set is too small to say how large a difference it can show "
            f"(that takes {SMALL}). "
        )
        if floor * one.family > one.alpha:
            return text + (
                f"The smallest p-value a pair can reach is {smallest(floor)}; corrected over "
                f"{_count(one.family, 'pair')} that is above {one.alpha:g}, so no ranking is "
                "possible."
            )
        return text + (
            f"The smallest p-value a pair can reach is {smallest(floor)}: only a system that is "
            "better nearly everywhere can be told apart."
        )
    low, middle, high = min(known), median(known), max(known)
    places = info.decimals + (1 if high < 10 ** -(info.decimals - 1) else 0)
    least = f"{low:.{places}f}" if round(low, places) else "next to nothing"
    spread = (
        f" (the median of {len(known)} pairs; {high:.{places}f} where two outputs are most unlike, "
        f"{least} where they are most alike)"
    )
    return (
        f"With {units}, two systems must differ by about {middle:.{places}f} {info.title} to be "
        f"told apart in four cases of five{spread if low != high else ''}. "
        "A smaller difference may be real and stay unseen."
    )


def verdict(test: PairedTest, info: MetricInfo) -> str:
    """One sentence on a pair: which is better, by how much, and how sure that is."""
    places = info.decimals + 1
    method = (
        f"{test.method}, two-sided, {_count(test.units, test.unit)}, p {p_value(test.p_adjusted)}"
        + (f" after Holm over {_count(test.family, 'pair')}" if test.correction == "holm" else "")
    )
    low, high = test.interval.low, test.interval.high
    delta = f"Δ = {test.delta:+.{places}f} [{low:+.{places}f}, {high:+.{places}f}]"
    delta = delta.replace("-", "−")
    winner = test.winner
    if winner is None:
        return f"No difference by {info.title} is established: {delta} ({method})."
    loser = test.b if winner == test.a else test.a
    return f"{winner} is significantly better than {loser} by {info.title}: {delta} ({method})."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
