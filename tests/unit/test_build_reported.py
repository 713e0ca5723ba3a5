"""Documents of the shapes that users of other programs reported as bugs there; each says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtbench.documents.pages import article
from mtbench.documents.read import read_paragraphs
from mtbench.errors import DataError
from tests.support.pdf_pages import stream, written
from tests.support.story import STORIES
from tests.unit.test_build_office import read, run, word

CHOICE = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
LONG = [text for story in STORIES.values() for text in story["en"]][:8]


@pytest.mark.parametrize(
    ("paragraph", "text"),
    [
        # python-docx 454, 1018, mammoth.js 119: 1-24 hours became 124 hours
        (run("1") + "<w:r><w:noBreakHyphen/></w:r>" + run("24 hours"), "1‑24 hours"),
        # DocxConverter 35: smart tags
        (f'<w:smartTag w:element="x">{run("2 f")}</w:smartTag>' + run(" left"), "2 f left"),
        # python-mammoth 69: simple fields; python-docx 85: links; what a field does is no text
        (
            run("See ") + f'<w:fldSimple w:instr=" REF x ">{run("Figure 3")}</w:fldSimple>',
            "See Figure 3",
        ),
        (
            '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>HYPERLINK "x"'
            '</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>' + run("here"),
            "here",
        ),
        # mammoth.js 115: content controls
        (run("a ") + f"<w:sdt><w:sdtContent>{run('box')}</w:sdtContent></w:sdt>", "a box"),
        # python-mammoth 163: a choice without words for other programs, or the words in one alone
        (
            f'<w:r {CHOICE}><mc:AlternateContent><mc:Choice Requires="wps"><w:x/></mc:Choice>'
            f"</mc:AlternateContent></w:r>{run('Text')}",
            "Text",
        ),
        (
            f'<w:r {CHOICE}><mc:AlternateContent><mc:Choice Requires="wps"><w:x/></mc:Choice>'
            "<mc:Fallback><w:t>Text</w:t></mc:Fallback></mc:AlternateContent></w:r>",
            "Text",
        ),
        (run("Unter") + "<w:r><w:softHyphen/></w:r>" + run("nehmen"), "Unternehmen"),
    ],
)
def test_parts_of_word_documents(tmp_path: Path, paragraph: str, text: str) -> None:
    assert read(tmp_path, "a.docx", word(paragraph)).texts == (text,)


def test_marks_of_where_a_word_may_be_divided_are_no_text(tmp_path: Path) -> None:
    """trafilatura 43: pages of a bank are full of them."""
    page = tmp_path / "a.html"
    page.write_text("<p>F\N{SOFT HYPHEN}örder&shy;mittel</p>" * 2, encoding="utf-8")

    found = read_paragraphs(page, "a.html")

    assert found.texts == ("Fördermittel",) * 2
    assert found.left_out == {"soft hyphens": 4}


@pytest.mark.parametrize(
    ("part", "texts"),
    [
        # trafilatura 825: what browsers show within a line, though no standard names it
        ("<p>The fund <nobr>AP-6</nobr> is old.</p>", ["The fund AP-6 is old."]),
        # trafilatura 147: an <a> that leads nowhere is no link
        ("<h2><a name=x>A heading.</a></h2>", ["A heading."]),
        # icons, scripts and comments within a sentence; how characters are read
        (
            "<p>One <svg><title>x</title></svg><!-- two --><script>3</script>sentence.</p>",
            ["One sentence."],
        ),
        (
            "<p>これは<ruby>東京<rp>(</rp><rt>とうきょう</rt><rp>)</rp></ruby>です。</p>",
            ["これは東京です。"],
        ),
        # trafilatura 431: words of items within <span>
        ("<ul><li><span class=x>An item.</span></li></ul>", ["An item."]),
        # trafilatura 10: numbered lists, headings of boxes that open
        (
            "<ol><li>One</li></ol><div class=accordion><h3>Two</h3><div>Three.</div></div>",
            ["One", "Two", "Three."],
        ),
        # trafilatura 430: deep within
        ("<div>" * 60 + "<p>Deep.</p>" + "</div>" * 60, ["Deep."]),
        # trafilatura 354, 63: headings, quotations, terms
        (
            "<h2>Head</h2><blockquote>Quoted.</blockquote><dl><dt>Term</dt><dd>Means.</dd></dl>",
            ["Head", "Quoted.", "Term", "Means."],
        ),
        ("<div>One.<br><br>Two.<br/>Three</div>", ["One.", "Two.", "Three"]),
    ],
)
@pytest.mark.parametrize("around", ["main", "body"])  # trafilatura 233: nothing but the body
def test_parts_of_pages(part: str, texts: list[str], around: str) -> None:
    long = "".join(f"<p>{text}</p>" for text in LONG)
    assert list(article(f"<{around}>{long}{part}{long}</{around}>")[0]) == [*LONG, *texts, *LONG]


def _pdf(folder: Path, names: str, lines: bytes) -> Path:
    """A PDF in a font that says so of its signs: the ASCII ones as they are, two others."""
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def "
        "1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfrange <20> <7E> <0020> "
        f"endbfrange {names} endcmap end end"
    )
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /ToUnicode 6 0 R >>",
        4: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R "
        b"/Resources << /Font << /F 3 0 R >> >> >>",
        5: stream(lines),
        6: stream(cmap.encode()),
    }
    (folder / "a.pdf").write_bytes(written(objects))
    return folder / "a.pdf"


NAMELESS = "2 beginbfchar <01> <0000> <02> <0000> endbfchar"
LINE = b"BT /F 10 Tf 50 700 Td (%b) Tj ET\n"


def test_ligatures_of_a_pdf_are_letters(tmp_path: Path) -> None:
    """pdfminer.six 942, 35, PyMuPDF 497: "ffi" as one sign."""
    path = _pdf(
        tmp_path, "2 beginbfchar <01> <FB00> <02> <FB03> endbfchar",
        LINE % b"Shut o\x01 what is e\x02cient, he says.",
    )  # fmt: skip
    assert read_paragraphs(path, "a.pdf").texts == ("Shut off what is efficient, he says.",)


def test_letters_that_a_page_of_a_pdf_says_though_its_font_does_not(tmp_path: Path) -> None:
    """pdfminer.six 1288, pypdf 1351: the ligature is in /ActualText alone."""
    line = (
        b"BT /F 10 Tf 50 700 Td /P << /MCID 0 >> BDC (Shut o) Tj /Span << /ActualText "
        b"(\xfe\xff\x00f\x00f) >> BDC (\x01) Tj EMC ( what is efficient, he says.) Tj EMC ET\n"
    )
    found = read_paragraphs(_pdf(tmp_path, NAMELESS, line), "a.pdf")
    assert found.texts == ("Shut off what is efficient, he says.",)
    assert found.left_out == {}


def test_signs_that_no_one_names_are_counted_or_refused(tmp_path: Path) -> None:
    words = b"There is a plain word in this line, and another one. "
    few = LINE % (b"Shut o\x01 it. " + words) + LINE.replace(b"700", b"688") % words
    few += LINE.replace(b"700", b"676") % words

    found = read_paragraphs(_pdf(tmp_path, NAMELESS, few), "a.pdf")

    assert found.texts[0].startswith("Shut o\N{REPLACEMENT CHARACTER} it. There is")
    assert found.left_out == {"signs that a font does not name": 1}
    with pytest.raises(DataError, match="do not say which letters"):
        read_paragraphs(_pdf(tmp_path, NAMELESS, LINE % b"Sh\x01t o\x01 it."), "a.pdf")
