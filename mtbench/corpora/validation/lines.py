"""One line of a corpus file: everything that is wrong with it, not only the first thing.

What is an error here is what reading the corpus refuses; a test holds the two together.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from mtbench.corpora.validation.records import Kind
from mtbench.errors import RequestError
from mtbench.languages import normalise_tag
from mtbench.types import Json

Report = Callable[[Kind, str], None]

_STRINGS = ("doc", "domain", "original_language", "origin", "context", "instruction")
_ORIGINS = ("human", "machine", "unknown")


class Line(NamedTuple):
    """What a line says, as far as it holds.

    Attributes:
        id: The id, or None where there is none that holds.
        source: The source text, or None likewise.
        references: The references.
        document: The document, if named.
    """

    id: str | None
    source: str | None
    references: tuple[str, ...]
    document: str | None


def parse_line(text: str, report: Report) -> Line | None:
    """What a line says, all its defects reported; None where it is no JSON object.

    Args:
        text: The line.
        report: Called with kind and message of each error.
    """
    try:
        values = _DECODER.decode(text)
    except _Twice as error:
        report("json", f"the key {error.key!r} stands twice")
        return None
    except RecursionError:
        report("json", "not JSON: nested too deeply")
        return None
    except ValueError as error:
        report("json", f"not JSON: {error}")
        return None
    if not isinstance(values, dict):
        report("json", "not a JSON object")
        return None
    if "\\u" in text:
        _check_characters(values, report)
    identifier = _required(values, "id", report)
    source = _required(values, "src", report)
    for key in _STRINGS:
        if values.get(key) is not None and not isinstance(values[key], str):
            report("type", f"{key}: not a string")
    _check_values(values, report)
    document = values.get("doc")
    return Line(
        identifier,
        source,
        _references(values, report),
        document if isinstance(document, str) and document.strip() else None,
    )


class _Twice(Exception):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _Twice(next(key for key in keys if keys.count(key) > 1))
    return found


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text} is too large")
    return value


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite
)


def _required(values: Mapping[str, Json], key: str, report: Report) -> str | None:
    value = values.get(key)
    if value is None:
        report("missing", f"{key}: missing")
        return None
    if not isinstance(value, str):
        report("type", f"{key}: not a string")
        return None
    if not value.strip():
        name = f" (segment {values['id']!r})" if key == "src" and "id" in values else ""
        report("blank", f"{key}: blank{name}")
        return None
    return value


def _check_values(values: Mapping[str, Json], report: Report) -> None:
    origin = values.get("origin")
    if isinstance(origin, str) and origin not in _ORIGINS:
        report("type", f"origin: {origin!r} is none of {', '.join(_ORIGINS)}")
    language = values.get("original_language")
    if isinstance(language, str):
        try:
            normalise_tag(language)
        except RequestError as error:
            report("type", f"original_language: {error.message}")
    alignment = values.get("alignment")
    if alignment is not None and not (
        isinstance(alignment, int | float)
        and not isinstance(alignment, bool)
        and 0 <= alignment <= 1
    ):
        report("alignment", "alignment: not a number from 0 to 1")


def _references(values: Mapping[str, Json], report: Report) -> tuple[str, ...]:
    value = values.get("ref")
    if value is None:
        return ()
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        report("type", "ref: neither a string nor a list of strings")
        return ()
    if not all(item.strip() for item in value):
        report("blank", "ref: blank")
    return tuple(item for item in value if item.strip())


def _check_characters(value: Json, report: Report) -> None:
    """Escapes can spell what UTF-8 and corpus files cannot hold."""
    if isinstance(value, str):
        if "\0" in value:
            report("control", "a NUL character")
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            report("encoding", "half of a surrogate pair")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_characters(key, report)
            _check_characters(inner, report)
    elif isinstance(value, list):
        for inner in value:
            _check_characters(inner, report)
