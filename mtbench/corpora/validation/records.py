"""What a validation finds."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from mtbench.types import Record

Severity = Literal["error", "warning"]
Kind = Literal[
    "alignment",
    "blank",
    "card",
    "checksum",
    "control",
    "copied",
    "document",
    "duplicate-id",
    "duplicate-pair",
    "duplicate-source",
    "empty",
    "encoding",
    "file",
    "id-text",
    "json",
    "language",
    "length",
    "missing",
    "normalisation",
    "numbers",
    "overlap",
    "references",
    "shift",
    "reversible",
    "type",
]

SHOWN = 20  # of one kind in one file; the rest is counted


class Defect(Record):
    """One defect.

    Attributes:
        path: The file.
        line: Its line, from 1; None where it is the file as a whole.
        severity: ``error``, or ``warning``.
        kind: What sort of defect, one word, for scripts.
        message: What is wrong, without the place.
    """

    path: str
    line: int | None = None
    severity: Severity
    kind: Kind
    message: str

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        mark = "warning: " if self.severity == "warning" else ""
        return f"{place}: {mark}{self.message}"


class ValidatedFile(Record):
    """A pair file that was looked at.

    Attributes:
        path: The file.
        pair: Its direction, as its name says; empty where the name is none.
        segments: Number of lines that hold a segment.
    """

    path: str
    pair: str
    segments: int


class ValidationReport(Record):
    """What was looked at and what was found.

    Attributes:
        files: The pair files.
        findings: By path and line; of one kind in one file the first ones, then their number.
        errors: How many there are, those not listed included.
        warnings: Likewise.
        notes: Sentences on what could not be looked at.
    """

    files: tuple[ValidatedFile, ...]
    findings: tuple[Defect, ...]
    errors: int
    warnings: int
    notes: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether there is no error."""
        return self.errors == 0


class Findings:
    """Collects findings in bounded memory.

    Args:
        strict: Whether warnings are errors.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict
        self._kept: dict[tuple[str, Kind], list[Defect]] = {}
        self._counts: dict[tuple[str, Kind], int] = {}
        self.notes: dict[str, None] = {}

    def error(self, path: Path, line: int | None, kind: Kind, message: str) -> None:
        """Adds an error."""
        self._add(path, line, kind, message, "error")

    def warning(self, path: Path, line: int | None, kind: Kind, message: str) -> None:
        """Adds a warning."""
        self._add(path, line, kind, message, "error" if self._strict else "warning")

    def more(self, path: Path, kind: Kind, count: int) -> None:
        """Counts findings of a kind that has some in the file already, without listing them."""
        self._counts[str(path), kind] += count

    def note(self, sentence: str) -> None:
        """Says once what could not be looked at."""
        self.notes[sentence] = None

    def _add(
        self, path: Path, line: int | None, kind: Kind, message: str, severity: Severity
    ) -> None:
        key = (str(path), kind)
        self._counts[key] = self._counts.get(key, 0) + 1
        kept = self._kept.setdefault(key, [])
        if len(kept) < SHOWN:
            kept.append(
                Defect(path=str(path), line=line, severity=severity, kind=kind, message=message)
            )

    def report(self, files: Iterable[ValidatedFile]) -> ValidationReport:
        """Everything found, in order."""
        found: list[Defect] = []
        totals = {"error": 0, "warning": 0}
        for key, kept in self._kept.items():
            count = self._counts[key]
            totals[kept[0].severity] += count
            found += kept
            if count > len(kept):
                more = f"… and {count - len(kept)} more like this ({key[1]})"
                found.append(kept[-1].model_copy(update={"line": None, "message": more}))
        found.sort(key=lambda f: (f.path, f.line is None, f.line or 0, f.severity, f.kind))
        return ValidationReport(
            files=tuple(files),
            findings=tuple(found),
            errors=totals["error"],
            warnings=totals["warning"],
            notes=tuple(self.notes),
        )
