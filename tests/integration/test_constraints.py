"""``constraints`` of corpus lines: checked with file and line, scored, through other formats."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.workspace import Space

ROWS: list[dict[str, Any]] = [
    {"id": "1", "doc": "d", "src": "The cell is empty.", "ref": "La cella è vuota.",
     "constraints": {"terms": {"cell": ["cella", "casella"]}, "length": 20}},
    {"id": "2", "doc": "d", "src": "Two cells of Tor", "ref": "Due celle di Tor",
     "constraints": {"do_not_translate": ["Tor"], "formality": "formal"}},
    {"id": "3", "doc": "e", "src": "Page %d", "ref": "Pagina %d"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("constraints", "words"),
    [
        ([], "constraints: not an object"),
        ({"terms": {"cell": []}}, "terms: 'cell' needs a translation"),
        ({"terms": {"cell": ["cella", " "]}}, "terms: 'cell' needs a translation"),
        ({"terms": ["cell"]}, "terms: not an object"),
        ({"term": {"cell": "cella"}}, "'term' is none: terms is meant"),
        ({"do-not-translate": ["Tor"]}, "'do-not-translate' is none: do_not_translate is meant"),
        ({"do_not_translate": "Tor"}, "do_not_translate: not a list of texts"),
        ({"length": "20"}, "length: not a number of characters"),
        ({"length": 0}, "length: not a number of characters"),
        ({"length": True}, "length: not a number of characters"),
        ({"length": {"max": 5, "min": 6}}, "length: not a number of characters"),
        ({"length": {"max": 5, "unit": "lines"}}, "length: the unit is none of characters, words"),
    ],
)
def test_what_does_not_hold_is_said_with_file_and_line(
    space: Space, constraints: Any, words: str
) -> None:
    rows = [*ROWS, {"id": "4", "src": "A.", "ref": "B.", "constraints": constraints}]
    path = space.corpus(rows=rows)
    refused = space("evaluate", "--model", "identity", "--metric", "integrity")
    refused.refused(1, f"{path.relative_to(space.root)}:4", words)
    checked = space("corpus", "validate", "corpora/news", "--format", "json")
    assert checked.code == 1
    assert words in checked.out


def test_they_are_scored_and_signed(space: Space) -> None:
    space.corpus(rows=ROWS)
    space.file("it.txt", ["La casella è del tutto vuota.", "Due celle di Torre", "Pagina %d"])
    words = ("evaluate", "--model", "hypotheses:it.txt", "--metric", "integrity")
    answer = space(*words)
    assert answer.code == 0, answer.err
    assert "something to keep in 3 of 3 segments, all of it kept in 1 (33.3 %)" in answer.err
    assert "nobody measures the constraint 'formality' (segments that have it: 1)" in answer.err
    (path,) = space.root.glob("results/news/en-it/*/scores/integrity@*.json")
    found = json.loads(path.read_text("utf-8"))
    assert found["score"] == pytest.approx(100 / 3)
    assert found["annotations"] == {
        "1": {"length": ["29 characters, more than 20"]},
        "2": {"do_not_translate": ["'Tor' is not there"]},
    }
    assert found["notes"]["terms_by_document"] == {"d": {"terms": 1, "kept": 1}}
    assert space("verify").code == 0
    # Other constraints are another score; nothing is translated again.
    longer = [{**row, "constraints": {"length": 40}} if row["id"] == "1" else row
                   for row in ROWS]  # fmt: skip
    space.corpus(rows=longer)
    assert space(*words).code == 0
    assert len(list(space.root.glob("results/news/en-it/*/scores/integrity@*.json"))) == 2
    assert len(list(space.root.glob("results/news/en-it/*"))) == 2  # one run, and the labels


@pytest.mark.parametrize("kind", ["csv", "xlsx", "tmx"])
def test_they_survive_other_formats(space: Space, kind: str) -> None:
    space.corpus(rows=ROWS)
    assert space("corpus", "export", "news", "--to", kind, "-o", "out").code == 0
    (path,) = (space.root / "out").glob(f"*.{kind}")
    answer = space("corpus", "import", path, "--pair", "en-it", "-o", "corpora/again")
    assert answer.code == 0, answer.err
    again = (space.root / "corpora/again/en-it.jsonl").read_text("utf-8").splitlines()
    for line, row in zip(again, ROWS, strict=True):
        asked = dict(row.get("constraints", {}))
        if "length" in asked:
            asked["length"] = {"max": asked["length"]}
        assert json.loads(line).get("constraints", {}) == asked


def test_columns_of_a_table_become_constraints(space: Space) -> None:
    rows = [
        {"en": "The cell", "it": "La cella", "proper": {"cell": "cella"}, "max": 9},
        {"en": "Two rows", "it": "Due righe", "proper": {}, "max": 12},
    ]
    space.file("terms.jsonl", [json.dumps(row) for row in rows])
    words = ("corpus", "import", "terms.jsonl", "--pair", "en-it", "-o", "corpora/t",
             "--map", "src=en", "--map", "ref=it", "--map", "terms=proper",
             "--map", "length=max")  # fmt: skip
    answer = space(*words)
    assert answer.code == 0, answer.err
    lines = (space.root / "corpora/t/en-it.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["constraints"] for line in lines] == [
        {"length": 9, "terms": {"cell": "cella"}},
        {"length": 12},
    ]
    space.file("bad.jsonl", [json.dumps({**rows[0], "proper": "cell=cella"})])
    space("corpus", "import", "bad.jsonl", *words[3:-1], "length=max", "--force").refused(
        1, "bad.jsonl:1", "terms: neither an object nor its JSON"
    )


def test_terms_serve_the_other_direction(space: Space) -> None:
    space.corpus(rows=ROWS, card="reversible = true\n")
    space.file("en.txt", ["The cell is empty.", "Two cells of Tor", "Page %d"])
    words = ("--pair", "it-en", "--metric", "integrity", "--format", "json")
    answer = space("evaluate", "--model", "hypotheses:en.txt", *words)
    assert answer.code == 0, answer.err
    (path,) = space.root.glob("results/news/it-en/*/scores/integrity@*.json")
    notes = json.loads(path.read_text("utf-8"))["notes"]
    assert notes["kinds"]["terms"]["kept"] == 1
    assert "length" not in notes["kinds"]


def test_segments_say_what_is_lost(space: Space) -> None:
    space.corpus(rows=ROWS)
    space.file("it.txt", ["La casella.", "Due celle di Torre", "Pagina"])
    assert space("evaluate", "--model", "hypotheses:it.txt", "--metric", "integrity").code == 0
    shown = space("segments", "--metric", "integrity", "--worst", "2").out
    assert "  integrity  do_not_translate: 'Tor' is not there\n" in shown
    assert "  integrity  placeholders: '%d' lost\n" in shown
    lines = space("segments", "--format", "jsonl").out.splitlines()
    assert json.loads(lines[2])["said"] == {"integrity": {"placeholders": ["'%d' lost"]}}
    table = space("segments", "--format", "csv").out
    assert "integrity: placeholders: '%d' lost" in table
