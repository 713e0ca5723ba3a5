"""What a program puts into a text and a translation must keep: tags, placeholders, entities."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

# An element's or XLIFF's tag; a placeholder of ICU, printf, Python, Qt, templates and shells.
TAG = re.compile(r"</?[A-Za-z][\w:.-]{0,40}(?:\s[^<>]{0,300})?/?>")
ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});")
PLACEHOLDER = re.compile(
    r"%%|\{\{[^{}]{1,80}\}\}|\$\{[^{}]{1,80}\}|\$\(\w{1,60}\)|%\{\w{1,60}\}|%\(\w{1,60}\)[-+0-9.]{0,8}[sdifgx]"
    r"|\{[A-Za-z_0-9][\w.:-]{0,60}\}|\{\}"
    r"|%[1-9](?=x%)|(?<!\d)%(?:\d{1,2}\$)?[-+0#']{0,3}\d{0,3}(?:\.\d{1,3})?(?:l{1,2}|h)?[sdifuxXeEgGc@](?![A-Za-z]{3})"
    r"|(?<!\d)%[A-Z][A-Z_0-9]{2,40}%?(?![a-z])|(?<![A-Za-z0-9_$])\$[A-Za-z_][A-Za-z0-9_]{2,60}"
    r"|(?<!\d)%L?\d{1,2}%?(?!\d)"
)
# Of an ICU plural or choice the name and kind count: its cases differ between languages.
ICU = re.compile(r"\{\s*(\w{1,60})\s*,\s*(plural|select|selectordinal|number|date|time)\b")
_CHOICE = re.compile(r"\{\s*\w{1,60}\s*,\s*(?:plural|select|selectordinal)\b")
_OTHER = re.compile(r"\bother\s*\{")
# A format of dates: its parts and their order are the language's own.
_DATES = re.compile(r"(?<!\d)%[-_0^#EO]?[BHIMSYTRbjklmpyZ](?![A-Za-z]{3})")
_PRINTF = re.compile(r"%(?:(\d{1,2})\$)?([-+0#'\d.]*(?:l{1,2}|h)?[sdifuxXeEgGc@])")
_NUMBERED_ONLY = re.compile(r"%L?(\d{1,2})%?")
# Elements that are tags wherever they stand; others where they look like one: <none> is prose.
_ELEMENT = re.compile(
    r"a|abbr|article|aside|b|big|blockquote|body|br|button|caption|center|cite|code|dd|del"
    r"|details|div|dl|dt|em|figure|font|footer|form|g|h1|h2|h3|h4|h5|h6|head|header|hr"
    r"|html|i|iframe|img|input|ins|kbd|label|li|link|main|mark|meta|nav|ol|option|p|ph|pre"
    r"|q|s|samp|script|section|select|small|span|strike|strong|style|sub|summary|sup|svg"
    r"|table|tbody|td|tfoot|th|thead|title|tr|tt|u|ul|var|video|x|bx|ex|bpt|ept|it|mrk",
    re.IGNORECASE,
)
# Attributes whose values are words for people.
_WORDS_IN = re.compile(
    r"""\b(title|alt|aria-label|placeholder|label|summary|content)\s*=\s*("[^"<>]*"|'[^'<>]*')"""
)
# Before a word; inside one, not before a capital: Addis_Ababa is a name.
_HOT_KEY = re.compile(r"(?<![^\W_])(?<!&)[&_](?=[^\W\d_])|(?<=[^\W_])[&_](?=[^\W\d_A-Z]{2})")
_ANY_HOT_KEY = re.compile(r"[&_](?=[^\W_])")
_QUOTES = re.compile(r"[\"'\s]+")
_NAME = re.compile(r"</?\s*([\w:.-]+)")
_OPENED = re.compile(r"<([\w:.-]+)")
_CLOSED = re.compile(r"</([\w:.-]+)>")
SHORT = 60  # characters: texts of a menu or button, whose blanks and hot keys count


class Difference(NamedTuple):
    """One thing that a translation does not keep as its source has it.

    Attributes:
        kind: ``lost``, ``added``, ``moved``, ``broken``, ``blanks`` or ``hot key``.
        mark: What it is about.
    """

    kind: str
    mark: str


def marks(text: str) -> list[str]:
    """Tags and placeholders of a text, in order.

    ``<none>`` in prose is no tag, ``%%`` no placeholder, and the parts of a format of dates
    (``%d.%m.%Y``) are none that a translation must keep.

    Example:
        >>> marks('Press <b>{key}</b> %1$d times')
        ['<b>', '{key}', '</b>', '%1$d']
    """
    if not ("<" in text or "{" in text or "%" in text or "$" in text):
        return []
    found = [(m.start(), m.group()) for m in _tags(text)]
    found += [(m.start(), f"{{{m.group(1)}, {m.group(2)}") for m in ICU.finditer(text)]
    inside = bool(ICU.search(text))  # the cases of a plural hold words in braces
    dates = bool(_DATES.search(text))
    for match in PLACEHOLDER.finditer(text):
        mark = match.group()
        if mark == "%%" or (dates and _PRINTF.fullmatch(mark)):
            continue
        if not (inside and mark.startswith("{") and " " not in mark):
            found.append((match.start(), mark))
    return [mark for _, mark in sorted(found)]


def tags(text: str) -> list[str]:
    """The tags of a text, in order.

    Example:
        >>> tags("<b>Yes</b> or <none>")
        ['<b>', '</b>']
    """
    if "<" not in text:
        return []
    return [m.group() for m in _tags(text)]


def numbered(text: str) -> bool:
    """Whether a text has placeholders that are numbers alone, of which there is a first.

    Example:
        >>> numbered("%1 of %2"), numbered("%5 daha")
        (True, False)
    """
    return "%" in text and any(
        match.group(1) == "1"
        for mark in PLACEHOLDER.findall(text)
        if (match := _NUMBERED_ONLY.fullmatch(mark))
    )


def name_of(tag: str) -> str:
    """The name of a tag.

    Example:
        >>> name_of('<a href="x">')
        'a'
    """
    match = _NAME.match(tag)
    return match.group(1) if match else ""


def without_marks(text: str, *, numbers: bool = False) -> str:
    """A text without its tags, placeholders and entities.

    Args:
        text: The text.
        numbers: Whether placeholders that are numbers alone (``%1``) stay.

    Example:
        >>> without_marks("Page <b>3</b> of %1$d").split()
        ['Page', '3', 'of']
    """
    if not ("<" in text or "{" in text or "%" in text or "$" in text or "&" in text):
        return text

    def blank(match: re.Match[str]) -> str:
        mark = match.group()
        return mark if numbers and _NUMBERED_ONLY.fullmatch(mark) else " "

    return ENTITY.sub(" ", PLACEHOLDER.sub(blank, ICU.sub(" ", TAG.sub(" ", text))))


def differences(source: str, hypothesis: str) -> list[Difference]:
    """Marks that a translation has lost, added, doubled, moved or broken.

    Numbered and unnumbered placeholders are the same where their numbers say so (``%2$s`` is the
    second ``%s``), and so are tags that differ in words for people alone (``title="…"``).

    Args:
        source: The source text.
        hypothesis: Its translation.

    Example:
        >>> differences("Delete {0} files?", "Dateien löschen?")
        [Difference(kind='lost', mark='{0}')]
        >>> differences("%s of %s", "%2$s: %1$s"), differences("%d of %s", "%s: %d")
        ([], [Difference(kind='moved', mark='%s')])
    """
    ours, theirs = marks(source), marks(hypothesis)
    if (lone := _lone_part_of_a_date(source)) and lone not in hypothesis:
        ours.append(lone)
    if not numbered(source):
        # Without a first one there are none: %5 is five per cent in Turkish.
        ours = [mark for mark in ours if not _NUMBERED_ONLY.fullmatch(mark)]
    theirs = [mark for mark in theirs if mark in ours or not _NUMBERED_ONLY.fullmatch(mark)]
    if not ours and not theirs:
        return []
    if _has_numbers(ours) != _has_numbers(theirs):
        ours, theirs = _numbered(ours), _numbered(theirs)
    left, right = Counter(map(_plain, ours)), Counter(map(_plain, theirs))
    found = [Difference("lost", mark) for mark in (left - right).elements()]
    found += [Difference("added", mark) for mark in (right - left).elements()]
    mark = None if found else _misplaced(theirs, ours, hypothesis) or _reordered(ours, theirs)
    # A source that has it so itself asks for nothing better.
    if mark and mark != _misplaced(ours, ours, source):
        found.append(Difference("moved", mark))
    if not found and _CHOICE.search(source) and _whole(source) and not _whole(hypothesis):
        found.append(Difference("broken", next(mark for mark in ours if ", " in mark)))
    return found


def _lone_part_of_a_date(text: str) -> str | None:
    """The only placeholder of a text, where it looks like a part of a date: some programs' own.

    Example:
        >>> _lone_part_of_a_date('Delete "%B" for ever?'), _lone_part_of_a_date("%d %B %Y")
        ('%B', None)
    """
    if text.count("%") != 1:
        return None
    match = _DATES.search(text)
    return match.group() if match else None


def _tags(text: str) -> Iterator[re.Match[str]]:
    """What stands in angle brackets and is a tag, no prose."""
    opened, closed = sorted(set(_OPENED.findall(text))), frozenset(_CLOSED.findall(text))
    for match in TAG.finditer(text):
        mark = match.group()
        called = name_of(mark)
        if _ELEMENT.fullmatch(called):
            is_tag = " " not in mark or "=" in mark or mark.endswith("/>")
        elif "=" in mark or mark.endswith("/>"):
            is_tag = True
        elif mark.startswith("</"):
            at = bisect_left(opened, called)
            is_tag = at < len(opened) and opened[at].startswith(called)
        else:
            is_tag = called in closed
        if is_tag:
            yield match


def _has_numbers(some: list[str]) -> bool:
    return any((match := _PRINTF.fullmatch(mark)) and match.group(1) for mark in some)


def _numbered(some: list[str]) -> list[str]:
    """Placeholders of printf with their numbers, counted where they have none."""
    found, count = [], 0
    for mark in some:
        match = _PRINTF.fullmatch(mark)
        if match is None:
            found.append(mark)
            continue
        count += 1
        found.append(f"%{match.group(1) or count}${match.group(2)}")
    return found


def _reordered(ours: list[str], theirs: list[str]) -> str | None:
    """The first placeholder that stands for another value, having no number."""
    if _has_numbers(ours):
        return None
    first, second = ([m for m in some if _PRINTF.fullmatch(m)] for some in (ours, theirs))
    return next((b for a, b in zip(first, second, strict=True) if _plain(a) != _plain(b)), None)


def _whole(choice: str) -> bool:
    """Whether an ICU plural or choice has all its braces and the case that none may lack."""
    return choice.count("{") == choice.count("}") and bool(_OTHER.search(choice))


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
    key = hot_key(source)
    if key is not None and not _ANY_HOT_KEY.search(hypothesis):
        found.append(Difference("hot key", key))
    return found


def hot_key(text: str) -> str | None:
    """The one hot key of a short text, with its mark.

    Example:
        >>> hot_key("Save _As")
        '_A'
    """
    if len(text) > SHORT or ENTITY.search(text):
        return None
    keys = list(_HOT_KEY.finditer(text))
    return text[keys[0].start() : keys[0].start() + 2] if len(keys) == 1 else None


def _plain(mark: str) -> str:
    """A mark without what its spelling may differ in: quotes, blanks and words within a tag."""
    if mark.startswith("<"):
        mark = _NAME.sub(lambda name: name.group().lower(), mark, count=1)
        if " " in mark:
            mark = _WORDS_IN.sub(r"\1", mark)
            mark = _QUOTES.sub(" ", mark).replace(" />", "/>").replace(" >", ">")
    elif mark.endswith("i") and _PRINTF.fullmatch(mark):
        mark = f"{mark[:-1]}d"
    return mark


def _misplaced(theirs: list[str], ours: list[str], hypothesis: str) -> str | None:
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
