"""Text of bilingual XML without the codes that its tools put into it."""

from __future__ import annotations

import re

from mtbench.corpora.formats.segments import Remarks
from mtbench.files.safe_xml import Element

# Native formatting codes of the tool that wrote the file: their content is markup, not text.
_CODES = frozenset({"bpt", "ept", "it", "ph", "ut", "x", "bx", "ex", "sc", "ec"})
_PAIRED = frozenset({"g", "hi", "pc"})  # what stands in these is text
_BREAKS = frozenset({"lb", "br", "x-lb", "x-br", "linebreak", "paragraph"})
_DELETED = "x-sdl-deleted"  # what Trados keeps of a text that a reviewer struck out
_XML_WHITE = re.compile(r"[ \t\r\n]+")
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def plain_text(element: Element, remarks: Remarks, where: str, *, keep_space: bool = True) -> str:
    """The text of an element: codes left out, those that break a line as a line end.

    What stands in a code belongs to the markup, what follows it to the text again. Tracked changes
    are taken as accepted.

    Args:
        element: A ``seg``, ``source`` or ``target``.
        remarks: Told of codes and deleted text left out, and white space folded.
        where: File and line.
        keep_space: Whether white space stays as it is; else runs of it become one space, as XML
            files that are indented for reading mean it.
    """
    lines: list[list[str]] = [[]]
    codes, deleted = _gather(element, lines)
    if len(lines) > 1:
        remarks.changed("texts with codes that break a line, now a line end", where)
    if deleted:
        remarks.changed("texts with tracked changes, taken as accepted", where)
    if codes:
        remarks.changed("texts without their formatting codes", where)
    found = ["".join(line) for line in lines]
    if keep_space:
        return "\n".join(found)
    folded = [fold(line) for line in found]
    if folded != found:
        remarks.changed("texts whose line ends and indentation of the XML became spaces", where)
    return "\n".join(folded)


def fold(text: str) -> str:
    """Runs of XML's white space as one space, none at the ends."""
    return _XML_WHITE.sub(" ", text).strip(" ")


def _gather(element: Element, lines: list[list[str]]) -> tuple[int, int]:
    """Puts an element's text at the end of the last line; codes and deletions left out."""
    codes, deleted = 0, 0
    lines[-1].append(element.text or "")
    for child in element:
        name = str(child.tag).rsplit("}", 1)[-1] if isinstance(child.tag, str) else ""
        kind = (child.get("type") or child.get("ctype") or "").lower()
        if child.get("mtype") == _DELETED:
            deleted += 1
        elif name not in _CODES:
            inside = _gather(child, lines)
            codes += inside[0] + (name in _PAIRED)
            deleted += inside[1]
        elif kind in _BREAKS:
            lines.append([])
        else:
            codes += 1
        lines[-1].append(child.tail or "")
    return codes, deleted


def keeps_space(element: Element) -> bool:
    """Whether an element, or what it stands in, says ``xml:space="preserve"``."""
    while element is not None:
        said = element.get(XML_SPACE)
        if said is not None:
            return bool(said == "preserve")
        element = element.getparent()
    return False
