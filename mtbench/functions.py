"""Functions of a user's own: which code their answers follow from, and how they are called.

A function is told from another one by its source and by the plain values, functions, classes and
packages that the source names; a class by its methods, values and bases. Where a value is none of
these (a loaded model, an object), nothing says whether two calls would answer alike, and the
function is unpinned; whoever knows better says so by an attribute ``identity``.
"""

from __future__ import annotations

import dis
import functools
import importlib
import importlib.metadata
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from pydantic import BaseModel

from mtbench import __version__
from mtbench.errors import RequestError
from mtbench.files.digests import digest_json
from mtbench.types import Json

UNPINNED = "unpinned"


def identity(thing: object, *held: object) -> str:
    """Which code a function's answers follow from: its digest, what its author says, or unpinned.

    What a function reads while it runs (files, the clock, a network) is in no digest.

    Args:
        thing: A function or object; its attribute ``identity``, a text, is taken as it stands.
        held: Values that its answers rest on beside itself, such as an object's class and
            attributes; they alone count where there are some.

    Example:
        >>> def one(text: str) -> str:
        ...     return text.upper()
        >>> one.identity = "version 3"
        >>> identity(one)
        'said:version 3'
        >>> identity(object())
        'unpinned'
    """
    said = getattr(thing, "identity", None)
    if isinstance(said, str) and said.strip():
        return f"said:{said.strip()}"
    try:
        return f"sha256:{digest_json(_facts(held or thing, ()))[:12]}"
    except _Unknown:
        return UNPINNED


class _Unknown(Exception):
    """A value of which nothing says whether another one is the same."""


def _facts(value: Any, inside: tuple[object, ...]) -> Json:
    """What tells a value from another one.

    Raises:
        _Unknown: If nothing does.
    """
    if (found := _of_data(value, inside)) is not None:
        return found
    if any(value is one for one in inside):
        return ["itself", inside.index(value)]
    if isinstance(value, ModuleType):
        return _of_package(value.__name__, "")
    if isinstance(value, functools.partial):
        parts = (value.func, value.args, value.keywords)
        return ["partial", *(_facts(one, (*inside, value)) for one in parts)]
    name = getattr(value, "__qualname__", None)
    home = getattr(value, "__objclass__", None)  # of a built-in method
    module = getattr(value, "__module__", None) or getattr(home, "__module__", None) or ""
    if callable(value) and name is not None:
        try:
            return _of_package(module, name)
        except _Unknown:
            if isinstance(value, FunctionType):
                return _of_function(value, (*inside, value))
            if isinstance(value, type):
                return _of_class(value, (*inside, value))
    raise _Unknown


def _of_data(value: Any, inside: tuple[object, ...]) -> list[Json] | None:
    """What tells plain data from other data; None for anything else."""
    if value is None or isinstance(value, bool | int | float | str | bytes | re.Pattern):
        return [type(value).__name__, repr(value)]
    if isinstance(value, set | frozenset):
        return [type(value).__name__, *sorted((_facts(one, inside) for one in value), key=str)]
    if isinstance(value, BaseModel):
        return [_facts(type(value), inside), value.model_dump(mode="json")]
    if isinstance(value, list | tuple):
        return [type(value).__name__, *(_facts(one, inside) for one in value)]
    if isinstance(value, dict):
        return ["dict", *([_facts(k, inside), _facts(v, inside)] for k, v in value.items())]
    return None


def _of_package(module: str, name: str) -> Json:
    """A thing of the standard library or of an installed package, by version."""
    root = module.partition(".")[0]
    if root == "mtbench":
        return ["package", f"mtbench {__version__}", module, name]
    if root in sys.stdlib_module_names and root != "__main__":
        return ["python", sys.version.split()[0], module, name]
    found = _distributions().get(root, ())
    if not found:
        raise _Unknown
    return ["package", *(f"{one} {importlib.metadata.version(one)}" for one in found), module, name]


@functools.cache
def _distributions() -> Mapping[str, tuple[str, ...]]:
    found = importlib.metadata.packages_distributions()
    return {name: tuple(sorted(set(several))) for name, several in found.items()}


def _of_function(function: FunctionType, inside: tuple[object, ...]) -> Json:
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError) as error:  # typed in where nothing keeps it
        raise _Unknown from error
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    held = dict(zip(function.__code__.co_freevars, cells, strict=True))
    for name in _names(function.__code__):
        if name in function.__globals__:
            held[name] = function.__globals__[name]
    for name in _imports(function.__code__):
        held[f"import {name}"] = sys.modules.get(name) or _module(name)
    defaults = [function.__defaults__, function.__kwdefaults__]
    return [
        "function",
        source,
        _facts(defaults, inside),
        *([name, _facts(held[name], inside)] for name in sorted(held)),
    ]


_WRAPPED = {property: "fget", staticmethod: "__func__", classmethod: "__func__"}
_WRAPPED[functools.cached_property] = "func"


def _of_class(kind: type, inside: tuple[object, ...]) -> Json:
    """Methods, values and bases; of a record its fields, whose values stand in its instances."""
    found: list[Json] = ["class", [_facts(base, inside) for base in kind.__bases__]]
    if issubclass(kind, BaseModel):
        fields = kind.model_fields.items()
        return [*found, *([name, repr(f.annotation), repr(f.default)] for name, f in fields)]
    for name, value in sorted(vars(kind).items()):
        unwrapped = getattr(value, _WRAPPED.get(type(value), ""), value)
        if isinstance(unwrapped, FunctionType) or not name.startswith(("__", "_abc_")):
            found.append([name, _facts(unwrapped, inside)])
    return found


def _module(name: str) -> ModuleType:
    _of_package(name, "")
    return ModuleType(name)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _named(code: CodeType, *operations: str) -> Iterator[str]:
    for part in _codes(code):
        for step in dis.get_instructions(part):
            if step.opname in operations:
                yield str(step.argval)


def _names(code: CodeType) -> list[str]:
    return sorted(set(_named(code, "LOAD_GLOBAL", "LOAD_NAME")))


def _imports(code: CodeType) -> list[str]:
    return sorted({name for name in _named(code, "IMPORT_NAME") if name})


def found_at(call: str) -> Any:
    """What a module holds under a name; it is looked for in the current folder first.

    Args:
        call: ``MODULE:NAME``.

    Raises:
        RequestError: If there is no such module or name, or the module cannot be imported.

    Example:
        >>> found_at("json:dumps")([1])
        '[1]'
    """
    module, _, name = call.partition(":")
    if not module or not name or ":" in name:
        raise RequestError(
            f"python:{call}: not a module and a name in it", hint="write python:MODULE:NAME"
        )
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return getattr(importlib.import_module(module), name)
    except Exception as error:
        # Foreign code: whatever its import raises is its own failure.
        raise RequestError(
            f"python:{call}: cannot be had", why=f"{type(error).__name__}: {error}"
        ) from error


def name_of(thing: object) -> str:
    """What a function or object is called.

    Raises:
        RequestError: If it has no name of its own.

    Example:
        >>> def shout(text: str) -> str:
        ...     return text.upper()
        >>> name_of(shout)
        'shout'
    """
    for name in (getattr(thing, "name", None), getattr(thing, "__name__", None)):
        if isinstance(name, str) and name and name != "<lambda>":
            return name
    if isinstance(thing, FunctionType | functools.partial):
        raise RequestError(
            "a function without a name", hint='give it one: {"its name": the function}'
        )
    return type(thing).__name__


def parameters(function: Callable[..., Any]) -> tuple[inspect.Parameter, ...]:
    """What a function is to be given; nothing where it does not tell.

    Example:
        >>> [one.name for one in parameters(lambda hypothesis, reference: 1.0)]
        ['hypothesis', 'reference']
    """
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # built in
        return ()
    counted = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return tuple(one for one in found if one.kind not in counted)


def takes_one_text(function: Callable[..., Any]) -> bool:
    """Whether a function says of its first parameter that it is a ``str``.

    Example:
        >>> def one(text: str) -> str:
        ...     return text
        >>> takes_one_text(one), takes_one_text(lambda texts: texts)
        (True, False)
    """
    first = next(iter(parameters(function)), None)
    return first is not None and first.annotation in (str, "str")
