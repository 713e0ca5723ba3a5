"""Numbers in a text and in its translation."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from mtbench.text.noise import without_addresses
from mtbench.text.patterns import DIGIT, NO_DIGIT

# Digits, with whatever single mark stands between them: 1,234.5 and 10:30 and 2022-12-07.
# Digits in groups of three, or alone.
_GROUPED = re.compile(r"\d+(?:[.,\u00a0\u202f' ]\d{3})+(?![\d])|\d+")
_GROUPING = re.compile(r"[.,\u00a0\u202f' ]")
_THREE = re.compile(r"\d{3}")  # what every long one has in a row
SIGNIFICANT = 3  # digits, of a number that is hardly ever spelled otherwise
# Of four digits or more, with or without separators.
_MARK = "[.,'’٬\u00a0\u2009\u202f ]"
_LONG = re.compile(
    rf"(?<!\d)(?:\d{{1,3}}(?:{_MARK}\d{{2,3}}){{0,8}}{_MARK}\d{{3}}|\d{{4,}})(?!\d|['’]?s\b)"
)
_MYRIADS = "万萬만億亿억"
_POWERS = {
    ("万", "萬", "만"): 10_000,
    ("億", "亿", "억"): 100_000_000,
    ("千", "천", "thousand", "тыс", "тисяч", "tausend", "mila", "mille", "mil", "พัน"): 1_000,
    ("lakh", "लाख"): 100_000,
    ("crore", "करोड़"): 10_000_000,
    (
        "million", "millionen", "millions", "millones", "millón", "milione", "milioni", "milhões",
        "mio", "млн", "миллион", "миллиона", "миллионов", "мільйон", "мільйона", "мільйонів",
        "milion", "milionu", "milionů", "milióna", "miliónov", "miliona", "milionów", "milyon",
        "triệu", "مليون", "میلیون", "ล้าน",
    ): 1_000_000,
}  # fmt: skip
_POWER = re.compile(
    r"(?<!\d)(\d{1,9}(?:[.,٫]\d{1,3})?)[ \u00a0\u202f]?("
    + "|".join(sorted((w for words in _POWERS for w in words), key=len, reverse=True))
    + ")",
    re.IGNORECASE,
)
_ONES = {one: at for at, one in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
_STEPS = {
    "十": 10, "百": 100, "千": 1_000, "万": 10_000, "萬": 10_000, "亿": 10**8, "億": 10**8,
}  # fmt: skip
_NUMERALS = re.compile(f"[{''.join((*_ONES, *_STEPS))}]{{2,24}}")
_NUMBER = re.compile(r"\d(?:[\d.,:/'’\u00a0\u2009\u202f-]?\d)*")


def numbers(text: str) -> tuple[str, ...]:
    """The numbers of a text in order, grouping marks removed; those in addresses left out.

    Example:
        >>> numbers("1,250 of 3 000 in 2024, see www.example.org/1")
        ('1250', '3000', '2024')
    """
    bare = without_addresses(text)
    return tuple(
        unicodedata.normalize("NFKC", _GROUPING.sub("", m)) for m in _GROUPED.findall(bare)
    )


def lost_numbers(source: str, text: str) -> list[str]:
    """Numbers of four digits and more of a source that a text has in no spelling.

    Separators do not count, nor the script of the digits, nor whether thousands and millions are
    digits or a word (12万 is 120,000; 1,2 Mio. is 1,200,000).

    Example:
        >>> lost_numbers("12,500 people in 2024", "१२,५०० लोग"), lost_numbers("120,000", "12万")
        (['2024'], [])
    """
    if not _THREE.search(source):
        return []
    wanted = [_digits(m) for m in _LONG.findall(without_addresses(source))]
    # A round one is often a word, in part or whole: two thousand, the thirties.
    wanted = [number for number in wanted if len(number.rstrip("0")) >= SIGNIFICANT]
    if not wanted:
        return []
    there = _digits(text)
    lost = [number for number in wanted if number not in there]
    if lost:
        values = {*map(str, with_words(text)), *map(str, chinese_numerals(text))}
        lost = [number for number in lost if number.lstrip("0") not in values]
    return lost


def with_words(text: str) -> Iterable[int]:
    """Values of numbers that are written with a word for a power of ten.

    Example:
        >>> list(with_words("1,2 Mio. und 12万"))
        [1200000, 120000]
    """
    for match in _POWER.finditer(text):
        plain = "".join(
            str(unicodedata.decimal(c)) if c.isdecimal() else "." for c in match.group(1)
        ).replace("٫", ".")
        whole, _, rest = plain.partition(".")
        grouped = len(rest) == 3 and match.group(2) not in _MYRIADS
        power = next(p for words, p in _POWERS.items() if match.group(2).casefold() in words)
        yield round(float(whole + rest if grouped else plain if rest else whole) * power)


def chinese_numerals(text: str) -> Iterable[int]:
    """Values of numbers in Chinese numerals, of two and more.

    Example:
        >>> list(chinese_numerals("十二万五千人，二〇二四年，三百零六"))
        [125000, 2024, 306]
    """
    for found in _NUMERALS.findall(text):
        if not _STEPS.keys() & set(found):
            yield int("".join(str(_ONES[one]) for one in found))
            continue
        total = section = digit = 0
        for one in found:
            if one in _ONES:
                digit = _ONES[one]
            elif (step := _STEPS[one]) < 10_000:
                section, digit = section + (digit or 1) * step, 0
            elif step == 10_000:
                total, section, digit = total + (section + digit) * step, 0, 0
            else:
                total, section, digit = (total + section + digit) * step, 0, 0
        yield total + section + digit


def differing_numbers(source: str, reference: str) -> tuple[str, ...]:
    """Numbers of two or more digits that one side has and the other has not.

    Marks inside a number do not count (1,234.5 is 1.234,5), nor the order of its parts
    (12/07/2022 is 2022-07-12); shorter numbers are often written out and are passed over, and so
    are addresses.
    """
    source, reference = without_addresses(source), without_addresses(reference)
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
