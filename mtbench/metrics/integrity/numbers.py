"""Numbers of a source that its translation must have, long and short ones.

Separators do not count, nor the script of the digits, nor whether millions are digits or a word. A
number up to twelve may be a word (two, zweimal), one below forty Roman (XIX); an hour after noon
may be said otherwise (3 pm, 15:00), and a month may be named. Versions, times and decimals keep
their parts in order.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence, Set

from mtbench.languages import base_language
from mtbench.metrics.integrity.found import Kept, kept, listed
from mtbench.text import numerals
from mtbench.text.markup import numbered, without_marks
from mtbench.text.noise import without_addresses
from mtbench.text.numbers import with_words
from mtbench.text.patterns import DIGIT, DIGITS, LETTERS
from mtbench.text.scripts import UNSPACED

_GROUP = r"[.,'’٬\u00a0\u2009\u202f ]"
_GROUPED = rf"[1-9]\d{{0,2}}(?:{_GROUP}\d{{2,3}})*{_GROUP}\d{{3}}(?!\d)"
# A number of the source: in groups, or in parts (10.5, 3:30, 2.10.4). It stands by itself: MP3 is a
# name, 1990s are years.
_TOKEN = re.compile(rf"(?<![^\W_])(?:{_GROUPED}(?![.,:]\d)|\d+(?:[.,:٫]\d+)*)(?!\d|['’]?s\b)")
_RUN = re.compile(rf"(?<!\d){_GROUPED}|\d+")
_AFTER_NOON = re.compile(r"\s?(?:p\.?\s?m\b|PM\b)", re.IGNORECASE)
_DATE = re.compile(
    r"(?<!\d)(?:\d{1,2}/\d{1,2}/\d{2,4}|\d{1,2}([.-])\d{1,2}\1\d{4}|\d{4}([./-])\d{1,2}\2\d{1,2})(?!\d)"
)
_GROUPS = re.compile(_GROUPED)
_ROMAN = {"I": 1, "V": 5, "X": 10}
_ROMANS = re.compile(r"(?<!\w)[IVX]{1,5}(?!\w)")
_SEPARATED = re.compile(_GROUP)
_HOT = re.compile(r"(?<=\w)_(?=\d)")
_JOINED = frozenset({"ar", "fa", "he", "ko"})  # other words are written on to a numeral
# They have a dual, or say one without a word: what is 1 or 2 may be no word at all.
_UNSAID = {1: frozenset({"ar", "he"}), 2: frozenset({"ar", "he", "sl"})}
_NEAR = 1000  # characters from a number within which a word may belong to it
_PARTS = 8  # of a number, more than dates and versions have
MONTHS = 12
NOON = 12


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
    tokens = list(_TOKEN.finditer(ours))
    if not tokens:
        return None
    there = _Numbers(theirs, target, known=_values(ours))
    dates = {at for date in _DATE.finditer(ours) for at in range(*date.span())}
    lost = [
        token.group() for token in tokens if not there.have(token, in_date=token.start() in dates)
    ]
    if not lost:
        return kept(len(tokens), ())
    instead = f", there is {listed(there.others)}" if there.others else ""
    return kept(len(tokens), (f"{one!r} lost{instead}" for one in dict.fromkeys(lost)))


class _Numbers:
    """The numbers of a translation.

    Args:
        text: The translation, its digits those of ASCII.
        target: Its language.
        known: Numbers of the source, from ``_values``.

    Attributes:
        others: Numbers that the source does not have.
    """

    def __init__(self, text: str, target: str, known: Set[str]) -> None:
        self.others = [run for run in _RUN.findall(text) if not _values(run) & known]
        self._text = text
        self._target = target
        self._runs = [_plain(run) for run in DIGITS.findall(text)]
        self._sequences: dict[int, set[tuple[str, ...]]] = {}
        self._grouped = {_plain(_SEPARATED.sub("", run)) for run in _RUN.findall(text)}
        self._values = {str(value) for value in with_words(text)}
        self._romans = {str(_roman(match.group())) for match in _ROMANS.finditer(text)}

    def have(self, token: re.Match[str], *, in_date: bool) -> bool:
        """Whether a number of the source is there.

        Args:
            token: The number, in the source.
            in_date: Whether it stands in a date.
        """
        parts = [_plain(part) for part in DIGITS.findall(token.group())]
        if len(parts) == 1 or _GROUPS.fullmatch(token.group()):
            whole = _plain(_SEPARATED.sub("", token.group()))
            if whole in self._grouped or whole in self._values:
                return True
        if self._follow(parts) or (parts[-1] == "0" and self._follow(parts[:-1])):
            return True
        if in_date and all(self._one(part, month=True) for part in parts):
            return True
        if int(parts[0][:4]) < NOON and _AFTER_NOON.match(token.string, token.end()):
            return self._follow([str(int(parts[0]) + NOON), *parts[1:]])
        rest = token.string[token.start() : token.start() + _NEAR]
        if self._values and self._values & {str(value) for value in with_words(rest)}:
            return True  # 5 million: the word belongs to it
        return len(parts) == 1 and self._one(parts[0])

    def _follow(self, parts: Sequence[str]) -> bool:
        """Whether digits stand there in this order, whatever is between them."""
        size = len(parts)
        if size > _PARTS:
            return f" {' '.join(parts)} " in f" {' '.join(self._runs)} "
        if size not in self._sequences:
            ends = range(size, len(self._runs) + 1)
            self._sequences[size] = {tuple(self._runs[end - size : end]) for end in ends}
        return size > 0 and tuple(parts) in self._sequences[size]

    def _one(self, part: str, *, month: bool = False) -> bool:
        """Whether a number is there in digits or words, or may be the name of a month."""
        if part in self._runs or part in self._romans:
            return True
        if len(part) > len(str(numerals.HIGHEST)) or (value := int(part)) > numerals.HIGHEST:
            return False
        return (month and 1 <= value <= MONTHS) or self._spelled(value)

    def _spelled(self, value: int) -> bool:
        """Whether a number is there in words; where nobody knows the words, small ones may be.

        Beside a number that is not the source's, one that is lost was changed: "ein" is an article.
        """
        if self.others:
            return False
        base = base_language(self._target)
        forms = numerals.forms(value, self._target)
        if not forms or base in _UNSAID.get(value, ()):
            return True
        folded = self._text.casefold().replace("i\u0307", "i")  # of İ
        if base in UNSPACED | _JOINED:
            return any(form in folded for form in forms)
        words = LETTERS.findall(folded)
        return any(_stands(form, folded, words) for form in forms)


def _stands(form: str, text: str, words: Sequence[str]) -> bool:
    if not form.isalpha():  # of several words, or with an apostrophe
        return form in text
    return any(numerals.spells(form, word) for word in words)


def _values(text: str) -> set[str]:
    """Numbers of a text, and their parts."""
    whole = {_SEPARATED.sub("", run) for run in _RUN.findall(text)}
    return {_plain(run) for run in (*whole, *DIGITS.findall(text))}


def _roman(text: str) -> int:
    """The value of a Roman numeral below forty: centuries, kings, chapters."""
    values = [_ROMAN[letter] for letter in text]
    return sum(
        -one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True)
    )


def _plain(run: str) -> str:
    """Digits without zeros before them."""
    return run.lstrip("0") or "0"


def _bare(text: str, plain: bool) -> str:
    """A text without what only looks like a number of it: in marks, addresses, after a hot key."""
    return "".join(_ascii(_HOT.sub("", without_addresses(without_marks(text, numbers=plain)))))


def _ascii(text: str) -> Iterator[str]:
    if text.isascii():
        yield text
        return
    for character in text:
        yield str(unicodedata.decimal(character)) if character.isdecimal() else character
