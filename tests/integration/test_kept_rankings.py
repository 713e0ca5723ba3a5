"""Rankings of many systems are kept: the same numbers, without the tests being done again."""

from __future__ import annotations

import random
from typing import Any

import pytest

from mtbench.pipeline import rankings
from mtbench.significance import rank
from tests.support.workspace import SENTENCES, Space

SYSTEMS = 15  # 105 pairs, of 21,000 swaps each by the rule: worth keeping


@pytest.fixture
def many(space: Space) -> Space:
    """Results of many systems on few segments, whose swaps are counted in no time."""
    space.corpus()
    models = []
    for number in range(SYSTEMS):
        draw = random.Random(number)
        texts = [" ".join(w for w in r.split() if draw.random() < 0.8) for _, r in SENTENCES]
        space.file(f"s{number:02}.it", "".join(f"{text or 'sì'}\n" for text in texts))
        models += ["--model", f"hypotheses:s{number:02}.it"]
    done = space("evaluate", *models, "--corpus", "news", "--pair", "en-it", "--metric", "chrf")
    assert done.code == 0, done.err
    return space


def counted(monkeypatch: Any) -> list[str]:
    """One entry for each time that a ranking is made."""
    called: list[str] = []

    def ranked(*given: Any, **named: Any) -> Any:
        called.append("ranked")
        return rank(*given, **named)

    monkeypatch.setattr(rankings, "rank", ranked)
    return called


def test_a_kept_ranking_is_the_same_to_the_last_byte(many: Space, monkeypatch: Any) -> None:
    (kept,) = (many.root.parent / "cache" / "rankings").iterdir()
    called = counted(monkeypatch)
    first = many("leaderboard", "--format", "json").out
    assert not called
    assert len(many("leaderboard", "--format", "json").json["tables"][0]["tests"]) == 105
    kept.unlink()
    assert many("leaderboard", "--format", "json").out == first
    assert called == ["ranked"]
    kept.write_bytes(kept.read_bytes()[:100])
    assert many("leaderboard", "--format", "json").out == first
    assert many("report", "-o", "page").code == 0
    assert called == ["ranked"] * 2


def test_other_statistics_seed_or_code_are_ranked_anew(many: Space, monkeypatch: Any) -> None:
    called = counted(monkeypatch)
    assert many("leaderboard", "--seed", "1").code == 0
    assert called == ["ranked"]
    many.file("s03.it", "".join(f"{text}\n" for _, text in SENTENCES))
    call = ("evaluate", "--model", "hypotheses:s03.it", "--corpus", "news", "--pair", "en-it")
    board = many(*call, "--metric", "chrf", "--format", "json").json
    assert called[1:] and set(called) == {"ranked"}
    best = board["tables"][0]["rows"][0]
    assert (best["system"], best["cells"]["chrf"]["score"]) == ("s03", 100.0)
    called.clear()
    assert many("leaderboard").code == 0
    assert not called
    monkeypatch.setattr(rankings, "code_states", lambda: ["another"])
    assert many("leaderboard").code == 0
    assert called == ["ranked"]
    assert many("verify").code == 0
