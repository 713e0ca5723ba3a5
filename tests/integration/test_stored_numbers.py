"""What is stored is a copy: boards follow from statistics, and what misleads is said everywhere."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mtbench.significance import bootstrap_interval
from tests.support.workspace import SENTENCES, Space

CALL = ("evaluate", "--model", "hypotheses:near.it", "--metric", "chrf", "--metric", "ter")


@pytest.fixture
def scored(space: Space) -> Space:
    space.corpus("news", "en-it")
    space.file("near.it", [f"{reference[:-3]}o." for _, reference in SENTENCES])
    assert space(*CALL).code == 0
    return space


def score_file(space: Space, metric: str) -> Path:
    (path,) = (space.root / "results").glob(f"news/en-it/near-*/scores/{metric}@*.json")
    return path


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document), "utf-8")


def cell(space: Space, metric: str, *more: str) -> dict[str, Any]:
    (table,) = space("leaderboard", "--format", "json", *more).json["tables"]
    (row,) = table["rows"]
    found: dict[str, Any] = row["cells"][metric]
    return found


def test_a_forged_score_is_shown_as_its_statistics_give_it(scored: Space) -> None:
    true = cell(scored, "chrf")
    edit(score_file(scored, "chrf"), lambda d: d.update(score=99.0))
    shown = cell(scored, "chrf")
    assert shown["score"] == true["score"]
    assert "its file says 99, its statistics" in shown["notes"][0]
    plain = scored("leaderboard")
    assert f"{true['score']:.1f}‡" in plain.out
    assert "99" not in plain.out.replace("its file says 99", "")
    for style in ("csv", "md", "latex", "table"):
        assert "its file says 99" in scored("leaderboard", "--format", style).out, style
    assert scored("verify").code == 1
    assert scored(*CALL).code == 0, "and the next call scores it again"
    assert cell(scored, "chrf") == true
    assert scored("verify").code == 0


def test_a_damaged_header_turns_no_direction(scored: Space) -> None:
    edit(score_file(scored, "ter"), lambda d: d["info"].update(higher_is_better=True))
    answer = scored("leaderboard", "--format", "json").json
    assert answer["metrics"]["ter"]["higher_is_better"] is False
    assert "lower is better" in answer["tables"][0]["rows"][0]["cells"]["ter"]["notes"][0]
    assert scored("verify").code == 1


@pytest.mark.parametrize(
    "forged",
    [{"low": 0.0}, {"reliable": True}, {"units": 800}, {"level": 0.5}, {"resamples": 7}],
    ids=str,
)
def test_an_interval_is_kept_for_what_it_was_made_from(
    scored: Space, forged: dict[str, Any]
) -> None:
    true = cell(scored, "chrf")["interval"]
    edit(score_file(scored, "chrf"), lambda d: d["interval"].update(forged, basis="0" * 16))
    assert cell(scored, "chrf")["interval"] == true


def test_no_interval_is_reliable_because_its_file_says_so(scored: Space) -> None:
    assert not cell(scored, "chrf")["interval"]["reliable"]
    edit(score_file(scored, "chrf"), lambda d: d["interval"].update(reliable=True))
    assert not cell(scored, "chrf")["interval"]["reliable"]


def test_results_of_version_0_1_0_are_read(scored: Space) -> None:
    true = cell(scored, "chrf")
    edit(score_file(scored, "chrf"), lambda d: d["interval"].pop("basis"))
    assert cell(scored, "chrf") == true


def test_another_seed_makes_intervals_anew(scored: Space) -> None:
    from mtbench.plugins import make_metric
    from mtbench.results.score_files import read_result
    from mtbench.types import Runtime

    zero = cell(scored, "chrf")["interval"]
    assert zero["seed"] == 0
    rows = read_result(score_file(scored, "chrf")).statistics.rows
    pool = make_metric("chrf", {}, Runtime()).pool
    by_hand = bootstrap_interval(rows, pool, seed=7, resamples=1000)
    shown = cell(scored, "chrf", "--seed", "7")["interval"]
    assert (shown["low"], shown["high"]) == (by_hand.low, by_hand.high)
    assert cell(scored, "chrf")["interval"] == zero, "looking changes nothing"
    assert scored(*CALL, "--seed", "7").code == 0
    assert cell(scored, "chrf")["interval"] == shown, "evaluate keeps what it made"
    assert scored("verify").code == 0
    before = (scored.root / "results/leaderboard.csv").read_bytes()
    assert scored(*CALL, "--seed", "7").code == 0
    assert (scored.root / "results/leaderboard.csv").read_bytes() == before


def test_a_warning_reaches_every_view(space: Space) -> None:
    """BLEU by 13a sees one word per Thai sentence: no view may show that number bare."""
    space.file("ref.th", ["แมวนั่งอยู่บนเสื่อในบ้านหลังเก่า", "ฝนตกติดต่อกันสามวันโดยไม่หยุดเลย"])
    space.file("hyp.th", ["แมวนั่งบนเสื่อในบ้านหลังเก่า", "ฝนตกสามวันโดยไม่หยุดเลย"])
    call = ["score", "--hypotheses", "hyp.th", "--reference", "ref.th", "--pair", "en-th"]
    call += ["--metric", "bleu"]
    words = "does not find the words of Thai"
    for style in ("table", "md", "latex", "csv", "json"):
        answer = space(*call, "--format", style)
        assert answer.code == 0
        assert words in answer.out, style
        assert words in answer.err, style
    assert "0.0‡" in space(*call).out
    (row,) = csv.DictReader(io.StringIO(space(*call, "--format", "csv").out))
    assert row["notes"].startswith("bleu: the tokenizer 13a")


def test_one_document_speaks_for_itself_alone(scored: Space) -> None:
    for style in ("table", "md", "latex"):
        shown = scored("leaderboard", "--format", style).out
        assert "nothing here speaks for texts other than this document" in shown
