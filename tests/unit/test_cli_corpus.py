"""``mtbench corpus`` as a user meets it: what stands on stdout and stderr, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mtbench.cli.main import run
from mtbench.config import find_system
from tests.support.imports import lines, write_jsonl

Mtbench = Callable[..., tuple[int, str, str]]


@pytest.fixture
def mtbench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Mtbench:
    """Runs a command in an empty folder: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MTBENCH_CACHE", str(tmp_path / "cache"))

    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(list(arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def _corpus(name: str = "c", **more: Any) -> Path:
    rows = [
        {"id": str(n), "src": f"The {word} is blue today.", "ref": f"Il {word} è blu.", **more}
        for n, word in enumerate(("sky", "sea", "car"))
    ]
    folder = Path("corpora") / name
    write_jsonl(folder / "en-it.jsonl", rows)
    (folder / "card.toml").write_text('title = "A title"\nlicence = "CC0"\n', encoding="utf-8")
    return folder


# --- seal -----------------------------------------------------------------------------------


def test_an_edit_is_sealed_by_the_command_that_the_error_names(mtbench: Mtbench) -> None:
    folder = _corpus()
    path, card = folder / "en-it.jsonl", folder / "card.toml"
    assert mtbench("corpus", "seal", str(folder), "--version", "1.0")[0] == 0
    path.write_text(path.read_text("utf-8").replace("Il sky è", "Il cielo è"), "utf-8")

    code, _, err = mtbench("corpus", "show", str(folder))
    assert code == 1
    assert "mtbench corpus seal" in err
    before = card.read_bytes()
    code, out, err = mtbench("corpus", "seal", str(folder), "--dry-run")
    assert (code, card.read_bytes()) == (0, before)
    assert "changed" in out
    assert err == "mtbench: version: 1.0 → 1.1 (not written: --dry-run)\n"
    assert mtbench("corpus", "seal", str(folder))[0] == 0
    assert mtbench("corpus", "show", str(folder))[0] == 0
    assert 'version = "1.1"' in card.read_text("utf-8")
    assert 'title = "A title"' in card.read_text("utf-8")
    assert "nothing to seal" in mtbench("corpus", "seal", str(folder))[2]


def test_what_does_not_hold_is_not_sealed(mtbench: Mtbench) -> None:
    folder = _corpus()
    before = (folder / "card.toml").read_bytes()
    with (folder / "en-it.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"id": "9", "src": " "}\n')

    code, _, err = mtbench("corpus", "seal", str(folder))

    assert code == 1
    assert "en-it.jsonl:4: src: blank" in err
    assert (folder / "card.toml").read_bytes() == before
    assert mtbench("corpus", "seal", "nowhere")[0] == 2


# --- import ---------------------------------------------------------------------------------


def test_import_prints_what_it_wrote_and_says_what_it_left_out(mtbench: Mtbench) -> None:
    Path("t.tsv").write_text("src\tref\nOne\tUno\n\tDue\n", encoding="utf-8")

    code, out, err = mtbench(
        "corpus", "import", "t.tsv", "-o", "corpora/t", "--pair", "en-it", "--skip-invalid",
        "--title", "Mine", "--licence", "CC0", "--url", "https://example.org",
    )  # fmt: skip

    assert code == 0
    assert out.split()[-3:] == ["1", "1", "corpora/t/en-it.jsonl"]
    assert err == ("mtbench: read: 2; kept: 1\nmtbench: left out: src: blank: 1 (first: t.tsv:3)\n")
    card = Path("corpora/t/card.toml").read_text(encoding="utf-8")
    assert 'title = "Mine"' in card
    assert mtbench("corpus", "validate", "t")[0] == 0


def test_import_as_json_is_one_document(mtbench: Mtbench) -> None:
    Path("t.csv").write_text("a,b\nOne,Uno\n", encoding="utf-8")

    code, out, err = mtbench(
        "corpus", "import", "t.csv", "-o", "c", "--pair", "en-it", "--map", "src=a",
        "--map", "ref=b", "--format", "json", "-q",
    )  # fmt: skip

    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document["files"][0]["segments"] == 1
    assert document["format"] == "csv"


def test_import_takes_columns_ids_and_a_format_by_name(mtbench: Mtbench) -> None:
    Path("t.txt").write_text("x\tOne\tUno\nx\tTwo\tDue\n", encoding="utf-8")

    code, _, _ = mtbench(
        "corpus", "import", "t.txt", "-o", "c", "--from", "tsv", "--pair", "en-it",
        "--columns", "id,src,ref", "--ids", "number",
    )  # fmt: skip

    assert code == 0
    assert [row["id"] for row in lines(Path("c"), "en-it")] == ["1", "2"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["t.tsv"], "Missing option '-o'"),
        (["t.tsv", "-o", "c", "--from", "tmxx"], "unknown format: 'tmxx'"),
        (["t.tsv", "-o", "c", "--preset", "wmt24"], "unknown preset: 'wmt24'"),
        (["t.tsv", "-o", "c", "--columns", "a,,b"], "--columns: a name is empty"),
        (["t.tsv", "-o", "c", "--map", "text=a"], "unknown key of --map: 'text'"),
        (["t.tsv", "-o", "c", "--pair", "english"], "not a language pair: 'english'"),
        (["t.tsv", "-o", "c"], "t.tsv: no column tells the languages"),
        (["none.tsv", "-o", "c", "--pair", "en-it"], "none.tsv: no such file"),
        (["hf:a/b", "t.tsv", "-o", "c"], "hf:… comes alone"),
        (["a", "b", "--from", "sacrebleu", "-o", "c"], "--from sacrebleu takes one name"),
    ],
)
def test_a_wrong_import_is_exit_code_2(
    mtbench: Mtbench, arguments: list[str], message: str
) -> None:
    Path("t.tsv").write_text("src\tref\nOne\tUno\n", encoding="utf-8")

    code, out, err = mtbench("corpus", "import", *arguments)

    assert (code, out) == (2, "")
    assert err.startswith(f"mtbench: {message}")
    assert len(err.splitlines()) <= 3
    assert not Path("c").exists()


def test_an_import_that_does_not_hold_is_exit_code_1_and_json_if_asked(mtbench: Mtbench) -> None:
    Path("t.tmx").write_text('<!DOCTYPE tmx [<!ENTITY a "b">]><tmx><tu/></tmx>', encoding="utf-8")

    code, out, err = mtbench("corpus", "import", "t.tmx", "-o", "c", "--format", "json")

    assert (code, err) == (1, "")
    assert json.loads(out)["error"]["message"] == "t.tmx: declares the XML entity 'a'"


def test_outputs_in_a_folder_bear_its_whole_name(mtbench: Mtbench) -> None:
    Path("hypotheses/GPT-4.1").mkdir(parents=True)

    assert find_system("hypotheses:hypotheses/GPT-4.1", ()).name == "GPT-4.1"
    assert find_system("hypotheses:out.it.txt", ()).name == "out.it"


# --- export ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["text", "tsv", "csv", "tmx", "mt-metrics-eval"])
def test_export_writes_and_lists_files(mtbench: Mtbench, kind: str) -> None:
    _corpus()

    code, out, _ = mtbench("corpus", "export", "c", "--to", kind, "-o", "out", "--format", "json")

    assert code == 0
    written = json.loads(out)
    assert all(Path(row["path"]).is_file() for row in written)
    assert {row["test_set"] for row in written} == {"c/en-it"}


def test_what_is_exported_can_be_imported(mtbench: Mtbench) -> None:
    folder = _corpus(doc="d", note="kept")
    mtbench("corpus", "export", "c", "--to", "tmx", "-o", "out")

    code, _, _ = mtbench("corpus", "import", "out/c.en-it.tmx", "-o", "again")

    assert code == 0
    assert lines(Path("again"), "en-it") == lines(folder, "en-it")


def test_outputs_and_scores_are_exported_with_one_name_for_a_system(mtbench: Mtbench) -> None:
    _corpus()
    for name, text in (("a", "Il cielo\nIl mare\nUna macchina\n"), ("b", "x\ny\nz\n")):
        Path(name).mkdir()
        (Path(name) / "same.txt").write_text(text, encoding="utf-8")
    for model in ("hypotheses:a/same.txt", "identity:"):
        mtbench("evaluate", "--model", model, "--corpus", "c", "--metric", "chrf", "-q")

    code, out, _ = mtbench(
        "corpus", "export", "c", "--to", "mt-metrics-eval", "-o", "out", "--results", "results",
        "--format", "json",
    )  # fmt: skip

    assert code == 0
    paths = {row["path"] for row in json.loads(out)}
    assert {"out/system-outputs/en-it/same.txt", "out/system-outputs/en-it/identity.txt"} <= paths
    rows = [
        line.split("\t")
        for line in Path("out/metric-scores/en-it/chrf-refA.seg.score").read_text().splitlines()
    ]
    assert [row[0] for row in rows] == ["identity"] * 3 + ["same"] * 3
    system = dict(
        line.split("\t")
        for line in Path("out/metric-scores/en-it/chrf-refA.sys.score").read_text().splitlines()
    )
    stored = next(Path("results/c/en-it").glob("same-*/scores/chrf@*.json"))
    assert float(system["same"]) == json.loads(stored.read_text(encoding="utf-8"))["score"]

    mtbench("evaluate", "--model", "hypotheses:b/same.txt", "--corpus", "c", "--metric", "chrf")
    mtbench("corpus", "export", "c", "--to", "mt-metrics-eval", "-o", "two", "--results", "results")

    names = {path.name for path in Path("two/system-outputs/en-it").iterdir()}
    assert len(names) == 3
    assert {name.split("-")[0] for name in names} == {"same", "identity.txt"}


def test_line_ends_are_joined_only_when_asked_and_said(mtbench: Mtbench) -> None:
    write_jsonl(Path("corpora/c/en-it.jsonl"), [{"id": "x", "src": "a\nb", "ref": "c"}])

    refused = mtbench("corpus", "export", "c", "--to", "text", "-o", "out")
    joined = mtbench("corpus", "export", "c", "--to", "text", "-o", "out", "--join-lines")

    assert refused[0] == 1
    assert "segment 'x' has a line end inside" in refused[2]
    assert joined[0] == 0
    assert "line ends became spaces in 1 texts" in joined[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["c", "--to", "docx"], "unknown format: 'docx'"),
        (["d", "--to", "tmx"], "unknown corpus: 'd'"),
        (["c", "--to", "tmx", "--pair", "en-de"], "unknown language pair of c: 'en-de'"),
        (["c", "--to", "tmx", "--results", "r"], "--results goes with --to mt-metrics-eval"),
        (["c", "--to", "mt-metrics-eval", "--results", "r"], "r holds no output for c/en-it"),
        (["c", "--to", "csv", "--reference", "Z"], "unknown reference: 'Z'"),
    ],
)
def test_a_wrong_export_is_exit_code_2(
    mtbench: Mtbench, arguments: list[str], message: str
) -> None:
    _corpus()

    code, out, err = mtbench("corpus", "export", *arguments, "-o", "out")

    assert (code, out) == (2, "")
    assert err.startswith(f"mtbench: {message}")


def test_files_that_are_there_are_exit_code_2(mtbench: Mtbench) -> None:
    _corpus()
    mtbench("corpus", "export", "c", "--to", "csv", "-o", "out")

    assert mtbench("corpus", "export", "c", "--to", "csv", "-o", "out")[0] == 2
    assert mtbench("corpus", "export", "c", "--to", "csv", "-o", "out", "--force")[0] == 0


# --- validate -------------------------------------------------------------------------------


def test_a_valid_corpus_is_exit_code_0_and_nothing_on_stdout(mtbench: Mtbench) -> None:
    _corpus()

    code, out, err = mtbench("corpus", "validate")

    assert (code, out) == (0, "")
    assert err == "mtbench: 1 files, 3 segments: 0 errors, 0 warnings\n"


def test_defects_are_lines_on_stdout_and_exit_code_1(mtbench: Mtbench) -> None:
    folder = _corpus()
    with (folder / "en-it.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(
            '{"id": "0", "src": "Same"}\n{"id": "9", "src": "COPY me", "ref": "COPY me"}\n'
        )

    code, out, err = mtbench("corpus", "validate", str(folder))
    path = "corpora/c/en-it.jsonl"

    assert code == 1
    assert out.splitlines() == [
        f"{path}:4: duplicate id '0' (first on line 1)",
        f"{path}:5: warning: the reference is the source",
    ]
    assert err.splitlines()[0] == "mtbench: 1 files, 5 segments: 1 errors, 1 warnings"


def test_strict_turns_warnings_into_exit_code_1(mtbench: Mtbench) -> None:
    write_jsonl(Path("corpora/c/en-it.jsonl"), [{"id": "1", "src": "Same", "ref": "Same"}])

    assert mtbench("corpus", "validate", "c")[0] == 0
    assert mtbench("corpus", "validate", "c", "--strict")[0] == 1


def test_validation_as_json_is_one_document_whatever_the_answer(mtbench: Mtbench) -> None:
    folder = _corpus()
    (folder / "en-de.jsonl").touch()

    code, out, err = mtbench("corpus", "validate", "--format", "json", "-q")

    document = json.loads(out)
    assert (code, err) == (1, "")
    assert document["valid"] is False
    assert (document["errors"], document["findings"][0]["kind"]) == (1, "empty")


def test_a_corpus_that_nobody_knows(mtbench: Mtbench) -> None:
    _corpus("weather")

    code, out, err = mtbench("corpus", "validate", "wether")

    assert (code, out) == (2, "")
    assert err == "mtbench: unknown corpus: 'wether'\n  did you mean 'weather'?\n"


# --- list and show --------------------------------------------------------------------------


def test_list_shows_own_corpora_and_those_that_come_along(mtbench: Mtbench) -> None:
    _corpus()
    write_jsonl(Path("corpora/broken/nonsense.jsonl"), [{"id": "1"}])

    code, out, _ = mtbench("corpus", "list", "--format", "json")
    rows = {row["corpus"]: row for row in json.loads(out)}

    assert code == 0
    assert list(rows) == ["broken", "c", "china-blockchain"]
    assert rows["c"]["pairs"] == ["en-it"]
    assert "not a language pair" in rows["broken"]["error"]
    table = mtbench("corpus", "list")[1]
    assert "A title" in table
    assert "not a language pair" in table


def test_show_says_what_a_test_could_reach(mtbench: Mtbench) -> None:
    _corpus(doc="d", domain="weather", alignment=0.5)

    code, out, _ = mtbench("corpus", "show", "c")

    assert code == 0
    assert out.splitlines() == [
        "c: A title",
        "  licence: CC0",
        "",
        "c/en-it",
        "  segments: 3; references: 1 each",
        "  en: 66 characters, 15 words; a text has 22 to 22 characters, median 22",
        "  it: 39 characters, 12 words; a text has 13 to 13 characters, median 13",
        "  documents: 1, the longest of 3 segments",
        "  domains: weather 3",
        "  alignment: lowest 0.500, median 0.500 (3 segments)",
        "  a test on 3 segments cannot give p below 2/2^3 = 0.25: no two systems can be told apart "
        "at 5 %; intervals are unreliable below 30",
    ]


def test_show_as_json_and_in_the_other_direction(mtbench: Mtbench) -> None:
    folder = _corpus()
    card = folder / "card.toml"
    card.write_text(card.read_text("utf-8") + "reversible = true\n", encoding="utf-8")

    code, out, _ = mtbench("corpus", "show", "c", "--pair", "it-en", "--format", "json")

    assert code == 0
    facts = json.loads(out)[0]["test_sets"][0]
    assert (facts["test_set"], facts["reversed"], facts["smallest_p"]) == ("c/it-en", True, 0.25)
    assert mtbench("corpus", "show", "c", "--pair", "en-de")[0] == 2
