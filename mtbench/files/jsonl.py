"""JSONL files of others, read strictly: every defect has its file and line."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonlines

from mtbench.errors import DataError
from mtbench.files.writing import read_lines


def read_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON objects of a JSONL file with their line numbers; blank lines only at its end.

    Raises:
        DataError: At the first line that is not one, with file and line.
    """
    blank: int | None = None
    for number, line in read_lines(path):
        if not line.strip():
            blank = blank or number
            continue
        if blank is not None:
            raise DataError(f"{path}:{blank}: an empty line between segments", hint="remove it")
        where = f"{path}:{number}"
        loads = functools.partial(
            json.loads,
            object_pairs_hook=functools.partial(_no_duplicate_keys, where),
            parse_constant=functools.partial(_no_constant, where),
            parse_float=functools.partial(_finite, where),
        )
        try:
            values = jsonlines.Reader([line], loads=loads).read(type=dict)
        except jsonlines.InvalidLineError as error:
            raise DataError(f"{where}: not a JSON object: {_reason(error)}") from error
        except RecursionError as error:
            raise DataError(f"{where}: not a JSON object: nested too deeply") from error
        if "\\u" in line:
            _check_characters(values, where)
        yield number, values


def _reason(error: jsonlines.InvalidLineError) -> str:
    """Why a line is not one, without counting lines within it."""
    if isinstance(error.__cause__, json.JSONDecodeError):
        return f"{error.__cause__.msg} (column {error.__cause__.colno})"
    if error.__cause__ is None:
        return "a line is one {…}"
    return str(error.__cause__).split(";")[0]


def _no_duplicate_keys(where: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise DataError(f"{where}: the key {twice!r} stands twice")
    return found


def _no_constant(where: str, name: str) -> Any:
    raise DataError(f"{where}: {name} is not JSON")


def _finite(where: str, text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise DataError(f"{where}: the number {text} is too large")
    return value


def _check_characters(value: Any, where: str) -> None:
    """Escapes can spell what UTF-8 and our files cannot hold."""
    if isinstance(value, str):
        if "\0" in value:
            raise DataError(f"{where}: a NUL character", hint="remove it")
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise DataError(f"{where}: half of a surrogate pair (\\ud800-\\udfff)") from None
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_characters(key, where)
            _check_characters(inner, where)
    elif isinstance(value, list):
        for inner in value:
            _check_characters(inner, where)
