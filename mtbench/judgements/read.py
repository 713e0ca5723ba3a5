"""A file of human judgements → judgements. The format is recognised by content."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mtbench.errors import DataError
from mtbench.files.jsonl import read_objects
from mtbench.files.writing import read_lines, taken_off
from mtbench.judgements import appraise, mqm
from mtbench.judgements.pearmut import annotated, is_annotation
from mtbench.judgements.values import number
from mtbench.languages import LanguagePair
from mtbench.types import Json
from mtbench.types.judgements import Judgement, JudgementFile

KEYS = ("id", "system", "score", "corpus", "pair")
_NEEDED = KEYS[:3]
_NO_STANDARD_SCORE = 10.0  # standard scores lie between -10 and 10
_SHOWS_ITS_SCALE = 10  # judgements of a rater that show a scale


def read_judgements(path: Path) -> JudgementFile:
    """The judgements of a file.

    Read are: CSV (with a header) and JSONL with ``id``, ``system`` and ``score``; pearmut's
    annotations; raw MQM (one marked error per line) and averaged MQM as Google and WMT publish
    them; the CSV that Appraise exports for ESA; ``.seg.score`` of mt-metrics-eval.

    Raises:
        RequestError: If the file cannot be read.
        DataError: With file and line, for the first line that does not hold.
    """
    if path.suffix in (".jsonl", ".json"):
        return _file(_from_objects(path, read_objects(path)), path, "JSONL")
    lines = list(read_lines(path))
    first = next((line for _, line in lines if line.strip()), "")
    if mqm.is_raw(first):
        return _checked(mqm.read_raw(path, lines), path)
    if mqm.is_average(first):
        return _checked(mqm.read_averages(path, lines), path)
    if appraise.is_export(first):
        return _checked(appraise.read(path, lines), path)
    if mqm.is_segment_scores(path, first):
        return _checked(mqm.read_segment_scores(path, lines), path)
    return _file(_from_objects(path, _csv_rows(path, lines)), path, "CSV")


def judgements_of_rows(
    path: Path, rows: Iterable[tuple[str, Mapping[str, Json]]], title: str
) -> JudgementFile:
    """The judgements of a table's rows: ``id``, ``system``, ``score`` and what else is known.

    Args:
        path: The file.
        rows: Each with its place.
        title: The format, in words.

    Raises:
        DataError: With the place, for the first row that does not hold.
    """
    return _file((_judgement(values, where) for where, values in rows), path, title)


def _file(found: Iterable[Judgement], path: Path, title: str) -> JudgementFile:
    return _checked(JudgementFile(tuple(found), "scores", title), path)


def _checked(found: JudgementFile, path: Path) -> JudgementFile:
    if not found.judgements:
        raise DataError(f"{path}: no judgements", hint=f"columns are {', '.join(KEYS)}")
    if found.protocol == "scores":
        _check_one_scale(found.judgements)
    return replace(found, notes=(*taken_off(path, ends=False), *found.notes))


def _check_one_scale(judgements: Sequence[Judgement]) -> None:
    """Says where scores cannot be of one scale, which the file does not name.

    Raises:
        DataError: If there are costs (MQM's, below 0) beside points, or one rater's scores lie
            within 0 to 1 and another's far above.
    """
    by_rater: dict[str | None, list[Judgement]] = {}
    for one in judgements:
        by_rater.setdefault(one.rater, []).append(one)
    least = min(judgements, key=_score_of)
    most = max(judgements, key=_score_of)
    if least.score < 0 and most.score > _NO_STANDARD_SCORE:
        raise _two_scales(least, most)
    ranges = [
        (min(each, key=_score_of), max(each, key=_score_of))
        for each in by_rater.values()
        if len(each) >= _SHOWS_ITS_SCALE
    ]
    shares = [high for low, high in ranges if low.score >= 0 and high.score <= 1]
    points = [high for _, high in ranges if high.score > _NO_STANDARD_SCORE]
    if shares and points:
        raise _two_scales(shares[0], points[0])


def _score_of(one: Judgement) -> float:
    return one.score


def _two_scales(one: Judgement, other: Judgement) -> DataError:
    return DataError(
        f"{one.where}: a score of {one.score:g} beside {other.score:g} ({other.where}): these are "
        "not of one scale",
        hint="put each scale into a file of its own",
    )


def _from_objects(path: Path, rows: Iterable[tuple[int, dict[str, Json]]]) -> Iterator[Judgement]:
    for at, values in rows:
        where = f"{path}:{at}"
        for one in annotated(values, where) if is_annotation(values) else (values,):
            yield _judgement(one, where)


def _csv_rows(path: Path, lines: list[tuple[int, str]]) -> Iterator[tuple[int, dict[str, Json]]]:
    text = "\n".join(line for _, line in lines)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restkey="\0more")
    try:
        missing = [key for key in _NEEDED if key not in (reader.fieldnames or ())]
        if missing:
            raise DataError(
                f"{path}:1: no column {', '.join(missing)}", hint=f"columns are {', '.join(KEYS)}"
            )
        for row in reader:
            if "\0more" in row:
                raise DataError(f"{path}:{reader.line_num}: more fields than the header names")
            yield reader.line_num, {key: value for key, value in row.items() if value is not None}
    except csv.Error as error:
        raise DataError(f"{path}:{max(reader.line_num, 1)}: not CSV: {error}") from error


def _judgement(values: Mapping[str, Json], where: str) -> Judgement:
    for key in ("id", "system"):
        if not isinstance(values.get(key), str) or not values[key]:
            raise DataError(f"{where}: {key}: missing or no text")
    pair = _text(values, "pair", where)
    return Judgement(
        segment=values["id"],
        system=values["system"],
        score=number(values.get("score"), where),
        corpus=_text(values, "corpus", where),
        pair=str(LanguagePair.parse(pair)) if pair else None,
        rater=_text(values, "rater", where),
        where=where,
    )


def _text(values: Mapping[str, Json], key: str, where: str) -> str | None:
    value = values.get(key)
    if value is not None and not isinstance(value, str):
        raise DataError(f"{where}: {key}: no text")
    return value or None
