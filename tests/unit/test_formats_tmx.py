from __future__ import annotations

import io
import re
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


def test_regions_run_together_only_where_the_language_was_asked_for_and_that_is_said(
    tmp_path: Path,
) -> None:
    memory = _write(
        tmp_path / "m.tmx", _unit("1", en="Hello", pt_BR="Oi"), _unit("2", en="Yes", pt_PT="Sim")
    )

    together = take(tmp_path / "c", memory, pairs=["en-pt"])
    apart = take(tmp_path / "d", memory, pairs=["en-pt-BR"])

    assert [file.segments for file in together.files] == [2]
    assert together.remarks == ("changed: en-pt-BR, en-pt-PT taken together as en-pt",)
    assert [row["ref"] for row in lines(tmp_path / "d", "en-pt-BR")] == ["Oi"]
    assert apart.remarks[0].startswith("left out: units without the languages asked for: 1")


def test_white_space_of_the_xml_is_no_text_unless_the_unit_says_so(tmp_path: Path) -> None:
    pretty = _unit("1", en="\n      Hello,\n      friend.\n    ", it=" Ciao ")
    kept = _unit("2", en=" a\n b", it="c  d").replace("<tu ", '<tu xml:space="preserve" ')
    coded = _unit("3", en='one<ph type="lb"/>line', it="una riga")

    segments, remarks = _read(_write(tmp_path / "m.tmx", pretty, kept, coded), "en-it")

    assert [segment.source for segment in segments] == ["Hello, friend.", " a\n b", "one\nline"]
    assert segments[1].references == ("c  d",)
    assert remarks.count("changed", "texts with codes that break a line, now a line end") == 1


@pytest.mark.parametrize("said", ["*", "*all*", "*ALL*"])
def test_a_memory_of_any_source_language_asks_for_the_direction(tmp_path: Path, said: str) -> None:
    memory = _write(tmp_path / "m.tmx", _unit("1", en="A", it="B"))
    memory.write_text(
        re.sub('srclang="[^"]*"', f'srclang="{said}"', memory.read_text("utf-8")), "utf-8"
    )

    with pytest.raises(RequestError, match="does not say which language is the source"):
        _read(memory)
    assert _read(memory, "en-it")[0][0].source == "A"


def test_a_property_fills_what_map_says(tmp_path: Path) -> None:
    unit = _unit("1", en="A", it="B").replace(">", '><prop type="x-domain">law</prop>', 1)

    take(tmp_path / "c", _write(tmp_path / "m.tmx", unit), pairs=["en-it"],
         mapping={"domain": ("x-domain",)})  # fmt: skip

    assert lines(tmp_path / "c", "en-it")[0]["domain"] == "law"


def test_what_nobody_asked_for_is_not_judged_and_what_is_can_be_skipped(tmp_path: Path) -> None:
    memory = _write(
        tmp_path / "m.tmx",
        _unit("1", en="A", it="B", de=""),
        '<tu><tuv xml:lang="en"><seg>C</seg></tuv><tuv xml:lang="it"></tuv></tu>',
        _unit("3", en="D", it="E"),
    )

    with pytest.raises(DataError, match="a <tuv> without <seg>"):
        take(tmp_path / "c", memory, pairs=["en-it"])
    report = take(tmp_path / "c", memory, pairs=["en-it"], skip_invalid=True)

    assert [row["id"] for row in lines(tmp_path / "c", "en-it")] == ["1", "3"]
    assert (report.read, report.kept) == (3, 2)


def test_a_memory_that_calls_itself_utf_16_and_is_not(tmp_path: Path) -> None:
    memory = _write(tmp_path / "m.tmx", _unit("1", en="Grün", it="Più"))
    text = memory.read_text("utf-8")
    memory.write_text(
        re.sub(r"<\?xml[^>]*>", "<?xml version='1.0' encoding='UTF-16'?>", text), "utf-8"
    )

    segments, remarks = _read(memory, "en-it")

    assert segments[0].source == "Grün"
    assert "calls itself UTF-16" in remarks.sentences()[0]


def test_repeated_segments_are_counted_and_left_out_where_that_is_asked(tmp_path: Path) -> None:
    memory = _write(
        tmp_path / "m.tmx", _unit("1", en="A", it="B"), _unit("2", en="A", it="B"),
        _unit("3", en="A", it="C"),
    )  # fmt: skip

    def kept(**how: str) -> tuple[int, tuple[str, ...]]:
        report = take(tmp_path / "c", memory, pairs=["en-it"], force=True, **how)
        return report.kept, tuple(one.sort for one in report.found)

    assert kept() == (3, ("suspicious", "suspicious"))
    assert kept(dedup="exact") == (2, ("left out", "suspicious"))
    assert kept(dedup="source") == (1, ("left out", "left out"))


def test_units_without_the_languages_are_left_out_and_counted(tmp_path: Path) -> None:
    memory = _write(
        tmp_path / "m.tmx", _unit("1", en="A", it="B"), _unit("2", en="C"), _unit("3", it="D")
    )

    segments, remarks = _read(memory, "en-it")

    assert [s.id for s in segments] == ["1"]
    assert remarks.sentences() == (
        f"left out: units without the languages asked for: 2 (first: {memory}:7)",
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
    assert remarks.count("changed", "texts without their formatting codes") == 2


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
        ('<tu><tuv xml:lang="en"></tuv><tuv xml:lang="it"/></tu>', "a <tuv> without <seg>"),
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
