"""``leaderboard --by``: scores on parts, with paired tests on each."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.workspace import SENTENCES, Space

ROWS = [
    {
        "id": f"{at}",
        "src": source,
        "ref": reference,
        "domain": "news" if at < 40 else "=chat",
        "doc": f"d{at // 8}",
    }
    for at, (source, reference) in enumerate((SENTENCES * 80)[:80])
]


def worse(text: str, at: int, share: float, seed: int) -> str:
    draw = random.Random(f"{seed} {at}")
    return " ".join(w for w in text.split() if draw.random() > share) or "sì"


def write(space: Space, rows: Sequence[dict[str, Any]], name: str) -> tuple[str, ...]:
    """A corpus and three systems: alike on news; on chat, b and c lose many words."""
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    space.file(f"corpora/{name}/en-it.jsonl", lines)
    models: tuple[str, ...] = ()
    for seed, system in enumerate("abc"):
        shares = {"news": 0.2, "=chat": 0.6 if seed else 0.2}
        texts = [worse(r["ref"], int(r["id"]), shares[r["domain"]], seed) for r in rows]
        space.file(f"{name}/{system}.it", "".join(f"{text}\n" for text in texts))
        models += ("--model", f"hypotheses:{name}/{system}.it")
    return ("evaluate", *models, "--model", "identity", "--corpus", name, "--pair", "en-it",
            "--metric", "chrf")  # fmt: skip


@pytest.fixture
def parts(space: Space) -> Space:
    assert space(*write(space, ROWS, "both")).code == 0
    return space


def test_parts_are_tested_as_if_they_were_test_sets(parts: Space) -> None:
    found = parts("leaderboard", "--by", "domain", "--format", "json").json[0]
    for label, name in (("news", "newsonly"), ("=chat", "chatonly")):
        assert parts(*write(parts, [r for r in ROWS if r["domain"] == label], name)).code == 0
        board = parts("leaderboard", "--corpus", name, "--format", "json").json["tables"][0]
        (part,) = (one for one in found["slices"] if one["label"] == label)
        assert part["tests"] == 3
        alone = {row["system"]: row for row in board["rows"]}
        for score in part["scores"]:
            cell = alone[score["system"]]["cells"]["chrf"]
            assert score["score"] == pytest.approx(cell["score"], abs=1e-9)
            low = alone[score["system"]]["rank_low"]
            assert score["losses"] == (None if score["system"] == "identity" else low - 1)


def test_every_form_says_who_is_best(parts: Space) -> None:
    table = parts("leaderboard", "--by", "domain").out
    news, chat = (line.split() for line in table.splitlines() if " 40 " in line)
    assert [cell.endswith("*") for cell in chat[2:]] == [True, False, False, False]
    assert not any("*" in cell for cell in news)
    assert "*: no system is significantly better on that part" in table
    assert (
        "[" not in table.split("*:")[0] and "[" in parts("leaderboard", "--by", "domain", "-v").out
    )

    text = parts("leaderboard", "--by", "domain", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(r["part"], r["system"]) for r in rows][4:6] == [("'=chat", "a"), ("'=chat", "b")]
    by = {(row["part"], row["system"]): row for row in rows}
    assert (by["'=chat", "a"]["best"], by["'=chat", "a"]["losses"]) == ("true", "0")
    assert (by["'=chat", "b"]["best"], by["'=chat", "b"]["losses"]) == ("false", "1")
    assert by["news", "a"]["best"] == "false"
    assert by["news", "identity"]["losses"] == ""
    assert by["news", "a"]["signature"].startswith("nrefs:1|")
    assert float(by["news", "a"]["ci_low"]) < float(by["news", "a"]["score"])

    markdown = parts("leaderboard", "--by", "domain", "--format", "md").out
    (line,) = (line for line in markdown.splitlines() if line.startswith("| =chat"))
    assert line.count("**") == 2 and "\\[" in line
    assert "nrefs:1\\|" in markdown


def test_parts_too_small_to_test_say_so(parts: Space) -> None:
    found = parts("leaderboard", "--by", "document", "--format", "json").json[0]
    assert {one["tests"] for one in found["slices"]} == {3}  # eight segments: 3 · 2 / 2⁸ < 0.05
    rows = [{**row, "doc": f"d{at // 4}"} for at, row in enumerate(ROWS)]
    assert parts(*write(parts, rows, "short")).code == 0
    answer = parts("leaderboard", "--corpus", "short", "--by", "document")
    assert "Nobody tested on any part: 4 segments cannot separate that many pairs." in answer.out
    assert "*" not in answer.out
    assert parts("leaderboard", "--by", "document", "--format", "latex").code == 2
