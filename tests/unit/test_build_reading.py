"""Documents as they come: encodings, forms, and files that are none."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from mtbench.documents.build import build_corpus
from mtbench.documents.encoding import guess
from mtbench.documents.read import read_paragraphs
from mtbench.errors import DataError, MtbenchError, RequestError
from tests.support.story import STORIES, write_stories

ITALIAN = "La città è più bella perché c'è il sole."
SAMPLES = {
    "it": "È già così: perché la città è più bella? Un caffè, per favore.",
    "de": "Die Größe überrascht – „sehr“ schön. Für Müller übrigens auch.",
    "fr": "L'été dernier, les élèves ont visité le château. « Ça va ? » a demandé le garçon.",
    "pl": "Zażółć gęślą jaźń. Wszyscy ludzie rodzą się wolni i równi.",
    "cs": "Příliš žluťoučký kůň úpěl ďábelské ódy. Všichni lidé rodí se svobodní.",
    "hu": "Minden emberi lény szabadon születik; árvíztűrő tükörfúrógép.",
    "ru": "Все люди рождаются свободными и равными в своём достоинстве.",
    "el": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι.",
    "tr": "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar.",
    "en": "It’s the “naïve” café – he said… Über was founded in 2009.",
    "es": "El niño comió más de lo que debía. ¿Qué pasó mañana?",
}


def read(folder: Path, name: str, content: bytes) -> tuple[str, ...]:
    (folder / name).write_bytes(content)
    return read_paragraphs(folder / name, name)[0]


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        ("it", "cp1252"),
        ("it", "mac_roman"),
        ("it", "cp850"),
        ("de", "cp1252"),
        ("fr", "cp1252"),
        ("fr", "iso8859_15"),
        ("pl", "cp1250"),
        ("pl", "iso8859_2"),
        ("cs", "cp1250"),
        ("hu", "iso8859_2"),
        ("ru", "cp1251"),
        ("ru", "koi8_r"),
        ("ru", "cp866"),
        ("el", "cp1253"),
        ("tr", "cp1254"),
        ("en", "cp1252"),
        ("es", "cp1252"),
    ],
)
def test_an_encoding_is_the_one_in_which_the_text_reads(language: str, encoding: str) -> None:
    found = guess(SAMPLES[language].encode(encoding))
    assert found is not None and found[0] == SAMPLES[language]


def test_text_that_was_utf8_or_is_utf16_unsaid_is_no_guess(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.txt:2: not UTF-8, though the rest of the file is"):
        read(tmp_path, "a.txt", "La città è bella.\n".encode() + b"Cos\xec \xe8.\n")
    assert read(tmp_path, "b.txt", "La città\nè bella.\n".encode("utf-16-le"))[0] == "La città"


def test_a_guess_is_told(tmp_path: Path) -> None:
    documents = write_stories(tmp_path, "en", "it")
    text = "\n\n".join(STORIES["bakery"]["it"])
    Path(documents[3]).write_bytes(text.encode("cp1252"))
    build = build_corpus(documents)
    notes = [d.note for d in build.report.documents if d.name == documents[3]]
    assert notes == ["its encoding, cp1252, is a guess"]
    assert "sarà pubblicata" in build.files["en-it.jsonl"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", ITALIAN.encode()),
        ("a.txt", b"\xef\xbb\xbf" + ITALIAN.encode()),
        ("a.txt", ITALIAN.encode("utf-16")),
        ("a", f"{ITALIAN}\r\n".encode()),
        ("a.html", f'<meta charset="iso-8859-1"><p>{ITALIAN}</p>'.encode("latin-1")),
        ("a.md", f"---\ntitle: Sole\ndate: 2024\n---\n\n{ITALIAN}\n".encode()),
        ("a.md", "La **città** è più\nbella perché [c'è](https://x.org) il sole.\n".encode()),
        ("a.HTML", ("<div>" * 1000 + f"<p>{ITALIAN}" + "</div>" * 1000).encode()),
    ],
)
def test_the_text_is_the_same_whatever_the_form(tmp_path: Path, name: str, content: bytes) -> None:
    assert read(tmp_path, name, content) == (ITALIAN,)


def test_blocks_are_paragraphs(tmp_path: Path) -> None:
    page = (
        "<table><tr><td>uno</td><td>due</td></tr></table><ul><li>tre <b>e</b> mezzo</li></ul>"
        "<p>a<br>b</p><script>no</script><pre>vier\nzeilen\n\nfünf</pre><p>c &lt; d</p>"
    )
    assert read(tmp_path, "a.html", page.encode()) == (
        "uno",
        "due",
        "tre e mezzo",
        "a",
        "b",
        "vier zeilen",
        "fünf",
        "c < d",
    )
    text = "# Head\n\n- one\n- two\n  more\n\n> said\n\n```\nno\n```\n\n![no](a.png)\n"
    assert read(tmp_path, "a.md", text.encode()) == ("Head", "one", "two more", "said")


@pytest.mark.parametrize(
    ("name", "content", "kind", "message"),
    [
        ("a.txt", b"", DataError, "a.txt: no text in it"),
        ("a.txt", b" \n\n", DataError, "a.txt: no text in it"),
        ("a.txt", bytes(range(256)) * 20, DataError, "a.txt: binary"),
        ("a.txt", b"abc\0def", DataError, "a.txt: binary"),
        ("a.txt", b"\xff\xfea", DataError, "a.txt: not UTF-16"),
        ("a.epub", b"text", RequestError, "a.epub: a document of an unknown kind"),
        ("a.html", b"<div>" * 3000 + b"<p>x", DataError, "a.html: its elements are nested"),
        ("a.html", b"<html></html>", DataError, "a.html: no text in it"),
    ],
)
def test_what_is_no_document_is_named(
    tmp_path: Path, name: str, content: bytes, kind: type[MtbenchError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        read(tmp_path, name, content)
    with pytest.raises(RequestError, match=r"no/such\.txt"):
        read_paragraphs(tmp_path / "no" / "such.txt", "no/such.txt")
    with pytest.raises(RequestError, match=r"a folder; name its files: raw/\*\.txt"):
        read_paragraphs(tmp_path, "raw")


PAGE = """<!DOCTYPE html><html><body><header><nav><ul><li>Home</li><li>News</li></ul></nav></header>
<div role="banner">Shop</div><main><article><h1>Titolo</h1><p>Uno.</p>testo sciolto
<figure><img><figcaption>Una foto</figcaption></figure>
<p>Due <span role="search">cerca</span> parole.</p></article></main>
<aside><p>Leggi anche</p></aside><div role="Dialog"><p>Cookie</p></div>
<footer><p>Tutti i diritti</p></footer></body></html>"""


def test_what_stands_around_an_article_is_left_out_and_counted_by_kind(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(PAGE, encoding="utf-8")

    found = read_paragraphs(tmp_path / "a.html", "a.html")

    assert found.texts == ("Titolo", "Uno.", "testo sciolto", "Due", "parole.")
    assert found.left_out == {
        "navigation": 2, "banners": 1, "captions": 1, "search": 1, "asides": 1, "dialogs": 1,
        "footers": 1,
    }  # fmt: skip


def test_a_page_that_is_nothing_but_an_aside_is_taken_whole(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<aside><p>Uno.</p></aside>", encoding="utf-8")

    found = read_paragraphs(tmp_path / "a.html", "a.html")

    assert (found.texts, dict(found.left_out)) == (("Uno.",), {})


@pytest.mark.parametrize("charset", ["iso-885\09-1", "undefined", "unicode_escape", "base64"])
def test_a_page_of_an_impossible_encoding_is_read_by_what_it_holds(
    charset: str, tmp_path: Path
) -> None:
    body = f'<html><meta charset="{charset}"><body><p>One \\ud800 è.</p></body></html>'
    head = f"MIME-Version: 1.0\nContent-Type: text/html; charset={charset}\n\n"
    (tmp_path / "a.mhtml").write_text(head + body, encoding="utf-8")
    (tmp_path / "b.html").write_text(body, encoding="utf-8")
    for path in tmp_path.iterdir():
        with suppress(DataError):
            read_paragraphs(path, path.name)
