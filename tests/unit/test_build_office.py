"""Word, OpenDocument and PDF: what is their text, what stands around it, and what is refused."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from odf import dc, draw, office, style, text
from odf.opendocument import OpenDocumentText

from mtbench.documents import pdf as pdf_module
from mtbench.documents.build import build_corpus
from mtbench.documents.paragraphs import Paragraphs
from mtbench.documents.read import read_paragraphs
from mtbench.errors import DataError, MissingExtra, RequestError
from mtbench.files import archives
from tests.support.pdf_pages import Placed, pdf, written
from tests.support.story import STORIES

W = nsdecls("w")
BODIES = ("document.xml", "content.xml")


def read(folder: Path, name: str, content: bytes, *, notes: bool = False) -> Paragraphs:
    (folder / name).write_bytes(content)
    return read_paragraphs(folder / name, name, notes=notes)


def word(*paragraphs: str) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.element.body.insert(
            len(document.element.body) - 1, parse_xml(f"<w:p {W}>{paragraph}</w:p>")
        )
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def run(words: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{words}</w:t></w:r>'


def repacked(content: bytes, change: Callable[[str, bytes], bytes], **more: bytes) -> bytes:
    """An archive with its members changed."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, body in more.items():
            new.writestr(name, body)
    return stream.getvalue()


def test_word_reads_as_its_changes_accepted(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "a.docx",
        word(
            run("The ")
            + f'<w:del w:id="1" w:author="a">{run("").replace("w:t", "w:delText")}</w:del>'
            + f'<w:ins w:id="2" w:author="a">{run("new ")}</w:ins>'
            + run("bakery"),
            '<w:pPr><w:rPr><w:del w:id="3" w:author="a"/></w:rPr></w:pPr>' + run("It closes"),
            run(" in March."),
            f'<w:moveFrom w:id="4" w:author="a">{run("Gone from here.")}</w:moveFrom>',
            run("A") + "<w:r><w:tab/><w:t>b</w:t><w:br/><w:noBreakHyphen/></w:r>",
            "<w:r><w:rPr><w:vanish/></w:rPr><w:t>Not seen.</w:t></w:r>" + run("Seen."),
            '<w:r><w:sym w:font="Wingdings" w:char="F0E0"/></w:r>',
        ),
    )

    assert found.texts == ("The new bakery", "It closes in March.", "A b ‑", "Seen.")
    assert found.left_out == {"deleted text": 2, "hidden text": 1, "symbols of a font": 1}
    assert found.read_as == "Word"


def test_word_tables_boxes_and_links_are_text_and_headers_are_not(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("A heading", 1)
    document.add_paragraph("One.")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "left", "right"
    section = document.sections[0]
    section.header.paragraphs[0].text, section.footer.paragraphs[0].text = "Top", "Foot"
    last = document.add_paragraph("Two.")
    document.add_comment(last.runs, text="Really?", author="a", initials="a")
    box = f"<w:txbxContent>{{}}<w:p>{run('In a box.')}</w:p></w:txbxContent>"
    last._p.append(
        parse_xml(
            f'<w:r {W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
            f"<mc:AlternateContent><mc:Choice>{box.format('')}</mc:Choice>"
            f"<mc:Fallback>{box.format('')}</mc:Fallback></mc:AlternateContent></w:r>"
        )
    )
    last._p.append(parse_xml(f"<w:hyperlink {W}>{run(' Three.')}</w:hyperlink>"))
    document.add_paragraph("Contents 7", style=document.styles.add_style("toc 1", 1))
    stream = io.BytesIO()
    document.save(stream)

    found = read(tmp_path, "a.docx", stream.getvalue())

    assert found.texts == ("A heading", "One.", "left", "right", "Two. Three.", "In a box.")
    assert found.left_out == {
        "headers": 1, "footers": 1, "comments": 1, "tables of contents": 1,
    }  # fmt: skip


def test_what_word_draws_notes_or_embeds_is_counted(tmp_path: Path) -> None:
    """Notes, diagrams, charts and files of other programs say something, and are no paragraphs."""
    space = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    notes = "".join(
        f'<w:{{0}} w:id="{number}"><w:p>{run(said) if said else ""}</w:p></w:{{0}}>'
        for number, said in enumerate(["", "First note.", "Second note."], start=-1)
    )
    parts = {
        "word/footnotes.xml": f"<w:footnotes {W}>{notes.format('footnote')}</w:footnotes>",
        "word/endnotes.xml": f"<w:endnotes {W}>{notes.format('endnote')}</w:endnotes>",
        "word/diagrams/data1.xml": f"<d {space}><a:t>Plan</a:t></d>",
        "word/diagrams/data2.xml": f"<d {space}><a:t> </a:t></d>",
        "word/charts/chart1.xml": f"<c {space}><a:t>Sales</a:t></c>",
        "word/embeddings/Sheet.xlsx": "PK",
    }
    body = word(run("Text") + '<w:r><w:footnoteReference w:id="1"/></w:r>' + run(" goes on."))

    packed = repacked(body, as_it_is, **{name: part.encode() for name, part in parts.items()})
    found = read(tmp_path, "a.docx", packed)

    assert found.texts == ("Text goes on.",)
    assert found.left_out == {
        "footnotes": 2, "endnotes": 2, "diagrams": 1, "charts": 1, "embedded files": 1,
    }  # fmt: skip


def test_notes_of_word_stand_at_the_end_in_the_order_of_the_text(tmp_path: Path) -> None:
    """Word keeps them in the order of their making; one that the text lost is no text."""
    deleted = "<w:r><w:delText>x</w:delText></w:r>"
    notes = "".join(
        f'<w:footnote w:id="{number}"><w:p><w:footnoteRef/>{run(said)}</w:p></w:footnote>'
        for number, said in [(-1, ""), (1, " Made first."), (2, " Made last."), (3, " Lost.")]
    ).replace(run(" Made first."), run(" Made") + f"<w:del>{deleted}</w:del>" + run(" first."))
    endnote = f'<w:endnote w:id="1"><w:p>{run("One.")}</w:p><w:p>{run("Two.")}</w:p></w:endnote>'
    parts = {
        "word/footnotes.xml": f"<w:footnotes {W}>{notes}</w:footnotes>",
        "word/endnotes.xml": f"<w:endnotes {W}>{endnote}</w:endnotes>",
    }
    body = word(
        run("A") + '<w:r><w:endnoteReference w:id="1"/></w:r>' + run("b"),
        run("C") + '<w:r><w:footnoteReference w:id="2"/></w:r>',
        run("D") + '<w:r><w:footnoteReference w:id="1"/></w:r>'
        + '<w:del><w:r><w:footnoteReference w:id="3"/></w:r></w:del>'
        + '<w:r><w:footnoteReference w:id="77"/></w:r>',
    )  # fmt: skip
    packed = repacked(body, as_it_is, **{name: part.encode() for name, part in parts.items()})

    found = read(tmp_path, "a.docx", packed, notes=True)

    assert found.texts == ("Ab", "C", "D", "Made last.", "Made first.", "One.", "Two.")
    assert found.left_out == {"footnotes": 1, "deleted text": 1}
    assert found.read_as == "Word, 3 notes at its end"


def open_document() -> OpenDocumentText:
    document = OpenDocumentText()
    document.text.addElement(text.H(outlinelevel=1, text="A heading"))
    paragraph = text.P(text="One")
    for kind in ("footnote", "endnote"):
        note = text.Note(noteclass=kind)
        note.addElement(text.NoteCitation(text="1"))
        body = text.NoteBody()
        body.addElement(text.P(text="A note."))
        note.addElement(body)
        paragraph.addElement(note)
    remark = office.Annotation()
    remark.addElement(dc.Creator(text="a"))
    remark.addElement(text.P(text="Really?"))
    paragraph.addElement(remark)
    paragraph.addText(" and")
    paragraph.addElement(text.S(c=3))
    paragraph.addText("more.")
    document.text.addElement(paragraph)
    changes = text.TrackedChanges()
    region = text.ChangedRegion(attributes={"id": "c1"}, check_grammar=False)
    deleted = text.Deletion()
    deleted.addElement(text.P(text="Gone."))
    region.addElement(deleted)
    changes.addElement(region)
    document.text.addElement(changes)
    page = style.MasterPage(name="Standard", pagelayoutname="p")
    header = style.Header()
    header.addElement(text.P(text="Top"))
    page.addElement(header)
    document.masterstyles.addElement(page)
    return document


def saved(document: OpenDocumentText) -> bytes:
    stream = io.BytesIO()
    document.write(stream)
    return stream.getvalue()


def test_open_document_reads_as_its_changes_accepted(tmp_path: Path) -> None:
    found = read(tmp_path, "a.odt", saved(open_document()))

    assert found.texts == ("A heading", "One and more.")
    assert found.left_out == {
        "headers": 1, "footnotes": 1, "endnotes": 1, "comments": 1, "deleted text": 1,
    }  # fmt: skip
    assert found.read_as == "OpenDocument"


def test_notes_of_open_document_stand_at_the_end_endnotes_last(tmp_path: Path) -> None:
    document = open_document()
    paragraph = text.P(text="Two")
    note = text.Note(noteclass="footnote")
    note.addElement(text.NoteCitation(text="2"))
    body = text.NoteBody()
    body.addElement(text.P(text="The second."))
    body.addElement(text.P(text="It goes on."))
    note.addElement(body)
    paragraph.addElement(note)
    document.text.addElement(paragraph)

    found = read(tmp_path, "a.odt", saved(document), notes=True)

    assert found.texts == (
        "A heading", "One and more.", "Two", "A note.", "The second.", "It goes on.", "A note.",
    )  # fmt: skip
    assert found.left_out == {"headers": 1, "comments": 1, "deleted text": 1}
    assert found.read_as == "OpenDocument, 3 notes at its end"


def test_boxes_of_open_document_are_text_and_objects_are_counted(tmp_path: Path) -> None:
    document = open_document()
    frame = draw.Frame(width="5cm", height="2cm")
    box = draw.TextBox()
    box.addElement(text.P(text="In a box."))
    frame.addElement(box)
    paragraph = text.P(text="Beside a box.")
    paragraph.addElement(frame)
    document.text.addElement(paragraph)
    inner = b"<m:math xmlns:m='http://www.w3.org/1998/Math/MathML'><m:mi>x</m:mi></m:math>"

    packed = repacked(saved(document), as_it_is, **{"Object 1/content.xml": inner})
    found = read(tmp_path, "a.odt", packed)

    assert found.texts[-2:] == ("Beside a box.", "In a box.")
    assert found.left_out["embedded objects"] == 1


LINES = (
    "The lighthouse on the cape was lit for the",
    "first time in 1847, after nine years of won-",
    "derful work.",
)


def lines(top: float, *texts: str, x: float = 100) -> list[Placed]:
    return [Placed(x, top - 12 * at, said) for at, said in enumerate(texts)]


def test_lines_of_a_pdf_are_paragraphs(tmp_path: Path) -> None:
    one = [
        Placed(100, 800, "The Cape News"),
        *lines(700, *LINES),
        *lines(640, "Its lamp could be seen from twenty miles", "away, and the keeper climbed the"),
        Placed(100, 120, "1 A note that nobody reads.", 7),
        Placed(300, 30, "Page 1"),
    ]
    two = [
        Placed(100, 800, "The Cape News"),
        *lines(700, "stairs four times a night, every night."),
        Placed(300, 30, "Page 2"),
    ]

    found = read(tmp_path, "a.pdf", pdf([one, two]))

    assert found.texts == (
        "The lighthouse on the cape was lit for the first time in 1847, after nine years of "
        "wonderful work.",
        "Its lamp could be seen from twenty miles away, and the keeper climbed the stairs four "
        "times a night, every night.",
    )
    assert found.left_out == {"headers": 2, "footers": 2, "footnotes": 1}
    assert found.read_as == "PDF"


def test_notes_of_a_pdf_stand_at_the_end_without_their_marks(tmp_path: Path) -> None:
    page = [
        *lines(700, *LINES),
        Placed(100, 140, "1 A note on a line, and how it goes", 7),
        Placed(100, 132, "on below.", 7),
        Placed(100, 124, "2. Another one.", 7),
    ]

    found = read(tmp_path, "a.pdf", pdf([page]), notes=True)

    assert found.texts[1:] == ("A note on a line, and how it goes on below.", "Another one.")
    assert not found.left_out
    assert found.read_as == "PDF, 2 notes at its end"


def test_columns_of_a_pdf_are_read_one_after_the_other(tmp_path: Path) -> None:
    left = lines(700, *(f"The left column says in line {at}," for at in range(6)), x=50)
    right = lines(694, *(f"and the right one says in {at}," for at in range(6)), x=320)
    title = Placed(150, 740, "A title that stands above both the columns", 10)

    found = read(tmp_path, "a.pdf", pdf([[title, *right, *left]]))

    assert found.texts[0] == title.text
    told = " ".join(found.texts[1:])
    assert told.index("left column says in line 5") < told.index("right one says in 0")


@pytest.mark.slow
def test_documents_of_four_forms_are_one_corpus(tmp_path: Path) -> None:
    english, italian = STORIES["bakery"]["en"], STORIES["bakery"]["it"]
    paths = [tmp_path / name for name in ("a.docx", "b.odt")]
    paths[0].write_bytes(word(*(run(paragraph) for paragraph in english)))
    document = OpenDocumentText()
    for paragraph in italian:
        document.text.addElement(text.P(text=paragraph))
    paths[1].write_bytes(saved(document))

    built = build_corpus(paths)

    assert [pair.segments for pair in built.report.pairs] == [len(english)]
    assert {d.read_as for d in built.report.documents} == {"Word", "OpenDocument"}


def as_it_is(name: str, body: bytes) -> bytes:
    return body


def bomb(name: str, body: bytes) -> bytes:
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    return entities + body.partition(b"?>")[2] if name.endswith(BODIES) else body


def swollen(name: str, body: bytes) -> bytes:
    return body + b" " * (5 << 20) if name.endswith(BODIES) else body


DOCX = word(run("One."))
ODT = saved(open_document())
PDF = pdf([lines(700, *LINES)])


def cut(name: str, body: bytes) -> bytes:
    return body[:-9] if name.endswith("document.xml") else body


def chunked(name: str, body: bytes) -> bytes:
    return body.replace(b"<w:sectPr", b"<w:altChunk/><w:sectPr", 1)


def encrypted(name: str, body: bytes) -> bytes:
    entry = b"<manifest:file-entry"
    return body.replace(entry, b"<manifest:encryption-data/>" + entry, 1)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.docx", repacked(DOCX, bomb), "declares the XML entity 'a'"),
        ("a.odt", repacked(ODT, bomb), "declares the XML entity 'a'"),
        ("a.docx", repacked(DOCX, swollen), "unpacks to more than 4 MB"),
        ("a.odt", repacked(ODT, swollen), "unpacks to more than 4 MB"),
        ("a.docx", DOCX[:-400], "a damaged archive"),
        ("a.docx", repacked(DOCX, cut), "not well-formed"),
        ("a.docx", repacked(DOCX, as_it_is, **{"word/vbaProject.bin": b"x"}), "holds macros"),
        ("a.odt", repacked(ODT, as_it_is, **{"Basic/Standard/Module1.xml": b"x"}), "holds macros"),
        (
            "a.odt",
            repacked(ODT, encrypted),
            "protected by a password",
        ),
        ("a.docx", repacked(DOCX, chunked), "holds another document"),
        ("a.docx", word(), "no text in it"),
        ("a.docx", b"\xd0\xcf\x11\xe0" + bytes(600), "before 2007, or protected by a password"),
        ("a.doc", b"\xd0\xcf\x11\xe0" + bytes(600), "before 2007, or protected by a password"),
        ("a.txt", b"{\\rtf1 One.}", "an RTF document"),
        ("a.txt", b"<?xml version='1.0'?><tmx version='1.4'/>", "a translation memory"),
        ("a.pdf", pdf([[]]), "a PDF without text: its 1 pages are pictures"),
        ("a.pdf", pdf([lines(700, *LINES)], encrypted=True), "protected by a password"),
        ("a.pdf", PDF[:-60], "a PDF that is cut off"),
        ("a.pdf", PDF.replace(b"/Count 1", b"/Count 9"), "it has 9 pages, and 1"),
        ("a.pdf", b"%PDF-1.4\n%%EOF\n", "no PDF that can be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, message: str
) -> None:
    monkeypatch.setattr(archives, "MOST_OF_A_MEMBER", 4 << 20)
    with pytest.raises(DataError, match=message) as caught:
        read(tmp_path, name, content)
    assert name in str(caught.value)


def test_a_pdf_that_swells_takes_no_more_than_its_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf_module, "MOST_MEMORY", 1 << 29)
    packer = zlib.compressobj()
    head = packer.compress(b" ") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b" " * (1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    swelling = head + block * 800
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        4: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 5 0 R /Resources << >> >>",
        5: f"<< /Length {len(swelling)} /Filter /FlateDecode >>\nstream\n".encode()
        + swelling
        + b"\nendstream",
    }
    with pytest.raises(DataError, match=r"a\.pdf: no PDF that can be read in 0 GB"):
        read(tmp_path, "a.pdf", written(objects))


def test_a_missing_package_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pdfminer", None)
    with pytest.raises(MissingExtra, match="office"):
        read(tmp_path, "a.pdf", PDF)


def test_a_layout_is_for_plain_text(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(DOCX)
    with pytest.raises(RequestError, match=r"--layout: a\.docx is not plain text"):
        read_paragraphs(tmp_path / "a.docx", "a.docx", "blocks")


def test_a_page_that_a_browser_saved_whole(tmp_path: Path) -> None:
    saved_page = (
        b"From: <Saved by Blink>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/related; type="text/html"; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"<p>La citt=C3=A0 =C3=A8 bella.</p>\r\n--b\r\n"
        b"Content-Type: image/png\r\n\r\nx\r\n--b--\r\n"
    )
    assert read(tmp_path, "a.mhtml", saved_page).texts == ("La città è bella.",)
    assert read(tmp_path, "a.txt", b"<!DOCTYPE html><p>One.</p>").read_as == "web page"
