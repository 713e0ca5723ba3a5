"""Many systems, narrow screens, and files to take away."""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl  # type: ignore[import-untyped]
import pytest
import python_calamine

from tests.browser.conftest import Open, drawn, until, write
from tests.support.report_content import content

if TYPE_CHECKING:
    from playwright.sync_api import Page

SYSTEMS = tuple(f"campaign-2026-system-{at:02d}" for at in range(18))

# Texts that nobody can read: they reach out of what cuts them off, by more than a space.
CLIPPED = """() => {
  const found = [];
  for (const node of document.querySelectorAll('main *')) {
    const own = [...node.childNodes].filter((one) => one.nodeType === 3 && one.data.trim());
    if (!own.length || node.closest('[hidden], .hidden, svg, select, pre')) continue;
    if (node.closest('.snippet, .line')) continue;
    const range = document.createRange();
    range.selectNodeContents(own[0]);
    const box = range.getBoundingClientRect();
    if (!box.width || !node.checkVisibility()) continue;
    for (let up = node; up; up = up.parentElement) {
      const style = getComputedStyle(up), edge = up.getBoundingClientRect();
      if (style.overflowX === 'visible' && up !== document.documentElement) continue;
      const scrolls = ['auto', 'scroll'].includes(style.overflowX) && !up.matches('.scroll');
      if (!scrolls && box.right > edge.right + 6) found.push(own[0].data.trim().slice(0, 40));
      break;
    }
  }
  return found;
}"""

# Whether the middle of each mark of a legend is painted in a colour that is not the paper's.
MARKS = """() => [...document.querySelectorAll('.legend li')].map((item) => {
  const shape = item.querySelector('svg circle, svg path, svg g > *');
  const box = shape.getBoundingClientRect();
  const at = (name) => Number(shape.getAttribute(name) ?? 0);
  const painted = shape.isPointInFill(new DOMPoint(at('cx'), at('cy')));
  const kind = shape.tagName + (shape.getAttribute('d') ?? '');
  return [box.width > 5 && box.height > 5 && painted, getComputedStyle(shape).fill, kind];
})"""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eighteen systems of long names on sixty segments."""
    return write(content(systems=SYSTEMS), tmp_path_factory.mktemp("many"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_of_many_systems_has_a_mark_of_its_own(
    many: Path, open_page: Open, theme: str
) -> None:
    page = open_page(many, "#plots", color_scheme=theme)
    marks = page.evaluate(MARKS)
    assert len(marks) == len(SYSTEMS)
    assert all(seen for seen, _, _ in marks)
    assert len({(colour, shape) for _, colour, shape in marks}) == len(SYSTEMS)


def test_lines_of_many_systems_are_brought_forward(many: Path, open_page: Open) -> None:
    page = open_page(many, "#plots?metric=bleu")
    lines = (
        "[...document.querySelectorAll('#figures figure path[data-at]')]"
        ".filter((one) => getComputedStyle(one).fill === 'none')"
    )
    faint = page.evaluate(f"{lines}.map((one) => getComputedStyle(one).opacity)")
    assert (faint.count("1"), len(faint)) == (8, len(SYSTEMS))
    assert page.locator("#lithint").is_visible()
    page.locator(".legend li").nth(12).hover()
    lit = page.evaluate(f"{lines}.filter((one) => getComputedStyle(one).opacity === '1').length")
    assert lit == 1
    page.mouse.move(0, 0)
    until(page, f"{lines}.filter((one) => getComputedStyle(one).opacity === '1').length === 8")


def test_a_matrix_of_many_systems_is_squares(many: Path, open_page: Open) -> None:
    page = open_page(many, "#plots")
    cells = page.locator("[aria-label='Significance of all pairs'] rect")
    assert cells.count() == len(SYSTEMS) * (len(SYSTEMS) - 1)
    box = cells.first.bounding_box()
    assert box is not None and box["width"] >= 12


@pytest.mark.parametrize("view", ["leaderboard", "plots", "segments", "compare", "provenance"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_text_is_cut_off(many: Path, open_page: Open, view: str, width: int) -> None:
    page = open_page(many, f"#{view}", width=width)
    drawn(page, view)
    page.evaluate("document.querySelectorAll('.board details').forEach((one) => one.open = true)")
    assert page.evaluate(CLIPPED) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


# Words of a picture that reach out of it, by more than a pixel.
OUTSIDE = """() => [...document.querySelectorAll('main svg text')].filter((text) => {
  const inner = text.getBoundingClientRect(), outer = text.closest('svg').getBoundingClientRect();
  return inner.width && (inner.left < outer.left - 1 || inner.right > outer.right + 1);
}).map((text) => text.textContent)"""


@pytest.mark.parametrize("view", ["plots", "compare"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_word_reaches_out_of_its_picture(
    many: Path, open_page: Open, view: str, width: int
) -> None:
    page = open_page(many, f"#{view}", width=width)
    until(page, "document.querySelectorAll('main svg text').length > 8")
    assert page.evaluate(OUTSIDE) == []


def test_the_plots_of_three_metrics_stand_in_one_line(many: Path, open_page: Open) -> None:
    page = open_page(many, "#plots")
    tops = page.evaluate(
        "[...document.querySelectorAll('#figures .three > figure')]"
        ".map((one) => one.getBoundingClientRect().top)"
    )
    assert len(tops) == 3 and len(set(tops)) == 1


def test_an_interval_is_seen_behind_its_score(many: Path, open_page: Open) -> None:
    page = open_page(many)
    seen = page.evaluate(
        "[...document.querySelectorAll('.bar .range')].map((one) => "
        "[parseFloat(getComputedStyle(one).strokeWidth), one.nextElementSibling.r.baseVal.value])"
    )
    assert seen and all(thick > 2 * radius for thick, radius in seen)


def test_tables_by_domain_stand_under_each_other(open_page: Open, tmp_path: Path) -> None:
    made = content(systems=SYSTEMS[:4])
    (first,) = made.sets
    (domains,) = (one for one in first.sliced if one.by == "domain")
    names = [name for name in first.table.metrics if name in first.scores]
    several = [domains.model_copy(update={"metric": name}) for name in reversed(names)]
    page = open_page(write(replace(made, sets=[replace(first, sliced=several)]), tmp_path / "page"))
    page.locator("[data-part=domains] summary").first.click()
    lefts = page.evaluate(
        "[...document.querySelectorAll('[data-part=domains] table')].map((table) => "
        "[...table.querySelectorAll('thead th')].map((one) => one.getBoundingClientRect().left))"
    )
    assert len(lefts) == len(names) > 1
    for one in lefts:
        assert one == pytest.approx(lefts[0], abs=2)
    titles = page.locator("[data-part=domains] h4").all_inner_texts()
    heads = page.locator("table.scores th[data-metric]").all_inner_texts()
    assert titles == [head.strip() for head in heads]


def test_the_whole_title_is_read_on_a_telephone(many: Path, open_page: Open) -> None:
    page = open_page(many, width=360)
    assert page.evaluate(
        "(({scrollHeight: a, clientHeight: b}) => a <= b)(document.querySelector('.top h1'))"
    )


def test_on_a_narrow_screen_a_row_is_a_card(many: Path, open_page: Open) -> None:
    page = open_page(many, "#leaderboard", width=360)
    row = page.locator("table.scores tbody tr").first
    assert row.get_by_role("cell").count() == 5
    box = row.bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 360
    page.get_by_role("button", name="TER").click()
    assert page.locator("th[aria-sort=descending]").count() == 1


def saved(page: Page, press: Any, folder: Path) -> Path:
    # Chromium drops, silently, what a page saves after ten files within a second
    # (LocalFrame::ShouldThrottleDownload).
    page.wait_for_timeout(150)
    with page.expect_download() as waiting:
        press.click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_tables_plots_and_lists_are_taken_away(many: Path, open_page: Open, tmp_path: Path) -> None:
    page = open_page(many)
    table = saved(page, page.get_by_role("button", name="Table as CSV"), tmp_path)
    rows = list(csv.DictReader(table.read_text("utf-8").splitlines()))
    assert {row["system"] for row in rows} == set(SYSTEMS)
    assert all(row["chrf_signature"].count(":") for row in rows)
    assert all(float(row["chrf_ci_low"]) <= float(row["chrf"]) for row in rows)
    page.keyboard.press("2")
    page.get_by_role("button", name="as SVG").first.wait_for()
    for button in page.get_by_role("button", name="as SVG").all():
        picture = saved(page, button, tmp_path)
        root = ET.fromstring(picture.read_text("utf-8"))  # noqa: S314 - made by the page
        assert "var(" not in picture.read_text("utf-8")
        assert len(list(root.iter())) > 10
    for button in page.get_by_role("button", name="as CSV").all():
        head, *lines = csv.reader(saved(page, button, tmp_path).read_text("utf-8").splitlines())
        assert lines and ("system" in head or head[:2] == ["a", "b"])
        assert all(len(line) == len(head) for line in lines)
    matrix = saved(page, page.get_by_role("button", name="numbers of Who is better"), tmp_path)
    tests = list(csv.DictReader(matrix.read_text("utf-8").splitlines()))
    assert len(tests) == len(SYSTEMS) * (len(SYSTEMS) - 1) // 2
    assert all((float(one["p_adjusted"]) <= 0.05) == bool(one["winner"]) for one in tests)
    picture = saved(page, page.get_by_role("button", name="as PNG").first, tmp_path)
    assert picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 2_000


def test_the_list_in_sight_is_taken_away(open_page: Open, tmp_path: Path) -> None:
    made = content(systems=("one", "two"))
    (first,) = made.sets
    outputs = {**first.hypotheses, "one": ("=1+1", *first.hypotheses["one"][1:])}
    folder = write(replace(made, sets=[replace(first, hypotheses=outputs)]), tmp_path / "page")
    page = open_page(folder, "#segments?doc=doc+0&a=one&b=two&sort=low")
    until(page, "document.querySelector('#count').textContent.startsWith('15 of 60')")
    sheet = saved(page, page.get_by_role("button", name="These as CSV"), tmp_path)
    rows = list(csv.DictReader(sheet.read_text("utf-8").splitlines()))
    assert len(rows) == 30 and {row["document"] for row in rows} == {"doc 0"}
    mine = [row for row in rows if row["system"] == "one"]
    scores = [float(row["chrf"]) for row in mine]
    assert scores == sorted(scores)
    assert "'=1+1" in {row["output"] for row in mine}
    lines = saved(page, page.get_by_role("button", name="JSONL"), tmp_path)
    records = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
    assert [one["id"] for one in records] == [row["id"] for row in rows]
    assert "=1+1" in {one["output"] for one in records}
    book = saved(page, page.get_by_role("button", name="XLSX"), tmp_path)
    cells = [list(row) for row in openpyxl.load_workbook(book).active.iter_rows(values_only=True)]
    assert cells[0] == list(rows[0])
    for cell, row in zip(cells[1:], rows, strict=True):
        for value, text in zip(cell, row.values(), strict=True):
            if isinstance(value, float | int):
                assert value == float(text)
            else:
                assert (value or "") == text.removeprefix("'")


def test_a_sheet_holds_texts_as_they_are(open_page: Open, tmp_path: Path) -> None:
    made = content(systems=("one", "two"))
    (first,) = made.sets
    odd = ("=1+1", "@a", '<b> & "c"', "a\nb", " two  blanks ", "_x0041_", "𝕄 עברית", "", "12")
    said = {"numbers": ["'12' lost"], "error_spans": [{"severity": "major", "text": "gatto"}]}
    outputs = {**first.hypotheses, "one": (*odd, *first.hypotheses["one"][len(odd) :])}
    changed = replace(first, hypotheses=outputs, annotations={"chrf": {"one": {0: said}}})
    folder = write(replace(made, sets=[changed]), tmp_path / "page")
    page = open_page(folder, "#segments?a=one&b=two")
    until(page, "document.querySelector('#count').textContent.startsWith('60 of 60')")
    button = page.get_by_role("button", name="XLSX")
    book = saved(page, button, tmp_path)
    with zipfile.ZipFile(book) as archive:
        assert archive.testzip() is None
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    sheet = openpyxl.load_workbook(book).active
    head, *rows = sheet.iter_rows(values_only=True)
    mine = [dict(zip(head, row, strict=True)) for row in rows if "one" in row]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s", "n"}
    by_id = {row["id"]: row for row in mine}
    shown = [by_id[name]["output"] or "" for name in first.ids[: len(odd)]]
    assert [text.replace("_x005F_", "_") for text in shown] == list(odd)
    assert by_id[first.ids[0]]["said"] == "chrf: numbers: '12' lost; chrf: major “gatto”"
    assert [row[1] for row in calamine(book)][1:3] == [row[1] for row in rows][:2]


def calamine(path: Path) -> list[list[Any]]:
    """The same sheet, read by another library."""
    return python_calamine.load_workbook(str(path)).get_sheet_by_index(0).to_python()


def test_what_no_cell_can_hold_is_said(open_page: Open, tmp_path: Path) -> None:
    made = content(systems=("one", "two"))
    (first,) = made.sets
    outputs = {**first.hypotheses, "one": ("a\u0007b", *first.hypotheses["one"][1:])}
    folder = write(replace(made, sets=[replace(first, hypotheses=outputs)]), tmp_path / "page")
    page = open_page(folder, "#segments?a=one&b=two")
    until(page, "document.querySelector('#count').textContent.startsWith('60 of 60')")
    page.get_by_role("button", name="XLSX").click()
    until(page, "document.querySelector('#saved').textContent.includes('a control character')")
    assert saved(page, page.get_by_role("button", name="These as CSV"), tmp_path).is_file()
    assert page.locator("#saved").inner_text() == ""


def test_a_choice_of_nothing_is_not_offered(open_page: Open, tmp_path: Path) -> None:
    made = content(systems=("alone",), metrics=("chrf",))
    (first,) = made.sets
    bare = replace(first, documents=(None,) * 60, domains=(None,) * 60, sliced=())
    page = open_page(write(replace(made, sets=[bare]), tmp_path / "page"), "#segments")
    page.wait_for_selector("#detail h3")
    page.locator("#more summary").click()
    for name in ("b", "metric", "doc", "dom", "flag", "of", "dis"):
        assert not page.locator(f"#{name}").is_visible(), name
    for name in ("a", "q", "lo", "hi"):
        assert page.locator(f"#{name}").is_visible(), name


def test_a_document_is_read_side_by_side(open_page: Open, tmp_path: Path) -> None:
    page = open_page(write(content(), tmp_path / "page"), "#segments?id=s20")
    page.locator("#context summary").click()
    rows = page.locator("#context tbody tr")
    assert rows.count() == 15
    assert page.locator("#context tr.here").inner_text().startswith("s20")
    heads = page.locator("#context thead th").all_inner_texts()
    assert [one.split()[-1] for one in heads][:2] == ["Source", "Reference"] and len(heads) == 4
    rows.nth(0).get_by_role("link").click()
    until(page, "document.querySelector('#detail h3').textContent === 's15'")


def test_a_column_without_a_number_is_left_out(open_page: Open, tmp_path: Path) -> None:
    made = content()
    (table,) = made.board.tables
    rows = tuple(row.model_copy(update={"seconds_per_segment": None}) for row in table.rows)
    table = table.model_copy(update={"rows": rows})
    board = made.board.model_copy(update={"tables": (table,)})
    sets = [replace(made.sets[0], table=table)]
    page = open_page(write(replace(made, board=board, sets=sets), tmp_path / "page"))
    assert "s / segment" not in page.locator("table.scores").inner_text()
