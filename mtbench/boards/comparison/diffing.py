"""Two sides → rows matched, deltas, tests, verdicts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mtbench.boards.comparison.matching import (
    check_margins,
    check_signature,
    check_test_set,
    choose_metrics,
    choose_primary,
    is_partial,
    match_rows,
    note_unknown,
    same_output,
    score_of,
    signed_alike,
)
from mtbench.boards.comparison.sides import Side, SideRow
from mtbench.boards.comparison.verdicts import not_inferior, verdict
from mtbench.errors import DataError, RegressionFound, RequestError
from mtbench.types import MetricInfo
from mtbench.types.findings import (
    Agreement,
    LeaderboardDiff,
    MetricDelta,
    PairedTest,
    RowDiff,
    Verdict,
)

FailOn = Literal["worse", "not-noninferior", "missing"]
HARDWARE = 0.01  # on the 0–100 scale: what a neural score may move between machines


@dataclass(frozen=True, slots=True)
class Question:
    """A test that is wanted: the new row against the old under one metric."""

    metric: str
    old: SideRow
    new: SideRow


@dataclass(frozen=True, slots=True)
class Evidence:
    """What could be found out about a question.

    Attributes:
        test: The test, corrected over all questions asked together; or
        reason: why there is none.
        agreement: How often humans agree with the metric at such a delta.
        warning: A sentence on the test that a reader must see.
    """

    test: PairedTest | None = None
    reason: str | None = None
    agreement: Agreement | None = None
    warning: str | None = None


Tester = Callable[[Sequence[Question], float], Sequence[Evidence]]


def compare(
    old: Side,
    new: Side,
    *,
    infos: Mapping[str, MetricInfo],
    tester: Tester,
    metrics: Sequence[str] = (),
    margins: Mapping[str, float] | None = None,
    alpha: float = 0.05,
    by_system: bool = True,
) -> LeaderboardDiff:
    """What changed from an old leaderboard to a new one.

    Args:
        old: The first leaderboard, against which the other is held.
        new: The second.
        infos: Metric → what it is, as far as known.
        tester: Answers a family of questions at a level; called once for the deciding metrics
            and once for each of the others.
        metrics: The deciding metrics, and then only these are compared. By default the
            primary metric that the sides name decides and the others are shown.
        margins: Metric → the largest difference that does not matter, on its own scale.
        alpha: The level of each family of tests.
        by_system: Match rows by corpus, pair and system; otherwise by corpus and pair, each
            side having one row there.

    Raises:
        RequestError: If digests or signatures of matched rows differ, nothing can be matched,
            or a margin is given for a metric that is not compared.
        DataError: If one output has two scores under one signature.
        UnknownName: If neither side has a metric asked for.
    """
    pairs = match_rows(old, new, by_system)
    both = [(a, b) for a, b in pairs if a is not None and b is not None]
    compared = choose_metrics(old, new, metrics)
    notes = [*old.notes, *new.notes]
    deciding = tuple(metrics) or choose_primary(old, new, both, compared, notes)
    checked = check_margins(margins or {}, compared, infos)
    for a, b in both:
        check_test_set(a, b)
        for metric in compared:
            check_signature(metric, a, b)
    note_unknown(both, compared, notes)
    evidence = _evidence(both, compared, deciding, tester, alpha, infos)
    notes += [
        f"{side.name}: failed segments count as empty in the scores of {names}, which are held "
        "against none of a whole output"
        for side in (old, new)
        if (names := ", ".join(_partial_rows(side, compared)))
    ]
    for a, b in both:
        warnings = [
            evidence[key].warning for m in compared if (key := (m, id(a), id(b))) in evidence
        ]
        notes += [f"{b.test_set}: {warning}" for warning in warnings if warning]
    asked = [found.test for (m, *_), found in evidence.items() if m in deciding and found.test]
    notes += [_hopeless(asked)] if _separates_nothing(asked) else []
    rows = []
    for one, other in pairs:
        entries = tuple(
            _delta(metric, one, other, metric in deciding, infos.get(metric), checked, evidence)
            for metric in compared
            if score_of(one, metric) is not None or score_of(other, metric) is not None
        )
        rows.append(_row(one, other, entries))
    return LeaderboardDiff(
        old=old.name,
        new=new.name,
        alpha=alpha,
        deciding=deciding,
        margins=checked,
        verdict=_together([row.verdict for row in rows if row.verdict is not None]),
        rows=tuple(rows),
        notes=tuple(dict.fromkeys(notes)),
    )


def check(found: LeaderboardDiff, fail_on: Collection[FailOn]) -> None:
    """Holds a comparison against ``--fail-on``.

    ``worse``: a row is worse. ``not-noninferior``: for a row and deciding metric it is not shown
    that the new one is at most the margin worse; the undecided fail. Either fails where the new
    row's failed segments count as empty and the old row had none. ``missing``: a row or a
    deciding score of the old leaderboard is missing in the new.

    Raises:
        RegressionFound: Naming the first rows.
        RequestError: If nothing could be tested, or a deciding metric has no margin.
    """
    both = [row for row in found.rows if row.status == "both"]
    deciding = [(row, e) for row in both for e in row.metrics if e.deciding]
    judged = [(row, e) for row, e in deciding if e.delta is not None]
    if {"worse", "not-noninferior"} & set(fail_on):
        _answerable(found, deciding, judged)
    reasons = []
    if "missing" in fail_on:
        reasons += [f"{_named(row)} is missing" for row in found.rows if row.status == "missing"]
        reasons += [
            f"{_named(row)} has no {e.metric} any more"
            for row, e in deciding
            if e.old is not None and e.new is None
        ]
    if "worse" in fail_on:
        reasons += [
            f"{_named(row)} is worse by {e.metric} ({e.delta:+.{e.decimals}f})"
            for row, e in judged
            if e.verdict == "worse"
        ]
    if "not-noninferior" in fail_on:
        without = [metric for metric in found.deciding if metric not in found.margins]
        if without:
            raise RequestError(
                f"--fail-on not-noninferior needs a margin for {without[0]}",
                hint=f"such as --margin {without[0]}=0.5, on the metric's own scale",
            )
        reasons += [
            f"{_named(row)} is not shown to be non-inferior by {e.metric} within {e.margin:g}"
            for row, e in judged
            if not e.not_inferior
        ]
    if {"worse", "not-noninferior"} & set(fail_on):
        reasons += [
            f"{_named(r)}: {e.metric}: {e.reason}" for r, e in deciding if _turned_partial(e)
        ]
    if reasons:
        more = f", and {len(reasons) - 3} more" if len(reasons) > 3 else ""
        raise RegressionFound("; ".join(reasons[:3]) + more)


def _answerable(
    found: LeaderboardDiff,
    deciding: Sequence[tuple[RowDiff, MetricDelta]],
    judged: Sequence[tuple[RowDiff, MetricDelta]],
) -> None:
    """Refuses where of the rows that changed not one could be tested."""
    changed = [e for _, e in judged if e.verdict != "equivalent" or e.test is not None]
    if (changed or not judged) and not any(e.test for e in changed):
        untested = [e.reason for _, e in deciding if e.reason and e.verdict != "equivalent"]
        raise RequestError(
            "nothing could be tested, so --fail-on cannot answer",
            why=untested[0] if untested else f"no {' or '.join(found.deciding)} on both sides",
            hint="keep the results folder beside each CSV, or name it: --results-a, --results-b",
        )


def _named(row: RowDiff) -> str:
    return f"{row.system} on {row.corpus}/{row.src}-{row.tgt}"


def _turned_partial(found: MetricDelta) -> bool:
    """Whether the new system lacks translations, so that its score cannot be held to the old."""
    return found.old is not None and found.new is None and found.reason == _NEW_PARTIAL


_PARTIAL = "in the score of the {side} side, failed segments count as empty or are left out"
_NEW_PARTIAL = _PARTIAL.format(side="new")


# --- judging --------------------------------------------------------------------------------

Key = tuple[str, int, int]


def _evidence(
    both: Sequence[tuple[SideRow, SideRow]],
    compared: Sequence[str],
    deciding: Sequence[str],
    tester: Tester,
    alpha: float,
    infos: Mapping[str, MetricInfo],
) -> dict[Key, Evidence]:
    """Answers for all rows: one family over the deciding metrics, one for each of the others."""
    families = [list(deciding), *([metric] for metric in compared if metric not in deciding)]
    found: dict[Key, Evidence] = {}
    for family in families:
        asked = []
        for metric in family:
            for a, b in both:
                key = (metric, id(a), id(b))
                if score_of(a, metric) is None or score_of(b, metric) is None:
                    continue
                if is_partial(a, metric) != is_partial(b, metric):
                    continue
                if metric not in infos:
                    found[key] = Evidence(reason=f"whether higher is better is not known: {metric}")
                elif same_output(a, b) and signed_alike(metric, a, b):
                    _same_score(metric, a, b, infos[metric])
                else:
                    asked.append((key, Question(metric, a, b)))
        if asked:
            answers = tester([question for _, question in asked], alpha)
            found |= {key: answer for (key, _), answer in zip(asked, answers, strict=True)}
    return found


def _partial_rows(side: Side, compared: Sequence[str]) -> list[str]:
    return [
        f"{row.system} on {row.test_set}"
        for row in side.rows
        if any(is_partial(row, metric) for metric in compared)
    ]


def _separates_nothing(tests: Sequence[PairedTest]) -> bool:
    """Whether no p-value can be small enough, whatever the outputs are."""
    return bool(tests) and all(
        test.method == "exact randomization" and 2 / test.resamples * test.family > test.alpha
        for test in tests
    )


def _hopeless(tests: Sequence[PairedTest]) -> str:
    most = max(tests, key=lambda test: test.units)
    units = f"{most.units} {most.unit}" + ("" if most.units == 1 else "s")
    times = f", which times {most.family} rows exceeds" if most.family > 1 else ", above"
    return (
        f"no row can be significant here, because with {units} no p-value can be smaller than "
        f"{2 / most.resamples:.2g}{times} {most.alpha:g}: --fail-on worse would let everything "
        "through"
    )


def _same_score(metric: str, old: SideRow, new: SideRow, info: MetricInfo) -> None:
    a, b = old.cells[metric].score, new.cells[metric].score
    if a is not None and b is not None and abs(a - b) * info.unit_scale > HARDWARE:
        raise DataError(
            f"{new.system} on {new.test_set}: one output and one signature, but two scores of "
            f"{metric}: {a:g} and {b:g}",
            why=f"{old.where} against {new.where}: one of them was edited",
            hint="build that leaderboard again from its results",
        )


def _delta(
    metric: str,
    old: SideRow | None,
    new: SideRow | None,
    deciding: bool,
    info: MetricInfo | None,
    margins: Mapping[str, float],
    evidence: Mapping[Key, Evidence],
) -> MetricDelta:
    a, b = (None if is_partial(r, metric) else score_of(r, metric) for r in (old, new))
    if is_partial(old, metric) and is_partial(new, metric):
        a, b = score_of(old, metric), score_of(new, metric)
    plain = MetricDelta(
        metric=metric,
        deciding=deciding,
        old=a,
        new=b,
        higher_is_better=info.higher_is_better if info else None,
        decimals=max(2, info.decimals) if info else 2,
        margin=margins.get(metric),
    )
    for side, row, shown in (("old", old, a), ("new", new, b)):
        if shown is None and is_partial(row, metric):
            return plain.model_copy(update={"reason": _PARTIAL.format(side=side)})
    if old is None or new is None:
        return plain
    if a is None or b is None:
        missing = "old" if a is None else "new"
        return plain.model_copy(update={"reason": f"the {missing} side has no score"})
    signature = new.cells[metric].signature if signed_alike(metric, old, new) else None
    found = evidence.get((metric, id(old), id(new)))
    values: dict[str, object] = {"delta": b - a, "signature": signature, "verdict": "undecided"}
    if found is None:
        values |= {"verdict": "equivalent", "reason": "the same output"}
        values |= {"not_inferior": True} if metric in margins else {}
    elif found.test is None:
        values |= {"reason": found.reason or "it could not be tested"}
    else:
        margin = margins.get(metric)
        values |= {"verdict": verdict(found.test, margin), "test": found.test}
        values |= {"agreement": found.agreement}
        values |= {"not_inferior": not_inferior(found.test, margin)} if margin else {}
    return plain.model_copy(update=values)


def _row(old: SideRow | None, new: SideRow | None, entries: tuple[MetricDelta, ...]) -> RowDiff:
    row = new or old
    if row is None:
        raise ValueError("a row on neither side")
    verdicts = [e.verdict for e in entries if e.deciding and e.verdict is not None]
    both = old is not None and new is not None
    return RowDiff(
        corpus=row.corpus,
        src=row.pair.source,
        tgt=row.pair.target,
        system=row.system,
        old_system=old.system if old and new and old.system != new.system else None,
        status="both" if both else "new" if old is None else "missing",
        same_output=same_output(old, new) if old and new else None,
        verdict=_together(verdicts) if both else None,
        metrics=entries,
    )


def _together(verdicts: Sequence[Verdict]) -> Verdict | None:
    """Worse where one is, else better where one is, else equivalent where all are."""
    if not verdicts:
        return None
    for one in ("worse", "better"):
        if one in verdicts:
            return one
    return "equivalent" if all(v == "equivalent" for v in verdicts) else "undecided"
