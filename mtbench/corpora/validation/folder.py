"""One corpus: its files' names, its card, and each of its pair files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from mtbench.config import CORPUS_CARD as CARD
from mtbench.config import read_corpus_card
from mtbench.corpora.line import Fault, not_reversible, other_bytes
from mtbench.corpora.validation.columns import FileColumns
from mtbench.corpora.validation.file import FileCheck
from mtbench.corpora.validation.records import Findings, ValidatedFile
from mtbench.errors import CardError, RequestError
from mtbench.languages import LanguagePair, base_language
from mtbench.text import identify
from mtbench.text.belongs import can_tell
from mtbench.types import CorpusCard

_COMPANIONS = ("readme", "license", "licence", "citation", "changelog", "notice")
_FOLDERS = frozenset({"comparable", "hypotheses"})


class CorpusCheck:
    """One corpus while it is looked at.

    Args:
        folder: The corpus.
        only: Name of the one file to look at, where one was named.
        findings: Where defects go.

    Attributes:
        files: The pair files that were looked at.
    """

    def __init__(self, folder: Path, only: str | None, findings: Findings) -> None:
        self._folder = folder
        self._only = only
        self._findings = findings
        self._card: CorpusCard | None = None
        self.files: list[ValidatedFile] = []

    def look(self) -> list[FileColumns]:
        """Everything about the folder and each of its files."""
        self._read_card()
        paths = (
            sorted(self._folder.glob("*.jsonl"))
            if self._only is None
            else [self._folder / self._only]
        )
        if self._only is None:
            self._check_names(paths)
        pairs: dict[Path, LanguagePair] = {}
        for path in paths:
            pair = self._pair(path, pairs)
            if pair is not None:
                pairs[path] = pair
        self._note_languages(pairs.values())
        found = []
        for path in paths:
            reader = FileCheck(path, pairs.get(path), self._findings)
            columns, digest = reader.read()
            self._check_file(path, columns, digest)
            self.files.append(
                ValidatedFile(path=str(path), pair=str(pairs.get(path, "")), segments=len(columns))
            )
            found.append(columns)
        return [columns for columns in found if columns.path in pairs]

    def _read_card(self) -> None:
        path = self._folder / CARD
        try:
            self._card = read_corpus_card(self._folder)
        except CardError as error:
            self._findings.error(path, None, "card", error.message.removeprefix(f"{path}: "))
            return
        if self._card is None:
            self._findings.warning(
                path, None, "card", "there is no card: title, licence, checksums are not known"
            )

    def _check_names(self, paths: Sequence[Path]) -> None:
        if not paths:
            self._findings.error(self._folder, None, "empty", "no SRC-TGT.jsonl in the folder")
        listed = self._card.files if self._card else {}
        for path in sorted(self._folder.iterdir()):
            name = path.name
            if name == CARD or name.startswith(".") or path in paths:
                continue
            if name.lower().split(".", 1)[0] in _COMPANIONS or name in listed:
                continue
            if not (path.is_dir() and name in _FOLDERS):
                self._findings.warning(path, None, "file", "not a file of a corpus")
        for name in listed:
            if not (self._folder / name).is_file():
                self._findings.error(
                    self._folder / CARD,
                    None,
                    "checksum",
                    f"[files] names {name}, which is not there",
                )

    def _pair(self, path: Path, before: dict[Path, LanguagePair]) -> LanguagePair | None:
        try:
            pair = LanguagePair.parse(path.stem)
        except RequestError as error:
            self._findings.error(path, None, "file", f"its name is no direction: {error.message}")
            return None
        for other, taken in before.items():
            if taken == pair:
                self._findings.error(path, None, "file", f"{pair} is also served by {other.name}")
        return pair

    def _note_languages(self, pairs: Iterable[LanguagePair]) -> None:
        """Says whose texts' language is not identified, and why."""
        if why := identify.unavailable():
            self._findings.note(f"languages are not identified, scripts aside: {why}")
            return
        tags = {base_language(tag) for pair in pairs for tag in (pair.source, pair.target)}
        for code in sorted(tag for tag in tags if not can_tell(tag)):
            self._findings.note(
                f"texts in {identify.named(code)} are not identified: no model for it"
            )

    def _fault(self, path: Path, line: int | None, fault: Fault) -> None:
        self._findings.error(path, line, fault.kind, fault.message)

    def _check_file(self, path: Path, columns: FileColumns, digest: str) -> None:
        card = self._card
        if card is None:
            return
        expected = card.files.get(path.name)
        if expected is None and card.files:
            self._findings.warning(path, None, "checksum", f"[files] of {CARD} does not name it")
        elif expected is not None and expected != digest:
            self._fault(path, None, other_bytes())
        if card.reversible:
            for count, line in sorted(columns.reference_counts.items()):
                if count != 1:
                    self._fault(path, line, not_reversible(count))
        names = card.reference_names
        most = max(columns.reference_counts, default=0)
        if names and most > len(names):
            self._findings.warning(
                path,
                columns.reference_counts[most],
                "references",
                f"{most} references, but reference_names of the card has {len(names)}",
            )
