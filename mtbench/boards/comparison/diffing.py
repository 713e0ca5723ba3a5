"""Two sides → rows matched, deltas, tests, verdicts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mtbench.boards.comparison.matching import (
    DIFFERENTLY,
    check_margins,
    choose_metrics,
    choose_primary,
    computed_otherwise,
    is_partial,
    match_rows,
    note_renames,
    note_unknown,
    other_test_set,
    out_of_bounds,
    same_output,
    score_of,
    signed_alike,
)
from mtbench.boards.comparison.sides import NOT_AGAIN, Side, SideRow
from mtbench.boards.comparison.verdicts import not_inferior, verdict
from mtbench.errors import DataError, RegressionFound, RequestError
from mtbench.text.p_values import floor as smallest
from mtbench.types import MetricInfo
from mtbench.types.findings import (
    Agreement,
    Gate,
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
class RowEvidence:
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


Tester = Callable[[Sequence[Question], float], Sequence[RowEvidence]]


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
    renamed: Mapping[str, str] | None = None,
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
        renamed: Name on the old side → name on the new one, where they differ.

    A row whose test sets differ, and a score that was computed differently, are not compared and
    say why; the others are.

    Raises:
        RequestError: If nothing can be matched, or a margin is given for a metric that is not
            compared.
        DataError: If a deciding score is out of its metric's bounds, or one output has two
            scores under one signature.
        UnknownName: If neither side has a metric asked for.
    """
    pairs = match_rows(old, new, by_system, renamed)
    matched = [(a, b) for a, b in pairs if a is not None and b is not None]
    both = [(a, b) for a, b in matched if other_test_set(a, b) is None]
    compared = choose_metrics(old, new, metrics)
    notes = [*old.notes, *new.notes]
    if by_system:
        note_renames(pairs, notes)
    deciding = tuple(metrics) or choose_primary(old, new, matched, compared, notes)
    checked = check_margins(margins or {}, compared, infos)
    note_unknown(both, compared, notes)
    excluded = _excluded(both, compared, deciding, infos)
    evidence = _evidence(both, compared, deciding, tester, alpha, infos, excluded)
    notes += _notes(old, new, both, compared, deciding, evidence)
    rows = []
    for one, other in pairs:
        entries = tuple(
            _delta(
                metric,
                one,
                other,
                metric in deciding,
                infos.get(metric),
                checked,
                evidence,
                excluded,
            )
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
    """Holds a comparison against ``--fail-on``; see ``gate``.

    Raises:
        RegressionFound: Naming the first rows.
        RequestError: If nothing could be tested, or a deciding metric has no margin.
    """
    _, error = gate(found, fail_on)
    if error is not None:
        raise error


def gate(
    found: LeaderboardDiff, fail_on: Collection[FailOn]
) -> tuple[LeaderboardDiff, RegressionFound | RequestError | None]:
    """A comparison with what ``--fail-on`` makes of it, and the error it ends in, if it does.

    ``worse``: a row is worse. ``not-noninferior``: for a row and deciding metric it is not shown
    that the new one is at most the margin worse; the undecided and the incomparable fail. Either
    fails where the new row's failed segments count as empty and the old row had none.
    ``missing``: a row or a deciding score of the old leaderboard is missing in the new, or cannot
    be held against the old.
    """
    if not fail_on:
        return found, _incomparable(found)
    error: RegressionFound | RequestError | None = None
    try:
        reasons = list(dict.fromkeys(_regressions(found, fail_on)))
    except RequestError as unanswered:
        error, state = unanswered, "no answer"
        reasons = [f"{unanswered.message}{f' ({unanswered.why})' if unanswered.why else ''}"]
    else:
        state = "closed" if reasons else "open"
        if reasons:
            more = f", and {len(reasons) - 3} more" if len(reasons) > 3 else ""
            error = RegressionFound("; ".join(reasons[:3]) + more)
    result = Gate.model_validate({"fail_on": fail_on, "state": state, "reasons": tuple(reasons)})
    return found.model_copy(update={"gate": result}), error


def _incomparable(found: LeaderboardDiff) -> RequestError | None:
    """Refuses a comparison of which no row at all can be compared."""
    matched = [row for row in found.rows if row.status in ("both", "changed")]
    reasons = [
        row.reason or next((e.reason for e in row.metrics if e.deciding and _is_excluded(e)), None)
        for row in matched
    ]
    if not reasons or None in reasons:
        return None
    return RequestError(
        "no row can be compared",
        why=reasons[0],
        hint="evaluate both on the same corpus files, score A's outputs on B's references with "
        "--rescore, or name other metrics with --metric",
    )


def _is_excluded(entry: MetricDelta) -> bool:
    """Whether both scores are there and may not be held against each other."""
    return entry.delta is None and entry.old is not None and entry.new is not None


def _regressions(found: LeaderboardDiff, fail_on: Collection[FailOn]) -> Iterator[str]:
    both = [row for row in found.rows if row.status == "both"]
    deciding = [(row, e) for row in both for e in row.metrics if e.deciding]
    judged = [(row, e) for row, e in deciding if e.delta is not None]
    changed = [row for row in found.rows if row.status == "changed"]
    if {"worse", "not-noninferior"} & set(fail_on):
        _answerable(found, deciding, judged)
    if "missing" in fail_on:
        yield from _missing(found, deciding, changed)
    if "worse" in fail_on:
        for row, e in judged:
            if e.verdict == "worse":
                yield f"{_named(row)} is worse by {e.metric} ({e.delta:+.{e.decimals}f})"
    if "not-noninferior" in fail_on:
        yield from _not_shown(found, deciding, changed)
    if {"worse", "not-noninferior"} & set(fail_on):
        for row, e in deciding:
            if _turned_partial(e):
                yield f"{_named(row)}: {e.metric}: {e.reason}"


def _missing(
    found: LeaderboardDiff,
    deciding: Sequence[tuple[RowDiff, MetricDelta]],
    changed: Sequence[RowDiff],
) -> Iterator[str]:
    """Rows of the old leaderboard that nothing in the new one can be held against."""
    yield from (f"{_named(row)} is missing" for row in found.rows if row.status == "missing")
    yield from (f"{_named(row)} cannot be compared: {row.reason}" for row in changed)
    for row, e in deciding:
        if e.old is not None and e.new is None:
            yield f"{_named(row)} has no {e.metric} any more"
        elif _is_excluded(e):
            yield f"{_named(row)} cannot be compared: {e.reason}"


def _not_shown(
    found: LeaderboardDiff,
    deciding: Sequence[tuple[RowDiff, MetricDelta]],
    changed: Sequence[RowDiff],
) -> Iterator[str]:
    """Rows of which non-inferiority is not shown.

    Raises:
        RequestError: If a deciding metric has no margin.
    """
    without = [metric for metric in found.deciding if metric not in found.margins]
    if without:
        raise RequestError(
            f"--fail-on not-noninferior needs a margin for {without[0]}",
            hint=f"such as --margin {without[0]}=0.5, on the metric's own scale",
        )
    yield from (f"{_named(row)} cannot be compared: {row.reason}" for row in changed)
    for row, e in deciding:
        if _is_excluded(e):
            yield f"{_named(row)} cannot be compared: {e.reason}"
        elif e.delta is not None and not e.not_inferior:
            yield f"{_named(row)} is not shown to be non-inferior by {e.metric} within {e.margin:g}"


def _answerable(
    found: LeaderboardDiff,
    deciding: Sequence[tuple[RowDiff, MetricDelta]],
    judged: Sequence[tuple[RowDiff, MetricDelta]],
) -> None:
    """Refuses where of the rows that changed not one could be tested."""
    changed = [e for _, e in judged if e.verdict != "equivalent" or e.test is not None]
    if (changed or not judged) and not any(e.test for e in changed):
        untested = [e.reason for _, e in deciding if e.reason and e.verdict != "equivalent"]
        untested += [row.reason for row in found.rows if row.reason]
        raise RequestError(
            "nothing could be tested, so --fail-on cannot answer",
            why=untested[0] if untested else f"no {' or '.join(found.deciding)} on both sides",
            hint=_way_out(found, untested),
        )


def _way_out(found: LeaderboardDiff, untested: Sequence[str]) -> str:
    """What lets rows be tested that could not be."""
    if any(row.status == "changed" for row in found.rows):
        left = next((note for note in found.notes if NOT_AGAIN in note), None)
        return left or "score A's outputs on B's references with --rescore"
    if untested and DIFFERENTLY in untested[0]:
        return "score A's outputs again with today's mtbench and B's options: evaluate, or score"
    return "keep the results folder beside each CSV, or name it: --results-a, --results-b"


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
    excluded: Mapping[Key, str],
) -> dict[Key, RowEvidence]:
    """Answers for all rows: one family over the deciding metrics, one for each of the others."""
    families = [list(deciding), *([metric] for metric in compared if metric not in deciding)]
    found: dict[Key, RowEvidence] = {}
    for family in families:
        asked = []
        for metric in family:
            for a, b in both:
                key = (metric, id(a), id(b))
                if score_of(a, metric) is None or score_of(b, metric) is None or key in excluded:
                    continue
                if is_partial(a, metric) != is_partial(b, metric):
                    continue
                if metric not in infos:
                    found[key] = RowEvidence(
                        reason=f"whether higher is better is not known: {metric}"
                    )
                elif same_output(a, b) and signed_alike(metric, a, b):
                    pass  # there is nothing to test
                else:
                    asked.append((key, Question(metric, a, b)))
        if asked:
            answers = tester([question for _, question in asked], alpha)
            found |= {key: answer for (key, _), answer in zip(asked, answers, strict=True)}
    return found


def _notes(
    old: Side,
    new: Side,
    both: Sequence[tuple[SideRow, SideRow]],
    compared: Sequence[str],
    deciding: Sequence[str],
    evidence: Mapping[Key, RowEvidence],
) -> list[str]:
    """What a reader must know of partial scores, of tests, and of what they cannot show."""
    notes = [
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
    return notes + ([_hopeless(asked)] if _separates_nothing(asked) else [])


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
        f"{smallest(2 / most.resamples)}{times} {most.alpha:g}: --fail-on worse would let "
        "everything through"
    )


def _excluded(
    both: Sequence[tuple[SideRow, SideRow]],
    compared: Sequence[str],
    deciding: Sequence[str],
    infos: Mapping[str, MetricInfo],
) -> dict[Key, str]:
    """Scores that cannot be compared, with the reason.

    Raises:
        DataError: If a deciding one cannot be what it says.
    """
    found: dict[Key, str] = {}
    for metric in compared:
        for a, b in both:
            info = infos.get(metric)
            broken = (
                out_of_bounds(metric, a, info)
                or out_of_bounds(metric, b, info)
                or _two_scores(metric, a, b, info)
            )
            if broken and metric in deciding:
                raise DataError(broken, hint="build that leaderboard again from its results")
            if reason := broken or computed_otherwise(metric, a, b):
                found[metric, id(a), id(b)] = reason
    return found


def _two_scores(metric: str, old: SideRow, new: SideRow, info: MetricInfo | None) -> str | None:
    """Whether one output has two scores under one signature: one of them was edited."""
    a, b = score_of(old, metric), score_of(new, metric)
    if a is None or b is None or info is None or is_partial(old, metric) != is_partial(new, metric):
        return None
    alike = same_output(old, new) and signed_alike(metric, old, new)
    if not alike or abs(a - b) * info.unit_scale <= HARDWARE:
        return None
    return (
        f"{new.system} on {new.test_set}: one output and one signature, but two scores of "
        f"{metric}: {a:g} in {old.where} and {b:g} in {new.where}"
    )


def _delta(
    metric: str,
    old: SideRow | None,
    new: SideRow | None,
    deciding: bool,
    info: MetricInfo | None,
    margins: Mapping[str, float],
    evidence: Mapping[Key, RowEvidence],
    excluded: Mapping[Key, str],
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
    if old is None or new is None or other_test_set(old, new) is not None:
        return plain
    if (reason := excluded.get((metric, id(old), id(new)))) is not None:
        return plain.model_copy(update={"reason": reason})
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
    differs = other_test_set(old, new) if old is not None and new is not None else None
    both = old is not None and new is not None and differs is None
    alone: Literal["new", "missing"] = "new" if old is None else "missing"
    return RowDiff(
        corpus=row.corpus,
        src=row.pair.source,
        tgt=row.pair.target,
        system=row.system,
        old_system=old.system if old and new and old.system != new.system else None,
        status="both" if both else "changed" if differs else alone,
        reason=differs,
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
