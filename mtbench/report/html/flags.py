"""What is wrong with a hypothesis at first sight, as bits of a number.

The flags of its health, as they were counted, and two facts that a page sees for itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mtbench.health import flags as health

FAILED, EXACT, *_HEALTH = (1 << bit for bit in range(2 + len(health.FLAGS)))
BY_NAME = dict(zip(health.NAMES, _HEALTH, strict=True))
NAMES = {
    FAILED: "failed",
    **{BY_NAME[flag.name]: flag.title for flag in health.FLAGS},
    EXACT: "same as reference",
}
COUNTED = {BY_NAME[flag.name]: flag.counted for flag in health.FLAGS}  # after a number of segments
EXPLAINED = {
    FAILED: "the system gave no translation",
    **{BY_NAME[flag.name]: flag.explained for flag in health.FLAGS},
    EXACT: "the translation is a reference, character by character",
}


def flags(text: str | None, references: Sequence[str], seen: Iterable[str] = ()) -> int:
    """The flags of one hypothesis.

    Args:
        text: The hypothesis; None where the system failed.
        references: The references; none where they are not known.
        seen: Names of health flags.
    """
    if text is None:
        return FAILED
    found = 0
    if text.strip() in [reference.strip() for reference in references]:
        found |= EXACT
    for name in seen:
        found |= BY_NAME[name]
    return found
