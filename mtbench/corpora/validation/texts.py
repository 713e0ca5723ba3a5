"""What can be wrong with a text, or with a text and its translation. All of it is a warning."""

from __future__ import annotations

import re
import unicodedata

from mtbench.text.patterns import LETTER, NO_LETTER_OR_DIGIT

_CONTROL = re.compile("[\x01-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffd\ufffe\uffff]")


def control_character(text: str) -> str | None:
    """The first control or replacement character, spelled ``U+001F``; line ends and tabs aside."""
    found = _CONTROL.search(text)
    return f"U+{ord(found.group()):04X}" if found else None


def copied(source: str, reference: str) -> bool:
    """Whether the reference is the source, and holds words at all."""
    return source.strip() == reference.strip() and bool(LETTER.search(source))


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
    letters = NO_LETTER_OR_DIGIT.sub("", plain.casefold())
    return letters if len(letters) >= 20 else None
