"""What a chat server lets itself be told: settings of a request, renamed or left out.

Reasoning models want ``max_completion_tokens`` for ``max_tokens`` and no ``temperature``; others
know no ``seed`` or ``n``. Servers say so in a refusal; the request is then made as they want it,
once for the whole run.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from mtbench.types import Json

OTHER_NAME = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
}
DISPENSABLE = ("temperature", "top_p", "seed", "n")
_UNKNOWN = re.compile(
    r"un-?support|not (?:\w+ )?support|unrecogni[sz]ed|unknown|unexpected|extra[ _]|not permitted"
    r"|not allowed|forbidden|cannot find field|deprecated|\bonly\b|must be 1"
    r"|invalid (?:field|param)|does not exist|max_completion_tokens",
    re.IGNORECASE,
)
_OF_SIZE = re.compile(r"too (?:large|long|many|big)|at most|context|exceed|maximum", re.IGNORECASE)
_ONE_OF_TWO = re.compile(r"\bboth\b|only one|exclusive|either", re.IGNORECASE)
_WANTS_STREAM = re.compile(r"stream", re.IGNORECASE)
_ONLY = re.compile(r"\bonly\b|must|require|true|non-?stream", re.IGNORECASE)


@dataclass(frozen=True)
class Terms:
    """What is changed in every request of a run.

    Attributes:
        renamed: Setting → the name that the server knows it by.
        left_out: Settings that it refuses.
        streamed: Whether it answers by a stream alone.
    """

    renamed: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()
    streamed: bool = False

    def applied(self, request: Mapping[str, Json]) -> dict[str, Json]:
        """A request on these terms."""
        names = dict(self.renamed)
        found = {names.get(k, k): v for k, v in request.items() if k not in self.left_out}
        if self.streamed:
            found |= {"stream": True, "stream_options": {"include_usage": True}}
        return found

    def record(self) -> dict[str, Json]:
        """For the record of a run; empty where nothing is changed.

        Example:
            >>> Terms(left_out=("seed",)).record()
            {'left_out': ['seed']}
        """
        found: dict[str, Json] = {}
        if self.renamed:
            found["renamed"] = dict(self.renamed)
        if self.left_out:
            found["left_out"] = list(self.left_out)
        return found | ({"streamed": True} if self.streamed else {})

    def sentences(self) -> list[str]:
        """The same for people."""
        found = [f"the server takes {old} as {new}" for old, new in self.renamed]
        if self.left_out:
            found.append(f"the server takes no {', '.join(self.left_out)}: its own were used")
        return found + ["the server answers by streams alone"] * self.streamed

    def after(self, error: Json, sent: Collection[str]) -> Terms | None:
        """Terms that a refusal asks for; None where it asks for nothing that can be given.

        Args:
            error: What the server says, as it says it.
            sent: Names of the settings of the refused request.

        Example:
            >>> said = {"message": "Unsupported parameter: 'max_tokens'", "param": "max_tokens"}
            >>> Terms().after(said, ["model", "max_tokens"]).renamed
            (('max_tokens', 'max_completion_tokens'),)
        """
        message = " ".join(_texts(error))
        if _WANTS_STREAM.search(message) and _ONLY.search(message) and not self.streamed:
            return replace(self, streamed=True)
        both = all(name in sent and _is_in(name, message) for name in ("temperature", "top_p"))
        if both and _ONE_OF_TWO.search(message):
            # The temperature stays: without it, an answer that was to be the likeliest is drawn.
            return replace(self, left_out=(*self.left_out, "top_p"))
        if not _UNKNOWN.search(message):
            return None
        for name in _named(error, message, sent):
            wanted = next((old for old, new in self.renamed if new == name), name)
            if name in OTHER_NAME and wanted == name and not _OF_SIZE.search(message):
                return replace(self, renamed=(*self.renamed, (name, OTHER_NAME[name])))
            if name in DISPENSABLE:
                return replace(self, left_out=(*self.left_out, name))
        return None


def _named(error: Json, message: str, sent: Collection[str]) -> Iterator[str]:
    """Settings that a refusal names, those first that it names by field."""
    by_field = field_named(error)
    known = [name for name in (*OTHER_NAME, *DISPENSABLE) if name in sent]
    if by_field is not None:
        yield from (name for name in known if name == by_field)
    else:
        yield from (name for name in known if _is_in(name, message))


def _is_in(name: str, message: str) -> bool:
    return re.search(rf"(?<!\w){name}(?!\w)", message) is not None


def field_named(error: Json) -> str | None:
    """The setting that a refusal names by a field of its own; None where none does.

    Example:
        >>> field_named([{"loc": ["body", "seed"], "msg": "extra fields not permitted"}])
        'seed'
    """
    if isinstance(error, dict):
        return str(error["param"]) if error.get("param") else None
    for entry in error if isinstance(error, list) else []:
        place = entry.get("loc") if isinstance(entry, dict) else None
        if isinstance(place, list) and len(place) > 1 and place[0] == "body":
            return str(place[1])
    return None


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
