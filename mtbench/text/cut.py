"""Does a column of translations stop growing where its sources go on?

A limit of a decoder cuts every translation of a long source: no single one need look broken, but
the longer the source, the less of it is there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

ENOUGH = 8  # segments among the longest
LONGEST = 0.05  # of the segments
LONG = 1.5  # times the usual length, below which the longest tell nothing
CUT = 0.75  # of what the others have of their partners' length


class Cut(NamedTuple):
    """Where translations stop growing.

    Attributes:
        segments: How many of the longest are too short.
        among: How many are the longest.
        share: Their median length over their partners', as a share of what is usual here.
        characters: The length of the longest translation among them.
    """

    segments: int
    among: int
    share: float
    characters: int


def find_cut(texts: Iterable[str], partners: Iterable[str]) -> Cut | None:
    """Whether translations of the longest segments are far shorter than those of the others say.

    Args:
        texts: The translations.
        partners: As many references, or sources.

    Example:
        >>> partners = ["word " * n for n in range(10, 410)]
        >>> find_cut([text[:899] for text in partners], partners).characters
        899
        >>> find_cut(partners, partners) is None
        True
    """
    import numpy as np

    counted = (
        len(one.strip())
        for text, partner in zip(texts, partners, strict=True)
        for one in (partner, text)
    )
    lengths = np.fromiter(counted, dtype=np.int32).reshape(-1, 2)
    lengths = lengths[(lengths > 0).all(axis=1)]
    count = max(ENOUGH, round(LONGEST * len(lengths)))
    if len(lengths) < 4 * count:
        return None
    lengths = lengths[np.argsort(lengths[:, 0], kind="stable")]
    partner, text = lengths.T
    if partner[-count] < LONG * np.median(partner[:-count]):
        return None
    ratios = text / partner
    shares = ratios[-count:] / np.median(ratios[:-count])
    share = float(np.median(shares))
    if share >= CUT:
        return None
    return Cut(int((shares < CUT).sum()), count, share, int(text[-count:].max()))
