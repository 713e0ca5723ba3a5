"""Systems over several test sets: ranks, wins, averages over complete grids only."""

from __future__ import annotations

import pytest

from mtbench.boards.over_pairs import overview
from mtbench.errors import UnknownName
from mtbench.languages import LanguagePair
from mtbench.types import Cell, Leaderboard, Row, Table, TestSetFacts


def table(
    pair: str,
    scores: dict[str, float | None],
    ranges: dict[str, tuple[int, int]] | None = None,
    signature: str = "v:1",
    primary: str = "chrf",
) -> Table:
    rows = []
    for system, score in scores.items():
        first, last = (ranges or {}).get(system, (None, None))
        rows.append(
            Row(
                system=system, folder=system, baseline=system == "identity", rank=first,
                rank_low=first, rank_high=last,
                cells={"chrf": Cell(score=score, signature=signature if score else None)},
                segments=100, testset_digest="t", output_digest="o",
            )
        )  # fmt: skip
    return Table(
        corpus="news", pair=LanguagePair.parse(pair), facts=TestSetFacts(segments=100),
        metrics=("chrf",), rank_metric=primary, rows=tuple(rows),
    )  # fmt: skip


def board(*tables: Table) -> Leaderboard:
    return Leaderboard(metrics={}, tables=tables, mtbench_version="0")


def test_no_average_over_partial_scores() -> None:
    whole, part = table("en-de", {"a": 60.0, "b": 50.0}), table("en-fr", {"a": 30.0, "b": 31.0})
    cut = [
        row.model_copy(update={"cells": {"chrf": Cell(score=9.0, signature="v:1", partial=True)}})
        for row in part.rows
    ]
    found = overview(board(whole, part.model_copy(update={"rows": (cut[0], part.rows[1])})))
    assert found.reason == "the grid is not complete: a has no chrf on news/en-fr"


def test_ranks_and_wins_and_a_labelled_average() -> None:
    found = overview(
        board(
            # a beats b and c; b and c are not told apart.
            table(
                "en-de",
                {"a": 60.0, "b": 50.0, "c": 49.0, "identity": 9.0},
                {"a": (1, 1), "b": (2, 3), "c": (2, 3)},
            ),
            # b beats c alone.
            table(
                "en-fr", {"a": 30.0, "b": 31.0, "c": 20.0}, {"a": (1, 3), "b": (1, 2), "c": (2, 3)}
            ),
        )
    )
    assert found.test_sets == ("news/en-de", "news/en-fr")
    assert [(s.system, s.wins, s.losses) for s in found.systems] == [
        ("a", 2, 0), ("b", 1, 1), ("c", 0, 2),
    ]  # fmt: skip
    assert found.systems[0].ranks == {"news/en-de": (1, 1), "news/en-fr": (1, 3)}
    assert found.label == "macro-average of chrf over 2 test sets, each counting once"
    assert [s.macro_average for s in found.systems] == [45.0, 40.5, 34.5]


@pytest.mark.parametrize(
    "tables,reason",
    [
        ([table("en-de", {"a": 1.0})], "one test set"),
        (
            [table("en-de", {"a": 1.0, "b": 2.0}), table("en-fr", {"a": 1.0})],
            "the grid is not complete: b has no chrf on news/en-fr",
        ),
        (
            [table("en-de", {"a": 1.0}), table("en-fr", {"a": None})],
            "the grid is not complete: a has no chrf on news/en-fr",
        ),
        (
            [table("en-de", {"a": 1.0}), table("en-zh", {"a": 1.0}, signature="v:2")],
            "chrf was not computed alike",
        ),
        (
            [table("en-de", {"a": 1.0}), table("en-zh", {"a": 1.0}, primary="bleu")],
            "different primary metrics",
        ),
    ],
)
def test_no_average_otherwise(tables: list[Table], reason: str) -> None:
    found = overview(board(*tables))
    assert found.label is None and reason in str(found.reason)
    assert all(s.macro_average is None for s in found.systems)


def test_what_can_be_asked() -> None:
    with pytest.raises(UnknownName, match="bleu"):
        overview(board(table("en-de", {"a": 1.0})), "bleu")
    with pytest.raises(ValueError, match="no test sets"):
        overview(board())
