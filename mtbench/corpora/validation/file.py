"""One pair file: every line looked at once."""

from __future__ import annotations

import hashlib
from array import array
from pathlib import Path

from mtbench.corpora.line import Fault, Line, blank_line, duplicate_id, no_segments, parse_line
from mtbench.corpora.validation import texts
from mtbench.corpora.validation.columns import FileColumns
from mtbench.corpora.validation.records import SHOWN, Findings, Kind
from mtbench.errors import DataError
from mtbench.files.inputs import as_it_is
from mtbench.files.writing import decode_line
from mtbench.languages import LanguagePair, base_language
from mtbench.text.belongs import belongs, prevails
from mtbench.text.identify import named
from mtbench.text.numbers import differing_numbers
from mtbench.text.shift import ShiftFinder

_IDENTIFIED = 20_000  # lines of a file whose language is identified; then one in so many:
_STEP = 16


class FileCheck:
    """One file while it is read."""

    def __init__(
        self,
        path: Path,
        pair: LanguagePair | None,
        findings: Findings,
    ) -> None:
        self._path = path
        self._pair = pair or LanguagePair(source="und", target="und")
        self._named = pair is not None
        self._findings = findings
        self._columns = FileColumns(path, self._pair)
        self._bad_lines = 0
        self._shift = ShiftFinder(self._pair.source, self._pair.target)
        self._paired = array("q")  # lines with a reference
        self._blank: int | None = None
        self._identified = {"src": 0, "ref": 0}
        self._others: dict[str, dict[tuple[str, str | None], list[int]]] = {"src": {}, "ref": {}}

    def read(self) -> tuple[FileColumns, str]:
        """All lines: what is compared across them, and the digest of the file."""
        digest = hashlib.sha256()
        with as_it_is(self._path) as stream:
            for number, raw in enumerate(stream, start=1):
                digest.update(raw)
                self._line(raw, number)
        if not len(self._columns) and not self._bad_lines:
            self._fault(None, no_segments())
        self._columns.check(self._findings)
        self._check_ids()
        self._check_languages()
        self._check_shift()
        return self._columns, digest.hexdigest()

    def _error(self, line: int | None, kind: Kind, message: str) -> None:
        self._findings.error(self._path, line, kind, message)

    def _fault(self, line: int | None, fault: Fault) -> None:
        self._error(line, fault.kind, fault.message)

    def _warning(self, line: int, kind: Kind, message: str) -> None:
        self._findings.warning(self._path, line, kind, message)

    def _line(self, raw: bytes, number: int) -> None:
        try:
            text = decode_line(raw, self._path, number)
        except DataError as error:
            kind: Kind = "control" if "NUL" in error.message else "encoding"
            self._error(number, kind, error.message.removeprefix(f"{self._path}:{number}: "))
            self._bad_lines += 1
            return
        if not text.strip():
            self._blank = self._blank or number
            return
        if self._blank is not None:
            self._fault(self._blank, blank_line())
            self._blank = None
        line = parse_line(text, lambda fault: self._fault(number, fault))
        if line is None or line.source is None:
            self._bad_lines += 1
            return
        self._columns.add(number, line)
        self._texts(line, number)

    def _texts(self, line: Line, number: int) -> None:
        source = line.source or ""
        for side, text in (("src", source), *(("ref", reference) for reference in line.references)):
            control = texts.control_character(text)
            if control is not None:
                self._warning(number, "control", f"{side}: the character {control}")
            self._identify(side, text, number)
        if line.references:
            self._shift.add(source, line.references[0])
            self._paired.append(number)
        for reference in line.references:
            if texts.copied(source, reference):
                self._warning(number, "copied", "the reference is the source")
                continue
            missing = differing_numbers(source, reference)
            if missing:
                self._warning(
                    number, "numbers", f"numbers on one side only: {', '.join(missing[:5])}"
                )

    def _identify(self, side: str, text: str, number: int) -> None:
        if not self._named:
            return
        if len(self._columns) > _IDENTIFIED and len(self._columns) % _STEP:
            self._findings.note(
                f"{self._path}: from its {_IDENTIFIED + 1}. segment on, the language of one "
                f"segment in {_STEP} is identified"
            )
            return
        tag = self._pair.source if side == "src" else self._pair.target
        self._identified[side] += 1
        found = belongs(text, tag)
        if found.kind == "other":
            told = named(found.language) if found.language else found.seen
            self._others[side].setdefault((told, found.language), []).append(number)

    def _check_shift(self) -> None:
        found = self._shift.found() if self._named else None
        if found is None:
            return
        first, last = self._paired[found.first], self._paired[found.last]
        there = "the next line's" if found.offset > 0 else "the line's before"
        self._error(
            first,
            "shift",
            f"from here to line {last} a source fits {there} reference better than its own: a "
            "line was lost or added on one side",
        )

    def _check_languages(self) -> None:
        for side, others in self._others.items():
            tag = self._pair.source if side == "src" else self._pair.target
            for (told, code), lines in others.items():
                if prevails(len(lines), self._identified[side], tag, code):
                    self._error(
                        lines[0],
                        "language",
                        f"{side}: {len(lines)} of {self._identified[side]} texts are "
                        f"{'in ' if code else ''}{told}, not {named(base_language(tag))}",
                    )
                    continue
                for number in lines[:SHOWN]:
                    self._warning(
                        number,
                        "language",
                        f"{side}: {'looks like ' if code else ''}{told}, "
                        f"not {named(base_language(tag))}",
                    )
                if len(lines) > SHOWN:
                    self._findings.more(self._path, "language", len(lines) - SHOWN)

    def _check_ids(self) -> None:
        repeated = self._columns.duplicates_of_ids()
        if not repeated:
            return
        ids = _ids_on({line for hit in repeated[:SHOWN] for line in hit}, self._path)
        for line, first in repeated[:SHOWN]:
            if ids.get(line) is not None and ids[line] == ids.get(first):
                self._fault(line, duplicate_id(str(ids[line]), first))
        if len(repeated) > SHOWN:
            self._findings.more(self._path, "duplicate-id", len(repeated) - SHOWN)


def _ids_on(numbers: set[int], path: Path) -> dict[int, str | None]:
    """The ids on some lines, read once more."""
    found: dict[int, str | None] = {}
    with as_it_is(path) as stream:
        for number, raw in enumerate(stream, start=1):
            if number in numbers:
                parsed = parse_line(decode_line(raw, path, number), lambda fault: None)
                found[number] = parsed.id if parsed else None
                if len(found) == len(numbers):
                    break
    return found
