"""Rows in the shapes that the sets' own cards and scripts document; texts are made up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mtbench.corpora.validation import validate
from mtbench.errors import DataError, MtbenchError
from tests.support.imports import lines, take, write_jsonl


def _flores(language: str, script: str, *texts: str, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "iso_639_3": language,
            "iso_15924": script,
            "glottocode": "stan1293",
            "text": text,
            "url": f"https://en.wikinews.org/{(number + 1) // 2}",
            "domain": "wikinews",
            "topic": "disasters",
            "has_image": "no",
            "has_hyperlink": "no",
            "last_updated": "1.0",
            "split": "devtest",
            **more,
        }
        for number, text in enumerate(texts, start=1)
    ]


def test_flores_joins_files_of_single_languages_by_id(tmp_path: Path) -> None:
    english = write_jsonl(
        tmp_path / "eng_Latn.jsonl", _flores("eng", "Latn", "One", "Two", "Three")
    )
    chinese = write_jsonl(
        tmp_path / "cmn_Hans.jsonl", _flores("cmn", "Hans", "一", "二", "三")[::-1]
    )

    report = take(tmp_path / "c", english, chinese, preset="flores+")

    assert [str(file.pair) for file in report.files] == ["en-zh-Hans"]
    assert report.files[0].documents == 2
    assert lines(tmp_path / "c", "en-zh-Hans")[1] == {
        "id": "devtest/2",
        "src": "Two",
        "ref": "二",
        "doc": "https://en.wikinews.org/1",
        "domain": "wikinews",
        "original_language": "en",
        "origin": "human",
        "topic": "disasters",
        "has_image": "no",
        "has_hyperlink": "no",
    }
    assert 'title = "FLORES+"' in (tmp_path / "c" / "card.toml").read_text(encoding="utf-8")


def test_flores_in_several_languages_needs_directions_and_keeps_ids(tmp_path: Path) -> None:
    files = [
        write_jsonl(tmp_path / f"{code}.jsonl", _flores(code, "Latn", f"{code} text"))
        for code in ("eng", "ita", "deu")
    ]

    with pytest.raises(MtbenchError, match="3 languages"):
        take(tmp_path / "c", *files, preset="flores+")
    report = take(tmp_path / "c", *files, preset="flores+", pairs=["it-en", "en-de"])

    assert [str(file.pair) for file in report.files] == ["en-de", "it-en"]
    assert lines(tmp_path / "c", "it-en")[0]["src"] == "ita text"
    assert lines(tmp_path / "c", "it-en")[0]["id"] == lines(tmp_path / "c", "en-de")[0]["id"]


@pytest.mark.parametrize(
    ("italian", "message"),
    [
        (_flores("ita", "Latn", "Uno"), "sentence 'devtest/2' is not there in it"),
        (_flores("ita", "Latn", "a", "b", "c"), "sentence 'devtest/3' is not there in en"),
        (_flores("ita", "Latn", "a", "b") * 2, "'devtest/1' in it is also at"),
        (_flores("ita", "Latn", "a", "b", iso_15924=None), "iso_15924: missing"),
        (_flores("ita", "Latn", "a", "b", text=["x"]), "text: not text"),
    ],
)
def test_flores_that_does_not_hold_is_an_error(
    italian: list[dict[str, Any]], message: str, tmp_path: Path
) -> None:
    english = write_jsonl(tmp_path / "e.jsonl", _flores("eng", "Latn", "One", "Two"))
    other = write_jsonl(tmp_path / "i.jsonl", italian)

    with pytest.raises(DataError) as caught:
        take(tmp_path / "c", english, other, preset="flores+")

    assert message in caught.value.message


def _wmt24(number: int, **more: Any) -> dict[str, Any]:
    return {
        "lp": "en-pt_BR",
        "domain": "news",
        "document_id": "test-en-news_a",
        "segment_id": number,
        "is_bad_source": False,
        "source": f"Source {number}",
        "target": f"Alvo {number}",
        "original_target": f"Antes {number}",
        **more,
    }


def test_wmt24_drops_bad_sources_and_canaries_and_says_so(tmp_path: Path) -> None:
    path = write_jsonl(
        tmp_path / "en-pt_BR.jsonl",
        [
            _wmt24(1, domain="canary", is_bad_source=True),
            _wmt24(2),
            _wmt24(3, is_bad_source=True),
            _wmt24(4, is_bad_source=True),
            _wmt24(5),
        ],
    )

    report = take(tmp_path / "c", path, preset="wmt24++")

    assert lines(tmp_path / "c", "en-pt-BR") == [
        {
            "id": str(number),
            "src": f"Source {number}",
            "ref": f"Alvo {number}",
            "doc": "test-en-news_a",
            "domain": "news",
            "original_language": "en",
            "origin": "human",
            "original_target": f"Antes {number}",
        }
        for number in (2, 5)
    ]
    assert report.remarks == (
        f"left out: rows, canary: 1 (first: {path}:1)",
        f"left out: rows, is_bad_source: 2 (first: {path}:3)",
    )


def test_wmt24_can_drop_the_region_of_its_direction(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", [_wmt24(1), _wmt24(2, lp="en-de_DE")])

    report = take(tmp_path / "c", path, preset="wmt24++", pairs=["en-pt"])

    assert [(str(file.pair), file.segments) for file in report.files] == [("en-pt", 1)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"is_bad_source": "no"}, "is_bad_source: neither true nor false"),
        ({"lp": "portuguese"}, "not a language pair"),
        ({"target": None}, "target: missing"),
        ({"segment_id": 1.5}, "segment_id: not text"),
    ],
)
def test_wmt24_rows_that_do_not_hold(row: Mapping[str, Any], message: str, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", [_wmt24(1), _wmt24(2, **row)])

    with pytest.raises(DataError) as caught:
        take(tmp_path / "c", path, preset="wmt24++")

    assert caught.value.message == f"{path}:2: {caught.value.message.split(': ', 1)[1]}"
    assert message in caught.value.message


def _wmt25(**more: Any) -> dict[str, Any]:
    return {
        "dataset_id": "wmttest2025",
        "collection_id": "general",
        "doc_id": "en-de_DE_#_news_#_paper.1",
        "domain": "news",
        "src_lang": "en",
        "tgt_lang": "de_DE",
        "src_text": "First.\n\nSecond,\nin two lines.\n\nThird.",
        "video": None,
        "screenshot": "assets/a.png",
        "prompt_instruction": "Translate into German.",
        "refs": {"refA": {"ref": "Erstens.\n\nZweitens.\n\nDrittens."}},
        **more,
    }


def test_wmt25_is_divided_into_paragraphs_with_context_and_instruction(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "wmt25-genmt.jsonl", [_wmt25()])

    report = take(tmp_path / "c", path, preset="wmt25")

    rows = lines(tmp_path / "c", "en-de-DE")
    assert [row["id"] for row in rows] == [f"en-de_DE_#_news_#_paper.1_#_{i}" for i in range(3)]
    assert rows[0].get("context") is None
    assert rows[2] == {
        "id": "en-de_DE_#_news_#_paper.1_#_2",
        "src": "Third.",
        "ref": "Drittens.",
        "doc": "en-de_DE_#_news_#_paper.1",
        "domain": "news",
        "original_language": "en",
        "context": "First.\n\nSecond,\nin two lines.",
        "instruction": "Translate into German.",
        "dataset_id": "wmttest2025",
        "collection_id": "general",
        "screenshot": "assets/a.png",
    }
    assert report.files[0].reference_names == ("refA",)
    assert report.remarks == ()


def test_wmt25_documents_stay_whole_where_asked_or_where_paragraphs_differ(tmp_path: Path) -> None:
    other = _wmt25(doc_id="en-de_DE_#_news_#_paper.2", refs={"refA": {"ref": "Ein\n\nZwei"}})
    path = write_jsonl(tmp_path / "a.jsonl", [_wmt25(), other])

    mixed = take(tmp_path / "c", path, preset="wmt25", pairs=["en-de"])
    whole = take(tmp_path / "d", path, preset="wmt25", pairs=["en-de"], unit="document")

    assert mixed.files[0].segments == 4
    assert mixed.remarks == (
        f"documents kept whole, their paragraphs do not correspond one to one: 1 (first: {path}:2)",
    )
    assert whole.files[0].segments == 2
    assert lines(tmp_path / "d", "en-de")[0]["id"] == "en-de_DE_#_news_#_paper.1"


def test_wmt25_without_references_is_imported_for_quality_estimation(tmp_path: Path) -> None:
    row = {key: value for key, value in _wmt25().items() if key != "refs"}

    report = take(tmp_path / "c", write_jsonl(tmp_path / "wmt25.jsonl", [row]), preset="wmt25")

    assert report.files[0].references == 0
    assert report.remarks[0].startswith("segments without a reference: 3")


def test_wmt25_human_evaluation_gives_the_same_ids_and_the_outputs(tmp_path: Path) -> None:
    parts = zip(
        _wmt25()["src_text"].split("\n\n"), ["Erstens.", "Zweitens.", "Drittens."], strict=True
    )
    rows = [
        {
            "doc_id": f"en-de_DE_#_news_#_paper.1_#_{at}",
            "src_text": source,
            "tgt_text": {"refA": reference, "GPT-4.1": f"mt {at}", "Gone": None},
            "scores": {"GPT-4.1": {"human1": 90}},
        }
        for at, (source, reference) in enumerate(parts)
    ]

    take(tmp_path / "c", write_jsonl(tmp_path / "genmt.jsonl", [_wmt25()]), preset="wmt25")
    report = take(tmp_path / "d", write_jsonl(tmp_path / "h.jsonl", rows), preset="wmt25")

    kept = ("id", "src", "ref", "doc", "domain", "context")
    assert [{key: row.get(key) for key in kept} for row in lines(tmp_path / "d", "en-de-DE")] == [
        {key: row.get(key) for key in kept} for row in lines(tmp_path / "c", "en-de-DE")
    ]
    output = tmp_path / "d" / "hypotheses" / "GPT-4.1" / "en-de-DE.jsonl"
    assert [json.loads(line)["mt"] for line in output.read_text("utf-8").splitlines()] == [
        "mt 0", "mt 1", "mt 2",
    ]  # fmt: skip
    assert report.files[0].systems == {"GPT-4.1": 3}
    assert report.remarks[0].startswith("rows whose human scores are left out: 3")


def test_what_presets_make_is_a_valid_corpus(tmp_path: Path) -> None:
    take(
        tmp_path / "c", write_jsonl(tmp_path / "a.jsonl", [_wmt24(1), _wmt24(2)]), preset="wmt24++"
    )
    take(tmp_path / "d", write_jsonl(tmp_path / "b.jsonl", [_wmt25()]), preset="wmt25")

    assert validate([tmp_path / "c", tmp_path / "d"]).errors == 0
