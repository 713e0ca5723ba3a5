"""Hypotheses from files: exact counts, exact ids, nothing cut or filled in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from mtbench.errors import DataError, MtbenchError, RequestError, SegmentError, UnknownName
from mtbench.languages import LanguagePair
from mtbench.plugins import BACKENDS, parse_options
from mtbench.types import Json, Source, Translation
from tests.support.sources import backend, segments, texts

THREE = segments(["One.", "Two.", "Three."], document="d")


def read(path: Path | str, sources: Sequence[Source] = THREE, **options: Json) -> list[str]:
    system = backend("hypotheses", path=str(path), **options)
    system.check()
    system.sources(sources)
    with system:
        return texts(system.translate(sources))


def write_rows(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_plain_text_is_one_line_a_segment(tmp_path: Path) -> None:
    file = tmp_path / "system.it"
    file.write_bytes("\ufeffUno.\r\nDue\u2028due.\r\nTre.".encode())
    assert read(file) == ["Uno.", "Due\u2028due.", "Tre."]


def test_an_empty_line_is_an_empty_hypothesis(tmp_path: Path) -> None:
    file = tmp_path / "system.txt"
    file.write_text("Uno.\n\nTre.\n", encoding="utf-8")
    assert read(file) == ["Uno.", "", "Tre."]


@pytest.mark.parametrize(
    ("content", "count", "direction"),
    [("Uno.\nDue.\n", 2, "short by 1"), ("a\nb\nc\n\n", 4, "long by 1"), ("", 0, "short by 3")],
)
def test_a_line_too_few_or_too_many_is_refused(
    tmp_path: Path, content: str, count: int, direction: str
) -> None:
    file = tmp_path / "system.txt"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read(file)
    assert caught.value.exit_code == 1
    message = str(caught.value)
    assert f"{file}: {count} lines for 3 source segments" in message
    assert direction in message


def test_jsonl_is_matched_by_id_and_keeps_further_keys(tmp_path: Path) -> None:
    file = write_rows(
        tmp_path / "system.jsonl",
        {"id": "s3", "mt": "Tre."},
        {"id": "s1", "mt": "", "score": 0.5},
        {"id": "s2", "mt": "Due\ndue."},
    )
    system = backend("hypotheses", path=str(file))
    system.sources(THREE)
    answers = system.translate(THREE)
    assert texts(answers) == ["", "Due\ndue.", "Tre."]
    assert isinstance(answers[0], Translation)
    assert answers[0].kept == {"score": 0.5}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["s1", "s3"], "first id without a hypothesis: 's2'"),
        (["s1", "s2", "s3", "s4"], "system.jsonl:4: first id without a source: 's4'"),
        (["s1", "s2", "S3"], "1 missing and 1 unknown"),
        (["s1", "s2", "s2", "s3"], "system.jsonl:3: the id 's2' stands in line 2 already"),
    ],
)
def test_jsonl_ids_must_be_those_of_the_test_set(
    tmp_path: Path, names: list[str], expected: str
) -> None:
    file = write_rows(tmp_path / "system.jsonl", *({"id": name, "mt": "x"} for name in names))
    with pytest.raises(DataError, match=r"system\.jsonl") as caught:
        read(file)
    assert expected in str(caught.value)


@pytest.mark.parametrize("line", ["not json", "[1]", '{"id": 1, "mt": "x"}', '{"id": "s1"}'])
def test_a_malformed_row_is_named_by_its_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "system.jsonl"
    file.write_text('{"id": "s2", "mt": "x"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"system\.jsonl:2: ") as caught:
        read(file)
    if line.startswith('{"id": 1'):
        assert "an id that is no text in quotes" in str(caught.value)


def test_a_recorded_failure_stays_a_failure(tmp_path: Path) -> None:
    file = write_rows(
        tmp_path / "output.jsonl",
        {"id": "s1", "mt": "Uno."},
        {"id": "s2", "mt": None, "failure": "the server refused"},
        {"id": "s3", "mt": "Tre."},
    )
    system = backend("hypotheses", path=str(file))
    system.sources(THREE)
    assert texts(system.translate([THREE[0], THREE[2]])) == ["Uno.", "Tre."]
    with pytest.raises(SegmentError, match="the server refused"):
        system.translate([THREE[1]])


def test_the_direction_fills_in_the_path_or_chooses_within_a_folder(tmp_path: Path) -> None:
    (tmp_path / "en-it.txt").write_text("a\nb\nc\n", encoding="utf-8")
    write_rows(tmp_path / "it-en.jsonl", *({"id": s.id, "mt": s.id} for s in THREE))
    assert read(tmp_path) == ["a", "b", "c"]
    assert read(tmp_path / "{src}-{tgt}.txt") == ["a", "b", "c"]
    kind = BACKENDS.get("hypotheses")
    for path, serves_english_german in [
        (tmp_path, False),
        (tmp_path / "{src}-{tgt}.txt", False),
        (tmp_path / "en-it.txt", True),
    ]:
        options = parse_options(kind.Options, {"path": str(path)}, "test")
        assert kind.serves(options, LanguagePair.parse("en-it"))
        assert kind.serves(options, LanguagePair.parse("en-de")) is serves_english_german
        assert kind.one_test_set(options) is serves_english_german


def test_two_files_for_one_direction_are_refused(tmp_path: Path) -> None:
    for suffix in (".txt", ".jsonl"):
        (tmp_path / f"en-it{suffix}").write_text("", encoding="utf-8")
    with pytest.raises(RequestError, match="two files could be meant"):
        backend("hypotheses", path=str(tmp_path)).check()


@pytest.mark.parametrize(("path", "exit_code"), [("absent.txt", 2), ("{src}/{tgt}.txt", 2)])
def test_a_missing_file_is_said_before_any_work(tmp_path: Path, path: str, exit_code: int) -> None:
    with pytest.raises(MtbenchError, match="no hypotheses file") as caught:
        backend("hypotheses", path=str(tmp_path / path)).check()
    assert caught.value.exit_code == exit_code


def test_its_identity_follows_the_content_not_the_name(tmp_path: Path) -> None:
    for name, content in [("a.txt", "x\n"), ("b.txt", "x\n"), ("c.txt", "y\n")]:
        (tmp_path / name).write_text(content, encoding="utf-8")
    one, same, other = (
        backend("hypotheses", path=str(tmp_path / name)).identity()
        for name in ("a.txt", "b.txt", "c.txt")
    )
    assert one == same != other


# --- WMT XML --------------------------------------------------------------------------------

XML = """<?xml version='1.0' encoding='utf-8'?>
<dataset id="test"><collection id="general">
<doc origlang="en" id="one">
 <src lang="en"><p><seg id="1">One.</seg>
  <seg id="2">Two &amp; <b>more</b>.</seg></p></src>
 <ref lang="it" translator="A"><p><seg id="1">-</seg><seg id="2">-</seg></p></ref>
 <hyp system="A" lang="it"><p><seg id="1">Uno.</seg><seg id="2">Due &amp; più.</seg></p></hyp>
 <hyp system="B" lang="it"><p><seg id="1">U.</seg><seg id="2"/></p></hyp>
</doc>
<doc origlang="en" id="two">
 <src lang="en"><p><seg id="1">Three.</seg></p></src>
 <hyp system="A" lang="it"><p><seg id="1">Tre.</seg></p></hyp>
 <hyp system="B" lang="it"><p><seg id="1">T.</seg></p></hyp>
</doc>
</collection></dataset>
"""
XML_SOURCES = segments(["One.", "Two & more.", "Three."])


def test_wmt_xml_gives_one_system_in_order(tmp_path: Path) -> None:
    file = tmp_path / "wmt.xml"
    file.write_text(XML, encoding="utf-8")
    assert read(file, XML_SOURCES, system="A") == ["Uno.", "Due & più.", "Tre."]
    assert read(file, XML_SOURCES, system="B") == ["U.", "", "T."]


@pytest.mark.parametrize(
    ("change", "sources", "system", "kind", "expected"),
    [
        (("", ""), XML_SOURCES, "C", UnknownName, "system in"),
        (("", ""), XML_SOURCES, None, RequestError, "holds the outputs of 2 systems"),
        (("", ""), XML_SOURCES[:2], "A", DataError, "3 segments for 2 source segments"),
        (("Three.", "Four."), XML_SOURCES, "A", DataError, "another source text than segment 's3'"),
        (("</doc>", ""), XML_SOURCES, "A", DataError, "not well-formed XML"),
        (('<seg id="2"/>', ""), XML_SOURCES, "B", DataError, "2 source segments and 1 of 'B'"),
        (
            ("<dataset", "<!DOCTYPE x [<!ENTITY a 'b'>]><dataset"),
            XML_SOURCES,
            "A",
            DataError,
            "declares the XML entity 'a'",
        ),
        (('lang="en"', 'lang="fr"'), XML_SOURCES, "A", DataError, "no document with a source"),
    ],
)
def test_wmt_xml_that_does_not_hold_is_refused(
    tmp_path: Path,
    change: tuple[str, str],
    sources: list[Source],
    system: str | None,
    kind: type[MtbenchError],
    expected: str,
) -> None:
    file = tmp_path / "wmt.xml"
    file.write_text(XML.replace(*change) if change[0] else XML, encoding="utf-8")
    with pytest.raises(kind, match=r"wmt\.xml") as caught:
        read(file, sources, **({"system": system} if system else {}))
    assert expected in str(caught.value)


def test_wmt22_xml_equals_the_published_text_files(wmt22: Path) -> None:
    """The shared task published each output twice: within the XML and as plain text."""
    sources = segments(
        (wmt22 / "sources/generaltest2022.fr-de.src.fr").read_text("utf-8").splitlines()
    )
    plain = backend(
        "hypotheses",
        "fr-de",
        path=str(wmt22 / "system-outputs/generaltest2022.fr-de.hyp.Online-W.de"),
    )
    marked_up = backend(
        "hypotheses", "fr-de", path=str(wmt22 / "wmttest2022.fr-de.all.xml"), system="Online-W"
    )
    for system in (plain, marked_up):
        system.sources(sources)
    assert texts(plain.translate(sources)) == texts(marked_up.translate(sources))
