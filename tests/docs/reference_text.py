"""Markdown from code: what a docstring says, what type a field has, tables."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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


def _attributes(text: str, section: str = "Attributes") -> dict[str, str]:
    _, _, part = text.partition(f"{section}:\n")
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
    if isinstance(value, BaseModel):  # its own defaults stand in its own table
        return f"{type(value).__name__}()"
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


@dataclass(frozen=True)
class Parts:
    """What a docstring says, by section."""

    words: str
    arguments: dict[str, str]
    raises: dict[str, str]
    example: list[str]


def parts(thing: object) -> Parts:
    """The sections of a docstring.

    Example:
        >>> parts(one_line).words
        "Text as Markdown in one line, with reST's double backticks as Markdown's."
    """
    text = inspect.getdoc(thing) or ""
    _, _, example = text.partition("Example:\n")
    words = re.split(r"\n(?:Args|Attributes|Returns|Raises|Example):\n", text)[0]
    return Parts(
        words="\n\n".join(one_line(paragraph) for paragraph in words.strip().split("\n\n")),
        arguments=_attributes(text, "Args"),
        raises=_attributes(text, "Raises"),
        example=[line.removeprefix("    ") for line in example.rstrip().splitlines()],
    )


def methods(kind: type) -> dict[str, Any]:
    """The methods that a class of ours has, those of its bases of ours included."""
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("mtbench"):
            for name, member in vars(base).items():
                function = getattr(member, "__func__", member)
                if inspect.isfunction(function) and function.__doc__ and name[0] != "_":
                    found[name] = function
    return found


def call(name: str, thing: Any) -> list[str]:
    """A call with its parameters, one line each where they are many."""
    text = f"{name}{signature(thing)}"
    if len(text) <= 100:
        return [text]
    found = inspect.signature(thing)
    kinds = list(found.parameters.values())
    lines = []
    for at, one in enumerate(kinds):
        if one.kind is one.KEYWORD_ONLY and (at == 0 or kinds[at - 1].kind is not one.KEYWORD_ONLY):
            lines.append("    *,")
        lines.append(f"    {_unquoted(str(_short(one)))},")
    returned = signature(thing).rpartition(" -> ")[2]
    return [f"{name}(", *lines, f") -> {returned}"]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table."""
    lines = [f"| {' | '.join(header)} |", f"|{'|'.join('---' for _ in header)}|"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in r)} |" for r in rows]
    return lines


def signature(thing: Any) -> str:
    """A callable's parameters; long defaults as an ellipsis."""
    found = inspect.signature(thing)
    return _unquoted(str(found.replace(parameters=[_short(p) for p in found.parameters.values()])))


def _unquoted(text: str) -> str:
    """Annotations that are kept as texts, without the quotes around them."""
    return re.sub(r"(: |-> )'([^']*)'", r"\1\2", text)


def _short(parameter: inspect.Parameter) -> inspect.Parameter:
    if parameter.default is parameter.empty or len(repr(parameter.default)) <= 30:
        return parameter
    return parameter.replace(default=_Ellipsis())


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
