"""The encoding of a text that does not say it: the one in which it reads like a language.

Detectors go by the bytes and take short Western texts for Central European ones (``cittŕ``). Here
each encoding that fits is tried: the language of the result is identified, and counted is which
share of its letters beyond ASCII that language has at all.
"""

from __future__ import annotations

import itertools
import re
import unicodedata

from mtbench.packages import require
from mtbench.text.identify import among

ENOUGH = 0.95
SAMPLE = 20_000
_TOLD = "«»‹›“”„‚‘’–—…€§°·•©®™№¿¡ªº"
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
# In the order in which they are believed where they read equally well.
_ENCODINGS = (
    "cp1252", "iso8859_15", "cp1250", "cp1251", "koi8_r", "koi8_u", "cp1253", "cp1254", "cp1257",
    "iso8859_2", "iso8859_5", "iso8859_7", "mac_roman", "cp437", "cp850", "cp866", "mac_cyrillic",
)  # fmt: skip
_MIXED = re.compile("[A-Za-z][Ͱ-ӿ]|[Ͱ-ӿ][A-Za-z]")  # two scripts in one word
_LETTERS = {
    "bg": _CYRILLIC,
    "ca": "àçéèíïóòúü",
    "cs": "áčďéěíňóřšťúůýž",
    "da": "æøåé",
    "de": "äöüß",
    "el": "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",
    "en": "éèêëïöôüçñàâ",
    "es": "áéíñóúü",
    "et": "äõöüšž",
    "fi": "äöåšž",
    "fr": "àâæçéèêëîïôœùûüÿ",
    "hr": "čćđšž",
    "hu": "áéíóöőúüű",
    "it": "àèéìíîòóùú",
    "lt": "ąčęėįšųūž",
    "lv": "āčēģīķļņšūž",
    "nl": "éèëïöüá",
    "no": "æøåéòô",
    "pl": "ąćęłńóśźż",
    "pt": "áâãàçéêíóôõúü",
    "ro": "ăâîșțşţ",
    "ru": _CYRILLIC + "ё",
    "sk": "áäčďéíĺľňóôŕšťúýž",
    "sl": "čšž",
    "sr": "абвгдђежзијклљмнњопрстћуфхцчџш",
    "sv": "äåöé",
    "tr": "çğıİöşüâî",
    "uk": _CYRILLIC.replace("ъ", "").replace("ы", "").replace("э", "").replace("ё", "") + "єіїґ",
}


def guess(raw: bytes) -> tuple[str, str] | None:
    """The text of bytes that are not UTF-8, and the encoding it is in; None where none fits.

    Raises:
        MissingExtra: If a detector is not installed.
    """
    best: tuple[float, str, str] | None = None
    for encoding in _ENCODINGS:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        score = reads(text)
        if best is None or score > best[0]:
            best = (score, encoding, text)
    if best is not None and best[0] >= ENOUGH:
        return best[2], best[1]
    detector = require("charset_normalizer", "telling the encoding of a document", "text")
    found = detector.from_bytes(raw).best()
    return None if found is None else (str(found), str(found.encoding))


def reads(text: str) -> float:
    """How well a text reads as its language, in 0..1: its letters beyond ASCII are of it."""
    sample = text[:SAMPLE]
    beyond = [c for c in sample if ord(c) > 127 and c not in _TOLD and not c.isspace()]
    if any(unicodedata.category(c) == "Cc" for c in beyond):
        return 0.0
    if not beyond:
        return 1.0
    letters = _LETTERS[among(sample, _LETTERS)]
    known = sum(c in letters or c.lower() in letters for c in beyond)
    odd = sum(a.islower() and b.isupper() for a, b in itertools.pairwise(sample))
    odd += len(_MIXED.findall(sample))
    return known / len(beyond) - min(0.5, odd / len(beyond))
