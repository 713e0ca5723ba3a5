"""``verify`` finds whatever was changed after the fact, and nothing else."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mtbench.cli.main import run
from tests.support.workspace import SENTENCES, Space, sentences

FOLDER = Path("results/news/en-it/identity")


METRICS = ("bleu", "chrf", "semsim")


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus and results on it, made once."""
    root = tmp_path_factory.mktemp("evaluated")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        rows = [{**row, "domain": "news"} for row in sentences()]
        path = root / "corpora/news/en-it.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        metrics = [word for name in METRICS for word in ("--metric", name)]
        assert run(["evaluate", "--model", "identity", *metrics, "-q"]) == 0
    return root


@pytest.fixture
def done(space: Space, evaluated: Path) -> Space:
    shutil.copytree(evaluated, space.root, dirs_exist_ok=True)
    return space


def test_what_was_not_touched_holds(done: Space) -> None:
    answer = done("verify")
    assert answer.code == 0
    assert re.fullmatch(r"\d+ checks hold, 0 do not, 0 could not be made\n", answer.out)
    findings = done("verify", "--format", "json").json
    assert all(finding["holds"] for finding in findings)
    assert done("verify", "-v").out.count(": holds: ") == len(findings)


def score_of(space: Space, metric: str) -> Path:
    (path,) = (space.root / FOLDER / "scores").glob(f"{metric}@*.json")
    return path


def edit(path: Path, change: Callable[[Any], object]) -> None:
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document), "utf-8")


def words(path: Path, old: str, new: str) -> None:
    text = path.read_bytes()
    assert old.encode() in text
    path.write_bytes(text.replace(old.encode(), new.encode(), 1))


def set_in(document: Any, *keys: str | int, value: object) -> None:
    for key in keys[:-1]:
        document = document[key]
    document[keys[-1]] = value


TAMPERINGS: dict[str, tuple[Callable[[Space], object], str]] = {
    "a hypothesis": (lambda s: words(s.root / FOLDER / "output.jsonl", "cat", "dog"), "output"),
    "a hypothesis gone": (
        lambda s: words(s.root / FOLDER / "output.jsonl", '{"id": "s8"', '{"id": "s9"'),
        "output",
    ),
    "the output file": (lambda s: (s.root / FOLDER / "output.jsonl").unlink(), "cannot be read"),
    "the record": (lambda s: (s.root / FOLDER / "run.json").write_text("{", "utf-8"), "run.json"),
    "recorded failures": (
        lambda s: edit(s.root / FOLDER / "run.json", lambda d: set_in(d, "failures", value=2)),
        "segments and failures",
    ),
    "recorded copies": (
        lambda s: edit(
            s.root / FOLDER / "run.json", lambda d: set_in(d, "health", "copied", value=0)
        ),
        "flags are those that the output gives",
    ),
    "a score": (
        lambda s: edit(score_of(s, "chrf"), lambda d: set_in(d, "score", value=99.0)),
        "score follows from its statistics",
    ),
    "a score of a mean": (
        lambda s: edit(score_of(s, "semsim"), lambda d: set_in(d, "score", value=0.99)),
        "score follows from its statistics",
    ),
    "a score in its ninth decimal": (
        lambda s: edit(score_of(s, "chrf"), lambda d: set_in(d, "score", value=d["score"] + 2e-9)),
        "score follows from its statistics",
    ),
    "statistics": (
        lambda s: edit(score_of(s, "bleu"), lambda d: set_in(d, "statistics", 0, 2, value=9)),
        "score follows from its statistics",
    ),
    "statistics that pool to the same": (
        lambda s: swap_rows(score_of(s, "bleu")),
        "computed again",
    ),
    "a row gone": (
        lambda s: edit(score_of(s, "bleu"), lambda d: d["segment_ids"].pop()),
        "statistics cannot be read",
    ),
    "a segment score": (
        lambda s: edit(score_of(s, "bleu"), lambda d: set_in(d, "segment_scores", 0, value=50.0)),
        "segment scores",
    ),
    "an interval": (
        lambda s: edit(score_of(s, "bleu"), lambda d: set_in(d, "interval", "low", value=7.9)),
        "interval follows",
    ),
    "an interval's certainty": (
        lambda s: edit(
            score_of(s, "bleu"), lambda d: set_in(d, "interval", "reliable", value=True)
        ),
        "interval follows",
    ),
    "a direction": (
        lambda s: edit(
            score_of(s, "bleu"), lambda d: set_in(d, "info", "higher_is_better", value=False)
        ),
        "direction and bounds",
    ),
    "bounds": (
        lambda s: edit(score_of(s, "bleu"), lambda d: set_in(d, "info", "bounds", value=[0, 1])),
        "direction and bounds",
    ),
    "the leaderboard gone": (
        lambda s: (s.root / "results/leaderboard.csv").unlink(),
        "there is none",
    ),
    "a document's score": (
        lambda s: edit(score_of(s, "bleu"), lambda d: set_in(d, "documents", "d1", value=50.0)),
        "documents",
    ),
    "a domain's score": (
        lambda s: edit(score_of(s, "bleu"), lambda d: set_in(d, "domains", "news", value=50.0)),
        "domains",
    ),
    "a score file's name": (
        lambda s: score_of(s, "bleu").rename(score_of(s, "bleu").with_name("bleu@00000000.json")),
        "named by its signature",
    ),
    "a signature": (lambda s: words(score_of(s, "bleu"), "smooth:exp", "smooth:none"), "signature"),
    "another output's score": (
        lambda s: edit(score_of(s, "bleu"), lambda d: set_in(d, "output_digest", value="0" * 64)),
        "made from this output",
    ),
    "a document of the labels": (
        lambda s: words(s.root / FOLDER.parent / "test_set.json", '"d1"', '"d2"'),
        "labels are the corpus's",
    ),
    "labels that are none": (
        lambda s: words(s.root / FOLDER.parent / "test_set.json", "domains", "dominions"),
        "labels are the corpus's",
    ),
    "a fact of the test set": (
        lambda s: edit(
            s.root / FOLDER / "run.json", lambda d: set_in(d, "test_set", "reversed", value=True)
        ),
        "facts of the test set",
    ),
    "a source": (lambda s: words(s.root / "corpora/news/en-it.jsonl", "cat", "dog"), "corpus"),
    "a reference": (
        lambda s: words(s.root / "corpora/news/en-it.jsonl", "gatto", "cane"),
        "references",
    ),
    "a cell of the leaderboard": (
        lambda s: words(s.root / "results/leaderboard.csv", ",0,", ",1,"),
        "leaderboard",
    ),
    "a row of the leaderboard": (
        lambda s: words(s.root / "results/leaderboard.csv", "identity", "identitty"),
        "leaderboard",
    ),
    "the leaderboard's line ends": (
        lambda s: words(s.root / "results/leaderboard.csv", "\r\n", "\n"),
        "leaderboard",
    ),
    "a leaderboard that is no text": (
        lambda s: (s.root / "results/leaderboard.csv").write_bytes(b"\xff"),
        "cannot be read",
    ),
}


def swap_rows(path: Path) -> None:
    def change(document: Any) -> None:
        for key in ("statistics", "segment_scores"):
            rows = document[key]
            rows[0], rows[1] = rows[1], rows[0]

    edit(path, change)


@pytest.mark.parametrize("what", TAMPERINGS)
def test_every_tampering_is_found(done: Space, what: str) -> None:
    tamper, word = TAMPERINGS[what]
    tamper(done)
    answer = done("verify")
    answer.refused(1)
    assert "does not hold" in answer.out
    assert word in answer.out + answer.err, answer
    findings = done("verify", "--format", "json")
    assert findings.code == 1
    assert any(finding["holds"] is False for finding in findings.json)


def test_a_corpus_that_is_not_here(done: Space) -> None:
    (done.root / "corpora/news/en-it.jsonl").unlink()
    answer = done("verify")
    assert answer.code == 0
    assert "not looked at" in answer.out
    assert "no corpus 'news' here" in answer.out


def test_a_file_of_hypotheses_that_was_changed_afterwards(space: Space) -> None:
    space.corpus()
    space.file("near.it", [f"{reference[:-3]}o." for _, reference in SENTENCES])
    assert space("evaluate", "--model", "hypotheses:near.it", "--metric", "chrf").code == 0
    assert space("verify").code == 0
    space.file("near.it", [reference for _, reference in SENTENCES])
    answer = space("verify")
    answer.refused(1)
    assert "near.it has changed since" in answer.out
    (space.root / "near.it").unlink()
    answer = space("verify")
    assert answer.code == 0, "the output itself is kept; where it came from is not here"
    assert "not looked at" in answer.out


@pytest.mark.parametrize("key", ["provenance", "identity", "card", "batching"])
def test_what_a_system_was_made_of_is_held_against_its_digests(space: Space, key: str) -> None:
    space.corpus()
    space.file("echo.py", "import sys\nfor line in sys.stdin:\n    print(line, end='')\n")
    spec = f"command:{sys.executable} echo.py"
    assert space("evaluate", "--model", spec, "--metric", "chrf").code == 0
    assert space("verify").code == 0
    (path,) = (space.root / "results/news/en-it").glob("*/run.json")
    run = json.loads(path.read_text("utf-8"))
    ways = {
        "provenance": ("provenance", "files", next(iter(run["provenance"]["files"]))),
        "identity": ("identity", "files", next(iter(run["identity"]["files"]))),
        "card": ("card", "options", "argv"),
        "batching": ("batching",),
    }
    value: object = [sys.executable, "other.py"] if key == "card" else "0" * 64
    edit(path, lambda document: set_in(document, *ways[key], value=value))
    answer = space("verify")
    answer.refused(1)
    said = "provenance is as it" if key == "provenance" else "card, weights and files"
    assert said in answer.out


def test_a_record_of_an_older_version_has_no_digest_of_its_provenance(done: Space) -> None:
    edit(done.root / FOLDER / "run.json", lambda document: document.pop("provenance_digest"))
    answer = done("verify")
    assert answer.code == 0
    assert "recorded by an older mtbench" in answer.out


def test_no_results(space: Space) -> None:
    space("verify", "nowhere").refused(2, "nowhere", "no results")


def test_several_references_and_one_of_them(space: Space) -> None:
    """Scores on all references and on one stand side by side, and each is verified on its own."""
    rows = [{**row, "ref": [row["ref"], row["ref"].upper()]} for row in sentences()]
    space.corpus(rows=rows)
    command = ("evaluate", "--model", "identity", "--metric", "bleu")
    assert space(*command).code == 0
    assert space(*command, "--reference", "B").code == 0
    assert space("verify").code == 0, space("verify").out
    assert len(list((space.root / FOLDER / "scores").iterdir())) == 2
    path = next(p for p in (space.root / FOLDER / "scores").iterdir() if "ref:B" in p.read_text())
    swap_rows(path)
    answer = space("verify")
    answer.refused(1, path.name)
    assert "computed again" in answer.out


def test_many_segments_keep_their_statistics_beside_the_score(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtbench.results.score_files.INLINE_SEGMENTS", 4)
    space.corpus()
    outputs = []
    for results in ("one", "two"):
        command = ("evaluate", "--model", "identity", "--metric", "chrf", "--results", results)
        assert space(*command).code == 0
        (arrays,) = (space.root / results).glob("**/chrf@*.npz")
        outputs.append(arrays.read_bytes())
        assert "segment_ids" not in arrays.with_suffix(".json").read_text("utf-8")
        assert space("verify", results).code == 0
    assert outputs[0] == outputs[1]
    arrays.write_bytes(outputs[0][:-40])
    space("verify", "two").refused(1, "statistics cannot be read")
    arrays.write_bytes(b"\x80\x04pickled")
    space("verify", "two").refused(1, "statistics cannot be read")
    arrays.unlink()
    space("verify", "two").refused(1, "statistics cannot be read")


def test_the_sentences_are_long_enough_for_all_of_this() -> None:
    assert all(len(source.split()) >= 4 for source, _ in SENTENCES)
