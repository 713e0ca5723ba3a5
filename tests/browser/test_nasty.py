"""No text can run, ask for something, or break the page, wherever it comes in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtbench.cli.main import run
from tests.browser.conftest import Open, drawn, write
from tests.support.nasty import NASTY
from tests.support.report_content import content

VIEWS = ("leaderboard", "plots", "segments", "compare", "provenance")
NAMES = tuple(text[:300] for text in NASTY)


@pytest.mark.parametrize("width", [360, 1440])
def test_nasty_names_texts_notes_and_domains(open_page: Open, tmp_path: Path, width: int) -> None:
    systems = NAMES[:12] + NAMES[-8:-6]
    made = content(
        segments=len(NASTY) * 2, systems=systems, texts=NASTY, title=NASTY[0],
        notes=" ".join(NAMES), corpus=NASTY[2], metrics=("chrf", "ter"),
    )  # fmt: skip
    page = open_page(write(made, tmp_path / "nasty"), width=width)
    for view in VIEWS:
        page.evaluate("(view) => openView(view)", view)
        drawn(page, view)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, view
        assert page.locator(f"#view-{view}").is_visible()
    assert page.locator("h1").text_content() == NASTY[0]
    names = page.locator(".board tbody th.system").evaluate_all(
        "all => all.map(n => n.textContent)"
    )
    assert sorted(names) == sorted(systems)
    page.keyboard.press("3")
    page.wait_for_selector("#detail h3")
    for at, text in enumerate(NASTY):
        page.evaluate("(at) => select(at, true)", at)
        assert page.locator("#detail .content").first.text_content() == text
        assert (
            page.locator("#detail .content").nth(1).text_content() == NASTY[(at + 1) % len(NASTY)]
        )
    allowed = "SCRIPT STYLE IMG IFRAME BASE LINK OBJECT EMBED"
    inside = page.locator("main").evaluate(
        "(main, names) => names.split(' ').filter((n) => main.querySelector(n))", allowed
    )
    assert not inside


def test_nasty_strings_from_files_to_page(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    corpus = tmp_path / "corpora" / "nasty"
    corpus.mkdir(parents=True)
    texts = [text for text in NASTY if text.strip()]
    rows = [
        {"id": f"{at} {text[:80]}", "src": text, "ref": text[::-1], "doc": text, "domain": text}
        for at, text in enumerate(texts)
    ]
    (corpus / "en-pl.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    quoted = json.dumps(" ".join(texts[:12]))
    (corpus / "card.toml").write_text(f"title = {quoted}\nnotes = {quoted}\n", "utf-8")
    outputs = ["<img src=x onerror=window.pwned=1>.txt", "{{7*7}} 'quoted' & \u202eexe.txt"]
    for name in outputs:
        (tmp_path / name).write_text("".join(text + "\n" for text in texts), "utf-8")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "carded.toml").write_text(
        f'backend = "hypotheses"\nnotes = {quoted}\nlicence = {quoted}\nurl = {quoted}\n'
        f"[options]\npath = {json.dumps(outputs[0])}\n", "utf-8",
    )  # fmt: skip
    models = [part for name in outputs for part in ("--model", f"hypotheses:{name}")]
    done = run(["evaluate", *models, "--model", "carded", "--corpus", "nasty", "--metric", "chrf"])
    assert done == 0
    human = f"{NASTY[2].replace('/', ' ')}.jsonl"
    system = outputs[0].removesuffix(".txt")
    judged = [{"id": row["id"], "system": system, "score": 50, "by": NASTY[0]} for row in rows]
    Path(human).write_text("".join(json.dumps(one) + "\n" for one in judged), "utf-8")
    assert run(["report", "-o", "report", "--title", NASTY[1], "--human", human]) == 0
    page = open_page(tmp_path / "report", "#segments")
    page.wait_for_selector("#detail h3")
    for at, row in enumerate(rows):
        page.evaluate("(at) => select(at, true)", at)
        assert page.locator("#detail h3").text_content() == row["id"]
        assert page.locator("#detail .content").first.text_content() == row["src"]
    for view in VIEWS:
        page.evaluate("(view) => openView(view)", view)
        drawn(page, view)
