"""Runs and scores → leaderboard, without a file in sight."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mtbench.boards.leaderboard import Entry, Ranked, Standing, build, ordered
from mtbench.languages import LanguagePair
from mtbench.report import words
from mtbench.report.render import render
from mtbench.types import Leaderboard, MetricInfo, Row, RunRecord, Score, SystemCard, TestSetFacts

INFOS = {
    name: MetricInfo(name=name, title=name, needs=("reference",), higher_is_better=name != "ter")
    for name in ("bleu", "chrf", "comet", "ter", "own")
}


def score(metric: str, value: float, signature: str = "v:1", test_set: str = "t") -> Score:
    return Score(
        metric=metric,
        info=INFOS[metric],
        signature=signature,
        corpus="news",
        pair=LanguagePair.parse("en-it"),
        system="?",
        score=value,
        segments=2,
        output_digest="o",
        sources_digest="s",
        references_digest="r",
        testset_digest=test_set,
    )


def entry(
    folder: str,
    *scores: Score,
    name: str | None = None,
    pair: str = "en-it",
    corpus: str = "news",
    baseline: bool = False,
    failures: int = 0,
    stale: tuple[str, ...] = (),
    **fields: object,
) -> Entry:
    system = name or folder
    run = RunRecord(
        corpus=corpus,
        pair=LanguagePair.parse(pair),
        card=SystemCard(name=system, backend="identity", baseline=baseline),
        system=system,
        run_digest="",
        testset_digest="t",
        test_set=TestSetFacts(segments=2),
        sources_digest="s",
        output_digest="o",
        segments=2,
        failures=failures,
        status="partial" if failures else "complete",
        **fields,  # type: ignore[arg-type]
    )
    return Entry(folder, run, scores, stale)


asked: list[tuple[list[str], frozenset[str]]] = []


def ranker(scores: Sequence[Score], baselines: frozenset[str]) -> Ranked:
    """Ranks candidates by score, and notes what it was asked."""
    asked.append(([s.system for s in scores], baselines))
    candidates = sorted(
        (s for s in scores if s.system not in baselines), key=lambda s: (-s.score, s.system)
    )
    places = {s.system: Standing(n, n, n, n) for n, s in enumerate(candidates, start=1)}
    return Ranked(places, f"{len(candidates)} ranked", ({"p": 0.5},))


def rows(board: Leaderboard) -> dict[str, Row]:
    (table,) = board.tables
    return {row.system: row for row in table.rows}


def test_tables_are_sorted_and_rows_best_first() -> None:
    board = build(
        [
            entry("b", score("chrf", 50.0)),
            entry("a", score("chrf", 60.0)),
            entry("z", score("chrf", 70.0), pair="en-de"),
            entry("y", score("chrf", 70.0), corpus="alpha"),
            entry("copy", score("chrf", 90.0), baseline=True),
            entry("unscored"),
        ],
        ranker,
    )
    assert [(t.corpus, str(t.pair)) for t in board.tables] == [
        ("alpha", "en-it"), ("news", "en-de"), ("news", "en-it"),
    ]  # fmt: skip
    assert [row.system for row in board.tables[2].rows] == ["a", "b", "unscored", "copy"]
    assert board.tables[2].verdict == "2 ranked"
    assert board.tables[2].tests == ({"p": 0.5},)
    by_name = {row.system: row for row in board.tables[2].rows}
    assert (by_name["a"].rank, by_name["b"].rank) == (1, 2)
    assert by_name["copy"].rank is by_name["unscored"].rank is None
    assert asked[-1] == (["b", "a", "copy"], frozenset({"copy"}))


def test_lower_is_better_where_the_metric_says_so() -> None:
    entries = [entry("a", score("ter", 60.0)), entry("b", score("ter", 50.0))]
    (table,) = build(entries, ranker, sort="ter").tables
    assert [row.system for row in table.rows] == ["b", "a"]
    assert table.rank_metric == "ter"


@pytest.mark.parametrize(
    ("scored", "primary"),
    [
        ([["chrf", "comet"], ["chrf", "comet"]], "comet"),
        ([["chrf", "comet"], ["chrf"], ["chrf"]], "chrf"),
        ([["chrf", "comet"], ["chrf", "comet"], ["chrf"]], "comet"),  # that row is unranked
        ([["chrf", "bleu"], ["chrf", "bleu"]], "chrf"),
        ([["bleu"], ["bleu"]], None),  # never BLEU by default
        ([["chrf"], []], None),
        ([[], []], None),
    ],
)
def test_the_primary_metric(scored: list[list[str]], primary: str | None) -> None:
    entries = [
        entry(f"s{n}", *(score(metric, 50.0 + n) for metric in metrics))
        for n, metrics in enumerate(scored)
    ]
    (table,) = build(entries, ranker).tables
    assert table.rank_metric == primary


def test_baselines_do_not_choose_the_primary_metric() -> None:
    copies = [entry(f"b{n}", score("chrf", 1.0), baseline=True) for n in range(5)]
    (table,) = build([entry("a", score("chrf", 1.0), score("comet", 1.0)), *copies], ranker).tables
    assert table.rank_metric == "comet"


def test_one_signature_a_column() -> None:
    """That of most systems, unless the call asked for another."""
    entries = [
        entry("a", score("chrf", 1.0, "v:1"), score("chrf", 2.0, "v:2")),
        entry("b", score("chrf", 3.0, "v:2")),
        entry("c", score("chrf", 4.0, "v:1")),
        entry("d", score("chrf", 5.0, "v:2")),
    ]
    board = build(entries, ranker)
    shown = {name: row.cells["chrf"].score for name, row in rows(board).items()}
    assert shown == {"a": 2.0, "b": 3.0, "c": None, "d": 5.0}
    assert len(board.tables[0].excluded) == 2
    assert all("another signature: v:1" in note for note in board.tables[0].excluded)
    board = build(entries, ranker, preferred={("news/en-it", "chrf"): "v:1"})
    shown = {name: row.cells["chrf"].score for name, row in rows(board).items()}
    assert shown == {"a": 1.0, "b": None, "c": 4.0, "d": None}
    for elsewhere in ({("news/en-de", "chrf"): "v:1"}, {("news/en-it", "chrf"): "v:9"}):
        assert build(entries, ranker, preferred=elsewhere) == build(entries, ranker)


def test_equally_common_signatures_are_chosen_the_same_way_each_time() -> None:
    entries = [entry("a", score("chrf", 1.0, "v:2")), entry("b", score("chrf", 2.0, "v:1"))]
    for order in (entries, entries[::-1]):
        shown = {name: row.cells["chrf"].score for name, row in rows(build(order, ranker)).items()}
        assert shown == {"a": None, "b": 2.0}


def test_of_equally_common_signatures_the_one_nearest_to_the_defaults_is_shown() -> None:
    usual, lower = score("chrf", 1.0, "b:1|c:1"), score("chrf", 2.0, "a:1|c:1")
    lower = lower.model_copy(update={"options": {"lowercase": True}})
    one_reference = score("chrf", 3.0, "b:1|c:1|ref:A")
    for scores in ((usual, lower, one_reference), (one_reference, lower, usual)):
        (row,) = rows(build([entry("a", *scores)], ranker)).values()
        assert row.cells["chrf"].score == 1.0
    own = [score("own", 1.0, "v:2"), score("own", 2.0, "v:1")]  # a metric that is not installed
    (row,) = rows(build([entry("a", *own)], ranker)).values()
    assert row.cells["own"].score == 2.0


PARTIAL = "v:1|failures:empty"


@pytest.mark.parametrize("preferred", [None, "v:1", PARTIAL])
def test_a_partial_score_stands_beside_whole_ones_and_outside_the_ranking(
    preferred: str | None,
) -> None:
    entries = [
        entry("worst", score("chrf", 10.0)),
        entry("part", score("chrf", 90.0, PARTIAL), failures=2),
        entry("part2", score("chrf", 95.0, PARTIAL), failures=1),
        entry("part3", score("chrf", 20.0, PARTIAL), failures=1),
        entry("best", score("chrf", 50.0)),
        entry("none"),
    ]
    asked.clear()
    given = {("news/en-it", "chrf"): preferred} if preferred else None
    board = build(entries, ranker, preferred=given)
    (table,) = board.tables
    assert [row.system for row in table.rows] == [
        "best", "worst", "part2", "part", "part3", "none",
    ]  # fmt: skip
    assert [row.rank for row in table.rows] == [1, 2, None, None, None, None]
    assert [sorted(systems) for systems, _ in asked] == [["best", "worst"]]
    cell = rows(board)["part"].cells["chrf"]
    assert (cell.score, cell.signature, cell.partial) == (90.0, PARTIAL, True)
    assert not rows(board)["best"].cells["chrf"].partial
    assert table.excluded == ()


def test_partial_scores_alone_are_shown_and_nobody_is_ranked() -> None:
    entries = [entry(n, score("chrf", 9.0, PARTIAL), failures=1) for n in ("a", "b")]
    board = build(entries, ranker)
    assert [(r.cells["chrf"].score, r.rank) for r in rows(board).values()] == [(9.0, None)] * 2
    assert board.tables[0].rank_metric == "chrf"


def test_whole_scores_come_first_where_no_metric_ranks() -> None:
    entries = [
        entry("a", score("bleu", 9.0, PARTIAL), failures=1),
        entry("b", score("bleu", 5.0)),
    ]
    board = build(entries, ranker)
    assert board.tables[0].rank_metric is None
    assert [row.system for row in board.tables[0].rows] == ["b", "a"]


def test_whole_scores_of_another_signature_come_before_partial_ones() -> None:
    entries = [
        *(entry(n, score("chrf", 9.0, PARTIAL), failures=1) for n in ("a", "b")),
        entry("c", score("chrf", 5.0, "v:2")),
    ]
    found = rows(build(entries, ranker))
    assert [found[n].cells["chrf"].score for n in "abc"] == [None, None, 5.0]
    found = rows(build(entries, ranker, preferred={("news/en-it", "chrf"): PARTIAL}))
    assert [found[n].cells["chrf"].score for n in "abc"] == [9.0, 9.0, None]


def test_why_a_cell_is_empty() -> None:
    entries = [entry("a", score("chrf", 1.0)), entry("part", failures=2)]
    board = build(entries, ranker, missing={"comet": "no weights"})
    found = rows(board)
    assert found["a"].cells["comet"].reason == "no weights"
    assert found["a"].cells["bleu"].reason == "not scored"
    assert found["part"].cells["chrf"].reason == "2 segments have no translation"
    assert found["a"].cells["chrf"].reason is None
    assert board.missing == {"comet": "no weights"}
    assert board.tables[0].metrics == ("bleu", "chrf", "comet")


def test_what_was_left_out_is_told() -> None:
    (table,) = build([entry("a", score("chrf", 1.0), stale=("a: old",))], ranker).tables
    assert table.excluded == ("a: old",)


def test_scores_on_another_state_of_the_test_set_are_left_out() -> None:
    """In one column, and in one row: chrF on new references never stands beside BLEU on old."""
    why = "was scored on another state of the test set; evaluate again"
    entries = [
        entry("a", score("bleu", 1.0), score("chrf", 2.0, test_set="u")),
        entry("b", score("bleu", 3.0), score("chrf", 4.0)),
        entry("c", score("bleu", 5.0)),
    ]
    board = build(entries, ranker, current={"news/en-it": "u"})
    assert {s: r.cells["bleu"].score for s, r in rows(board).items()} == dict.fromkeys("abc")
    assert {s: r.cells["chrf"].score for s, r in rows(board).items()} == {
        "a": 2.0, "b": None, "c": None,
    }  # fmt: skip
    assert rows(board)["b"].cells["chrf"].reason == why
    assert board.tables[0].excluded == tuple(
        f"{name} {why}" for name in ("a: bleu", "b: bleu", "b: chrf", "c: bleu")
    )
    board = build(entries, ranker)  # not known: the state of most scores
    assert {s: r.cells["chrf"].score for s, r in rows(board).items()} == {
        "a": None, "b": 4.0, "c": None,
    }  # fmt: skip
    assert board.tables[0].excluded == (f"a: chrf {why}",)


def test_scores_on_one_reference_of_several_stand_beside_those_on_all() -> None:
    entries = [entry("a", score("bleu", 1.0), score("chrf", 2.0, "v:1|ref:A", test_set="one"))]
    for current in ("t", "one"):
        board = build(entries, ranker, current={"news/en-it": current})
        (row,) = rows(board).values()
        assert (row.cells["bleu"].score, row.cells["chrf"].score) == (1.0, 2.0)
        assert board.tables[0].excluded == ()


def test_what_needs_no_reference_outlives_its_change_but_not_that_of_sources() -> None:
    free = score("own", 1.0).model_copy(
        update={"info": MetricInfo(name="own", title="own", needs=("source",))}
    )
    board = build([entry("a", free, score("chrf", 1.0, test_set="u"))], ranker)
    assert rows(board)["a"].cells["own"].score == 1.0
    other = entry("b", free.model_copy(update={"sources_digest": "old"}))
    board = build([entry("a", free), other], ranker, current={"news/en-it": "t"})
    assert {s: r.cells["own"].score for s, r in rows(board).items()} == {"a": 1.0, "b": None}


def test_two_systems_of_one_name_go_by_their_folders() -> None:
    entries = [entry("out-1", name="out"), entry("out-2", name="out"), entry("mt")]
    assert set(rows(build(entries, ranker))) == {"out-1", "out-2", "mt"}


def test_what_a_metric_cut_marks_its_cell_and_its_row() -> None:
    facts = {"cut": {"limit": 512, "sources": ["s1"], "hypotheses": ["s1", "s2"]}}
    cut = score("comet", 0.8).model_copy(update={"notes": facts, "segments": 8})
    board = build([entry("long", cut), entry("short", score("comet", 0.7))], ranker)
    long, short = board.tables[0].rows
    assert long.cells["comet"].cut == 2 and short.cells["comet"].cut == 0
    (note,) = long.cells["comet"].notes
    assert note == (
        "read only the first 512 sub-words of 2 of 8 segments (25 %), "
        "so it is no score of the whole"
    )
    assert words.value(long.cells["comet"], board.metrics["comet"]) == "0.8‡"
    assert words.value(short.cells["comet"], board.metrics["comet"]) == "0.7"
    assert words.remarks(long) == "2 cut by comet"
    for style in ("table", "md", "latex", "csv", "json"):
        assert "read only the first 512 sub-words" in render(board, style), style


def test_a_rank_outside_a_rows_own_range_is_explained() -> None:
    """A cluster's rank may be one that a member cannot hold: it lost to two others of it."""
    entries = [entry(name, score("chrf", 60.0 - at)) for at, name in enumerate("abc")]

    def placed(scores: Sequence[Score], baselines: frozenset[str]) -> Ranked:
        places = {"a": Standing(1, 1, 2, 1), "b": Standing(1, 1, 3, 1), "c": Standing(1, 2, 3, 1)}
        return Ranked(places, "")

    board = build(entries, placed)
    assert [words.rank(row) for row in board.tables[0].rows] == ["1 (1–2)", "1 (1–3)", "1 (2–3)"]
    for style in ("table", "md", "latex"):
        assert "c: the rank is that of the cluster" in render(board, style), style
    csv = render(board, "csv").splitlines()
    assert [line.endswith("rank 1 is the cluster's") for line in csv] == [False, False, False, True]


def test_counts_and_times() -> None:
    health = {"empty": 1.0, "copied": 2.0, "length_ratio": 0.5}
    (row,) = rows(build([entry("a", health=health, seconds=3.0, translated=2)], ranker)).values()
    assert (row.empty, row.copied, row.off_target) == (1, 2, None)
    assert (row.length_ratio, row.seconds_per_segment) == (0.5, 1.5)
    (row,) = rows(build([entry("a")], ranker)).values()
    assert row.seconds_per_segment is None


def test_columns_have_a_stable_order() -> None:
    assert ordered({"own", "ter", "chrf", "bleu", "chrf++", "a"}) == (
        "bleu", "chrf", "chrf++", "ter", "a", "own",
    )  # fmt: skip
    board = build([entry("a", score("own", 1.0), score("ter", 1.0))], ranker)
    assert list(board.metrics) == ["ter", "own"]


def test_nothing_at_all() -> None:
    assert build([], ranker).tables == ()


def test_tests_name_systems_as_rows_do() -> None:
    def tested(scores: Sequence[Score], baselines: frozenset[str]) -> Ranked:
        one, other = (score.system for score in scores)
        return Ranked({}, "", ({"a": one, "b": other, "winner": other, "p": 0.5},))

    entries = [
        entry("out-1a2b3c4d", score("chrf", 50.0), name="out"),
        entry("b", score("chrf", 60.0)),
    ]
    (table,) = build(entries, tested).tables
    assert table.tests == ({"a": "out", "b": "b", "winner": "b", "p": 0.5},)
    assert {"out", "b"} == {row.system for row in table.rows}
