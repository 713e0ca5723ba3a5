"""What metrics, judges and people marked in a translation, drawn in the report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.browser.conftest import Open, until, write
from tests.support.report_content import content

TEXT = "Der 😀 Hund <b>schläft</b> nicht."


def test_marked_errors_stand_in_the_text(tmp_path: Path, open_page: Open) -> None:
    whole = content(segments=3)
    (one,) = whole.sets
    start = TEXT.index("Hund")
    spans: list[dict[str, Any]] = [
        {"severity": "major", "category": "accuracy", "text": "Hund", "start": start,
         "end": start + 4},
        {"severity": "MINOR", "text": "Hund <b>", "start": start, "end": start + 8, "rater": "r1"},
    ]  # fmt: skip
    annotations: dict[str, dict[str, dict[int, Any]]] = {
        "chrf": {"alpha": {0: {"error_spans": spans, "reasons": ["It is <i>a cat</i>."],
                               "unlocated": [{"severity": "minor", "text": "omitted"}]}}},
        "bleu": {"alpha": {0: {"numbers": ["'12' lost"], "hot_keys": ["'_O' lost"]}}},
        "ter": {"alpha": {0: {"deep": {"a": 1}}}},
        "human": {"beta": {0: {"error_spans": [], "unlocated": []}}},
    }  # fmt: skip
    hypotheses = {name: (TEXT, *texts[1:]) for name, texts in one.hypotheses.items()}
    shown = replace(one, annotations=annotations, hypotheses=hypotheses)
    folder = write(replace(whole, sets=[shown]), tmp_path)
    page = open_page(folder, "#segments?id=s0&against=none")
    until(page, "document.querySelector('#detail h3')?.textContent === 's0'")
    alpha = page.locator(".hypothesis[aria-label=alpha]")
    marks = alpha.locator("mark")
    assert [mark.evaluate("node => node.firstChild.textContent") for mark in marks.all()] == [
        "Hund", " <b>",
    ]  # fmt: skip
    assert [mark.get_attribute("class") for mark in marks.all()] == ["major", "minor"]
    assert marks.first.get_attribute("title") == "major · accuracy; minor · by r1"
    assert "chrF marks 2 errors: Der 😀 Hund" in alpha.locator(".marks").inner_text()
    said = alpha.inner_text()
    assert "Not placed in it: minor omitted" in said
    assert "Why: It is <i>a cat</i>." in said
    assert "BLEU: numbers: '12' lost · hot keys: '_O' lost" in said
    assert alpha.locator("details summary").all_inner_texts() == ["TER says"]
    beta = page.locator(".hypothesis[aria-label=beta]")
    assert "Human marks no error" in beta.inner_text()
