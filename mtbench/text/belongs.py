"""Does a text belong to the language it should be in? Scripts and letters decide first.

An identifier sees only what they leave open. Where none of them tells, nothing is said.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from mtbench.languages import base_language, language_of_country
from mtbench.text import identify
from mtbench.text.markup import TAG
from mtbench.text.noise import without_noise
from mtbench.text.scripts import (
    CHINESE,
    LETTERS,
    foreign_script,
    has_words,
    letters_by_script,
    script_of,
)

FEW = 20  # letters, below which letters tell nothing
SHARE_OF_OWN = 0.9  # letters in its script, from which a language that is alone in it is told
MARKS = 2  # letters that a relative has and the language has not: they tell by themselves
VARIANT = 2  # characters of one form of Chinese that the other does not have
LEANING = 0.3  # what the identifier must give a relative where letters speak for it, too
_LOOKED_AT = 20  # texts of a file
RARE = 100  # letters without one that a language has often

# Scripts that hardly another living language of the tables is written in.
_ALONE = {
    "am": "ETHIOPIC", "el": "GREEK", "gu": "GUJARATI", "he": "HEBREW", "hy": "ARMENIAN",
    "ka": "GEORGIAN", "km": "KHMER", "kn": "KANNADA", "ko": "HANGUL", "lo": "LAO",
    "ml": "MALAYALAM", "or": "ORIYA", "pa": "GURMUKHI", "si": "SINHALA", "ta": "TAMIL",
    "te": "TELUGU", "th": "THAI",
}  # fmt: skip
# Letters by which relatives are told from each other; a line is one family.
_LETTERS: tuple[dict[str, str], ...] = (
    {"cs": "ěřů", "sk": "ľĺŕôä", "pl": "łąęśźżćń"},
    {
        "ru": "ыэё", "uk": "іїєґ", "be": "ўіыэё", "bg": "ъ", "sr": "ђћјљњџ", "mk": "ѓќѕјљњџ",
        "kk": "әғқңөұүһіыэё", "ky": "ңөүыэё", "mn": "өүыэё", "tt": "әөүҗңһыэё",
    },
    {"da": "æø", "nb": "æø", "no": "æø", "sv": "äö", "is": "þð", "fi": "äö"},
    {"es": "ñ¿¡", "pt": "ãõ", "ro": "ăâîșțşţ"},
    {"fa": "پچژگ", "ur": "پچژگٹڈڑںے", "ar": "ةىأإ"},
)  # fmt: skip
# Of these a text of ``RARE`` letters has one nearly always.
_FREQUENT = frozenset({"be", "cs", "pl", "ru", "uk"})
# What Cantonese writes and Mandarin does not.
_CANTONESE = frozenset("嘅咗唔嚟佢哋冇喺啲嗰咁嘢乜睇畀俾諗噉")


class Verdict(NamedTuple):
    """Whether a text belongs to a language.

    Attributes:
        kind: ``target``, ``other`` or ``undecided``.
        seen: Why it is another, in words; empty where it is not.
        language: Tag of the other language, where one was told.
    """

    kind: identify.Kind
    seen: str = ""
    language: str | None = None


TARGET, UNDECIDED = Verdict("target"), Verdict("undecided")


def belongs(text: str, tag: str) -> Verdict:
    """Whether a text is in the language that it should be in.

    Args:
        text: The text.
        tag: Tag of the language. ``zh`` alone is Simplified Chinese, as in CLDR.

    Example:
        >>> belongs("Добрий вечір, ми з України, і це наша їжа", "ru").kind
        'other'
    """
    text = without_noise(text)  # an address is in no language
    if "<" in text:
        text = TAG.sub(" ", text)
    if script := foreign_script(text, tag):
        return Verdict("other", f"written in {script}")
    base = base_language(tag)
    if base in CHINESE or base == "ja":
        return _of_han(text, tag, base)
    if alone := _ALONE.get(base):
        letters, own = _count(text), letters_by_script(text).get(alone, 0)
        if base == "ko" and not own and letters >= LETTERS:
            return Verdict("other", "written in Chinese characters", "zh")
        return TARGET if own >= SHARE_OF_OWN * letters or own >= FEW else UNDECIDED
    leaning = _leaning(text, base) if _group(base) and _count(text) >= FEW else None
    if leaning is not None and leaning.sure:
        return leaning.verdict
    if identify.unavailable() is not None:
        return UNDECIDED
    answer = identify.identified(text, tag, leaning and leaning.language, LEANING)
    if answer.language is None:
        return Verdict(answer.kind)
    return Verdict("other", f"looks like {identify.named(answer.language)}", answer.language)


def meant_instead(tag: str, texts: Iterable[str]) -> tuple[str, str] | None:
    """What is meant by a tag that is a country's code, where the texts' script says so.

    ``kr`` is Kanuri and ``tw`` is Twi, but Hangul under ``kr`` is Korean.

    Returns:
        The script that the texts are written in, and the tag of what is meant; None where the tag
        is no country's code, or the texts do not contradict it.

    Example:
        >>> meant_instead("kr", ["오늘 아침에 시장이 다리를 열었습니다."])
        ('Hangul letters', 'ko')
    """
    country = language_of_country(tag)
    if country is None or base_language(country) == tag:
        return None
    found = Counter(foreign_script(text, tag) for text in itertools.islice(texts, _LOOKED_AT))
    script, times = found.most_common(1)[0] if found else (None, 0)
    if script is None or 2 * times <= found.total():
        return None
    return script, country


def can_tell(tag: str) -> bool:
    """Whether texts that belong to a language can be recognised at all.

    Example:
        >>> can_tell("en"), can_tell("tlh")
        (True, False)
    """
    base = base_language(tag)
    return base in identify.LANGUAGES or base in _ALONE or base in CHINESE


def may_hold_another(text: str, tag: str) -> bool:
    """Whether a part of a text may be in another language, as far as its letters tell.

    A language with a script of its own holds another one only in other letters; one in Cyrillic or
    Arabic letters in these, or in letters of a relative.

    Example:
        >>> may_hold_another("Это просто текст", "ru"), may_hold_another("nur ein Text", "de")
        (False, True)
    """
    base = base_language(tag)
    group = _group(base)
    if base not in _ALONE and not (group and not _latin(group[base])):
        return True
    letters = letters_by_script(text).values()
    strange = sum(letters) - max(letters, default=0)
    relatives = _telling(base) - set(group.get(base, ""))
    return strange >= FEW or not relatives.isdisjoint(text.casefold())


class _Leaning(NamedTuple):
    """What letters say: the language itself or a relative, surely or not."""

    language: str
    sure: bool
    verdict: Verdict = TARGET


def _leaning(text: str, base: str) -> _Leaning | None:
    """What the letters of relatives tell; None where they leave it open."""
    group, lower = _group(base), text.casefold()
    counts = {letter: lower.count(letter) for letter in _telling(base).intersection(lower)}
    own = sum(counts.get(c, 0) for c in group[base])
    best = (0, base, "")
    for relative, letters in group.items() if counts.keys() - group[base] else ():
        theirs = [c for c in letters if c in counts and c not in group[base]]
        ours = sum(counts.get(c, 0) for c in group[base] if c not in letters)
        if theirs and not ours:
            best = max(best, (sum(counts[c] for c in theirs), relative, " ".join(theirs)))
    if best[0] >= MARKS:
        said = f"has letters of {identify.named(best[1])}: {best[2]}"
        return _Leaning(best[1], True, Verdict("other", said, best[1]))
    if best[0]:
        return _Leaning(best[1], False)
    if own:
        return _Leaning(base, own >= MARKS and not _latin(group[base]))
    if base in _FREQUENT and sum(map(str.isalpha, lower)) >= RARE:
        return _Leaning("", False)
    return None


def _count(text: str) -> int:
    return sum(letters_by_script(text).values())


@functools.cache
def _group(base: str) -> Mapping[str, str]:
    """The relatives of a language that letters tell, itself among them, with their letters."""
    return next((group for group in _LETTERS if base in group), {})


@functools.cache
def _telling(base: str) -> frozenset[str]:
    """All letters that tell a language and its relatives from each other."""
    return frozenset("".join(_group(base).values()))


def _latin(letters: str) -> bool:
    """Whether letters are Latin ones: names carry them into texts of any language."""
    return letters < "\u0300"


def _of_han(text: str, tag: str, base: str) -> Verdict:
    counts = letters_by_script(text)
    han, kana = counts.get("CJK", 0), counts.get("HIRAGANA", 0) + counts.get("KATAKANA", 0)
    if base == "ja":
        if not kana and any(_variant(c) == "Hans" and not _holds("euc_jp", c) for c in text):
            return Verdict("other", "has Simplified characters: looks like Chinese (zh)", "zh")
        return TARGET if kana else UNDECIDED
    if kana > han / 4 and kana >= FEW // 2:
        return Verdict("other", "has kana: looks like Japanese (ja)", "ja")
    if not han or not has_words(text, identify.WORDS):
        return UNDECIDED
    cantonese = sorted({c for c in text if c in _CANTONESE})
    if base in ("zh", "cmn") and len(cantonese) >= 2:
        said = f"has characters of {identify.named('yue')}: {' '.join(cantonese[:5])}"
        return Verdict("other", said, "yue")
    simplified, traditional = variants(text)
    wants = script_of(tag)
    if wants == "Hans" and traditional >= VARIANT and traditional > 4 * simplified:
        return Verdict("other", "written in Traditional characters", "zh-Hant")
    if wants == "Hant" and simplified >= VARIANT and simplified > 4 * traditional:
        return Verdict("other", "written in Simplified characters", "zh-Hans")
    return TARGET


def variants(text: str) -> tuple[int, int]:
    """Characters that only Simplified, and only Traditional Chinese is written with.

    Told by what the national standards GB 2312 and Big5 hold.

    Example:
        >>> variants("这个国家"), variants("這個國家")
        ((2, 0), (0, 3))
    """
    kinds = [_variant(character) for character in text]
    return kinds.count("Hans"), kinds.count("Hant")


@functools.lru_cache(maxsize=32768)
def _variant(character: str) -> str | None:
    if not "\u4e00" <= character <= "\u9fff":
        return None
    simplified, traditional = _holds("gb2312", character), _holds("big5", character)
    if simplified == traditional:
        return None
    return "Hans" if simplified else "Hant"


def _holds(standard: str, character: str) -> bool:
    try:
        character.encode(standard)
    except UnicodeEncodeError:
        return False
    return True
