"""Keys of servers: named by an environment variable, sent to their server, shown nowhere else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote

from pydantic import AfterValidator

from mtbench.errors import Unavailable
from mtbench.types import Json

A_PART = 4  # characters of a key that a message may not hold
SURELY_A_KEY = 16  # characters; "test" and "none", which some servers want, are words as well
_HALF_HIDDEN = re.compile(r"[*•]{2}|\w(?:…|\.{3})\w")  # sk-ab***yz, as servers repeat keys
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}\Z")
_SECRETIVE = re.compile(
    r"(?:api|auth|subscription|access).?key|secret|password|authorization|access.?token"
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

    __slots__ = ("_longest", "_spelled", "_value", "variable")

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
        spelled = sorted(_spellings(value), key=len, reverse=True)
        self._longest = len(spelled[0])
        self._spelled = re.compile("|".join(map(re.escape, spelled)), re.IGNORECASE)

    def reveal(self) -> str:
        """The key itself, for a request."""
        return self._value

    def redact(self, text: str, limit: int) -> str:
        """The beginning of a message without the key, as it is or escaped.

        Args:
            text: The message.
            limit: Characters that are looked at; what of the key may be left at a cut goes too.
        """
        found = self._spelled.sub(lambda _: f"[{self.variable}]", text[:limit])
        return found[: -self._longest] if len(text) > limit else found

    def holds_part(self, word: str) -> bool:
        """Whether a word has some characters of the key in a row."""
        small, key = word.casefold(), self._value.casefold()
        starts = range(max(1, len(key) - A_PART + 1))
        return any(key[at : at + A_PART] in small for at in starts)

    def repeated_in(self, text: str) -> bool:
        """Whether a text that is to be kept as it came gives the key away.

        A short key may be a word of the text by chance, and then gives nothing away.
        """
        return len(self._value) >= SURELY_A_KEY and bool(self._spelled.search(text))

    def __repr__(self) -> str:
        return f"Secret({self.variable})"

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError("a key is not written anywhere")


def _spellings(value: str) -> set[str]:
    """A key as it is, and as JSON and addresses escape it."""
    slash = value.replace("/", "\\/")
    letters = re.sub(r"[/<>&'+=]", lambda found: f"\\u{ord(found[0]):04x}", value)
    return {value, slash, value.replace("/", "\\u002f"), letters, quote(value, safe="")}


class Giveaway(NamedTuple):
    """A key that stands where it would be kept.

    Attributes:
        where: What gives it away, for a message; never the key.
        variable: Name of an environment variable that may hold it instead.
    """

    where: str
    variable: str


_KINDS = {
    "ANTHROPIC_API_KEY": r"sk-ant-[\w-]{20,}",
    "OPENAI_API_KEY": r"sk-(?!ant-)[\w-]{20,}",
    "HF_TOKEN": r"hf_[A-Za-z0-9]{20,}",
    "GITHUB_TOKEN": r"(?:gh[pousr]_|github_pat_)\w{20,}",
    "GITLAB_TOKEN": r"glpat-[\w-]{20,}",
    "GOOGLE_API_KEY": r"AIza[\w-]{30,}",
    "GROQ_API_KEY": r"gsk_\w{20,}",
    "NVIDIA_API_KEY": r"nvapi-[\w-]{20,}",
    "REPLICATE_API_TOKEN": r"r8_\w{20,}",
    "AWS_ACCESS_KEY_ID": r"(?:AKIA|ASIA)[A-Z0-9]{16}",
    "DEEPL_AUTH_KEY": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?::fx)",
    "SLACK_TOKEN": r"xox[abprs]-[\w-]{10,}",
    "API_TOKEN": r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|-----BEGIN [A-Z ]*PRIVATE KEY-----",
}
_KEYS = {name: re.compile(rf"(?<![\w-])(?:{shape})(?![\w-])") for name, shape in _KINDS.items()}
_IN_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{0,30}://[^/\s:@]*:([^/\s@]+)@", re.IGNORECASE)
_IN_HEADER = re.compile(r"\b(?:bearer|basic|deepl-auth-key)\s+([\w.~+/=:-]{8,})", re.IGNORECASE)
_NAMED = re.compile(r"-{0,2}([A-Za-z][\w.-]*)\s*[=:]\s*(.+)", re.DOTALL)
_NAMES_A_PLACE = re.compile(r"(?:env|var|variable|file|path|name|stdin|command|id)\Z", re.I)
_STRONG = re.compile(r"api.?key|secret|password|passwd|authorization|access", re.I)
_WEAK = re.compile(r"(?:.*[-_.])?(?:token|key|bearer)", re.I)
_STANDS_FOR_ONE = re.compile(r"\$.*|\{.*\}|%\(.*|<.*>|[A-Z_]+|env:.*|@.*")


def key_among(words: Sequence[str]) -> Giveaway | None:
    """The first key among the words of a command line, by its name or by its shape.

    Example:
        >>> key_among(["my-mt", "--api-key", "b1946ac92492d234"])
        Giveaway(where='--api-key', variable='API_KEY')
        >>> key_among(["my-mt", "--api-key-env", "MY_KEY", "--api-key", "$MY_KEY"])
    """
    for at, word in enumerate(words):
        if (found := key_in(word)) is not None:
            return found
        named = _NAMED.fullmatch(word)
        name, value = (named[1], named[2]) if named else (word, "")
        if not named and word.startswith("-") and at + 1 < len(words):
            value = words[at + 1]
        if value and _is_key_of(name.lstrip("-"), value):
            variable = re.sub(r"[^A-Z0-9]+", "_", name.lstrip("-").upper()).strip("_")
            return Giveaway(name if not named else word[: -len(value)].rstrip(" =:"), variable)
    return None


def key_in(text: str) -> Giveaway | None:
    """A key within a text, by its shape alone.

    Example:
        >>> key_in("https://me:secret-word@example.org/v1")
        Giveaway(where='a password in an address', variable='PASSWORD')
    """
    for variable, shape in _KEYS.items():
        if shape.search(text):
            return Giveaway(f"a word of the shape of {variable}", variable)
    for shape, where, variable in (
        (_IN_ADDRESS, "a password in an address", "PASSWORD"),
        (_IN_HEADER, "a header that authorises", "API_KEY"),
    ):
        found = shape.search(text)
        if found is not None and not _STANDS_FOR_ONE.fullmatch(found[1]):
            return Giveaway(where, variable)
    return None


def _is_key_of(name: str, value: str) -> bool:
    last = value.split()[-1] if value.split() else ""
    if _NAMES_A_PLACE.search(name) or _STANDS_FOR_ONE.fullmatch(last) or value.startswith("-"):
        return False
    if _STRONG.search(name):
        return True
    # "--key title" and "--pad-token 5" are words of many programs.
    path = value.startswith((".", "/", "~"))
    mixed = len(value) >= SURELY_A_KEY and not value.isalpha() and not path
    return mixed and bool(_WEAK.fullmatch(name))


def without_keys(text: str) -> str:
    """What a program wrote, without the keys that it may have had from our environment.

    Variables count whose name says that they hold a key, and whose value is no plain word.
    """
    for name, value in os.environ.items():
        if len(value) >= SURELY_A_KEY and value in text and _HOLDS_A_KEY.search(name):
            text = text.replace(value, f"[{name}]")
    return text


_HOLDS_A_KEY = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL", re.IGNORECASE)


def key_in_words(secret: Secret | None) -> str:
    """What a server was shown."""
    return f"the key in {secret.variable}" if secret else "a request without a key"


def without_parts(text: str, secret: Secret | None) -> str:
    """What a server says when it refuses a key, without the words that may repeat a part of it.

    Example:
        >>> without_parts("Incorrect API key provided: sk-ab***yz12.", None)
        'Incorrect API key provided: […]'
    """
    shown = f"[{secret.variable}]" if secret else "[…]"
    return " ".join(
        shown if _gives_away(word, secret) and word != shown else word for word in text.split()
    )


def _gives_away(word: str, secret: Secret | None) -> bool:
    if _HALF_HIDDEN.search(word) or any(shape.search(word) for shape in _KEYS.values()):
        return True
    return secret is not None and secret.holds_part(word)


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
