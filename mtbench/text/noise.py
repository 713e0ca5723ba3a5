"""Addresses, handles and numbers: what stands in texts of any language and says nothing of it.

Most texts have none. The patterns are tried only where a character of theirs is there.
"""

from __future__ import annotations

import functools

from mtbench.text.patterns import ADDRESS, DIGITS, NOISE


def addresses(text: str) -> list[str]:
    """Addresses on the web and of mail.

    Example:
        >>> addresses("See www.example.org, or write to a@example.org")
        ['www.example.org,', 'a@example.org']
    """
    return ADDRESS.findall(text) if _addressed(text) else []


def without_addresses(text: str) -> str:
    """A text with a space in the place of every address.

    Example:
        >>> without_addresses("See www.example.org today")
        'See   today'
    """
    return ADDRESS.sub(" ", text) if _addressed(text) else text


@functools.lru_cache(maxsize=640)  # several rules ask for one text, and for some hundreds ahead
def without_noise(text: str) -> str:
    """A text with a space in the place of addresses, handles, hashtags, variables and numbers.

    Example:
        >>> without_noise("Seen by 250 of @team")
        'Seen by   of  '
    """
    if "#" in text or "$" in text or _addressed(text):
        return NOISE.sub(" ", text)
    return DIGITS.sub(" ", text)


def _addressed(text: str) -> bool:
    return "@" in text or "://" in text or "www." in text
