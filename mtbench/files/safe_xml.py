"""XML from strangers: streamed, with no entities, no fetching and no unbounded depth or text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mtbench.errors import DataError
from mtbench.files.inputs import head, opened

_UTF16 = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*encoding\s*=\s*[\"']utf-?16", re.I)
Element = Any  # lxml.etree._Element; lxml is imported only when a file is read


def elements(path: Path, *tags: str) -> Iterator[Element]:
    """Every element of some names, one at a time; each is emptied once the next is asked for.

    Memory stays flat however long the file is. A document type that only names a DTD is
    accepted and never fetched; one that declares entities is refused, whether or not they are
    used. The parser's own limits hold: 256 levels, 10 million characters a text.

    Args:
        path: The file.
        tags: Names of the elements; none of them stands inside another.

    Raises:
        RequestError: If there is no such file.
        DataError: With file and line, if it is not well-formed or declares entities.
    """
    first = True
    for element in _parsed(path, ("end",), tags):
        if first:
            _refuse_entities(element, path)
            first = False
        yield element
        _release(element)


def root_tag(path: Path) -> str:
    """Name of the outermost element.

    Raises:
        RequestError: If there is no such file.
        DataError: As ``elements``.
    """
    for element in _parsed(path, ("start",), None):
        _refuse_entities(element, path)
        return str(element.tag)
    raise DataError(f"{path}: no XML element")


def _parsed(path: Path, events: tuple[str, ...], tags: tuple[str, ...] | None) -> Iterator[Element]:
    from lxml import etree

    try:
        with opened(path) as stream:
            parser = etree.iterparse(
                stream,
                events=events,
                tag=tags,
                resolve_entities=False,
                load_dtd=False,
                no_network=True,
                huge_tree=False,
                remove_comments=True,
                remove_pis=True,
                encoding="utf-8" if misdeclared(path) else None,
            )
            for _, element in parser:
                yield element
    except etree.XMLSyntaxError as error:
        line = f":{error.lineno}" if error.lineno else ""
        raise DataError(
            f"{path}{line}: not well-formed XML: {_reason(error)}",
            hint="repair the file, or export it again from the tool that wrote it",
        ) from error


def tree(content: bytes, name: str) -> Element:
    """The outermost element of XML that is held in memory whole, under the same rules.

    Args:
        content: The XML.
        name: What messages call it.

    Raises:
        DataError: If it is not well-formed or declares entities.

    Example:
        >>> tree(b"<a><b/></a>", "a.xml").tag
        'a'
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        line = f":{error.lineno}" if error.lineno else ""
        raise DataError(
            f"{name}{line}: not well-formed XML: {_reason(error)}",
            hint="repair the file, or save it again with the program that wrote it",
        ) from error
    _refuse_entities(root, name)
    return root


def misdeclared(path: Path) -> bool:
    """Whether a file calls itself UTF-16 in bytes that are not: it is read as the UTF-8 it is.

    Raises:
        RequestError: If there is no such file.
    """
    start = head(path, 200)
    return bool(_UTF16.match(start))


def text_of(element: Element) -> str:
    """All text inside an element, its children's included, as it stands."""
    return "".join(str(part) for part in element.itertext())


def place(path: Path, element: Element) -> str:
    """File and line of an element."""
    return f"{path}:{element.sourceline}" if element.sourceline else str(path)


def _refuse_entities(element: Element, path: Path | str) -> None:
    dtd = element.getroottree().docinfo.internalDTD
    declared = list(dtd.iterentities()) if dtd is not None else []
    if declared:
        raise DataError(
            f"{path}: declares the XML entity {declared[0].name!r}",
            why="entities can swell a file without bound or read other files, so none is accepted",
            hint="remove the declarations from the DOCTYPE",
        )


def _release(element: Element) -> None:
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _reason(error: SyntaxError) -> str:
    return str(error.msg).split(", line ", 1)[0]
