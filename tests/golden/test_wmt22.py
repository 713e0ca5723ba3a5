"""The 13 systems of WMT22 French–German through the command line, where the data is present.

The expected scores are those that the organisers published (columns ``bleu-A`` and ``chrf-A`` of
``automatic-scores.tsv``: sacreBLEU, single reference A).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.wmt22 import published_scores
from tests.support.wmt22_board import evaluate_wmt22

SYSTEMS = {"de-fr": 6, "fr-de": 7}
SEGMENTS = {"de-fr": "1984", "fr-de": "2006"}
TOLERANCE = 1e-6  # the CSV's six decimals are within half of that


def of_pair(board: list[dict[str, str]], pair: str) -> dict[str, dict[str, str]]:
    """System as the organisers call it → its row."""
    return {
        row["system"].split(".hyp.")[1]: row
        for row in board
        if f"{row['src']}-{row['tgt']}" == pair
    }


def test_the_leaderboard(wmt22: Path) -> None:
    """One test, since the leaderboard is the dear part of it."""
    board = evaluate_wmt22(wmt22)
    for pair in SYSTEMS:
        published_scores_are_reproduced(wmt22, board, pair)
        the_rest_of_the_row_holds(board, pair)
        ranks_follow_the_scores(board, pair)


def published_scores_are_reproduced(wmt22: Path, board: list[dict[str, str]], pair: str) -> None:
    rows = of_pair(board, pair)
    assert len(rows) == SYSTEMS[pair]
    published = published_scores(wmt22, pair)
    for system, row in rows.items():
        assert float(row["bleu"]) == pytest.approx(published[system, "bleu-A"], abs=TOLERANCE)
        assert float(row["chrf"]) == pytest.approx(published[system, "chrf-A"], abs=TOLERANCE)


def the_rest_of_the_row_holds(board: list[dict[str, str]], pair: str) -> None:
    rows = of_pair(board, pair).values()
    assert {row["segments"] for row in rows} == {SEGMENTS[pair]}
    assert {row["rank_metric"] for row in rows} == {"chrf"}
    assert {row["comet"] for row in rows} == {""}
    assert len({row["testset_digest"] for row in rows}) == 1
    assert len({row["output_digest"] for row in rows}) == SYSTEMS[pair]
    assert {row["bleu_signature"].split("|version:")[0] for row in rows} == {
        "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp"
    }
    for row in rows:
        assert float(row["chrf_ci_low"]) < float(row["chrf"]) < float(row["chrf_ci_high"])


def ranks_follow_the_scores(board: list[dict[str, str]], pair: str) -> None:
    """Nobody is ranked above a system of a cluster with higher scores, and ranks share clusters."""
    rows = sorted(of_pair(board, pair).values(), key=lambda row: -float(row["chrf"]))
    clusters = [int(row["cluster"]) for row in rows]
    assert clusters == sorted(clusters)
    assert clusters[0] == 1
    assert clusters[-1] > 1, "2,000 segments tell the best from the worst"
    for row, cluster in zip(rows, clusters, strict=True):
        assert int(row["rank"]) == 1 + sum(other < cluster for other in clusters)
