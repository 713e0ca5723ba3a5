"""The story-level axis: one numbering of a story's segments for all its language pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mtbench.documents.records import Bead

Unit = tuple[int, int]
"""A document's place in the story's language order, and a unit of it."""

Beads = Mapping[tuple[int, int], Sequence[Bead]]


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


def distinct(beads: Beads) -> dict[tuple[int, int], list[Bead]]:
    """The beads of a story of which no two in one pair of languages bear the same numbers.

    Such two are what a third language says is one. The least sure of them goes first.

    Args:
        beads: Pair of languages (by their order) → its beads.
    """
    kept = {pair: list(found) for pair, found in beads.items()}
    while True:
        worst = [
            (bead.confidence, pair, bead.left, bead.right, bead)
            for knot in _knots(kept)
            for pair, bead in _alike(knot, _covers(knot, kept), kept)
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
    """The numbers of each unit of a knot: what its bead with units that have theirs says it has.

    What several units have together is divided among them in order, where nothing tells them apart.
    """
    sizes: dict[int, int] = {}
    for document, _ in knot:
        sizes[document] = sizes.get(document, 0) + 1
    spine = min(sizes, key=lambda document: (-sizes[document], document))
    ordered = sorted(unit for unit in knot if unit[0] == spine)
    covers = {unit: {n} for n, unit in enumerate(ordered)}
    sides = list(_sides(knot, beads))
    while len(covers) < len(knot):
        new = [(one, two) for one, two in sides if any(unit not in covers for unit in two)]
        known = [(one, two) for one, two in new if all(unit in covers for unit in one)]
        known = known or [(one, two) for one, two in new if any(unit in covers for unit in one)]
        single = [(one, two) for one, two in known if len(two) == 1]
        found: dict[Unit, set[int]] = {}
        for one, two in single or known[:1]:
            numbers = set[int]().union(*(covers[unit] for unit in one if unit in covers))
            for unit, part in _divided(numbers, two, covers).items():
                if unit not in found or len(part) < len(found[unit]):
                    found[unit] = part
        covers.update(found)
    return covers


def _sides(
    knot: frozenset[Unit], beads: Beads
) -> Iterator[tuple[tuple[Unit, ...], tuple[Unit, ...]]]:
    """Both sides of each bead of a knot, either first."""
    for pair, found in sorted(beads.items()):
        for bead in found:
            units = tuple(_units(pair, bead))
            if units[0] in knot:
                left, right = units[: len(bead.left)], units[len(bead.left) :]
                yield left, right
                yield right, left


def _divided(
    numbers: set[int], units: Sequence[Unit], covers: Mapping[Unit, set[int]]
) -> dict[Unit, set[int]]:
    """Numbers of units together, divided among those that have none yet."""
    known = set[int]().union(*(covers[unit] for unit in units if unit in covers))
    there = sorted(numbers - known or numbers)
    new = [unit for unit in units if unit not in covers]
    found = {unit: {there[min(n, len(there) - 1)]} for n, unit in enumerate(new)}
    found[new[-1]].update(there[len(new) - 1 :])
    return found
