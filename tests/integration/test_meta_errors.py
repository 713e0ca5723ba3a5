"""``meta``: errors that a metric marks, and translations without one, through the command."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import chat_server
from tests.support.workspace import SENTENCES, Space

HEADER = "system\tdoc\tdoc_id\tseg_id\trater\tsource\ttarget\tcategory\tseverity\n"
SYSTEMS = ("good", "bad")


def judge(messages: list[dict[str, str]]) -> str:
    """Marks the first word as a minor error where a translation ends in an exclamation mark."""
    text = json.loads(messages[-1]["content"])["translation"]
    errors = [{"text": text.split()[0], "severity": "minor"}] if text.endswith("!") else []
    return json.dumps({"errors": errors, "score": 60 if errors else 95})


@pytest.fixture
def scored(space: Space) -> Space:
    space.corpus()
    good = [reference for _, reference in SENTENCES]
    space.file("good.txt", good)
    space.file("bad.txt", [f"{text[:-1]}!" for text in good])
    with chat_server(judge) as server:
        options = {"model": "tiny", "base_url": f"{server.url}/v1"}
        settings = [
            word
            for key, value in options.items()
            for word in ("--metric-option", f"judge.{key}={value}")
        ]
        models = [word for name in SYSTEMS for word in ("--model", f"hypotheses:{name}.txt")]
        which = ["--corpus", "news", *models, "--metric", "judge", "--metric", "chrf"]
        answer = space("evaluate", *which, *settings)
    assert answer.code == 0, answer.err
    return space


def people(space: Space, changed: str = "") -> Path:
    """Raw MQM: of the bad system's translations the first word is a major error, and the end."""
    lines = []
    names = [row["system"] for row in csv.DictReader(io.StringIO(leaderboard(space)))]
    for name in names:
        for at, (source, reference) in enumerate(SENTENCES, start=1):
            text = f"{reference[:-1]}!" if "bad" in name else reference
            row = [name, "d", "1", f"s{at}", "rater1", source]
            if "bad" in name:
                first, rest = text.split(" ", 1)
                lines += [
                    [*row, f"<v>{first}</v> {rest}{changed}", "Accuracy/Mistranslation", "Major"],
                    [*row, f"{text[:-1]}<v>!</v>", "Fluency/Punctuation", "Minor"],
                ]
            else:
                lines.append([*row, text, "No-error", "No-error"])
    path = space.root / "mqm.tsv"
    path.write_text(HEADER + "".join("\t".join(line) + "\n" for line in lines), "utf-8")
    return path


def leaderboard(space: Space) -> str:
    return (space.root / "results" / "leaderboard.csv").read_text("utf-8")


def table(space: Space, path: Path) -> dict[str, Any]:
    answer = space("meta", "results", "--human", str(path), "--format", "json")
    assert answer.code == 0, answer.err
    (found,) = json.loads(answer.out)["tables"]
    return dict(found)


def test_marked_errors_and_error_free_translations(scored: Space) -> None:
    found = table(scored, people(scored))
    ours, sentinel = found["spans"]
    assert (ours["metric"], ours["judgements"], ours["marked"], ours["people"]) == (
        "judge", 16, 8, 16,
    )  # fmt: skip
    # Each of its 8 errors is one of the 16 that people mark, as minor instead of major.
    whole = ours["partial_credit"]
    assert (whole["precision"]["value"], whole["recall"]["value"]) == (1.0, 0.5)
    assert ours["by_severity"]["major"]["recall"]["value"] == 0.0
    assert ours["by_severity"]["minor"]["f1"]["value"] == 0.0
    first = [len(reference.split()[0]) for _, reference in SENTENCES]
    assert ours["characters"]["precision"]["value"] == 0.5
    assert ours["characters"]["recall"]["value"] == pytest.approx(
        0.5 * sum(first) / (sum(first) + len(first))
    )
    assert sentinel["metric"] == "whole translation"
    assert sentinel["sentinel"] is True
    by_name = {one["metric"]: one for one in found["error_free"]}
    assert by_name["judge"]["error_free"] == 8
    assert by_name["judge"]["average_precision"]["value"] == 1.0
    assert by_name["judge"]["best"]["threshold"] == 95.0
    assert by_name["judge"]["unmarked"]["f1"]["value"] == 1.0
    assert by_name["constant"]["average_precision"]["value"] == 0.5
    text = scored("meta", "results", "--human", "mqm.tsv").out
    assert "16 that people mark in 16 judged translations" in text
    assert "chance reaches an average precision of .500" in text
    rows = csv.DictReader(
        io.StringIO(scored("meta", "results", "--human", "mqm.tsv", "--format", "csv").out)
    )
    values = {(row["metric"], row["statistic"]): row["value"] for row in rows}
    assert values["judge", "marked_errors_recall"] == "0.500000"
    assert values["judge", "error_free_best_threshold"] == "95.000000"


def test_errors_marked_in_another_translation_take_no_part(scored: Space) -> None:
    found = table(scored, people(scored, changed=" and more"))
    (note,) = [note for note in found["notes"] if "not the stored ones" in note]
    assert note.startswith("8 of 16 judged translations are not the stored ones to the letter")
    assert "mqm.tsv:" in note
    ours = found["spans"][0]
    assert (ours["judgements"], ours["people"]) == (8, 0)
