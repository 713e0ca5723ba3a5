"""Human judgements of one output: a head, and a line per judgement."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from mtbench.errors import DataError
from mtbench.files.jsonl import read_objects
from mtbench.files.writing import write_text
from mtbench.results.lines import json_line, record
from mtbench.types import Json
from mtbench.types.judgements import Campaign, ErrorSpan, Judgement

_SAID_WHERE_THERE_IS_SOME = ("rater", "document", "when", "text")


def write_judgements(path: Path, head: Campaign, judgements: Iterable[Judgement]) -> None:
    """Writes a campaign's judgements of one output.

    Raises:
        Unavailable: If the place cannot be written.
    """
    lines = [json_line(head.model_dump(mode="json")), *(json_line(_values(j)) for j in judgements)]
    write_text(path, "".join(lines))


def _values(one: Judgement) -> dict[str, Json]:
    values: dict[str, Json] = {"id": one.segment, "score": one.score}
    for key in _SAID_WHERE_THERE_IS_SOME:
        if (value := getattr(one, key)) is not None:
            values[key] = value
    if one.spans is not None:
        values["spans"] = [[s.start, s.end, s.severity, s.category] for s in one.spans]
    return values


def read_judgements(path: Path, system: str) -> tuple[Campaign, list[Judgement]]:
    """A campaign's judgements of one output, each with its line.

    Args:
        path: The file.
        system: Whose output it is.

    Raises:
        DataError: If the file does not hold.
    """
    lines = read_objects(path)
    try:
        _, first = next(lines)
    except StopIteration:
        raise DataError(
            f"{path}: empty", hint="restore it, or import the judgements again"
        ) from None
    head = record(Campaign, first, path)
    return head, [_judgement(values, system, f"{path}:{at}") for at, values in lines]


def _judgement(values: dict[str, Json], system: str, where: str) -> Judgement:
    try:
        spans = values.get("spans")
        return Judgement(
            segment=str(values["id"]),
            system=system,
            score=float(values["score"]),
            corpus=None,
            pair=None,
            where=where,
            spans=None if spans is None else tuple(ErrorSpan(*span) for span in spans),
            **{key: values.get(key) for key in _SAID_WHERE_THERE_IS_SOME},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{where}: not a judgement: {json.dumps(values)[:60]}",
            hint="restore the file, or import the judgements again",
        ) from error
