"""The paragraphs of a story's documents aligned, two documents at a time or all together.

A pair of runs gains the log odds that its evidence gives; a conditional random field over all
monotone alignments turns gains into chances, and the alignment is the one whose pairs have the
greatest total chance. Where a story has three languages or more, chances are worked out three
times: the second and the third time what the other languages said before is evidence too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mtbench.documents.align import Move, Shape, best_path
from mtbench.documents.boundaries import agreeing
from mtbench.documents.cross_language import overlaps, testimony
from mtbench.documents.features import NAMES, Candidates, candidates
from mtbench.documents.posteriors import Chances, chances
from mtbench.documents.records import Bead
from mtbench.documents.similarity import Embedded
from mtbench.documents.weights import ALONE, ROUGH, WITNESSED, Weights

Matrix = NDArray[np.float64]
Pair = tuple[int, int]
Found = Mapping[Shape, Candidates]
LENGTH = NAMES.index("length")

HEARINGS = 2  # times that languages bear witness; a third time changes little
ANY_CHANCE = 0.002  # at first sight; less likely pairs are not looked into
SUREST = 0.999  # nothing is certain
LEAST = 0.5  # a pair less likely than that is left out
WITNESSED_LEAST = 0.4  # where languages bear witness: of those up to 0.5 about half are right


def align(left: Embedded, right: Embedded, *, exact: bool = True) -> list[Bead]:
    """The pairs of runs of two documents that say the same, in order, with their confidence.

    Args:
        left: Units on the left.
        right: Units on the right.
        exact: Whether runs are encoded, or taken from the vectors of their parts.
    """
    return align_story({(0, 1): (left, right)}, exact=exact)[0, 1]


class Counterparts(NamedTuple):
    """What two documents have in common, whichever paragraph goes with which.

    Attributes:
        share: Expected share of the shorter document's text that has a counterpart, in 0..1.
        pairs: Expected number of pairs.
        uneven: Mean of how far the lengths of a pair are from what is usual, as the evidence
            ``length``.
    """

    share: float
    pairs: float
    uneven: float


def counterparts(left: Embedded, right: Embedded) -> Counterparts:
    """What two documents have in common, runs being taken from the vectors of their parts."""
    both = left, right
    found = candidates(left, right, exact=False)
    said = weigh(found, both, ROUGH)
    covered = np.zeros(len(left)), np.zeros(len(right))
    pairs = uneven = 0.0
    for shape, part in found.items():
        chance = said.same[shape]
        pairs += float(chance.sum())
        uneven += float(chance @ part.features[:, LENGTH])
        for side, starts, steps in zip(covered, (part.rows, part.columns), shape, strict=True):
            for step in steps:
                np.add.at(side, starts + step, chance)
    shares = [
        float(side @ one.lengths / max(one.lengths.sum(), 1))
        for side, one in zip(covered, both, strict=True)
    ]
    return Counterparts(max(shares), pairs, uneven / max(pairs, 1e-9))


def align_story(
    documents: Mapping[Pair, tuple[Embedded, Embedded]],
    *,
    exact: bool = True,
    in_part: bool = False,
) -> dict[Pair, list[Bead]]:
    """The same for every two documents of a story.

    Args:
        documents: Numbers of two documents, the lower first → the two.
        exact: Whether runs are encoded, or taken from the vectors of their parts.
        in_part: Whether runs count that say the same in part, as where they are divided further.
    """
    found: dict[Pair, Found] = {
        pair: candidates(*both, exact=exact) for pair, both in sorted(documents.items())
    }
    first = ALONE if exact else ROUGH
    said = {pair: weigh(found[pair], documents[pair], first) for pair in found}
    sizes = {pair: (len(both[0]), len(both[1])) for pair, both in documents.items()}
    for _ in range(HEARINGS if len(found) > 1 else 0):
        found = heard(found, said, sizes)
        said = {pair: weigh(found[pair], documents[pair], WITNESSED) for pair in found}
    chance = {pair: one.together() if in_part else one.same for pair, one in said.items()}
    least = WITNESSED_LEAST if exact and len(found) > 1 else LEAST
    return agreeing(
        {pair: _decided(found[pair], chance[pair], documents[pair], least) for pair in found}
    )


class Weighed(NamedTuple):
    """What is said of the candidates of two documents, one value each.

    Attributes:
        same: Chance that the two sides are a pair and say the same.
        part: Chance that they go together and one says more than the other.
        all: What all alignments together say.
    """

    same: dict[Shape, Matrix]
    part: dict[Shape, Matrix]
    all: Chances

    def together(self) -> dict[Shape, Matrix]:
        """Chance that the two sides say the same or a part of the same."""
        return {shape: self.same[shape] + self.part[shape] for shape in self.same}


def weigh(found: Found, both: tuple[Embedded, Embedded], weights: Weights) -> Weighed:
    """Chances of the candidates of two documents.

    Two runs may stand together because they say the same, or because they say the same in part: a
    paragraph run together with one that the other side lacks. Both are ways through, weighed each
    for itself.
    """
    size = len(both[0]), len(both[1])
    gains: dict[Move, Matrix] = {}
    kinds: dict[Shape, tuple[Matrix, Matrix]] = {}
    for shape, part in found.items():
        same = part.features @ np.array(weights.same)
        partly = np.full_like(same, -np.inf)
        if weights.part:
            partly = part.features @ np.array(weights.part)
        kinds[shape] = same, partly
        gain = gains.setdefault(shape.extent, np.full(size, -np.inf))
        here = part.rows, part.columns
        gain[here] = np.logaddexp(gain[here], np.logaddexp(same, partly))
    found_chances = chances(gains, *size, weights.gap)
    said = Weighed({}, {}, found_chances)
    for shape, part in found.items():
        here = part.rows, part.columns
        chance, gain_here = found_chances.of[shape.extent][here], gains[shape.extent][here]
        said.same[shape] = chance * np.exp(kinds[shape][0] - gain_here)
        said.part[shape] = chance * np.exp(kinds[shape][1] - gain_here)
    return said


def heard(
    found: Mapping[Pair, Found],
    said: Mapping[Pair, Weighed],
    sizes: Mapping[Pair, tuple[int, int]],
) -> dict[Pair, Found]:
    """The candidates with any chance, with what the other languages say as further evidence.

    What they said before is left out.
    """
    units = {pair: overlaps(found[pair], one.together(), sizes[pair]) for pair, one in said.items()}
    result: dict[Pair, Found] = {}
    for pair, parts in found.items():
        chance = said[pair].together()
        more: dict[Shape, Candidates] = {}
        for shape, part in parts.items():
            left = likely(part, chance[shape])
            words = testimony(pair, shape, left, units)
            own = left.features[:, : len(NAMES)]
            more[shape] = replace(left, features=np.hstack([own, words]))
        result[pair] = more
    return result


def likely(part: Candidates, chance: Matrix) -> Candidates:
    """The candidates that have any chance."""
    kept = chance >= ANY_CHANCE
    return Candidates(part.rows[kept], part.columns[kept], part.cosines[kept], part.features[kept])


def _decided(
    found: Found, likelihood: Mapping[Shape, Matrix], both: tuple[Embedded, Embedded], least: float
) -> list[Bead]:
    """The pairs whose total chance is greatest, above what is the least for each."""
    gains: dict[Move, Matrix] = {}
    shapes: dict[tuple[Move, int, int], Shape] = {}
    for shape, part in found.items():
        gain = gains.setdefault(shape.extent, np.full((len(both[0]), len(both[1])), -np.inf))
        chance = likelihood[shape]
        for at in np.flatnonzero(chance > least / 100).tolist():
            i, j = int(part.rows[at]), int(part.columns[at])
            value = round(float(chance[at]), 6) - least
            if value > gain[i, j]:
                gain[i, j], shapes[shape.extent, i, j] = value, shape
    beads = []
    for i, j, move in best_path(gains, len(both[0]), len(both[1])):
        shape = shapes[move, i, j]
        beads.append(
            Bead(
                left=tuple(i + step for step in shape.left),
                right=tuple(j + step for step in shape.right),
                confidence=round(min(float(gains[move][i, j]) + least, SUREST), 3),
            )
        )
    return beads
