"""Leaderboard CSVs: ours, edited by hand, other tools'."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtbench.boards.comparison import parse_map, read_side
from mtbench.errors import DataError, RequestError, UnknownName

KNOWN = ("bleu", "chrf", "comet", "ter")
OURS = (
    "corpus,src,tgt,system,segments,rank,cluster,bleu,bleu_ci_low,bleu_ci_high,bleu_signature,"
    "comet,comet_ci_low,comet_ci_high,comet_signature,failures,off_target,empty,copied,"
    "length_ratio,seconds_per_segment,rank_metric,testset_digest,output_digest,mtbench_version\r\n"
    "news,en,de,a,100,1,1,30.100000,29.000000,31.000000,nrefs:1|tok:13a,,,,,0,,0,0,1.0,0.1,bleu,"
    "tttt,oooo,0.1.0\r\n"
    "news,en,de,'=b,100,2,1,29.900000,28.000000,30.000000,nrefs:1|tok:13a,,,,,0,,0,0,1.0,0.1,bleu,"
    "tttt,pppp,0.1.0\r\n"
)


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "board.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_our_own(tmp_path: Path) -> None:
    side = read_side(written(tmp_path, OURS), known_metrics=KNOWN)
    assert side.metrics == ("bleu", "comet") and side.rank_metrics == {"bleu"} and not side.notes
    a, b = side.rows
    assert (a.corpus, str(a.pair), a.system) == ("news", "en-de", "a")
    assert a.cells["bleu"].score == 30.1 and a.cells["bleu"].signature == "nrefs:1|tok:13a"
    assert a.cells["comet"].score is None and a.cells["comet"].signature is None
    assert (a.testset_digest, a.output_digest) == ("tttt", "oooo")
    assert a.where.endswith("board.csv:2")
    # The apostrophe that keeps a spreadsheet from running a formula is not part of the name.
    assert b.system == "=b"


def test_edited_by_hand(tmp_path: Path) -> None:
    # Columns in another order and fewer, a BOM, blank lines, spaces, no last newline.
    text = "\ufeffsystem, bleu ,tgt,src,corpus\n\nx, 12.5 ,de,EN,news\n ,,,,\ny,,de,en,news"
    side = read_side(written(tmp_path, text), known_metrics=KNOWN)
    assert [(r.system, r.cells["bleu"].score) for r in side.rows] == [("x", 12.5), ("y", None)]
    assert str(side.rows[0].pair) == "en-de"
    assert side.rows[1].where.endswith(":5")
    assert side.rows[0].testset_digest is None


@pytest.mark.parametrize("separator", [";", "\t"])
def test_saved_by_a_spreadsheet(tmp_path: Path, separator: str) -> None:
    text = "corpus,src,tgt,system,bleu\nnews,en,de,a,1.5\n".replace(",", separator)
    (row,) = read_side(written(tmp_path, text), known_metrics=KNOWN).rows
    assert row.cells["bleu"].score == 1.5


def test_another_version_of_ours(tmp_path: Path) -> None:
    # A metric and a column that this version does not know.
    text = "corpus,src,tgt,system,novel,novel_signature,weather\nnews,en,de,a,1,v:1,sunny\n"
    side = read_side(written(tmp_path, text), known_metrics=KNOWN)
    assert side.metrics == ("novel",) and side.rows[0].cells["novel"].signature == "v:1"
    assert len(side.notes) == 1 and side.notes[0].endswith("not read: weather")


def test_another_tool(tmp_path: Path) -> None:
    text = 'Model,lp,"COMET (da)",BLEU\nm1,en-de,0.81,30\nm2,en-pt-BR,0.80,31\n'
    mapping = parse_map(["system=Model", "pair=lp", "comet=COMET (da)", "corpus:=flores"])
    side = read_side(written(tmp_path, text), known_metrics=KNOWN, mapping=mapping)
    assert side.metrics == ("comet",)
    assert [(r.corpus, str(r.pair), r.cells["comet"].score) for r in side.rows] == [
        ("flores", "en-de", 0.81),
        ("flores", "en-pt-BR", 0.80),
    ]
    assert side.notes[0].endswith("not read: BLEU")


def test_a_mapped_column_replaces_one_of_that_name(tmp_path: Path) -> None:
    text = "corpus,src,tgt,system,bleu,bleu2\nnews,en,de,a,1,2\n"
    mapping = parse_map(["bleu=bleu2"])
    side = read_side(written(tmp_path, text), known_metrics=KNOWN, mapping=mapping)
    assert side.rows[0].cells["bleu"].score == 2.0 and side.notes[0].endswith(": bleu")


HEAD = "corpus,src,tgt,system,bleu\n"


@pytest.mark.parametrize(
    "text,message",
    [
        ("", "empty"),
        ("\n\n", "empty"),
        (HEAD + "news,en,de,a\n", r"board.csv:2: 4 cells under a header of 5"),
        (HEAD + "news,en,de,a,1\nnews,en,de,a,2\n", r"board.csv:3: a on news/en-de stands already"),
        (HEAD + 'news,en,de,a,"12,5"\n', r"board.csv:2: not a number in 'bleu': '12,5'"),
        (HEAD + "news,en,de,a,nan\n", "not a number"),
        (HEAD + "news,en,de,a,1e999\n", "not a number"),
        (HEAD + "news,en,de,a,1_0\n", "not a number"),
        (HEAD + "news,en,de,,1\n", r"board.csv:2: the cell 'system' is empty"),
        (HEAD + ",en,de,a,1\n", r"the cell 'corpus' is empty"),
        (HEAD + "news,english please,de,a,1\n", r"board.csv:2: not a language tag"),
        (HEAD + 'news,en,de,"a,1\n', r"board.csv:2: not CSV"),
        ("corpus,src,tgt,system,bleu,bleu\nnews,en,de,a,1,2\n", "'bleu' stands there twice"),
        ("corpus,src,tgt,model,bleu\nnews,en,de,a,1\n", "no column 'system'"),
        ("corpus,src,system,bleu\nnews,en,a,1\n", "no column 'tgt'"),
        ("corpus,src,tgt,system\nnews,en,de,a\n", "no column of a metric"),
        (HEAD + "news,en,de,a\0,1\n", r"board.csv:2: a NUL character"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_side(written(tmp_path, text), known_metrics=KNOWN)


def test_not_utf8_and_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"board.csv:2: not UTF-8"):
        read_side(written(tmp_path, HEAD + "news,en,de,é,1\n", "latin-1"), known_metrics=KNOWN)
    with pytest.raises(RequestError, match="cannot be read"):
        read_side(tmp_path / "no.csv", known_metrics=KNOWN)


def test_maps_are_checked(tmp_path: Path) -> None:
    for wrong in ("bleu", "=x", "bleu=", ":=x"):
        with pytest.raises(RequestError, match="OURS=THEIRS"):
            parse_map([wrong])
    with pytest.raises(RequestError, match="bleu is given twice"):
        parse_map(["bleu=a", "bleu=b"])
    path = written(tmp_path, HEAD + "news,en,de,a,1\n")
    with pytest.raises(UnknownName, match="sistem"):
        read_side(path, known_metrics=KNOWN, mapping={"system": "sistem"})
    with pytest.raises(RequestError, match="cannot be two"):
        read_side(path, known_metrics=KNOWN, mapping={"bleu": "bleu", "chrf": "bleu"})
