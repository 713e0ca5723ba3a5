"""What can be wrong with a text, or with a text and its translation. All of it is a warning."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

_CONTROL = re.compile("[\x01-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffd\ufffe\uffff]")
_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")
_NO_DIGIT = re.compile(r"\D+")
_NO_CHARACTER = re.compile(r"[\W_]+")
# Digits, with whatever single mark stands between them: 1,234.5 and 10:30 and 2022-12-07.
_NUMBER = re.compile(r"\d(?:[\d.,:/'’\u00a0\u2009\u202f-]?\d)*")


def control_character(text: str) -> str | None:
    """The first control or replacement character, spelled ``U+001F``; line ends and tabs aside."""
    found = _CONTROL.search(text)
    return f"U+{ord(found.group()):04X}" if found else None


def copied(source: str, reference: str) -> bool:
    """Whether the reference is the source, and holds words at all."""
    return source.strip() == reference.strip() and bool(_LETTER.search(source))


def differing_numbers(source: str, reference: str) -> tuple[str, ...]:
    """Numbers of two or more digits that one side has and the other has not.

    Marks inside a number do not count (1,234.5 is 1.234,5), nor the order of its parts
    (12/07/2022 is 2022-07-12); shorter numbers are often written out and are passed over.
    """
    if not (_DIGIT.search(source) or _DIGIT.search(reference)):
        return ()
    ours, theirs = _NUMBER.findall(source), _NUMBER.findall(reference)
    if ours == theirs:
        return ()
    left, right = _counted(ours), _counted(theirs)
    only_left, only_right = left - right, right - left
    if Counter("".join(only_left.elements())) == Counter("".join(only_right.elements())):
        return ()
    # 10,000 against 10 000: where a number is divided differently its digits still run on.
    run_left, run_right = _digits(source), _digits(reference)
    missing = [n for n in only_left.elements() if len(n) > 1 and n not in run_right]
    missing += [n for n in only_right.elements() if len(n) > 1 and n not in run_left]
    return tuple(sorted(missing))


def _counted(numbers: Iterable[str]) -> Counter[str]:
    return Counter(_digits(number) for number in numbers)


def _digits(text: str) -> str:
    found = _NO_DIGIT.sub("", text)
    return found if found.isascii() else "".join(str(unicodedata.decimal(c)) for c in found)


def form(text: str) -> str | None:
    """``NFC`` or ``NFD`` where the text's accents are all of that form, ``mixed``, else None."""
    if text.isascii():
        return None
    composed = not unicodedata.is_normalized("NFD", text)
    decomposed = not unicodedata.is_normalized("NFC", text)
    if composed and decomposed:
        return "mixed"
    return "NFC" if composed else "NFD" if decomposed else None


def overlap_key(text: str) -> str | None:
    """What two texts have in common that differ in case, spaces and marks alone.

    None for texts of under 20 letters, which recur by chance.
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    letters = _NO_CHARACTER.sub("", plain.casefold())
    return letters if len(letters) >= 20 else None
