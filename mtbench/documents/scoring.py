"""The paragraphs of a story's documents aligned, two documents at a time or all together.

A pair of runs gains the log odds that its evidence gives; a conditional random field over all
monotone alignments turns gains into chances, and the alignment is the one whose pairs have the
greatest total chance. Where a story has three languages or more, chances are worked out twice: the
second time the other languages are evidence too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mtbench.documents.align import Move, best_path
from mtbench.documents.axis import agreeing
from mtbench.documents.cross_language import testimony, unit_chances
from mtbench.documents.features import Candidates, candidates
from mtbench.documents.posteriors import Chances, chances
from mtbench.documents.records import Bead
from mtbench.documents.similarity import Embedded
from mtbench.documents.weights import ALONE, WITNESSED, Weights

Matrix = NDArray[np.float64]
Pair = tuple[int, int]
Found = Mapping[Move, Candidates]

ANY_CHANCE = 0.002  # at first sight; less likely pairs are not looked into
SUREST = 0.999  # nothing is certain
LIKELY = 0.5  # a pair less likely than that is left out


def align(left: Embedded, right: Embedded, *, exact: bool = True) -> list[Bead]:
    """The pairs of runs of two documents that say the same, in order, with their confidence.

    Args:
        left: Units on the left.
        right: Units on the right.
        exact: Whether runs are encoded, or taken from the vectors of their parts.
    """
    return align_story({(0, 1): (left, right)}, exact=exact)[0, 1]


def align_story(
    documents: Mapping[Pair, tuple[Embedded, Embedded]], *, exact: bool = True
) -> dict[Pair, list[Bead]]:
    """The same for every two documents of a story.

    Args:
        documents: Numbers of two documents, the lower first → the two.
        exact: Whether runs are encoded, or taken from the vectors of their parts.
    """
    found: dict[Pair, Found] = {
        pair: candidates(*both, exact=exact) for pair, both in sorted(documents.items())
    }
    said = {pair: weigh(found[pair], documents[pair], ALONE) for pair in found}
    if len(found) > 1:
        found = heard(found, said)
        said = {pair: weigh(found[pair], documents[pair], WITNESSED) for pair in found}
    return agreeing({pair: _decided(said[pair], documents[pair]) for pair in found})


def weigh(found: Found, both: tuple[Embedded, Embedded], weights: Weights) -> Chances:
    """Chances of the candidates of two documents."""
    shape = len(both[0]), len(both[1])
    gains: dict[Move, Matrix] = {}
    for move, part in found.items():
        gains[move] = np.full(shape, -np.inf)
        gains[move][part.rows, part.columns] = part.features @ np.array(weights.evidence)
    return chances(gains, *shape, weights.gap)


def heard(found: Mapping[Pair, Found], said: Mapping[Pair, Chances]) -> dict[Pair, Found]:
    """The candidates with any chance, with what the other languages say as further evidence."""
    units = {pair: unit_chances(one) for pair, one in said.items()}
    result: dict[Pair, Found] = {}
    for pair, parts in found.items():
        more: dict[Move, Candidates] = {}
        for move, part in parts.items():
            left = likely(part, said[pair].of[move])
            words = testimony(pair, move, left, units)
            more[move] = replace(left, features=np.hstack([left.features, words]))
        result[pair] = more
    return result


def likely(part: Candidates, chance: Matrix) -> Candidates:
    """The candidates that have any chance."""
    kept = chance[part.rows, part.columns] >= ANY_CHANCE
    return Candidates(part.rows[kept], part.columns[kept], part.cosines[kept], part.features[kept])


def _decided(said: Chances, both: tuple[Embedded, Embedded]) -> list[Bead]:
    gains = {
        move: np.where(chance > LIKELY / 100, np.round(chance, 6) - LIKELY, -np.inf)
        for move, chance in said.of.items()
    }
    return [
        Bead(
            left=tuple(range(i, i + h)),
            right=tuple(range(j, j + w)),
            confidence=round(min(float(said.of[h, w][i, j]), SUREST), 3),
        )
        for i, j, (h, w) in best_path(gains, len(both[0]), len(both[1]))
    ]
