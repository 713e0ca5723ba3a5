"""The view of how far people agree with metrics, made by the command from kept judgements."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Open, until
from tests.support.workspace import Space

TEXTS = {"good": "Riferimento {} di tutti.", "third": "Riferimento {}.", "poor": "Altro {}."}
ERRORS = {"good": 0, "third": 2, "poor": 1}


@pytest.fixture
def judged(space: Space) -> Space:
    rows = [
        {"id": f"s{n}", "src": f"Source {n}.", "ref": f"Riferimento {n} di tutti."}
        for n in range(40)
    ]
    space.corpus(rows=rows)
    for name, text in TEXTS.items():
        space.file(f"{name}.txt", "".join(text.format(n) + "\n" for n in range(40)))
    models = [f"--model=hypotheses:{name}.txt" for name in TEXTS]
    assert space("evaluate", *models, "--metric", "chrf", "--pair", "en-it").code == 0
    lines = ["system\tdoc\tdoc_id\tseg_id\trater\tsource\ttarget\tcategory\tseverity"]
    for name, text in TEXTS.items():
        for n in range(40):
            for severity in ["Major", "Minor"][: ERRORS[name] if n % 3 else 1] or ["No-error"]:
                if name == "good" and n % 3:
                    severity = "No-error"
                cells = (name, "d", "1", f"s{n}", "r", f"Source {n}.", text.format(n), "Style")
                lines.append("\t".join((*cells, severity)))
    space.file("mqm.tsv", "\n".join(lines) + "\n")
    assert space("human", "import", "mqm.tsv", "--name", "spring").code == 0
    assert space("report", "results", "-o", "page").code == 0
    return space


def test_people_have_a_view_of_their_own(judged: Space, open_page: Open) -> None:
    page = open_page(judged.root / "page", "#/people")
    until(page, "!document.querySelector('#view-people').hidden")
    view = page.locator("#view-people")
    said = view.inner_text()
    assert "spring" in said and "3 systems, 40 of 40 segments judged" in said
    assert "chrf: corpus score, whole set" in said and "(output length)" in said
    assert "Precision against recall" in (
        view.locator("svg").first.get_attribute("aria-label") or ""
    )
    curve = view.locator("polyline.line0")
    assert curve.evaluate("node => getComputedStyle(node).fill") == "none"
    assert len((curve.get_attribute("points") or "").split()) > 1
    page.keyboard.press("6")
    until(page, "!document.querySelector('#view-provenance').hidden")
    page.keyboard.press("5")
    until(page, "!document.querySelector('#view-people').hidden")


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_cut_in_the_view_of_people(judged: Space, open_page: Open, width: int) -> None:
    page = open_page(judged.root / "page", "#/people", width=width)
    until(page, "!document.querySelector('#view-people').hidden")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = "node => node.scrollWidth > node.clientWidth && !node.closest('.scroll')"
    assert not [
        one
        for one in page.locator("#view-people :is(p, li, h3, figcaption, figure)").all()
        if one.evaluate(wide)
    ]


def test_without_judgements_there_is_no_such_view(space: Space, open_page: Open) -> None:
    space.corpus()
    assert space("evaluate", "--model", "identity", "--metric", "chrf").code == 0
    assert space("report", "results", "-o", "page").code == 0
    page = open_page(Path(space.root / "page"), "#/people")
    assert page.locator("#view-people").count() == 0
    until(page, "!document.querySelector('#view-leaderboard').hidden")
    page.keyboard.press("5")
    until(page, "!document.querySelector('#view-provenance').hidden")
