"""Files of human judgements, in the shapes that campaigns leave behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtbench.errors import DataError
from mtbench.judgements.place import Place, place
from mtbench.judgements.read import read_judgements
from mtbench.types.judgements import ErrorSpan

RAW = "system\tdoc\tdoc_id\tseg_id\trater\tsource\ttarget\tcategory\tseverity\n"
ESA = (
    "deu01,ende-tutorial1,1000001,TGT,eng,deu,0,ende-tutorial1,False,[],1.0,1.0\n"
    'deu01,good,4,TGT,eng,deu,95,news_1,False,"[{""start_i"":2,""end_i"":5,""severity"":""minor"",'
    '""error_type"":null},{""start_i"":""missing"",""end_i"":""missing"",""severity"":""major""}]",1.0,2.0\n'
    "deu01,good,4,BAD,eng,deu,12,news_1#bad,False,[],1.0,2.0\n"
    "deu02,poor,3,TGT,eng,deu,40,news_2#incomplete,False,[],1.0,2.0\n"
)


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_raw_mqm_is_weighed_by_rater(tmp_path: Path) -> None:
    rows = [
        "x\td\t1\t7\tr1\tsource\tA <v>bad</v> one.\tAccuracy/Mistranslation\tMajor",
        "x\td\t1\t7\tr1\tsource\tA bad one<v>.</v>\tFluency/Punctuation\tMinor",
        "x\td\t1\t7\tr2\tsource\tA bad one.\tNo-error\tNo-error",
        "x\td\t1\t8\tr1\tsource\tGibberish.\tNon-translation!\tMajor",
        "x\td\t1\t9\tr1\t<v>left out</v>\tText.\tAccuracy/Omission\tMinor",
    ]
    found = read_judgements(written(tmp_path, "mqm.tsv", RAW + "\n".join(rows) + "\n"))
    by_row = {(one.segment, one.rater): one for one in found.judgements}
    assert {key: one.score for key, one in by_row.items()} == {
        ("7", "r1"): -5.1, ("7", "r2"): 0.0, ("8", "r1"): -25.0, ("9", "r1"): -1.0,
    }  # fmt: skip
    assert by_row["7", "r1"].spans == (
        ErrorSpan(2, 5, "major", "accuracy/mistranslation"),
        ErrorSpan(9, 10, "minor", "fluency/punctuation"),
    )
    assert by_row["7", "r2"].spans == ()
    assert found.protocol == "mqm" and "2 errors" in found.notes[0]


def test_esa_leaves_checks_of_attention_and_tutorials_out(tmp_path: Path) -> None:
    found = read_judgements(written(tmp_path, "esa.csv", ESA))
    good, poor = found.judgements
    assert (good.system, good.segment, good.score, good.pair) == ("good", "4", 95.0, "en-de")
    assert good.spans == (ErrorSpan(2, 5, "minor"), ErrorSpan(None, None, "major"))
    assert poor.document == "news_2"
    assert found.notes == ("1 checks of attention left out", "1 tutorial items left out")


def test_segments_numbered_by_position_count_from_where_the_file_does(tmp_path: Path) -> None:
    where = Place("c", "en-de", [f"s{n}" for n in range(5)], ["good", "poor"])
    one_based = place(read_judgements(written(tmp_path, "a.csv", ESA)), where, "a.csv")
    assert one_based is not None
    assert [at for at, _ in one_based.each] == [3, 2]
    assert "the first being number 1" in one_based.notes[-1]
    zero = ESA.replace("poor,3,", "poor,0,")
    zero_based = place(read_judgements(written(tmp_path, "b.csv", zero)), where, "b.csv")
    assert zero_based is not None and [at for at, _ in zero_based.each] == [4, 0]


def test_a_number_that_is_an_id_is_never_a_position(tmp_path: Path) -> None:
    """A file that counts from 0 beside ids from 1 would slip by one without a word."""
    where = Place("c", "en-de", ["1", "2", "3", "4"], ["good", "poor"])
    zero = ESA.replace("poor,3,", "poor,0,")
    with pytest.raises(DataError, match="no segment '0'") as caught:
        place(read_judgements(written(tmp_path, "b.csv", zero)), where, "b.csv")
    assert "--ids-from 0" in str(caught.value.hint)
    forced = read_judgements(written(tmp_path, "c.csv", zero.replace("good,4,TGT", "good,3,TGT")))
    found = place(forced, where, "c.csv", first=0)
    assert found is not None and [at for at, _ in found.each] == [3, 0]


def test_segment_scores_are_numbered_by_system(tmp_path: Path) -> None:
    path = written(tmp_path, "mqm.seg.score", "A\t-1\nA\tNone\nB\t-2.5\nB\t0\n")
    found = read_judgements(path)
    rows = [(one.system, one.segment, one.score) for one in found.judgements]
    assert rows == [("A", "1", -1.0), ("B", "1", -2.5), ("B", "2", 0.0)]


def test_averages_skip_what_nobody_judged(tmp_path: Path) -> None:
    text = "system mqm_avg_score seg_id\nA\tNone 1\nA\t-0.1 2\n"
    (one,) = read_judgements(written(tmp_path, "mqm.avg_seg_scores.tsv", text)).judgements
    assert (one.system, one.segment, one.score) == ("A", "2", -0.1)


def test_one_rater_judges_a_row_once(tmp_path: Path) -> None:
    text = "id,system,score,rater\n1,good,5,x\n1,good,6,x\n"
    where = Place("c", "en-de", ["1"], ["good"])
    with pytest.raises(DataError, match=r"a\.csv:3: 'x' judged segment '1'.*a\.csv:2"):
        place(read_judgements(written(tmp_path, "a.csv", text)), where, "a.csv")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("m.tsv", RAW + "x\td\t1\t7\tr\ts\tt\tStyle\n", "m.tsv:2: 8 fields instead of 9"),
        ("m.tsv", RAW + "x\td\t1\t7\tr\ts\tt\tStyle\tHuge\n", "m.tsv:2: no severity: 'huge'"),
        ("a.tsv", "system mqm_avg_score seg_id\nA x 1\n", "a.tsv:2: score: not a number"),
        ("a.tsv", "system mqm_avg_score seg_id\nA 3 1\n", "a.tsv:2: score: 3 is outside the scale"),
        ("e.csv", ESA.replace(",95,", ",195,"), "e.csv:2: score: 195 is outside the scale"),
        ("e.csv", ESA.replace("eng,deu,40", "eng,,40"), "e.csv:4"),
        ("h.csv", "id,system,score\n1,A,1_000\n", "h.csv:2: score: not a number: '1_000'"),
        ("h.csv", "id,system,score\n1,A,٣\n", "h.csv:2: score: not a number"),
        ("h.csv", 'id,system,score\n1,A,"5\n', "h.csv:"),
        ("h.csv", '"id,system,score\n', "h.csv:1: not CSV"),
        ("h.jsonl", f'{{"id": "1", "system": "A", "score": 1{"0" * 5000}}}\n', "h.jsonl:1"),
    ],
)
def test_what_does_not_hold_has_its_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(DataError) as caught:
        read_judgements(written(tmp_path, name, text))
    assert said in str(caught.value)


def test_two_scales_in_one_file_are_refused(tmp_path: Path) -> None:
    header = "id,system,score,rater\n"
    costs = header + "1,good,-5,a\n2,good,85,b\n"
    with pytest.raises(DataError, match=r"a\.csv:2: a score of -5 beside 85 .*a\.csv:3"):
        read_judgements(written(tmp_path, "a.csv", costs))
    shares = [f"{n},good,{n / 20},a\n" for n in range(20)]
    points = [f"{n},poor,{n * 5},b\n" for n in range(20)]
    with pytest.raises(DataError, match="not of one scale"):
        read_judgements(written(tmp_path, "b.csv", header + "".join(shares + points)))
    standard = [f"{n},good,{(n - 10) / 4},a\n" for n in range(20)]
    mild = [f"{n},poor,{n % 2},b\n" for n in range(20)]
    found = read_judgements(written(tmp_path, "c.csv", header + "".join(standard + mild)))
    assert len(found.judgements) == 40
