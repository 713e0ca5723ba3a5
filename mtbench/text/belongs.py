"""Does a text belong to the language it should be in? Scripts and letters decide first.

An identifier sees only what they leave open. Where none of them tells, nothing is said.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mtbench.languages import base_language, language_of_country
from mtbench.text import identify
from mtbench.text.markup import TAG
from mtbench.text.noise import without_noise
from mtbench.text.relatives import (
    ENOUGH,
    Told,
    frequent_words,
    holds_strange_letters,
    known,
    tell,
)
from mtbench.text.scripts import (
    CHINESE,
    LETTERS,
    foreign_script,
    has_words,
    letters_by_script,
    script_of,
    scripts_of,
)

FEW = 20  # letters, below which letters tell nothing
SHARE_OF_OWN = 0.9  # letters in its script, from which a language that is alone in it is told
VARIANT = 2  # characters of one form of Chinese that the other does not have
LEANING = 0.3  # what the identifier must give a relative where letters speak for it, too
LOOKED_AT = 20  # texts of a file
FEWEST = 5  # of them
RARE = 100  # letters without one that a language has often

# Scripts that hardly another living language of the tables is written in.
_ALONE = {
    "am": "ETHIOPIC", "el": "GREEK", "gu": "GUJARATI", "he": "HEBREW", "hy": "ARMENIAN",
    "ka": "GEORGIAN", "km": "KHMER", "kn": "KANNADA", "ko": "HANGUL", "lo": "LAO",
    "ml": "MALAYALAM", "or": "ORIYA", "pa": "GURMUKHI", "si": "SINHALA", "ta": "TAMIL",
    "te": "TELUGU", "th": "THAI",
}  # fmt: skip
# Letters of which a text of ``RARE`` letters has one nearly always.
_FREQUENT = {"be": "іўы", "cs": "ěřůýžšč", "pl": "łąęśźżćńó", "ru": "ыэё", "uk": "іїєґ"}
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
    text = _plain(text)
    if script := foreign_script(text, tag):
        return Verdict("other", f"written in {script}")
    base = base_language(tag)
    if base in CHINESE or base == "ja":
        return _of_han(text, tag, base)
    if base in _ALONE:
        return _of_alone(text, base)
    told = tell(text, base) if known(base) and _holds_letters(text, FEW) else None
    if told is not None and told.sure:
        if told.language != base:
            return Verdict("other", _seen(told), told.language)
        if "LATIN" not in letters_by_script(text):  # names carry words into texts of any language
            return TARGET
    return UNDECIDED if identify.unavailable() is not None else _identified(text, tag, told)


def ahead(texts: Iterable[str], tag: str) -> None:
    """Has the identifier look at once at texts that ``belongs`` will be asked about.

    Only where most of them come to it at all: letters and words decide the others.

    Args:
        texts: The texts.
        tag: Tag of the language that they should be in.
    """
    base = base_language(tag)
    if base in CHINESE or base == "ja" or base in _ALONE or identify.unavailable() is not None:
        return
    if known(base) and "LATIN" not in scripts_of(tag):
        return
    identify.ahead(_plain(text) for text in texts if text.count(" ") >= identify.WORDS - 1)


def _plain(text: str) -> str:
    """A text without what is in no language: addresses, numbers, tags."""
    text = without_noise(text)
    return TAG.sub(" ", text) if "<" in text else text


def _of_alone(text: str, base: str) -> Verdict:
    counts = letters_by_script(text)
    letters, own = sum(counts.values()), counts.get(_ALONE[base], 0)
    if base == "ko" and not own and letters >= LETTERS:
        return Verdict("other", "written in Chinese characters", "zh")
    return TARGET if own >= SHARE_OF_OWN * letters or own >= FEW else UNDECIDED


def _identified(text: str, tag: str, told: Told | None) -> Verdict:
    """What the identifier makes of a text that letters and words leave open, or nearly so."""
    base = base_language(tag)
    leaning = told.language if told else "" if _lacks_its_letters(text, base) else None
    answer = identify.identified(text, tag, leaning, LEANING)
    if answer.language is None:
        return Verdict(answer.kind)
    if identify.related(answer.language, base):
        if told is not None and told.sure:
            return TARGET
        if told is None and known(base) and not _holds_letters(text, RARE):
            return UNDECIDED
    else:
        own = frequent_words(text, base) or 0
        if own >= ENOUGH and own > (frequent_words(text, answer.language) or 0):
            return UNDECIDED
    return Verdict("other", f"looks like {identify.named(answer.language)}", answer.language)


def meant_instead(tag: str, texts: Iterable[str]) -> tuple[str, str] | None:
    """What is meant by a tag that is a country's code, where the texts' script says so.

    ``kr`` is Kanuri and ``tw`` is Twi, but Hangul under ``kr`` is Korean.

    Returns:
        The script that the texts are written in, and the tag of what is meant, or "" where the
        country's language is not written in it either; None where the tag is no country's code,
        or the texts do not contradict it.

    Example:
        >>> meant_instead("kr", ["오늘 아침에 시장이 다리를 열었습니다."])
        ('Hangul letters', 'ko')
    """
    country = language_of_country(tag)
    if country is None or base_language(country) == tag:
        return None
    seen = list(itertools.islice(texts, LOOKED_AT))
    found = Counter(foreign_script(text, tag) for text in seen)
    script, times = found.most_common(1)[0] if found else (None, 0)
    if script is None or 2 * times <= found.total():
        return None
    return script, country if _fits(seen, country) else _of_script(seen)


def other_language(tag: str, texts: Sequence[str]) -> str | None:
    """What most texts are in, where that is surely another language than their tag says.

    Relatives are not told apart here: a text of one may well be
    taken for the other.

    Example:
        >>> other_language("ja", ["Сегодня утром рынок открылся рано."] * 5)
        'written in Cyrillic letters'
    """
    found = Counter(
        ("" if verdict.language else verdict.seen, verdict.language)
        for verdict in (belongs(text, tag) for text in texts)
        if verdict.kind == "other"
    )
    for (said, code), times in found.most_common(1):
        if prevails(times, len(texts), tag, code):
            return f"in {identify.named(code)}" if code else said
    return None


def prevails(times: int, among: int, tag: str, code: str | None) -> bool:
    """Whether texts taken for another language are so many that their tag is wrong.

    Args:
        times: How many are taken for that language.
        among: How many were looked at.
        tag: Of the language that they should be in.
        code: The other language; None where only the script tells.
    """
    if code is None and 2 <= times == among:
        return True  # letters alone tell, of all of them
    related = code is not None and identify.related(code, base_language(tag))
    return times >= FEWEST and 2 * times > among and not related


def _fits(texts: Sequence[str], tag: str) -> bool:
    if base_language(tag) in CHINESE:
        return all(foreign_script(text, tag) is None for text in texts)
    return sum(belongs(text, tag).kind == "other" for text in texts) * 2 < len(texts)


def _of_script(texts: Sequence[str]) -> str:
    """The language that is alone in the script of texts; empty where none is."""
    counts = letters_by_script(" ".join(texts))
    if counts.get("HIRAGANA", 0) + counts.get("KATAKANA", 0) >= FEW // 2:
        return "ja"
    most = max(counts, key=lambda script: counts[script], default="")
    return next((base for base, script in _ALONE.items() if script == most), "")


def can_tell(tag: str) -> bool:
    """Whether texts that belong to a language can be recognised at all.

    Example:
        >>> can_tell("en"), can_tell("tlh")
        (True, False)
    """
    base = base_language(tag)
    return identify.knows(base) or base in _ALONE or base in CHINESE


def may_hold_another(text: str, tag: str) -> bool:
    """Whether a part of a text may be in another language, as far as its letters tell.

    A language with a script of its own holds another one only in other letters; one in Cyrillic or
    Arabic letters in these, or in letters of a relative.

    Example:
        >>> may_hold_another("Это просто текст", "ru"), may_hold_another("nur ein Text", "de")
        (False, True)
    """
    if "LATIN" in scripts_of(tag) and "LATIN" in letters_by_script(text):
        return True
    base = base_language(tag)
    if base not in _ALONE and not known(base):
        return True
    letters = letters_by_script(text).values()
    strange = sum(letters) - max(letters, default=0)
    return strange >= FEW or holds_strange_letters(text, base)


def _seen(told: Told) -> str:
    return f"has letters or words of {identify.named(told.language)}: {' '.join(told.seen[:8])}"


def _lacks_its_letters(text: str, base: str) -> bool:
    """Whether a text has none of the letters that its language has in nearly every sentence."""
    frequent = _FREQUENT.get(base)
    if frequent is None or not _holds_letters(text, RARE):
        return False
    return set(frequent).isdisjoint(text.casefold())


def _holds_letters(text: str, count: int) -> bool:
    return sum(letters_by_script(text).values()) >= count


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
        ((3, 0), (0, 3))
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
