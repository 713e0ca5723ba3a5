"""What the detectors of ``integrity`` answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Kept(NamedTuple):
    """What a translation keeps of one kind.

    Attributes:
        things: How many there are to keep.
        evidence: What is not kept, a clause each; at most as many as there are things.
    """

    things: int
    evidence: tuple[str, ...] = ()


def kept(things: int, evidence: Iterable[str]) -> Kept | None:
    """None where there is nothing to keep, or nothing to say about it.

    Example:
        >>> kept(2, ["'%s' lost"]), kept(0, [])
        (Kept(things=2, evidence=("'%s' lost",)), None)
    """
    found = tuple(evidence)
    return Kept(max(things, len(found)), found) if things or found else None


def quoted(text: str) -> str:
    """A text as evidence shows it: short, on one line.

    Example:
        >>> quoted("a" * 80)[:3], len(quoted("a" * 80))
        ("'aa", 63)
    """
    return repr(text if len(text) <= 60 else f"{text[:60]}…")


def listed(texts: Sequence[str]) -> str:
    """Several texts as evidence shows them.

    Example:
        >>> listed(["a", "b"])
        "'a', 'b'"
    """
    return ", ".join(map(quoted, texts[:4])) + (" …" if len(texts) > 4 else "")
