"""Text of Markdown and HTML documents, block by block."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from mtbench.documents.paragraphs import BLANK_LINE, clean
from mtbench.errors import DataError
from mtbench.packages import require

_DROPPED = frozenset(
    {"script", "style", "noscript", "template", "head", "svg", "math", "iframe", "object",
     "select", "button", "textarea", "audio", "video", "canvas", "rp", "rt", "rtc"}
)  # fmt: skip
_INLINE = frozenset(
    {"a", "abbr", "acronym", "b", "bdi", "bdo", "big", "blink", "cite", "code", "data", "del",
     "dfn", "em", "font", "i", "img", "ins", "kbd", "label", "mark", "math", "meter", "nobr",
     "noscript", "output", "q", "rb", "rp", "rt", "rtc", "ruby", "s", "samp", "script", "small",
     "span", "strike", "strong", "style", "sub", "sup", "svg", "template", "time", "tt", "u", "var",
     "wbr"}
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
    """The text of a piece of HTML, one paragraph a block, page furniture left out."""
    root = parsed(text)
    if root is None:
        return ()
    return tuple(part for block in walk(root) if not block.kind for part in block.paragraphs())


def parsed(text: str) -> Any:
    """The root of an HTML page; None where it is empty.

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
        return None
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise DataError("its elements are nested deeper than can be read", hint="save it as text")
    return root


class Block:
    """Text that stands together.

    Attributes:
        node: The element that it stands in.
        kind: Of page furniture that it stands in; empty for the article.
        preformatted: Whether its line ends count.
        texts: Its pieces.
        plain: Characters of it that are in no link.
    """

    def __init__(self, node: Any, kind: str, *, preformatted: bool = False) -> None:
        self.node = node
        self.kind = kind
        self.preformatted = preformatted
        self.texts: list[str] = []
        self.plain = 0

    def add(self, text: str | None, *, linked: bool) -> None:
        """Adds a piece of text."""
        if text:
            self.texts.append(text)
            self.plain += 0 if linked else len(text.strip())

    @property
    def text(self) -> str:
        """All of it on one line."""
        return clean("".join(self.texts))

    @property
    def linked(self) -> bool:
        """Whether it is a link and nothing else."""
        return not self.plain

    def paragraphs(self) -> list[str]:
        """Its paragraphs; preformatted text has one between any two blank lines."""
        text = "".join(self.texts)
        parts = BLANK_LINE.split(text.replace("\r\n", "\n")) if self.preformatted else [text]
        return [found for part in parts if (found := clean(part))]


def _furniture(node: Any, tag: str) -> str:
    return _ROLES.get((node.get("role") or "").strip().lower()) or _AROUND.get(tag, "")


def walk(root: Any) -> list[Block]:
    """The blocks of a page in order, found without recursion: no nesting is too deep.

    Scripts, styles and form fields are no text. Navigation, asides, footers, dialogs and captions
    are told by the page's own elements and roles.
    """
    blocks = [Block(root, "")]
    stack: list[tuple[Any, _Around, bool]] = [(root, _Around(), False)]
    while stack:
        node, around, leaving = stack.pop()
        tag = node.tag if isinstance(node.tag, str) else ""
        block = bool(tag) and tag not in _INLINE  # a comment has no tag
        if leaving:
            if node is root:
                continue
            if block or blocks[-1].kind != around.kind:
                blocks.append(
                    Block(node.getparent(), around.kind, preformatted=around.preformatted)
                )
            blocks[-1].add(node.tail, linked=around.linked)
            continue
        stack.append((node, around, True))
        inner = _Around(
            around.kind or (_furniture(node, tag) if tag else ""),
            around.preformatted or tag == "pre",
            around.linked or (tag == "a" and node.get("href") is not None),
        )
        if block or inner.kind != around.kind:
            blocks.append(Block(node, inner.kind, preformatted=inner.preformatted))
        if not tag or tag in _DROPPED:
            continue
        blocks[-1].add(node.text, linked=inner.linked)
        stack.extend((child, inner, False) for child in reversed(node))
    return blocks


class _Around(NamedTuple):
    """What an element stands in."""

    kind: str = ""
    preformatted: bool = False
    linked: bool = False


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
