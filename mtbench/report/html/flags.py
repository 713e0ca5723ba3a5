"""What is wrong with a hypothesis at first sight, as bits of a number.

The first four are seen here, by the rules of the leaderboard's columns; the others come with their
evidence from whoever looked at the output's health.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

FAILED, EMPTY, COPIED, EXACT, *_HEALTH = (1 << bit for bit in range(11))

OFF_TARGET, LOOP, CHATTER, ANSWERED, NUMBERS, URLS, LENGTH = _HEALTH
BY_NAME = {
    "off_target": OFF_TARGET,
    "loop": LOOP,
    "chatter": CHATTER,
    "answered": ANSWERED,
    "numbers": NUMBERS,
    "urls": URLS,
    "length": LENGTH,
}
NAMES = {
    FAILED: "failed",
    EMPTY: "empty",
    COPIED: "copied",
    OFF_TARGET: "off-target",
    LOOP: "looping",
    CHATTER: "chatter",
    ANSWERED: "answered",
    NUMBERS: "lost number",
    URLS: "lost address",
    LENGTH: "odd length",
    EXACT: "same as reference",
}
COUNTED = {  # after a number of segments
    NUMBERS: "with lost number",
    URLS: "with lost address",
    LENGTH: "of odd length",
}
EXPLAINED = {
    FAILED: "the system gave no translation",
    EMPTY: "the translation is empty",
    COPIED: "the translation is the source as it stands",
    OFF_TARGET: "text in another language than the target",
    LOOP: "a phrase said again and again",
    CHATTER: "talk about the translation, or markup around it",
    ANSWERED: "a sentence where the source has no word",
    NUMBERS: "a long number of the source is not there",
    URLS: "an address of the source is not there",
    LENGTH: "over three times, or under a third of, the usual length",
    EXACT: "the translation is a reference, character by character",
}


def flags(
    text: str | None, source: str | None, references: Sequence[str], seen: Iterable[str] = ()
) -> int:
    """The flags of one hypothesis.

    Args:
        text: The hypothesis; None where the system failed.
        source: The source; None where it is not known.
        references: The references; none where they are not known.
        seen: Names of health flags.
    """
    if text is None:
        return FAILED
    plain = text.strip()
    if not plain:
        return EMPTY
    found = 0
    if source is not None and plain == source.strip():
        found |= COPIED
    if plain in [reference.strip() for reference in references]:
        found |= EXACT
    for name in seen:
        found |= BY_NAME[name]
    return found
