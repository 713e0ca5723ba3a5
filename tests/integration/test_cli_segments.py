"""``mtbench segments`` on evaluated outputs: order, choice, texts, and every format."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.workspace import Space

GOOD = ["Il gatto dorme sul divano.", "La pioggia cade sulla città.", "Il treno parte alle otto."]
POOR = ["Il gatto dorme sul divano.", "The rain falls on the town.", "Autobus rosso."]
SOURCES = ["The cat sleeps on the couch.", "The rain falls on the town.", "The train leaves at 8."]


@pytest.fixture
def evaluated(space: Space) -> Space:
    rows = [
        {"id": f"s{n}", "src": src, "ref": ref, "domain": "rail" if n == 2 else "home"}
        for n, (src, ref) in enumerate(zip(SOURCES, GOOD, strict=True))
    ]
    space.corpus(rows=rows)
    space.file("good.txt", "\n".join(GOOD) + "\n")
    space.file("poor.txt", "\n".join(POOR) + "\n")
    models = ["--model=hypotheses:good.txt", "--model=hypotheses:poor.txt"]
    answer = space("evaluate", *models, "--metric", "chrf", "--metric", "ter", "--pair", "en-it")
    assert answer.code == 0, answer.err
    return space


def lines(space: Space, *more: str) -> list[dict[str, Any]]:
    answer = space("segments", "--format", "jsonl", *more)
    assert answer.code == 0, answer.err
    return [json.loads(line) for line in answer.out.splitlines()]


def test_all_in_the_order_of_the_corpus_with_texts(evaluated: Space) -> None:
    found = lines(evaluated, "--system", "poor")
    assert [one["id"] for one in found] == ["s0", "s1", "s2"]
    assert [one["output"] for one in found] == POOR
    assert [one["source"] for one in found] == SOURCES
    assert [one["references"] for one in found] == [[text] for text in GOOD]
    assert found[0]["scores"]["chrf"] == pytest.approx(100)
    assert found[0]["scores"]["ter"] == 0


@pytest.mark.parametrize("metric", ["chrf", "ter"])
def test_worst_and_best_know_the_direction(evaluated: Space, metric: str) -> None:
    asked = ("--system", "poor", "--metric", metric)
    assert lines(evaluated, *asked, "--best", "1")[0]["id"] == "s0"
    worst = lines(evaluated, *asked, "--worst", "2")
    assert {one["id"] for one in worst} == {"s1", "s2"}
    low, high = sorted(one["scores"][metric] for one in worst)
    assert worst[0]["scores"][metric] == (low if metric == "chrf" else high)


def test_by_difference_shows_both_side_by_side(evaluated: Space) -> None:
    found = lines(evaluated, "--by-difference", "poor", "good", "--metric", "chrf")
    assert [one["system"] for one in found] == ["poor", "good"] * 3
    differences = [abs(one["difference"]) for one in found]
    assert differences == sorted(differences, reverse=True)
    by_id = {(one["system"], one["id"]): one for one in found}
    for (_, name), one in by_id.items():
        assert one["difference"] == pytest.approx(
            by_id["poor", name]["scores"]["chrf"] - by_id["good", name]["scores"]["chrf"]
        )
    (least, _) = lines(
        evaluated, "--by-difference", "poor", "good", "--best", "1", "--metric", "ter"
    )
    assert least["id"] == "s0"


def test_domain_and_flag_choose(evaluated: Space) -> None:
    assert {one["id"] for one in lines(evaluated, "--domain", "rail")} == {"s2"}
    found = lines(evaluated, "--flag", "copied")
    assert [(one["system"], one["id"]) for one in found] == [("poor", "s1")]
    assert "copied" in found[0]["flags"]


def test_the_table_and_the_csv_say_the_same(evaluated: Space) -> None:
    text = evaluated("segments", "--worst", "1", "--system", "poor", "--metric", "chrf").out
    rows = list(
        csv.DictReader(
            io.StringIO(
                evaluated(
                    "segments", "--worst", "1", "--system", "poor", "--metric", "chrf", "--format",
                    "csv",
                ).out
            )
        )
    )  # fmt: skip
    (row,) = rows
    for name in ("id", "source", "output", "reference", "system"):
        assert row[name] in text
    assert f"chrf {float(row['chrf']):.4g}" in text


def test_a_sheet_holds_numbers_and_texts(evaluated: Space, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    assert evaluated("segments", "--format", "xlsx").code == 2
    answer = evaluated("segments", "--format", "xlsx", "-o", "out.xlsx", "--metric", "chrf")
    assert answer.code == 0, answer.err
    sheet = openpyxl.load_workbook(evaluated.root / "out.xlsx").active
    header, *rows = sheet.iter_rows(values_only=True)
    assert len(rows) == 6
    first = dict(zip(header, rows[0], strict=True))
    assert isinstance(first["chrf"], (int, float))
    assert first["output"] in GOOD


def test_another_corpus_gives_no_texts_and_says_so(evaluated: Space) -> None:
    rows = [{"id": f"s{n}", "src": "Other.", "ref": "Altro."} for n in range(3)]
    evaluated.corpus(rows=rows)
    answer = evaluated("segments", "--format", "jsonl")
    assert answer.code == 0
    assert "not the one that was evaluated" in answer.err
    assert all(json.loads(line)["source"] is None for line in answer.out.splitlines())


@pytest.mark.parametrize(
    "wrong",
    [
        ("--system", "nobody"),
        ("--metric", "bleu"),
        ("--flag", "ugly"),
        ("--domain", "space"),
        ("--worst", "1", "--best", "1"),
        ("--by-difference", "good", "good"),
        ("--by-difference", "good", "poor", "--system", "good"),
    ],
)
def test_what_is_not_there_is_named(evaluated: Space, wrong: tuple[str, ...]) -> None:
    answer = evaluated("segments", *wrong)
    assert answer.code == 2, answer.err
    assert answer.out == ""
    assert 1 <= len(answer.err.strip().splitlines()) <= 3
