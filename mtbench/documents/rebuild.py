"""A corpus that is built again: what a person has changed in its lines since is kept.

The card remembers each line as the build wrote it. A line that differs from that was edited, one
that is gone was deleted, one that was never written was added; all of that stays. Where the build
too now says something else, the two are shown and neither wins unasked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtbench.files.digests import digest_json, digest_text
from mtbench.types import Record

_DIGITS = 8
_SURE = "alignment"  # moves where another language bears witness; that is no change


class Conflict(Record):
    """A line that a person changed, and for which the build now says something else.

    Attributes:
        file: Its file.
        id: Its id.
        yours: The line as it stands in the file; empty where it was deleted.
        built: The line as the build would write it; empty where it gives none any more.
    """

    file: str
    id: str
    yours: str
    built: str


class Merged(Record):
    """What comes of a file.

    Attributes:
        file: Its name.
        content: All of it, with the lines of a person.
        edited: Ids of lines that a person changed, and that stay.
        deleted: Ids of lines that a person deleted, and that stay away.
        added: Ids of lines that a person added, and that stay.
        changed: Ids of lines of the build that it would now write otherwise.
        lost: Ids of lines of the build that it would not write any more.
        conflicts: Where both changed; the content has what the build says.
        whole: Whether nothing is known of the lines, and all of the file would be replaced.
    """

    file: str
    content: str
    edited: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    whole: bool = False

    @property
    def replaces(self) -> bool:
        """Whether something that is there would not be there any more."""
        return bool(self.changed or self.lost or self.conflicts or self.whole)

    def told(self) -> list[str]:
        """What stays of a person's work, for people.

        Example:
            >>> Merged(file="en-it.jsonl", content="", edited=("a1f3/3",)).told()
            ['en-it.jsonl: 1 edited line kept: a1f3/3']
        """
        found = []
        for ids, one, several in (
            (self.edited, "edited line kept", "edited lines kept"),
            (self.deleted, "deleted line stays away", "deleted lines stay away"),
            (self.added, "added line kept", "added lines kept"),
        ):
            if ids:
                words = one if len(ids) == 1 else several
                found.append(f"{self.file}: {len(ids)} {words}: {_some(ids)}")
        return found

    def losses(self) -> list[str]:
        """What would be replaced, for people."""
        if self.whole:
            return [f"{self.file}: another file, of which the card does not say who wrote it"]
        found = []
        for ids, words in (
            (self.changed, "that this build writes otherwise"),
            (self.lost, "that this build does not write any more"),
            (tuple(one.id for one in self.conflicts), "that you changed and the build as well"),
        ):
            if ids:
                lines = "line" if len(ids) == 1 else "lines"
                found.append(f"{self.file}: {len(ids)} {lines} {words}: {_some(ids)}")
        return found


def _some(ids: tuple[str, ...]) -> str:
    return ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")


def remembered(content: str) -> dict[str, str]:
    """What the card remembers of a file: the id of each line, and a digest of what it says.

    Example:
        >>> remembered('{"id": "1", "src": "a", "ref": "b", "alignment": 0.9}')
        {'1': '4e0fd1ca'}
    """
    return {name: _digest(row) for name, (row, _) in _rows(content).items()}


def merge(
    file: str, built: str, there: bytes, memory: Mapping[str, str] | None, known: str | None
) -> Merged:
    """A file as the build would write it, with what a person has changed in it.

    Args:
        file: Its name.
        built: What the build would write.
        there: What stands in it.
        memory: What the card remembers of it, from ``remembered``; None where nothing.
        known: The checksum that the card has of it, if any.
    """
    if built.encode() == there:
        return Merged(file=file, content=built)
    try:
        text = there.decode("utf-8")
        old = _rows(text)
    except (ValueError, KeyError, TypeError):
        return Merged(file=file, content=built, whole=True)
    new = _rows(built)
    if memory is None:
        same = [_digest(row) for row, _ in old.values()] == [_digest(r) for r, _ in new.values()]
        if not same and known != digest_text(text):
            return Merged(file=file, content=built, whole=True)
        memory = {name: _digest(row) for name, (row, _) in old.items()}
    return _merge(file, new, old, memory)


_Rows = dict[str, tuple[dict[str, Any], str]]


def _merge(file: str, new: _Rows, old: _Rows, memory: Mapping[str, str]) -> Merged:
    lines: dict[str, str] = {}
    ids: dict[str, list[str]] = {
        kind: [] for kind in ("edited", "deleted", "added", "changed", "lost")
    }
    conflicts: list[Conflict] = []
    for name in [*new, *(name for name in old if name not in new)]:
        mine, yours = (_digest(rows[name][0]) if name in rows else "" for rows in (new, old))
        was = memory.get(name, "")
        if yours in (was, mine):  # nobody changed it, or both the same way
            if mine:
                lines[name] = new[name][1]
            if yours and yours != mine:
                ids["changed" if mine else "lost"].append(name)
        elif mine == was:  # a person did
            ids["edited" if yours and was else "added" if yours else "deleted"].append(name)
            if yours:
                lines[name] = old[name][1]
        else:
            conflicts.append(
                Conflict(
                    file=file,
                    id=name,
                    yours=old[name][1] if yours else "",
                    built=new[name][1] if mine else "",
                )
            )
            if mine:
                lines[name] = new[name][1]
    content = "".join(f"{lines[name]}\n" for name in _placed(lines, list(old), ids["added"]))
    return Merged(
        file=file,
        content=content,
        conflicts=tuple(conflicts),
        edited=tuple(ids["edited"]),
        deleted=tuple(ids["deleted"]),
        added=tuple(ids["added"]),
        changed=tuple(ids["changed"]),
        lost=tuple(ids["lost"]),
    )


def _placed(lines: Mapping[str, str], old: list[str], added: list[str]) -> list[str]:
    """Ids in order: an added line stands after the one that it stood after."""
    order = [name for name in lines if name not in added]
    for name in added:
        before = [other for other in old[: old.index(name)] if other in order]
        order.insert(order.index(before[-1]) + 1 if before else 0, name)
    return order


def _rows(content: str) -> _Rows:
    """Id → what a line says, and the line."""
    found: _Rows = {}
    for line in content.split("\n"):
        if line.strip():
            row = json.loads(line)
            name = str(row["id"])
            if name in found:
                raise ValueError(f"twice: {name}")
            found[name] = (row, line.rstrip("\r"))
    return found


def _digest(row: Mapping[str, Any]) -> str:
    return digest_json({key: value for key, value in row.items() if key != _SURE})[:_DIGITS]


def copy_name(path: Path, content: bytes) -> Path:
    """Where a file goes that is replaced: beside it, by its content, and no corpus file."""
    digest = digest_text(content.decode("utf-8", "replace"))[:_DIGITS]
    return path.with_name(f"{path.name}.replaced-{digest}")
