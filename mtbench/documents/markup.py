"""Text of Markdown and HTML documents, block by block."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from mtbench.documents.paragraphs import BLANK_LINE, clean
from mtbench.errors import DataError
from mtbench.plugins import require

_DROPPED = frozenset(
    {"script", "style", "noscript", "template", "head", "svg", "math", "iframe", "object",
     "select", "button", "textarea", "audio", "video", "canvas"}
)  # fmt: skip
_INLINE = frozenset(
    {"a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em",
     "font", "i", "img", "ins", "kbd", "label", "mark", "q", "ruby", "s", "samp", "small", "span",
     "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"}
)  # fmt: skip


# What stands around the article of a page, by its elements and by their roles (WAI-ARIA).
_AROUND = {
    "nav": "navigation",
    "aside": "asides",
    "footer": "footers",
    "dialog": "dialogs",
    "figcaption": "captions",
}
_ROLES = {
    "navigation": "navigation",
    "menu": "navigation",
    "menubar": "navigation",
    "complementary": "asides",
    "contentinfo": "footers",
    "dialog": "dialogs",
    "alertdialog": "dialogs",
    "banner": "banners",
    "search": "search",
}
_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(?:\w[\w-]*:[^\n]*\n|[ \t#-][^\n]*\n)+?---[ \t]*\r?\n")


def html_paragraphs(text: str) -> tuple[str, ...]:
    """The text of an HTML page, one paragraph a block, as ``html_article`` has it."""
    return html_article(text)[0]


def html_article(text: str) -> tuple[tuple[str, ...], dict[str, int]]:
    """The text of an HTML page, one paragraph a block, without what stands around an article.

    Scripts, styles and form fields are no text. Navigation, asides, footers, dialogs and captions
    are told by the page's own elements and roles; a page that has nothing else is taken whole.
    Preformatted text is divided at its blank lines.

    Returns:
        The paragraphs, and how many others were left out, by kind.

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
        return (), {}  # an empty page, which the caller reports
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise DataError("its elements are nested deeper than can be read", hint="save it as text")
    blocks: list[_Block] = [_Block("")]
    _walk(root, blocks)
    found = [(block.kind, part) for block in blocks for part in block.paragraphs()]
    article = tuple(part for kind, part in found if not kind)
    if not article:
        return tuple(part for _, part in found), {}
    return article, dict(Counter(kind for kind, _ in found if kind))


class _Block:
    """Text that stands together.

    Args:
        kind: Of page furniture that it stands in; empty for the article.
        preformatted: Whether its line ends count.
    """

    def __init__(self, kind: str, *, preformatted: bool = False) -> None:
        self.kind = kind
        self.preformatted = preformatted
        self.texts: list[str] = []

    def paragraphs(self) -> list[str]:
        """Its paragraphs; preformatted text has one between any two blank lines."""
        text = "".join(self.texts)
        parts = BLANK_LINE.split(text.replace("\r\n", "\n")) if self.preformatted else [text]
        return [found for part in parts if (found := clean(part))]


def _furniture(node: Any, tag: str) -> str:
    return _ROLES.get((node.get("role") or "").strip().lower()) or _AROUND.get(tag, "")


def _walk(element: Any, blocks: list[_Block]) -> None:
    """Gathers text depth first without recursion, so that no nesting is too deep."""
    stack: list[tuple[Any, str, bool, bool]] = [(element, "", False, False)]
    while stack:
        node, kind, preformatted, leaving = stack.pop()
        tag = node.tag if isinstance(node.tag, str) else ""
        block = tag not in _INLINE
        if leaving:
            if block or blocks[-1].kind != kind:
                blocks.append(_Block(kind, preformatted=preformatted))
            if node is not element:
                blocks[-1].texts.append(node.tail or "")
            continue
        stack.append((node, kind, preformatted, True))
        inner = kind or (_furniture(node, tag) if tag else "")
        inside = preformatted or tag == "pre"
        if block or inner != kind:
            blocks.append(_Block(inner, preformatted=inside))
        if not tag or tag in _DROPPED:
            continue
        blocks[-1].texts.append(node.text or "")
        stack.extend((child, inner, inside, False) for child in reversed(node))


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
