"""Keys of servers: named by an environment variable, sent to their server, shown nowhere else."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator

from mtbench.errors import Unavailable
from mtbench.types import Json

SURELY_A_KEY = 16  # characters; "test" and "none", which some servers want, are words as well
_LONGEST_SPELLING = 13  # characters of one, by _spellings
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}\Z")
_SECRETIVE = re.compile(
    r"api.?key|secret|password|authorization|access.?token"
    r"|\A(?:token|auth.?token|bearer(?:.?token)?|key)\Z",
    re.IGNORECASE,
)


def _checked_variable(name: str) -> str:
    if not _VARIABLE.match(name):
        # The value is not repeated: somebody may have written the key itself.
        raise ValueError("write the NAME of an environment variable, in capitals, not a key")
    return name


VariableName = Annotated[str, AfterValidator(_checked_variable)]


class Secret:
    """A key from the environment, known by its variable's name; never shown.

    Args:
        variable: Name of the environment variable.

    Raises:
        Unavailable: If the variable is not set, or holds what cannot be a key.
    """

    __slots__ = ("_spelled", "_value", "variable")

    def __init__(self, variable: str) -> None:
        self.variable = variable
        value = os.environ.get(variable, "").strip()
        if not value:
            raise Unavailable(
                f"the environment variable {variable} holds no key",
                hint=f"set it in the shell that runs mtbench: export {variable}=…",
            )
        if not (value.isascii() and value.isprintable()):
            raise Unavailable(f"what the environment variable {variable} holds cannot be a key")
        self._value = value
        self._spelled = re.compile("".join(map(_spellings, value)))

    def reveal(self) -> str:
        """The key itself, for a request."""
        return self._value

    def redact(self, text: str, limit: int) -> str:
        """The beginning of a message without the key, however that is escaped in it.

        Args:
            text: The message.
            limit: Characters that are looked at; what of the key may be left at a cut goes too.
        """
        found = self._spelled.sub(lambda _: f"[{self.variable}]", text[:limit])
        return found[: -_LONGEST_SPELLING * len(self._value)] if len(text) > limit else found

    def repeated_in(self, text: str) -> bool:
        """Whether a text that is to be kept as it came gives the key away.

        A short key may be a word of the text by chance, and then gives nothing away.
        """
        if len(self._value) < SURELY_A_KEY:
            return False
        if self._value in text:
            return True
        return any(mark in text for mark in "\\%&") and bool(self._spelled.search(text))

    def __repr__(self) -> str:
        return f"Secret({self.variable})"

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError("a key is not written anywhere")


def _spellings(character: str) -> str:
    """A pattern of one character as JSON, addresses and HTML may escape it, also repeatedly."""
    number = ord(character)
    digits = "".join(f"[{digit}{digit.upper()}]" for digit in f"{number:02x}")
    ways = [
        # Bounded, so that a hostile run of backslashes takes no longer than other text.
        rf"\\{{0,8}}{re.escape(character)}",
        rf"\\{{1,8}}(?:u00|x){digits}",
        rf"%(?:25){{0,3}}{digits}",
        rf"&#(?:[xX]0{{0,4}}{digits}|0{{0,4}}{number});",
    ]
    if (named := html.escape(character)) != character:
        ways.insert(0, re.escape(named))
    return f"(?:{'|'.join(ways)})"


def key_in_words(secret: Secret | None) -> str:
    """What a server was shown."""
    return f"the key in {secret.variable}" if secret else "a request without a key"


def called_like_a_key(fields: Mapping[str, Json]) -> str | None:
    """The first field of a request, at any depth, that seems to hold a key; named by its path."""
    return next(_secretive(fields, ""), None)


def _secretive(value: Json | Mapping[str, Json], path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            where = f"{path}.{name}" if path else name
            texts: Sequence[Json] = inner if isinstance(inner, list) else [inner]
            if _SECRETIVE.search(name) and any(isinstance(text, str) for text in texts):
                yield where
            yield from _secretive(inner, where)
    elif isinstance(value, list):
        for inner in value:
            yield from _secretive(inner, path)
