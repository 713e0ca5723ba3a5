"""Which scripts a text is written in, which its language should have, and how many words it has."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from itertools import islice

from mtbench.languages import base_language
from mtbench.text.patterns import WORD

# Chinese languages that are written in Chinese characters, and Japanese: their sentences end with
# full-width marks, and a reader finds the words.
CHINESE = frozenset({"cmn", "lzh", "wuu", "yue", "zh"})
HAN_LANGUAGES = CHINESE | {"ja"}
# Everything that is written without spaces between words.
UNSPACED = HAN_LANGUAGES | {"bo", "dz", "km", "ksw", "lo", "mnw", "my", "shn", "th"}
# They say the same in far fewer characters, with or without spaces.
DENSE = HAN_LANGUAGES | {"ko"}

LETTERS = 8  # below that a script is not asked for
SHARE = 0.5  # of the letters, above which a text is written in another script
WITHOUT_KANA = 15  # Chinese characters without a kana between them are not Japanese

# ISO 15924 → first words of the Unicode names of its letters.
_LATIN, _HAN, _KANA = "LATIN", "CJK", ("HIRAGANA", "KATAKANA")
_NAMED = {
    "Arab": ("ARABIC",),
    "Armn": ("ARMENIAN",),
    "Beng": ("BENGALI",),
    "Cyrl": ("CYRILLIC",),
    "Deva": ("DEVANAGARI",),
    "Ethi": ("ETHIOPIC",),
    "Geor": ("GEORGIAN",),
    "Grek": ("GREEK",),
    "Gujr": ("GUJARATI",),
    "Guru": ("GURMUKHI",),
    "Hang": ("HANGUL",),
    "Hans": (_HAN,),
    "Hant": (_HAN, "BOPOMOFO"),
    "Hebr": ("HEBREW",),
    "Jpan": (*_KANA, _HAN),
    "Khmr": ("KHMER",),
    "Knda": ("KANNADA",),
    "Kore": ("HANGUL", _HAN),
    "Laoo": ("LAO",),
    "Latn": (_LATIN,),
    "Mlym": ("MALAYALAM",),
    "Mong": ("MONGOLIAN",),
    "Mymr": ("MYANMAR",),
    "Nkoo": ("NKO",),
    "Olck": ("OL",),
    "Orya": ("ORIYA",),
    "Sinh": ("SINHALA",),
    "Syrc": ("SYRIAC",),
    "Taml": ("TAMIL",),
    "Telu": ("TELUGU",),
    "Tfng": ("TIFINAGH",),
    "Thaa": ("THAANA",),
    "Thai": ("THAI",),
    "Tibt": ("TIBETAN",),
}
_KNOWN = {name for names in _NAMED.values() for name in names}
# Languages that people write in a second script without saying so in the tag.
_EITHER = {"sr": ("Cyrl", "Latn"), "uz": ("Cyrl", "Latn"), "bs": ("Cyrl", "Latn")}
_SHOWN = {
    _HAN: "Chinese characters",
    "HIRAGANA": "kana",
    "KATAKANA": "kana",
    "OL": "Ol Chiki letters",
}
_UNSPACED_SCRIPTS = {_HAN, *_KANA, "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN"}
_LETTERS_OF_A_WORD = 2  # in scripts without spaces, on average

_SMALL_WORD = re.compile(r"(?<![^\W_])[a-zß-öø-ÿ]{2,}(?![^\W_])")
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # fillers, letters and signs by category
_MARKS = ("Mn", "Mc")
_NO_ASCII_LETTERS = bytes(code for code in range(128) if not chr(code).isalpha())
# A letter that may be of another script; up to here all are Latin, and so are those between.
_BEYOND_LATIN = re.compile("[\u0370-\u1dff\u1f00-\u1fff\u2c00-\ud7ff\uf900-\U0010ffff]")


def script_of(language: str) -> str | None:
    """The ISO 15924 code of the script a tag names, or else of its language's usual one.

    Example:
        >>> script_of("sr-Latn"), script_of("de"), script_of("zh-TW")
        ('Latn', 'Latn', 'Hant')
    """
    return _script_of(language)


@functools.lru_cache(maxsize=512)
def _script_of(language: str) -> str | None:
    import langcodes
    from langcodes.tag_parser import LanguageTagError

    try:
        return langcodes.Language.get(language).maximize().script
    except (LanguageTagError, LookupError):
        return None


@functools.lru_cache(maxsize=512)
def scripts_of(language: str) -> frozenset[str]:
    """First words of the Unicode names of the letters a language is written in; empty if unknown.

    Example:
        >>> sorted(scripts_of("ja"))
        ['CJK', 'HIRAGANA', 'KATAKANA']
    """
    base = base_language(language)
    codes: tuple[str | None, ...] = (script_of(language),)
    if base in _EITHER and "-" not in language:
        codes = _EITHER[base]
    return frozenset(name for code in codes if code for name in _NAMED.get(code, ()))


@functools.lru_cache(maxsize=8)  # several rules ask for one text
def letters_by_script(text: str) -> Mapping[str, int]:
    """Script → letters, by the first word of their Unicode names; only scripts it has.

    Example:
        >>> dict(letters_by_script("Мир, peace!"))
        {'CYRILLIC': 3, 'LATIN': 5}
    """
    if text.isascii():
        letters = len(text.encode().translate(None, _NO_ASCII_LETTERS))
        return {_LATIN: letters} if letters else {}
    if not _BEYOND_LATIN.search(text):
        narrow = text.encode("latin-1", "ignore")
        letters = len(narrow.translate(None, _no_latin_1_letters()))
        if len(narrow) < len(text):
            wide = (one for one in set(text) if one > "\xff" and _script(one) == _LATIN)
            letters += sum(map(text.count, wide))
        return {_LATIN: letters} if letters else {}
    found: dict[str, int] = {}
    for character, times in Counter(text).items():
        if script := _script(character):
            found[script] = found.get(script, 0) + times
    return found


@functools.cache
def _no_latin_1_letters() -> bytes:
    return bytes(code for code in range(256) if _script(chr(code)) != _LATIN)


@functools.cache
def _script(character: str) -> str | None:
    """The script of a letter; None for what is no letter, or of a script not known here."""
    if not character.isalpha() and unicodedata.category(character) not in _MARKS:
        return None
    name = unicodedata.name(character, "").removeprefix("FULLWIDTH ").removeprefix("HALFWIDTH ")
    script = name.partition(" ")[0].partition("-")[0]
    return script if script in _KNOWN else None


def without_spaces(character: str) -> bool:
    """Whether a character is of a script that puts no spaces between words, its marks included.

    Example:
        >>> without_spaces("語"), without_spaces("。"), without_spaces("한"), without_spaces("a")
        (True, True, False, False)
    """
    if character.isascii():
        return False
    name = unicodedata.name(character, "").partition(" ")[0].partition("-")[0]
    if name in _UNSPACED_SCRIPTS:
        return True
    return name != "HANGUL" and unicodedata.east_asian_width(character) in ("W", "F")


def script_name(script: str) -> str:
    """A script for messages.

    Example:
        >>> script_name("CYRILLIC")
        'Cyrillic letters'
    """
    return _SHOWN.get(script, f"{script.capitalize()} letters")


def foreign_script(text: str, language: str) -> str | None:
    """The script that most of a text is written in, where its language is written in another.

    None for languages whose script is not known here, and for short texts.

    Args:
        text: The text.
        language: Tag of the language that it should be in.

    Example:
        >>> foreign_script("Доброе утро, мир", "en")
        'Cyrillic letters'
    """
    own = scripts_of(language)
    if not own:
        return None
    if _LATIN in own and not _BEYOND_LATIN.search(text):
        return None
    counts = letters_by_script(text)
    letters = sum(counts.values())
    foreign = {script: n for script, n in counts.items() if script not in own}
    strange = sum(foreign.values())
    if strange > SHARE * letters and letters >= LETTERS:
        script, mine = max(foreign, key=lambda name: foreign[name]), letters - strange
        # Names stay in their own letters: beside a text of the language they tell nothing.
        if not mine or script != _LATIN or _small_words(text) > _units(mine, own):
            return script_name(script)
    kana = any(script in counts for script in _KANA)
    if base_language(language) == "ja" and counts.get(_HAN, 0) >= WITHOUT_KANA and not kana:
        return "Chinese characters without a kana"
    return None


def _small_words(text: str) -> int:
    """Words in small Latin letters, that is no names."""
    return len(_SMALL_WORD.findall(text))


def _units(letters: int, scripts: frozenset[str]) -> int:
    """About how many words so many letters are."""
    return letters // (_LETTERS_OF_A_WORD if scripts & _UNSPACED_SCRIPTS else 5)


def unspaced_letters(text: str) -> int:
    """Letters of scripts that are written without spaces between words."""
    if not _BEYOND_LATIN.search(text):
        return 0
    counts = letters_by_script(text)
    return sum(counts.get(script, 0) for script in _UNSPACED_SCRIPTS)


def word_units(text: str) -> int:
    """How many words a text has, in any script.

    Runs of letters and digits count one each; where words are not divided by spaces, two letters
    do.

    Example:
        >>> word_units("Good morning, world"), word_units("お早うございます")
        (3, 4)
    """
    unspaced = unspaced_letters(text)
    if not unspaced:
        return len(WORD.findall(text))
    rest = "".join(" " if _script(c) in _UNSPACED_SCRIPTS else c for c in text)
    return len(WORD.findall(rest)) + unspaced // _LETTERS_OF_A_WORD


def has_words(text: str, count: int) -> bool:
    """Whether a text has so many words at least, by ``word_units``; no more are counted.

    Example:
        >>> has_words("Good morning, world", 3), has_words("Good morning", 3)
        (True, False)
    """
    if unspaced_letters(text):
        return word_units(text) >= count
    return count < 1 or next(islice(WORD.finditer(text), count - 1, None), None) is not None


def visible(text: str) -> bool:
    """Whether a text has a character that can be seen.

    Example:
        >>> visible("a"), visible(" \u200b\ufeff")
        (True, False)
    """
    if text.isascii():
        return not text.isspace() and bool(text)
    return any(unicodedata.category(c)[0] not in "ZC" and c not in _BLANKS for c in text)


def joiner(language: str) -> str:
    """What stands between two texts that are run together: a space, or nothing."""
    return "" if base_language(language) in UNSPACED else " "
