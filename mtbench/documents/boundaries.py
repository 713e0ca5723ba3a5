"""Which segments of a story cannot all be right: their beginnings and ends fit no one order.

Every unit of a document stands for a stretch of the story. Within a document stretches follow each
other, none is empty, and the two sides of a segment begin together and end together. Segments agree
if all beginnings and ends can be put in one order: if none comes after itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mtbench.documents.records import Bead

Pair = tuple[int, int]
Boundary = tuple[int, int, int]
"""A document, a unit of it, and 0 where it begins or 1 where it ends."""
Together = dict[Boundary, frozenset[Boundary]]
"""The boundaries that each one comes together with, itself included."""


def agreeing(beads: Mapping[Pair, Sequence[Bead]]) -> dict[Pair, list[Bead]]:
    """The beads that agree with all surer ones.

    Where a paragraph is run together with one that the other side lacks, the two look much like
    translations of each other. A third language that has both paragraphs apart shows that they
    are not: their ends then differ.

    Args:
        beads: Pair of documents (by their order in the story) → its beads.

    Example:
        >>> from mtbench.documents.records import Bead
        >>> joined = Bead(left=(0, 1), right=(0,), confidence=0.9)
        >>> single = Bead(left=(0,), right=(0,), confidence=0.8)
        >>> found = agreeing({(0, 1): [joined], (0, 2): [single], (1, 2): [single]})
        >>> {pair: len(beads) for pair, beads in found.items()}
        {(0, 1): 1, (0, 2): 1, (1, 2): 0}
    """
    everything = _apart(beads)
    for pair, bead in _all(beads):
        _tie(everything, pair, bead)
    doubtful = _entangled(everything)
    found: dict[Pair, list[Bead]] = {pair: [] for pair in beads}
    asked: list[tuple[Pair, Bead]] = []
    together = _apart(beads)
    for pair, bead in _all(beads):
        if any(boundary in doubtful for tie in _ties(pair, bead) for boundary in tie):
            asked.append((pair, bead))
        else:
            _tie(together, pair, bead)
            found[pair].append(bead)
    asked.sort(key=lambda one: (-one[1].confidence, one[0], one[1].left, one[1].right))
    for pair, bead in asked:
        first, last = _ties(pair, bead)
        if not (_ordered(together, first, doubtful) or _ordered(together, last, doubtful)):
            _tie(together, pair, bead)
            found[pair].append(bead)
    return {pair: sorted(some, key=lambda bead: bead.left) for pair, some in found.items()}


def _all(beads: Mapping[Pair, Sequence[Bead]]) -> Iterator[tuple[Pair, Bead]]:
    for pair, some in beads.items():
        for bead in some:
            yield pair, bead


def _apart(beads: Mapping[Pair, Sequence[Bead]]) -> Together:
    """Every boundary by itself."""
    units: dict[int, int] = {}
    for pair, bead in _all(beads):
        for document, side in zip(pair, (bead.left, bead.right), strict=True):
            units[document] = max(units.get(document, 0), side[-1] + 1)
    every = ((d, u, end) for d, count in units.items() for u in range(count) for end in (0, 1))
    return {boundary: frozenset({boundary}) for boundary in every}


def _ties(pair: Pair, bead: Bead) -> tuple[tuple[Boundary, Boundary], tuple[Boundary, Boundary]]:
    """Where both sides of a bead begin, and where both end."""
    one, two = pair
    return (
        ((one, bead.left[0], 0), (two, bead.right[0], 0)),
        ((one, bead.left[-1], 1), (two, bead.right[-1], 1)),
    )


def _tie(together: Together, pair: Pair, bead: Bead) -> None:
    for one, two in _ties(pair, bead):
        merged = together[one] | together[two]
        together.update(dict.fromkeys(merged, merged))


def _after(boundary: Boundary) -> Boundary:
    document, unit, end = boundary
    return (document, unit + end, 1 - end)


def _ordered(
    together: Together, tie: tuple[Boundary, Boundary], within: frozenset[Boundary]
) -> bool:
    """Whether one of two boundaries comes after the other, by way of some boundaries alone."""
    one, two = together[tie[0]], together[tie[1]]
    return one != two and (_leads(together, one, two, within) or _leads(together, two, one, within))


def _leads(
    together: Together,
    start: frozenset[Boundary],
    aim: frozenset[Boundary],
    within: frozenset[Boundary],
) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        for boundary in waiting.pop():
            after = _after(boundary)
            if after in within and after in together and together[after] not in seen:
                if together[after] == aim:
                    return True
                seen.add(together[after])
                waiting.append(together[after])
    return False


def _entangled(together: Together) -> frozenset[Boundary]:
    """The boundaries that come after themselves, or between such: what is left of the order
    when again and again what nothing comes before, or after, is taken away.
    """
    number = {some: place for place, some in enumerate(dict.fromkeys(together.values()))}
    edges = [
        (number[some], number[together[_after(boundary)]])
        for boundary, some in together.items()
        if _after(boundary) in together
    ]
    left = _peeled(range(len(number)), edges)
    left = _peeled(left, [(b, a) for a, b in edges if a in left and b in left])
    return frozenset().union(*(some for some, place in number.items() if place in left))


def _peeled(nodes: Iterable[int], edges: Sequence[tuple[int, int]]) -> set[int]:
    """The nodes that are left when again and again those without an edge to them are taken away."""
    left = set(nodes)
    onward: dict[int, list[int]] = {}
    before = dict.fromkeys(left, 0)
    for one, two in edges:
        onward.setdefault(one, []).append(two)
        before[two] += 1
    free = [node for node in left if not before[node]]
    while free:
        node = free.pop()
        left.discard(node)
        for after in onward.get(node, ()):
            before[after] -= 1
            if not before[after]:
                free.append(after)
    return left
