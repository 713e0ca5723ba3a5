from __future__ import annotations

from pathlib import Path

import pytest

from mtbench.errors import DataError, RequestError
from tests.support.imports import lines, take


def _files(folder: Path, **texts: str) -> list[Path]:
    paths = []
    for name, text in texts.items():
        path = folder / name.replace("__", ".")
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def test_suffixes_tell_the_languages_and_the_first_file_is_the_source(tmp_path: Path) -> None:
    files = _files(tmp_path, train__en="One\nTwo\n", train__it="Uno\nDue")

    take(tmp_path / "c", *files)

    assert lines(tmp_path / "c", "en-it") == [
        {"id": "1", "src": "One", "ref": "Uno"},
        {"id": "2", "src": "Two", "ref": "Due"},
    ]


def test_a_direction_that_is_given_decides_over_the_order(tmp_path: Path) -> None:
    files = _files(tmp_path, train__it="Uno\n", train__en="One\n")

    take(tmp_path / "c", *files, pairs=["en-it"])

    assert lines(tmp_path / "c", "en-it")[0]["src"] == "One"


def test_names_as_at_wmt_tell_source_and_references_in_any_order(tmp_path: Path) -> None:
    files = _files(
        tmp_path,
        t__en_de__ref__A__de="Eins\n",
        t__en_de__ref__B__de="Ein\n",
        t__en_de__src__en="One\n",
    )

    report = take(tmp_path / "c", *files)

    assert lines(tmp_path / "c", "en-de") == [{"id": "1", "src": "One", "ref": ["Eins", "Ein"]}]
    assert report.files[0].reference_names == ("A", "B")


def test_files_without_languages_need_a_direction(tmp_path: Path) -> None:
    files = _files(tmp_path, source__txt="One\n", target__txt="Uno\n")

    with pytest.raises(RequestError, match="do not tell the languages"):
        take(tmp_path / "c", *files)
    take(tmp_path / "c", *files, pairs=["en-it"])

    assert lines(tmp_path / "c", "en-it")[0] == {"id": "1", "src": "One", "ref": "Uno"}


def test_line_ends_inside_unicode_are_text(tmp_path: Path) -> None:
    files = _files(tmp_path, a__en="One\u2028more\x85\nTwo\n", a__it="Uno\nDue\n")

    take(tmp_path / "c", *files)

    assert lines(tmp_path / "c", "en-it")[0]["src"] == "One\u2028more\x85"


def test_lines_that_look_like_rows_of_a_table_are_said(tmp_path: Path) -> None:
    """A column of numbers before each text was a part of it, without a word."""
    files = _files(tmp_path, a__en="One\nTwo\tmore\n", a__it="0\tUno\n1\tDue\n")

    report = take(tmp_path / "c", *files)

    said = [remark for remark in map(str, report.remarks) if "holds tabs" in remark]
    assert len(said) == 1 and "suspicious: every line of a.it holds tabs" in said[0]


def test_a_side_that_is_short_is_an_error_never_cut(tmp_path: Path) -> None:
    files = _files(tmp_path, a__en="One\nTwo\nThree\n", a__it="Uno\nDue\n")

    with pytest.raises(DataError) as caught:
        take(tmp_path / "c", *files)

    assert caught.value.message == f"{files[1]}: ends after 2 lines, and {files[0]} goes on"
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(
    ("texts", "pairs", "message"),
    [
        ({"a__en": "x\n"}, [], "plain text comes in two files or more"),
        ({"a__en": "x\n", "a__it": "y\n"}, ["en-it", "it-en"], "plain text holds one direction"),
        ({"a__en": "x\n", "a__fr": "y\n"}, ["en-it"], "the files' names do not fit en-it"),
        ({"a__fr": "x\n", "a__it": "y\n"}, ["en-it"], "the files' names do not fit en-it"),
        ({"a__en": "x\n", "b__en": "y\n"}, ["en-it"], "the files' names do not fit en-it"),
        ({"a__en": "x\n", "a__tsv": "y\n"}, ["en-it"], "files of several formats:"),
    ],
)
def test_files_that_do_not_tell_are_refused(
    texts: dict[str, str], pairs: list[str], message: str, tmp_path: Path
) -> None:
    files = _files(tmp_path, **texts)

    with pytest.raises(RequestError) as caught:
        take(tmp_path / "c", *files, pairs=pairs)

    assert message in caught.value.message


def test_no_such_file_is_a_wrong_request(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no such file"):
        take(tmp_path / "c", tmp_path / "a.en", tmp_path / "a.it")
