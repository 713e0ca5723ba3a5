"""A corpus in memory to a folder, without ever replacing another one unasked."""

from __future__ import annotations

from pathlib import Path

from mtbench.documents.records import Build
from mtbench.errors import RequestError
from mtbench.files import check_writable, unreadable, write_text


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
    names = sorted(build.files, key=lambda name: (name == "card.toml", name))
    for name in names:
        write_text(folder / name, build.files[name])
    return tuple(folder / name for name in names)


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
    for path in sorted([*folder.glob("**/*.jsonl"), *folder.glob("**/card.toml")]):
        name = path.relative_to(folder).as_posix()
        try:
            same = build.files.get(name, "").encode("utf-8") == path.read_bytes()
        except OSError as error:
            raise unreadable(path, error) from error
        if not same or name not in build.files:
            found.append(name)
    return found
