"""Numbers of a source that its translation must have: long ones, and short ones by their own rule.

A number of four digits or more stands in digits almost everywhere, so ``text/numbers`` decides. A
shorter one may be a word (two, zweimal), an hour after noon (3 pm, 15:00) or a part of a date
whose month is named: such are kept as well.
"""

from __future__ import annotations

import re
import unicodedata

from mtbench.languages import base_language
from mtbench.metrics.integrity.found import Kept, kept, listed
from mtbench.text import numerals
from mtbench.text.markup import numbered, without_marks
from mtbench.text.noise import without_addresses
from mtbench.text.numbers import lost_numbers, with_words
from mtbench.text.patterns import DIGIT, DIGITS, LETTERS
from mtbench.text.scripts import UNSPACED

_GROUP = r"[.,'’٬\u00a0\u2009\u202f ]"
# Four digits or more, in groups or not: not short, and no part of it is.
_LONG = re.compile(rf"(?<!\d)(?:\d{{1,3}}(?:{_GROUP}\d{{3}})+|\d{{4,}})(?!\d)")
# A short one stands by itself: MP3 is a name, and %1 was taken out before.
_SHORT = re.compile(r"(?<![^\W_])(?<!\d[.,])(\d{1,3})(?!\d)")
_AFTER_NOON = re.compile(r"\s?(?:p\.?\s?m\b|PM\b)|:\d\d\s?(?:p\.?\s?m\b|PM\b)", re.IGNORECASE)
_DATE = re.compile(r"(?<!\d)(?:\d{1,2}([./-])\d{1,2}\1\d{2,4}|\d{4}([./-])\d{1,2}\2\d{1,2})(?!\d)")
_JOINED = frozenset({"ar", "fa", "he", "ko"})  # other words are written on to a numeral
_HOT = re.compile(r"(?<=\w)_(?=\d)")
# They have a dual, or none is said for one: what is 1 or 2 may be no word at all.
_UNSAID = {1: frozenset({"ar", "he"}), 2: frozenset({"ar", "he", "sl"})}
MONTHS = 12


def numbers(source: str, hypothesis: str, target: str) -> Kept | None:
    """Numbers of the source, and those that the translation has in no spelling.

    Args:
        source: The source text.
        hypothesis: Its translation.
        target: Tag of its language, for numbers in words.

    Example:
        >>> numbers("2 of 15 files in 1,250 ms", "Due file su 15 in 1250 ms", "it")
        Kept(things=3, evidence=())
        >>> numbers("In 12 days", "In 21 Tagen", "de").evidence
        ("'12' lost, there is '21'",)
    """
    if not DIGIT.search(source):
        return None
    plain = not numbered(source)  # %5 is five per cent in Turkish
    ours, theirs = _bare(source, plain), _bare(hypothesis, plain)
    long = _LONG.findall(ours)
    lost = lost_numbers(ours, theirs) if long else []
    short = list(_SHORT.finditer(_LONG.sub(lambda match: " " * len(match.group()), ours)))
    things = len(long) + len(short)
    if short:
        lost += _lost_short(ours, short, theirs, target)
    if not lost:
        return kept(things, ())
    known = _runs(ours)
    others = [run for run in DIGITS.findall(_ascii(theirs)) if _plain(run) not in known]
    instead = f", there is {listed(others)}" if others else ""
    return kept(things, (f"{one!r} lost{instead}" for one in lost))


def _lost_short(source: str, short: list[re.Match[str]], hypothesis: str, target: str) -> list[str]:
    there = _runs(hypothesis)
    lost = [match for match in short if _plain(_ascii(match.group(1))) not in there]
    if not lost:
        return []
    months = {at for date in _DATE.finditer(source) for at in range(*date.span())}
    values = set(with_words(hypothesis)) if set(with_words(source)) else set()
    found = []
    for match in lost:
        value = int(_ascii(match.group(1)))
        if str(value + 12) in there and _AFTER_NOON.match(source, match.end()):
            continue
        if match.start() in months and 1 <= value <= MONTHS:
            continue
        if values and values & set(with_words(source[match.start() :])):
            continue
        if not _spelled(value, hypothesis, target):
            found.append(match.group(1))
    return list(dict.fromkeys(found))


def _spelled(value: int, text: str, target: str) -> bool:
    """Whether a number is there in words; where nobody knows the words, small ones may be."""
    if value > numerals.HIGHEST:
        return False
    if base_language(target) in _UNSAID.get(value, ()):
        return True
    forms = numerals.forms(value, target)
    if not forms:
        return True
    folded = text.casefold()
    if base_language(target) in UNSPACED | _JOINED:
        return any(form in folded for form in forms)
    words = LETTERS.findall(folded)
    return any(
        form in folded if " " in form or "'" in form else any(
            numerals.spells(form, word) for word in words
        )
        for form in forms
    )  # fmt: skip


def _runs(text: str) -> set[str]:
    return {_plain(run) for run in DIGITS.findall(_ascii(text))}


def _plain(run: str) -> str:
    """Digits without zeros before them."""
    return run.lstrip("0") or "0"


def _bare(text: str, plain: bool) -> str:
    """A text without what only looks like a number of it: in marks, addresses, after a hot key."""
    return _HOT.sub("", without_addresses(without_marks(text, numbers=plain)))


def _ascii(text: str) -> str:
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
