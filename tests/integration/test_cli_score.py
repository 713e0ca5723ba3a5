"""``score``: on plain files it says what sacreBLEU's own command says, on a corpus it keeps it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.workspace import SENTENCES, Space

OUTPUTS = {
    "good": [reference for _, reference in SENTENCES],
    "near": [reference.replace("il ", "lo ").replace("a", "à", 1) for _, reference in SENTENCES],
    "short": [" ".join(reference.split()[:4]) for _, reference in SENTENCES],
    "gaps": ["" if n % 3 == 0 else reference for n, (_, reference) in enumerate(SENTENCES)],
    "other": [source for source, _ in SENTENCES],
}
SECOND = [reference.replace("della", "di").upper() for _, reference in SENTENCES]


@pytest.fixture
def files(space: Space) -> Space:
    for name, lines in OUTPUTS.items():
        space.file(f"{name}.it", lines)
    space.file("ref.it", [reference for _, reference in SENTENCES])
    space.file("ref2.it", SECOND)
    space.file("src.en", [source for source, _ in SENTENCES])
    return space


def sacrebleu(space: Space, output: str, metric: str, *references: str) -> tuple[float, str]:
    """Score and signature of sacreBLEU's command line."""
    script = Path(sys.executable).with_name("sacrebleu")
    answer = subprocess.run(
        [str(script), *references, "-i", output, "-m", metric, "-w", "12", "-f", "json"],
        cwd=space.root,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(answer.stdout)
    return found["score"], found["signature"]


@pytest.mark.parametrize("references", [["ref.it"], ["ref.it", "ref2.it"]])
def test_plain_files_as_sacrebleu(files: Space, references: list[str]) -> None:
    answer = files(
        "score",
        "--hypotheses",
        *(f"{name}.it" for name in OUTPUTS),
        *(word for path in references for word in ("--reference", path)),
        *("--pair", "en-it", "--metric", "bleu", "--metric", "chrf", "--metric", "ter"),
        *("--format", "json"),
    )
    assert answer.code == 0, answer.err
    rows = {row["system"]: row["cells"] for row in answer.json["tables"][0]["rows"]}
    assert set(rows) == set(OUTPUTS)
    for output, metric in [("near", "bleu"), ("near", "ter"), ("gaps", "chrf"), ("short", "bleu")]:
        score, signature = sacrebleu(files, f"{output}.it", metric, *references)
        cell = rows[output][metric]
        assert cell["score"] == pytest.approx(score, abs=1e-9)
        # sacreBLEU writes its signature in the same fields.
        assert set(cell["signature"].split("|")) == set(signature.split("|"))
    assert not (files.root / "results").exists()


def test_the_systems_need_not_be_named_one_by_one(files: Space) -> None:
    """``--hypotheses a b c`` as a shell's glob gives it, and ``--hypotheses`` again."""
    arguments = ("--reference", "ref.it", "--pair", "en-it", "--metric", "chrf", "--format", "csv")
    one = files("score", "--hypotheses", "good.it", "near.it", *arguments)
    two = files("score", "--hypotheses", "good.it", "--hypotheses", "near.it", *arguments)
    assert one.code == two.code == 0
    rows = [[line.split(",")[:-6] for line in answer.out.splitlines()] for answer in (one, two)]
    assert rows[0] == rows[1]


def test_two_files_of_one_stem_are_named(files: Space) -> None:
    (files.root / "out.a").write_text((files.root / "good.it").read_text("utf-8"), "utf-8")
    (files.root / "out.b").write_text((files.root / "near.it").read_text("utf-8"), "utf-8")
    more = ("--reference", "ref.it", "--pair", "en-it", "--metric", "chrf", "--results", "kept")
    files("score", "--hypotheses", "out.a", "out.b", *more).refused(2, "NAME=FILE")
    answer = files(
        "score", "--hypotheses", "old=out.a", "new=out.b", *more, "--format", "json", "--name", "t"
    )
    assert {row["system"] for row in answer.json["tables"][0]["rows"]} == {"old", "new"}
    # The same spelling where systems are evaluated, with the same score.
    files.corpus()
    answer = files(
        *("evaluate", "--model", "old=hypotheses:out.a", "--model", "first=identity:"),
        *("--pair", "en-it", "--metric", "chrf", "--format", "json"),
    )
    assert {row["system"] for row in answer.json["tables"][0]["rows"]} == {"old", "first"}
    assert files("verify").code == 0


def test_a_file_with_a_sign_in_its_name_is_that_file(files: Space) -> None:
    (files.root / "a=b.it").write_text((files.root / "good.it").read_text("utf-8"), "utf-8")
    more = ("--reference", "ref.it", "--pair", "en-it", "--metric", "chrf", "--format", "json")
    answer = files("score", "--hypotheses", "a=b.it", *more)
    assert answer.json["tables"][0]["rows"][0]["system"] == "a=b"
    answer = files("score", "--hypotheses", "Système 1=good.it", *more)
    assert answer.json["tables"][0]["rows"][0]["system"] == "Système 1"
    files("score", "--hypotheses", "name=absent.it", *more[:-2]).refused(2, "file absent.it")
    files("score", "--hypotheses", "/no=absent.it", *more[:-2]).refused(2, "file /no=absent.it")
    files("evaluate", "--model", "a=" * 5000 + "identity:").refused(2, "unknown model")


def test_metrics_that_need_the_source(files: Space) -> None:
    arguments = ("score", "--hypotheses", "near.it", "--reference", "ref.it", "--pair", "en-it")
    by_default = files(*arguments, "--format", "json")
    assert by_default.code == 0
    assert "comet left out: no --source given" in by_default.err
    files(*arguments, "--comet-model", "x/y", "--metric", "comet").refused(2, "comet", "--source")
    with_source = files(*arguments, "--source", "src.en", "--metric", "chrf", "--format", "json")
    assert with_source.json["tables"][0]["rows"][0]["copied"] == 0
    copied = files("score", "--hypotheses", "other.it", *arguments[3:], "--source", "src.en",
                   "--metric", "chrf", "--format", "json")  # fmt: skip
    assert copied.json["tables"][0]["rows"][0]["copied"] == len(SENTENCES)


def test_the_tokenizer_follows_the_target_language(files: Space) -> None:
    files.file("out.zh", ["猫坐在垫子上。今天天气很好。"])
    files.file("ref.zh", ["猫坐在那张垫子上。今天天气很好。"])
    arguments = ("score", "--hypotheses", "out.zh", "--reference", "ref.zh", "--metric", "bleu",
                 "--format", "json")  # fmt: skip
    chinese = files(*arguments, "--pair", "en-zh").json["tables"][0]["rows"][0]["cells"]["bleu"]
    assert "|tok:zh|" in chinese["signature"]
    assert chinese["score"] > 0
    other = files(*arguments, "--pair", "en-zh", "--metric-option", "bleu.tokenize=13a")
    assert "|tok:13a|" in other.json["tables"][0]["rows"][0]["cells"]["bleu"]["signature"]


def test_on_a_corpus(files: Space) -> None:
    files.corpus()
    answer = files("score", "--hypotheses", "near.it", "gaps.it", "--corpus", "news",
                   "--metric", "bleu", "--metric", "chrf", "--format", "json")  # fmt: skip
    assert answer.code == 0
    rows = {row["system"]: row for row in answer.json["tables"][0]["rows"]}
    score, _ = sacrebleu(files, "gaps.it", "chrf", "ref.it")
    assert rows["gaps"]["cells"]["chrf"]["score"] == pytest.approx(score, abs=1e-9)
    assert rows["gaps"]["empty"] == 3
    assert rows["gaps"]["folder"].startswith("gaps-")
    stored = files("leaderboard", "--format", "json")
    assert stored.json["tables"] == answer.json["tables"]


def test_limited(files: Space) -> None:
    limited = files("score", "--hypotheses", "near.it", "--reference", "ref.it", "--pair", "en-it",
                    "--metric", "chrf", "--limit", "3", "--format", "json")  # fmt: skip
    table = limited.json["tables"][0]
    assert table["corpus"] == "ref@first3"
    for name in ("near", "ref"):
        lines = (files.root / f"{name}.it").read_text("utf-8").splitlines()[:3]
        files.file(f"{name}3.it", lines)
    score, _ = sacrebleu(files, "near3.it", "chrf", "ref3.it")
    assert table["rows"][0]["cells"]["chrf"]["score"] == pytest.approx(score, abs=1e-9)


def test_kept_where_results_says(files: Space) -> None:
    arguments = ("score", "--hypotheses", "near.it", "--reference", "ref.it", "--pair", "en-it",
                 "--metric", "chrf", "--results", "kept")  # fmt: skip
    assert files(*arguments).code == 0
    assert list((files.root / "kept/ref/en-it").glob("near-*/scores/chrf@*.json"))
    assert "near" in files("leaderboard", "kept").out


def test_by_id_in_any_order(files: Space) -> None:
    files.corpus()
    rows = [{"id": f"s{n}", "mt": text} for n, text in enumerate(OUTPUTS["near"], start=1)]
    files.file("shuffled.jsonl", [json.dumps(row) for row in [*rows[3:], *rows[:3]]])
    arguments = ("--corpus", "news", "--metric", "chrf", "--format", "json")
    shuffled = files("score", "--hypotheses", "shuffled.jsonl", *arguments)
    plain = files("score", "--hypotheses", "near.it", *arguments)
    scores = {row["system"]: row["cells"]["chrf"] for row in plain.json["tables"][0]["rows"]}
    scores |= {row["system"]: row["cells"]["chrf"] for row in shuffled.json["tables"][0]["rows"]}
    assert scores["shuffled"]["score"] == scores["near"]["score"]


def test_equal_sources_keep_their_own_hypotheses(space: Space) -> None:
    """A file's line belongs to its segment, though another segment has the same source."""
    rows = [{"id": str(n), "src": "Yes.", "ref": ref} for n, ref in enumerate(["Sì.", "Certo."])]
    space.corpus(rows=rows)
    space.file("out.txt", ["Sì.", "Certo."])
    assert (
        space("score", "--hypotheses", "out.txt", "--corpus", "news", "--metric", "chrf").code == 0
    )
    (output,) = (space.root / "results").glob("**/output.jsonl")
    texts = [json.loads(line)["mt"] for line in output.read_text("utf-8").splitlines()]
    assert texts == ["Sì.", "Certo."]


def test_names_of_metrics_mean_what_they_say(space: Space) -> None:
    space.corpus()
    models = ("evaluate", "--model", "identity", "--pair", "en-it", "--format", "csv")
    together = space(*models, "--metric", "BLEU,chrF")
    assert together.code == 0, together.err
    apart = space(*models, "--metric", "bleu", "--metric", "chrf")
    assert together.out == apart.out
    space(*models, "--metric", "bleu,blue").refused(2, "unknown metric: 'blue'")
