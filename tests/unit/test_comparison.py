"""Two leaderboards row by row: deltas, verdicts, refusals, gates."""

from __future__ import annotations

import pytest

from mtbench.boards.comparison import SideCell, check, compare, gate
from mtbench.boards.comparison.diffing import FailOn
from mtbench.errors import DataError, RegressionFound, RequestError, UnknownName
from mtbench.report.comparison_text import headline, render_comparison
from mtbench.types.findings import LeaderboardDiff
from tests.support.boards import INFOS, answering, row, side


def two_rows(shifts: dict[tuple[str, str], float], **given: object) -> LeaderboardDiff:
    old = side("old", row("a", comet=0.80, chrf=60.0), row("b", comet=0.70, chrf=50.0))
    new = side("new", row("a", comet=0.85, chrf=61.0), row("b", comet=0.65, chrf=50.5))
    return compare(old, new, infos=INFOS, tester=answering(shifts), **given)  # type: ignore[arg-type]


SHIFTS = {("a", "comet"): 0.1, ("b", "comet"): -0.1, ("a", "chrf"): 0.0, ("b", "chrf"): 0.0}


def test_rows_are_matched_and_judged() -> None:
    found = two_rows(SHIFTS)
    a, b = found.rows
    assert (a.system, a.status, a.verdict) == ("a", "both", "better")
    assert (b.system, b.verdict) == ("b", "worse")
    assert found.verdict == "worse" and found.deciding == ("comet",)
    comet, chrf = a.metrics
    assert comet.deciding and comet.delta == pytest.approx(0.05) and comet.decimals == 4
    assert comet.test is not None and comet.test.family == 2 and comet.signature == "v:1"
    assert not chrf.deciding and chrf.verdict == "undecided"


def test_the_deciding_metrics_are_one_family() -> None:
    asked: list[list[tuple[str, str]]] = []
    old = side("old", row("a", comet=0.80, chrf=60.0, ter=40.0))
    new = side("new", row("a", comet=0.85, chrf=61.0, ter=39.0))
    compare(old, new, infos=INFOS, tester=answering({}, asked))
    assert asked == [[("a", "comet")], [("a", "chrf")], [("a", "ter")]]
    asked.clear()
    found = compare(old, new, infos=INFOS, tester=answering({}, asked), metrics=["chrf", "ter"])
    assert asked == [[("a", "chrf"), ("a", "ter")]]
    assert found.deciding == ("chrf", "ter")
    assert [e.metric for e in found.rows[0].metrics] == ["chrf", "ter"]


def test_any_deciding_metric_makes_a_row_worse() -> None:
    shifts = {("a", "comet"): 0.1, ("a", "ter"): 0.1}  # a higher TER is worse
    old, new = (side(n, row("a", comet=0.8, ter=40.0)) for n in ("old", "new"))
    found = compare(old, new, infos=INFOS, tester=answering(shifts), metrics=["comet", "ter"])
    assert [e.verdict for e in found.rows[0].metrics] == ["better", "worse"]
    assert found.rows[0].verdict == found.verdict == "worse"


def test_margins_make_equivalence() -> None:
    shifts = {("a", "comet"): 0.0, ("b", "comet"): 0.0}
    assert two_rows(shifts).verdict == "undecided"
    found = two_rows(shifts, margins={"comet": 0.05})
    assert found.verdict == "equivalent" and found.margins == {"comet": 0.05}
    assert all(r.metrics[0].not_inferior for r in found.rows)
    assert two_rows(shifts, margins={"comet": 0.001}).verdict == "undecided"


def test_a_family_that_can_separate_nothing_is_said_to() -> None:
    """With 5 segments the smallest p is 2 / 2⁵ = 0.0625: no gate on significance can close."""
    shifts = {(s, "comet"): -0.3 for s in "ab"}
    old, new = (side(n, *(row(s, comet=0.8) for s in "ab")) for n in ("old", "new"))
    hopeless = compare(old, new, infos=INFOS, tester=answering(shifts, segments=5))
    assert hopeless.verdict == "undecided"
    (note,) = hopeless.notes
    assert note.startswith(
        "no row can be significant here, because with 5 segments no p-value can be smaller than "
        "0.0625, which times 2 rows exceeds 0.05"
    )
    for segments in (8, 40):
        found = compare(old, new, infos=INFOS, tester=answering(shifts, segments=segments))
        assert found.verdict == "worse" and not found.notes


def test_new_and_missing_rows() -> None:
    old = side("old", row("a", comet=0.8), row("gone", comet=0.7))
    new = side("new", row("a", comet=0.8), row("fresh", comet=0.9))
    found = compare(old, new, infos=INFOS, tester=answering({}))
    assert {r.system: r.status for r in found.rows} == {
        "a": "both", "fresh": "new", "gone": "missing",
    }  # fmt: skip
    gone = found.rows[-1]
    assert gone.verdict is None and gone.metrics[0].old == 0.7 and gone.metrics[0].delta is None


@pytest.mark.parametrize("first", [True, False])
def test_a_partial_score_is_not_held_against_a_whole_one(first: bool) -> None:
    asked: list[list[tuple[str, str]]] = []
    part = row("a", comet=0.8, signature="v:1|failures:empty")
    whole = row("a", comet=0.9)
    old, new = (part, whole) if first else (whole, part)
    found = compare(side("old", old), side("new", new), infos=INFOS, tester=answering({}, asked))
    (entry,) = found.rows[0].metrics
    assert (entry.delta, entry.verdict, asked) == (None, None, [])
    which = "old" if first else "new"
    assert (
        entry.reason
        == f"in the score of the {which} side, failed segments count as empty or are left out"
    )
    if not first:
        with pytest.raises(RegressionFound, match="has no comet any more"):
            check(found, ["missing"])
        # Another row that can be tested does not let this one through.
        other = compare(
            side("old", old, row("b", comet=0.7)),
            side("new", new, row("b", comet=0.9)),
            infos=INFOS,
            tester=answering({("b", "comet"): 0.1}),
            margins={"comet": 0.01},
        )
        for gate in ("worse", "not-noninferior"):
            with pytest.raises(RegressionFound, match=r"a on .*: comet: in the score of the new"):
                check(other, [gate])


def test_two_partial_scores_are_compared_and_said_to_be_partial() -> None:
    old, new = (
        side(n, row("a", comet=v, signature="v:1|failures:empty"))
        for n, v in (("old", 0.8), ("new", 0.9))
    )
    found = compare(old, new, infos=INFOS, tester=answering({("a", "comet"): 0.1}))
    assert found.rows[0].verdict == "better"
    assert found.notes == tuple(
        f"{name}: failed segments count as empty in the scores of a on news/en-de, which are held "
        "against none of a whole output"
        for name in ("old", "new")
    )


def test_a_new_row_with_a_partial_score_says_so() -> None:
    part = row("fresh", comet=0.8, signature="v:1|failures:empty")
    found = compare(
        side("old", row("a", comet=0.9)),
        side("new", row("a", comet=0.9), part),
        infos=INFOS,
        tester=answering({}),
    )
    (entry,) = found.rows[-1].metrics
    assert found.rows[-1].status == "new"
    assert (
        entry.reason
        == "in the score of the new side, failed segments count as empty or are left out"
    )
    assert found.notes[0].startswith("new: failed segments count as empty in the scores of fresh")


def test_without_statistics_deltas_are_plain_and_said() -> None:
    found = two_rows({})
    entry = found.rows[0].metrics[0]
    assert entry.delta == pytest.approx(0.05) and entry.test is None
    assert entry.verdict == "undecided" and entry.reason == "no statistics at hand"


def test_the_same_output_needs_no_test() -> None:
    asked: list[list[tuple[str, str]]] = []
    old, new = (side(n, row("a", comet=0.8, output="o" * 64)) for n in ("old", "new"))
    found = compare(old, new, infos=INFOS, tester=answering({}, asked), margins={"comet": 0.01})
    entry = found.rows[0].metrics[0]
    assert not asked and found.rows[0].same_output
    assert (entry.verdict, entry.reason, entry.not_inferior) == (
        "equivalent", "the same output", True,
    )  # fmt: skip
    check(found, ["worse", "not-noninferior", "missing"])


def test_one_output_with_two_scores_was_edited() -> None:
    old = side("old", row("a", comet=0.8, output="o" * 64))
    new = side("new", row("a", comet=0.9, output="o" * 64))
    with pytest.raises(DataError, match=r"two scores of comet: 0\.8 in a.csv:2 and 0\.9"):
        compare(old, new, infos=INFOS, tester=answering({}))


def test_a_changed_test_set_excludes_its_row_alone() -> None:
    old = side("old", row("a", comet=0.8, testset="1" * 64), row("b", comet=0.8))
    new = side("new", row("a", comet=0.7, testset="2" * 64), row("b", comet=0.9))
    found = compare(old, new, infos=INFOS, tester=answering({("b", "comet"): 0.1}))
    a, b = found.rows
    assert (a.status, a.verdict, a.metrics[0].delta) == ("changed", None, None)
    assert str(a.reason).startswith("the test sets differ: 11111111 in")
    assert (b.status, b.verdict) == ("both", "better")
    assert "1 on another test set" in headline(found)
    for style in ("table", "md", "csv", "json"):
        assert "the test sets differ" in render_comparison(found, style).replace("\\", ""), style
    check(found, ["worse"])
    with pytest.raises(RegressionFound, match="a on news/en-de cannot be compared"):
        check(found, ["missing"])


@pytest.mark.parametrize("fail_on", [(), ("worse",)])
def test_where_no_row_can_be_compared_it_is_refused(fail_on: tuple[FailOn, ...]) -> None:
    old = side("old", row("a", comet=0.8, testset="1" * 64))
    new = side("new", row("a", comet=0.8, testset="2" * 64))
    found = compare(old, new, infos=INFOS, tester=answering({}))
    judged, error = gate(found, fail_on)
    assert isinstance(error, RequestError) and "the test sets differ" in str(error.why)
    assert "--rescore" in str(error.hint)
    if fail_on:
        assert judged.gate is not None and judged.gate.state == "no answer"
        assert headline(judged).startswith("no answer (--fail-on worse): no verdict")


def test_a_column_that_does_not_decide_stops_nothing() -> None:
    chrf = {"old": "nrefs:1|case:mixed|version:2.5.1", "new": "nrefs:1|case:lc|version:2.6.0|x:y"}
    sides = []
    for name, comet, ter in (("old", 0.8, 40.0), ("new", 0.9, 40000.0)):
        one = row("a", comet=comet, ter=ter)
        one.cells["chrf"] = SideCell(60.0, chrf[name])
        sides.append(side(name, one))
    old, new = sides
    infos = {**INFOS, "ter": INFOS["ter"].model_copy(update={"bounds": (0.0, 1000.0)})}
    found = compare(old, new, infos=infos, tester=answering({("a", "comet"): 0.1}))
    assert found.verdict == "better"
    reasons = {e.metric: e.reason for e in found.rows[0].metrics if e.delta is None}
    assert "case mixed → lc, version 2.5.1 → 2.6.0, x absent → y" in str(reasons["chrf"])
    assert "40000 is no ter, which lies between 0 and 1000" in str(reasons["ter"])
    for style in ("table", "md", "csv", "json"):
        assert "computed differently" in render_comparison(found, style), style
    check(found, ["worse"])
    with pytest.raises(DataError, match="40000 is no ter"):
        compare(old, new, infos=infos, tester=answering({}), metrics=["ter"])
    by_chrf = compare(old, new, infos=infos, tester=answering({}), metrics=["chrf"])
    with pytest.raises(RequestError, match="no row can be compared"):
        check(by_chrf, [])


def test_a_renamed_system() -> None:
    old = side("old", row("mt-1", comet=0.8), row("other", comet=0.7))
    new = side("new", row("mt-2", comet=0.9), row("other", comet=0.7))
    asked = {("mt-2", "comet"): 0.1, ("other", "comet"): 0.0}
    (note,) = compare(old, new, infos=INFOS, tester=answering(asked)).notes
    assert note.endswith("compare them with --rename mt-1=mt-2")
    found = compare(old, new, infos=INFOS, tester=answering(asked), renamed={"mt-1": "mt-2"})
    assert not found.notes
    one = found.rows[0]
    assert (one.system, one.old_system, one.verdict) == ("mt-2", "mt-1", "better")
    with pytest.raises(UnknownName, match="mt-3"):
        compare(old, new, infos=INFOS, tester=answering(asked), renamed={"mt-1": "mt-3"})


def test_a_headline_says_what_the_exit_code_says() -> None:
    old = side("old", row("a", comet=0.8), row("gone", comet=0.7))
    new = side("new", row("a", comet=0.9))
    found = compare(old, new, infos=INFOS, tester=answering({("a", "comet"): 0.1}))
    assert headline(found).startswith("better by comet")
    judged, error = gate(found, ["missing"])
    assert isinstance(error, RegressionFound)
    assert headline(judged).startswith("failed (--fail-on missing): better by comet")
    markdown = render_comparison(judged, "md")
    assert markdown.startswith("### mtbench: 🔴 failed")
    assert "gone on news/en-de is missing" in markdown.replace("\\", "")
    passed, error = gate(found, ["worse"])
    assert error is None and headline(passed).startswith("passed (--fail-on worse): better")


def test_a_signature_without_a_score_stands_in_nobodys_way() -> None:
    old = side("old", row("a", chrf=60.0, signature="nrefs:1"))
    # A signature without a score on one side stands in nobody's way.
    empty = side("new", row("a", chrf=None, signature="nrefs:2"))
    found = compare(old, empty, infos=INFOS, tester=answering({}))
    assert found.rows[0].metrics[0].reason == "the new side has no score"


def test_what_is_taken_on_trust_is_said() -> None:
    old = side("old", row("a", comet=0.8, testset=None, signature=None))
    new = side("new", row("a", comet=0.8))
    notes = " ".join(compare(old, new, infos=INFOS, tester=answering({})).notes)
    assert "1 of 1 rows do not say which test set" in notes
    assert "comet: 1 of 1 rows have no signature" in notes


def test_nothing_in_common() -> None:
    old, new = side("old", row("a", comet=0.8)), side("new", row("z", comet=0.8))
    with pytest.raises(RequestError, match="no row in common") as caught:
        compare(old, new, infos=INFOS, tester=answering({}))
    assert "a on news/en-de" in str(caught.value.why)
    with pytest.raises(RequestError, match="no rows"):
        compare(side("old"), side("new"), infos=INFOS, tester=answering({}))


def test_two_runs_of_one_system() -> None:
    old, new = side("old", row("a-1", comet=0.8)), side("new", row("a-2", comet=0.9))
    shifts = {("a-2", "comet"): 0.1}
    found = compare(old, new, infos=INFOS, tester=answering(shifts), by_system=False)
    (only,) = found.rows
    assert (only.system, only.old_system, only.verdict) == ("a-2", "a-1", "better")
    more = side("new", row("a-2", comet=0.9), row("a-3", comet=0.9))
    with pytest.raises(RequestError, match="two rows"):
        compare(old, more, infos=INFOS, tester=answering({}), by_system=False)


def test_which_metric_decides() -> None:
    both = [row("a", bleu=1.0, chrf=2.0, comet=3.0)]
    assert compare(
        side("old", *both, primary="chrf"), side("new", *both, primary="comet"),
        infos=INFOS, tester=answering({}),
    ).deciding == ("chrf",)  # fmt: skip
    bare = [side(n, *both, primary=None) for n in ("old", "new")]
    assert compare(*bare, infos=INFOS, tester=answering({})).deciding == ("comet",)
    # An empty column decides nothing.
    empty = [side(n, row("a", bleu=1.0, comet=None), primary=None) for n in ("old", "new")]
    assert compare(*empty, infos=INFOS, tester=answering({})).deciding == ("bleu",)
    with pytest.raises(UnknownName, match="blue"):
        compare(*bare, infos=INFOS, tester=answering({}), metrics=["blue"])


def test_a_metric_of_unknown_direction_has_no_verdict() -> None:
    old, new = (side(n, row("a", magic=v), primary=None) for n, v in (("old", 1.0), ("new", 2.0)))
    entry = compare(old, new, infos=INFOS, tester=answering({})).rows[0].metrics[0]
    assert entry.delta == 1.0 and entry.verdict == "undecided"
    assert "whether higher is better" in str(entry.reason)


def test_margins_are_checked() -> None:
    with pytest.raises(RequestError, match="above 0"):
        two_rows({}, margins={"comet": 0.0})
    with pytest.raises(UnknownName, match="bleu"):
        two_rows({}, margins={"bleu": 1.0})


# --- gates ----------------------------------------------------------------------------------


def test_fail_on_worse_passes_the_undecided() -> None:
    check(two_rows({("a", "comet"): 0.0, ("b", "comet"): 0.0}), ["worse"])
    with pytest.raises(RegressionFound, match=r"b on news/en-de is worse by comet \(-0.0500\)"):
        check(two_rows(SHIFTS), ["worse"])


def test_fail_on_not_noninferior_does_not() -> None:
    still = {("a", "comet"): 0.0, ("b", "comet"): 0.0}
    check(two_rows(still, margins={"comet": 0.05}), ["not-noninferior"])
    with pytest.raises(
        RegressionFound, match=r"not shown to be non-inferior by comet within 0\.001"
    ):
        check(two_rows(still, margins={"comet": 0.001}), ["not-noninferior"])
    with pytest.raises(RequestError, match="needs a margin for comet"):
        check(two_rows(still), ["not-noninferior"])
    # Without statistics for one row, that row is not shown to be anything.
    with pytest.raises(RegressionFound, match="b on news/en-de is not shown"):
        check(two_rows({("a", "comet"): 0.0}, margins={"comet": 0.05}), ["not-noninferior"])


def test_fail_on_missing() -> None:
    old = side("old", row("a", comet=0.8, chrf=60.0), row("gone", comet=0.7))
    new = side("new", row("a", comet=None, chrf=60.0))
    found = compare(old, new, infos=INFOS, tester=answering({}))
    with pytest.raises(RegressionFound, match=r"gone on news/en-de is missing; a .* has no comet"):
        check(found, ["missing"])
    check(found, [])


@pytest.mark.parametrize("fail_on", ["worse", "not-noninferior"])
def test_a_gate_that_cannot_answer_says_so(fail_on: FailOn) -> None:
    with pytest.raises(RequestError, match="nothing could be tested") as caught:
        check(two_rows({}, margins={"comet": 0.01}), [fail_on])
    assert caught.value.why == "no statistics at hand" and "--results-a" in str(caught.value.hint)


def test_many_regressions_are_counted() -> None:
    names = [f"s{i}" for i in range(6)]
    old, new = (side(n, *(row(s, comet=0.8) for s in names)) for n in ("old", "new"))
    shifts = {(s, "comet"): -0.2 for s in names}
    with pytest.raises(RegressionFound, match="and 3 more"):
        check(compare(old, new, infos=INFOS, tester=answering(shifts)), ["worse"])
