"""``scores import``: scores made elsewhere are a metric like any other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.workspace import SENTENCES, Space

SYSTEMS = ("good", "short")
IDS = [f"s{n}" for n in range(1, len(SENTENCES) + 1)]
SCORES = {"good": [80.0 + n for n in range(8)], "short": [50.0 - n for n in range(8)]}


@pytest.fixture
def results(space: Space) -> Space:
    space.corpus()
    for name, share in (("good", 1), ("short", 2)):
        space.file(f"{name}.txt", [ref[: len(ref) // share] for _, ref in SENTENCES])
    models = [word for name in SYSTEMS for word in ("--model", f"hypotheses:{name}.txt")]
    answer = space("evaluate", "--corpus", "news", *models, "--metric", "chrf")
    assert answer.code == 0, answer.err
    return space


def take(space: Space, file: Path, *more: str, metric: str = "human-esa") -> list[str]:
    words = ["scores", "import", str(file), "--corpus", "news", "--pair", "en-it"]
    return [*words, "--metric", metric, *more]


def csv_file(space: Space, name: str = "esa.csv", skip: str = "") -> Path:
    rows = [
        f"{system},{one},{score}"
        for system in SYSTEMS
        for one, score in zip(IDS, SCORES[system], strict=True)
        if f"{system},{one}" != skip
    ]
    return space.file(name, ["system,id,score", *rows])


def test_they_rank_and_verify_like_any_other(results: Space) -> None:
    words = take(results, csv_file(results), "--higher-is-better", "--made-by", "ESA, 2 raters")
    answer = results(*words, "--format", "json")
    assert answer.code == 0, answer.err
    assert [one["score"] for one in answer.json] == [83.5, 46.5]
    board = results("leaderboard", "--sort", "human-esa", "--format", "json")
    assert board.code == 0, board.err
    (table,) = board.json["tables"]
    assert table["rank_metric"] == "human-esa"
    assert [row["system"] for row in table["rows"]] == ["good", "short"]
    cell = table["rows"][0]["cells"]["human-esa"]
    assert cell["interval"]["low"] < 83.5 < cell["interval"]["high"]
    assert "made_by:ESA, 2 raters" in cell["signature"]
    assert results("verify").code == 0
    assert results("leaderboard", "--headline", "autorank:human-esa,chrf").code == 0
    before = board.json
    assert results(*words).code == 0
    again = results("leaderboard", "--sort", "human-esa", "--format", "json").json
    assert again == before


def test_the_other_formats_say_the_same(results: Space) -> None:
    lines = [f"{system}\t{score}" for system in SYSTEMS for score in SCORES[system]]
    seg = results.file("m.seg.score", lines)
    assert results(*take(results, seg, "--higher-is-better", metric="a")).code == 0
    objects = [
        json.dumps({"system": system, "id": one, "score": score})
        for system in SYSTEMS
        for one, score in zip(IDS, SCORES[system], strict=True)
    ]
    file = results.file("m.jsonl", objects)
    assert results(*take(results, file, "--higher-is-better", metric="b")).code == 0
    wmt = {"language_pair": "en-it_IT", "document_id": "d1", "metric_scores": {"c": SCORES["good"]}}
    good = results.file("good.jsonl", [json.dumps(wmt)])
    assert results(*take(results, good, "--higher-is-better", metric="c")).code == 0
    board = results("leaderboard", "--format", "json").json
    (table,) = board["tables"]
    cells = next(row["cells"] for row in table["rows"] if row["system"] == "good")
    assert {cells[name]["score"] for name in "abc"} == {83.5}


def test_a_direction_that_is_said_counts(results: Space) -> None:
    assert results(*take(results, csv_file(results), "--lower-is-better", metric="e")).code == 0
    (table,) = results("leaderboard", "--sort", "e", "--format", "json").json["tables"]
    assert [row["system"] for row in table["rows"]] == ["short", "good"]
    answer = results(*take(results, csv_file(results), metric="e"))
    answer.refused(2, "--higher-is-better or --lower-is-better")


def test_a_missing_segment_is_named_or_marked(results: Space) -> None:
    file = csv_file(results, skip="short,s3")
    answer = results(*take(results, file, "--higher-is-better"))
    answer.refused(1, "short has no score of 1 of 8 segments, the first being 's3'")
    assert results(*take(results, file, "--higher-is-better", "--allow-partial")).code == 0
    (table,) = results("leaderboard", "--sort", "human-esa", "--format", "json").json["tables"]
    cells = {row["system"]: row["cells"]["human-esa"] for row in table["rows"]}
    assert cells["short"]["partial"] and cells["short"]["unjudged"] == 1
    assert not cells["good"]["partial"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nobody,s1,3", ("esa.csv:2", "unknown system: 'nobody'")),
        ("good,s99,3", ("esa.csv:2", "no segment 's99'")),
        ("good,s1,high", ("esa.csv:2", "not a number")),
        ("good,s1,3\ngood,s1,4", ("esa.csv:3", "has a score already", "esa.csv:2")),
    ],
)
def test_what_does_not_hold_is_named(line: str, words: tuple[str, ...], results: Space) -> None:
    file = results.file("esa.csv", f"system,id,score\n{line}\n")
    results(*take(results, file, "--higher-is-better")).refused(1, *words)


def test_a_score_outside_the_scale_is_named(results: Space) -> None:
    file = csv_file(results)
    lines = (results.root / file).read_text("utf-8").splitlines()
    number = next(at for at, line in enumerate(lines, 1) if line.startswith("good,s2"))
    lines[number - 1] = "good,s2,100.5"
    results.file("esa.csv", lines)
    words = take(results, Path("esa.csv"), "--higher-is-better", "--scale", "0", "100")
    results(*words).refused(1, f"esa.csv:{number}", "100.5 is outside the scale, 0 to 100")
    assert (
        results(*take(results, Path("esa.csv"), "--higher-is-better", "--scale", "0", "101")).code
        == 0
    )
    (table,) = results("leaderboard", "--format", "json").json["tables"]
    assert table is not None
    backwards = take(results, Path("esa.csv"), "--higher-is-better", "--scale", "100", "0")
    results(*backwards).refused(2, "the lowest score first")


def test_a_score_of_another_output_is_refused(results: Space) -> None:
    row = {"system": "good", "id": "s1", "score": 1.0, "output_digest": "0" * 64}
    file = results.file("m.jsonl", [json.dumps(row)])
    answer = results(*take(results, file, "--higher-is-better"))
    answer.refused(1, "m.jsonl:1", "another output of 'good'")


def test_names_that_are_taken_and_results_that_are_not_there(results: Space) -> None:
    file = csv_file(results)
    results(*take(results, file, "--higher-is-better", metric="chrf")).refused(2, "'chrf'")
    words = take(results, file, "--higher-is-better")
    words[words.index("news")] = "olds"
    results(*words).refused(2, "no results on olds/en-it")
    results("evaluate", "--model", "identity", "--metric", "imported").refused(2, "scores import")
