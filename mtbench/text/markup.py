"""What a program puts into a text and a translation must keep: tags, placeholders, entities."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import NamedTuple

# An element's or XLIFF's tag; a placeholder of ICU, printf, Python, Qt, templates and shells.
TAG = re.compile(r"</?[A-Za-z][\w:.-]{0,40}(?:\s[^<>]{0,300})?/?>")
ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});")
PLACEHOLDER = re.compile(
    r"\{\{[^{}]{1,80}\}\}|\$\{[^{}]{1,80}\}|%\{\w{1,60}\}|%\(\w{1,60}\)[-+0-9.]{0,8}[sdifgx]"
    r"|\{[A-Za-z_0-9][\w.:-]{0,60}\}|\{\}"
    r"|(?<![\d%])%(?:\d{1,2}\$)?[-+0#]{0,3}\d{0,3}(?:\.\d{1,3})?(?:l{1,2}|h)?[sdifuxXeEgGc@](?![A-Za-z])"
    r"|(?<!\w)%[A-Z_]{2,40}%(?!\w)"
)
# Of an ICU plural or choice the name and kind count: its cases differ between languages.
ICU = re.compile(r"\{\s*(\w{1,60})\s*,\s*(plural|select|selectordinal|number|date|time)\b")
_HOT_KEY = re.compile(r"(?:(?<=^)|(?<=[\s(]))[&_](?=[^\W\d_])|(?<=[^\W_])[&_](?=[^\W\d_]{2})")
_QUOTES = re.compile(r"[\"'\s]+")
_NAME = re.compile(r"</?\s*([\w:.-]+)")
SHORT = 60  # characters: texts of a menu or button, whose blanks and hot keys count


class Difference(NamedTuple):
    """One thing that a translation does not keep as its source has it.

    Attributes:
        kind: ``lost``, ``added``, ``moved``, ``blanks`` or ``hot key``.
        mark: What it is about.
    """

    kind: str
    mark: str


def marks(text: str) -> list[str]:
    """Tags and placeholders of a text, in order.

    Example:
        >>> marks('Press <b>{key}</b> %1$d times')
        ['<b>', '{key}', '</b>', '%1$d']
    """
    if not ("<" in text or "{" in text or "%" in text):
        return []
    found = [(m.start(), m.group()) for m in TAG.finditer(text)]
    found += [(m.start(), f"{{{m.group(1)}, {m.group(2)}") for m in ICU.finditer(text)]
    inside = bool(ICU.search(text))  # the cases of a plural hold words in braces
    for match in PLACEHOLDER.finditer(text):
        if not (inside and match.group().startswith("{") and " " not in match.group()):
            found.append((match.start(), match.group()))
    return [mark for _, mark in sorted(found)]


def differences(source: str, hypothesis: str) -> list[Difference]:
    """Marks that a translation has lost, added, doubled or moved.

    Args:
        source: The source text.
        hypothesis: Its translation.

    Example:
        >>> differences("Delete {0} files?", "Dateien löschen?")
        [Difference(kind='lost', mark='{0}')]
    """
    ours, theirs = marks(source), marks(hypothesis)
    if not ours and not theirs:
        return []
    left, right = Counter(map(_plain, ours)), Counter(map(_plain, theirs))
    found = [Difference("lost", mark) for mark in (left - right).elements()]
    found += [Difference("added", mark) for mark in (right - left).elements()]
    if not found and (mark := _misplaced(ours, theirs, hypothesis)):
        found.append(Difference("moved", mark))
    return found


def edges(source: str, hypothesis: str) -> list[Difference]:
    """Blanks at the ends and hot keys that a short text has lost or gained.

    Example:
        >>> edges("&Open", "Öffnen")
        [Difference(kind='hot key', mark='&O')]
    """
    found = []
    if source.strip() and hypothesis.strip():
        for cut, end in ((str.lstrip, "beginning"), (str.rstrip, "end")):
            if (cut(source) == source) != (cut(hypothesis) == hypothesis):
                found.append(Difference("blanks", end))
    keys = _HOT_KEY.findall(source) if len(source) <= SHORT and not ENTITY.search(source) else []
    if len(keys) == 1 and not _HOT_KEY.search(hypothesis):
        at = source.index(keys[0])
        found.append(Difference("hot key", source[at : at + 2]))
    return found


def _plain(mark: str) -> str:
    """A mark without what its spelling may differ in: quotes and blanks within a tag."""
    return _QUOTES.sub(" ", mark).replace(" />", "/>").replace(" >", ">") if " " in mark else mark


def _misplaced(ours: list[str], theirs: list[str], hypothesis: str) -> str | None:
    """A tag that is closed before it is opened, or whose content has moved out of it."""
    opened: Counter[str] = Counter()
    for mark in theirs:
        name = _NAME.match(mark)
        if name is None or mark.endswith("/>"):
            continue
        if not mark.startswith("</"):
            opened[name.group(1)] += 1
        elif opened[name.group(1)] == 0:
            if f"<{name.group(1)}" in "".join(ours):
                return mark
        else:
            opened[name.group(1)] -= 1
    for first, second in itertools.pairwise(ours):
        name = _NAME.match(first)
        if name and second == f"</{name.group(1)}>" and f"{first}{second}" in hypothesis:
            return first
    return None
