"""``leaderboard --headline``: one number over several metrics, beside them."""

from __future__ import annotations

import csv
import io

import pytest

from tests.support.workspace import SENTENCES, Space


@pytest.fixture
def results(space: Space) -> Space:
    space.corpus()
    references = [reference for _, reference in SENTENCES]
    space.file("good.txt", references)
    space.file("short.txt", [text[: len(text) // 2] for text in references])
    space.file("worse.txt", [text[:9] for text in references])
    for name in ("good", "short", "worse"):
        space.card(
            name,
            f'backend = "hypotheses"\npairs = ["en-it"]\noptimised_for = ["chrf"]\n'
            f'[options]\npath = "{space.root / name}.txt"\n',
        )
    models = [word for name in ("good", "short", "worse") for word in ("--model", name)]
    answer = space("evaluate", "--corpus", "news", *models, "--metric", "chrf", "--metric", "ter")
    assert answer.code == 0, answer.err
    return space


def test_a_column_of_its_own_at_the_end_of_the_csv(results: Space) -> None:
    answer = results("leaderboard", "--headline", "autorank:chrf,ter", "--format", "csv")
    assert answer.code == 0, answer.err
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert list(rows[0])[-4:] == [
        "headline", "headline_ci_low", "headline_ci_high", "headline_metrics",
    ]  # fmt: skip
    found = {row["system"]: row for row in rows}
    assert found["good"]["headline"] == "1.000000"
    assert found["worse"]["headline"] == "3.000000"
    assert 1 < float(found["short"]["headline"]) < 3
    assert found["good"]["headline_metrics"] == "chrf,ter"
    assert float(found["short"]["headline_ci_low"]) <= float(found["short"]["headline"])
    plain = results("leaderboard", "--format", "csv").out
    assert "headline" not in plain


def test_the_table_names_its_metrics_and_whom_it_favours(results: Space) -> None:
    answer = results("leaderboard", "--headline", "autorank:chrf,ter")
    assert "AutoRank" in answer.out
    assert "autorank is over chrf, ter, and no ranking" in answer.out
    found = results("leaderboard", "--headline", "autorank:chrf,ter", "--format", "json").json
    (table,) = found["tables"]
    assert table["headline_metrics"] == ["chrf", "ter"]
    assert "optimised for chrf" in table["rows"][0]["cells"]["autorank"]["notes"][0]
    assert table["rank_metric"] == "chrf"


def test_lexical_metrics_only_by_name(results: Space) -> None:
    answer = results("leaderboard", "--headline", "autorank")
    assert answer.code == 0
    assert "no neural metric has a score of every system" in answer.out


def test_what_is_refused(results: Space) -> None:
    results("leaderboard", "--headline", "autorang").refused(2, "autorang", "autorank")
    results("leaderboard", "--headline", "autorank:").refused(2, "no metric after the colon")
    results("leaderboard", "--headline", "autorank:xcomet").refused(2, "xcomet")
