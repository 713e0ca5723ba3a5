"""Plain files as test sets of their own: named, told apart, kept with their texts."""

from __future__ import annotations

import json

import pytest

from tests.support.workspace import SENTENCES, Space, sentences

SOURCES = [source for source, _ in SENTENCES]
REFERENCES = [reference for _, reference in SENTENCES]


@pytest.fixture
def files(space: Space) -> Space:
    space.file("talk.src.en", SOURCES)
    space.file("talk.ref.it", REFERENCES)
    space.file("near.it", [f"{reference[:-3]}o." for reference in REFERENCES])
    return space


def call(*more: str, source: str = "talk.src.en", reference: str = "talk.ref.it") -> list[str]:
    found = ["score", "--hypotheses", "near.it", "--source", source, "--reference", reference]
    return [*found, "--pair", "en-it", "--metric", "chrf", "--results", "kept", *more]


def tables(space: Space) -> list[tuple[str, int, list[int]]]:
    board = space("leaderboard", "kept", "--format", "json").json
    return [
        (t["corpus"], t["facts"]["segments"], [row["segments"] for row in t["rows"]])
        for t in board["tables"]
    ]


def test_texts_are_kept_so_that_everything_else_works_on_them(files: Space) -> None:
    assert files(*call()).code == 0
    assert tables(files) == [("talk", 8, [8])]
    for name in ("talk.src.en", "talk.ref.it"):
        (files.root / name).unlink()
    answer = files("verify", "kept", "-v")
    assert answer.code == 0, answer.out
    assert "holds: score is the same when computed again" in answer.out
    assert files("report", "kept", "-o", "page").code == 0
    page = (files.root / "page/index.html").read_text("utf-8")
    assert "not shown" not in page
    path = files.root / "kept/talk/en-it/texts.json"
    path.write_text(path.read_text("utf-8").replace("gatto", "cane"), "utf-8")
    files("verify", "kept").refused(1)


def test_two_sets_in_one_folder_stay_two(files: Space) -> None:
    assert files(*call()).code == 0
    files.file("talk.ref.it", REFERENCES[:5])
    files.file("talk.src.en", SOURCES[:5])
    files.file("near.it", [f"{reference[:-3]}o." for reference in REFERENCES[:5]])
    assert files(*call()).code == 0
    (one, first, rows), (two, second, others) = tables(files)
    assert (one, first, rows) == ("talk", 8, [8])
    assert two.startswith("talk-") and (second, others) == (5, [5])
    assert files(*call()).code == 0, "the same again is the same set"
    assert len(tables(files)) == 2


def test_a_name_and_documents(files: Space) -> None:
    files.file("docs.txt", ["a", "a", "a", "b", "b", "", "c", "c"])
    assert files(*call("--name", "ted", "--documents", "docs.txt")).code == 0
    board = files("leaderboard", "kept", "--by", "document", "--format", "json").json
    assert board[0]["corpus"] == "ted"
    assert [part["label"] for part in board[0]["slices"]] == ["a", "b", "c"]
    assert board[0]["unlabelled"] == 1
    files.file("docs.txt", ["a"])
    files(*call("--documents", "docs.txt")).refused(1, "docs.txt has 1", "talk.ref.it has 8")
    files(*call("--name", "../up")).refused(2, "--name", "'../up'")
    with_corpus = ("score", "--hypotheses", "near.it", "--corpus", "news", "--name", "ted")
    files(*with_corpus).refused(2, "--name", "--corpus")


def test_a_byte_order_mark_is_said(files: Space) -> None:
    bom = b"\xef\xbb\xbf"
    for name, lines in (
        ("talk.src.en", SOURCES), ("talk.ref.it", REFERENCES), ("near.it", REFERENCES)
    ):  # fmt: skip
        text = "".join(f"{line}\r\n" for line in lines)
        files.file(name, bom + text.encode("utf-8"))
    answer = files(*call("--format", "json"))
    assert answer.code == 0
    taken = [
        what.format(name)
        for name in ("talk.ref.it", "talk.src.en")
        for what in (
            "a byte order mark at the beginning of {} is no part of the text",
            "carriage returns at line ends of {} are no part of the text",
        )
    ]
    for line in taken:
        assert f"talk/en-it: {line}" in answer.err
    (row,) = answer.json["tables"][0]["rows"]
    assert row["cells"]["chrf"]["score"] == 100.0
    said = "a byte order mark at the beginning of near.it is no part of the text"
    assert said in row["notes"]
    (run,) = (files.root / "kept").glob("talk/en-it/near-*/run.json")
    kept = json.loads(run.read_text("utf-8"))
    assert len(kept["notes"]) == 2 and kept["test_set"]["taken_off"] == taken


def test_a_column_before_each_text_is_said(files: Space) -> None:
    for name, lines in (("talk.ref.it", REFERENCES), ("near.it", REFERENCES)):
        files.file(name, "".join(f"{at}\t{line}\n" for at, line in enumerate(lines)))
    answer = files(*call("--format", "json"))
    assert answer.code == 0
    assert "every line of talk.ref.it holds tabs" in answer.err
    (row,) = answer.json["tables"][0]["rows"]
    assert any("every line of near.it holds tabs" in note for note in row["notes"])


def test_a_byte_order_mark_of_a_corpus_and_of_human_scores_is_said(files: Space) -> None:
    bom = b"\xef\xbb\xbf"
    path = files.corpus("news", "en-it")
    path.write_bytes(bom + path.read_bytes())
    files.file("far.it", [reference[:9] for reference in REFERENCES])
    answer = files(
        "score", "--corpus", "news", "--hypotheses", "near.it", "--metric", "chrf",
        "--hypotheses", "far.it", "--results", "kept",
    )  # fmt: skip
    line = "a byte order mark at the beginning of en-it.jsonl is no part of the text"
    assert answer.code == 0 and f"news/en-it: {line}" in answer.err
    (run,) = (files.root / "kept").glob("news/en-it/near-*/run.json")
    assert json.loads(run.read_text("utf-8"))["test_set"]["taken_off"] == [line]
    rows = "".join(
        f"{name},{row['id']},{at}\n"
        for name in ("near", "far")
        for at, row in enumerate(sentences(), start=len(name))
    )
    files.file("people.csv", bom + f"system,id,score\n{rows}".encode())
    said = "a byte order mark at the beginning of people.csv is no part of the text"
    assert said.capitalize() in files("meta", "kept", "--human", "people.csv").out
    assert said in files("report", "kept", "--human", "people.csv", "-o", "page").err


def test_where_a_reference_comes_from(space: Space) -> None:
    card = 'reference_of = ["good"]\n[origin]\nit = "post-edited"\n'
    space.corpus("news", "en-it", card=card)
    lineage = 'backend = "hypotheses"\npairs = ["en-it"]\n'
    for name, family in (("good", "ours"), ("next", "ours"), ("other", "theirs")):
        space.file(f"{name}.it", [f"{reference[:-3]}o." for reference in REFERENCES])
        space.card(name, f'{lineage}lineage = "{family}"\n[options]\npath = "{name}.it"\n')
    models = [word for name in ("good", "next", "other") for word in ("--model", name)]
    run = ["evaluate", *models, "--pair", "en-it", "--metric", "chrf"]
    answer = space(*run, "--format", "json")
    assert answer.code == 0, answer.err
    (table,) = answer.json["tables"]
    marked = {row["system"]: row["reference_made"] for row in table["rows"]}
    assert marked == {"good": True, "next": True, "other": False}
    assert "favour what was edited" in table["verdict"]
    favoured = {frozenset((one["a"], one["b"])): set(one["favours"]) for one in table["tests"]}
    assert favoured == {pair: pair & {"good", "next"} for pair in favoured} and favoured
    for style in ("table", "md", "latex"):
        shown = space(*run, "--format", style).out
        assert "reference post-edited" in shown, style
        assert "references made of outputs of good" in shown, style
        assert "favours the system whose output was edited" in shown, style
    assert "reference made of it" in space(*run).out
    rows = space(*run, "--format", "csv").out.splitlines()
    assert ["edited or chosen outputs of it" in row for row in rows] == [False, True, True, False]
    assert space("verify").code == 0
    shown = space("compare", "results", "results", "--format", "md").out
    assert "the references are made of outputs of good" in shown


def test_origins_by_line(space: Space) -> None:
    from tests.support.workspace import sentences

    rows = [{**row, "origin": "human" if n else "post-edited"} for n, row in enumerate(sentences())]
    rows[0]["reference_of"] = ["near"]
    space.corpus("news", "en-it", rows=rows)
    space.file("near.it", REFERENCES)
    shown = space("evaluate", "--model", "hypotheses:near.it", "--metric", "chrf").out
    assert "references 7 human, 1 post-edited" in shown
    assert "references made of outputs of near" in shown
    rows[0]["reference_of"] = "near"
    space.corpus("news", "en-it", rows=rows)
    space("corpus", "validate", "corpora/news").refused(1)
    assert "reference_of: not a list of systems" in space("corpus", "validate", "corpora/news").out
