"""A corpus in memory to a folder, without ever replacing another one unasked."""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path

from mtbench.config import CORPUS_CARD as CARD
from mtbench.documents.build import OUR_NOTES, card_text
from mtbench.documents.records import Build
from mtbench.errors import RequestError
from mtbench.files.inputs import content
from mtbench.files.writing import check_writable, unwritable, write_text
from mtbench.types import CorpusCard

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def write_corpus(build: Build, folder: Path, *, force: bool = False) -> tuple[Path, ...]:
    """Writes the files of a corpus; the card last, so that a whole card means a whole corpus.

    Args:
        build: What ``build_corpus`` returned.
        folder: The corpus folder; made where it is not there.
        force: Whether corpus files that are there and differ are replaced. Files of other
            names stay in any case.

    Returns:
        The files written, or found to hold the same already, in order.

    Raises:
        RequestError: If the folder holds other corpus files.
        Unavailable: If it cannot be written.
    """
    others = foreign_files(build, folder)
    if others and not force:
        shown = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
        raise RequestError(
            f"{folder}: holds another corpus ({shown})",
            why="a corpus is never replaced unasked",
            hint="name an empty folder, or say --force",
        )
    check_writable(folder)
    names = sorted(build.files, key=lambda name: (Path(name).name == CARD, name))
    for name in names:
        write_text(folder / name, build.files[name])
    return tuple(folder / name for name in names)


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


def foreign_files(build: Build, folder: Path) -> list[str]:
    """Corpus files in a folder that this build would not write, or not with these bytes.

    Raises:
        RequestError: If the folder is a file or cannot be read.
    """
    if not folder.exists():
        return []
    if not folder.is_dir():
        raise RequestError(f"{folder}: not a folder", hint="name a folder for the corpus")
    found = []
    for path in sorted([*folder.glob("**/*.jsonl"), *folder.glob(f"**/{CARD}")]):
        name = path.relative_to(folder).as_posix()
        there = content(path)
        planned = build.files.get(name)
        if planned is None or not (
            planned.encode() == there
            or _grown(name, planned, there)
            or _same_segments(name, planned, there)
        ):
            found.append(name)
    return found


def _same_segments(name: str, planned: str, there: bytes) -> bool:
    """Whether segments differ in their confidence alone: another language bore witness."""
    if not name.endswith(".jsonl"):
        return False
    try:
        old = [json.loads(line) for line in there.decode("utf-8").splitlines()]
        new = [json.loads(line) for line in planned.splitlines()]
    except ValueError:
        return False
    return all(isinstance(row, dict) for row in old) and [
        {key: value for key, value in row.items() if key != "alignment"} for row in old
    ] == [{key: value for key, value in row.items() if key != "alignment"} for row in new]


def _grown(name: str, planned: str, there: bytes) -> bool:
    """Whether only checksums in a card change or come in: nothing in it is lost."""
    if Path(name).name != CARD:
        return False
    try:
        old, new = tomllib.loads(there.decode("utf-8")), tomllib.loads(planned)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
    if all(OUR_NOTES.fullmatch(card.get("notes", "")) for card in (old, new)):
        new["notes"] = old["notes"]  # another encoder has come in with a language
    files, more = old.pop("files", {}), new.pop("files", {})
    same_text = card_text(CorpusCard.model_validate({**old, "files": files})).encode() == there
    return old == new and files.keys() <= more.keys() and same_text
