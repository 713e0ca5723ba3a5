"""One line of a corpus file: the rules it must keep, in the one place that knows them.

Loading raises the first fault, validation collects them all, writing raises it before a byte is on
the disk: each hands ``parse_line`` or ``check`` its own way to report.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple, NoReturn, cast, get_args

from mtbench.corpora.constraints import parse_constraints
from mtbench.errors import DataError, RequestError
from mtbench.files.jsonl import EMPTY_LINE, BadLine, parse_object
from mtbench.languages import normalise_tag
from mtbench.types import Json, Origin, Segment, Source

KEYS = (
    "id",
    "src",
    "ref",
    "doc",
    "domain",
    "original_language",
    "origin",
    "alignment",
    "context",
    "instruction",
    "constraints",
)
"""Keys of a corpus line that mean something to mtbench, in the order they are written."""
ORIGINS: tuple[Origin, ...] = get_args(Origin)
"""How a reference can have come to be."""

Kind = Literal[
    "alignment", "blank", "checksum", "control", "duplicate-id", "empty", "encoding", "json",
    "missing", "reversible", "type",
]  # fmt: skip
STRINGS = ("doc", "domain", "original_language", "origin", "context", "instruction")


class Fault(NamedTuple):
    """Why a line, or a file of lines, does not hold.

    Attributes:
        kind: What sort of fault, one word, for scripts.
        message: What is wrong, without the place.
        hint: What to do, where that can be said.
    """

    kind: Kind
    message: str
    hint: str | None = None


Report = Callable[[Fault], None]


def raising(where: str) -> Callable[[Fault], NoReturn]:
    """A report that raises the first fault.

    Args:
        where: File and line, for the message.

    Raises:
        DataError: At once.
    """

    def report(fault: Fault) -> NoReturn:
        raise DataError(f"{where}: {fault.message}", hint=fault.hint)

    return report


class Line(NamedTuple):
    """What a line says, as far as it holds.

    Attributes:
        id: The id, or None where there is none that holds.
        source: The source text, or None likewise.
        references: The references that hold.
        document: The document, if named.
        values: Everything the line has, by key.
    """

    id: str | None
    source: str | None
    references: tuple[str, ...]
    document: str | None
    values: Mapping[str, Json]


def parse_line(text: str, report: Report) -> Line | None:
    """What a line says, each of its faults reported; None where it is no JSON object.

    Args:
        text: The line, without its end.
        report: Called with each fault, in order.

    Example:
        >>> found = []
        >>> line = parse_line('{"id": "7", "src": " "}', found.append)
        >>> found[0].message
        "src: blank (segment '7')"
    """
    try:
        values = parse_object(text)
    except BadLine as error:
        report(Fault(error.kind, error.message, error.hint))
        return None
    return check(values, report)


def check(values: Mapping[str, Json], report: Report) -> Line:
    """Holds the values of a line against the rules.

    Args:
        values: By key.
        report: Called with each fault, in order.
    """
    identifier = _required(values, "id", report)
    source = _required(values, "src", report)
    for key in STRINGS:
        if values.get(key) is not None and not isinstance(values[key], str):
            report(Fault("type", f"{key}: not a string"))
    _check_labels(values, report)
    parse_constraints(values.get("constraints"), lambda fault: report(Fault("type", fault)))
    return Line(identifier, source, _references(values, report), _named(values.get("doc")), values)


def as_segment(line: Line) -> Segment:
    """A line without faults as a record.

    Args:
        line: From ``parse_line``, nothing reported.
    """
    values = line.values
    return Segment(
        source=Source(
            id=line.id or "",
            text=line.source or "",
            document=line.document,
            context=values.get("context"),
            instruction=values.get("instruction"),
        ),
        references=line.references,
        domain=_named(values.get("domain")),
        original_language=values.get("original_language"),
        origin=cast("Origin | None", values.get("origin")),
        alignment=values.get("alignment"),
        constraints=parse_constraints(values.get("constraints"), _quiet),
        extra={key: value for key, value in values.items() if key not in KEYS},
    )


def _quiet(fault: str) -> None:
    """Is told what was reported before."""


def write_line(values: Mapping[str, Json], where: str) -> bytes:
    r"""A line as it is written: known keys first and in order, absent ones left out.

    Args:
        values: By key; ``ref`` is a string, or several.
        where: Where it comes from, for messages.

    Raises:
        DataError: If a corpus file cannot hold it, with place and segment.

    Example:
        >>> write_line({"src": "one", "id": "7", "ref": ("uno",), "doc": None}, "memory")
        b'{"id": "7", "src": "one", "ref": "uno"}\n'
    """
    name = f" (segment {values.get('id')!r})"
    ordered = {key: values[key] for key in KEYS if values.get(key) is not None}
    ordered.update({key: value for key, value in values.items() if key not in KEYS})
    if not isinstance(ordered.get("ref", ""), str):
        references = list(ordered["ref"])
        ordered["ref"] = references[0] if len(references) == 1 else references
        if not references:
            del ordered["ref"]
    try:
        text = json.dumps(ordered, ensure_ascii=False, allow_nan=False)
        line = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise DataError(f"{where}: half of a surrogate pair{name}", hint=SKIP) from error
    except ValueError as error:
        raise DataError(f"{where}: not JSON: {error}{name}") from error

    def report(fault: Fault) -> NoReturn:
        told = name if name not in fault.message else ""
        raise DataError(f"{where}: {fault.message}{told}", hint=SKIP)

    parse_line(text, report) if "\\u" in text else check(ordered, report)
    return line + b"\n"


SKIP = "leave out such segments by --skip-invalid"


def blank_line() -> Fault:
    """An empty line that is not at the end of a file."""
    return Fault("blank", EMPTY_LINE, "remove it")


def duplicate_id(name: str, first: int) -> Fault:
    """An id that stands on an earlier line."""
    return Fault(
        "duplicate-id",
        f"duplicate id {name!r} (first on line {first})",
        "give each segment an id of its own",
    )


def no_segments() -> Fault:
    """A file without a line."""
    return Fault("empty", "no segments", "write one JSON object a line")


def not_reversible(count: int, where: str = "") -> Fault:
    """A segment of a file that shall serve the other direction too, without exactly one reference.

    Args:
        count: How many it has.
        where: Its id as a sentence begins, where the place does not say it.
    """
    return Fault(
        "reversible",
        f"{where}{count} references, but the card says reversible = true",
        "take reversible = true out of card.toml",
    )


def other_bytes() -> Fault:
    """A file that the card knows otherwise."""
    return Fault(
        "checksum",
        "not the file of which card.toml holds the checksum",
        "restore the file, or take it as it is: mtbench corpus seal DIR",
    )


def _required(values: Mapping[str, Json], key: str, report: Report) -> str | None:
    value = values.get(key)
    if value is None:
        report(Fault("missing", f"{key}: missing"))
        return None
    if not isinstance(value, str):
        report(Fault("type", f"{key}: not a string"))
        return None
    if not value.strip():
        name = f" (segment {values['id']!r})" if key == "src" and "id" in values else ""
        report(Fault("blank", f"{key}: blank{name}", "remove the segment" if name else None))
        return None
    return value


def _check_labels(values: Mapping[str, Json], report: Report) -> None:
    origin = values.get("origin")
    if isinstance(origin, str) and origin not in ORIGINS:
        report(Fault("type", f"origin: {origin!r} is none of {', '.join(ORIGINS)}"))
    made_of = values.get("reference_of")
    if made_of is not None and not (
        isinstance(made_of, list) and all(isinstance(name, str) and name for name in made_of)
    ):
        report(Fault("type", 'reference_of: not a list of systems, such as ["our-mt"]'))
    language = values.get("original_language")
    if isinstance(language, str):
        try:
            normalise_tag(language)
        except RequestError as error:
            report(Fault("type", f"original_language: {error.message}", error.hint))
    alignment = values.get("alignment")
    if alignment is not None and not (
        isinstance(alignment, int | float)
        and not isinstance(alignment, bool)
        and 0 <= alignment <= 1
    ):
        report(Fault("alignment", "alignment: not a number from 0 to 1"))


def _references(values: Mapping[str, Json], report: Report) -> tuple[str, ...]:
    value = values.get("ref")
    if value is None:
        return ()
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        report(Fault("type", "ref: neither a string nor a list of strings"))
        return ()
    return _filled(value, report)


def _filled(references: Iterable[str], report: Report) -> tuple[str, ...]:
    found = []
    for item in references:
        if item.strip():
            found.append(item)
        else:
            report(Fault("blank", "ref: blank", "leave the key out where there is none"))
    return tuple(found)


def _named(label: Json) -> str | None:
    """A text that names something; a blank one names nothing, so such segments are not one."""
    return label if isinstance(label, str) and label.strip() else None
