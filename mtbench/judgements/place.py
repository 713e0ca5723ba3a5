"""Judgements → the test sets they are about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtbench.errors import DataError
from mtbench.types.judgements import Judgement, JudgementFile, Judgements

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Place:
    """A test set that judgements may be about."""

    corpus: str
    pair: str
    ids: Sequence[str]
    systems: Sequence[str]


@dataclass(frozen=True, slots=True)
class Placed:
    """Judgements of one test set.

    Attributes:
        judgements: Averages over raters, by segment.
        each: The judgements themselves, each with the position of its segment.
        strangers: Systems that are judged and not among the results → how often.
        notes: What a reader must know about the placing.
    """

    judgements: Judgements
    each: Sequence[tuple[int, Judgement]]
    strangers: Mapping[str, int]
    notes: Sequence[str] = ()


def place_all(file: JudgementFile, places: Sequence[Place], source: str) -> list[Judgements | None]:
    """Judgements by test set, every one of which must be about one of them.

    Args:
        file: From ``read_judgements``.
        places: The test sets.
        source: Name of the file.

    Returns:
        For each place its judgements, or None where there are none.

    Raises:
        DataError: If one is about no segment or system here, or could be about several test sets.
    """
    index = [positions(file, place) for place in places]
    found: list[list[tuple[int, Judgement]]] = [[] for _ in places]
    for one in file.judgements:
        fits = [
            at
            for at, place in enumerate(places)
            if _is_about(one, place) and one.segment in index[at] and one.system in place.systems
        ]
        if len(fits) != 1:
            _refuse(one, len(fits))
        found[fits[0]].append((index[fits[0]][one.segment], one))
    return [
        _averages(each, len(place.ids), source) if each else None
        for each, place in zip(found, places, strict=True)
    ]


def place(
    file: JudgementFile, where: Place, source: str, *, first: int | None = None
) -> Placed | None:
    """The judgements about one test set; those of other pairs, corpora and systems are counted.

    Args:
        file: From ``read_judgements``.
        where: The test set.
        source: Name of the file.
        first: The number of the first segment, where segments are numbered by position.

    Returns:
        None where no judgement is about this test set.

    Raises:
        DataError: With file and line, if a segment is none of the test set, or judged twice by
            one rater.
    """
    mine = [one for one in file.judgements if _is_about(one, where)]
    known = positions(file, where, first)
    strangers: Counter[str] = Counter()
    first_of: dict[str, str] = {}
    each: list[tuple[int, Judgement]] = []
    seen: dict[tuple[str, str, str | None], str] = {}
    for one in mine:
        if one.system not in where.systems:
            strangers[one.system] += 1
            first_of.setdefault(one.system, one.where)
            continue
        if one.segment not in known:
            raise DataError(
                f"{one.where}: {where.corpus}/{where.pair} has no segment {one.segment!r}",
                hint="--ids-from 0 or --ids-from 1 where segments are numbered by position"
                if one.segment.isdecimal()
                else "ids are those of the corpus's pair file",
            )
        key = (one.system, one.segment, one.rater)
        if one.rater is not None and seen.setdefault(key, one.where) != one.where:
            raise DataError(
                f"{one.where}: {one.rater!r} judged segment {one.segment!r} of {one.system!r} "
                f"before, at {seen[key]}",
                hint="keep one of the two",
            )
        each.append((known[one.segment], one))
    if not each:
        return None
    notes = [*file.notes]
    if one_of_several := len(file.judgements) - len(mine):
        notes.append(f"{one_of_several} judgements are about other corpora or pairs")
    if strangers:
        notes.append(
            f"{sum(strangers.values())} judgements of systems without results here take no part: "
            + ", ".join(f"{name} (first at {first_of[name]})" for name in sorted(strangers))
        )
    if not set(where.ids) >= {one.segment for _, one in each}:
        start = min(known.values(), default=0)
        numbers = {at: number for number, at in known.items()}
        notes.append(f"segments are taken by position, the first being number {numbers[start]}")
    return Placed(_averages(each, len(where.ids), source), each, dict(strangers), tuple(notes))


def positions(file: JudgementFile, where: Place, first: int | None = None) -> dict[str, int]:
    """How the file calls a segment → its position: by id, else by number where ids are none.

    Args:
        file: From ``read_judgements``.
        where: The test set.
        first: The number of the first segment; None takes ids where any fits, else 0 if a
            segment has that number, else 1.
    """
    ids = {name: at for at, name in enumerate(where.ids)}
    named = {one.segment for one in file.judgements if _is_about(one, where)}
    if first is None:
        if named & set(ids) or not all(name.isdecimal() and name.isascii() for name in named):
            return ids
        first = 0 if "0" in named else 1
    return {str(number): at for at, number in enumerate(range(first, first + len(ids)))}


def _is_about(one: Judgement, where: Place) -> bool:
    return one.corpus in (None, where.corpus) and one.pair in (None, where.pair)


def _averages(each: Sequence[tuple[int, Judgement]], count: int, source: str) -> Judgements:
    sums: dict[str, tuple[Array, Array]] = {}
    marked: dict[str, dict[int, list[Judgement]]] = {}
    for at, one in each:
        if one.spans is not None:
            marked.setdefault(one.system, {}).setdefault(at, []).append(one)
        total, number = sums.setdefault(one.system, (np.zeros(count), np.zeros(count)))
        total[at] += one.score
        number[at] += 1
    return Judgements(
        scores={
            system: np.where(number > 0, total / np.maximum(number, 1), np.nan)
            for system, (total, number) in sums.items()
        },
        counts={system: number for system, (_, number) in sums.items()},
        source=source,
        marked=marked,
    )


def _refuse(one: Judgement, fits: int) -> None:
    if fits:
        raise DataError(
            f"{one.where}: segment {one.segment!r} of {one.system!r} stands in {fits} test sets",
            hint="add the columns corpus and pair, or choose with --corpus and --pair",
        )
    raise DataError(
        f"{one.where}: no segment {one.segment!r} of a system {one.system!r} in this report",
        hint="ids and systems are those of the results; see mtbench leaderboard",
    )
