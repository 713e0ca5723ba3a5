"""What can be seen of a hypothesis without a metric, as bits of a number."""

from __future__ import annotations

from collections.abc import Sequence

FAILED, EMPTY, COPIED, EXACT, SHORT, LONG = (1 << bit for bit in range(6))

NAMES = {
    FAILED: "failed",
    EMPTY: "empty",
    COPIED: "copied",
    EXACT: "same as reference",
    SHORT: "much shorter",
    LONG: "much longer",
}
EXPLAINED = {
    FAILED: "the system gave no translation",
    EMPTY: "the translation is empty",
    COPIED: "the translation is the source as it stands",
    EXACT: "the translation is a reference, character by character",
    SHORT: "under half the characters of the shortest reference",
    LONG: "over twice the characters of the longest reference",
}
LEAST_CHARACTERS = 20  # of a reference, below which lengths say nothing


def flags(text: str | None, source: str | None, references: Sequence[str]) -> int:
    """The flags of one hypothesis.

    Args:
        text: The hypothesis; None where the system failed.
        source: The source; None where it is not known.
        references: The references; none where they are not known.
    """
    if text is None:
        return FAILED
    plain = text.strip()
    if not plain:
        return EMPTY
    found = 0
    if source is not None and plain == source.strip():
        found |= COPIED
    stripped = [reference.strip() for reference in references]
    if plain in stripped:
        found |= EXACT
    lengths = [len(reference) for reference in stripped]
    if lengths and min(lengths) >= LEAST_CHARACTERS:
        if len(plain) < min(lengths) / 2:
            found |= SHORT
        elif len(plain) > max(lengths) * 2:
            found |= LONG
    return found
