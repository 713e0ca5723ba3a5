"""Files are what stands in them: read as that, or refused by name with the way in."""

from __future__ import annotations

import bz2
import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from mtbench.backends.hypotheses import Hypotheses
from mtbench.corpora.formats.recognise import Kind, recognise, require_text
from mtbench.errors import DataError
from mtbench.files.writing import read_lines
from mtbench.languages import LanguagePair
from mtbench.types import Runtime, Source, Translation
from tests.support.imports import lines, take


def _zip(**members: bytes) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return raw.getvalue()


def _tar() -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return raw.getvalue()


SGML = """<srcset setid="news" srclang="any">
<doc docid="d1" genre="news" origlang="en">
<p><seg id="1">AT&T &amp; you: 1 < 2.</seg><seg id="2">Two</seg></p></doc></srcset>
"""
REFERENCE = """<refset setid="news" srclang="any" trglang="de">
<DOC docid="d1" sysid="ref"><p><SEG ID="1">AT&T &amp; Sie: 1 < 2.</SEG>
<seg id="2">Zwei</seg></p></DOC></refset>
"""
OUTPUT = REFERENCE.replace("refset", "tstset").replace(">Zwei<", ">Zwo<").replace('"ref"', '"S"')
PO = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Language: de\\n"

msgid "Hello"
msgstr "Hallo"

#, fuzzy
msgid "World"
msgstr "Weld"

msgctxt "menu"
msgid "Open"
msgstr "Öffnen"

msgid "%d file"
msgid_plural "%d files"
msgstr[0] "%d Datei"
msgstr[1] "%d Dateien"

msgid "Empty"
msgstr ""
"""
XLIFF = """<?xml version="1.0"?>
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
<file original="f.html" source-language="en" target-language="de" datatype="html"><body>
<trans-unit id="1"><source>Hello <g id="1">world</g><x id="2"/></source>
<target state="translated">Hallo <g id="1">Welt</g></target>
<alt-trans><source>x</source><target>y</target></alt-trans></trans-unit>
<trans-unit id="2"><source>Two</source><target state="needs-translation">Two</target></trans-unit>
<trans-unit id="3"><source>Three</source></trans-unit>
<trans-unit id="4"><source>A <ph id="1">&lt;br/&gt;</ph>b</source><target>C d</target></trans-unit>
</body></file></xliff>
"""
XLIFF2 = """<xliff version="2.0" xmlns="urn:oasis:names:tc:xliff:document:2.0" srcLang="en"
 trgLang="de"><file id="f1"><unit id="u1"><segment id="s1" state="final">
<source>One <pc id="1">bold</pc></source><target>Eins <pc id="1">fett</pc></target></segment>
<segment id="s2"><source>Two</source></segment></unit></file></xliff>
"""


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"One\nTwo\n", "text"),
        (b"", "text"),
        (b"<b>One</b> line of text\n", "text"),
        (b"< 5 kg\n", "text"),
        (b"{no JSON} here\n[1] a footnote\n", "text"),
        (b"[1] a footnote\n", "text"),
        (b"{\n", "text"),
        (b"[\nTwo\n", "text"),
        (b"{}\nTwo\n", "text"),
        (b"[[Berlin]] is a link\n", "text"),
        (b'{\n"Stop!" he said: no\n', "text"),
        (b'\xef\xbb\xbf{"id": "1"}\n{"id": "2"}\n', "jsonl"),
        (SGML.encode(), "wmt-sgml"),
        (
            b'<?xml version="1.0"?><!DOCTYPE mteval SYSTEM "x"><mteval><refset/></mteval>',
            "wmt-sgml",
        ),
        (XLIFF.encode(), "xliff"),
        (XLIFF2.encode(), "xliff"),
        (PO.encode(), "po"),
        (b"<tmx version='1.4'><header/><body/></tmx>", "tmx"),
        (b"<dataset id='x'></dataset>", "wmt-xml"),
        (_zip(xl__workbook_dot_xml=b"<x/>"), "spreadsheet"),
        (b"PAR1\x15\x00....", "parquet"),
    ],
)
def test_content_says_what_a_file_is(content: bytes, kind: Kind, tmp_path: Path) -> None:
    for path, written in (
        (tmp_path / "file.txt", content),
        (tmp_path / "file.gz", gzip.compress(content)),
    ):
        path.write_bytes(written)
        if path.suffix == ".gz" and kind == "spreadsheet":
            continue  # packed already
        assert recognise(path).kind == kind


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<!DOCTYPE html><html><p>a</p></html>", "an HTML page"),
        (b"\n<!-- saved -->\n<HTML><body>a", "an HTML page"),
        (b'[\n {"id": "1"}\n]\n', "one JSON document"),
        (b'{\n "id": "1"\n}\n', "one JSON document"),
        (b'[\n  [\n    "One",\n    "Uno"\n  ]\n]\n', "one JSON document"),
        (b'["One", "Two"]\n', "one JSON document"),
        (b"1\r\n00:00:01,000 --> 00:00:02,000\r\nHello\r\n", "SRT subtitles"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n", "WebVTT subtitles"),
        (_zip(a_dot_txt=b"a"), "a zip archive"),
        (_zip(word__document_dot_xml=b"<w/>"), "a document of a word processor"),
        (b"PK\x03\x04broken", "a damaged zip archive"),
        (b"%PDF-1.7\n1 0 obj\n<<>>", "a PDF document"),
        (bz2.compress(b"One\n"), "packed with bzip2"),
        (b"\xfd7zXZ\0", "packed with xz"),
        (_tar(), "a tar archive"),
        (b"<?xml version='1.0'?><rss/>", "its outermost element is <rss>"),
        (b"% A talk\n\\documentclass{article}\nOne\n", "LaTeX"),
        (b'/* Start */\n"a" = "One";\n\n// of it\n"b" = "Two";\n', "strings of an Apple"),
        (b"One\rTwo\r", "its lines end in carriage returns alone"),
        (b"\x1f\x8b\x08\0broken", "damaged gzip"),
    ],
)
def test_what_is_not_read_is_refused_by_name_wherever_it_is_given(
    content: bytes, name: str, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.de"
    bad.write_bytes(content)
    good = tmp_path / "good.en"
    good.write_text("One\n", encoding="utf-8")
    options = Hypotheses.Options(path=str(bad))
    source = Source(id="1", text="One")
    with (
        Hypotheses(options, LanguagePair.parse("en-de"), Runtime()) as system,
        pytest.raises(DataError) as as_hypotheses,
    ):
        system.sources([source])
    with pytest.raises(DataError) as as_text:
        require_text(bad)
    with pytest.raises(DataError) as as_corpus:
        take(tmp_path / "c", good, bad)

    for caught in (as_hypotheses, as_text, as_corpus):
        assert caught.value.message.startswith(f"{bad}: {name}")
        assert caught.value.hint or "damaged" in name


@pytest.mark.parametrize(
    "lines",
    [
        ("PAR1 is how a Parquet file begins", "and ends: PAR1"),
        ("BZh91AY&SY begins an archive",),
        ("Rar! said the pirate",),
        ("ARROW1 flies",),
        ("SQLite format 3 is old",),
        ("%PDF-1.7", "1 is the number of objects"),
        ("{\\rtf is how RTF begins}",),
        ("WEBVTT", "is a format of subtitles"),
        ("1", "00:01:02,000 is a time", "2"),
        ("x" * 257 + "ustar is the mark of tar",),
        ("<html> and <body> are tags.", "</html> ends a page."),
        ("<!DOCTYPE html> is what a page begins with.",),
        ("<html><body>One.</body></html>", "<html><body>Two.</body></html>"),
        ("<head> up", "One"),
        ("The file has a <refset setid='x'> in it.", "<srcset> is another"),
        ("<refset> holds references.", "<doc> a document."),
        ("<?xml is a declaration", "One"),
        ("<?xml version='1.0'?>", "One"),
        ("<?xml version='1.0'?><a>One</a>", "<?xml version='1.0'?><a>Two</a>"),
        ("<a xmlns='urn:x'>One</a>", "<a xmlns='urn:x'>Two</a>"),
        ("<!DOCTYPE note> is a type of documents",),
        ("<dataset> is an element.", "<tmx> another."),
        ("A catalogue has", 'msgid "One"', 'msgstr "Uno"', "in it."),
        ('["Stop", he said.',),
        ('{"a": is no object', "One"),
        ('{"name": "x"}', "One", "Two"),
        ("\\documentclassic is no command",),
        ('"a" = "b"; said the compiler', "One"),
        ("One\rtwo", "Three"),
    ],
)
def test_text_is_text_whatever_word_it_begins_with(lines: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    require_text(path)
    assert recognise(path).kind == "text"


@pytest.mark.parametrize(
    ("name", "content", "said", "program"),
    [
        ("x_de.properties", "# Menu\nmenu.open=Öffnen\n", "Java properties", "prop2po"),
        ("de.yml", "# Menu\nde:\n  open: Öffnen\n", "YAML", "yaml2po"),
        ("de.yaml", "---\nopen: Öffnen\n", "YAML", "yaml2po"),
    ],
)
def test_texts_under_keys_are_no_plain_text(
    name: str, content: str, said: str, program: str, tmp_path: Path
) -> None:
    """Their keys were a part of every segment, on both sides, and scored as right."""
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")

    with pytest.raises(DataError, match=said) as caught:
        require_text(path)
    assert program in str(caught.value.hint)

    (tmp_path / "plain.yml").write_text("A line of text.\n", encoding="utf-8")
    require_text(tmp_path / "plain.yml")


@pytest.mark.parametrize("name", ["x.tmx", "x.xlf", "x.sgm", "x.po", "x.jsonl", "x.xml"])
def test_what_a_name_promises_and_does_not_hold_is_no_text(name: str, tmp_path: Path) -> None:
    """A damaged file was two files of plain text, markup and all."""
    (tmp_path / name).write_text("x<tmx> damaged\n", encoding="utf-8")
    with pytest.raises(DataError, match=name):
        require_text(tmp_path / name)


def test_two_files_of_sgml_are_no_plain_text(tmp_path: Path) -> None:
    """They were scored as lines: BLEU 79, of which most was markup."""
    for name, content in (("s.en.sgm", SGML), ("r.de.sgm", REFERENCE), ("o.de.sgm", OUTPUT)):
        (tmp_path / name).write_text(content, encoding="utf-8")

    with pytest.raises(DataError, match="SGML of WMT, not text of one segment per line"):
        require_text(tmp_path / "r.de.sgm")
    report = take(tmp_path / "c", *(tmp_path / n for n in ("o.de.sgm", "r.de.sgm", "s.en.sgm")))

    assert lines(tmp_path / "c", "en-de") == [
        {"id": "d1/1", "src": "AT&T & you: 1 < 2.", "ref": "AT&T & Sie: 1 < 2.", "doc": "d1",
         "domain": "news", "original_language": "en"},
        {"id": "d1/2", "src": "Two", "ref": "Zwei", "doc": "d1", "domain": "news",
         "original_language": "en"},
    ]  # fmt: skip
    assert report.files[0].systems == {"S": 2}


def test_tags_in_texts_of_sgml_are_text(tmp_path: Path) -> None:
    """As mteval and sacreBLEU have them; they were left out without a word."""
    said = "Press <b>OK</b><br/> &amp; wait <3 s."
    for name, content in (("s.en.sgm", SGML), ("r.de.sgm", REFERENCE)):
        text = content.replace("Two", said).replace("Zwei", said)
        (tmp_path / name).write_text(text, encoding="utf-8")

    take(tmp_path / "c", tmp_path / "s.en.sgm", tmp_path / "r.de.sgm")

    row = lines(tmp_path / "c", "en-de")[1]
    assert row["src"] == row["ref"] == "Press <b>OK</b><br/> & wait <3 s."


def test_a_system_answers_from_a_file_of_sgml(tmp_path: Path) -> None:
    path = tmp_path / "o.sgm"
    path.write_text(OUTPUT, encoding="utf-8")
    sources = [Source(id="d1/2", text="Two"), Source(id="d1/1", text="One")]
    options = Hypotheses.Options(path=str(path))
    with Hypotheses(options, LanguagePair.parse("en-de"), Runtime()) as system:
        system.sources(sources)
        assert system.translate(sources[:1]) == [Translation(text="Zwo")]
        with pytest.raises(DataError, match="2 segments for 1 source segments"):
            system.sources(sources[:1])
        with pytest.raises(DataError, match="segment 'd1/1' is not in this test set"):
            system.sources([Source(id="x/1", text="a"), Source(id="x/2", text="b")])


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("</doc></srcset>", "", "ends within document 'd1': it is cut off"),
        ("Two</seg></p></doc></srcset>", "Tw", "a <seg> without end"),
        ('<seg id="2">', "<seg>", "a <seg> without id"),
        ('<seg id="2">', '<seg id="1">', "segment '1' of 'd1' stands twice"),
        (' docid="d1"', "", "a <doc> without docid"),
    ],
)
def test_damaged_sgml_is_named_with_its_place(
    before: str, after: str, message: str, tmp_path: Path
) -> None:
    source, reference = tmp_path / "s.en.sgm", tmp_path / "r.de.sgm"
    source.write_text(SGML.replace(before, after), encoding="utf-8")
    reference.write_text(REFERENCE, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        take(tmp_path / "c", source, reference)
    assert message in caught.value.message
    assert caught.value.message.startswith(str(source))


def test_xliff_without_its_codes_and_without_what_is_not_translated(tmp_path: Path) -> None:
    pytest.importorskip("translate")
    for name, content in (("a.xlf", XLIFF), ("b.xlf", XLIFF2)):
        (tmp_path / name).write_text(content, encoding="utf-8")

    report = take(tmp_path / "c", tmp_path / "a.xlf")
    take(tmp_path / "d", tmp_path / "b.xlf")

    assert lines(tmp_path / "c", "en-de") == [
        {"id": "f.html/1", "src": "Hello world", "ref": "Hallo Welt", "doc": "f.html"},
        {"id": "f.html/4", "src": "A b", "ref": "C d", "doc": "f.html"},
    ]
    assert (report.read, report.kept) == (4, 2)
    assert lines(tmp_path / "d", "en-de") == [
        {"id": "u1/s1", "src": "One bold", "ref": "Eins fett"}
    ]


def test_xliff_that_declares_entities_is_not_given_to_the_library(tmp_path: Path) -> None:
    path = tmp_path / "a.xlf"
    path.write_text(
        XLIFF.replace("<xliff", '<!DOCTYPE xliff [<!ENTITY a "b">]><xliff'), encoding="utf-8"
    )
    with pytest.raises(DataError, match="declares the XML entity 'a'"):
        take(tmp_path / "c", path)


def test_po_without_what_is_fuzzy_plural_or_empty(tmp_path: Path) -> None:
    pytest.importorskip("translate")
    path = tmp_path / "de.po"
    path.write_text(PO, encoding="utf-8")

    report = take(tmp_path / "c", path, pairs=["en-de"])

    assert lines(tmp_path / "c", "en-de") == [
        {"id": "1", "src": "Hello", "ref": "Hallo"},
        {"id": "3", "src": "Open", "ref": "Öffnen", "context": "menu"},
    ]
    assert [one.what for one in report.found] == [
        "messages that are fuzzy",
        "messages that are of several plural forms",
        "messages that are not translated",
    ]


def test_packed_text_is_read_as_what_it_holds(tmp_path: Path) -> None:
    files = [tmp_path / "a.en.gz", tmp_path / "a.de.gz"]
    for path, text in zip(files, ("One\nTwo\n", "Eins\nZwei\n"), strict=True):
        path.write_bytes(gzip.compress(text.encode()))

    take(tmp_path / "c", *files)

    assert [row["ref"] for row in lines(tmp_path / "c", "en-de")] == ["Eins", "Zwei"]


def test_a_packed_line_without_end_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.en.gz"
    with gzip.open(path, "wb", compresslevel=9) as stream:
        for _ in range(80):
            stream.write(b"a" * (1 << 20))
    with pytest.raises(DataError, match=r"bomb\.en\.gz:1: a line of more than 64 MB"):
        list(read_lines(path))
