"""JSONL files of others, read strictly: every defect has its file and line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import jsonlines

from mtbench.errors import DataError
from mtbench.files.writing import read_lines

Fault = Literal["json", "control", "encoding"]


class BadLine(ValueError):
    """Why a line is no JSON object that our files can hold.

    Attributes:
        message: What is wrong, without the place.
        kind: ``json``, ``control`` (a NUL) or ``encoding`` (half of a surrogate pair).
        hint: What to do, where that can be said.
    """

    def __init__(self, message: str, kind: Fault = "json", hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.hint = hint


def parse_object(line: str) -> dict[str, Any]:
    """The JSON object that a line is: no key twice, no number without a value, no NUL.

    Raises:
        BadLine: If it is none.

    Example:
        >>> parse_object('{"id": "1", "src": "one"}')
        {'id': '1', 'src': 'one'}
    """
    try:
        values = jsonlines.Reader([line], loads=_loads).read(type=dict)
    except RecursionError as error:
        raise BadLine("not a JSON object: nested too deeply") from error
    except jsonlines.InvalidLineError as error:
        raise _why(error.__cause__) from error
    if "\\u" in line:
        _check_characters(values)
    return values


def _why(cause: BaseException | None) -> BadLine:
    if isinstance(cause, BadLine):
        return cause
    if isinstance(cause, json.JSONDecodeError):
        return BadLine(f"not a JSON object: {cause.msg} (column {cause.colno})")
    if cause is None:  # JSON, but no object
        return BadLine("not a JSON object: a line is one {…}")
    # A whole number of more digits than Python converts.
    return BadLine(f"not a JSON object: {str(cause).split(';')[0]}")


def read_objects(path: Path, *, blank_lines: bool = False) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON objects of a JSONL file with their line numbers.

    Args:
        path: The file.
        blank_lines: Whether blank lines are passed over; otherwise they stand at its end alone.

    Raises:
        RequestError: If there is no such file.
        DataError: At the first line that is no such object, with file and line.
    """
    blank: int | None = None
    for number, line in read_lines(path):
        if not line.strip():
            blank = blank or number
            continue
        if blank is not None and not blank_lines:
            raise DataError(f"{path}:{blank}: {EMPTY_LINE}", hint="remove it")
        try:
            yield number, parse_object(line)
        except BadLine as error:
            raise DataError(f"{path}:{number}: {error.message}", hint=error.hint) from error


EMPTY_LINE = "an empty line between segments"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise BadLine(f"the key {twice!r} stands twice")
    return found


def _no_constant(name: str) -> Any:
    raise BadLine(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise BadLine(f"the number {text} is too large")
    return value


_DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite
)


def _loads(line: str | bytes) -> Any:
    return _DECODER.decode(line if isinstance(line, str) else line.decode("utf-8"))


def _check_characters(value: Any) -> None:
    """Escapes can spell what UTF-8 and our files cannot hold."""
    if isinstance(value, str):
        if "\0" in value:
            raise BadLine("a NUL character", "control", "remove it")
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise BadLine("half of a surrogate pair (\\ud800-\\udfff)", "encoding") from None
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_characters(key)
            _check_characters(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_characters(inner)
