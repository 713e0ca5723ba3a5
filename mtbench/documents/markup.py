"""Text of Markdown and HTML documents, block by block."""

from __future__ import annotations

import re
from typing import Any

from mtbench.documents.paragraphs import clean
from mtbench.errors import DataError
from mtbench.plugins import require

_DROPPED = frozenset(
    {"script", "style", "noscript", "template", "head", "svg", "math", "iframe", "object",
     "select", "button", "textarea", "pre", "audio", "video", "canvas"}
)  # fmt: skip
_INLINE = frozenset(
    {"a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em",
     "font", "i", "img", "ins", "kbd", "label", "mark", "q", "ruby", "s", "samp", "small", "span",
     "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"}
)  # fmt: skip


_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(?:\w[\w-]*:.*\r?\n|[ \t#-].*\r?\n)+?---[ \t]*\r?\n")


def html_paragraphs(text: str) -> tuple[str, ...]:
    """The text of an HTML page, one paragraph a block; scripts, styles and code left out.

    Raises:
        MissingExtra: If lxml is not installed.
        DataError: If a part of it could not be read.
    """
    lxml_html = require("lxml.html", "reading HTML", "text")
    etree = require("lxml.etree", "reading HTML", "text")
    parser = lxml_html.HTMLParser(
        no_network=True, encoding="utf-8", remove_comments=True, huge_tree=True
    )
    try:
        root = lxml_html.document_fromstring(
            text.encode("utf-8", "replace"), parser=parser, ensure_head_body=True
        )
    except (etree.ParserError, etree.XMLSyntaxError):
        return ()  # an empty page, which the caller reports
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise DataError("its elements are nested deeper than can be read", hint="save it as text")
    blocks: list[list[str]] = [[]]
    _walk(root, blocks)
    return _joined(blocks)


def _walk(element: Any, blocks: list[list[str]]) -> None:
    """Gathers text depth first without recursion, so that no nesting is too deep."""
    stack: list[tuple[Any, bool]] = [(element, False)]
    while stack:
        node, leaving = stack.pop()
        tag = node.tag if isinstance(node.tag, str) else ""
        block = tag not in _INLINE
        if leaving:
            if block:
                blocks.append([])
            if node is not element:
                blocks[-1].append(node.tail or "")
            continue
        stack.append((node, True))
        if block:
            blocks.append([])
        if not tag or tag in _DROPPED:
            continue
        blocks[-1].append(node.text or "")
        stack.extend((child, False) for child in reversed(node))


def _joined(blocks: list[list[str]]) -> tuple[str, ...]:
    return tuple(found for block in blocks if (found := clean("".join(block))))


def markdown_paragraphs(text: str) -> tuple[str, ...]:
    """The text of a Markdown document, one paragraph a block.

    Code blocks, images and what stands before the text between lines of hyphens are left out.

    Raises:
        MissingExtra: If markdown-it-py is not installed.
    """
    module = require("markdown_it", "reading Markdown", "text")
    tokens = module.MarkdownIt("commonmark").enable("table").parse(_FRONT_MATTER.sub("", text))
    blocks: list[list[str]] = []
    for token in tokens:
        if token.type == "inline":
            blocks.append([_inline(child) for child in token.children or ()])
        elif token.type == "html_block":
            blocks.extend([part] for part in html_paragraphs(token.content))
    return _joined(blocks)


def _inline(token: Any) -> str:
    if token.type in ("text", "code_inline"):
        return str(token.content)
    return " " if token.type in ("softbreak", "hardbreak") else ""
