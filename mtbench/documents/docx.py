"""Text of Word documents (.docx), as their tracked changes read once accepted."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from pathlib import Path
from typing import Any

from mtbench.documents.paragraphs import Paragraphs, clean, with_notes
from mtbench.errors import DataError
from mtbench.files.archives import Archive, archive
from mtbench.files.safe_xml import tree

# Namespaces as the programs write them, and as the strict form of the standard has them.
_PREFIXES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
}
_WORDS = frozenset({"w:t", "m:t"})
_SPACES = frozenset({"w:tab", "w:ptab", "w:br", "w:cr"})
_DELETED = frozenset({"w:del", "w:moveFrom"})
_ELSEWHERE = {"w:altChunk": "another document", "w:subDoc": "a link to another document"}
_CONTENTS = re.compile(r"toc(?: \d| heading)", re.I)  # names of styles; their ids are translated
_NOT_ON = frozenset({"0", "false", "off"})
_NOTES = {"w:footnoteReference": "footnotes", "w:endnoteReference": "endnotes"}
_PARTS = re.compile(r"(header|footer)\d*\.xml")
_DRAWN = (
    (re.compile(r"diagrams/data\d*\.xml"), "diagrams"),
    (re.compile(r"charts/chart\w*\.xml"), "charts"),
)
_INSERTED = "embeddings/"
_MAIN = "/officeDocument"


def docx_paragraphs(path: Path, name: str, *, notes: bool = False) -> Paragraphs:
    """The paragraphs of a Word document: of its body, table cells and text boxes.

    Inserted text is text, deleted text is none. Headers, footers, comments, tables of contents,
    diagrams, charts, other files within it, hidden and deleted text are left out. Nothing outside
    the file is looked at.

    Args:
        path: The file.
        name: What messages call it.
        notes: Whether footnotes and endnotes that the text points to stand after it, in the order
            in which it does; else they are left out, too.

    Returns:
        The paragraphs, how much was left out, by kind, and whether notes stand at the end.

    Raises:
        DataError: If it is damaged or hostile, or holds macros or text of another file.
    """
    with archive(path) as packed:
        main = _main(packed, name)
        folder = posixpath.dirname(main)
        if any(posixpath.basename(n).lower() == "vbaproject.bin" for n in packed.names):
            raise DataError(f"{name}: holds macros", hint="save it as .docx, which holds none")
        body = _WordBody(name, _contents_styles(packed, folder, name))
        body.take(tree(packed.read(main), f"{name}: {main}"))
        body.finish()
        left_out = body.left_out + _around(packed, folder, name)
        texts = body.paragraphs
        appended = 0
        for kind in _NOTES.values():
            said = _notes(packed, folder, name, kind)
            wanted = [said[one] for one in body.notes[kind] if one in said] if notes else []
            for note in wanted:
                texts += note.paragraphs
                left_out += note.left_out
            left_out[kind] += len(said) - len(wanted)
            appended += len(wanted)
        read_as = with_notes("Word", appended)
        return Paragraphs(tuple(texts), left_out=dict(+left_out), read_as=read_as)


def _main(packed: Archive, name: str) -> str:
    """The part that holds the text; its name is the program's choice."""
    relations = tree(packed.read("_rels/.rels"), f"{name}: _rels/.rels")
    for one in relations:
        if str(one.get("Type") or "").endswith(_MAIN):
            return str(one.get("Target") or "").lstrip("/")
    raise DataError(f"{name}: has no main document", hint="it is damaged: save it again")


def _contents_styles(packed: Archive, folder: str, name: str) -> frozenset[str]:
    """Ids of the styles that tables of contents are set in."""
    part = posixpath.join(folder, "styles.xml")
    if part not in packed.names:
        return frozenset()
    return frozenset(
        str(value)
        for style in tree(packed.read(part), f"{name}: {part}")
        if (called := _child(style, "w:name")) is not None and _CONTENTS.fullmatch(_value(called))
        for key, value in style.items()
        if key.endswith("}styleId")
    )


def _around(packed: Archive, folder: str, name: str) -> Counter[str]:
    """What stands around the text or is drawn into it, counted."""
    found: Counter[str] = Counter()
    for part in sorted(packed.names):
        if part.startswith(f"{folder}/"):
            inside = part[len(folder) + 1 :]
            found["embedded files"] += inside.startswith(_INSERTED) and inside != _INSERTED
            for drawing, words in _DRAWN:
                if drawing.fullmatch(inside):
                    found[words] += _drawn(tree(packed.read(part), f"{name}: {part}"))
    for part in sorted(packed.names):
        kind = _PARTS.fullmatch(posixpath.basename(part))
        if kind and posixpath.dirname(part) == folder:
            root = tree(packed.read(part), f"{name}: {part}")
            found[f"{kind[1]}s"] += len(_body(root, name).paragraphs)
    found["comments"] += len(_notes(packed, folder, name, "comments"))
    return found


def _notes(packed: Archive, folder: str, name: str, kind: str) -> dict[str, _WordBody]:
    """Each note of a kind that says anything, by its id."""
    part = posixpath.join(folder, f"{kind}.xml")
    if part not in packed.names:
        return {}
    root = tree(packed.read(part), f"{name}: {part}")
    notes = ((one, _body(one, name)) for one in root if _named(one) == f"w:{kind[:-1]}")
    return {_attribute(one, "id"): said for one, said in notes if said.paragraphs}


def _drawn(root: Any) -> bool:
    """Whether a drawing says anything."""
    return any((one.text or "").strip() for one in root.iter("{*}t", "{*}v"))


def _body(root: Any, name: str) -> _WordBody:
    body = _WordBody(name)
    body.take(root)
    body.finish()
    return body


def _named(node: Any) -> str:
    """``w:p`` for an element, whichever form of the standard it is of."""
    namespace, _, local = str(node.tag).rpartition("}")
    return f"{_PREFIXES.get(namespace[1:], '')}:{local}"


def _child(node: Any, *names: str) -> Any:
    """The first element at the end of a path of names; None where there is none."""
    for name in names:
        node = next((one for one in node if _named(one) == name), None)
        if node is None:
            return None
    return node


def _attribute(node: Any, name: str) -> str:
    return next((str(v) for key, v in node.items() if key.rpartition("}")[2] == name), "")


def _value(node: Any) -> str:
    """The ``w:val`` of an element."""
    return _attribute(node, "val")


def _on(node: Any) -> bool:
    return node is not None and _value(node) not in _NOT_ON


class _WordBody:
    """Paragraphs as they are found; those of a text box stand after the one that it hangs on."""

    def __init__(self, name: str, contents_styles: frozenset[str] = frozenset()) -> None:
        self.paragraphs: list[str] = []
        self.left_out: Counter[str] = Counter()
        self.notes: dict[str, dict[str, None]] = {kind: {} for kind in _NOTES.values()}
        self._name = name
        self._contents_styles = contents_styles
        self._open: list[str] = []  # a paragraph whose mark was deleted runs into the next

    def take(self, node: Any) -> None:
        """Goes through what holds paragraphs."""
        for child in node:
            what = _named(child)
            if what == "w:p":
                self._paragraph(child)
            elif what == "mc:AlternateContent":
                self.take(_chosen(child))
            elif what in _ELSEWHERE:
                raise DataError(
                    f"{self._name}: holds {_ELSEWHERE[what]}, whose text is not in it",
                    hint="open it, save it again, and give that",
                )
            elif what == "w:sdt" and _table_of_contents(child):
                self.left_out["tables of contents"] += 1
            else:
                self.take(child)

    def finish(self) -> None:
        """Closes the last paragraph."""
        text, self._open = clean("".join(self._open)), []
        if text:
            self.paragraphs.append(text)

    def _paragraph(self, node: Any) -> None:
        boxes: list[Any] = []
        style = _child(node, "w:pPr", "w:pStyle")
        if style is not None and _value(style) in self._contents_styles:
            self.left_out["tables of contents"] += 1
            return
        self._run(node, self._open, boxes)
        if _child(node, "w:pPr", "w:rPr", "w:del") is None:
            self.finish()
        for box in boxes:
            self._paragraph(box)

    def _run(self, node: Any, text: list[str], boxes: list[Any]) -> None:
        for child in node:
            what = _named(child)
            if what in _WORDS:
                text.append(child.text or "")
            elif what in _SPACES:
                text.append(" ")
            elif what in _NOTES:
                self.notes[_NOTES[what]][_attribute(child, "id")] = None
            elif what == "w:noBreakHyphen":
                text.append("\N{NON-BREAKING HYPHEN}")
            elif what == "w:sym":
                self.left_out["symbols of a font"] += 1
            elif what == "w:p":
                boxes.append(child)
            elif what in _DELETED:
                self.left_out["deleted text"] += any(
                    _named(one) in ("w:delText", "w:t") for one in child.iter()
                )
            elif what == "w:r" and _on(_child(child, "w:rPr", "w:vanish")):
                self.left_out["hidden text"] += 1
            elif what == "mc:AlternateContent":
                self._run(_chosen(child), text, boxes)
            elif what != "w:rt":  # how a character is read, written beside it
                self._run(child, text, boxes)


def _chosen(node: Any) -> Any:
    """Of one thing said in several ways, for newer and older programs, the first with words."""
    worded = (way for way in node if any(_named(one) in _WORDS for one in way.iter()))
    return next(worded, ())


def _table_of_contents(node: Any) -> bool:
    gallery = _child(node, "w:sdtPr", "w:docPartObj", "w:docPartGallery")
    return gallery is not None and _value(gallery) == "Table of Contents"
