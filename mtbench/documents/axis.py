"""The story-level axis: one numbering of a story's segments for all its language pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mtbench.documents.records import Bead

Unit = tuple[int, int]
"""A document's place in the story's language order, and a unit of it."""

Beads = Mapping[tuple[int, int], Sequence[Bead]]
Judge = Callable[
    [frozenset[Unit], Mapping[Unit, set[int]], Beads], list[tuple[tuple[int, int], Bead]]
]
"""Of the beads of a knot those that cannot all be right."""


def number(beads: Beads) -> dict[tuple[int, int], dict[Bead, tuple[int, ...]]]:
    """Numbers for every bead of a story: the same for the same segment in every pair.

    Units that any bead ties together form a knot. A knot has as many numbers as the language
    that divides it most finely has units in it; a bead bears the numbers its units touch.

    Args:
        beads: Pair of languages (by their order) → its beads.

    Returns:
        Pair → bead → its numbers, from 1, ascending.
    """
    knots = _ordered(_knots(beads))
    found: dict[tuple[int, int], dict[Bead, tuple[int, ...]]] = {pair: {} for pair in beads}
    first = 1
    for knot in knots:
        covers = _covers(knot, beads)
        size = 1 + max(n for cover in covers.values() for n in cover)
        for pair in sorted(beads):
            for bead in beads[pair]:
                units = _units(pair, bead)
                if units[0] in knot:
                    numbers = set().union(*(covers[unit] for unit in units))
                    found[pair][bead] = tuple(first + n for n in sorted(numbers))
        first += size
    return found


def agreeing(beads: Beads) -> dict[tuple[int, int], list[Bead]]:
    """The beads of a story that no other language contradicts.

    Where a paragraph is run together with one that the other side lacks, the two look much like
    translations of each other. A third language that has both paragraphs apart shows that they
    are not: the sides then cover different numbers. Nor can two beads of one pair be the same
    segment to a third language. The least sure of such beads goes first.

    Args:
        beads: Pair of languages (by their order) → its beads.
    """
    return _without(beads, lambda *known: _contradicted(*known) + _alike(*known))


def distinct(beads: Beads) -> dict[tuple[int, int], list[Bead]]:
    """The beads of a story of which no two in one pair of languages bear the same numbers.

    Such two are what a third language says is one. The least sure of them goes first.

    Args:
        beads: Pair of languages (by their order) → its beads.
    """
    return _without(beads, _alike)


def _without(beads: Beads, judged: Judge) -> dict[tuple[int, int], list[Bead]]:
    kept = {pair: list(found) for pair, found in beads.items()}
    while True:
        worst = [
            (bead.confidence, pair, bead.left, bead.right, bead)
            for knot in _knots(kept)
            for covers in [_covers(knot, kept)]
            for pair, bead in judged(knot, covers, kept)
        ]
        if not worst:
            return kept
        _, pair, _, _, bead = min(worst, key=lambda found: found[:4])
        kept[pair].remove(bead)


def _alike(
    knot: frozenset[Unit], covers: Mapping[Unit, set[int]], beads: Beads
) -> list[tuple[tuple[int, int], Bead]]:
    found = []
    for pair in sorted(beads):
        same: dict[frozenset[int], list[Bead]] = {}
        for bead in beads[pair]:
            units = _units(pair, bead)
            if units[0] in knot:
                numbers = frozenset().union(*(covers[unit] for unit in units))
                same.setdefault(numbers, []).append(bead)
        found += [(pair, bead) for some in same.values() if len(some) > 1 for bead in some]
    return found


def _contradicted(
    knot: frozenset[Unit], covers: Mapping[Unit, set[int]], beads: Beads
) -> list[tuple[tuple[int, int], Bead]]:
    found = []
    for pair in sorted(beads):
        for bead in beads[pair]:
            units = _units(pair, bead)
            if units[0] not in knot:
                continue
            left = set[int]().union(*(covers[unit] for unit in units[: len(bead.left)]))
            right = set[int]().union(*(covers[unit] for unit in units[len(bead.left) :]))
            if left != right:
                found.append((pair, bead))
    return found


def _units(pair: tuple[int, int], bead: Bead) -> list[Unit]:
    return [(pair[0], i) for i in bead.left] + [(pair[1], j) for j in bead.right]


def _knots(beads: Beads) -> list[frozenset[Unit]]:
    members: dict[Unit, set[Unit]] = {}
    for pair, found in sorted(beads.items()):
        for bead in found:
            merged: set[Unit] = set()
            for unit in _units(pair, bead):
                merged |= members.get(unit, {unit})
            for unit in merged:
                members[unit] = merged
    return [frozenset(group) for group in {id(g): g for g in members.values()}.values()]


def _ordered(knots: Sequence[frozenset[Unit]]) -> list[frozenset[Unit]]:
    """Knots in text order: next comes one that nothing unplaced precedes in any language."""
    waiting = sorted(knots, key=lambda knot: sorted(knot))
    placed: list[frozenset[Unit]] = []
    while waiting:
        heads: dict[int, int] = {}
        for knot in waiting:
            for document, unit in knot:
                heads[document] = min(unit, heads.get(document, unit))
        ready = [k for k in waiting if all(heads[d] in _of(k, d) for d, _ in k)]
        chosen = (ready or waiting)[0]
        placed.append(chosen)
        waiting.remove(chosen)
    return placed


def _of(knot: frozenset[Unit], document: int) -> set[int]:
    return {unit for d, unit in knot if d == document}


def _covers(knot: frozenset[Unit], beads: Beads) -> dict[Unit, set[int]]:
    sizes: dict[int, int] = {}
    for document, _ in knot:
        sizes[document] = sizes.get(document, 0) + 1
    spine = min(sizes, key=lambda document: (-sizes[document], document))
    ordered = sorted(unit for unit in knot if unit[0] == spine)
    covers = {unit: {n} for n, unit in enumerate(ordered)}
    tied: dict[Unit, set[Unit]] = {unit: set() for unit in knot}
    for pair, found in sorted(beads.items()):
        for bead in found:
            units = _units(pair, bead)
            if units[0] in knot:
                left, right = units[: len(bead.left)], units[len(bead.left) :]
                for one in left:
                    tied[one].update(right)
                for two in right:
                    tied[two].update(left)
    while len(covers) < len(knot):
        new = {
            unit: set().union(*(covers[other] for other in tied[unit] if other in covers))
            for unit in sorted(knot - covers.keys())
            if tied[unit] & covers.keys()
        }
        covers.update(new)
    return covers
