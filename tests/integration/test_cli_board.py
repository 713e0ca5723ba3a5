"""The leaderboard: its CSV to the letter, the other formats, and names made to break them."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from pathlib import Path

import pytest

from mtbench import __version__
from tests.support.workspace import SENTENCES, Space, sentences

LEADING = [
    "corpus", "src", "tgt", "system", "segments", "rank", "rank_low", "rank_high", "cluster",
]  # fmt: skip
TRAILING = [
    "failures", "off_target", "empty", "copied", "length_ratio", "seconds_per_segment",
    "rank_metric", "testset_digest", "output_digest", "mtbench_version", "notes",
]  # fmt: skip
NASTY = (
    "=cmd|' -C calc'!A0",
    "+1-800",
    "@SUM(A1:A9)",
    "-2+3",
    'a,b;c"d',
    "50% off & more_of $it #1 ~x^y {z} back\\slash",
    "*bold* _it_ `code` <b>html<b> | pipe [link](x.y) &lt;",
    "système Ünïcode 系统",
    "name with  two spaces ",
)


def of_metric(name: str) -> list[str]:
    return [name, f"{name}_ci_low", f"{name}_ci_high", f"{name}_signature"]


def table(space: Space) -> list[dict[str, str]]:
    text = (space.root / "results/leaderboard.csv").read_bytes().decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def three(space: Space) -> Space:
    """Three systems and a baseline on two pairs."""
    space.corpus("news", "en-it")
    space.corpus("news", "en-de", rows=sentences(4))
    references = [reference for _, reference in SENTENCES]
    for name, change in (("good", ""), ("fair", " ma"), ("poor", " ma non troppo, davvero")):
        space.file(f"{name}/en-it.txt", [text + change for text in references])
        space.file(f"{name}/en-de.txt", [text + change for text in references[:4]])
    return space


SYSTEMS = ("hypotheses:good", "hypotheses:fair", "hypotheses:poor", "identity")
MODELS = tuple(word for system in SYSTEMS for word in ("--model", system))
IDENTITY = ("evaluate", "--model", "identity", "--metric", "bleu")
THREE = ("evaluate", *MODELS, "--metric", "bleu", "--metric", "chrf")


def test_the_columns_are_the_contract(three: Space) -> None:
    assert three(*THREE, "--metric", "ter", "--metric", "chrf++").code == 0
    raw = (three.root / "results/leaderboard.csv").read_bytes()
    assert raw.endswith(b"\r\n")
    assert raw.count(b"\r\n") == raw.count(b"\n") == 9
    assert not raw.startswith(b"\xef\xbb\xbf")
    header = raw.decode("utf-8").split("\r\n")[0].split(",")
    metrics = ("bleu", "chrf", "chrf++", "ter", "comet")
    assert header == LEADING + [c for m in metrics for c in of_metric(m)] + TRAILING


def test_the_rows_are_sorted_and_full(three: Space) -> None:
    assert three(*THREE).code == 0
    rows = table(three)
    keys = [(row["corpus"], row["src"], row["tgt"], row["system"]) for row in rows]
    assert keys == sorted(keys)
    assert [key[1:] for key in keys] == [
        ("en", target, system)
        for target in ("de", "it")
        for system in ("fair", "good", "identity", "poor")
    ]
    for row in rows:
        assert row["segments"] == ("8" if row["tgt"] == "it" else "4")
        assert row["mtbench_version"] == __version__
        assert re.fullmatch(r"\d*", row["off_target"])
        assert row["comet"] == row["comet_ci_low"] == row["comet_signature"] == ""
        for column in ("bleu", "bleu_ci_low", "bleu_ci_high", "chrf", "length_ratio"):
            assert re.fullmatch(r"\d+\.\d{6}", row[column]), (column, row[column])
        for column in ("testset_digest", "output_digest"):
            assert re.fullmatch(r"[0-9a-f]{64}", row[column])
        for column in ("failures", "empty", "copied"):
            assert re.fullmatch(r"\d+", row[column])
        assert float(row["bleu_ci_low"]) <= float(row["bleu"]) <= float(row["bleu_ci_high"])
    by_name = {row["system"]: row for row in rows if row["tgt"] == "it"}
    assert by_name["identity"]["copied"] == "8"
    assert by_name["identity"]["rank"] == ""  # a baseline stands outside
    assert by_name["good"]["length_ratio"] == "1.000000"
    assert by_name["good"]["chrf"] == "100.000000"


def test_json_is_the_same_leaderboard(three: Space) -> None:
    answer = three(*THREE, "--format", "json")
    board = answer.json
    cells = {
        (t["corpus"], t["pair"]["source"], t["pair"]["target"], row["system"]): row
        for t in board["tables"]
        for row in t["rows"]
    }
    rows = table(three)
    assert len(rows) == len(cells)
    for row in rows:
        same = cells[row["corpus"], row["src"], row["tgt"], row["system"]]
        assert f"{same['cells']['chrf']['score']:.6f}" == row["chrf"]
        assert same["cells"]["chrf"]["signature"] == row["chrf_signature"]
        assert str(same["rank"] or "") == row["rank"]
        assert same["output_digest"] == row["output_digest"]
        assert same["cells"]["comet"]["reason"] == "not scored"


@pytest.mark.parametrize("style", ["table", "csv", "json", "md", "latex"])
def test_stored_results_give_the_same_table(three: Space, style: str) -> None:
    first = three(*THREE, "--format", style)
    again = three("leaderboard", "--format", style)
    assert first.code == again.code == 0
    assert first.out == again.out
    assert again.err == ""
    if style == "csv":
        assert again.out.encode() == (three.root / "results/leaderboard.csv").read_bytes()


def test_parts_of_the_table(three: Space) -> None:
    assert three(*THREE).code == 0
    german = three("leaderboard", "--pair", "en-de", "--format", "csv").out.splitlines()
    assert len(german) == 5
    assert all(line.startswith("news,en,de,") for line in german[1:])
    three("leaderboard", "--pair", "en-fr").refused(2, "unknown pair: 'en-fr'", "en-it")
    three("leaderboard", "--corpus", "newz").refused(2, "unknown corpus: 'newz'", "'news'")
    assert three("leaderboard", "results", "--corpus", "news").code == 0


def test_another_primary_metric(three: Space) -> None:
    assert three(*THREE).code == 0
    by_default = three("leaderboard", "--format", "json").json["tables"]
    by_bleu = three("leaderboard", "--sort", "bleu", "--format", "json").json["tables"]
    by_chrf = three("leaderboard", "--sort", "chrf", "--format", "json").json["tables"]
    assert {t["rank_metric"] for t in by_default} == {"bleu"}, "the first one named in evaluate"
    assert {t["rank_metric"] for t in by_bleu} == {"bleu"}
    assert {t["rank_metric"] for t in by_chrf} == {"chrf"}
    assert [row["system"] for row in by_chrf[1]["rows"]] == ["good", "fair", "poor", "identity"]


def test_the_metric_that_ranks(three: Space) -> None:
    """``--sort``, else the first one asked for by name, else the default; kept in the CSV."""
    call = ["evaluate", "--model", "hypotheses:good", "--model", "hypotheses:poor"]
    call += ["--pair", "en-it"]

    def ranked(*more: str) -> str:
        answer = three(*call, *more, "--format", "json")
        assert answer.code == 0, answer
        (table,) = answer.json["tables"]
        return str(table["rank_metric"])

    assert ranked("--metric", "bleu") == "bleu"
    assert ranked("--metric", "ter", "--metric", "bleu") == "ter"
    assert ranked("--metric", "ter", "--metric", "bleu", "--sort", "bleu") == "bleu"
    assert {row["rank_metric"] for row in table(three)} == {"bleu"}
    assert ranked("--metric", "health", "--metric", "bleu") == "bleu", "health is no quality"
    three("leaderboard", "--sort", "health").refused(2, "does not measure quality")
    assert ranked() == "chrf", "nobody named one"
    three(*call, "--metric", "bleu", "--sort", "chrf").refused(2, "--sort chrf", "--metric chrf")
    three(*call, "--sort", "chfr").refused(2, "chfr", "'chrf'")


def test_a_primary_metric_that_nobody_was_scored_by(three: Space) -> None:
    assert three(*THREE, "--pair", "en-de").code == 0
    three("leaderboard", "--sort", "ter").refused(2, "'ter'", "bleu, chrf")


def test_nobody_is_ranked_where_the_set_cannot_tell(three: Space) -> None:
    answer = three(*THREE, "--pair", "en-de", "--format", "json")
    (small,) = answer.json["tables"]
    assert all(row["rank"] is None for row in small["rows"])
    assert "4" in small["verdict"]
    shown = three(*THREE, "--pair", "en-de")
    assert "unreliable" in shown.out
    assert "smoke test" in shown.out


def test_scores_from_before_and_after_a_corrected_reference_never_stand_together(
    three: Space,
) -> None:
    assert three(*THREE, "--pair", "en-it").code == 0
    rows = sentences()
    rows[0]["ref"] = "Il gatto stava sul tappeto."
    three.corpus("news", "en-it", rows=rows)
    only = ("--pair", "en-it", "--model", "hypotheses:good", "--metric", "chrf")
    answer = three("evaluate", *only, "--format", "json")
    (board,) = answer.json["tables"]
    shown = {row["system"]: row["cells"] for row in board["rows"]}
    assert [name for name, cells in shown.items() if cells["chrf"]["score"] is not None] == ["good"]
    assert all(cells["bleu"]["score"] is None for cells in shown.values())
    assert all("another state" in cells["bleu"]["reason"] for cells in shown.values())
    assert len(board["excluded"]) == 7
    again = three("leaderboard", "--format", "json")
    assert again.json["tables"][0]["rows"] == board["rows"]
    assert "left out (-v names them)" in three("leaderboard").out


def test_how_often_humans_would_agree_stands_with_every_test(space: Space) -> None:
    """By BLEU for systems of one lineage only, and only where they differ significantly."""
    space.corpus("news", "en-it", rows=sentences(document=None))
    references = [reference for _, reference in SENTENCES]
    for name, change in (("good", ""), ("fair", " ma"), ("other", " ma non troppo, davvero")):
        space.file(f"{name}.txt", [text + change for text in references])
        lineage = "" if name == "other" else 'lineage = "ours"'
        space.card(
            name,
            f"""backend = "hypotheses"\npairs = ["en-it"]\n{lineage}
[options]\npath = "{space.root / name}.txt"\n""",
        )
    models = ("--model", "good", "--model", "fair", "--model", "other")
    assert space("evaluate", *models, "--metric", "bleu", "--metric", "chrf").code == 0
    (board,) = space("leaderboard", "--sort", "bleu", "--format", "json").json["tables"]
    found = {frozenset((t["a"], t["b"])): t for t in board["tests"]}
    alike = found[frozenset(("good", "fair"))]
    assert alike["p_adjusted"] <= 0.05
    expected = 88.33333333333225 / (1 + math.exp(-0.9663926931178954 * abs(alike["delta"])))
    assert alike["agreement"]["percent"] == pytest.approx(expected)
    assert "one lineage" in found[frozenset(("good", "other"))]["agreement"]["reason"]
    (board,) = space("leaderboard", "--sort", "chrf", "--format", "json").json["tables"]
    assert {t["agreement"]["percent"] is None for t in board["tests"]} == {True, False}


def test_only_the_test_sets_of_the_call_are_printed(three: Space) -> None:
    assert three(*THREE, "--pair", "en-it").code == 0
    answer = three(*THREE, "--pair", "en-de", "--format", "csv")
    assert {row["tgt"] for row in csv.DictReader(io.StringIO(answer.out))} == {"de"}
    assert {row["tgt"] for row in table(three)} == {"de", "it"}


# --- names made to break a format -----------------------------------------------------------


@pytest.fixture
def nasty(space: Space) -> Space:
    """System names come from the names of files, and a user may call a file anything."""
    space.corpus("a_b+c@d.e-f")
    for name in NASTY:
        space.file(f"out/{name}.txt", [reference for _, reference in SENTENCES])
    return space


def scored(space: Space, style: str) -> str:
    files = [str(path) for path in sorted((space.root / "out").iterdir())]
    corpus = ("--corpus", "a_b+c@d.e-f", "--metric", "chrf", "--format", style)
    answer = space("score", "--hypotheses", *files, *corpus)
    assert answer.code == 0, answer.err
    return answer.out


def names() -> set[str]:
    return {name.strip() for name in NASTY}


def test_nasty_names_in_csv(nasty: Space) -> None:
    out = scored(nasty, "csv")
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    found = {row["system"] for row in rows}
    for cell in found:
        assert cell[0] not in "=+-@\t\r"
    assert {cell.removeprefix("'") for cell in found} == names()
    assert len(rows) == len(NASTY)


def test_nasty_names_in_json(nasty: Space) -> None:
    board = json.loads(scored(nasty, "json"))
    assert {row["system"] for row in board["tables"][0]["rows"]} == names()
    for row in board["tables"][0]["rows"]:
        assert re.fullmatch(r"[A-Za-z0-9._+@-]+-[0-9a-f]{8}", row["folder"])
        assert (nasty.root / "results/a_b+c@d.e-f/en-it" / row["folder"]).is_dir()


def test_nasty_names_in_a_table(nasty: Space) -> None:
    out = scored(nasty, "table")
    for name in names():
        assert any(name in line for line in out.splitlines())


def test_nasty_names_in_markdown(nasty: Space) -> None:
    lines = [line for line in scored(nasty, "md").splitlines() if line.startswith("|")]
    cells = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines]
    assert len({len(row) for row in cells}) == 1
    assert len(lines) == 2 + len(NASTY)
    found = {re.sub(r"\\(.)", r"\1", row[1].strip()) for row in cells[2:]}
    assert found == {" ".join(name.split()) for name in NASTY}
    text = "\n".join(lines)
    assert "<b>" not in text
    assert "[link](" not in text
    assert not re.search(r"(?<!\\)\*bold", text)
    assert not re.search(r"(?<!\\)&lt;", text)


def test_nasty_names_in_latex(nasty: Space) -> None:
    out = scored(nasty, "latex")
    (row,) = [line for line in out.splitlines() if "50" in line and "off" in line]
    assert r"50\% off \& more\_of \$it \#1" in row
    assert r"back\textbackslash{}slash" in row
    for line in out.splitlines():
        if not line.startswith(r"    ") or line.lstrip().startswith("\\"):
            continue
        assert re.search(r"(?<!\\)%", line) is None
        columns = 3 if "footnotesize" in line else 2  # the heading's last one spans two
        assert line.count("&") - line.count(r"\&") == columns
    assert out.count("{") == out.count("}")
    assert out.count(r"\begin{") == out.count(r"\end{")


def test_a_name_no_folder_can_have(space: Space) -> None:
    """A file's name that has nothing plain in it still gets a folder."""
    space.corpus()
    space.file("out/系统.txt", [reference for _, reference in SENTENCES])
    space.file("out/....txt", [reference for _, reference in SENTENCES])
    for name in ("系统", "..."):
        answer = space("score", "--hypotheses", f"out/{name}.txt", "--corpus", "news", "--metric",
                       "chrf", "--format", "json")  # fmt: skip
        assert answer.code == 0, answer.err
        assert name in {row["system"] for row in answer.json["tables"][0]["rows"]}
    assert space("verify").code == 0


def test_a_name_that_is_not_utf8(space: Space) -> None:
    space.corpus()
    path = Path(space.root) / b"caf\xe9.txt".decode("utf-8", "surrogateescape")
    path.write_text("x\n", "utf-8")
    space("score", "--hypotheses", path, "--corpus", "news").refused(2, "not UTF-8", "rename")


def test_two_of_one_name_in_one_table(space: Space) -> None:
    """A card and an inline model of one name, from two calls, are told apart by their folders."""
    space.corpus()
    space.file("one/out.txt", [reference for _, reference in SENTENCES])
    space.file("two/out.txt", [source for source, _ in SENTENCES])
    for folder in ("one", "two"):
        answer = space("score", "--hypotheses", f"{folder}/out.txt", "--corpus", "news",
                       "--metric", "chrf", "--format", "json")  # fmt: skip
        assert answer.code == 0
    systems = [row["system"] for row in answer.json["tables"][0]["rows"]]
    assert len(set(systems)) == 2
    assert all(re.fullmatch(r"out-[0-9a-f]{8}", name) for name in systems)


# --- the other verbs ------------------------------------------------------------------------


def test_translate_alone(space: Space) -> None:
    space.corpus()
    answer = space("translate", "--model", "identity", "--format", "json")
    (run,) = answer.json
    assert run["output"] == "results/news/en-it/identity/output.jsonl"
    assert run["segments"] == len(SENTENCES)
    assert not (space.root / "results/leaderboard.csv").exists()
    plain = space("translate", "--model", "identity")
    assert plain.out == "results/news/en-it/identity/output.jsonl\t8 segments\t0 failures\n"


def test_models(space: Space) -> None:
    space.corpus()
    space.card("slow", 'backend = "slow"\npairs = ["en-it"]\nlicence = "MIT"\n')
    listed = {card["name"]: card for card in space("models", "list", "--format", "json").json}
    assert listed["slow"]["licence"] == "MIT"
    assert listed["identity"]["baseline"]
    assert "slow" in space("models", "list").out
    shown = space("models", "show", "slow", "--format", "json").json
    assert shown["options"]["batching"] == "free"
    (checked,) = space("models", "check", "slow", "--format", "json").json
    assert checked["pair"] == "en-it"
    assert checked["repeatable"]
    assert (checked["deterministic"], checked["order_free"]) == (True, True)
    assert checked["characters_per_second"] > 0
    assert space("models", "check", "slow", "--contract", "--pair", "en-it").code == 0
    space("models", "check", "slow", "--pair", "en-de").refused(2, "slow does not serve en-de")


def test_a_broken_card_does_not_hide_the_others(space: Space) -> None:
    space.card("broken", 'backend = "identitee"\n')
    listed = {card["name"]: card for card in space("models", "list", "--format", "json").json}
    assert "unknown back end: 'identitee'" in listed["broken"]["error"]
    assert listed["identity"]["error"] is None
    assert listed["identity"]["backend"] == "identity"
    assert "models/broken.toml: unknown back end" in space("models", "list").out
    space("models", "show", "broken").refused(2, "models/broken.toml")


def test_a_failure_is_no_empty_translation(space: Space) -> None:
    space.corpus()
    rows = [{"id": f"s{n}", "mt": "testo"} for n in range(1, 9)]
    rows[1] = {"id": "s2", "failure": "refused"}
    rows[2]["mt"] = " "
    space.file("out.jsonl", [json.dumps(row) for row in rows])
    out = ("evaluate", "--model", "hypotheses:out.jsonl", "--metric", "chrf")
    assert space(*out).code == 4
    assert (table(space)[0]["failures"], table(space)[0]["empty"]) == ("1", "1")
    answer = space(*out, "--allow-partial")
    assert answer.code == 0
    assert "1 failed, 1 empty" in answer.out
    assert space("verify").code == 0


def test_check_of_a_system_that_names_no_pair(space: Space) -> None:
    """It is tried in a direction that a corpus here has."""
    (checked,) = space("models", "check", "identity", "--format", "json").json
    assert checked["pair"] in ("en-de", "de-en")
    space.corpus("news", "fr-it")
    (checked,) = space("models", "check", "identity", "--format", "json").json
    assert (checked["pair"], checked["translation"]) == ("fr-it", "Ceci est une courte phrase.")
    space.file("out.txt", ["a"])
    space("models", "check", "hypotheses:out.txt").refused(2, "nothing to load")


def test_all_references_unless_one_is_asked_for(space: Space) -> None:
    """A score on one of several references does not take the place of the score on all."""
    rows = [{**row, "ref": [row["ref"], row["ref"] + " davvero"]} for row in sentences()]
    space.corpus(rows=rows)
    space.file("out.txt", [reference + " davvero" for _, reference in SENTENCES])
    out = ("evaluate", "--model", "hypotheses:out.txt", "--metric", "bleu")
    assert space(*out).code == 0
    assert table(space)[0]["bleu"] == "100.000000"
    assert space(*out, "--reference", "A").code == 0
    assert float(table(space)[0]["bleu"]) < 100
    assert "nrefs:2" in space("leaderboard", "-v").out
    space.corpus("other")
    assert space(*IDENTITY, "--corpus", "other").code == 0
    assert table(space)[0]["bleu"] == "100.000000"


def test_metrics(space: Space) -> None:
    found = {row["name"]: row for row in space("metrics", "list", "--format", "json").json}
    assert {"bleu", "chrf", "chrf++", "comet", "semsim", "spbleu", "ter"} <= set(found)
    assert found["bleu"]["signature"].startswith("nrefs:1|")
    assert not found["ter"]["higher_is_better"]
    assert "signature for en-de" in space("metrics", "list").out


def test_quiet_and_verbose(space: Space) -> None:
    space.corpus()
    command = ("evaluate", "--model", "identity")
    assert space(*command, "-q").err == ""
    assert "comet is left out" in space(*command).err
    assert "nrefs:1|" not in space(*command).out
    assert "nrefs:1|" in space(*command, "-v").out


def test_a_footnote_is_about_what_the_table_shows(space: Space) -> None:
    """Every form with intervals says how reliable they are."""
    space.corpus()
    for style in ("table", "md", "latex"):
        assert "?: intervals" in space(*IDENTITY, "--format", style).out


def test_doctor_says_why_a_system_serves_nothing(space: Space) -> None:
    space.corpus("news", "en-it")
    space.card("elsewhere", 'backend = "identity"\npairs = ["fr-de"]\n')
    systems = {one["name"]: one for one in space("doctor", "--format", "json").json["systems"]}
    assert systems["identity"]["pairs"] == ["en-it"]
    assert systems["identity"]["why_not"] is None
    assert systems["elsewhere"]["pairs"] == []
    assert systems["elsewhere"]["why_not"] == "no corpus here has one of its pairs"


def test_latex_can_be_referred_to_and_shows_the_best_in_bold(space: Space) -> None:
    space.corpus()
    for name, change in (("good", str), ("poor", str.upper)):
        space.file(f"{name}.txt", [change(reference) for _, reference in SENTENCES])
    models = [f"--model=hypotheses:{name}.txt" for name in ("good", "poor")]
    table = space(
        "evaluate", *models, "--corpus", "news", "--metric", "chrf,bleu", "--format", "latex"
    ).out
    assert r"\label{tab:news-en-it}" in table
    good, poor = (
        line for line in table.splitlines() if " & good & " in line or " & poor & " in line
    )
    assert good.count(r"\textbf{") == 2 and r"\textbf{" not in poor
    assert good.count(r"{\footnotesize {[") == 2 and "Brackets: 95 \\% intervals" in table
