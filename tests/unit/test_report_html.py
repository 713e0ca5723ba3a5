"""The pure side of the report: what goes into the page, and in which words."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from mtbench.health.flags import NAMES
from mtbench.report.html import disagreement, most_disputed, pages
from mtbench.report.html.badges import badges, seconds, seconds_text
from mtbench.report.html.flags import BY_NAME, EXACT, FAILED, flags
from mtbench.report.html.page import breakable, commands, json_island, safe
from mtbench.report.html.wording import detectable, paired_tests, verdict
from mtbench.types import Json, Realignment
from mtbench.types.findings import Suspicion
from tests.support.nasty import NASTY
from tests.support.report_content import METRICS, content


class _Elements(HTMLParser):
    """Scripts, styles and event handlers of a page as a parser sees them."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[tuple[str, dict[str, str | None], str]] = []
        self.attributes: set[str] = set()
        self.tags: list[str] = []
        self._open: tuple[str, dict[str, str | None]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag in ("script", "style"):
            self._open = (tag, dict(attrs))
            self.inside.append((tag, dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self._open:
            tag, attributes, text = self.inside[-1]
            self.inside[-1] = (tag, attributes, text + data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._open = None


def parsed(text: str) -> _Elements:
    found = _Elements()
    found.feed(text)
    return found


def unpacked(text: str) -> Json:
    return json.loads(zlib.decompress(base64.b64decode(text)))


def test_a_report_is_one_file_with_everything() -> None:
    files = pages(content())
    assert list(files) == ["index.html"]
    parts = [
        t
        for _, a, t in parsed(files["index.html"]).inside
        if (a.get("id") or "").startswith("part-")
    ]
    (part,) = map(unpacked, parts)
    assert part["ids"][:2] == ["s0", "s1"] and len(part["ids"]) == 60
    assert len(part["hypotheses"]) == 3
    assert not re.search(r"(src|href|action)=\"?https?:", files["index.html"].split("<script>")[0])


def test_segments_lie_beside_the_page_above_a_size() -> None:
    files = pages(content(segments=5_001), single_file_bytes=100)
    assert sorted(files) == ["index.html", "segments-0-0.js", "segments-0-1.js"]
    name, text = re.fullmatch(
        r'mtbenchPart\("(.*?)","(.*?)"\);\n', files["segments-0-1.js"]
    ).groups()  # type: ignore[union-attr]
    assert name == "0-1" and unpacked(text)["ids"] == ["s5000"]
    assert "part-0-0" not in files["index.html"]
    assert "script-src &#39;sha256-" in files["index.html"]


def test_the_same_content_gives_the_same_bytes() -> None:
    assert pages(content()) == pages(content())


def test_the_policy_allows_these_scripts_and_no_other() -> None:
    text = pages(content())["index.html"]
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    rules = policy.group(1).replace("&#39;", "'")
    assert rules.startswith("default-src 'none'; ") and "unsafe" not in rules
    assert "base-uri 'none'" in rules and "form-action 'none'" in rules
    for tag, attributes, inside in parsed(text).inside:
        if attributes.get("type"):  # data, which no browser runs
            assert attributes["type"] in ("application/json", "application/octet-stream")
            continue
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in rules, tag


def test_no_text_becomes_an_element_or_a_handler() -> None:
    plain = parsed(pages(content(segments=len(NASTY), documents=1))["index.html"])
    made = content(
        segments=len(NASTY), systems=NASTY[:3], texts=NASTY, title=" ".join(NASTY),
        corpus=NASTY[0], notes=" ".join(NASTY),
    )  # fmt: skip
    found = parsed(pages(made)["index.html"])
    assert set(found.tags) <= set(plain.tags) | {"p", "li", "span", "wbr"}
    assert found.tags.count("script") == plain.tags.count("script")
    assert not [name for name in found.attributes if name.startswith("on") or name == "style"]


@pytest.mark.parametrize("text", NASTY)
def test_json_in_the_page_is_read_back_as_it_was(text: str) -> None:
    island = str(json_island({"text": text}))
    assert not set(island) & set("<>&\u2028\u2029")
    assert json.loads(island) == {"text": text}


def test_an_asset_that_ends_its_element_is_refused() -> None:
    with pytest.raises(ValueError, match="ends its own element"):
        safe("var x = '</script>';")


@pytest.mark.parametrize(
    ("text", "references", "seen", "expected"),
    [
        (None, ["b"], [], FAILED),
        (None, [], ["loop"], FAILED),
        ("the same", [], [], 0),  # what is copied is counted elsewhere, by one rule
        ("the same", ["the same "], ["copied"], BY_NAME["copied"] | EXACT),
        ("x", ["a reference of some length"], ["loop"], BY_NAME["loop"]),
    ],
)
def test_flags(text: str | None, references: list[str], seen: list[str], expected: int) -> None:
    assert flags(text, references, seen) == expected


def test_every_flag_of_health_is_known_to_the_page() -> None:
    assert tuple(BY_NAME) == NAMES


def test_badges_count_flags_and_name_suspicions() -> None:
    made = content(systems=("a", "b"))
    one = replace(
        made.sets[0],
        evidence={"a": {3: {"loop": "x 9 times"}, 5: {"loop": "y", "numbers": "12345"}}, "b": {}},
        suspicions=[
            Suspicion(
                kind="twins",
                systems=("a", "b"),
                evidence="the same",
                advice="Count them once.",
                segments=("s3",),
            )
        ],
    )
    row_a, row_b = sorted(one.table.rows, key=lambda row: row.system)
    assert [badge.text for badge in badges(one, row_a)] == [
        "2 looping", "1 with lost number", "suspect: twins",
    ]  # fmt: skip
    assert [badge.text for badge in badges(one, row_b)] == ["suspect: twins"]
    page = pages(replace(made, sets=[one]))["index.html"]
    assert "What makes these numbers suspect (1)" in page and "Count them once." in page
    (part,) = (
        unpacked(t) for _, a, t in parsed(page).inside if (a.get("id") or "").startswith("part-")
    )
    at = part["hypotheses"].index(list(one.hypotheses["a"]))
    assert part["evidence"][at]["3"] == {str(BY_NAME["loop"]): "x 9 times"}
    assert part["flags"][at][3] & BY_NAME["loop"] and not part["flags"][at][4] & BY_NAME["loop"]


def test_time_of_reading_a_file_is_no_speed() -> None:
    one = content(systems=("a", "b")).sets[0]
    row = one.table.rows[0]
    assert seconds(row, one.runs[row.system]) is None
    assert seconds(row, None) == row.seconds_per_segment
    assert [seconds_text(v) for v in (None, 0.0, 0.0004, 0.0301, 12.345)] == [
        "–", "< 0.001", "< 0.001", "0.0301", "12.3",
    ]  # fmt: skip


def test_a_name_may_be_broken_after_its_separators() -> None:
    assert str(breakable("a-b.c<i>--d")) == "a-<wbr>b.<wbr>c&lt;i&gt;--<wbr>d"


def test_disagreement_counts_pairs_that_are_ordered_the_other_way_round() -> None:
    # Segment 0: both metrics put x > y > z. Segment 1: the second turns y and z round (1 of 3
    # pairs). Segment 2: all turned round. Segment 3: a tie under the second. TER is lower better.
    chrf = {"x": [3.0, 3, 3, 3], "y": [2.0, 2, 2, 2], "z": [1.0, 1, 1, 1]}
    ter = {"x": [1.0, 1, 3, 1], "y": [2.0, 3, 2, 1], "z": [3.0, 2, 1, 1]}
    scores = {
        "chrf": {k: np.array(v) for k, v in chrf.items()},
        "ter": {k: np.array(v) for k, v in ter.items()},
    }
    found = disagreement(scores, {"chrf": True, "ter": False})
    assert found is not None
    np.testing.assert_allclose(found, [0, 1 / 3, 1, 0])
    assert most_disputed(found, ["a", "b", "c", "d"], 5) == [2, 1]
    assert most_disputed(found, ["a", "b", "c", "d"], 1) == [2]


def test_disagreement_leaves_out_what_is_not_scored() -> None:
    nan = float("nan")
    scores = {
        "chrf": {"x": np.array([1.0, 1.0]), "y": np.array([2.0, 2.0])},
        "bleu": {"x": np.array([nan, 2.0]), "y": np.array([1.0, 1.0])},
    }
    found = disagreement(scores, {"chrf": True, "bleu": True})
    assert found is not None and np.isnan(found[0]) and found[1] == 1
    assert disagreement({"chrf": scores["chrf"]}, {"chrf": True}) is None
    assert most_disputed(found, ["a", "b"], 9) == [1]


def test_what_a_set_can_detect_is_said_in_the_metrics_units() -> None:
    table = content(segments=60).sets[0].table
    tests = paired_tests(table)
    sizes = sorted(test.detectable for test in tests if test.detectable is not None)
    text = detectable(table, tests, METRICS["chrf"])
    assert f"With 60 segments, two systems must differ by about {sizes[1]:.1f} chrF" in text
    assert f"{sizes[-1]:.1f} where two outputs are most unlike" in text
    assert f"{sizes[0]:.1f} where they are most alike" in text
    twins = [tests[0].model_copy(update={"detectable": 0.004}), *tests[1:]]
    assert "next to nothing where they are most alike" in detectable(table, twins, METRICS["chrf"])


def test_a_small_set_says_that_it_is_small() -> None:
    table = content(segments=10).sets[0].table
    text = detectable(table, paired_tests(table), METRICS["chrf"])
    assert "too small" in text and "chrF" not in text


def test_a_verdict_names_the_better_system_whatever_the_direction() -> None:
    one = content(segments=60, metrics=("ter",)).sets[0]
    for test in paired_tests(one.table):
        text = verdict(test, METRICS["ter"])
        if test.winner is None:
            assert text.startswith("No difference")
        else:
            lower = test.a if test.score_a < test.score_b else test.b
            assert test.winner == lower and text.startswith(f"{lower} is significantly better")
    assert any(test.winner for test in paired_tests(one.table))


def test_commands_make_the_table_again() -> None:
    one = content(systems=("a b", "c")).sets[0]
    first, last = commands(one, "some results")
    joined = first.replace(" \\\n  ", " ")
    assert joined == (
        "mtbench evaluate --model c --model 'a b' --corpus news --pair en-de --metric bleu "
        "--metric chrf --metric ter --results 'some results'"
    ) or joined.startswith("mtbench evaluate --model 'a b' --model c ")
    assert last == "mtbench verify 'some results'"


def test_a_system_that_no_command_can_name_is_said_in_words() -> None:
    one = content(systems=("a", "b")).sets[0]
    assert [line[0] for line in commands(replace(one, models={}), "results")] == ["#", "#", "m"]


def test_texts_that_were_cut_or_laid_on_segments_are_marked() -> None:
    made = content().sets[0]
    row = made.table.rows[0]
    cells = {**row.cells, "chrf": row.cells["chrf"].model_copy(update={"cut": 7})}
    run = made.runs[row.system].model_copy(
        update={
            "realigned": Realignment(
                version="1", references_digest="0" * 64, documents=4, omitted=2, added=3,
                repeated=0, share_added=0.1, additions="keep",
            )
        }
    )  # fmt: skip
    marked = replace(made, runs={**made.runs, row.system: run}, cut={"chrf": {row.system: (5,)}})
    nobody = {"off_target_reason": "no language identification: pip install 'mtbench-eval[text]'"}
    found = list(badges(marked, row.model_copy(update={"cells": cells, **nobody})))
    shown = [badge.text for badge in found]
    assert "chrf read 7 of 60 cut" in shown
    assert "realigned, 2 omitted, 3 added" in shown
    (looked,) = [badge for badge in found if badge.text == "not looked for flags"]
    assert "pip install" in looked.title and "mtbench evaluate" in looked.title
    text = pages(replace(content(), sets=[marked]))["index.html"]
    found_part = re.search(r'id="part-0-0">([^<]+)<', text)
    assert found_part
    part: Any = unpacked(found_part[1])
    assert part["cut"][made.systems.index(row.system)] == {"5": ["chrf"]}


def test_domains_have_a_table_per_metric() -> None:
    text = pages(content())["index.html"]
    assert "Scores by domain" in text
    assert text.count('<table class="parts" role="table">') == 1  # of the one metric that is sliced
    assert "Not tested" in text
