"""Comparing results that the command line made: CSVs, folders, two runs of one system."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from mtbench.boards.comparison import check, parse_map
from mtbench.cli.main import run
from mtbench.errors import RegressionFound, RequestError
from mtbench.pipeline.comparing import Given, compare_leaderboards
from mtbench.types.findings import LeaderboardDiff, PairedTest
from tests.support.workspace import SENTENCES, Space, sentences, tree

WORDS = (
    *("the", "cat", "sat", "on", "a", "mat", "and", "saw", "red"),
    *("birds", "fly", "over", "green", "hills", "near", "old", "towns"),
)
SEGMENTS, DOCUMENTS = 120, 24


def spoiled(lines: list[str], share: float, seed: int) -> list[str]:
    generator = np.random.default_rng(seed)
    return [
        " ".join("x" if generator.random() < share else word for word in line.split())
        for line in lines
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two results folders of systems ``good`` and ``same``; in the second ``good`` is worse."""
    folder = tmp_path_factory.mktemp("comparing")
    generator = np.random.default_rng(0)
    references = [" ".join(generator.choice(WORDS, 12)) for _ in range(SEGMENTS)]
    corpus = folder / "corpora" / "toy"
    corpus.mkdir(parents=True)
    size = SEGMENTS // DOCUMENTS
    lines = [
        json.dumps({"id": f"s{i}", "src": f"source {i}", "ref": ref, "doc": f"d{i // size}"})
        for i, ref in enumerate(references)
    ]
    (corpus / "de-en.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name, share in (("before", 0.1), ("after", 0.3)):
        outputs = folder / name
        outputs.mkdir()
        for system, lines in (
            ("good", spoiled(references, share, 1)),
            ("same", spoiled(references, 0.2, 2)),
        ):
            (outputs / f"{system}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        code = run(
            ["evaluate", f"--model=hypotheses:{outputs / 'good.txt'}",
             f"--model=hypotheses:{outputs / 'same.txt'}", "--corpus", str(corpus),
             "--pair", "de-en", "--metric", "bleu", "--metric", "chrf", "--sort", "chrf",
             "--results", str(folder / f"results-{name}"), "-q", "--format", "json"]
        )  # fmt: skip
        assert code == 0
    return folder


def csv_of(folder: Path, name: str) -> Given:
    return Given(folder / f"results-{name}" / "leaderboard.csv")


def found_tests(found: LeaderboardDiff) -> dict[tuple[str, str], PairedTest | None]:
    return {(row.system, e.metric): e.test for row in found.rows for e in row.metrics}


def test_two_csv_files_with_their_statistics_beside_them(made: Path) -> None:
    found = compare_leaderboards(csv_of(made, "before"), csv_of(made, "after"))
    assert found.deciding == ("chrf",) and found.verdict == "worse"
    good, same = found.rows
    assert (good.system, good.verdict, good.same_output) == ("good", "worse", False)
    assert same.verdict == "equivalent" and same.same_output
    test = found_tests(found)[("good", "chrf")]
    assert test is not None and test.p == 1 / 10_001 and test.baseline == "old"
    assert (test.unit, test.units) == ("document", DOCUMENTS)
    assert test.delta < 0 and test.interval.high < 0 and test.losses > test.wins
    with pytest.raises(RegressionFound, match="good on toy/de-en is worse by chrf"):
        check(found, ["worse"])


def test_json_is_one_document_with_the_comparison_where_a_gate_closes(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sides = [str(made / f"results-{name}") for name in ("before", "after")]
    assert run(["compare", *sides, "--fail-on", "worse", "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["error"]["exit_code"] == 1 and "worse by chrf" in document["error"]["message"]
    assert document["verdict"] == "worse" and len(document["rows"]) == 2


def test_of_several_signatures_that_of_the_other_side_is_compared(
    made: Path, tmp_path: Path
) -> None:
    """A folder that stores two kinds of one metric is not refused for showing the other one."""
    both, third = tmp_path / "results-both", tmp_path / "third.txt"
    shutil.copytree(made / "results-after", both)
    shutil.copy(made / "after" / "same.txt", third)
    models = [made / "after" / "good.txt", made / "after" / "same.txt", third]
    what = ["--metric", "chrf", "--metric-option", "chrf.beta=1"]
    where = ["--corpus", str(made / "corpora" / "toy"), "--pair", "de-en", "--results", str(both)]
    given = [f"--model=hypotheses:{path}" for path in models]
    assert run(["evaluate", *given, *what, *where, "-q"]) == 0
    assert "|beta:1" in (both / "leaderboard.csv").read_text(encoding="utf-8")
    found = compare_leaderboards(Given(made / "results-before"), Given(both))
    tests = found_tests(found)
    assert tests.pop(("third", "chrf"), None) is None
    assert tests == found_tests(
        compare_leaderboards(Given(made / "results-before"), Given(made / "results-after"))
    )


def test_folders_give_the_same_as_their_csv_files(made: Path) -> None:
    files = compare_leaderboards(csv_of(made, "before"), csv_of(made, "after"))
    folders = compare_leaderboards(Given(made / "results-before"), Given(made / "results-after"))
    assert found_tests(folders) == found_tests(files)
    again = compare_leaderboards(Given(made / "results-before"), Given(made / "results-before"))
    assert again.verdict == "equivalent"


def test_a_csv_far_from_its_results(made: Path, tmp_path: Path) -> None:
    copies = []
    for name in ("before", "after"):
        copies.append(tmp_path / f"{name}.csv")
        shutil.copy(made / f"results-{name}" / "leaderboard.csv", copies[-1])
    bare = compare_leaderboards(Given(copies[0]), Given(copies[1]))
    entry = bare.rows[0].metrics[0]
    assert entry.test is None and entry.delta is not None
    assert "no statistics of good on toy/de-en" in str(entry.reason)
    # One row has the same output on both sides, and of the one that changed nothing is known.
    with pytest.raises(RequestError, match="nothing could be tested"):
        check(bare, ["worse"])
    named = compare_leaderboards(
        Given(copies[0], results=made / "results-before"),
        Given(copies[1], results=made / "results-after"),
    )
    assert named.verdict == "worse"


def test_two_runs_of_one_system(made: Path) -> None:
    runs = [
        next((made / f"results-{name}" / "toy" / "de-en").glob("good*"))
        for name in ("before", "after")
    ]
    found = compare_leaderboards(Given(runs[0]), Given(runs[1]), metrics=["bleu"])
    (row,) = found.rows
    assert row.verdict == "worse" and [e.metric for e in row.metrics] == ["bleu"]
    turned = compare_leaderboards(Given(runs[1]), Given(runs[0]), metrics=["bleu"])
    assert turned.verdict == "better"
    there, back = (found_tests(f)[("good", "bleu")] for f in (found, turned))
    assert there is not None and back is not None
    assert (there.p, there.delta, there.wins) == (back.p, -back.delta, back.losses)


def test_statistics_that_are_not_those_of_the_row(made: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    shutil.copytree(made / "results-after", results)
    board = results / "leaderboard.csv"
    with board.open(encoding="utf-8", newline="") as stream:
        header, first, *others = csv.reader(stream)
    first[header.index("chrf")] = "99.000000"
    with board.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, first, *others])
    found = compare_leaderboards(csv_of(made, "before"), Given(board))
    entry = next(e for e in found.rows[0].metrics if e.metric == "chrf")
    assert entry.test is None and "are not those behind" in str(entry.reason)


def test_another_tools_csv_against_ours(made: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.csv"
    theirs.write_text("Model,Score\ngood,12.5\n", encoding="utf-8")
    mapping = parse_map(["system=Model", "chrf=Score", "corpus:=toy", "src:=de", "tgt:=en"])
    found = compare_leaderboards(
        Given(theirs, mapping=mapping), csv_of(made, "after"), metrics=["chrf"]
    )
    statuses = {row.system: row.status for row in found.rows}
    assert statuses == {"good": "both", "same": "new"}
    assert any("taken on trust" in note for note in found.notes)


def test_what_is_not_there(made: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no such file or folder"):
        compare_leaderboards(Given(tmp_path / "no.csv"), csv_of(made, "after"))
    with pytest.raises(RequestError, match="no results in it"):
        compare_leaderboards(Given(tmp_path), csv_of(made, "after"))
    with pytest.raises(RequestError, match="--map is for CSV"):
        compare_leaderboards(
            Given(made / "results-after", mapping={"bleu": "x"}), csv_of(made, "after")
        )


def test_a_reference_was_corrected(space: Space) -> None:
    """The gate of a pull request that corrects a reference: one row changed, old outputs scored."""
    rows = sentences()
    space.corpus("news", "en-it", rows=rows)
    space.corpus("more", "en-it", rows=rows)
    space.file("mt.it", [reference for _, reference in SENTENCES])
    call = ["evaluate", "--model", "hypotheses:mt.it", "--metric", "chrf", "--pair", "en-it"]
    two = [[*call, "--corpus", name] for name in ("news", "more")]
    assert all(space(*one, "--results", "before").code == 0 for one in two)
    rows[0]["ref"] = "Il gatto stava sul tappeto della casa vecchia."
    space.corpus("news", "en-it", rows=rows)
    space.file("mt.it", [f"{reference[:-5]}!" for _, reference in SENTENCES])
    assert all(space(*one, "--results", "after").code == 0 for one in two)
    answer = space("compare", "before", "after", "--fail-on", "worse", "--format", "md")
    assert "on another test set" in answer.out
    assert "the test sets differ" in answer.out
    assert answer.code == 1 and answer.out.startswith("### mtbench: 🔴 failed")
    before = tree(space.root / "before")
    answer = space("compare", "before", "after", "--rescore", "--format", "json")
    assert answer.code == 0
    one = next(row for row in answer.json["rows"] if row["corpus"] == "news")
    assert one["status"] == "both" and one["metrics"][0]["test"] is not None
    # The old output is every old reference word for word: by hand, on the new references.
    import sacrebleu

    references = [[row["ref"] for row in rows]]
    expected = sacrebleu.corpus_chrf([reference for _, reference in SENTENCES], references).score
    assert one["metrics"][0]["old"] == pytest.approx(expected, abs=1e-9)
    assert any("scored again on the references" in note for note in answer.json["notes"])
    assert tree(space.root / "before") == before, "nothing is written"


def test_plain_files_are_scored_again_on_the_texts_that_the_new_side_keeps(space: Space) -> None:
    space.file("hyp.it", [reference for _, reference in SENTENCES])
    space.file("one.it", [f"{reference[:-2]}!" for _, reference in SENTENCES])
    space.file("two.it", [f"{reference[:-3]}?" for _, reference in SENTENCES])
    for results, reference in (("before", "one.it"), ("after", "two.it")):
        files = ("--reference", reference, "--hypotheses", "hyp.it", "--name", "talks")
        call = ("score", *files, "--pair", "en-it", "--metric", "chrf", "--results", results)
        assert space(*call).code == 0
    asked = ("compare", "before", "after", "--fail-on", "worse")
    space(*asked).refused(2, "--rescore")
    answer = space(*asked, "--rescore", "--format", "json")
    assert answer.code == 0
    (row,) = answer.json["rows"]
    assert row["status"] == "both" and row["metrics"][0]["delta"] == 0
    for path in (space.root / "after").glob("talks/en-it/texts.json*"):
        path.unlink()
    space(*asked, "--rescore").refused(2, "could not be scored again", "no corpus 'talks' here")


def test_a_new_release_is_told_what_to_do_about_it(space: Space) -> None:
    space.corpus("news", "en-it")
    assert space("evaluate", "--model", "identity", "--metric", "chrf").code == 0
    board = (space.root / "results/leaderboard.csv").read_text("utf-8")
    older = re.sub(r"version:[0-9.]+", "version:1.0.0", board)
    space.file("older.csv", older)
    answer = space("compare", "older.csv", "results/leaderboard.csv", "--fail-on", "worse")
    answer.refused(2, "computed differently: version 1.0.0", "score A's outputs again")


def test_a_system_under_another_name(space: Space) -> None:
    space.corpus("news", "en-it")
    space.file("one.it", [reference for _, reference in SENTENCES])
    space.file("two.it", [f"{reference[:-5]}!" for _, reference in SENTENCES])
    for name, results in (("one", "before"), ("two", "after")):
        call = ("evaluate", "--model", f"hypotheses:{name}.it", "--model", "identity")
        assert space(*call, "--metric", "chrf", "--results", results).code == 0
    runs = [next((space.root / side / "news/en-it").glob("*-*")) for side in ("before", "after")]
    folders = [str(run.relative_to(space.root)) for run in runs]
    assert f"{folders[0]} → {folders[1]}: worse" in space("compare", *folders).out
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(runs[1])
        assert "worse by chrf" in space("compare", str(runs[0]), ".").out
    plain = space("compare", "before", "after", "--fail-on", "worse")
    assert "--rename one=two" in plain.out
    renamed = space("compare", "before", "after", "--rename", "one=two", "--fail-on", "worse")
    assert renamed.code == 1 and "one → two" in renamed.out
    space("compare", "before", "after", "--rename", "on=two").refused(2, "'on'", "'one'")
    space("compare", "before", "after", "--rename", "one").refused(2, "OLD=NEW")
