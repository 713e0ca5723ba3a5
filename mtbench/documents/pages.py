"""The article of a web page: trafilatura finds where it stands, its elements say what is in it."""

from __future__ import annotations

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from mtbench.documents.markup import Block, parsed, walk
from mtbench.documents.paragraphs import clean
from mtbench.packages import require

_ENOUGH = 250  # characters; below, trafilatura itself takes its own answer for a guess
_SHARE_HELD = 0.8  # of what it found, in the element that holds the article
_LONG = 80  # characters; what is shorter and outside that element is a line of a list
_TEASERS = 2  # elements in a row, at least
_TEASER = 400  # characters of one that are in no link, at most
_TEASER_BLOCKS = 5  # blocks of one, at most
_BOXES = frozenset({"article", "div", "li", "section", "td"})
_HEADINGS = frozenset({"h1", "h2", "h3"})
# What stands around an article by words of classes and ids, as site builders write them.
_WORDS = {
    word: kind
    for kind, words in {
        "comments": "comment comments commentlist disqus respond",
        "related links": "related recommended recommendations",
        "sharing": "share sharing social",
        "cookie notices": "cookie cookies consent gdpr",
        "asides": "sidebar aside newsletter subscribe promo advert advertisement sponsored",
        "navigation": "nav navbar navigation menu breadcrumb breadcrumbs pagination pager",
        "footers": "footer colophon copyright",
        "banners": "masthead",
        "captions": "caption",
    }.items()
    for word in words.split()
}
_WORD = re.compile(r"[A-Z]?[a-z]+")
_WHOLE = frozenset({"html", "body", "main", "article"})  # their classes speak of the page


def article(text: str) -> tuple[tuple[str, ...], dict[str, int]]:
    """The text of a page's article, one paragraph a block, and what was left out around it.

    trafilatura says which text is the article's; the element that holds it is then taken whole,
    so that no heading, item, cell or preformatted part of it is lost, without what its elements,
    roles, classes or links show to be navigation, a caption, comments and the like. The headline
    may stand above. A page too short for that is read by its elements alone.

    Args:
        text: The page.

    Returns:
        The paragraphs, and how many others were left out, by kind.

    Raises:
        MissingExtra: If lxml or trafilatura is not installed.
        DataError: If a part of it could not be read.

    Example:
        >>> article("<nav>Home</nav><p>The bakery closes.</p>")
        (('The bakery closes.',), {'navigation': 1})
    """
    root = parsed(text)
    if root is None:
        return (), {}  # an empty page, which the caller reports
    blocks = [block for block in walk(root) if block.paragraphs()]
    core = _core(text, blocks)
    if core:
        _judge(root, blocks, core)
    found = [(block.kind, part) for block in blocks for part in block.paragraphs()]
    kept = tuple(part for kind, part in found if not kind)
    if not kept:  # nothing but furniture: then it is what the page has to say
        return tuple(part for _, part in found), {}
    return kept, dict(Counter(kind for kind, _ in found if kind))


def _core(text: str, blocks: Sequence[Block]) -> set[int]:
    """Places of the blocks that trafilatura takes for the article."""
    if sum(len(part) for b in blocks if not b.kind for part in b.paragraphs()) < _ENOUGH:
        return set()
    trafilatura = require("trafilatura", "reading HTML", "text")
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # its remarks are not for users
    found = trafilatura.extract(text, include_comments=False)
    lines = {clean(line) for line in (found or "").splitlines()}
    whole = " ".join((found or "").split())
    core = set()
    for at, block in enumerate(blocks):
        parts = block.paragraphs()
        if not block.kind and all(p in lines or (len(p) >= _LONG and p in whole) for p in parts):
            core.add(at)
    return core


def _judge(root: Any, blocks: Sequence[Block], core: set[int]) -> None:
    """Gives a kind to every block that is not of the article."""
    held: dict[Any, int] = defaultdict(int)
    for at in core:
        for node in _upwards(blocks[at].node):
            held[node] += len(blocks[at].text)
    total = held[root]
    home = min(
        (n for n in held if held[n] >= _SHARE_HELD * total), key=lambda n: (held[n], -_depth(n))
    )
    inside = [home in set(_upwards(block.node)) for block in blocks]
    first, last = min(core), max(core)
    head = _headline(root, blocks, inside.index(True))
    for at, block in enumerate(blocks):
        if block.kind or at == head:
            continue
        block.kind = _named(block.node, held, total)
        if block.kind or (at in core and inside[at]):
            continue
        if not inside[at]:
            told = at in core and len(block.text) >= _LONG
            if not told or _beside_a_link(block, blocks):
                block.kind = "other text"
        elif block.linked and not first < at < last:
            block.kind = "links"
    _judge_teasers([b for b, held in zip(blocks, inside, strict=True) if held and not b.kind])


def _beside_a_link(block: Block, blocks: Sequence[Block]) -> bool:
    """Whether a text stands in one of several elements that are alike, with a link beside it."""
    item = _item(block.node)
    return item is not None and any(
        other.linked and item in set(_upwards(other.node)) for other in blocks
    )


def _judge_teasers(blocks: Sequence[Block]) -> None:
    """Leaves out what ends an article with teasers of others: alike elements, a link in each."""
    whole = sum(len(block.text) for block in blocks)
    kept = list(blocks)
    while kept:
        items = _teasers(kept)
        start = len(kept) - sum(map(len, items))
        before = sum(len(block.text) for block in kept[:start])
        if len(items) < _TEASERS or before < whole / 2:
            return
        head = kept[start - 1]
        parent = items[0][0].node
        title = len(head.text) < _LONG and (_heading(head) or not head.plain)
        above = title or set(_upwards(head.node)[1:3]) & set(_upwards(parent)[1:4])
        if len(head.text) < _LONG and above and not head.text.endswith((".", ":")):
            start -= 1
        for block in kept[start:]:
            block.kind = "related links"
        kept = kept[:start]


def _teasers(blocks: Sequence[Block]) -> list[list[Block]]:
    """The elements at the end of some blocks that are alike and hold a link and little else."""
    found: list[list[Block]] = []
    sign: tuple[Any, ...] = ()
    at = len(blocks)
    while at:
        item = _item(blocks[at - 1].node)
        start = at
        while start and item is not None and item in set(_upwards(blocks[start - 1].node)):
            start -= 1
        mine = list(blocks[start:at])
        words = sum(block.plain for block in mine)
        if (
            item is None
            or not any(b.linked for b in mine)
            or words > _TEASER
            or len(mine) > _TEASER_BLOCKS
        ):
            return found
        if found and _sign(item) != sign:
            return found
        sign = _sign(item)
        found.insert(0, mine)
        at = start
    return found


def _item(node: Any) -> Any:
    """The nearest element around a block that has one of its kind beside it."""
    for one in _upwards(node):
        parent = one.getparent()
        if parent is None or one.tag in _WHOLE:
            return None
        if one.tag in _BOXES and sum(_sign(other) == _sign(one) for other in parent) > 1:
            return one
    return None


def _sign(node: Any) -> tuple[Any, ...]:
    return node.getparent(), node.tag, node.get("class")


def _heading(block: Block) -> bool:
    return any(node.tag in _HEADINGS for node in _upwards(block.node))


def _upwards(node: Any) -> list[Any]:
    return [node, *node.iterancestors()]


def _depth(node: Any) -> int:
    return sum(1 for _ in node.iterancestors())


def _named(node: Any, held: dict[Any, int], total: int) -> str:
    """Kind by class or id, unless the element so named holds most of the article."""
    for one in _upwards(node):
        if one.tag in _WHOLE or held[one] * 2 > total:
            continue
        for word in _WORD.findall(f"{one.get('class') or ''} {one.get('id') or ''}"):
            if word.lower() in _WORDS:
                return _WORDS[word.lower()]
    return ""


def _headline(root: Any, blocks: Sequence[Block], start: int) -> int | None:
    """Place of the headline above the article: what the page's title begins with, or its h1."""
    title = clean(root.findtext(".//title") or "")
    above = [at for at in range(start - 1, -1, -1) if _heading(blocks[at])]
    titled = [at for at in above if blocks[at].text and title.startswith(blocks[at].text)]
    first = [at for at in above if any(n.tag == "h1" for n in _upwards(blocks[at].node))]
    return next(iter(titled or first), None)
