"""Digests, which tell inputs apart: SHA-256, written as lower-case hex."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

from mtbench.files.inputs import as_it_is

_CANONICAL = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
)


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text.

    Raises:
        ValueError: For a non-finite number.
    """
    return _CANONICAL.encode(value)


def digest_text(text: str) -> str:
    """Digest of a text's UTF-8 form (lone surrogates kept apart, not rejected)."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest_json(value: Any) -> str:
    """Digest of a JSON value, whatever the order of its keys."""
    return digest_text(canonical_json(value))


def digest_rows(rows: Iterable[Any]) -> str:
    """Digest of a sequence of JSON values, one by one, in flat memory."""
    found = RowsDigest()
    for row in rows:
        found.add(row)
    return found.hexdigest()


class RowsDigest:
    """The digest of ``digest_rows``, of rows that come one by one."""

    def __init__(self) -> None:
        self._found = hashlib.sha256()

    def add(self, row: Any) -> None:
        """The next row."""
        try:
            text = _of_texts(row)
        except TypeError:
            text = canonical_json(row)
        self._found.update(text.encode("utf-8", "surrogatepass") + b"\n")

    def hexdigest(self) -> str:
        """The digest of what was added."""
        return self._found.hexdigest()


def _of_texts(value: Any) -> str:
    """``canonical_json`` of texts, gaps and lists of such, in two thirds of the time.

    Raises:
        TypeError: If it is, or holds, anything else.
    """
    if type(value) is str:
        return encode_basestring(value)
    if value is None:
        return "null"
    if type(value) is list:
        return f"[{','.join(map(_of_texts, value))}]"
    raise TypeError(value)


def digest_file(path: Path) -> str:
    """Digest of a file's bytes."""
    found = hashlib.sha256()
    with as_it_is(path) as stream:
        while block := stream.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def digest_tree(folder: Path) -> str:
    """Digest of a folder: relative names and bytes of its files, hidden ones left out."""
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    )
    return digest_rows([name, digest_file(folder / name)] for name in names)
