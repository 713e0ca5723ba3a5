from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mtbench.corpora.load import load, pair_files, read_segments
from mtbench.corpora.validation import Defect, ValidationReport, validate
from mtbench.errors import DataError, RequestError
from mtbench.files.digests import digest_file
from tests.support.imports import write_jsonl

EN = "The government announced on Monday that the new rules would apply from next year."
IT = "Il governo ha annunciato lunedì che le nuove regole si applicheranno dal prossimo anno."
DE = "Die Regierung kündigte am Montag an, dass die neuen Regeln ab nächstem Jahr gelten."


def _corpus(
    folder: Path, rows: list[dict[str, Any]], name: str = "en-it.jsonl", card: str = "title = 'T'"
) -> Path:
    write_jsonl(folder / name, rows)
    if card:
        (folder / "card.toml").write_text(card + "\n", encoding="utf-8")
    return folder


def _rows(count: int, **more: Any) -> list[dict[str, Any]]:
    words = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta")
    return [
        {"id": str(n), "src": f"{words[n]} in English", "ref": f"{words[n]} in italiano", **more}
        for n in range(count)
    ]


def _found(report: ValidationReport, kind: str) -> list[tuple[str, int | None, str, str]]:
    return [
        (Path(f.path).name, f.line, f.severity, f.message)
        for f in report.findings
        if f.kind == kind
    ]


def test_a_corpus_without_defects(tmp_path: Path) -> None:
    folder = _corpus(tmp_path / "c", _rows(3))

    report = validate([folder])

    assert report.findings == ()
    assert report.valid
    assert report.files[0].model_dump() == {
        "path": str(folder / "en-it.jsonl"), "pair": "en-it", "segments": 3,
    }  # fmt: skip


# Each line alone, and what must be said of it: kind and message. None: it holds.
LINES: dict[bytes, tuple[str, str] | None] = {
    b'{"id": "1", "src": "a", "ref": "b"}': None,
    b'{"id": "1", "src": "a", "ref": ["b", "c"], "x": [1, null]}': None,
    b'{"id": "1", "src": "a", "ref": null, "doc": null}': None,
    b'\xef\xbb\xbf{"id": "1", "src": "a"}\r': None,
    b'{"id": "1", "src": "a"': ("json", "not a JSON object: "),
    b"[1, 2]": ("json", "not a JSON object"),
    b'{"id": "1", "src": "a", "id": "2"}': ("json", "the key 'id' stands twice"),
    b'{"id": "1", "src": "a", "x": NaN}': ("json", "NaN is not JSON"),
    b'{"id": "1", "src": "a", "x": -1e999}': ("json", "the number -1e999 is too large"),
    b'{"id": "1", "src": "a", "x": ' + b"[" * 100_000: ("json", "not a JSON object: nested"),
    b'{"src": "a"}': ("missing", "id: missing"),
    b'{"id": "1"}': ("missing", "src: missing"),
    b'{"id": 1, "src": "a"}': ("type", "id: not a string"),
    b'{"id": "1", "src": ["a"]}': ("type", "src: not a string"),
    b'{"id": " ", "src": "a"}': ("blank", "id: blank"),
    b'{"id": "1", "src": " \\u00a0"}': ("blank", "src: blank (segment '1')"),
    b'{"id": "1", "src": "a", "ref": ""}': ("blank", "ref: blank"),
    b'{"id": "1", "src": "a", "ref": ["b", " "]}': ("blank", "ref: blank"),
    b'{"id": "1", "src": "a", "ref": 7}': ("type", "ref: neither a string nor a list of strings"),
    b'{"id": "1", "src": "a", "ref": [7]}': ("type", "ref: neither a string nor a list of strings"),
    b'{"id": "1", "src": "a", "doc": 7}': ("type", "doc: not a string"),
    b'{"id": "1", "src": "a", "context": {}}': ("type", "context: not a string"),
    b'{"id": "1", "src": "a", "origin": "post-edited"}': None,
    b'{"id": "1", "src": "a", "origin": "synthetic"}': None,
    b'{"id": "1", "src": "a", "origin": "me"}': ("type", "origin: 'me' is none of"),
    b'{"id": "1", "src": "a", "original_language": "??"}': (
        "type", "original_language: not a language tag",
    ),
    b'{"id": "1", "src": "a", "alignment": 1.5}': ("alignment", "alignment: not a number from"),
    b'{"id": "1", "src": "a", "alignment": true}': ("alignment", "alignment: not a number from"),
    b'{"id": "1", "src": "\xff"}': ("encoding", "not UTF-8 (byte 21 of the line)"),
    b'{"id": "1", "src": "a\x00"}': ("control", "a NUL character"),
    b'{"id": "1", "src": "a\\u0000"}': ("control", "a NUL character"),
    b'{"id": "1", "src": "a", "x": {"y": ["\\ud800"]}}': ("encoding", "half of a surrogate pair"),
}  # fmt: skip


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_each_defect_of_a_line_is_named_with_its_line(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "c" / "en-it.jsonl"
    path.parent.mkdir()
    good = b'{"id": "0", "src": "z"}\n'
    first = line.startswith(b"\xef")
    path.write_bytes(line + b"\n" + good if first else good + line + b"\n")

    errors = [f for f in validate([path]).findings if f.severity == "error"]

    expected = LINES[line]
    if expected is None:
        assert errors == []
    else:
        assert [(f.line, f.kind) for f in errors] == [(2, expected[0])]
        assert errors[0].message.startswith(expected[1])


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_what_is_an_error_here_is_what_reading_refuses(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "en-it.jsonl"
    path.write_bytes(line + b"\n")

    found = [f for f in validate([path]).findings if f.severity == "error"]
    try:
        list(read_segments(path))
    except DataError as error:
        assert error.message == str(found[0])
    else:
        assert found == []


def test_all_defects_come_in_one_pass(tmp_path: Path) -> None:
    path = tmp_path / "en-it.jsonl"
    path.write_bytes(
        b'{"id": "a"\n{"id": "b", "src": "x"}\n{"src": 1}\n\xff\n{"id": "b", "src": "y"}\n'
    )

    report = validate([path])

    assert [(f.line, f.kind) for f in report.findings if f.severity == "error"] == [
        (1, "json"), (3, "missing"), (3, "type"), (4, "encoding"), (5, "duplicate-id"),
    ]  # fmt: skip
    assert _found(report, "duplicate-id")[0][3] == "duplicate id 'b' (first on line 2)"
    assert report.errors == 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", [(None, "empty", "no segments")]),
        (b"\n\n", [(None, "empty", "no segments")]),
        (b'{"id": "a", "src": "x"}\n\n', []),
        (
            b'{"id": "a", "src": "x"}\n\n \n{"id": "b", "src": "y"}',
            [(2, "blank", "an empty line between segments")],
        ),
    ],
)
def test_empty_files_and_lines(
    text: bytes, expected: list[tuple[int | None, str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "en-it.jsonl"
    path.write_bytes(text)

    errors = [f for f in validate([path]).findings if f.severity == "error"]

    assert [(f.line, f.kind, f.message) for f in errors] == expected


def test_strict_makes_warnings_errors(tmp_path: Path) -> None:
    folder = _corpus(tmp_path / "c", [*_rows(2), {"id": "x", "src": "Same", "ref": "Same"}])

    lenient, strict = validate([folder]), validate([folder], strict=True)

    assert (lenient.errors, lenient.warnings, lenient.valid) == (0, 1, True)
    assert (strict.errors, strict.warnings, strict.valid) == (1, 0, False)
    assert (
        str(lenient.findings[0])
        == f"{folder / 'en-it.jsonl'}:3: warning: the reference is the source"
    )
    assert str(strict.findings[0]) == f"{folder / 'en-it.jsonl'}:3: the reference is the source"


def test_many_of_one_kind_are_counted_and_not_all_listed(tmp_path: Path) -> None:
    rows = [{"id": "same", "src": f"text {n}"} for n in range(101)]

    report = validate([_corpus(tmp_path / "c", rows)])

    hits = _found(report, "duplicate-id")
    assert len(hits) == 21
    assert hits[-1][3] == "… and 80 more like this (duplicate-id)"
    assert report.errors == 100


def test_duplicates_of_sources_and_pairs(tmp_path: Path) -> None:
    rows = [
        {"id": "1", "src": "Yes.", "ref": "Sì."},
        {"id": "2", "src": "No.", "ref": "No."},
        {"id": "3", "src": "Yes.", "ref": "Sì."},
        {"id": "4", "src": "Yes.", "ref": "Certo."},
    ]

    report = validate([_corpus(tmp_path / "c", rows)])

    assert _found(report, "duplicate-pair") == [
        ("en-it.jsonl", 3, "warning", "source and reference as on line 1")
    ]
    assert _found(report, "duplicate-source") == [
        ("en-it.jsonl", 4, "warning", "source as on line 1")
    ]
    assert _found(report, "copied") == [
        ("en-it.jsonl", 2, "warning", "the reference is the source")
    ]


def test_languages_that_are_surely_wrong_are_named_and_short_texts_left_alone(
    tmp_path: Path,
) -> None:
    rows = [
        {"id": "1", "src": EN, "ref": IT},
        {"id": "2", "src": f"{EN} 2", "ref": f"{DE} 2"},
        {"id": "3", "src": "Guten Tag", "ref": "Hello world"},
        {"id": "4", "src": "Barack Obama https://de.wikipedia.org/wiki/Barack_Obama", "ref": "B."},
    ]

    report = validate([_corpus(tmp_path / "c", rows)])

    assert _found(report, "language") == [
        ("en-it.jsonl", 2, "warning", "ref: looks like German (de), not Italian (it)")
    ]


def test_sides_that_are_swapped_are_an_error(tmp_path: Path) -> None:
    rows = [{"id": str(n), "src": f"{IT} {n}.", "ref": f"{EN} {n}."} for n in range(6)]

    report = validate([_corpus(tmp_path / "c", rows)])

    assert _found(report, "language") == [
        ("en-it.jsonl", 1, "error", "src: 6 of 6 texts are in Italian (it), not English (en)"),
        ("en-it.jsonl", 1, "error", "ref: 6 of 6 texts are in English (en), not Italian (it)"),
    ]


def test_a_length_ratio_is_extreme_against_the_file_s_own(tmp_path: Path) -> None:
    # Chinese takes a third of the characters throughout: only the ninth line is odd.
    rows = [
        {"id": str(n), "src": "word " * (n + 10), "ref": "字字字" * (n + 10)} for n in range(12)
    ]
    rows[8]["ref"] = "字" * 250
    odd = validate([_corpus(tmp_path / "c", rows, "en-zh.jsonl")])

    few = validate([_corpus(tmp_path / "d", rows[:3], "en-zh.jsonl")])
    european = [{"id": "1", "src": EN, "ref": IT}, {"id": "2", "src": EN + "!", "ref": IT * 3}]
    short = validate([_corpus(tmp_path / "e", european)])

    assert [(hit[1], hit[3][:17]) for hit in _found(odd, "length")] == [(9, "the reference is ")]
    assert _found(few, "length") == []
    assert [(hit[1], hit[3]) for hit in _found(short, "length")] == [
        (2, "the reference is 2.8 times longer than its source lets expect")
    ]


@pytest.mark.parametrize(
    ("source", "reference", "message"),
    [
        ("In 2019 there were 1,234.5 tons", "2019: 1.234,5 Tonnen", None),
        ("It cost 10,000 dollars at 10:30", "10 000 dollari alle 10.30", None),
        ("on 12/07/2022", "il 2022-07-12", None),
        ("It took 3 days", "Ci vollero tre giorni", None),
        ("١٢٣٤ tons", "1234 tonnellate", None),
        ("In 2019 there were 419", "Nel 2019 erano molti", "numbers on one side only: 419"),
        ("It was 1990", "Era il 1980", "numbers on one side only: 1980, 1990"),
    ],
)
def test_numbers_that_differ(
    source: str, reference: str, message: str | None, tmp_path: Path
) -> None:
    report = validate([_corpus(tmp_path / "c", [{"id": "1", "src": source, "ref": reference}])])

    assert [hit[3] for hit in _found(report, "numbers")] == ([message] if message else [])


def test_mixed_normalisation_forms(tmp_path: Path) -> None:
    def rows(*references: str) -> list[dict[str, Any]]:
        return [{"id": str(n), "src": f"a{n}", "ref": r} for n, r in enumerate(references)]

    composed, decomposed = "citt\u00e0", "perche\u0301"
    minority = validate([_corpus(tmp_path / "a", rows(composed, decomposed, composed, "x"))])
    majority = validate([_corpus(tmp_path / "b", rows(decomposed, composed, decomposed))])
    throughout = validate([_corpus(tmp_path / "c", rows(decomposed, decomposed + "!"))])
    within = validate([_corpus(tmp_path / "d", rows(composed, composed + decomposed))])

    text = "ref: accents are not in {} as elsewhere in the file"
    assert [hit[1::2] for hit in _found(minority, "normalisation")] == [(2, text.format("NFC"))]
    assert [hit[1::2] for hit in _found(majority, "normalisation")] == [(2, text.format("NFD"))]
    assert [hit[1::2] for hit in _found(within, "normalisation")] == [(2, text.format("NFC"))]
    assert [hit[1::2] for hit in _found(throughout, "normalisation")] == [
        (1, "ref: accents are decomposed throughout (NFD), where NFC is usual")
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [("a\u0007b", "U+0007"), ("a\u0085b", "U+0085"), ("a\ufffdb", "U+FFFD"), ("a\rb", "U+000D"),
     ("a\ufeffb", "U+FEFF"), ("a\tb\nc\u2028d", None)],
)  # fmt: skip
def test_control_characters(text: str, name: str | None, tmp_path: Path) -> None:
    report = validate([_corpus(tmp_path / "c", [{"id": "1", "src": text, "ref": "x"}])])

    expected = [("en-it.jsonl", 1, "warning", f"src: the character {name}")] if name else []
    assert _found(report, "control") == expected


def test_segments_of_a_document_that_stand_apart(tmp_path: Path) -> None:
    rows = _rows(7)
    for row, document in zip(rows, ["a", "a", "b", "a", " ", "b", "b"], strict=True):
        row["doc"] = document

    report = validate([_corpus(tmp_path / "c", rows)])

    assert [(hit[1], hit[3].split(";")[0]) for hit in _found(report, "document")] == [
        (4, "a segment of a document that was left on line 2"),
        (6, "a segment of a document that was left on line 3"),
    ]


def test_a_blank_document_is_none(tmp_path: Path) -> None:
    """Segments without a document are units of their own, not one large one."""
    rows = [{**row, "doc": "", "domain": " "} for row in _rows(3)]
    found = load(pair_files(_corpus(tmp_path / "c", rows))[0])
    assert found.documents == (None,) * 3
    assert found.domains == (None,) * 3


def test_one_id_with_two_sources_over_the_files_of_a_corpus(tmp_path: Path) -> None:
    folder = _corpus(tmp_path / "c", _rows(3))
    german = _rows(3)
    german[1]["src"] = "another text"
    german[2]["id"] = "elsewhere"
    _corpus(folder, german, "en-de.jsonl")
    _corpus(folder, [{"id": "1", "src": "altro", "ref": "x"}], "it-de.jsonl")

    report = validate([folder])

    assert _found(report, "id-text") == [
        ("en-it.jsonl", 2, "warning", "its id stands with another source on en-de.jsonl:2")
    ]


def test_overlap_between_two_corpora_over_sides_and_spellings(tmp_path: Path) -> None:
    first = _corpus(tmp_path / "one", [*_rows(2), {"id": "x", "src": EN, "ref": IT}])
    second = _corpus(tmp_path / "two", [{"id": "q", "src": IT, "ref": EN.upper()}], "it-en.jsonl")

    report = validate([first, second])
    alone = validate([first])

    assert _found(alone, "overlap") == []
    place = first / "en-it.jsonl"
    assert _found(report, "overlap") == [
        ("it-en.jsonl", 1, "warning",
         f"1 of 1 texts in {language} also stand in {place} (this one on its line 3)")
        for language in ("en", "it")
    ]  # fmt: skip


def test_the_card_s_checksums_and_names(tmp_path: Path) -> None:
    folder = _corpus(tmp_path / "c", _rows(2))
    _corpus(folder, _rows(2), "en-de.jsonl")
    (folder / "card.toml").write_text(
        f'[files]\n"en-it.jsonl" = "{digest_file(folder / "en-it.jsonl")}"\n'
        f'"en-fr.jsonl" = "{"0" * 64}"\n',
        encoding="utf-8",
    )
    good = validate([folder])
    with (folder / "en-it.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"id": "new", "src": "new"}) + "\n")
    changed = validate([folder / "en-it.jsonl"])

    assert _found(good, "checksum") == [
        ("card.toml", None, "error", "[files] names en-fr.jsonl, which is not there"),
        ("en-de.jsonl", None, "warning", "[files] of card.toml does not name it"),
    ]
    assert _found(changed, "checksum") == [
        ("en-it.jsonl", None, "error", "not the file of which card.toml holds the checksum")
    ]


@pytest.mark.parametrize(
    ("card", "severity", "message"),
    [
        ("", "warning", "there is no card: title, licence, checksums are not known"),
        ("title = ", "error", "not TOML"),
        ("titel = 'x'", "error", "titel"),
        ("[files]\n'a' = 'b'", "error", "files: the checksum of a is not a SHA-256"),
    ],
)
def test_a_card_that_is_missing_or_malformed(
    card: str, severity: str, message: str, tmp_path: Path
) -> None:
    report = validate([_corpus(tmp_path / "c", _rows(2), card=card)])

    hits = _found(report, "card")
    assert [(hit[0], hit[2]) for hit in hits] == [("card.toml", severity)]
    assert message in hits[0][3]


def test_reversible_wants_exactly_one_reference(tmp_path: Path) -> None:
    rows = _rows(3)
    rows[1]["ref"] = ["a", "b"]
    del rows[2]["ref"]

    report = validate([_corpus(tmp_path / "c", rows, card="reversible = true")])

    assert [hit[1:3] for hit in _found(report, "reversible")] == [(2, "error"), (3, "error")]


def test_more_references_than_the_card_names(tmp_path: Path) -> None:
    rows = [{"id": "1", "src": "s", "ref": ["a", "b"]}]

    report = validate([_corpus(tmp_path / "c", rows, card="reference_names = ['A']")])

    assert _found(report, "references") == [
        ("en-it.jsonl", 1, "warning", "2 references, but reference_names of the card has 1")
    ]


def test_names_of_files(tmp_path: Path) -> None:
    folder = _corpus(tmp_path / "c", _rows(2))
    _corpus(folder, _rows(2), "english.jsonl")
    _corpus(folder, _rows(2), "EN-IT.jsonl")
    for name in ("README.md", "LICENSE", ".hidden", "notes.txt"):
        (folder / name).touch()
    (folder / "hypotheses").mkdir()
    (folder / "old").mkdir()

    report = validate([folder])

    assert sorted(_found(report, "file")) == [
        ("en-it.jsonl", None, "error", "en-it is also served by EN-IT.jsonl"),
        ("english.jsonl", None, "error",
         "its name is no direction: not a language pair: 'english'"),
        ("notes.txt", None, "warning", "not a file of a corpus"),
        ("old", None, "warning", "not a file of a corpus"),
    ]  # fmt: skip
    with pytest.raises(DataError):
        pair_files(folder)


def test_a_folder_of_corpora_is_gone_through(tmp_path: Path) -> None:
    _corpus(tmp_path / "corpora" / "a", _rows(1))
    _corpus(tmp_path / "corpora" / "b", _rows(2))
    (tmp_path / "corpora" / "c").mkdir()

    report = validate([tmp_path / "corpora", tmp_path / "corpora" / "a"])

    assert [(Path(f.path).parent.name, f.segments) for f in report.files] == [("a", 1), ("b", 2)]


@pytest.mark.parametrize(
    ("name", "message"),
    [("none", "no such file or folder"), ("a.txt", "not a corpus file"), ("d", "holds no corpus")],
)
def test_what_is_no_corpus_is_a_wrong_request(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    (tmp_path / "d").mkdir()

    with pytest.raises(RequestError, match=message):
        validate([tmp_path / name])


def test_an_empty_corpus_folder(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "card.toml").write_text("title = 'T'\n", encoding="utf-8")

    report = validate([tmp_path / "c"])

    assert [(f.kind, f.severity) for f in report.findings] == [("empty", "error")]


def test_findings_are_sorted_and_without_paths_of_their_own() -> None:
    finding = Defect(path="a/en-it.jsonl", line=3, severity="error", kind="json", message="m")

    assert str(finding) == "a/en-it.jsonl:3: m"
    assert str(finding.model_copy(update={"line": None, "severity": "warning"})) == (
        "a/en-it.jsonl: warning: m"
    )
