"""Fits the weights of the aligner: conditional random fields by greatest likelihood.

Run by ``python -m tests.bench.documents --fit --seeds 1 --stories 30``; what it prints goes into
``mtbench/documents/weights.py``. What languages say of each other was fitted last, with
``--seeds 2`` and the weights of two documents alone as they stand there.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from mtbench.documents.align import Shape
from mtbench.documents.boilerplate import line_key, recurring
from mtbench.documents.features import candidates
from mtbench.documents.posteriors import Gap
from mtbench.documents.scoring import Found, Weighed, heard, weigh
from mtbench.documents.similarity import Embedded
from mtbench.documents.weights import Weights
from tests.bench.documents import Remembering, by_story, chosen, draw
from tests.support.noisy_documents import Bead, NoisyDocument, Row, gold_beads

PENALTY = 0.3  # of a weight's square, evidence scaled to unit variance
ROUNDS = 70
LOOKED_AT = ((50, 24), (51, 24))  # draws, and stories of each, that the evidence was chosen by
FIRST_SEED = 2001
Pair = tuple[int, int]
Pairs = tuple[tuple[Shape, int, int], ...]
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Example:
    """Two documents whose alignment is known.

    Attributes:
        both: The documents.
        found: The pairs of runs that are looked at.
        same: Those of them that say the same, and start where.
        part: Those that say the same in part: no pairs, but they stand together.
    """

    both: tuple[Embedded, Embedded]
    found: Found
    same: Pairs
    part: Pairs

    def evidence(self, right: Pairs) -> Array:
        """Sum of the evidence for some pairs."""
        total = np.zeros(next(iter(self.found.values())).features.shape[1])
        for shape, i, j in right:
            part = self.found[shape]
            total += part.features[(part.rows == i) & (part.columns == j)].sum(axis=0)
        return total

    def gaps(self) -> tuple[int, int]:
        """Gaps of the right alignment, and units in them."""
        here, opened = (0, 0), 0
        skipped = len(self.both[0]) + len(self.both[1])
        for shape, i, j in sorted((*self.same, *self.part), key=lambda pair: pair[1:]):
            h, w = shape.extent
            opened += here != (i, j)
            here = (i + h, j + w)
            skipped -= h + w
        return opened + (here != (len(self.both[0]), len(self.both[1]))), skipped


def fit(pool: Sequence[list[Row]], seeds: int, stories: int) -> None:
    """Fits both sets of weights on noisy documents of some stories, and prints them."""
    encoder = Remembering()
    looked_at = {id(story) for seed, count in LOOKED_AT for story in chosen(pool, seed, count)}
    rest = [story for story in pool if id(story) not in looked_at]
    sets = [
        examples(draw(rest, FIRST_SEED + seed, stories, hard=True), encoder)
        for seed in range(seeds)
    ]
    whole = [story for one in sets for story in one]
    strangers = [one for part in sets for one in unrelated(part)]
    alone = maximise([one for story in whole for one in story.values()] + strangers)
    print(f"ALONE = {alone!r}")
    witnessed = maximise([one for story in whole for one in again(story, alone)])
    print(f"WITNESSED = {witnessed!r}")


def again(story: Mapping[Pair, Example], alone: Weights) -> list[Example]:
    """The examples of a story with what its languages say of each other's pairs."""
    found = {pair: one.found for pair, one in story.items()}
    said = {pair: weigh(one.found, one.both, alone) for pair, one in story.items()}
    sizes = {pair: (len(one.both[0]), len(one.both[1])) for pair, one in story.items()}
    more = heard(found, said, sizes)
    return [
        Example(one.both, more[pair], _among(more[pair], one.same), _among(more[pair], one.part))
        for pair, one in story.items()
    ]


def _among(found: Found, wanted: Iterable[tuple[Shape, int, int]]) -> Pairs:
    """Of some pairs, those that are candidates."""
    there = {
        (shape, i, j)
        for shape, part in found.items()
        for i, j in zip(part.rows.tolist(), part.columns.tolist(), strict=True)
    }
    return tuple(pair for pair in wanted if pair in there)


def examples(documents: Sequence[NoisyDocument], encoder: Remembering) -> list[dict[Pair, Example]]:
    """For each story its documents, two by two."""
    common = recurring([d.paragraphs for d in documents], [d.language for d in documents])
    kept = {
        id(d): [i for i, p in enumerate(d.paragraphs) if (d.language, line_key(p)) not in common]
        for d in documents
    }
    encoded = {id(d): Embedded([d.paragraphs[i] for i in kept[id(d)]], encoder) for d in documents}
    stories: dict[int, dict[Pair, Example]] = {}
    order = ("en", "it", "de", "fr")
    for (story, one, two), left, right in by_story(documents):
        both = encoded[id(left)], encoded[id(right)]
        found = candidates(*both, exact=True)
        places = kept[id(left)], kept[id(right)]
        same, part = (_pairs(beads, *places) for beads in gold_beads(left, right))
        pair = order.index(one), order.index(two)
        stories.setdefault(story, {})[pair] = Example(
            both, found, _among(found, same), _among(found, part)
        )
    return list(stories.values())


def _pairs(beads: Iterable[Bead], one: list[int], two: list[int]) -> Pairs:
    """Shapes and starts among the units that the aligner sees, in order."""
    found = []
    for bead in beads:
        left, right = [one.index(i) for i in bead[0]], [two.index(j) for j in bead[1]]
        shape = Shape(tuple(i - left[0] for i in left), tuple(j - right[0] for j in right))
        found.append((shape, left[0], right[0]))
    return tuple(sorted(found, key=lambda pair: pair[1:]))


def unrelated(some: Sequence[dict[Pair, Example]]) -> list[Example]:
    """Documents of different stories, which have no right pairs."""
    found = []
    for number, (one, two) in enumerate(itertools.pairwise(some)):
        pair = sorted(one)[number % len(one)]
        both = one[pair].both[0], two[pair].both[1]
        found.append(Example(both, candidates(*both, exact=True), (), ()))
    return found


def maximise(some: Sequence[Example]) -> Weights:
    """The weights under which the right alignments are likeliest."""
    rows = np.vstack([part.features for one in some for part in one.found.values()])
    scale = rows.std(axis=0)
    scale[scale == 0] = 1.0
    width = len(scale)
    known = [(one.evidence(one.same), one.evidence(one.part), *one.gaps()) for one in some]

    def cost(point: Array) -> tuple[float, Array]:
        weights = _weights(point, scale)
        slope = np.zeros(2 * width + 2)
        likelihood = 0.0
        for one, (same, part, opened, skipped) in zip(some, known, strict=True):
            said = weigh(one.found, one.both, weights)
            of_same, of_part, covered = _expected(one.found, said)
            units = len(one.both[0]) + len(one.both[1])
            likelihood += float(same @ np.array(weights.same) + part @ np.array(weights.part))
            likelihood += opened * weights.gap.opening + skipped * weights.gap.step - said.all.total
            slope[:width] += (same - of_same) / scale
            slope[width:-2] += (part - of_part) / scale
            slope[-2] += opened - said.all.gaps
            slope[-1] += skipped - (units - covered)
        return PENALTY * float(point @ point) / 2 - likelihood, PENALTY * point - slope

    start = np.zeros(2 * width + 2)
    start[1], start[width], start[width + 1] = 2.0, -2.0, 1.0
    minimize = import_module("scipy.optimize").minimize
    done = minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS})
    fitted = _weights(done.x, scale)
    return Weights(
        tuple(round(value, 3) for value in fitted.same),
        tuple(round(value, 3) for value in fitted.part),
        Gap(round(fitted.gap.opening, 3), round(fitted.gap.step, 3)),
    )


def _weights(point: Array, scale: Array) -> Weights:
    width = len(scale)
    same, part = point[:width] / scale, point[width:-2] / scale
    return Weights(
        tuple(same.tolist()), tuple(part.tolist()), Gap(float(point[-2]), float(point[-1]))
    )


def _expected(found: Found, said: Weighed) -> tuple[Array, Array, float]:
    """Expected evidence of both kinds, and expected number of units that are not skipped."""
    same: Array | float = 0.0
    part: Array | float = 0.0
    covered = 0.0
    together = said.together()
    for shape, one in found.items():
        same = same + said.same[shape] @ one.features
        part = part + said.part[shape] @ one.features
        covered += float(together[shape].sum()) * sum(shape.extent)
    return np.asarray(same), np.asarray(part), covered
