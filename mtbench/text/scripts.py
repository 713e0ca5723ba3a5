"""Is a text written in letters of its language? Where it is not, no word need be known."""

from __future__ import annotations

import functools
import unicodedata
from collections import Counter

from mtbench.languages import base_language

LETTERS = 8  # below that a script is not asked for
SHARE = 0.5  # of the letters, above which a text is written in another script
WITHOUT_KANA = 15  # Chinese characters without a kana between them are not Japanese

# First words of the Unicode names of letters, and the languages written in them.
_HAN = ("CJK",)
_KANA = ("HIRAGANA", "KATAKANA")
_BY_SCRIPT: dict[tuple[str, ...], str] = {
    ("LATIN",): (
        "af an az br bs ca cs cy da de en eo es et eu fi fo fr ga gl hr ht hu id is it jv la lb "
        "lt lv mg ms mt nb nl nn no oc pl pt qu ro rw se sk sl sq sv sw tl tr vi vo wa xh zu"
    ),
    ("CYRILLIC",): "be bg kk ky mk mn ru uk",
    ("LATIN", "CYRILLIC"): "sr",
    ("GREEK",): "el",
    ("HEBREW",): "he",
    ("ARABIC",): "ar fa ps ug ur",
    ("DEVANAGARI",): "hi mr ne",
    ("BENGALI",): "as bn",
    ("GUJARATI",): "gu",
    ("KANNADA",): "kn",
    ("MALAYALAM",): "ml",
    ("ORIYA",): "or",
    ("GURMUKHI",): "pa",
    ("SINHALA",): "si",
    ("TAMIL",): "ta",
    ("TELUGU",): "te",
    ("THAI",): "th",
    ("LAO",): "lo",
    ("KHMER",): "km",
    ("ETHIOPIC",): "am",
    ("ARMENIAN",): "hy",
    ("GEORGIAN",): "ka",
    ("HANGUL", *_HAN): "ko",
    _HAN: "zh",
    (*_KANA, *_HAN): "ja",
}
_SCRIPTS = {tag: scripts for scripts, tags in _BY_SCRIPT.items() for tag in tags.split()}
_NAMES = {"CJK": "Chinese characters", "HIRAGANA": "kana", "KATAKANA": "kana"}
_KNOWN = {script for scripts in _BY_SCRIPT for script in scripts} | {"MYANMAR", "TIBETAN"}
_UNSPACED = {*_HAN, *_KANA, "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN"}


def foreign_script(text: str, language: str) -> str | None:
    """The script that most of a text is written in, where its language is written in another.

    None for languages whose script is not known here, and for short texts.

    Args:
        text: The text.
        language: Tag of the language that it should be in.
    """
    own = _SCRIPTS.get(base_language(language))
    if own is None or "-" in language:  # a tag may name a script or a region of its own
        return None
    counts = _counts(text)
    letters = counts.total()
    foreign = Counter({script: n for script, n in counts.items() if script not in own})
    if letters >= LETTERS and foreign.total() > SHARE * letters:
        script = foreign.most_common(1)[0][0]
        return _NAMES.get(script, f"{script.capitalize()} letters")
    kana = sum(counts[script] for script in _KANA)
    if base_language(language) == "ja" and counts["CJK"] >= WITHOUT_KANA and not kana:
        return "Chinese characters without a kana"
    return None


def unspaced_letters(text: str) -> int:
    """Letters of scripts that are written without spaces between words."""
    return sum(n for script, n in _counts(text).items() if script in _UNSPACED)


def _counts(text: str) -> Counter[str]:
    """Script → letters."""
    found: Counter[str] = Counter()
    for character, times in Counter(text).items():
        if script := _script(character):
            found[script] += times
    return found


@functools.cache
def _script(character: str) -> str | None:
    """The script of a letter; None for what is no letter, or of a script not known here."""
    if not character.isalpha():
        return None
    name = unicodedata.name(character, "").removeprefix("FULLWIDTH ").removeprefix("HALFWIDTH ")
    script = name.partition(" ")[0].partition("-")[0]
    return script if script in _KNOWN else None
