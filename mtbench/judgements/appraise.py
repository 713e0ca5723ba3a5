"""The CSV that Appraise exports for error span annotation (ESA), as WMT publishes it since 2024.

It has no header; its columns are rater, system, item, type, source language, target language,
score, document, whether the document is whole, marked errors (JSON), start and end of the work.
Items whose type is not TGT are checks of attention, with errors put in on purpose.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path

from mtbench.errors import DataError, RequestError
from mtbench.judgements.values import number
from mtbench.languages import LanguagePair
from mtbench.types import Json
from mtbench.types.judgements import ErrorSpan, Judgement, JudgementFile

_COLUMNS = 12
_JUDGED = "TGT"
_KIND = re.compile(r"[A-Z]+\Z")
_SUFFIX = re.compile(r"#(incomplete|dup\w*)\Z")
_TUTORIAL = re.compile(r"-tutorial\d*\Z")


def is_export(first: str) -> bool:
    """Whether a first line is one of such an export."""
    try:
        fields = next(csv.reader([first]), [])
    except csv.Error:  # a carriage return in the middle of it: whoever reads it says so
        return False
    return (
        len(fields) == _COLUMNS
        and _KIND.match(fields[3]) is not None
        and fields[8] in ("True", "False")
    )


def read(path: Path, lines: Sequence[tuple[int, str]]) -> JudgementFile:
    """The judgements of an export, checks of attention and tutorials left out and counted.

    Raises:
        DataError: With file and line.
    """
    found: list[Judgement] = []
    checks = tutorials = 0
    reader = csv.reader(io.StringIO("\n".join(line for _, line in lines), newline=""), strict=True)
    try:
        for fields in reader:
            where = f"{path}:{reader.line_num}"
            if not fields:
                continue
            if len(fields) != _COLUMNS:
                raise DataError(f"{where}: {len(fields)} fields instead of {_COLUMNS}")
            if _TUTORIAL.search(fields[1]):
                tutorials += 1
            elif fields[3] != _JUDGED:
                checks += 1
            else:
                found.append(_judgement(fields, where))
    except csv.Error as error:
        raise DataError(f"{path}:{max(reader.line_num, 1)}: not CSV: {error}") from error
    notes = tuple(
        f"{count} {what} left out"
        for count, what in ((checks, "checks of attention"), (tutorials, "tutorial items"))
        if count
    )
    return JudgementFile(tuple(found), "esa", "ESA as Appraise exports it", notes, 0, 100)


def _judgement(fields: Sequence[str], where: str) -> Judgement:
    rater, system, item, _, source, target, score, document = fields[:8]
    try:
        pair = str(LanguagePair.parse(f"{source}-{target}"))
    except RequestError as error:
        raise DataError(f"{where}: {error.message}") from error
    return Judgement(
        segment=item,
        system=system,
        score=number(score, where, 0, 100),
        corpus=None,
        pair=pair,
        where=where,
        rater=rater,
        document=_SUFFIX.sub("", document),
        spans=_spans(fields[9], where),
        when=fields[11] or None,
    )


def _spans(text: str, where: str) -> tuple[ErrorSpan, ...]:
    try:
        values: Json = json.loads(text)
        return tuple(_span(one) for one in values)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DataError(f"{where}: not marked errors: {text[:60]!r}") from error


def _span(value: dict[str, Json]) -> ErrorSpan:
    start, end = value["start_i"], value["end_i"]
    located = isinstance(start, int) and isinstance(end, int)  # else "missing": an omission
    return ErrorSpan(
        start if located else None,
        end if located else None,
        str(value["severity"]).lower(),
        str(value.get("error_type") or "").lower(),
    )
