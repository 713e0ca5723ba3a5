"""How records stand in the files of a results folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from mtbench.errors import DataError, RequestError
from mtbench.plugins import first_defect
from mtbench.types import Hypothesis, Json, Record

RecordT = TypeVar("RecordT", bound=Record)


def record(kind: type[RecordT], values: Json, path: Path) -> RecordT:
    """A record from what a file held.

    Raises:
        DataError: If it does not hold.
    """
    try:
        return kind.model_validate(values)
    except (ValidationError, RequestError) as error:  # a tag that is none is a request elsewhere
        defect = error.message if isinstance(error, RequestError) else first_defect(error)
        raise DataError(
            f"{path}: {defect}",
            hint="it was edited, or written by another version; remove it to have it made again",
        ) from error


def hypothesis_values(hypothesis: Hypothesis) -> dict[str, Json]:
    """A hypothesis as JSON: ``id``, ``mt``, and ``failure`` where there is one."""
    values: dict[str, Json] = {"id": hypothesis.id, "mt": hypothesis.text}
    if hypothesis.failure is not None:
        values["failure"] = hypothesis.failure
    return values


def json_line(value: Json) -> str:
    """One line of JSONL."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n"


def one_key_a_line(document: Mapping[str, Json]) -> str:
    """A JSON object with each of its keys on one line, so that it can be looked through."""
    lines = (
        f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False, allow_nan=False)}"
        for key, value in document.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"
