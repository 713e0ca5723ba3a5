"""A comparison as table, Markdown, JSON and CSV; text from files is not trusted."""

from __future__ import annotations

import csv
import io
import json

import pytest

from mtbench.boards.comparison import compare
from mtbench.report.comparison_text import COLUMNS, render_comparison, signed
from mtbench.types.findings import Agreement, LeaderboardDiff
from tests.support.boards import INFOS, answering, row, side

NASTY = "@team|<img src=x>[l](http://x) *b* &lt;"


@pytest.fixture
def found() -> LeaderboardDiff:
    old = side(
        "old.csv", row("a", comet=0.80, chrf=60.0), row(NASTY, comet=0.7), row("=gone", comet=1)
    )
    new = side("new.csv", row("a", comet=0.85, chrf=61.0), row(NASTY, comet=0.6))
    shifts = {("a", "comet"): 0.1, (NASTY, "comet"): -0.1}
    return compare(old, new, infos=INFOS, tester=answering(shifts))


def test_the_table(found: LeaderboardDiff) -> None:
    text = render_comparison(found, "table")
    assert text.startswith("old.csv → new.csv: worse by comet (1 worse, 1 better, 1 missing)")
    lines = {line.split()[2]: line for line in text.splitlines() if "→de " in line}
    assert "0.8000 → 0.8500" in lines["a"] and lines["a"].endswith("better")
    assert "+0.0500 [+0.0" in lines["a"]
    assert lines["=gone"].endswith("missing") and "1.0000 → –" in lines["=gone"]
    assert "chrf" not in text
    assert "Approximate randomization, two-sided, seed 0, α = 0.05, Holm over 2 rows" in text
    assert "chrf" in render_comparison(found, "table", verbose=True)


def test_a_difference_that_rounds_to_nothing_has_no_sign_below_it() -> None:
    assert signed(-0.0000004, 2) == signed(0.0, 2) == "+0.00"
    assert (signed(-0.006, 2), signed(0.014, 2)) == ("-0.01", "+0.01")


def test_markdown_for_a_pull_request(found: LeaderboardDiff) -> None:
    text = render_comparison(found, "md")
    table = [line for line in text.splitlines() if line.startswith("| news")]
    # What is worse comes first.
    assert table[0].endswith("🔴 worse |") and "missing" in table[1]
    assert table[2].endswith("🟢 better |")
    assert "<details>" in text and "| chrf |" in text.split("<details>")[1]
    # No markup, no mention, no link, no entity from a system's name; as many cells as columns.
    assert r"@​team\|\<img src=x\>\[l\](http:​//x) \*b\* \&lt;" in table[0]
    for line in table:
        assert line.replace(r"\|", "").count("|") == 9


def test_many_rows_fit_into_a_comment() -> None:
    names = [f"system-with-a-rather-long-name-{i:04}" for i in range(400)]
    old, new = (side(n, *(row(s, comet=0.8) for s in names)) for n in ("old", "new"))
    text = render_comparison(compare(old, new, infos=INFOS, tester=answering({})), "md")
    assert len(text) < 65_536 and "and 250 more rows" in text


def test_json_is_one_document(found: LeaderboardDiff) -> None:
    text = render_comparison(found, "json")
    assert LeaderboardDiff.model_validate_json(text) == found
    assert json.loads(text)["rows"][-1]["metrics"][0]["test"]["sides"] == 2


def test_csv_runs_no_formula(found: LeaderboardDiff) -> None:
    text = render_comparison(found, "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert text.splitlines()[0] == ",".join(COLUMNS)
    by_system = {(r["system"], r["metric"]): r for r in rows}
    assert ("'=gone", "comet") in by_system and (f"'{NASTY}", "comet") in by_system
    a = by_system[("a", "comet")]
    assert (a["status"], a["verdict"], a["deciding"]) == ("both", "better", "yes")
    assert (a["old"], a["new"], a["delta"]) == ("0.800000", "0.850000", "0.050000")
    assert float(a["p_adjusted"]) <= 0.05 and a["unit"] == "segment" and a["units"] == "100"
    assert int(a["wins"]) + int(a["losses"]) + int(a["ties"]) == 100
    assert by_system[("a", "chrf")]["reason"] == "no statistics at hand"


def test_doubtful_differences_and_reasons_are_marked(found: LeaderboardDiff) -> None:
    last = next(r for r in found.rows if r.system == "a")
    entry = last.metrics[0].model_copy(update={"agreement": Agreement(percent=55.0, doubtful=True)})
    marked = found.model_copy(update={"rows": (last.model_copy(update={"metrics": (entry,)}),)})
    text = render_comparison(marked, "table")
    assert "†: significant, but humans would agree" in text and "better†" in text
    assert "humans prefer the same system in about 55 % of system pairs" in text
    assert "🟢 better†" in render_comparison(marked, "md")


def test_an_undecided_row_says_what_could_have_been_found() -> None:
    old, new = (side(n, row("a", comet=0.8)) for n in ("old", "new"))
    shifts = {("a", "comet"): 0.0}
    found = compare(old, new, infos=INFOS, tester=answering(shifts))
    (test,) = (entry.test for entry in found.rows[0].metrics)
    assert test is not None and test.detectable == pytest.approx(2.8 * test.standard_error)
    said = f"such a test finds a difference of {test.detectable:.4f} comet in 80 % of cases"
    assert said in render_comparison(found, "table")
    few = compare(old, new, infos=INFOS, tester=answering(shifts, segments=29))
    assert "80 % of cases" not in render_comparison(few, "table")


def test_untested_rows_say_why() -> None:
    old, new = (side(n, row("a", comet=0.8), row("b", comet=0.9)) for n in ("old", "new"))
    text = render_comparison(compare(old, new, infos=INFOS, tester=answering({})), "table")
    assert "No test of 2 rows: no statistics at hand." in text
    assert "undecided by comet (2 undecided)" in text
    old, new = (side(n, row("a", comet=0.8)) for n in ("old", "new"))
    text = render_comparison(compare(old, new, infos=INFOS, tester=answering({})), "table")
    assert f"No test of a on {old.rows[0].corpus}/en-" in text


def test_a_terminal_is_not_steered() -> None:
    old, new = (side(n, row("a\x1b[2Jb", comet=0.8)) for n in ("old", "new"))
    text = render_comparison(compare(old, new, infos=INFOS, tester=answering({})), "table")
    assert "\x1b" not in text and "a\ufffd[2Jb" in text
