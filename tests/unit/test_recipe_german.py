"""The recipe for a German system: what it learns from."""

from __future__ import annotations

from pathlib import Path

from tests.recipes.german import aligned, paragraphs, recased, useful

PAGE = """<html><body><p id="other">Menu</p>
<h1 id="hd_id1"><a name="x"></a>{0}</h1>
<p id="par_id2" class="paragraph">{1} <span class="input">x</span>
  &amp; more</p><p>no id</p></body></html>"""


def write(root: Path, language: str, name: str, *texts: str) -> None:
    file = root / "usr/share/libreoffice/help" / language / "text" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(PAGE.format(*texts), encoding="utf-8")


def test_paragraphs_are_matched_by_page_and_id(tmp_path: Path) -> None:
    write(tmp_path, "en-US", "a/one.html", "The title", "The first text")
    write(tmp_path, "de", "a/one.html", "Der Titel", "Der erste Text")
    write(tmp_path, "en-US", "a/two.html", "Alone here", "Untranslated text")
    assert paragraphs(tmp_path / "usr/share/libreoffice/help/de/text/a/one.html") == {
        "hd_id1": "Der Titel",
        "par_id2": "Der erste Text x & more",
    }
    assert list(aligned(tmp_path)) == [
        ("a/one.html", "hd_id1", "Der Titel", "The title"),
        ("a/one.html", "par_id2", "Der erste Text x & more", "The first text x & more"),
    ]


def test_what_is_no_translation_is_not_learnt_from() -> None:
    assert useful("Ein Haus am See", "A house by the lake")
    for german, english in [
        ("", "A house"),
        ("Haus", "House"),
        ("LibreOffice Basic IDE", "LibreOffice Basic IDE"),
        ("=SUM(A1; B2; 3) + 4", "The sum of two cells"),
        ("Ein Haus", "A house that stands by the lake near the big old town"),
        ("Wort " * 31, "word " * 31),
    ]:
        assert not useful(german, english)


def test_what_was_copied_keeps_its_case() -> None:
    known = {"in", "the", "name"}
    text = recased("in the name of guangdong-provinz", "Im Name von Guangdong-Provinz", known)
    assert text == "in the name of Guangdong-Provinz"
