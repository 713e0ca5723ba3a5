"""Taking the files of a corpus as they are into its card, once a person has changed them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from mtbench.config import CORPUS_CARD, read_corpus_card
from mtbench.corpora.validation import validate
from mtbench.errors import DataError, RequestError
from mtbench.files.digests import digest_file
from mtbench.files.writing import read_toml, write_text
from mtbench.types import CorpusCard, Record

State = Literal["same", "changed", "new", "gone"]


class SealedFile(Record):
    """A pair file against what the card knew of it.

    Attributes:
        name: Of the file.
        state: Whether it is as the card has it, changed, not in the card, or in the card alone.
        segments: How many it has; 0 where it is gone.
        before: The checksum that the card has, if any.
        after: The checksum of the file, if it is there.
    """

    name: str
    state: State
    segments: int
    before: str | None
    after: str | None


class Seal(Record):
    """What sealing a corpus changes in its card.

    Attributes:
        corpus: The folder.
        files: Its pair files, and those that only the card knows.
        version_before: The version in the card.
        version_after: The version that the card gets; another one where a file changed.
        comments_lost: Whether the card has comments, which are not written again.
    """

    corpus: str
    files: tuple[SealedFile, ...]
    version_before: str
    version_after: str
    comments_lost: bool = False

    @property
    def changed(self) -> bool:
        """Whether the card has to be written."""
        differ = any(file.state != "same" for file in self.files)
        return differ or self.version_before != self.version_after


def plan_seal(folder: Path, version: str | None = None) -> Seal:
    """What ``seal`` would do; writes nothing.

    Args:
        folder: The corpus.
        version: The version to write; by default the last number of the old one goes up by one
            where a known file changed or is gone.

    Raises:
        RequestError: If there is no corpus at the folder.
        DataError: If a file of it does not hold, checksums aside.
        CardError: If its card is malformed.
    """
    paths = sorted(folder.glob("*.jsonl"))
    if not paths:
        raise RequestError(f"{folder}: no SRC-TGT.jsonl in it", hint="name a corpus folder")
    report = validate([folder])
    wrong = [one for one in report.findings if one.severity == "error" and one.kind != "checksum"]
    if wrong:
        raise DataError(
            f"{wrong[0]}" + (f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""),
            hint=f"mend what mtbench corpus validate {folder} lists; nothing was sealed",
        )
    card = read_corpus_card(folder)
    known = dict(card.files) if card else {}
    counts = {Path(file.path).name: file.segments for file in report.files}
    files = []
    for path in paths:
        before, after = known.pop(path.name, None), digest_file(path)
        state: State = "new" if before is None else "same" if before == after else "changed"
        files.append(
            SealedFile(
                name=path.name,
                state=state,
                segments=counts.get(path.name, 0),
                before=before,
                after=after,
            )
        )
    files += [
        SealedFile(name=name, state="gone", segments=0, before=digest, after=None)
        for name, digest in sorted(known.items())
        if not (folder / name).is_file()
    ]
    old = card.version if card else ""
    edited = any(file.state in ("changed", "gone") for file in files)
    place = folder / CORPUS_CARD
    return Seal(
        corpus=str(folder),
        files=tuple(files),
        version_before=old,
        version_after=version if version is not None else next_version(old) if edited else old,
        comments_lost=place.is_file() and b"#" in place.read_bytes(),
    )


def seal(plan: Seal) -> None:
    """Writes checksums and version into the card; everything else in it stays.

    Args:
        plan: From ``plan_seal``.

    Raises:
        CardError: If the card is malformed.
        Unavailable: If it cannot be written.
    """
    import tomli_w

    path = Path(plan.corpus) / CORPUS_CARD
    values = read_toml(path) if path.is_file() else {}
    if plan.version_after:
        values["version"] = plan.version_after
    known = dict(values.pop("files", {}))
    for file in plan.files:
        known.pop(file.name, None)
        if file.after is not None:
            known[file.name] = file.after
    values["files"] = dict(sorted(known.items()))
    order = {key: at for at, key in enumerate(CorpusCard.model_fields)}
    values = dict(sorted(values.items(), key=lambda item: order.get(item[0], len(order))))
    write_text(path, tomli_w.dumps(values, multiline_strings=True))


def next_version(version: str) -> str:
    """The version after an edit: its last number goes up by one.

    Example:
        >>> next_version("1.0"), next_version("2024b"), next_version("")
        ('1.1', '2025b', '2')
    """
    if not version:
        return "2"
    found = re.search(r"(\d+)(\D*)\Z", version)
    if found is None:
        return f"{version}-2"
    return f"{version[: found.start()]}{int(found[1]) + 1}{found[2]}"
