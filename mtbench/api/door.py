"""Errors in Python's words: the rooms below speak of the program's options."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Collection
from typing import ParamSpec, TypeVar

from mtbench.errors import MtbenchError

Given = ParamSpec("Given")
Found = TypeVar("Found")

# A command for a shell up to the end of its clause, which stays as it is; or an option.
_SPOKEN = re.compile(r"(?P<command>\b(?:mtbench|pip|msgconv) [^;,)]+)|--(?P<option>[a-z][a-z-]+)")
_OTHERWISE = {"corpus": "corpora", "by_difference": "between"}


def in_python(function: Callable[Given, Found]) -> Callable[Given, Found]:
    """A function whose errors name its own arguments where they named the program's options.

    An option that it has no argument for is called the program's; commands stay as they are.

    Example:
        >>> @in_python
        ... def ask(models=()):
        ...     raise MtbenchError("no model named", hint="name one with --model (mtbench doctor)")
        >>> ask()
        Traceback (most recent call last):
        mtbench.errors.MtbenchError: no model named; name one with models= (mtbench doctor)
    """
    arguments = frozenset(inspect.signature(function).parameters)

    @functools.wraps(function)
    def speaking(*args: Given.args, **kwargs: Given.kwargs) -> Found:
        try:
            return function(*args, **kwargs)
        except MtbenchError as error:
            error.message = reworded(error.message, arguments)
            error.args = (error.message, *error.args[1:])
            error.why = error.why and reworded(error.why, arguments)
            error.hint = error.hint and reworded(error.hint, arguments)
            raise

    speaking.__module__ = "mtbench.api"  # where pickle looks for it
    return speaking


def reworded(text: str, arguments: Collection[str]) -> str:
    """A message with arguments in the place of options.

    Example:
        >>> reworded("name one with --corpus and --pair", {"corpora", "pairs"})
        'name one with corpora= and pairs='
        >>> reworded("give a smaller --batch-size", {"pairs"})
        "give a smaller --batch-size (the program's)"
    """

    def word(found: re.Match[str]) -> str:
        if found["command"]:
            return found["command"]
        name = found["option"].replace("-", "_")
        for one in (name, f"{name}s", _OTHERWISE.get(name, "")):
            if one in arguments:
                return f"{one}="
        return f"{found[0]} (the program's)"

    return _SPOKEN.sub(word, text)
