"""A file of human judgements → scores by segment and system."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mtbench.errors import DataError
from mtbench.files.jsonl import read_objects
from mtbench.files.writing import read_lines
from mtbench.languages import LanguagePair
from mtbench.pipeline.pearmut import annotated, is_annotation
from mtbench.plugins import Array
from mtbench.report.html import Judgements
from mtbench.types import Json

KEYS = ("id", "system", "score", "corpus", "pair")
_NEEDED = KEYS[:3]


@dataclass(frozen=True, slots=True)
class Judgement:
    """One line: a segment of a system, and how good somebody found it.

    Attributes:
        segment, system: What was judged.
        score: How good it was found, higher being better.
        corpus, pair: Where, if the line says.
        where: ``file:line``.
    """

    segment: str
    system: str
    score: float
    corpus: str | None
    pair: str | None
    where: str


def read_judgements(path: Path) -> list[Judgement]:
    """The judgements of a CSV (with a header) or JSONL file; other columns are left alone.

    Lines of pearmut's annotations are taken as they are.

    Raises:
        RequestError: If the file cannot be read.
        DataError: With file and line, for the first that does not hold.
    """
    rows = read_objects(path) if path.suffix in (".jsonl", ".json") else _csv_rows(path)
    found = [
        _judgement(one, f"{path}:{number}")
        for number, values in rows
        for one in (annotated(values, f"{path}:{number}") if is_annotation(values) else (values,))
    ]
    if not found:
        raise DataError(f"{path}: no judgements", hint=f"columns are {', '.join(KEYS)}")
    return found


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Json]]]:
    text = "\n".join(line for _, line in read_lines(path))
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restkey="\0more")
    missing = [key for key in _NEEDED if key not in (reader.fieldnames or ())]
    if missing:
        raise DataError(
            f"{path}:1: no column {', '.join(missing)}", hint=f"columns are {', '.join(KEYS)}"
        )
    try:
        for row in reader:
            if "\0more" in row:
                raise DataError(f"{path}:{reader.line_num}: more fields than the header names")
            yield reader.line_num, {key: value for key, value in row.items() if value is not None}
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: not CSV: {error}") from error


def _judgement(values: Mapping[str, Json], where: str) -> Judgement:
    for key in ("id", "system"):
        if not isinstance(values.get(key), str) or not values[key]:
            raise DataError(f"{where}: {key}: missing or no text")
    score = values.get("score")
    try:
        number = math.nan if isinstance(score, bool) or score is None else float(score)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise DataError(f"{where}: score: not a number: {score!r}")
    pair = _text(values, "pair", where)
    return Judgement(
        segment=values["id"],
        system=values["system"],
        score=number,
        corpus=_text(values, "corpus", where),
        pair=str(LanguagePair.parse(pair)) if pair else None,
        where=where,
    )


def _text(values: Mapping[str, Json], key: str, where: str) -> str | None:
    value = values.get(key)
    if value is not None and not isinstance(value, str):
        raise DataError(f"{where}: {key}: no text")
    return value or None


@dataclass(frozen=True, slots=True)
class Place:
    """A test set that judgements may be about."""

    corpus: str
    pair: str
    ids: Sequence[str]
    systems: Sequence[str]


def place_judgements(
    judgements: Sequence[Judgement], places: Sequence[Place], source: str
) -> list[Judgements | None]:
    """Judgements by the test set they are about; several of one hypothesis are averaged.

    Args:
        judgements: From ``read_judgements``.
        places: The test sets of the report.
        source: Name of the file.

    Returns:
        For each place its judgements, or None where there are none.

    Raises:
        DataError: If one is about no segment or system here, or could be about several test sets.
    """
    index = [{name: at for at, name in enumerate(place.ids)} for place in places]
    sums: list[dict[str, tuple[Array, Array]]] = [{} for _ in places]
    for one in judgements:
        fits = [
            number
            for number, place in enumerate(places)
            if one.corpus in (None, place.corpus)
            and one.pair in (None, place.pair)
            and one.segment in index[number]
            and one.system in place.systems
        ]
        if len(fits) != 1:
            _refuse(one, len(fits))
        number = fits[0]
        total, count = sums[number].setdefault(
            one.system, (np.zeros(len(index[number])), np.zeros(len(index[number])))
        )
        total[index[number][one.segment]] += one.score
        count[index[number][one.segment]] += 1
    return [
        Judgements(
            scores={
                system: np.where(count > 0, total / np.maximum(count, 1), np.nan)
                for system, (total, count) in found.items()
            },
            counts={system: count for system, (_, count) in found.items()},
            source=source,
        )
        if found
        else None
        for found in sums
    ]


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
