"""Archives damaged inside: a member is, and the whole is packed again; and archives cut short."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator

from tests.fuzz.mutants import MUTATORS, Mutator, missing_middle, other_bytes, truncation

OUTSIDE: tuple[Mutator, ...] = (other_bytes, truncation, missing_middle)


def packed_mutants(seed: bytes, count: int, number: int = 0) -> Iterator[tuple[str, bytes]]:
    """So many of an archive, every fourth damaged as a whole, the others in one member."""
    chance = random.Random(number)
    with zipfile.ZipFile(io.BytesIO(seed)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for at in range(count):
        if at % 4 == 3:
            mutate = OUTSIDE[at // 4 % len(OUTSIDE)]
            yield f"{mutate.__name__}-{at}", mutate(seed, chance)
            continue
        mutate = MUTATORS[at % len(MUTATORS)]
        name = chance.choice(sorted(n for n, content in members.items() if content))
        yield (
            f"{name}-{mutate.__name__}-{at}",
            packed({**members, name: mutate(members[name], chance)}),
        )


def packed(members: dict[str, bytes]) -> bytes:
    """An archive of these."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PARTS = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
_OPEN = "urn:oasis:names:tc:opendocument:xmlns"


def docx() -> bytes:
    """A Word document of six paragraphs, with tracked changes, and a table."""
    paragraphs = "".join(
        f"<w:p><w:r><w:t>Paragraph {n} of a text.</w:t></w:r>"
        f'<w:ins w:id="{n}"><w:r><w:t> More.</w:t></w:r></w:ins></w:p>\n'
        for n in range(6)
    )
    table = "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Cell</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PARTS}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PARTS}/relationships">'
        f'<Relationship Id="r1" Type="{_OFFICE}" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>{paragraphs}{table}'
        "</w:body></w:document>",
    }
    return packed({name: text.encode() for name, text in parts.items()})


def odt() -> bytes:
    """An OpenDocument text of six paragraphs."""
    text = "".join(
        f'<text:p>Paragraph {n} of a text.<text:s text:c="2"/></text:p>\n' for n in range(6)
    )
    content = (
        f'<office:document-content xmlns:office="{_OPEN}:office:1.0" xmlns:text="{_OPEN}:text:1.0">'
        f"<office:body><office:text>{text}</office:text></office:body></office:document-content>"
    )
    kind = b"application/vnd.oasis.opendocument.text"
    return packed({"mimetype": kind, "content.xml": content.encode()})
