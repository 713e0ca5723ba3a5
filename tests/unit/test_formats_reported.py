"""Files of the shapes that users of other programs reported as bugs there; each says where."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from mtbench.errors import DataError
from tests.support import sheets
from tests.support.imports import lines, take

TMX = '<?xml version="1.0"?><tmx version="1.4"><header srclang="en"/><body>{}</body></tmx>'
XLIFF = (
    '<?xml version="1.0"?><xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">'
    "{}</xliff>"
)
FILE = '<file source-language="en" target-language="{}" original="{}"><body>{}</body></file>'
PO = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset={}\\n"\n"Language: de\\n"\n\n'
ROWS = [["id", "en", "de"], ["a", "One", "Eins"], ["b", "Two\nlines", "Zwei ä"]]


def put(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def texts(folder: Path, path: Path, pair: str) -> list[tuple[str, str | None]]:
    """Sources and references of an import."""
    take(folder / "c", path, pairs=[pair])
    return [(row["src"], row.get("ref")) for row in lines(folder / "c", pair)]


# Spreadsheets and tables


@pytest.mark.parametrize("form", ["xlsx", "xlsb", "ods"])
def test_every_form_of_spreadsheet_gives_the_same_rows(tmp_path: Path, form: str) -> None:
    path = put(tmp_path, f"a.{form}", getattr(sheets, form)(ROWS))

    assert texts(tmp_path, path, "en-de") == [("One", "Eins"), ("Two\nlines", "Zwei ä")]


def test_a_sheet_that_calls_itself_one_cell_is_read_whole(tmp_path: Path) -> None:
    """pandas 39001, dify 1039, XLSX.jl 222: <dimension ref="A1"/>, as some programs write it."""
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>{a}</t></is></c>'
        f'<c r="B{n}" t="inlineStr"><is><t>{b}</t></is></c></row>'
        for n, (a, b) in enumerate([("en", "de"), ("One", "Eins"), ("Two", "Zwei")], start=1)
    )
    sheet = f'<dimension ref="A1"/><sheetData>{rows}</sheetData>'

    found = texts(tmp_path, put(tmp_path, "a.xlsx", sheets.xlsx_of(sheet)), "en-de")

    assert found == [("One", "Eins"), ("Two", "Zwei")]


def test_how_a_japanese_word_is_read_is_no_text(tmp_path: Path) -> None:
    """Excel keeps furigana beside the text that it belongs to; the text may be in parts."""
    strings = (
        "<si><t>en</t></si><si><t>ja</t></si><si><t>Tokyo is big.</t></si>"
        '<si><r><t xml:space="preserve">東京</t></r><r><t>は大きい。</t></r>'
        '<rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si>'
    )
    cells = '<row r="{0}"><c r="A{0}" t="s"><v>{1}</v></c><c r="B{0}" t="s"><v>{2}</v></c></row>'
    sheet = f"<sheetData>{cells.format(1, 0, 1)}{cells.format(2, 2, 3)}</sheetData>"

    found = texts(tmp_path, put(tmp_path, "a.xlsx", sheets.xlsx_of(sheet, strings)), "en-ja")

    assert found == [("Tokyo is big.", "東京は大きい。")]


def _cell(*paragraphs: str) -> str:
    inside = "".join(f"<text:p>{text}</text:p>" for text in paragraphs)
    return f'<table:table-cell office:value-type="string">{inside}</table:table-cell>'


def test_rows_that_open_document_says_once_are_as_many_as_it_says(tmp_path: Path) -> None:
    """readODS 81, calamine 308; odftoolkit 25: and a million empty ones are none."""
    rows = (
        f"<table:table-row>{_cell('en')}{_cell('de')}</table:table-row>"
        f'<table:table-row table:number-rows-repeated="2">{_cell("Same")}{_cell("Gleich")}'
        "</table:table-row>"
        '<table:table-row table:number-rows-repeated="1048573">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )

    found = texts(tmp_path, put(tmp_path, "a.ods", sheets.ods_of(rows)), "en-de")

    assert found == [("Same", "Gleich")] * 2


def test_words_apart_in_a_cell_of_open_document_stay_apart(tmp_path: Path) -> None:
    """hucre 342: spaces, tabs and line ends are elements there; notes are no text."""
    note = "<office:annotation><text:p>check this</text:p></office:annotation>"
    target = _cell('Eins<text:s text:c="2"/>und<text:tab/>zwei<text:line-break/>drei')
    rows = (
        f"<table:table-row>{_cell('en')}{_cell('de')}</table:table-row><table:table-row>"
        f"{_cell('One', 'two')}"
        f"{target}</table:table-row>"
    ).replace("<text:p>Eins", f"{note}<text:p>Eins")

    found = texts(tmp_path, put(tmp_path, "a.ods", sheets.ods_of(rows)), "en-de")

    assert found == [("One\ntwo", "Eins  und\tzwei\ndrei")]


def test_a_binary_sheet_whose_cells_lie_far_apart_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = sheets._record
    far = struct.pack("<I", 1_048_575), struct.pack("<I", 16_383)

    def record(kind: int, body: bytes = b"") -> bytes:
        moved = {0: far[0], 7: far[1]}.get(kind)
        return whole(kind, moved + body[4:] if moved else body)

    monkeypatch.setattr(sheets, "_record", record)
    with pytest.raises(DataError, match=r"sheet1\.bin lie too far apart"):
        take(tmp_path / "c", put(tmp_path, "a.xlsb", sheets.xlsb(ROWS)), pairs=["en-de"])


@pytest.mark.parametrize("named", [{}, {"format": "spreadsheet"}])
def test_a_spreadsheet_of_before_2007_is_refused_by_name(
    tmp_path: Path, named: dict[str, str]
) -> None:
    old = put(tmp_path, "a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(DataError, match="a file of Office before 2007") as caught:
        take(tmp_path / "c", old, pairs=["en-de"], **named)
    assert ".xlsx or CSV" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("content", "right"),
    [
        # better-translation-manager 63: some cells in quotes, with line ends in them
        ('key;en;ko\nr.6;"Cannot\nload";"로드할\n수"\n', [("Cannot\nload", "로드할\n수")]),
        # godot 86491: semicolons, and one more at every end
        (
            "keys;en;ko;\nPlay;Play;놀다;\nStart;Begin;시작;\n",
            [("Play", "놀다"), ("Begin", "시작")],
        ),
        # OpenRefine 6527, workarea 243: a byte-order mark before the header
        ("\ufeffen\tko\nOne\t하나\n", [("One", "하나")]),
        # jquery-csv 142: quotes doubled within quotes, and a delimiter
        ('en;ko\n"a ""b"";\nc";가\n', [('a "b";\nc', "가")]),
        # zabbix-module-sqlexplorer 18: line ends of Windows within cells
        ('en,ko\r\n"a\r\nb",가\r\n', [("a\r\nb", "가")]),
    ],
)
def test_tables_as_programs_export_them(
    tmp_path: Path, content: str, right: list[tuple[str, str]]
) -> None:
    name = "a.tsv" if "\t" in content else "a.csv"
    assert texts(tmp_path, put(tmp_path, name, content), "en-ko") == right


# Translation memories


def _unit(source: str, target: str, lang: str = "xml:lang") -> str:
    return (
        f'<tu><tuv {lang}="en"><seg>{source}</seg></tuv>'
        f'<tuv {lang}="es"><seg>{target}</seg></tuv></tu>'
    )


@pytest.mark.parametrize(
    ("unit", "right"),
    [
        # MateCat 1526: elements of XLIFF, which TMX does not have
        (_unit('Press <g id="1">OK</g><x id="2"/> now', "<g>OK</g> ya"), ("Press OK now", "OK ya")),
        # MateCat-Filters 32: the codes as text; they are what the file says
        (_unit("a &lt;bx id='4'/&gt; b", "c"), ("a <bx id='4'/> b", "c")),
        # virtaal 2775: characters whose code ends in 1A
        (_unit("√ ‚x", "raíz"), ("√ ‚x", "raíz")),
        # Trados-Studio-Resource-Converter 2: beyond the first 65,536 characters
        (_unit("&#x1F4D6; Book", "📖 Libro"), ("📖 Book", "📖 Libro")),
        (_unit("One", "Uno", "lang"), ("One", "Uno")),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])  # modernmt 293: memoQ writes UTF-16
def test_memories_as_programs_export_them(
    tmp_path: Path, unit: str, right: tuple[str, str], encoding: str
) -> None:
    head = TMX.replace("?>", f' encoding="{encoding}"?>', 1)
    path = put(tmp_path, "a.tmx", head.format(unit), encoding)
    assert texts(tmp_path, path, "en-es") == [right]


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        # SDLPPXPackager 2: the text is not in <seg>
        ('<tu><tuv lang="en">One</tuv><tuv lang="es">Uno</tuv></tu>', "without <seg>"),
        # OpusTools 25: the beginning of a unit is lost
        (_unit("a", "b") + '<tuv xml:lang="en"><seg>c</seg></tuv></tu>', "ending tag mismatch"),
        # pontoon 1883, translate 3147: control characters
        (_unit("a\x02b", "c"), "invalid Char value 2"),
        (_unit("a&#x1F;b", "c"), "invalid xmlChar value 31"),
        (_unit("&#55357;&#56534;", "c"), "invalid xmlChar value 55357"),
    ],
)
def test_memories_that_are_broken_are_named_with_the_line(
    tmp_path: Path, unit: str, said: str
) -> None:
    with pytest.raises(DataError, match=said) as caught:
        take(tmp_path / "c", put(tmp_path, "a.tmx", TMX.format(unit)), pairs=["en-es"])
    assert "a.tmx:1: " in caught.value.message


# XLIFF and catalogues


def test_a_file_of_several_target_languages_is_several_directions(tmp_path: Path) -> None:
    unit = '<trans-unit id="1"><source>One</source><target>{}</target></trans-unit>'
    body = FILE.format("de", "a", unit.format("Eins")) + FILE.format("fr", "b", unit.format("Un"))
    path = put(tmp_path, "a.xlf", XLIFF.format(body))

    take(tmp_path / "c", path)
    one = take(tmp_path / "d", path, pairs=["en-de"])

    assert [row["ref"] for row in lines(tmp_path / "c", "en-de")] == ["Eins"]
    assert [row["ref"] for row in lines(tmp_path / "c", "en-fr")] == ["Un"]
    assert [row["ref"] for row in lines(tmp_path / "d", "en-de")] == ["Eins"]
    assert one.remarks[0].startswith("left out: units without the languages asked for: 1")


def test_a_unit_that_is_translated_in_part_gives_the_parts_that_are(tmp_path: Path) -> None:
    """modernmt 356, 350: Trados divides units into segments, each translated or not."""

    def marks(*said: str) -> str:
        return " ".join(f'<mrk mtype="seg" mid="{n}">{t}</mrk>' for n, t in enumerate(said, 23))

    unit = (
        '<trans-unit id="u"><source>One. Two. Three.</source>'
        f"<seg-source><g id='1'>{marks('One.', 'Two.', 'Three.')}</g></seg-source>"
        f"<target><g id='1'>{marks('Eins.', '', 'Drei.')}</g></target></trans-unit>"
        '<trans-unit id="v"><source>Four.</source>'
        f"<seg-source>{marks('Four.')}</seg-source><target>{marks('Vier.')}</target></trans-unit>"
    )
    path = put(tmp_path, "a.sdlxliff", XLIFF.format(FILE.format("de", "a", unit)))

    report = take(tmp_path / "c", path)

    assert [(r["id"], r["src"], r["ref"]) for r in lines(tmp_path / "c", "en-de")] == [
        ("a/u/23", "One.", "Eins."),
        ("a/u/25", "Three.", "Drei."),
        ("a/v", "Four.", "Vier."),
    ]
    assert report.remarks[0].startswith("left out: segments of a unit without a translation: 1")


def test_what_a_reviewer_struck_out_in_trados_is_no_text(tmp_path: Path) -> None:
    """Tracked changes lie in the segment, deleted text too; it stood in the reference."""
    struck = '<mrk mtype="x-sdl-deleted" sdl:revid="r">Alt</mrk>'
    added = '<mrk mtype="x-sdl-added" sdl:revid="r">Neu<x id="1"/></mrk>'
    marked = '<mrk mtype="seg" mid="1">{}</mrk>'

    def unit(name: str, target: str) -> str:
        source = f"<source>One</source><seg-source>{marked.format('One')}</seg-source>"
        return (
            f'<trans-unit id="{name}">{source}<target>{marked.format(target)}</target></trans-unit>'
        )

    body = unit("a", f"{struck}{added} und gut") + unit("b", struck)
    whole = XLIFF.replace("<xliff", '<xliff xmlns:sdl="http://sdl.com/FileTypes/SdlXliff/1.0"')
    path = put(tmp_path, "a.sdlxliff", whole.format(FILE.format("de", "f", body)))

    report = take(tmp_path / "c", path)

    assert [row["ref"] for row in lines(tmp_path / "c", "en-de")] == ["Neu und gut"]
    assert "changed: texts with tracked changes, taken as accepted: 2" in str(report.remarks)
    assert "left out: units without a translation: 1" in str(report.remarks)


def test_plural_forms_of_xcode_are_left_out_like_those_of_a_catalogue(tmp_path: Path) -> None:
    """translate 4614, tolgee 3074: several translations of one source, each right for a number."""
    names = (
        "/homes:dict/NSStringLocalizedFormatKey:dict/:string",
        "/homes:dict/format:dict/few:dict/:string", "COUNT|==|plural.one",
        "COUNT|==|device.iphone.plural.other", "plural.one", "hello",
    )  # fmt: skip
    units = "".join(
        f'<trans-unit id="{name}"><source>A {n}</source><target>B {n}</target></trans-unit>'
        for n, name in enumerate(names)
    )

    report = take(
        tmp_path / "c", put(tmp_path, "a.xliff", XLIFF.format(FILE.format("ru", "f", units)))
    )

    assert [row["id"] for row in lines(tmp_path / "c", "en-ru")] == ["f/plural.one", "f/hello"]
    assert "left out: units that are one of several plural forms: 4" in report.remarks[0]


def test_indentation_of_xliff_is_no_text_unless_it_says_so(tmp_path: Path) -> None:
    """xliff-translator-tool 3: as Angular writes it."""
    both = "<source>\n    Latest\n  </source><target>\n Neue\n</target>"
    unit = f'<trans-unit id="{{}}"{{}}>{both}</trans-unit>'
    body = unit.format(1, "") + unit.format(2, ' xml:space="preserve"')
    path = put(tmp_path, "a.xlf", XLIFF.format(FILE.format("de", "a", body)))

    assert texts(tmp_path, path, "en-de") == [
        ("Latest", "Neue"),
        ("\n    Latest\n  ", "\n Neue\n"),
    ]


def test_what_stands_beside_a_translation_in_xliff_is_none(tmp_path: Path) -> None:
    """weblate 1040, 4946: states and empty targets; suggestions of a memory."""
    unit = '<trans-unit id="{}"{}><source>{}</source>{}</trans-unit>'
    other = "<alt-trans><source>x</source><target>y</target></alt-trans>"
    body = "".join(
        unit.format(number, more, f"Text {number}", target)
        for number, (more, target) in enumerate(
            [
                ("", f"<target>Eins</target>{other}"),
                ("", other),
                ("", "<target/>"),
                ("", '<target state="needs-translation">Text 3</target>'),
                (' translate="no"', "<target>Text 4</target>"),
                (' approved="yes"', '<target state="final">Sechs</target>'),
            ]
        )
    )
    path = put(tmp_path, "a.xlf", XLIFF.format(FILE.format("de", "a", body)))

    assert texts(tmp_path, path, "en-de") == [("Text 0", "Eins"), ("Text 5", "Sechs")]


def test_blanks_between_segments_of_xliff_2_are_no_segments(tmp_path: Path) -> None:
    """locize xliff 39: <ignorable> after the segment."""
    segment = "<segment{}><source>{}</source><target>{}</target></segment>"
    blank = '<ignorable><source xml:space="preserve"> </source></ignorable>'
    path = put(
        tmp_path,
        "a.xlf",
        '<?xml version="1.0"?><xliff version="2.0" xmlns="urn:oasis:names:tc:xliff:document:2.0"'
        ' srcLang="en" trgLang="de"><file id="f"><unit id="k">'
        + segment.format(' id="s"', "One.", "Eins.") + blank
        + segment.format(' id="t"', "Two.", "Zwei.") + blank + "</unit></file></xliff>",
    )  # fmt: skip

    assert texts(tmp_path, path, "en-de") == [("One.", "Eins."), ("Two.", "Zwei.")]


def test_a_catalogue_is_read_in_the_encoding_that_it_says(tmp_path: Path) -> None:
    latin = PO.format("ISO-8859-1") + 'msgid "a"\nmsgstr "ä"\n'
    assert texts(tmp_path, put(tmp_path, "a.po", latin, "latin-1"), "en-de") == [("a", "ä")]

    broken = put(tmp_path, "b.po", PO.format("EUC-JP").encode() + b'msgid "a"\nmsgstr "\xff\xff"\n')
    with pytest.raises(DataError, match="not in EUC-JP, as its header says"):
        take(tmp_path / "d", broken, pairs=["en-de"])


def test_a_line_separator_of_unicode_is_no_blank_of_a_catalogue(tmp_path: Path) -> None:
    message = 'msgid "a"\nmsgstr "b"\n'
    other = put(tmp_path, "b.po", PO.format("UTF-8") + "\u2028" + message)
    with pytest.raises(DataError, match=r"b\.po:6: no comment and no string in quotes"):
        take(tmp_path / "d", other, pairs=["en-de"])


def test_what_is_obsolete_fuzzy_or_plural_in_a_catalogue_is_counted(tmp_path: Path) -> None:
    """polib 117, translate 3616, python-gpt-po 59: fuzzy headers, fuzzy and obsolete at once."""
    path = put(
        tmp_path,
        "a.po",
        "\ufeff#, fuzzy\n" + PO.format("UTF-8") + 'msgid "a"\nmsgstr "ä"\n\n'
        '#, fuzzy\nmsgid "Line"\nmsgstr "Zeile"\n\n#, fuzzy\n#~ msgid "c"\n#~ msgstr "c"\n\n'
        'msgid "%d file"\nmsgid_plural "%d files"\nmsgstr[0] "%d Datei"\nmsgstr[1] "%d Dateien"\n',
    )

    report = take(tmp_path / "c", path, pairs=["en-de"])

    assert [row["src"] for row in lines(tmp_path / "c", "en-de")] == ["a"]
    assert [remark.split(" (", 1)[0] for remark in report.remarks] == [
        "left out: messages that are fuzzy: 1",
        "left out: messages that are obsolete: 1",
        "left out: messages that are of several plural forms: 1",
    ]


# Files of WMT and IWSLT


def _document(name: str, *sides: str) -> str:
    return f'<doc id="{name}" origlang="en">{"".join(sides)}</doc>'


def _side(kind: str, *segments: str) -> str:
    body = "".join(f'<seg id="{n}">{text}</seg>' for n, text in enumerate(segments, start=1))
    return f"<{kind}><p>{body}</p></{kind.split()[0]}>"


@pytest.mark.parametrize(
    ("documents", "right"),
    [
        # wmt22-news-systems 3: a document without anything in it
        (
            _document("d", _side('src lang="en"', "One"), _side('ref lang="hr"', "Jedan"))
            + _document("e", '<src lang="en"><p/></src>', '<ref lang="hr"><p/></ref>'),
            [("One", "Jedan")],
        ),
        # wmt22-news-systems 2: a document without a reference, its outputs blank
        (
            _document("d", _side('src lang="en"', "One"), _side('ref lang="hr"', "Jedan"))
            + _document(
                "e", _side('src lang="en"', "Two"), _side('hyp system="S" lang="hr"', "")
            ),
            [("One", "Jedan"), ("Two", None)],
        ),
        # sacrebleu 187, 69; mtdata 116: translators of a part alone
        (
            _document(
                "d",
                _side('src lang="en"', "One", "Two"),
                _side('ref lang="hr" translator="A"', "Jedan", "Dva"),
                _side('ref lang="hr" translator="B"', "Jedno"),
            ),
            [("One", ["Jedan", "Jedno"]), ("Two", "Dva")],
        ),
    ],
)  # fmt: skip
def test_files_of_wmt_with_holes(
    tmp_path: Path, documents: str, right: list[tuple[str, object]]
) -> None:
    path = put(tmp_path, "a.xml", f'<?xml version="1.0"?><dataset id="t">{documents}</dataset>')
    assert texts(tmp_path, path, "en-hr") == right


def test_a_blank_reference_of_wmt_is_refused_or_left_out_and_counted(tmp_path: Path) -> None:
    """sacrebleu 161, 225: blank references count as translations there."""
    blank = _document("d", _side('src lang="en"', "One", "Two"), _side('ref lang="is"', "Einn", ""))
    path = put(tmp_path, "a.xml", f'<?xml version="1.0"?><dataset id="t">{blank}</dataset>')

    with pytest.raises(DataError, match=r"ref: blank \(segment 'd/2'\)"):
        take(tmp_path / "c", path)
    report = take(tmp_path / "d", path, skip_invalid=True)

    assert [row["src"] for row in lines(tmp_path / "d", "en-is")] == ["One"]
    assert report.remarks[0].startswith("left out: ref: blank: 1")


def test_files_of_iwslt_whose_signs_are_not_escaped(tmp_path: Path) -> None:
    """Their talks have "&" and "<" as they are, and languages in words."""
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<mteval>\n'
    body = '<{0} setid="s" srclang="english"{1}>\n<doc docid="1" genre="lectures"{2}>\n'
    names = "IWSLT17.TED.tst2013.en-de.{}.xml"
    source = (
        head + body.format("srcset", "", "") + "<keywords>a & b</keywords>\n"
        '<seg id="1"> Rock & roll < 5 </seg>\n<seg id=2> Two </seg>\n</doc>\n</srcset>\n</mteval>\n'
    )
    target = (
        head + body.format("refset", ' trglang="german"', ' sysid="ref"')
        + '<seg id="1"> Rock &amp; Roll </seg>\n<SEG id="2"> Zwei </SEG>\n</doc>\n</refset>\n'
        "</mteval>\n"
    )  # fmt: skip
    one, two = (
        put(tmp_path, names.format(tag), text) for tag, text in (("en", source), ("de", target))
    )

    take(tmp_path / "c", one, two)

    assert [(r["src"], r["ref"]) for r in lines(tmp_path / "c", "en-de")] == [
        ("Rock & roll < 5", "Rock & Roll"),
        ("Two", "Zwei"),
    ]
