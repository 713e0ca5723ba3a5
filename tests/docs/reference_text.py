"""Markdown from code: what a docstring says, what type a field has, tables."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any, Literal, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

_FIELD = re.compile(r"^(?P<names>[\w, ]+?)(?: \([^)]*\))?: (?P<text>.*)$")
SECTIONS = ("Args:", "Attributes:", "Returns:", "Raises:", "Yields:")


def summary(thing: object) -> str:
    """The first paragraph of a docstring, in one line."""
    text = inspect.getdoc(thing) or ""
    return one_line(text.split("\n\n", 1)[0])


def one_line(text: str) -> str:
    """Text as Markdown in one line, with reST's double backticks as Markdown's."""
    return re.sub(r"\s+", " ", text.replace("``", "`")).strip()


def described(kind: type) -> dict[str, str]:
    """What the docstrings of a class and its bases say of attributes: name → text."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        found |= _attributes(inspect.cleandoc(base.__doc__ or ""))
    return found


def _attributes(text: str) -> dict[str, str]:
    _, _, part = text.partition("Attributes:\n")
    lines: list[str] = []
    for line in part.splitlines():
        if not line.strip() or not line.startswith("    "):
            break
        if line.startswith("        ") and lines:
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line.strip())
    found = {}
    for line in lines:
        if match := _FIELD.match(line):
            for name in match["names"].split(","):
                found[name.strip()] = one_line(match["text"])
    return found


def fields_table(kind: type[BaseModel], what: str = "field") -> list[str]:
    """A row for each field of a record: type, default, meaning."""
    meanings = described(kind)
    rows = [
        (
            f"`{field.alias or name}`",
            f"`{type_text(kind, name)}`",
            "required" if field.is_required() else f"`{default_text(field)}`",
            meanings.get(name, ""),
        )
        for name, field in kind.model_fields.items()
    ]
    return table((what, "type", "default", "meaning"), rows) if rows else [f"It has no {what}s."]


def default_text(field: Any) -> str:
    """A default, as JSON or Python would write it."""
    value = field.default
    if value is PydanticUndefined and field.default_factory is not None:
        value = field.default_factory()
    return (
        {True: "true", False: "false", None: "null"}.get(value, repr(value))
        if isinstance(value, bool | None)
        else repr(value)
    )


def type_text(kind: type[BaseModel], name: str) -> str:
    """A field's annotation as it stands in the source, without validation."""
    for base in kind.__mro__:
        annotation = inspect.get_annotations(base).get(name)
        if annotation is not None:
            text = (
                annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
            )
            return _plain(_spelt_out(text, sys.modules[base.__module__]))
    return ""


def _spelt_out(text: str, module: ModuleType) -> str:
    """Names of literals as the choices that they stand for."""
    for name in re.findall(r"\w+", text):
        if get_origin(value := getattr(module, name, None)) is Literal:
            text = re.sub(rf"\b{name}\b", str(value).removeprefix("typing."), text)
    return text


def _plain(text: str) -> str:
    """``Annotated[X, …]`` as ``X``."""
    while "Annotated[" in text:
        start = text.index("Annotated[")
        depth, end, comma = 0, start, None
        for end in range(start, len(text)):
            depth += (text[end] == "[") - (text[end] == "]")
            if text[end] == "," and depth == 1 and comma is None:
                comma = end
            if text[end] == "]" and depth == 0:
                break
        text = text[:start] + text[start + len("Annotated[") : comma] + text[end + 1 :]
    return text


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    lines = [f"| {' | '.join(header)} |", f"|{'|'.join('---' for _ in header)}|"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in r)} |" for r in rows]
    return lines


def signature(thing: Any) -> str:
    """A callable's parameters; long defaults as an ellipsis."""
    found = inspect.signature(thing)
    parameters = [
        p.replace(default=_Ellipsis() if len(repr(p.default)) > 30 else p.default)
        if p.default is not p.empty
        else p
        for p in found.parameters.values()
    ]
    return str(found.replace(parameters=parameters)).replace("'", "")


class _Ellipsis:
    def __repr__(self) -> str:
        return "…"


def page(title: str, blocks: Iterable[Sequence[str]]) -> str:
    """A page that says it was generated."""
    note = "<!-- Made from the code by: python -m tests.docs.reference -->"
    text = "\n\n".join("\n".join(block) for block in blocks if block)
    return f"{note}\n# {title}\n\n{text}\n"


def by_name(things: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Items in the order of their names."""
    return sorted(things.items())
