from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from mtbench.corpora.formats import spreadsheets, worksheets
from mtbench.corpora.formats.columns import lookup, parse_map
from mtbench.corpora.formats.exporting import export_test_set
from mtbench.corpora.load import load, pair_files
from mtbench.errors import DataError, MtbenchError, RequestError, UnknownName
from tests.support.imports import lines, take, write_jsonl


def _write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode("utf-8"))
    return path


def test_columns_are_found_by_customary_names(tmp_path: Path) -> None:
    table = _write(
        tmp_path / "t.tsv",
        'id\tsource\ttarget\tdoc_id\tnote\na\t"One"\tUno\td\tx\nb\tTwo\tDue\td\t\n',
    )

    take(tmp_path / "c", table, pairs=["en-it"])

    assert lines(tmp_path / "c", "en-it") == [
        {"id": "a", "src": '"One"', "ref": "Uno", "doc": "d", "note": "x"},
        {"id": "b", "src": "Two", "ref": "Due", "doc": "d"},
    ]


def test_customary_names_count_in_any_case_and_those_as_written_first(tmp_path: Path) -> None:
    """Spreadsheets write capitals; the ids were numbers of lines then."""
    path = tmp_path / "a.csv"
    path.write_text("ID,Source,Target,target\nk1,One,Uno,Un\n", encoding="utf-8")

    take(tmp_path / "c", path, pairs=["en-it"])

    assert lines(tmp_path / "c", "en-it") == [
        {"id": "k1", "src": "One", "ref": "Un", "Target": "Uno"}
    ]


def test_a_table_of_markdown_is_read_without_its_rule(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("| en | it |\n|----|:---|\n| One | Uno |\n| --- | --- |\n", "utf-8")

    report = take(tmp_path / "c", path, pairs=["en-it"])

    found = [(row["src"], row["ref"]) for row in lines(tmp_path / "c", "en-it")]
    assert found == [("One", "Uno"), ("---", "---")]
    assert "Markdown" in str(report.remarks)


def test_columns_named_by_languages_serve_every_direction_asked_for(tmp_path: Path) -> None:
    table = _write(tmp_path / "t.csv", "en,it_IT,fr\nOne,Uno,Un\n")

    take(tmp_path / "c", table, pairs=["en-it", "fr-en"])

    assert lines(tmp_path / "c", "en-it") == [{"id": "2", "src": "One", "ref": "Uno", "fr": "Un"}]
    assert lines(tmp_path / "c", "fr-en")[0]["src"] == "Un"


def test_a_column_can_tell_the_direction_of_each_row(tmp_path: Path) -> None:
    table = _write(tmp_path / "t.tsv", "lp\tsrc\tref\nen-it\tOne\tUno\nen-de\tOne\tEins\n")

    report = take(tmp_path / "c", table)

    assert [str(file.pair) for file in report.files] == ["en-de", "en-it"]


def test_map_names_columns_and_several_references(tmp_path: Path) -> None:
    table = _write(tmp_path / "t.tsv", "n\ta\tb\tc\tdoc\n7\tOne\tUno\tUn\td\n8\tTwo\tDue\t\te\n")

    report = take(
        tmp_path / "c",
        table,
        pairs=["en-it"],
        mapping=parse_map(["id=n", "src=a", "ref=b", "ref=c", "doc=n"]),
    )

    assert lines(tmp_path / "c", "en-it") == [
        {"id": "7", "src": "One", "ref": ["Uno", "Un"], "doc": "7"},
        {"id": "8", "src": "Two", "ref": "Due", "doc": "8"},
    ]
    assert report.files[0].reference_names == ("b", "c")
    assert report.files[0].references is None
    assert report.remarks == ("column 'doc' left out: --map fills that key from another",)


def test_a_table_without_a_header_gets_its_names_by_columns(tmp_path: Path) -> None:
    table = _write(tmp_path / "t.tsv", "One\tjunk\tUno\nTwo\tjunk\tDue")

    take(tmp_path / "c", table, pairs=["en-it"], columns=("src", "-", "ref"))

    assert lines(tmp_path / "c", "en-it") == [
        {"id": "1", "src": "One", "ref": "Uno"},
        {"id": "2", "src": "Two", "ref": "Due"},
    ]


def test_csv_fields_in_quotes_hold_line_ends_and_ids_stay_line_numbers(tmp_path: Path) -> None:
    table = _write(
        tmp_path / "t.csv", '\ufeffsrc,ref\r\n"One\r\nline","Una ""riga"""\r\nTwo,Due\r\n'
    )

    take(tmp_path / "c", table, pairs=["en-it"])

    assert lines(tmp_path / "c", "en-it") == [
        {"id": "2", "src": "One\r\nline", "ref": 'Una "riga"'},
        {"id": "4", "src": "Two", "ref": "Due"},
    ]


def test_jsonl_of_other_shapes_by_paths(tmp_path: Path) -> None:
    path = write_jsonl(
        tmp_path / "a.jsonl",
        [{"key": 1, "text": {"source": "One"}, "refs": [{"t": "Uno"}, {"t": "Un"}], "year": 2020}],
    )

    take(
        tmp_path / "c",
        path,
        pairs=["en-it"],
        mapping=parse_map(["id=key", "src=text.source", "ref=refs.0.t", "ref=refs.1.t"]),
    )

    assert lines(tmp_path / "c", "en-it") == [
        {"id": "1", "src": "One", "ref": ["Uno", "Un"], "year": 2020}
    ]


def test_jsonl_with_a_translation_object_needs_no_map(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", [{"id": "x", "translation": {"en": "A", "de": "B"}}])

    take(tmp_path / "c", path, pairs=["de-en"])

    assert lines(tmp_path / "c", "de-en") == [{"id": "x", "src": "B", "ref": "A"}]


def test_a_list_of_references_under_one_key(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", [{"src": "A", "references": ["B", "C"]}])

    take(tmp_path / "c", path, pairs=["en-it"])

    assert lines(tmp_path / "c", "en-it") == [{"id": "1", "src": "A", "ref": ["B", "C"]}]


@pytest.mark.parametrize(
    ("name", "text", "options", "message"),
    [
        ("t.tsv", "src\tref\na\tb\tc\n", {}, "t.tsv:2: 3 fields, where there are 2 columns"),
        ("t.tsv", "src\tsrc\na\tb\n", {}, "t.tsv:1: two columns named 'src'"),
        ("t.tsv", "src\t\na\tb\n", {}, "t.tsv:2: text in a column without a name"),
        ("t.tsv", "src\tref\na\0\tb\n", {}, "t.tsv:2: a NUL character"),
        ("t.tsv", "src\tref\n\tb\n", {}, "t.tsv:2: src: blank (segment '2')"),
        ("t.tsv", "src\tref\n", {}, "no segment was read"),
        ("t.csv", 'src,ref\n"a,b\n', {}, "t.csv:2: not CSV: unexpected end of data"),
        ("t.csv", "src,ref,alignment\na,b,2\n", {}, "t.csv:2: alignment: not a number from 0"),
        ("t.csv", "src,ref,alignment\na,b,x\n", {}, "t.csv:2: alignment: not a number"),
        ("t.csv", "src,ref,origin\na,b,robot\n", {}, "t.csv:2: origin: 'robot' is none of"),
        ("t.csv", "lp,src,ref\nenglish,b,c\n", {}, "t.csv:2: not a language pair: 'english'"),
        ("t.jsonl", '{"src": "a"}\n{"src": 1.5}\n', {}, "t.jsonl:2: src: neither text nor"),
        ("t.jsonl", '{"src": "a"}\n{"x": 1}\n', {}, "t.jsonl:2: src: blank (segment '2')"),
        ("t.jsonl", '{"src": "a"\n', {}, "t.jsonl:1: not a JSON object"),
        ("t.jsonl", "[1]\n", {}, "t.jsonl:1: not a JSON object"),
        ("t.jsonl", '{"src": "a", "score": NaN}\n', {}, "t.jsonl:1: NaN is not JSON"),
        ("t.jsonl", '{"src": "a\\ud800"}\n', {}, "t.jsonl:1: half of a surrogate pair"),
        ("t.jsonl", '{"src": "a", "x": ["\\u0000"]}\n', {}, "t.jsonl:1: a NUL character"),
        ("t.jsonl", '{"src": "a", "ref": ["b", ""]}\n', {}, "t.jsonl:1: ref: an empty"),
        (
            "t.jsonl",
            '{"id": "x", "src": "a"}\n{"id": "x", "src": "b"}\n',
            {},
            ":2: the id 'x' is that of ",
        ),
        ("t.jsonl", '{"id": " ", "src": "a"}\n', {}, "t.jsonl:1: id: blank"),
    ],
)
def test_data_that_does_not_hold_is_named_by_file_and_line(
    name: str, text: str, options: dict[str, bool], message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode("latin-1" if options.get("latin") else "utf-8"))

    with pytest.raises(DataError) as caught:
        take(tmp_path / "c", path, pairs=["en-it"])

    assert message in caught.value.message
    assert caught.value.exit_code == 1
    assert not (tmp_path / "c").exists()


def test_what_a_corpus_cannot_hold_is_left_out_only_when_asked_and_counted(tmp_path: Path) -> None:
    table = _write(tmp_path / "t.tsv", "src\tref\na\tA\n \tB\nc\tC\n\tD\n")

    report = take(tmp_path / "c", table, pairs=["en-it"], skip_invalid=True)

    assert [row["src"] for row in lines(tmp_path / "c", "en-it")] == ["a", "c"]
    assert report.remarks == (f"left out: src: blank: 2 (first: {table}:3)",)


@pytest.mark.parametrize(
    ("text", "options", "kind", "message"),
    [
        ("src\tref\na\tb\n", {}, RequestError, "no column tells the languages"),
        ("x\ty\na\tb\n", {"pairs": ["en-it"]}, RequestError, "no column for the source"),
        ("x\ty\na\tb\n", {"pairs": ["en-it"], "mapping": {"src": ("z",)}}, UnknownName, "'z'"),
        ("src\tlp\na\ten-de\n", {"pairs": ["en-it"]}, UnknownName, "'en-it'"),
        ("src\n a\n", {"pairs": ["en-it"], "split": "test"}, RequestError, "--split does not go"),
        ("src\na\n", {"pairs": ["en-it"], "preset": "wmt25"}, RequestError, "--preset does not go"),
        ("src\na\n", {"pairs": ["en-it"], "unit": "document"}, RequestError, "--unit is for"),
    ],
)
def test_a_request_that_does_not_fit_is_refused(
    text: str,
    options: dict[str, object],
    kind: type[MtbenchError],
    message: str,
    tmp_path: Path,
) -> None:
    table = _write(tmp_path / "t.tsv", text)

    with pytest.raises(kind) as caught:
        take(tmp_path / "c", table, **options)  # type: ignore[arg-type]

    assert message in caught.value.message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (["src"], "not KEY=COLUMN"),
        (["src="], "not KEY=COLUMN"),
        (["text=a"], "unknown key of --map: 'text'"),
        (["src=a", "src=b"], "--map names two columns for src"),
    ],
)
def test_a_malformed_map_is_refused(items: list[str], message: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_map(items)

    assert message in caught.value.message


def test_keys_that_only_later_lines_have_are_not_lost(tmp_path: Path) -> None:
    path = write_jsonl(
        tmp_path / "a.jsonl",
        [{"src": "A"}, {"src": "B", "document": "d", "tgt": "b", "new": 1}, {"src": "C"}],
    )

    take(tmp_path / "c", path, pairs=["en-it"])

    assert lines(tmp_path / "c", "en-it") == [
        {"id": "1", "src": "A"},
        {"id": "2", "src": "B", "ref": "b", "doc": "d", "new": 1},
        {"id": "3", "src": "C"},
    ]


def test_a_mapped_key_may_come_late_but_must_come(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", [{"src": "A"}, {"src": "B", "d": "x"}])

    take(tmp_path / "c", path, pairs=["en-it"], mapping={"doc": ("d",)})
    with pytest.raises(UnknownName, match=r"unknown column of .*: 'e'"):
        take(tmp_path / "e", path, pairs=["en-it"], mapping={"doc": ("e",)})

    assert lines(tmp_path / "c", "en-it")[1]["doc"] == "x"
    assert not (tmp_path / "e").exists()


def test_a_column_whose_name_has_a_dot_is_found_before_a_path() -> None:
    row = {"a.b": 1, "a": {"b": 2, "c": [3, {"d": 4}]}}

    assert lookup(row, "a.b") == 1
    assert lookup(row, "a.c.1.d") == 4
    assert lookup(row, "a.c.9") is None
    assert lookup(row, "a.b.c") is None


# --- layouts of the programs that people use ---------------------------------------------------

ROWS = [
    ["id", " English ", "German"],
    ["r1", 'He said "yes" at once.', "Er sagte sofort „ja“."],
    ["r2", "First line\nsecond line", "Erste Zeile\nzweite Zeile"],
    ["r3", "Price: 5,00; reduced", "Preis: 5,00; reduziert"],
    ["r4", 'A 19" screen', 'Ein 19"-Bildschirm – groß'],
]
EXPECTED = [{"id": row[0], "src": row[1], "ref": row[2]} for row in ROWS[1:]]
MAP = {"src": ("English",), "ref": ("German",)}


def _table(delimiter: str, end: str = "\r\n", **how: Any) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator=end, **how).writerows(ROWS)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", _table(",").encode()),
        ("a.csv", _table(";").encode("utf-8-sig")),
        ("a.csv", b"sep=;\r\n" + _table(";").encode()),
        ("a.csv", b'"sep=|"\n' + _table("|").encode()),
        ("a.csv", _table(";").encode("cp1252")),
        ("a.csv", _table(",").replace("\r\n", "\r").encode()),
        ("a.txt", _table("\t").encode("utf-16")),
        ("a.tsv", _table("\t").encode()),
        ("a.tsv", _table("\t").rstrip("\r\n").encode()),
        ("a.tsv", _table("\t", quoting=csv.QUOTE_ALL).encode()),
        ("a.csv", _table(",").replace("German", "German,,").replace("“.", "“.,,").encode()),
    ],
    ids=["comma", "semicolon-bom", "sep", "sep-bar", "cp1252", "mac", "utf-16", "tab", "no-end",
         "all-quoted", "empty-columns"],
)  # fmt: skip
def test_the_layout_of_a_table_is_recognised(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    take(tmp_path / "c", path, pairs=["en-de"], mapping=MAP)

    assert lines(tmp_path / "c", "en-de") == EXPECTED


def test_quotes_of_machine_translation_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text('src\tref\n"Hello," he said.\t"Hallo"\n"Hi."\t"Na."\n', encoding="utf-8")

    take(tmp_path / "c", path, pairs=["en-de"])

    assert [row["src"] for row in lines(tmp_path / "c", "en-de")] == ['"Hello," he said.', '"Hi."']


def test_text_that_was_utf8_is_not_read_as_a_code_page(tmp_path: Path) -> None:
    """One bad byte would make mojibake of every good line."""
    path = tmp_path / "a.csv"
    path.write_bytes("src,ref\nA,città\nB,cos".encode() + b"\xec\nC,c\n")

    with pytest.raises(DataError, match=r"a\.csv:3: not UTF-8, though the rest of the file is"):
        take(tmp_path / "c", path, pairs=["en-it"])


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_known_by_its_nuls(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("src,ref\nHello,你好\n".encode(encoding))

    report = take(tmp_path / "c", path, pairs=["en-zh"])

    assert lines(tmp_path / "c", "en-zh")[0]["ref"] == "你好"
    assert report.remarks[0].endswith(f"read as {encoding.upper()}, which no byte order mark says")


def test_rows_of_other_directions_are_counted(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.csv", "pair,src,ref\nen-it,One,Uno\nen-de,One,Eins\n")

    report = take(tmp_path / "c", path, pairs=["en-it"])

    assert (report.read, report.kept) == (2, 1)
    assert report.remarks == (
        f"left out: rows without the languages asked for: 1 (first: {path}:3)",
    )


def test_an_old_encoding_follows_from_the_languages_and_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("src;ref\nHello;Привет\n".encode("cp1251"))

    report = take(tmp_path / "c", path, pairs=["en-ru"])
    forced = take(tmp_path / "d", path, pairs=["en-ru"], encoding="koi8-r")

    assert lines(tmp_path / "c", "en-ru")[0]["ref"] == "Привет"
    assert "not UTF-8, so read as cp1251" in report.remarks[0]
    assert lines(tmp_path / "d", "en-ru")[0]["ref"] != "Привет"
    assert not any("cp1251" in one for one in forced.remarks)


def test_what_the_user_says_of_a_table_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("src^ref\na,b;c^d,e;f\n", encoding="utf-8")

    take(tmp_path / "c", path, pairs=["en-de"], delimiter="^")

    assert lines(tmp_path / "c", "en-de") == [{"id": "2", "src": "a,b;c", "ref": "d,e;f"}]
    with pytest.raises(RequestError, match="--delimiter ab: not one character"):
        take(tmp_path / "d", path, pairs=["en-de"], delimiter="ab")
    with pytest.raises(RequestError, match="--encoding klingon: unknown"):
        take(tmp_path / "d", path, pairs=["en-de"], encoding="klingon")
    with pytest.raises(DataError, match=r"a\.csv:2: not UTF-8"):
        path.write_bytes(b"src,ref\n\xff,b\n")
        take(tmp_path / "d", path, pairs=["en-de"], encoding="utf-8")


def _book(path: Path, *more: str) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    for name in more:
        book.create_sheet(name).append(["x"])
    book.save(path)
    return path


def test_a_spreadsheet_is_read_as_what_it_shows(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    path = _book(tmp_path / "named-anything.bin")

    take(tmp_path / "c", path, pairs=["en-de"], mapping=MAP)

    assert lines(tmp_path / "c", "en-de") == EXPECTED


def test_of_several_sheets_one_is_named(tmp_path: Path) -> None:
    pytest.importorskip("python_calamine")
    path = _book(tmp_path / "a.xlsx", "Notes")

    with pytest.raises(RequestError, match="2 sheets hold something: Sheet, Notes"):
        take(tmp_path / "c", path, pairs=["en-de"], mapping=MAP)
    with pytest.raises(UnknownName, match="sheet"):
        take(tmp_path / "c", path, pairs=["en-de"], mapping=MAP, sheet="Shet")
    take(tmp_path / "c", path, pairs=["en-de"], mapping=MAP, sheet="Sheet")

    assert len(lines(tmp_path / "c", "en-de")) == 4


def test_a_spreadsheet_that_swells_or_is_damaged_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("python_calamine")
    path = _book(tmp_path / "a.xlsx")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="a damaged zip archive"):
        take(tmp_path / "c", path, pairs=["en-de"])
    path.write_bytes(whole)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", b" " * 3_000_000)
    monkeypatch.setattr(spreadsheets, "MOST_BYTES", 1 << 20)
    with pytest.raises(DataError, match="swells to more than"):
        take(tmp_path / "c", path, pairs=["en-de"])


def test_what_is_exported_as_a_spreadsheet_comes_back(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    rows = [
        {"id": "1", "src": "=1+1", "ref": "@SUM(A1)", "doc": "d", "note": "x"},
        {"id": "2", "src": " two\nlines ", "ref": "_x0041_ is no A, _x_ is", "doc": "d"},
    ]
    write_jsonl(tmp_path / "c" / "en-it.jsonl", rows)
    exported = export_test_set(load(pair_files(tmp_path / "c")[0]), "xlsx", tmp_path)

    take(tmp_path / "back", exported.paths[0], pairs=["en-it"])

    assert lines(tmp_path / "back", "en-it") == rows
    (tmp_path / "c" / "en-it.jsonl").write_text('{"id": "1", "src": "a\x7f\\u0001"}\n', "utf-8")
    with pytest.raises(DataError, match="segment '1': a control character"):
        export_test_set(load(pair_files(tmp_path / "c")[0]), "xlsx", tmp_path, force=True)


@pytest.mark.parametrize("kind", ["csv", "tsv", "xlsx"])
def test_one_reference_among_several_is_the_first_in_a_table(tmp_path: Path, kind: Any) -> None:
    pytest.importorskip("openpyxl")
    rows: list[dict[str, Any]] = [
        {"id": "1", "src": "One", "ref": "Uno"},
        {"id": "2", "src": "Two", "ref": ["Due", "Un paio"]},
        {"id": "3", "src": "Three", "ref": "Tre"},
    ]
    write_jsonl(tmp_path / "c" / "en-it.jsonl", rows)
    exported = export_test_set(load(pair_files(tmp_path / "c")[0]), kind, tmp_path)

    take(tmp_path / "back", exported.paths[0], pairs=["en-it"])

    assert lines(tmp_path / "back", "en-it") == rows


def test_a_reference_without_a_name_beside_named_ones_is_refused(tmp_path: Path) -> None:
    """It was passed over, and with it the only reference of some segments."""
    path = _write(tmp_path / "a.csv", "src,ref,ref.A,ref.B\nOne,,Uno,Un\nTwo,Due,,\n")

    with pytest.raises(RequestError, match=r"two columns hold references, 'ref' and 'ref\.A'"):
        take(tmp_path / "c", path, pairs=["en-it"])


def test_a_sheet_whose_cells_stand_in_one_place_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine million of them pack to a megabyte, and would fill the memory."""
    openpyxl = pytest.importorskip("openpyxl")
    monkeypatch.setattr(worksheets, "_SAME_PLACE", 50)
    book = openpyxl.Workbook()
    book.active.append(["src", "ref"])
    book.active.append(["One", "Uno"])
    book.save(tmp_path / "a.xlsx")
    bomb = tmp_path / "b.xlsx"
    with zipfile.ZipFile(tmp_path / "a.xlsx") as old, zipfile.ZipFile(bomb, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            if name.endswith("sheet1.xml"):
                row = b'<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'
                body = body.replace(b"<sheetData>", b"<sheetData>" + row * 100, 1)
            new.writestr(name, body)

    take(tmp_path / "c", tmp_path / "a.xlsx", pairs=["en-it"])
    with pytest.raises(DataError, match="stand in one place"):
        take(tmp_path / "d", bomb, pairs=["en-it"])


def test_columns_are_known_in_capitals_and_by_the_names_of_their_languages(tmp_path: Path) -> None:
    for header in ("ID,Source,Target", "ID,English,Italiano", "ID,ENGLISH,Italian"):
        (tmp_path / "a.csv").write_text(f"{header}\n7,One,Uno\n", encoding="utf-8")
        take(tmp_path / header, tmp_path / "a.csv", pairs=["en-it"])
        assert lines(tmp_path / header, "en-it") == [{"id": "7", "src": "One", "ref": "Uno"}]


def test_a_table_without_a_header_is_told_how_to_get_one(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Hello\tCiao\nBye\tAddio\n", encoding="utf-8")
    with pytest.raises(RequestError) as caught:
        take(tmp_path / "c", tmp_path / "a.txt", pairs=["en-it"])
    assert "--columns src,ref" in str(caught.value.hint)
