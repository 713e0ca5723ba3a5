"""Numbers in a text and in its translation."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from mtbench.text.patterns import ADDRESS, DIGIT, NO_DIGIT

# Digits, with whatever single mark stands between them: 1,234.5 and 10:30 and 2022-12-07.
# Digits in groups of three, or alone.
_GROUPED = re.compile(r"\d+(?:[.,\u00a0\u202f' ]\d{3})+(?![\d])|\d+")
_GROUPING = re.compile(r"[.,\u00a0\u202f' ]")
_NUMBER = re.compile(r"\d(?:[\d.,:/'’\u00a0\u2009\u202f-]?\d)*")


def numbers(text: str) -> tuple[str, ...]:
    """The numbers of a text in order, grouping marks removed; those in addresses left out.

    Example:
        >>> numbers("1,250 of 3 000 in 2024, see www.example.org/1")
        ('1250', '3000', '2024')
    """
    bare = ADDRESS.sub(" ", text)
    return tuple(
        unicodedata.normalize("NFKC", _GROUPING.sub("", m)) for m in _GROUPED.findall(bare)
    )


def differing_numbers(source: str, reference: str) -> tuple[str, ...]:
    """Numbers of two or more digits that one side has and the other has not.

    Marks inside a number do not count (1,234.5 is 1.234,5), nor the order of its parts
    (12/07/2022 is 2022-07-12); shorter numbers are often written out and are passed over, and so
    are addresses.
    """
    source, reference = ADDRESS.sub(" ", source), ADDRESS.sub(" ", reference)
    if not (DIGIT.search(source) or DIGIT.search(reference)):
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
    found = NO_DIGIT.sub("", text)
    return found if found.isascii() else "".join(str(unicodedata.decimal(c)) for c in found)
