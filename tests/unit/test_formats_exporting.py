from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtbench.corpora.formats.exporting import Target, export_test_set
from mtbench.corpora.formats.wmt_scores import reference_names, write_scores
from mtbench.corpora.load import load, pair_files
from mtbench.errors import DataError, RequestError
from mtbench.languages import LanguagePair
from mtbench.types import MetricInfo, MetricResult, Score, Signature, Statistics, TestSet
from tests.support.imports import lines, take, write_jsonl

ROWS: list[dict[str, Any]] = [
    {
        "id": "a/1",
        "src": 'One "quoted"',
        "ref": ["Uno", "Un'"],
        "doc": "d 1",
        "domain": "news",
        "original_language": "en",
        "origin": "human",
        "alignment": 0.25,
        "context": "before",
        "instruction": "formal",
        "note": "kept",
    },
    {"id": "a/2", "src": "Two", "ref": ["Due", "Do"], "doc": "d 1", "domain": "news"},
]


def _corpus(folder: Path, rows: list[dict[str, Any]] = ROWS, card: str = "") -> TestSet:
    write_jsonl(folder / "en-it.jsonl", rows)
    (folder / "card.toml").write_text(card, encoding="utf-8")
    return load(pair_files(folder)[0])


@pytest.mark.parametrize("kind", ["csv", "tsv", "tmx"])
def test_a_corpus_exported_and_imported_is_the_same(kind: Target, tmp_path: Path) -> None:
    test_set = _corpus(tmp_path / "corpus", card='reference_names = ["A", "B"]\n')

    written = export_test_set(test_set, kind, tmp_path / "out")
    report = take(tmp_path / "again", *written.paths, pairs=["en-it"])

    assert written.paths == (str(tmp_path / "out" / f"corpus.en-it.{kind}"),)
    assert lines(tmp_path / "again", "en-it") == ROWS
    assert report.files[0].reference_names == ("A", "B")
    again = load(pair_files(tmp_path / "again")[0])
    assert again.digest() == test_set.digest()


def test_plain_text_is_named_as_at_wmt_and_imported_by_its_names(tmp_path: Path) -> None:
    test_set = _corpus(tmp_path / "corpus")

    written = export_test_set(test_set, "text", tmp_path / "out")

    assert [Path(path).name for path in written.paths] == [
        "corpus.en-it.src.en",
        "corpus.en-it.ref.A.it",
        "corpus.en-it.ref.B.it",
    ]
    assert (tmp_path / "out" / "corpus.en-it.ref.B.it").read_text("utf-8") == "Un'\nDo\n"
    report = take(tmp_path / "again", *sorted(written.paths))
    assert [row["ref"] for row in lines(tmp_path / "again", "en-it")] == [r["ref"] for r in ROWS]
    assert report.files[0].reference_names == ("A", "B")


def test_a_line_end_inside_a_text_is_refused_or_joined_and_counted(tmp_path: Path) -> None:
    rows = [{"id": "x", "src": "One\ntwo\r\nthree", "ref": "Uno"}]
    test_set = _corpus(tmp_path / "corpus", rows)

    with pytest.raises(DataError, match="segment 'x' has a line end inside"):
        export_test_set(test_set, "text", tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())
    written = export_test_set(test_set, "text", tmp_path / "out", join=True)

    assert written.joined == 1
    assert export_test_set(test_set, "mt-metrics-eval", tmp_path / "m", join=True).joined == 1
    assert (tmp_path / "out" / "corpus.en-it.src.en").read_bytes() == b"One two three\n"


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("tsv", "a\tb", "segment 'x': a tab or line end, which TSV cannot hold"),
        ("tsv", "a\nb", "segment 'x': a tab or line end, which TSV cannot hold"),
        ("tmx", "a\x01b", "segment 'x': XML cannot hold a character of it"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_by_segment(
    kind: Target, text: str, message: str, tmp_path: Path
) -> None:
    test_set = _corpus(tmp_path / "corpus", [{"id": "x", "src": text, "ref": "b"}])

    with pytest.raises(DataError) as caught:
        export_test_set(test_set, kind, tmp_path / "out")

    assert caught.value.message == message
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("kind", ["csv", "tsv", "tmx", "text"])
def test_files_that_are_there_are_not_replaced_unasked(kind: Target, tmp_path: Path) -> None:
    test_set = _corpus(tmp_path / "corpus")
    export_test_set(test_set, kind, tmp_path / "out")

    with pytest.raises(RequestError, match="is there already"):
        export_test_set(test_set, kind, tmp_path / "out")
    export_test_set(test_set, kind, tmp_path / "out", force=True)


@pytest.mark.parametrize("kind", ["text", "mt-metrics-eval"])
def test_a_varying_number_of_references_is_no_set_of_files(kind: Target, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"id": "1", "src": "a", "ref": ["b", "c"]},
        {"id": "2", "src": "d", "ref": "e"},
    ]

    with pytest.raises((DataError, RequestError), match="the number of references varies"):
        export_test_set(_corpus(tmp_path / "corpus", rows), kind, tmp_path / "out")


@pytest.mark.parametrize("name", ["../../up", "a/b", "with space", ".hidden"])
def test_a_reference_name_never_leaves_the_folder(name: str, tmp_path: Path) -> None:
    test_set = _corpus(tmp_path / "corpus", card=f'reference_names = ["{name}", "B"]\n')

    kinds: tuple[Target, ...] = ("text", "mt-metrics-eval")
    for kind in kinds:
        export_test_set(test_set, kind, tmp_path / "x" / "out" / kind)

    inside = tmp_path / "x" / "out"
    outside = [p for p in (tmp_path / "x").rglob("*") if p.is_file() and inside not in p.parents]
    assert outside == []
    assert len([p for p in inside.rglob("*") if p.is_file()]) == 7


def test_the_layout_of_mt_metrics_eval(tmp_path: Path) -> None:
    rows = [{**row, "domain": None if at else "news"} for at, row in enumerate(ROWS)]
    test_set = _corpus(tmp_path / "corpus", rows, card='reference_names = ["A", "post-edit"]\n')

    export_test_set(test_set, "mt-metrics-eval", tmp_path / "out")

    texts = {
        str(path.relative_to(tmp_path / "out")): path.read_text("utf-8")
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert texts == {
        "sources/en-it.txt": 'One "quoted"\nTwo\n',
        "references/en-it.refA.txt": "Uno\nDue\n",
        "references/en-it.refpost_edit.txt": "Un'\nDo\n",
        "documents/en-it.docs": "news d_1\nall d_1\n",
    }
    assert reference_names(test_set, 2) == ["refA", "refpost_edit"]


def _result(system: str, signature: str, scores: list[float], **more: Any) -> MetricResult:
    score = Score(
        metric="comet",
        info=MetricInfo(name="comet", title="COMET", needs=more.pop("needs", ("reference",))),
        signature=signature,
        corpus=more.pop("corpus", "c"),
        pair=LanguagePair.parse("en-it"),
        system=system,
        score=float(np.mean(scores)),
        segments=len(scores),
        output_digest="o",
        sources_digest="s",
        references_digest="r",
        testset_digest="t",
    )
    column = np.array(scores)
    rows = np.stack([column, np.ones_like(column)], axis=1)
    ids = more.pop("ids", tuple(str(at) for at in range(len(scores))))
    return MetricResult(score, Statistics(ids, rows, column))


def _files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text("utf-8")
        for path in sorted(folder.rglob("*.score"))
    }


def test_scores_are_blocks_of_systems_with_tabs(tmp_path: Path) -> None:
    one = str(Signature.of(v=1))
    results = [_result("sys-b", one, [0.5, 0.25]), _result("sys-a", one, [1.0, 0.1])]

    write_scores(results, tmp_path, {LanguagePair.parse("en-it"): ["refA", "refB"]})

    assert _files(tmp_path) == {
        "metric-scores/en-it/comet-refA.refB.seg.score": (
            "sys-a\t1.0\nsys-a\t0.1\nsys-b\t0.5\nsys-b\t0.25\n"
        ),
        "metric-scores/en-it/comet-refA.refB.sys.score": "sys-a\t0.55\nsys-b\t0.375\n",
    }


def test_signatures_stand_apart_and_no_reference_is_src(tmp_path: Path) -> None:
    one, two = Signature.of(v=1), Signature.of(v=2)
    results = [
        _result("a", str(one), [0.5], needs=("source",)),
        _result("a", str(two), [0.25], needs=("source",)),
    ]

    write_scores(results, tmp_path, {})

    assert _files(tmp_path) == {
        f"metric-scores/en-it/comet_{signature.digest8()}-src.{level}.score": f"a\t{value}\n"
        for signature, value in ((one, "0.5"), (two, "0.25"))
        for level in ("seg", "sys")
    }


def test_scores_of_different_segments_or_corpora_are_refused(tmp_path: Path) -> None:
    one = str(Signature.of(v=1))

    with pytest.raises(DataError, match="b and a were scored on different segments"):
        write_scores([_result("a", one, [0.5]), _result("b", one, [0.5, 0.5])], tmp_path, {})
    with pytest.raises(RequestError, match="results of several corpora: c, d"):
        write_scores([_result("a", one, [1.0]), _result("b", one, [1.0], corpus="d")], tmp_path, {})
