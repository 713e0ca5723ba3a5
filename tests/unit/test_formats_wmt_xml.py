from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtbench.backends.hypotheses import Hypotheses
from mtbench.corpora.load import load, pair_files
from mtbench.errors import DataError
from mtbench.types import Runtime, Translation
from tests.support.imports import lines, take

DOCUMENT = """<dataset id="t"><collection id="general">
<doc id="d1" origlang="en" domain="news">
<src lang="en"><p><seg id="1">One</seg></p><p><seg id="2">Two</seg></p></src>
<ref lang="de" translator="B"><p><seg id="1">Eins B</seg><seg id="2">Zwei B</seg></p></ref>
<ref lang="de" translator="A"><p><seg id="1">Eins A</seg><seg id="2">Zwei A</seg></p></ref>
<hyp lang="de" system="Sys/1"><p><seg id="1">Ein</seg><seg id="2"></seg></p></hyp>
<hyp lang="de" system="Other"><p><seg id="1">Uno</seg></p></hyp>
</doc>
%s
</collection></dataset>
"""


def _write(path: Path, more: str = "", of: str = DOCUMENT) -> Path:
    path.write_text(of % more if "%s" in of else of, encoding="utf-8")
    return path


def test_references_documents_domains_and_outputs_come_along(tmp_path: Path) -> None:
    report = take(tmp_path / "c", _write(tmp_path / "a.xml"))

    assert lines(tmp_path / "c", "en-de") == [
        {"id": "d1/1", "src": "One", "ref": ["Eins A", "Eins B"], "doc": "d1", "domain": "news",
         "original_language": "en"},
        {"id": "d1/2", "src": "Two", "ref": ["Zwei A", "Zwei B"], "doc": "d1", "domain": "news",
         "original_language": "en"},
    ]  # fmt: skip
    assert report.files[0].reference_names == ("A", "B")
    assert report.files[0].systems == {"Other": 1, "Sys/1": 2}
    assert report.remarks == ("Other has no output for 1 segments of en-de",)
    hypotheses = tmp_path / "c" / "hypotheses" / "Sys-1" / "en-de.jsonl"
    assert [json.loads(line) for line in hypotheses.read_text(encoding="utf-8").splitlines()] == [
        {"id": "d1/1", "mt": "Ein"},
        {"id": "d1/2", "mt": ""},
    ]


def test_the_card_names_the_references_so_that_one_can_be_chosen(tmp_path: Path) -> None:
    take(tmp_path / "c", _write(tmp_path / "a.xml"), card={"title": "T", "licence": "none"})

    test_set = load(pair_files(tmp_path / "c")[0], reference="B")

    assert test_set.references == (("Eins B",), ("Zwei B",))
    assert test_set.card is not None
    assert test_set.card.title == "T"


def test_one_reference_can_be_kept(tmp_path: Path) -> None:
    take(tmp_path / "c", _write(tmp_path / "a.xml"), reference="B")

    assert [row["ref"] for row in lines(tmp_path / "c", "en-de")] == ["Eins B", "Zwei B"]


def test_a_reference_that_is_missing_before_a_later_one_would_shift_it(tmp_path: Path) -> None:
    more = (
        '<doc id="d2" origlang="en"><src lang="en"><p><seg id="1">X</seg></p></src>'
        '<ref lang="de" translator="B"><p><seg id="1">Y</seg></p></ref></doc>'
    )
    path = _write(tmp_path / "a.xml", more)

    with pytest.raises(DataError, match="'d2/1' has the references B, others A, B") as caught:
        take(tmp_path / "c", path)

    assert caught.value.hint == "keep one of them: --reference A"
    report = take(tmp_path / "c", path, reference="A")
    assert report.remarks[0].startswith("segments without a reference: 1")


def test_documents_of_test_suites_are_left_out_and_counted(tmp_path: Path) -> None:
    source = '<src lang="en"><p><seg id="1">X</seg></p></src>'
    more = f'<doc id="s" origlang="en" testsuite="x">{source}</doc>'

    report = take(tmp_path / "c", _write(tmp_path / "a.xml", more), reference="A")

    assert report.files[0].segments == 2
    assert report.remarks[0].startswith("left out: segments of test suites: 1 (first:")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('<doc id="d1"', "<doc", "a <doc> needs an id and one <src>"),
        ('<seg id="2">Two', '<seg id="1">Two', "the segment id '1' stands twice in one <src>"),
        ('<seg id="2">Two', "<seg>Two", "a <seg> without id"),
        ('<src lang="en">', "<src>", "a <src> without lang"),
        ('system="Other"', "", "a <hyp> without system"),
        ('system="Other"', 'system="Sys/1"', "two <hyp> of system 'Sys/1' in one document"),
        ('translator="B"', 'translator="A"', "two <ref> of translator 'A' in one document"),
        ('<seg id="1">Uno', '<seg id="7">Uno', "segment '7' of 'Other' has no source"),
        (">Two<", ">  <", "src: blank (segment 'd1/2')"),
        (">Zwei A<", "><", "ref: blank (segment 'd1/2')"),
        ('origlang="en"', 'origlang="??"', "original language: not a language tag"),
        ('"Other"', '"Sys!1"', "would share the folder Sys-1"),
    ],
)
def test_what_does_not_hold_is_an_error_with_file_and_line(
    before: str, after: str, message: str, tmp_path: Path
) -> None:
    path = _write(tmp_path / "a.xml", of=(DOCUMENT % "").replace(before, after, 1))

    with pytest.raises(DataError) as caught:
        take(tmp_path / "c", path)

    assert message in caught.value.message
    assert caught.value.message.startswith(f"{path}:")
    assert not (tmp_path / "c").exists()


def test_two_documents_of_one_id_clash(tmp_path: Path) -> None:
    body = DOCUMENT[DOCUMENT.index("<doc") : DOCUMENT.index("</doc>") + 6]

    with pytest.raises(DataError, match=r"xml:\d+: the id 'd1/1' is that of .*xml:\d+, too"):
        take(tmp_path / "c", _write(tmp_path / "a.xml", body))


def test_an_xml_of_another_kind_is_named(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.xml", of="<html><p>a</p></html>")

    with pytest.raises(Exception, match="an HTML page") as caught:
        take(tmp_path / "c", path)

    assert getattr(caught.value, "exit_code", None) == 1


# --- one reader -----------------------------------------------------------------------------

PUBLISHED = """<dataset id="t"><collection id="general">
<doc id="n1" origlang="ru"><src lang="ru"><p><seg id="1">Раз</seg><seg id="2">Два</seg></p></src>
<ref lang="en" translator="A"><p><seg id="1">One</seg><seg id="2">Two</seg></p></ref>
<hyp lang="en" system="S"><p><seg id="2">Two S</seg><seg id="1">One S</seg></p></hyp></doc>
</collection><collection id="testsuites">
<doc id="t1" origlang="ru" testsuite="terms"><src lang="ru"><p><seg id="1">Слово</seg></p></src>
<hyp lang="en" system="S"><p><seg id="1">Word</seg></p></hyp></doc>
</collection></dataset>
"""


def test_what_an_import_reads_a_system_of_the_same_file_answers(tmp_path: Path) -> None:
    """Files of WMT21 hold documents of test suites beside the test set proper."""
    path = _write(tmp_path / "a.xml", of=PUBLISHED)
    take(tmp_path / "c", path)
    test_set = load(pair_files(tmp_path / "c")[0])
    options = Hypotheses.Options(path=str(path), system="S")
    with Hypotheses(options, test_set.pair, Runtime()) as system:
        system.sources(test_set.sources)
        answers = system.translate(test_set.sources)

    assert [source.id for source in test_set.sources] == ["n1/1", "n1/2"]
    assert answers == [Translation(text="One S"), Translation(text="Two S")]
    kept = (tmp_path / "c/hypotheses/S/ru-en.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["mt"] for line in kept] == ["One S", "Two S"]


def _livonian(reference: str, output: str) -> str:
    return (
        '<dataset id="t"><collection id="g"><doc id="d" origlang="en">'
        '<src lang="en"><p><seg id="1">The house is old.</seg></p></src>'
        f'<ref lang="{reference}"><p><seg id="1">R</seg></p></ref>'
        f'<hyp lang="{output}" system="S"><p><seg id="1">H</seg></p></hyp>'
        "</doc></collection></dataset>"
    )


@pytest.mark.parametrize(
    ("reference", "output", "pairs", "name"),
    [
        ("liv", "iv", (), "en-liv"),
        ("iv", "liv", (), "en-liv"),
        ("liv", "iv", ("en-liv",), "en-liv"),
        ("zh", "zho", (), "en-zh"),
        ("zh-CN", "ZH", ("en-zh",), "en-zh"),
        ("cmn", "zh", ("en-zh",), "en-zh"),
    ],
)
def test_a_target_that_is_spelled_in_two_ways_is_one_target(
    tmp_path: Path, reference: str, output: str, pairs: tuple[str, ...], name: str
) -> None:
    path = _write(tmp_path / "a.xml", of=_livonian(reference, output))

    report = take(tmp_path / "c", path, pairs=pairs)

    assert [str(file.pair) for file in report.files] == [name]
    assert lines(tmp_path / "c", name)[0]["ref"] == "R"
    assert report.files[0].systems == {"S": 1}
    assert f"documents whose target is spelled {reference} and {output}" in report.remarks[0]


def test_two_languages_stay_two_targets_so_that_no_output_meets_a_strange_reference(
    tmp_path: Path,
) -> None:
    path = _write(tmp_path / "a.xml", of=_livonian("de", "fr"))

    report = take(tmp_path / "c", path)

    assert [(str(f.pair), f.references, f.systems) for f in report.files] == [
        ("en-de", 1, {}),
        ("en-fr", 0, {"S": 1}),
    ]


def test_a_segment_that_stands_twice_in_the_same_words_counts_once(tmp_path: Path) -> None:
    twice = DOCUMENT.replace('<seg id="1">Uno', '<seg id="1">Uno</seg><seg id="1">Uno')

    report = take(tmp_path / "c", _write(tmp_path / "a.xml", of=twice % ""))

    assert report.files[0].systems["Other"] == 1
    assert report.remarks[0].startswith("left out: texts that stand twice in the same words: 1")
