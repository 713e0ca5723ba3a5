"""Which of a server's codes means a language: ``zh-CN`` here, ``ZH-HANS`` or ``zh`` elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mtbench.languages import base_language, usual_tag

# Tag → other spellings of the same, then varieties that come nearest, each in the script asked for.
_OTHERS = {
    "en": ("en-US",),
    "es-419": ("es-MX",),
    "es-MX": ("es-419",),
    "fa": ("pes", "fa-IR"),
    "fil": ("tl",),
    "fr": ("fr-FR",),
    "he": ("iw",),
    "jv": ("jw",),
    "ku": ("kmr", "ku-Latn"),
    "mn": ("mn-Cyrl", "khk"),
    "nb": ("no",),
    "no": ("nb",),
    "pt": ("pt-BR",),
    "pt-BR": ("pb",),
    "sr": ("sr-Cyrl",),
    "sr-Cyrl": ("sr",),
    "tl": ("fil",),
    "zh": ("zh-Hans", "zh-CN"),
    "zh-CN": ("zh-Hans", "zh"),
    "zh-HK": ("zh-Hant", "zh-TW", "zt"),
    "zh-Hans": ("zh-CN", "zh"),
    "zh-Hant": ("zh-TW", "zt"),
    "zh-SG": ("zh-Hans", "zh-CN", "zh"),
    "zh-TW": ("zh-Hant", "zt"),
}
_NO_OTHER_SCRIPT = ("nn", "zh-HK", "zh-TW")  # the plain language is written differently


def code_among(tag: str, listed: Collection[str], *, read: bool = False) -> str | None:
    """A server's code for a language, as it spells it; None where it has none.

    Args:
        tag: As in a pair.
        listed: The server's codes, in any case, with hyphens or underscores.
        read: Whether texts in the language are read: then the plain language will do for every
            variety and script of it.

    Example:
        >>> code_among("en", ["DE", "EN-GB", "EN-US"]), code_among("zh-Hant", ["zh", "zh-TW"])
        ('EN-US', 'zh-TW')
        >>> code_among("sr-Latn", ["sr"]) is None, code_among("sr-Latn", ["sr"], read=True)
        (True, 'sr')
    """
    known = {_folded(code): code for code in sorted(listed)}
    return next((known[c] for c in map(_folded, _spellings(tag, read)) if c in known), None)


def _spellings(tag: str, read: bool) -> Iterator[str]:
    base = base_language(tag)
    yield tag
    yield from _OTHERS.get(tag, ())
    scripted = any(len(part) == 4 and part.isalpha() for part in tag.split("-"))
    if read or not (scripted or tag in _NO_OTHER_SCRIPT):
        yield base
        yield from _OTHERS.get(base, ())
        yield usual_tag(base)


def same_code(tag: str, code: str) -> bool:
    """Whether a code is a tag but for its spelling.

    Example:
        >>> same_code("pt-BR", "PT_BR"), same_code("en", "EN-US")
        (True, False)
    """
    return _folded(tag) == _folded(code)


def _folded(code: str) -> str:
    return code.casefold().replace("_", "-")
