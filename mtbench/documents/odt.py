"""Text of OpenDocument texts (.odt), as their tracked changes read once accepted."""

from __future__ import annotations

import posixpath
from collections import Counter
from pathlib import Path
from typing import Any

from mtbench.documents.paragraphs import Paragraphs, clean, with_notes
from mtbench.errors import DataError
from mtbench.files.archives import Archive, archive
from mtbench.files.safe_xml import tree

_START = "urn:oasis:names:tc:opendocument:xmlns:"
_PARAGRAPHS = frozenset({"text:p", "text:h"})
_SPACES = frozenset({"text:s", "text:tab", "text:line-break"})
_LEFT_OUT = {
    "office:annotation": "comments",
    "text:hidden-text": "hidden text",
    "text:hidden-paragraph": "hidden text",
    **{
        f"text:{kind}": "tables of contents"
        for kind in [
            "table-of-content",
            "illustration-index",
            "table-index",
            "object-index",
            "user-index",
            "alphabetical-index",
        ]
    },
}
_NO_TEXT = frozenset(
    {"text:sequence-decls", "text:variable-decls", "text:user-field-decls", "text:ruby-text",
     "text:tracked-changes", "office:forms", "svg-compatible:title", "svg-compatible:desc",
     "script:event-listeners", "office:event-listeners"}
)  # fmt: skip


def odt_paragraphs(path: Path, name: str, *, notes: bool = False) -> Paragraphs:
    """The paragraphs of an OpenDocument text: of its body, table cells and text boxes.

    Inserted text is text, deleted text is none. Headers, footers, comments, tables of contents,
    objects such as charts, hidden and deleted text are left out. Nothing outside the file is
    looked at.

    Args:
        path: The file.
        name: What messages call it.
        notes: Whether footnotes, then endnotes, stand after the text; else they are left out, too.

    Returns:
        The paragraphs, how much was left out, by kind, and whether notes stand at the end.

    Raises:
        DataError: If it is damaged, hostile, or protected by a password, or holds macros.
    """
    with archive(path) as packed:
        _check(packed, name)
        root = tree(packed.read("content.xml"), f"{name}: content.xml")
        text = next((node for node in root.iter() if _named(node) == "office:text"), None)
        if text is None:
            raise DataError(f"{name}: no OpenDocument text", hint="save it as .odt")
        body = _TextBody()
        body.take(text)
        for node in text.iter():
            body.left_out["deleted text"] += _named(node) == "text:deletion"
        left_out = body.left_out + _around(packed, name)
        texts = body.paragraphs
        appended = 0
        for kind, said in body.notes.items():
            if notes:
                texts += [text for note in said for text in note]
                appended += len(said)
            else:
                left_out[kind] += len(said)
        read_as = with_notes("OpenDocument", appended)
        return Paragraphs(tuple(texts), left_out=dict(+left_out), read_as=read_as)


def _check(packed: Archive, name: str) -> None:
    if any(part.startswith(("Basic/", "Scripts/")) and part[-1] != "/" for part in packed.names):
        raise DataError(f"{name}: holds macros", hint="save it without")
    where = "META-INF/manifest.xml"
    if where in packed.names:
        manifest = tree(packed.read(where), f"{name}: {where}")
        if any(_named(node).endswith(":encryption-data") for node in manifest.iter()):
            raise DataError(f"{name}: protected by a password", hint="save it without")


def _around(packed: Archive, name: str) -> Counter[str]:
    """Headers and footers, counted, which stand with the styles of pages; and objects within."""
    found: Counter[str] = Counter()
    for part in sorted(packed.names):
        if posixpath.basename(part) == "content.xml" and posixpath.dirname(part):
            inner = tree(packed.read(part), f"{name}: {part}")
            found["embedded objects"] += bool("".join(map(str, inner.itertext())).strip())
    if "styles.xml" not in packed.names:
        return found
    for node in tree(packed.read("styles.xml"), f"{name}: styles.xml").iter():
        kind = _named(node).removeprefix("style:").partition("-")[0]
        if _named(node).startswith("style:") and kind in ("header", "footer"):
            body = _TextBody()
            body.take(node)
            found[f"{kind}s"] += len(body.paragraphs)
    return found


def _named(node: Any) -> str:
    """``text:p`` for an element, whichever version of the standard it is of."""
    namespace, _, local = str(node.tag).rpartition("}")
    return f"{namespace[1:].removeprefix(_START).partition(':')[0]}:{local}"


def _attribute(node: Any, name: str) -> str:
    return next((str(v) for key, v in node.items() if key.rpartition("}")[2] == name), "")


class _TextBody:
    """Paragraphs as they are found; those of a text box stand after the one that it hangs on."""

    def __init__(self) -> None:
        self.paragraphs: list[str] = []
        self.left_out: Counter[str] = Counter()
        self.notes: dict[str, list[list[str]]] = {"footnotes": [], "endnotes": []}

    def take(self, node: Any) -> None:
        """Goes through what holds paragraphs."""
        for child in node:
            if self._passed(child):
                continue
            if _named(child) in _PARAGRAPHS:
                self._paragraph(child)
            else:
                self.take(child)

    def _paragraph(self, node: Any) -> None:
        text: list[str] = []
        inner: list[Any] = []
        self._run(node, text, inner)
        found = clean("".join(text))
        if found:
            self.paragraphs.append(found)
        for one in inner:
            self._paragraph(one)

    def _run(self, node: Any, text: list[str], inner: list[Any]) -> None:
        text.append(node.text or "")
        for child in node:
            what = _named(child)
            if what in _SPACES:
                text.append(" ")
            elif what in _PARAGRAPHS:
                inner.append(child)
            elif not self._passed(child):
                self._run(child, text, inner)
            text.append(child.tail or "")

    def _passed(self, node: Any) -> bool:
        """Whether an element is left out; counted where it holds text."""
        what = _named(node)
        kind = _LEFT_OUT.get(what)
        if what == "text:section" and _attribute(node, "display") == "none":
            kind = "hidden text"
        if what == "text:note":
            self._note(node)
            return True
        if kind:
            self.left_out[kind] += 1
        return kind is not None or what in _NO_TEXT

    def _note(self, node: Any) -> None:
        inner = _TextBody()
        inner.notes = self.notes
        for part in node:
            if _named(part) == "text:note-body":
                inner.take(part)
        self.left_out += inner.left_out
        if inner.paragraphs:
            kind = "endnotes" if _attribute(node, "note-class") == "endnote" else "footnotes"
            self.notes[kind].append(inner.paragraphs)
