"""Fits the weights of the aligner: conditional random fields by greatest likelihood.

Run by ``python -m tests.bench.documents --fit``; what it prints goes into
``mtbench/documents/weights.py``.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from mtbench.documents.align import Move
from mtbench.documents.boilerplate import line_key, recurring
from mtbench.documents.features import candidates
from mtbench.documents.posteriors import Chances, Gap
from mtbench.documents.scoring import Found, heard, weigh
from mtbench.documents.similarity import Embedded
from mtbench.documents.weights import Weights
from tests.bench.documents import Remembering, by_story
from tests.support.noisy_documents import NoisyDocument, Row, gold_beads, make_documents

PENALTY = 0.3  # of a weight's square, evidence scaled to unit variance
Pair = tuple[int, int]


@dataclass(frozen=True)
class Example:
    """Two documents whose alignment is known."""

    both: tuple[Embedded, Embedded]
    found: Found
    gold: tuple[tuple[Move, int, int], ...]

    @property
    def evidence(self) -> NDArray[np.float64]:
        """Sum of the evidence for the right pairs."""
        total = None
        for move, i, j in self.gold:
            part = self.found[move]
            row = part.features[(part.rows == i) & (part.columns == j)]
            if len(row):
                total = row[0] if total is None else total + row[0]
        width = next(iter(self.found.values())).features.shape[1]
        return np.zeros(width) if total is None else np.asarray(total)

    def gaps(self) -> tuple[int, int]:
        """Gaps of the right alignment, and units in them."""
        here, opened = (0, 0), 0
        skipped = len(self.both[0]) + len(self.both[1])
        for (h, w), i, j in self.gold:
            opened += here != (i, j)
            here = (i + h, j + w)
            skipped -= h + w
        return opened + (here != (len(self.both[0]), len(self.both[1]))), skipped


def fit(pool: Sequence[list[Row]], seeds: int, stories: int) -> None:
    """Fits both sets of weights on noisy documents of some stories, and prints them."""
    encoder = Remembering()
    sets = [examples(one, encoder) for one in fitted(pool, seeds, stories)]
    whole = [story for one in sets for story in one]
    strangers = [one for part in sets for one in unrelated(part)]
    alone = maximise([one for story in whole for one in story.values()] + strangers)
    print(f"ALONE = {alone!r}")
    witnessed = maximise([one for story in whole for one in again(story, alone)])
    print(f"WITNESSED = {witnessed!r}")


def again(story: Mapping[Pair, Example], alone: Weights) -> list[Example]:
    """The examples of a story with what its languages say of each other's pairs."""
    said = {pair: weigh(one.found, one.both, alone) for pair, one in story.items()}
    more = heard({pair: one.found for pair, one in story.items()}, said)
    return [_example(one.both, more[pair], one.gold) for pair, one in story.items()]


def _example(
    both: tuple[Embedded, Embedded],
    found: Found,
    gold: Sequence[tuple[Move, int, int]],
) -> Example:
    """An example whose right pairs are among the candidates."""
    there = {
        (move, i, j)
        for move, part in found.items()
        for i, j in zip(part.rows.tolist(), part.columns.tolist(), strict=True)
    }
    return Example(both, found, tuple(bead for bead in gold if bead in there))


def fitted(pool: Sequence[list[Row]], seeds: int, stories: int) -> list[list[NoisyDocument]]:
    """Noisy documents to fit on; every other time with paragraphs that one version alone has."""
    found = []
    for seed in range(seeds):
        chance = random.Random(1000 + seed)
        chosen = chance.sample(list(pool), stories)
        others = [row for story in pool if story not in chosen for row in story]
        found.append(make_documents(chosen, 1000 + seed, strangers=4 * (seed % 2), others=others))
    return found


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
        gold = _gold(left, right, kept[id(left)], kept[id(right)], found)
        pair = order.index(one), order.index(two)
        stories.setdefault(story, {})[pair] = Example(both, found, gold)
    return list(stories.values())


def unrelated(some: Sequence[dict[Pair, Example]]) -> list[Example]:
    """Documents of different stories, which have no right pairs."""
    found = []
    for number, (one, two) in enumerate(itertools.pairwise(some)):
        pair = sorted(one)[number % len(one)]
        both = one[pair].both[0], two[pair].both[1]
        found.append(Example(both, candidates(*both, exact=True), ()))
    return found


def _gold(
    left: NoisyDocument, right: NoisyDocument, one: list[int], two: list[int], found: Found
) -> tuple[tuple[Move, int, int], ...]:
    """The right pairs that are among the candidates, in order."""
    there = {
        (move, i, j)
        for move, part in found.items()
        for i, j in zip(part.rows.tolist(), part.columns.tolist(), strict=True)
    }
    wanted = {
        ((len(a), len(b)), one.index(a[0]), two.index(b[0])) for a, b in gold_beads(left, right)[0]
    }
    return tuple(sorted(there & wanted, key=lambda bead: bead[1:]))


def maximise(some: Sequence[Example]) -> Weights:
    """The weights under which the right alignments are likeliest."""
    rows = np.vstack([part.features for one in some for part in one.found.values()])
    scale = rows.std(axis=0)
    scale[scale == 0] = 1.0
    known = [(one.evidence, *one.gaps()) for one in some]

    def cost(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = _weights(point, scale)
        slope = np.zeros(len(scale) + 2)
        likelihood = 0.0
        for one, (evidence, opened, skipped) in zip(some, known, strict=True):
            said = weigh(one.found, one.both, weights)
            expected, covered = _expected(one.found, said)
            units = len(one.both[0]) + len(one.both[1])
            likelihood += float(evidence @ np.array(weights.evidence)) - said.total
            likelihood += opened * weights.gap.opening + skipped * weights.gap.step
            slope[:-2] += (evidence - expected) / scale
            slope[-2] += opened - said.gaps
            slope[-1] += skipped - (units - covered)
        return PENALTY * float(point @ point) / 2 - likelihood, PENALTY * point - slope

    start = np.zeros(len(scale) + 2)
    start[1] = 2.0
    minimize = import_module("scipy.optimize").minimize
    done = minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": 150})
    fitted = _weights(done.x, scale)
    return Weights(
        tuple(round(value, 3) for value in fitted.evidence),
        Gap(round(fitted.gap.opening, 3), round(fitted.gap.step, 3)),
    )


def _weights(point: NDArray[np.float64], scale: NDArray[np.float64]) -> Weights:
    values = (point[:-2] / scale).tolist()
    return Weights(tuple(values), Gap(float(point[-2]), float(point[-1])))


def _expected(found: Found, said: Chances) -> tuple[NDArray[np.float64], float]:
    """Expected evidence, and expected number of units in pairs."""
    total, covered = None, 0.0
    for (h, w), part in found.items():
        chance = said.of[h, w][part.rows, part.columns]
        mine = chance @ part.features
        total = mine if total is None else total + mine
        covered += float(chance.sum()) * (h + w)
    return np.asarray(total), covered
