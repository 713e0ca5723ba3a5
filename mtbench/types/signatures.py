"""How a score was computed."""

from __future__ import annotations

import re

from pydantic import field_validator

from mtbench.files.digests import digest_text
from mtbench.types.base import Record

_PARTIAL = (("failures", "empty"), ("unjudged", "omitted"))
_REALIGNED = "realign"  # how whole documents were laid on the segments
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_.+-]*\Z")


class Signature(Record):
    """How a score was computed: ordered fields, written ``key:value|key:value``.

    ``Signature.parse(str(s)) == s``. In a value, ``|``, ``%`` and control characters are
    percent-encoded.

    Example:
        >>> str(Signature.of(case="mixed", version="2.6.0"))
        'case:mixed|version:2.6.0'
    """

    fields: tuple[tuple[str, str], ...]

    @field_validator("fields")
    @classmethod
    def _plain_keys(cls, fields: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        keys = [key for key, _ in fields]
        if len(set(keys)) != len(keys):
            raise ValueError("a signature names each field once")
        for key in keys:
            if not _FIELD.match(key):
                raise ValueError(f"not a signature field: {key!r}")
        return fields

    @classmethod
    def of(cls, **fields: str | int | float) -> Signature:
        """A signature from keyword arguments, in their order."""
        return cls(fields=tuple((key, str(value)) for key, value in fields.items()))

    @classmethod
    def parse(cls, text: str) -> Signature:
        """Reads what ``str`` writes.

        Raises:
            ValueError: If a part has no colon or a key is not one.
        """
        fields = []
        for part in text.split("|") if text else []:
            key, colon, value = part.partition(":")
            if not colon:
                raise ValueError(f"not a signature: {text!r}")
            fields.append((key, _decoded(value)))
        return cls(fields=tuple(fields))

    def get(self, key: str) -> str | None:
        """The value of a field, if it is there."""
        return dict(self.fields).get(key)

    def plus(self, **fields: str | int | float) -> Signature:
        """This signature with more fields at the end."""
        more = tuple((key, str(value)) for key, value in fields.items())
        return Signature(fields=self.fields + more)

    @property
    def partial(self) -> bool:
        """Whether segments without a translation count as empty ones (``--allow-partial``), or
        segments without a score are left out.
        """
        return any(field in _PARTIAL for field in self.fields)

    def of_partial(self) -> Signature:
        """This signature for an output with failures, which count as empty."""
        return self.plus(failures="empty")

    def of_unjudged(self) -> Signature:
        """This signature for a score over those segments that the metric could score."""
        return self.plus(unjudged="omitted")

    def of_realigned(self, version: str, additions: str) -> Signature:
        """This signature for an output of whole documents that were laid on the segments."""
        return self.plus(**{_REALIGNED: version, "additions": additions})

    def of_whole(self) -> Signature:
        """This signature as it would be for a whole output by segment, each segment scored."""
        realigned = (_REALIGNED, "additions") if self.get(_REALIGNED) else ()
        return Signature(
            fields=tuple(f for f in self.fields if f not in _PARTIAL and f[0] not in realigned)
        )

    def digest8(self) -> str:
        """Eight hex digits that tell it apart in a file name."""
        return digest_text(str(self))[:8]

    def __str__(self) -> str:
        return "|".join(f"{key}:{_encoded(value)}" for key, value in self.fields)


def _encoded(value: str) -> str:
    return "".join(
        "".join(f"%{b:02X}" for b in c.encode("utf-8", "surrogatepass"))
        if c in "|%" or not c.isprintable()
        else c
        for c in value
    )


def _decoded(value: str) -> str:
    from urllib.parse import unquote_to_bytes

    if "%" not in value:
        return value
    return unquote_to_bytes(value).decode("utf-8", "surrogatepass")
