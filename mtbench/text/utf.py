"""Bytes that are a form of Unicode, though damaged, or without the mark that says so."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from itertools import chain

_CHARACTER = "\N{REPLACEMENT CHARACTER}"
_FEWEST_NULS = 4
_SHARE = 0.01  # of the bytes, at least: line ends and delimiters of a text in Chinese


def damaged_utf8(blocks: Iterable[bytes]) -> bool:
    r"""Whether bytes that are not UTF-8 were so once: most of what is beyond ASCII still is.

    In a code page no more than a stray pair of letters looks like a character of UTF-8.

    Args:
        blocks: The bytes, in order.

    Example:
        >>> damaged_utf8(["cos\xec, citt\xc3\xa0".encode("latin-1")])
        True
        >>> damaged_utf8(["cos\xec, citt\xe0".encode("latin-1")])
        False
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    whole = bad = 0
    for block in chain(blocks, (b"",)):
        text = decoder.decode(block, final=not block)
        found = text.count(_CHARACTER)
        bad += found
        whole += sum(not one.isascii() for one in text) - found
    return 0 < bad <= whole


def unmarked_utf16(start: bytes) -> str:
    r"""``utf-16-le`` or ``utf-16-be`` where a text is that and does not say so; else nothing.

    Letters of Latin scripts, line ends and blanks have a NUL before or behind them, always on the
    same side.

    Args:
        start: The first bytes of a file.

    Example:
        >>> unmarked_utf16("id\tcittà\n1\tok\n".encode("utf-16-le"))
        'utf-16-le'
        >>> unmarked_utf16(b"a\0b")
        ''
    """
    start = start[: len(start) // 2 * 2]
    even, odd = start[::2].count(0), start[1::2].count(0)
    if min(even, odd) or max(even, odd) < max(_FEWEST_NULS, _SHARE * len(start)):
        return ""
    encoding = "utf-16-le" if odd else "utf-16-be"
    text = codecs.getincrementaldecoder(encoding)("replace").decode(start)
    lines = "\n" in text or "\r" in text
    return encoding if lines and _CHARACTER not in text else ""
