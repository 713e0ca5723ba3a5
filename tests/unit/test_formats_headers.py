"""Tables whose header is not the first row, and sheets that hide something or show errors."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from mtbench.cli.main import run
from mtbench.corpora.formats.worksheets import Runs
from mtbench.errors import DataError, RequestError
from tests.support import sheets
from tests.support.imports import lines, take

RIGHT = [{"id": "1", "src": "One", "ref": "Eins"}, {"id": "2", "src": "Two", "ref": "Zwei"}]
ROWS = [["id", "en", "de"], ["1", "One", "Eins"], ["2", "Two", "Zwei"]]


def _put(folder: Path, name: str, content: str | bytes) -> Path:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return folder / name


@pytest.mark.parametrize(
    ("name", "content", "row", "above"),
    [
        ("a.csv", "My project\n\nid,en,de\n1,One,Eins\n2,Two,Zwei\n", 3, 1),
        ("a.csv", "My project,,\nBy: me,,\n,,\nid,en,de\n1,One,Eins\n2,Two,Zwei\n", 4, 3),
        ("a.csv", "My project\nid;en;de\n1;One;Eins\n2;Two;Zwei\n", 2, 1),
        ("a.csv", "sep=;\nMine\nid;en;de\n1;One;Eins\n2;Two;Zwei\n", 3, 1),
        ("a.tsv", "Mine\nid\ten\tde\n1\tOne\tEins\n2\tTwo\tZwei\n", 2, 1),
        ("a.xlsx", sheets.xlsx([["Mine", "", ""], ["", "Texts", ""], *ROWS]), 3, 2),
        ("a.ods", sheets.ods([["Mine"], *ROWS]), 2, 1),
    ],
)
def test_a_header_under_titles_is_found_and_said(
    tmp_path: Path, name: str, content: str | bytes, row: int, above: int
) -> None:
    path = _put(tmp_path, name, content)

    report = take(tmp_path / "c", path, pairs=["en-de"])

    assert lines(tmp_path / "c", "en-de") == RIGHT
    assert f"{path}: row {row} read as the header; --header-row says otherwise" in str(
        report.remarks
    )
    assert f"left out: rows above the header: {above} (" in str(report.remarks)


def test_a_header_is_where_the_user_says(tmp_path: Path) -> None:
    """Also where titles fill as many cells as it, and name columns themselves."""
    content = "id,en,de\nA,B,C\nid,en,de\n1,One,Eins\n2,Two,Zwei\n"
    take(tmp_path / "c", _put(tmp_path, "a.csv", content), pairs=["en-de"], header_row=3)
    assert lines(tmp_path / "c", "en-de") == RIGHT


@pytest.mark.parametrize(
    ("content", "more", "said", "hint"),
    [
        # As full as the header: it may be data.
        ("A,B,C\nid,en,de\n1,One,Eins\n", {}, "row 2 can be the header", "--header-row 2"),
        ("x\nid,en\n1,One\nid,de,en\n", {}, "row 2 and 4 can be", "--header-row 2"),
        ("Hello,Hallo\nEnglish,German\nBye,Tag\n", {}, "row 2 can be", "--columns src,ref"),
        ("Title\nkey,a,b\n1,One,Eins\n", {}, "one column", "--header-row"),
        ("A,B\n1,2\n", {}, "no column for the source", "--header-row"),
        ("id,en,de\n1,One,Eins\n", {"header_row": 9}, "--header-row 9: no row", "from 1"),
        (
            "id,en,de\n1,One,Eins\n",
            {"header_row": 1, "columns": ("id", "src", "ref")},
            "exclude each other",
            "without a header",
        ),
        ("id,en,de\n1,One,Eins\n", {"skip_hidden": True}, "does not go with csv", "spreadsheet"),
    ],
)
def test_a_header_that_could_be_several_rows_is_asked_for(
    tmp_path: Path, content: str, more: dict[str, Any], said: str, hint: str
) -> None:
    with pytest.raises(RequestError, match=said) as caught:
        take(tmp_path / "c", _put(tmp_path, "a.csv", content), pairs=["en-de"], **more)
    assert hint in str(caught.value.hint)


def test_a_first_row_that_names_the_columns_is_the_header_whatever_follows(tmp_path: Path) -> None:
    path = _put(tmp_path, "a.csv", "en,de\nEnglish,German\nid,Zwei\n")
    take(tmp_path / "c", path, pairs=["en-de"])
    assert [row["src"] for row in lines(tmp_path / "c", "en-de")] == ["English", "id"]


def _hidden_xlsx() -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    for number, row in enumerate([*ROWS, ["3", "Three", "Drei"]], start=3):
        for column, text in enumerate([*row, "seen by nobody"], start=2):
            sheet.cell(number, column, "note" if number == 3 and column == 5 else text)
    sheet.row_dimensions[6].hidden = True
    sheet.column_dimensions["E"].hidden = True
    sheet.column_dimensions["G"].hidden = True
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _hidden_ods() -> bytes:
    def row(texts: list[str], more: str = "") -> str:
        cells = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{text}</text:p>'
            "</table:table-cell>"
            for text in texts
        )
        return f"<table:table-row{more}>{cells}</table:table-row>"

    hidden = ' table:visibility="filter"'
    columns = '<table:table-column table:number-columns-repeated="3"/>'
    columns += '<table:table-column table:visibility="collapse"/>'
    rows = [[*ROWS[0], "note"], *([*one, "seen by nobody"] for one in ROWS[1:])]
    return sheets.ods_of(
        columns + "".join(map(row, rows)) + row(["3", "Three", "Drei", "seen by nobody"], hidden)
    )


@pytest.mark.parametrize(
    ("name", "content", "row", "column"),
    [
        ("a.xlsx", _hidden_xlsx, "Sheet:6", "Sheet, E"),
        ("a.ods", _hidden_ods, "S:4", "S, D"),
        (
            "a.xlsb",
            lambda: sheets.xlsb(
                [
                    [*ROWS[0], "note"],
                    *([*one, "seen by nobody"] for one in [*ROWS[1:], ["3", "Three", "Drei"]]),
                ],
                hidden_rows={3},
                hidden_columns={3},
            ),
            "S:4",
            "S, D",
        ),
    ],
)
def test_what_a_sheet_hides_is_read_and_counted_or_left_out(
    tmp_path: Path, name: str, content: Any, row: str, column: str
) -> None:
    path = _put(tmp_path, name, content())

    whole = take(tmp_path / "c", path, pairs=["en-de"])
    seen = take(tmp_path / "d", path, pairs=["en-de"], skip_hidden=True)

    more = {"note": "seen by nobody"}
    third = {"id": "3", "src": "Three", "ref": "Drei"}
    assert lines(tmp_path / "c", "en-de") == [{**one, **more} for one in [*RIGHT, third]]
    assert lines(tmp_path / "d", "en-de") == RIGHT
    likewise = "read like any other (--skip-hidden leaves them out): 1 (first:"
    assert f"suspicious: hidden rows, {likewise} {path}:{row})" in whole.remarks
    assert f"suspicious: hidden columns, {likewise} {path}:{column})" in whole.remarks
    assert f"left out: hidden rows: 1 (first: {path}:{row})" in seen.remarks
    assert any(f"hidden columns left out: {column[-1]}" in one for one in seen.remarks)


def test_a_sheet_beside_hidden_ones_needs_no_name(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    other = book.create_sheet("old")
    other.append(["x"])
    other.sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")

    report = take(tmp_path / "c", tmp_path / "a.xlsx", pairs=["en-de"])

    assert lines(tmp_path / "c", "en-de") == RIGHT
    assert "hidden sheets not read: old; --sheet reads one" in str(report.remarks)


def _cell(place: str, text: str, kind: str = "str", formula: str = "") -> str:
    value = f"<v>{text}</v>" if text else ""
    return f'<c r="{place}" t="{kind}">{formula}{value}</c>'


ERRORS = (
    f'<sheetData><row r="1">{_cell("A1", "en")}{_cell("B1", "de")}</row>'
    f'<row r="2">{_cell("A2", "One")}{_cell("B2", "#N/A", "e", "<f>VLOOKUP(A2,C:D,2)</f>")}</row>'
    f'<row r="3">{_cell("A3", "Two")}{_cell("B3", "", "str", "<f>A3</f>")}</row>'
    f'<row r="4">{_cell("A4", "Three")}{_cell("B4", "Drei")}</row></sheetData>'
)


def _errors_ods() -> bytes:
    def cell(text: str, more: str = "") -> str:
        start = f'<table:table-cell office:value-type="string"{more}>'
        return f"{start}<text:p>{text}</text:p></table:table-cell>"

    error = ' calcext:value-type="error" office:string-value=""'
    rows = [["en", "de"], ["One", ""], ["Three", "Drei"]]
    body = "".join(
        f"<table:table-row>{cell(one)}{cell(two) if two else cell('#N/A', error)}</table:table-row>"
        for one, two in rows
    )
    return sheets.ods_of(body)


@pytest.mark.parametrize(
    ("name", "content", "place", "count"),
    [
        ("a.xlsx", sheets.xlsx_of(ERRORS), "S:2, B: #N/A", 2),
        # as programs of .NET write them
        (
            "a.xlsx",
            sheets.xlsx_of(
                ERRORS.replace("</", "<!/").replace("<", "<x:").replace("<x:!/", "</x:")
            ),
            "S:2, B: #N/A",
            2,
        ),
        ("a.ods", _errors_ods(), "S:2, B: #N/A", 1),
        (
            "a.xlsb",
            sheets.xlsb([["en", "de"], ["One", "x"], ["Three", "Drei"]], errors={(1, 1): 0x2A}),
            "S:2, B: #N/A",
            1,
        ),
    ],
)
def test_cells_that_show_an_error_are_counted_as_such(
    tmp_path: Path, name: str, content: bytes, place: str, count: int
) -> None:
    path = _put(tmp_path, name, content)

    report = take(tmp_path / "c", path, pairs=["en-de"])

    found = [(row["src"], row.get("ref")) for row in lines(tmp_path / "c", "en-de")]
    assert found[0] == ("One", None)
    assert found[-1] == ("Three", "Drei")
    said = f"suspicious: cells read as empty that show an error, such as #N/A: 1 (first: {path}:"
    assert f"{said}{place})" in report.remarks
    assert f"segments without a reference: {count} (first: {path}:S:2 (B shows #N/A))" in str(
        report.remarks
    )


def test_a_source_that_shows_an_error_is_named_with_it(tmp_path: Path) -> None:
    broken = ERRORS.replace(_cell("A4", "Three"), _cell("A4", "#REF!", "e"))
    path = _put(tmp_path, "a.xlsx", sheets.xlsx_of(broken))
    with pytest.raises(DataError, match=r"a\.xlsx:S:4 \(A shows #REF!\): src: blank"):
        take(tmp_path / "c", path, pairs=["en-de"])


def test_errors_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtbench.corpora.formats.worksheets._MOST_ERRORS", 1)
    path = _put(tmp_path, "a.xlsx", sheets.xlsx_of(ERRORS))
    with pytest.raises(DataError, match="more than 1 show an error"):
        take(tmp_path / "c", path, pairs=["en-de"])


def test_a_text_that_is_the_error_of_a_formula_is_suspicious(tmp_path: Path) -> None:
    path = _put(tmp_path, "a.csv", "en,de\nOne,#N/A\nTwo,Zwei\n")

    report = take(tmp_path / "c", path, pairs=["en-de"])

    assert lines(tmp_path / "c", "en-de")[0]["ref"] == "#N/A"
    said = "suspicious: rows with a text that is the error of a formula (#N/A): 1"
    assert f"{said} (first: {path}:2)" in report.remarks


def test_hidden_runs_may_come_twice_and_in_any_order() -> None:
    runs = Runs()
    for first, last in ((7, 9), (2, 2), (7, 9)):
        runs.add(first, last)
    assert [number for number in range(12) if number in runs] == [2, 7, 8, 9]
    runs.add(4, 4)
    assert 4 in runs


def test_the_command_says_the_same_in_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _put(tmp_path, "a.csv", "A,B,C\nid,en,de\n1,One,Eins\n2,Two,Zwei\n")
    line = ["corpus", "import", str(path), "--pair", "en-de", "-o", str(tmp_path / "c")]

    assert run([*line, "--format", "json"]) == 2
    assert "--header-row 2" in str(json.loads(capsys.readouterr().out)["error"])
    assert run([*line, "--header-row", "2", "--format", "json"]) == 0

    answer = json.loads(capsys.readouterr().out)
    above = {"sort": "left out", "what": "rows above the header", "count": 1, "first": f"{path}:1"}
    assert above in answer["found"]
    assert (answer["read"], answer["kept"]) == (3, 2)
    assert run([*line, "--skip-hidden", "--force"]) == 2
    assert "--skip-hidden does not go with csv" in capsys.readouterr().err
