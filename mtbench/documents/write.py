"""A corpus in memory to a folder, without ever replacing another one unasked."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mtbench.config import CORPUS_CARD as CARD
from mtbench.config import read_corpus_card
from mtbench.documents.build import OUR_NOTES, card_text, resealed
from mtbench.documents.rebuild import Conflict, Merged, copy_name, merge
from mtbench.documents.records import Build
from mtbench.errors import RequestError
from mtbench.files.inputs import content
from mtbench.files.writing import check_writable, unwritable, write_bytes, write_text
from mtbench.types import CorpusCard

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


_SHOWN = 5  # conflicts in a message


class Written(NamedTuple):
    """What became of a corpus folder.

    Attributes:
        kept: What stays of a person's work, for people.
        conflicts: Lines that a person and the build both changed; the build's were written.
        replaced: What was replaced, for people, and where its copy is.
        strangers: Corpus files that are not of this build, and were left as they are.
    """

    kept: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    replaced: tuple[str, ...]
    strangers: tuple[str, ...]

    def told(self, folder: Path) -> list[str]:
        """All of it, a sentence each, for people."""
        names = ", ".join(self.strangers)
        left = f"{folder}: not of this build, and left as they are: {names}"
        return [*self.kept, *self.replaced, *([left] if names else [])]


def write_corpus(build: Build, folder: Path, *, force: bool = False) -> Written:
    """Writes the files of a corpus; the card last, so that a whole card means a whole corpus.

    Lines that a person has edited, deleted or added since the last build stay so.

    Args:
        build: What ``build_corpus`` returned.
        folder: The corpus folder; made where it is not there.
        force: Whether lines and files that would be lost are replaced; copies of the files are
            kept. Files of other names stay in any case.

    Raises:
        RequestError: If anything would be lost that is there.
        Unavailable: If it cannot be written.
    """
    merged, card_grows = _merged(build, folder)
    strangers = tuple(name for name in _there(folder) if name not in build.files)
    losses = [line for one in merged for line in one.losses()]
    losses += [f"{CARD}: says something else"] * (not card_grows)
    losses += [f"{name}: not of this build" for name in strangers] * (not force)
    if losses and not force:
        raise RequestError(
            f"{folder}: holds what this build would not leave as it is: {'; '.join(losses[:4])}"
            + (f"; and {len(losses) - 4} more" if len(losses) > 4 else ""),
            why="a corpus is never replaced unasked" + _differing(merged),
            hint="name an empty folder, or say --force, which keeps a copy",
        )
    check_writable(folder)
    replaced = [one.file for one in merged if one.replaces]
    replaced += [] if card_grows else [CARD]
    copies = [_copied(folder / name) for name in replaced]
    contents = {**build.files, **{one.file: one.content for one in merged}}
    for name in {str(Path(name).parent) for name in contents}:
        card = str(Path(name) / CARD)
        mine = {Path(n).name: c for n, c in contents.items() if str(Path(n).parent) == name}
        contents[card] = resealed(contents[card], mine)
    for name in sorted(contents, key=lambda name: (Path(name).name == CARD, name)):
        write_text(folder / name, contents[name])
    return Written(
        kept=tuple(line for one in merged for line in one.told()),
        conflicts=tuple(conflict for one in merged for conflict in one.conflicts),
        replaced=(*losses, *(f"{path}: a copy of what stood there" for path in copies)),
        strangers=strangers,
    )


def _merged(build: Build, folder: Path) -> tuple[list[Merged], bool]:
    """What comes of each file that is there already, and whether the card loses nothing."""
    found = []
    card_grows = True
    for name in _there(folder):
        if name not in build.files:
            continue
        path = folder / name
        if path.name == CARD:
            card_grows = card_grows and _grown(build.files[name], content(path))
            continue
        card = read_corpus_card(path.parent) or CorpusCard()
        found.append(
            merge(
                name,
                build.files[name],
                content(path),
                card.built.get(path.name),
                card.files.get(path.name),
            )
        )
    return found, card_grows


def _there(folder: Path) -> list[str]:
    """Corpus files of a folder, and of the folders in it."""
    if folder.exists() and not folder.is_dir():
        raise RequestError(f"{folder}: not a folder", hint="name a folder for the corpus")
    paths = [*folder.glob("**/*.jsonl"), *folder.glob(f"**/{CARD}")]
    return [path.relative_to(folder).as_posix() for path in sorted(paths)]


def _differing(merged: Sequence[Merged]) -> str:
    """The first lines that a person and the build say differently, beside each other."""
    shown = [one for part in merged for one in part.conflicts][:_SHOWN]
    return "".join(
        f"; {one.file}, {one.id}: yours: {one.yours or '(deleted)'}, "
        f"built: {one.built or '(nothing)'}"
        for one in shown
    )


def _copied(path: Path) -> Path:
    there = content(path)
    copy = copy_name(path, there)
    write_bytes(copy, there)
    return copy


def check_folder(folder: Path) -> None:
    """Says before any work whether a corpus can be written there; makes nothing.

    Raises:
        RequestError: If it is a file.
        Unavailable: If it cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise RequestError(f"{folder}: not a folder", hint="name a folder for the corpus")
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(there, os.W_OK | os.X_OK) or not there.is_dir():
        raise unwritable(folder, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))


def _grown(planned: str, there: bytes) -> bool:
    """Whether only checksums in a card change or come in: nothing in it is lost."""
    try:
        old, new = tomllib.loads(there.decode("utf-8")), tomllib.loads(planned)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
    if all(OUR_NOTES.fullmatch(card.get("notes", "")) for card in (old, new)):
        new["notes"] = old["notes"]  # another encoder has come in with a language
    files, more = old.pop("files", {}), new.pop("files", {})
    built, _ = old.pop("built", {}), new.pop("built", {})
    whole = {**old, "files": files, "built": built}
    same_text = card_text(CorpusCard.model_validate(whole)).encode() == there
    return old == new and files.keys() <= more.keys() and same_text
