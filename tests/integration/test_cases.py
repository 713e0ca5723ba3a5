"""Every input of the folder of cases, as its README says it must be taken.

The folder is not ours: where it is absent, there is nothing to walk. What its README says
without files (codes of FLORES, answers of servers) is tested by tests/unit/test_language_codes.py
and tests/unit/test_chat_shapes.py.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.imports import lines
from tests.support.workspace import Answer, Space

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} is not there")

TABLE = [
    'He said "yes" at once.',
    "First line\nsecond line of the same cell",
    "Price: 5,00; reduced",
    'A 19" screen',
    "Done – finally…",
]
WALKED = {
    "languages": 6, "web": 4, "tables": 5, "tmx": 7, "wmt-xml": 1, "damaged": 20, "garbage": 9,
}  # fmt: skip


def imported(space: Space, case: str, *options: str, pair: str) -> list[dict[str, Any]]:
    """The rows that an import gives; what it said is in the workspace's last answer."""
    answer = space("corpus", "import", str(CASES / case), "-o", "c", *options)
    assert answer.code == 0, answer.err
    return lines(space.root / "c", pair)


def test_nothing_is_in_the_folder_that_is_not_walked() -> None:
    found = {folder.name: sum(f.is_file() for f in folder.rglob("*")) for folder in CASES.iterdir()
             if folder.is_dir()}  # fmt: skip
    assert found == WALKED


# languages/


@pytest.mark.parametrize("tag", ["jp", "cn", "cz", "gr", "ua", "dk", "xx", "zzz"])
def test_a_country_is_no_language(space: Space, tag: str) -> None:
    answer = _scored(space, "ja", f"en-{tag}")
    assert answer.code == 2
    assert answer.err.startswith("mtbench: no language: '") or tag in answer.err


@pytest.mark.parametrize(
    ("texts", "pair", "metric", "shown"),
    [
        ("ja", "en-ja", "bleu", "22.1"),
        ("th", "en-th", "bleu", "13a does not find the words of Thai"),
        ("zh", "en-zh", "ter", "tercom does not find the words of Chinese"),
    ],
)
def test_what_a_tokenizer_cannot_do_is_said(
    space: Space, texts: str, pair: str, metric: str, shown: str
) -> None:
    answer = _scored(space, texts, pair, metric)
    assert answer.code == 0
    assert shown in answer.out


def _scored(space: Space, texts: str, pair: str, metric: str = "bleu") -> Answer:
    folder = CASES / "languages"
    return space(
        "score", "--hypotheses", str(folder / f"hyp.{texts}"), "--reference",
        str(folder / f"ref.{texts}"), "--pair", pair, "--metric", metric,
    )  # fmt: skip


# web/


@pytest.mark.slow  # sentences are encoded: weights
@pytest.mark.parametrize(("name", "segments"), [("nav", 3), ("page", 14)])
def test_pages_give_their_article(space: Space, name: str, segments: int) -> None:
    pages = [str(CASES / "web" / f"{name}.{tag}.html") for tag in ("en", "it")]
    answer = space("corpus", "build", *pages, "-o", "b")
    assert answer.code == 0, answer.err
    assert len(lines(space.root / "b", "en-it")) == segments
    assert answer.err.count("left out around its text: 1 of ") == 2


# tables/


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("excel-ansi-semicolon.csv", TABLE),
        ("excel-sep.csv", TABLE),
        ("excel-tab-quoted.tsv", TABLE),
        ("excel-utf8-semicolon.csv", TABLE),
        ("excel-tab-nonl.tsv", [TABLE[0], "Price: 5,00, reduced", "Plain.", TABLE[3]]),
    ],
)
def test_tables_of_excel(space: Space, name: str, rows: list[str]) -> None:
    maps = [word for key in ("src=English", "ref=German", "id=id") for word in ("--map", key)]
    found = imported(space, f"tables/{name}", "--pair", "en-de", *maps, pair="en-de")
    assert [row["src"] for row in found] == rows


# tmx/


@pytest.mark.parametrize(
    ("name", "pair", "sources"),
    [
        ("newlines", "en-it", ["A line that the exporter wrapped.", None]),
        ("pretty", "en-it", ["Hello there, my friend."]),
        ("srclang-star", "en-de", [None, None]),
        ("mixed-regions", "en-de", [None, None]),
        ("noseg-one", "en-ca", ["A second one"]),
        ("variants-src", "en-de", [None]),
        ("utf8-decl-utf16", "en-es", ["Press the green button.", "Do not open the lid."]),
    ],
)
def test_translation_memories(
    space: Space, name: str, pair: str, sources: list[str | None]
) -> None:
    options = ("--pair", pair, "--skip-invalid")
    found = imported(space, f"tmx/{name}.tmx", *options, pair=pair)
    assert len(found) == len(sources)
    for row, source in zip(found, sources, strict=True):
        assert source in (None, row["src"])


# wmt-xml/


@pytest.mark.parametrize("asked", [(), ("--pair", "en-liv")])
def test_a_target_of_two_spellings_is_one(space: Space, asked: tuple[str, ...]) -> None:
    found = imported(space, "wmt-xml/iv.xml", *asked, pair="en-liv")
    assert [row["ref"] for row in found] == ["Kuod um vanā.", "Tämpõ sadāb vīmõ."]
    assert [p.name for p in (space.root / "c").glob("**/*lpha*")] != []


# damaged/


@pytest.mark.parametrize(
    "name", ["bad.parquet", "ebcdic.xml", "hf_info", "hf_sigbus", "hf_state", "hf_utf8"]
)
def test_damaged_inputs_are_named(space: Space, name: str) -> None:
    path = CASES / "damaged" / name
    answer = space("corpus", "import", str(path), "-o", "c", "--pair", "en-de")
    assert answer.code == 1
    assert answer.err.startswith(f"mtbench: {path}")


def test_hypotheses_that_are_no_text_are_named(space: Space) -> None:
    path = CASES / "damaged" / "ebcdic.xml"
    reference = str(CASES / "garbage" / "ref.de")
    answer = space(
        "score", "--hypotheses", str(path), "--reference", reference, "--pair", "en-de",
        "--metric", "bleu",
    )  # fmt: skip
    assert answer.code == 1
    assert str(path) in answer.err


def test_bad_cards_are_named_and_hide_no_others(space: Space) -> None:
    (space.root / "models").mkdir(exist_ok=True)
    for name in ("bigint", "deep"):
        card = CASES / "damaged" / "cards" / f"{name}.toml"
        shutil.copyfile(card, space.root / "models" / f"{name}.toml")
        answer = space("models", "show", name)
        assert answer.code == 2
        assert f"models/{name}.toml" in answer.err
    assert space("models", "list").code == 0


@pytest.mark.parametrize(
    ("name", "place"),
    [("bigint.jsonl", ":2: "), ("quote.csv", ":1: "), ("underscore.csv", ":2: ")],
)
def test_bad_human_scores_are_named_with_the_line(space: Space, name: str, place: str) -> None:
    _results(space)
    path = CASES / "damaged" / f"human_{name}"
    answer = space("report", "res", "--human", str(path), "-o", "x.html")
    assert answer.code == 1
    assert answer.err.startswith(f"mtbench: {path}{place}")


def test_a_stored_score_beyond_all_numbers_does_not_hold(space: Space) -> None:
    _results(space)
    (stored,) = (space.root / "res").glob("*/*/*/scores/bleu*.json")
    shutil.copyfile(CASES / "damaged" / "score_bigint.json", stored)
    answer = space("verify", "res")
    assert answer.code == 1
    assert f"{stored.name}: does not hold: score" in answer.out


def _results(space: Space) -> None:
    answer = _garbage(space, "eos", "--results", "res")
    assert answer.code == 0, answer.err


# garbage/


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("bpe", "9 with control marks"),
        ("ent", "12 with entities"),
        ("eos", "15 with control marks"),
        ("mojibake", "15 with mojibake"),
        ("spm", "15 with control marks"),
        ("zwsp", "15 with hidden characters"),
    ],
)
def test_garbage_is_named_in_the_table(space: Space, kind: str, named: str) -> None:
    answer = _garbage(space, kind)
    assert answer.code == 0
    assert named in answer.out


def _garbage(space: Space, kind: str, *options: str) -> Answer:
    folder = CASES / "garbage"
    return space(
        "score", "--hypotheses", str(folder / f"hyp.{kind}.de"), "--reference",
        str(folder / "ref.de"), "--source", str(folder / "src.en"), "--pair", "en-de",
        "--metric", "bleu", *options,
    )  # fmt: skip


def test_segments_of_boxes_are_named(space: Space) -> None:
    boxes = (CASES / "garbage" / "boxes60.de").read_text("utf-8").splitlines()
    reference = space.root / "ref.de"
    reference.write_text("".join(f"Satz {n} ist hier.\n" for n in range(len(boxes))), "utf-8")
    answer = space(
        "score", "--hypotheses", str(CASES / "garbage" / "boxes60.de"), "--reference",
        str(reference), "--pair", "fr-de", "--metric", "bleu", "--format", "json",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert "60" in json.dumps(json.loads(answer.out), ensure_ascii=False)
