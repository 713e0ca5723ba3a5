"""Which documents are translations of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mtbench.documents.records import Bead
from mtbench.documents.scoring import align
from mtbench.documents.similarity import Encoded, likeness

NEIGHBOURS = 8
NEAREST = 3
TRANSLATION = 0.69
ON_ONE_EVENT = 0.2
FEWEST_PAIRS = 2


class Link:
    """Two documents of different languages and how far one is a translation of the other."""

    def __init__(self, left: int, right: int, score: float, beads: Sequence[Bead]) -> None:
        self.left = left
        self.right = right
        self.score = score
        self.beads = tuple(beads)


class Comparison:
    """Two documents that report one event in part, and are no translations of each other.

    Attributes:
        left: The document whose language comes first.
        right: The other one.
        score: What ``Link`` gives the two, in 0..1; a translation has ``TRANSLATION`` or more.
        share: Share of the shorter document's paragraphs that align, in 0..1.
        beads: How they would align.
        evidence: The above in a sentence.
    """

    def __init__(self, link: Link, documents: Sequence[Encoded]) -> None:
        self.left, self.right = link.left, link.right
        self.score = link.score
        self.beads = link.beads
        sizes = len(documents[link.left]), len(documents[link.right])
        aligned = sum(len(b.left) for b in link.beads), sum(len(b.right) for b in link.beads)
        self.share = round(max(a / n for a, n in zip(aligned, sizes, strict=True)), 3)
        self.evidence = (
            f"{aligned[0]} of {sizes[0]} and {aligned[1]} of {sizes[1]} paragraphs are alike, but "
            f"not closely enough for a translation ({link.score:.2f}; {TRANSLATION:.2f} is asked)"
        )


def comparable(
    documents: Sequence[Encoded], ranked: Sequence[Link], groups: Sequence[Sequence[int]]
) -> list[Comparison]:
    """Pairs of documents on one event that are no translations of each other, best first.

    Args:
        documents: All documents.
        ranked: What ``links`` returned.
        groups: What ``stories`` returned for them; documents of one group are no such pair.
    """
    story = {i: number for number, group in enumerate(groups) for i in group}
    return [
        Comparison(link, documents)
        for link in ranked
        if story[link.left] != story[link.right]
        and ON_ONE_EVENT <= link.score < TRANSLATION
        and len(link.beads) >= FEWEST_PAIRS
    ]


def coverage(left: Encoded, right: Encoded, beads: Sequence[Bead]) -> float:
    """How far two documents say the same: share of the shorter one's text that is aligned.

    Each pair of runs counts with its confidence.
    """
    if not len(left) or not len(right):
        return 0.0
    one = sum(b.confidence * left.lengths[list(b.left)].sum() for b in beads)
    two = sum(b.confidence * right.lengths[list(b.right)].sum() for b in beads)
    return round(float(max(one / left.lengths.sum(), two / right.lengths.sum())), 4)


def candidates(documents: Sequence[Encoded], languages: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs worth aligning: for each document its nearest ones in each other language.

    Nearest as a whole first, which takes one product a language pair; of these the ones whose
    paragraphs have the nearest counterparts. So the number of pairs grows with that of documents.
    """
    by_language: dict[str, list[int]] = {}
    for index, language in enumerate(languages):
        by_language.setdefault(language, []).append(index)
    found: set[tuple[int, int]] = set()
    for one in by_language:
        for two in by_language:
            if one == two:
                continue
            left, right = by_language[one], by_language[two]
            centres = np.stack([documents[i].centre() for i in left])
            others = np.stack([documents[j].centre() for j in right])
            near = np.argsort(-np.round(centres @ others.T, 5), axis=1, kind="stable")
            for row, i in enumerate(left):
                some = [right[c] for c in near[row, :NEIGHBOURS].tolist()]
                some.sort(key=lambda j: (-closeness(documents[i], documents[j]), j))
                found.update((min(i, j), max(i, j)) for j in some[:NEAREST])
    return sorted(found)


def closeness(left: Encoded, right: Encoded) -> float:
    """Mean cosine of each paragraph of the shorter document with its nearest in the other."""
    near = likeness(left, right, left.vectors, right.vectors)
    if not near.size:
        return 0.0
    return float(near.max(axis=int(near.shape[0] <= near.shape[1])).mean())


def links(documents: Sequence[Encoded], pairs: Sequence[tuple[int, int]]) -> list[Link]:
    """Candidate pairs with their scores, best first."""
    found = []
    for i, j in pairs:
        beads = align(documents[i], documents[j], exact=False)
        found.append(Link(i, j, coverage(documents[i], documents[j], beads), beads))
    return sorted(found, key=lambda link: (-link.score, link.left, link.right))


def stories(
    count: int,
    languages: Sequence[str],
    ranked: Sequence[Link],
    fixed: Mapping[int, str],
) -> list[list[int]]:
    """Groups of documents that are translations of each other, at most one of each language.

    The strongest link first; a link joins two groups if they have no language in common.
    """
    group = {i: [i] for i in range(count)}
    by_label: dict[str, int] = {}
    for i, label in sorted(fixed.items()):
        if label in by_label:
            _merge(group, by_label[label], i)
        by_label.setdefault(label, i)
    for link in ranked:
        one, two = group[link.left], group[link.right]
        if link.score < TRANSLATION or one is two:
            continue
        if link.left in fixed or link.right in fixed:
            continue
        if {languages[i] for i in one} & {languages[j] for j in two}:
            continue
        _merge(group, link.left, link.right)
    found = {id(members): sorted(members) for members in group.values()}
    return sorted(found.values())


def _merge(group: dict[int, list[int]], one: int, two: int) -> None:
    members = group[one] + group[two]
    for member in members:
        group[member] = members
