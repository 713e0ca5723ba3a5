"""Going through folders and files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from mtbench.config import CORPUS_CARD as CARD
from mtbench.corpora.validation.columns import FileColumns, disagreements, shared
from mtbench.corpora.validation.folder import CorpusCheck
from mtbench.corpora.validation.records import SHOWN, Findings, ValidatedFile, ValidationReport
from mtbench.errors import RequestError
from mtbench.languages import base_language


def validate(paths: Sequence[Path], *, strict: bool = False) -> ValidationReport:
    """Looks at everything in one pass, in memory of some 80 bytes per segment.

    Args:
        paths: Corpus folders, pair files, or folders of corpora.
        strict: Whether warnings are errors.

    Raises:
        RequestError: If there is nothing at a path.
    """
    findings = Findings(strict=strict)
    corpora: dict[Path, list[FileColumns]] = {}
    files: list[ValidatedFile] = []
    for folder, only in _corpora(paths):
        seen = CorpusCheck(folder, only, findings)
        columns = seen.look()
        corpora.setdefault(folder, []).extend(columns)
        files += seen.files
        _check_ids_across(columns, findings)
    _check_overlap(corpora, findings)
    return findings.report(files)


def _corpora(paths: Sequence[Path]) -> Iterator[tuple[Path, str | None]]:
    """Corpus folders, each with the one file to look at where one was named."""
    told: set[tuple[Path, str | None]] = set()
    for path in paths:
        for folder, only in _of_path(path):
            key = (folder.resolve(), only)
            if key not in told and (folder.resolve(), None) not in told:
                told.add(key)
                yield folder, only


def _of_path(path: Path) -> list[tuple[Path, str | None]]:
    if path.is_file():
        if path.suffix != ".jsonl":
            raise RequestError(
                f"{path}: not a corpus file", hint="name a SRC-TGT.jsonl or a folder"
            )
        return [(path.parent, path.name)]
    if not path.is_dir():
        raise RequestError(f"{path}: no such file or folder")
    if (path / CARD).exists() or any(path.glob("*.jsonl")):
        return [(path, None)]
    inside = [
        folder
        for folder in sorted(path.iterdir())
        if folder.is_dir()
        and not folder.name.startswith(".")
        and ((folder / CARD).exists() or any(folder.glob("*.jsonl")))
    ]
    if not inside:
        raise RequestError(f"{path}: holds no corpus", hint="a corpus is a folder of SRC-TGT.jsonl")
    return [(folder, None) for folder in inside]


def _check_ids_across(columns: Sequence[FileColumns], findings: Findings) -> None:
    """The same segment has the same id in every pair file, so one id has one source text."""
    for at, later in enumerate(columns):
        for earlier in columns[:at]:
            if earlier.pair.source != later.pair.source:
                continue
            hits = disagreements(earlier, later)
            for line, first in hits[:SHOWN]:
                findings.warning(
                    later.path,
                    line,
                    "id-text",
                    f"its id stands with another source on {earlier.path.name}:{first}",
                )
            if len(hits) > SHOWN:
                findings.more(later.path, "id-text", len(hits) - SHOWN)


def _check_overlap(corpora: dict[Path, list[FileColumns]], findings: Findings) -> None:
    folders = list(corpora)
    for at, later in enumerate(folders):
        for earlier in folders[:at]:
            for ours in corpora[later]:
                for theirs in corpora[earlier]:
                    _check_two(ours, theirs, findings)


def _check_two(ours: FileColumns, theirs: FileColumns, findings: Findings) -> None:
    mine = {base_language(ours.pair.source), base_language(ours.pair.target)}
    for language in sorted(
        mine & {base_language(theirs.pair.source), base_language(theirs.pair.target)}
    ):
        count, line, there = shared(ours, theirs, language)
        if count:
            findings.warning(
                ours.path,
                line,
                "overlap",
                f"{count} of {len(ours)} texts in {language} also stand in {theirs.path} "
                f"(this one on its line {there})",
            )
