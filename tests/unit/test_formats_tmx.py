from __future__ import annotations

import io
from pathlib import Path

import pytest

from mtbench.corpora.formats.segments import ImportedSegment, Remarks, Wanted
from mtbench.corpora.formats.tmx import read_tmx, write_tmx
from mtbench.errors import DataError, RequestError, UnknownName
from mtbench.languages import LanguagePair
from tests.support.imports import lines, take

HEAD = '<?xml version="1.0"?>\n<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n<tmx version="1.4">'
HEADER = '<header srclang="en-US" segtype="sentence" datatype="xml"/>'


def _write(path: Path, *units: str, header: str = HEADER) -> Path:
    body = "\n".join(units)
    path.write_text(f"{HEAD}\n{header}\n<body>\n{body}\n</body></tmx>\n", encoding="utf-8")
    return path


def _unit(identifier: str | None = None, **variants: str) -> str:
    name = f' tuid="{identifier}"' if identifier else ""
    inside = "".join(
        f'<tuv xml:lang="{language.replace("_", "-")}"><seg>{text}</seg></tuv>'
        for language, text in variants.items()
    )
    return f"<tu{name}>{inside}</tu>"


def _read(path: Path, *pairs: str) -> tuple[list[ImportedSegment], Remarks]:
    remarks = Remarks()
    wanted = Wanted(LanguagePair.parse(pair) for pair in pairs)
    return list(read_tmx(path, wanted, remarks)), remarks


def test_every_target_language_becomes_a_file_with_the_same_ids(tmp_path: Path) -> None:
    memory = _write(
        tmp_path / "m.tmx",
        _unit("a7", en_US="Hello", it_IT="Ciao", fr_FR="Bonjour"),
        _unit(None, en_US="Bye", it_IT="Addio", fr_FR="Au revoir"),
    )

    report = take(tmp_path / "c", memory)

    assert [str(file.pair) for file in report.files] == ["en-US-fr-FR", "en-US-it-IT"]
    assert lines(tmp_path / "c", "en-US-it-IT") == [
        {"id": "a7", "src": "Hello", "ref": "Ciao"},
        {"id": "2", "src": "Bye", "ref": "Addio"},
    ]
    assert [row["id"] for row in lines(tmp_path / "c", "en-US-fr-FR")] == ["a7", "2"]


def test_any_direction_can_be_asked_for_and_takes_regions_along(tmp_path: Path) -> None:
    memory = _write(tmp_path / "m.tmx", _unit("1", en_US="Hello", it_IT="Ciao", fr_FR="Salut"))

    segments, remarks = _read(memory, "it-en")

    assert [(str(s.pair), s.source, s.references) for s in segments] == [
        ("it-en", "Ciao", ("Hello",))
    ]
    assert remarks.sentences() == ()


def test_two_regions_never_run_together(tmp_path: Path) -> None:
    memory = _write(tmp_path / "m.tmx", _unit("1", en="Hello", pt_BR="Oi", pt_PT="Olá"))

    with pytest.raises(DataError, match="en-pt matches both en-pt-BR and en-pt-PT") as caught:
        _read(memory, "en-pt")

    assert caught.value.hint == "name the one you want: --pair en-pt-PT"


def test_units_without_the_languages_are_left_out_and_counted(tmp_path: Path) -> None:
    memory = _write(
        tmp_path / "m.tmx", _unit("1", en="A", it="B"), _unit("2", en="C"), _unit("3", it="D")
    )

    segments, remarks = _read(memory, "en-it")

    assert [s.id for s in segments] == ["1"]
    assert remarks.sentences() == (
        f"units without the languages asked for, left out: 2 (first: {memory}:7)",
    )


def test_a_direction_that_is_not_there_is_an_unknown_name(tmp_path: Path) -> None:
    memory = _write(tmp_path / "m.tmx", _unit("1", en="A", it="B"))

    with pytest.raises((DataError, UnknownName)) as caught:
        take(tmp_path / "c", memory, pairs=["en-de"])

    assert "en-de" in str(caught.value)
    assert caught.value.exit_code == 2
    assert not (tmp_path / "c").exists()


def test_formatting_codes_are_no_text_and_highlights_are(tmp_path: Path) -> None:
    memory = _write(
        tmp_path / "m.tmx",
        _unit(
            "1",
            en='Press <bpt i="1">&lt;b&gt;</bpt>OK<ept i="1">&lt;/b&gt;</ept> <hi>now</hi>.',
            it="Premi <ph>{1}</ph>OK.",
        ),
    )

    segments, remarks = _read(memory, "en-it")

    assert segments[0].source == "Press OK now."
    assert segments[0].references == ("Premi OK.",)
    assert remarks.count("texts with formatting codes, left out") == 2


def test_variants_of_the_target_are_references_and_of_the_source_an_error(tmp_path: Path) -> None:
    unit = (
        '<tu tuid="1"><tuv xml:lang="en"><seg>A</seg></tuv><tuv xml:lang="it"><seg>B</seg></tuv>'
        '<tuv xml:lang="it"><seg>C</seg></tuv></tu>'
    )
    memory = _write(tmp_path / "m.tmx", unit)

    assert _read(memory, "en-it")[0][0].references == ("B", "C")
    with pytest.raises(DataError, match="2 variants in it, the source language"):
        _read(memory, "it-en")


def test_a_source_of_all_languages_needs_a_direction(tmp_path: Path) -> None:
    memory = _write(
        tmp_path / "m.tmx", _unit("1", en="A", it="B"), header='<header srclang="*all*"/>'
    )

    with pytest.raises(RequestError) as caught:
        _read(memory)

    assert caught.value.hint == "say the direction: --pair en-it"
    assert len(_read(memory, "en-it")[0]) == 1


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        ("<tu><tuv><seg>A</seg></tuv></tu>", "a <tuv> without xml:lang"),
        ('<tu><tuv xml:lang="en"></tuv></tu>', "a <tuv> without <seg>"),
        ('<tu><tuv xml:lang="english!"><seg>A</seg></tuv></tu>', "not a language tag: 'english!'"),
    ],
)
def test_a_unit_that_does_not_hold_is_named_by_line(
    unit: str, message: str, tmp_path: Path
) -> None:
    memory = _write(tmp_path / "m.tmx", _unit("1", en="A", it="B"), unit)

    with pytest.raises(DataError) as caught:
        _read(memory, "en-it")

    assert caught.value.message == f"{memory}:7: {message}"


def test_properties_of_other_tools_become_extra_keys(tmp_path: Path) -> None:
    unit = (
        '<tu tuid="1"><prop type="client">ACME</prop><prop type="id">99</prop>'
        '<tuv lang="en"><seg>A</seg></tuv><tuv lang="it"><seg>B</seg></tuv></tu>'
    )

    segments, _ = _read(_write(tmp_path / "m.tmx", unit), "en-it")

    assert segments[0].extra == {"client": "ACME"}


def test_a_character_that_xml_cannot_hold_is_refused_with_its_segment() -> None:
    segment = ImportedSegment(
        pair=LanguagePair.parse("en-it"), id="s/4", source="a\x0bb", references=("c",)
    )

    with pytest.raises(DataError, match="segment 's/4': XML cannot hold a character of it"):
        write_tmx([segment], io.BytesIO())
