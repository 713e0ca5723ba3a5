"""What must be compared across lines, held as eight bytes per line, so that a gigabyte fits.

Texts are told apart by 64-bit hashes: among ten million texts, the chance that any two differing
ones share one is three in a million.
"""

from __future__ import annotations

import math
from array import array
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtbench.corpora.line import Line
from mtbench.corpora.validation.records import SHOWN, Findings, Kind
from mtbench.corpora.validation.texts import form, overlap_key
from mtbench.languages import LanguagePair, base_language
from mtbench.text.scripts import DENSE

_EXTREME = 2.5
_SMOOTHING = 15  # characters; a short text may well be twice as long in another language
_ENOUGH = 10  # lines from which on a file's own usual ratio is taken
_NOTHING = 0
Hashes = NDArray[np.int64]


class FileColumns:
    """One file's lines, as far as they are compared with other lines.

    Args:
        path: The file.
        pair: Its direction.
    """

    def __init__(self, path: Path, pair: LanguagePair) -> None:
        self.path = path
        self.pair = pair
        self.lines = array("q")
        self.reference_counts: dict[int, int] = {}
        self._ids = array("q")
        self._sources = array("q")
        self._pairs = array("q")
        self._documents = array("q")
        self._ratios = array("f")
        self._source_keys = array("q")
        self._reference_keys = array("q")
        self._forms: dict[str, dict[str, array[int]]] = {"src": {}, "ref": {}}

    def __len__(self) -> int:
        return len(self.lines)

    def add(self, number: int, line: Line) -> None:
        """Takes a line with an id and a source."""
        source, references = line.source or "", line.references
        self.lines.append(number)
        self.reference_counts.setdefault(len(references), number)
        self._ids.append(_hash(line.id) if line.id else _NOTHING)
        self._sources.append(_hash(source))
        self._pairs.append(_hash((source, references)) if references else _NOTHING)
        self._documents.append(_hash(line.document) if line.document is not None else _NOTHING)
        first = references[0] if references else ""
        smooth = (len(first) + _SMOOTHING) / (len(source) + _SMOOTHING)
        self._ratios.append(math.log(smooth) if references else math.nan)
        self._source_keys.append(_key(source))
        self._reference_keys.append(_key(first))
        for side, texts in (("src", (source,)), ("ref", references)):
            for text in texts:
                found = form(text)
                if found is not None:
                    self._forms[side].setdefault(found, array("q")).append(number)

    @property
    def ids(self) -> Hashes:
        """Hashes of the ids, one per line."""
        return _view(self._ids)

    @property
    def sources(self) -> Hashes:
        """Hashes of the source texts, one per line."""
        return _view(self._sources)

    def texts_in(self, language: str) -> Hashes:
        """Keys of the texts in a language, one per line; 0 where a text is too short to tell."""
        ours = _view(self._source_keys)
        if base_language(self.pair.source) == language:
            return ours
        return _view(self._reference_keys)

    def check(self, findings: Findings) -> None:
        """Reports what lines of this file say of each other, duplicate ids aside."""
        self._check_duplicates(findings)
        self._check_documents(findings)
        self._check_lengths(findings)
        self._check_forms(findings)

    def duplicates_of_ids(self) -> list[tuple[int, int]]:
        """Lines whose id stands on an earlier line, and that line, in order."""
        return _repeated(self.ids, self.lines)

    def _check_duplicates(self, findings: Findings) -> None:
        pairs = _repeated(_view(self._pairs), self.lines)
        for line, first in pairs[:SHOWN]:
            findings.warning(
                self.path, line, "duplicate-pair", f"source and reference as on line {first}"
            )
        _count_more(findings, self.path, "duplicate-pair", pairs)
        told = {line for line, _ in pairs}
        sources = [hit for hit in _repeated(self.sources, self.lines) if hit[0] not in told]
        for line, first in sources[:SHOWN]:
            findings.warning(self.path, line, "duplicate-source", f"source as on line {first}")
        _count_more(findings, self.path, "duplicate-source", sources)

    def _check_documents(self, findings: Findings) -> None:
        hashes = _view(self._documents)
        if not len(hashes):
            return
        starts = np.flatnonzero(np.concatenate(([True], hashes[1:] != hashes[:-1])))
        blocks = hashes[starts]
        ends = np.concatenate((starts[1:], [len(hashes)])) - 1
        last: dict[int, int] = {}
        for block, start, end in zip(blocks.tolist(), starts.tolist(), ends.tolist(), strict=True):
            if block != _NOTHING and block in last:
                findings.warning(
                    self.path,
                    self.lines[start],
                    "document",
                    f"a segment of a document that was left on line {self.lines[last[block]]}; "
                    "segments of one document stand together",
                )
            last[block] = end

    def _check_lengths(self, findings: Findings) -> None:
        ratios = np.frombuffer(self._ratios, dtype=np.float32)
        there = ~np.isnan(ratios)
        dense = {base_language(tag) in DENSE for tag in (self.pair.source, self.pair.target)}
        enough = int(there.sum()) >= _ENOUGH
        if not there.any() or (not enough and len(dense) == 2):
            return
        usual = float(np.median(ratios[there])) if enough else 0.0
        factors = np.exp(np.where(there, ratios, usual) - usual)
        odd = np.flatnonzero((factors > _EXTREME) | (factors < 1 / _EXTREME))
        for at in odd[:SHOWN].tolist():
            factor = float(factors[at])
            how, times = ("longer", factor) if factor > 1 else ("shorter", 1 / factor)
            findings.warning(
                self.path,
                self.lines[at],
                "length",
                f"the reference is {times:.1f} times {how} than its source lets expect",
            )
        if len(odd) > SHOWN:
            findings.more(self.path, "length", len(odd) - SHOWN)

    def _check_forms(self, findings: Findings) -> None:
        for side, forms in self._forms.items():
            odd = [number for name in ("NFD", "mixed") for number in forms.get(name, ())]
            if not odd:
                continue
            composed = forms.get("NFC", array("q"))
            if not composed and "mixed" not in forms:
                findings.warning(
                    self.path, odd[0], "normalisation",
                    f"{side}: accents are decomposed throughout (NFD), where NFC is usual",
                )  # fmt: skip
                continue
            if len(composed) < len(odd):
                usual, strange = "NFD", [*composed, *forms.get("mixed", ())]
            else:
                usual, strange = "NFC", odd
            for number in sorted(strange):
                findings.warning(
                    self.path,
                    number,
                    "normalisation",
                    f"{side}: accents are not in {usual} as elsewhere in the file",
                )


def shared(one: FileColumns, other: FileColumns, language: str) -> tuple[int, int, int]:
    """How many texts in a language stand in both files, and the first such lines of each."""
    ours, theirs = one.texts_in(language), other.texts_in(language)
    hits = np.flatnonzero(np.isin(ours, theirs) & (ours != _NOTHING))
    if not len(hits):
        return 0, 0, 0
    first = int(hits[0])
    there = int(np.flatnonzero(theirs == ours[first])[0])
    return len(hits), one.lines[first], other.lines[there]


def disagreements(one: FileColumns, other: FileColumns) -> list[tuple[int, int]]:
    """Lines of ``other`` whose id stands in ``one`` with another source, and that line."""
    order = np.argsort(one.ids, kind="stable")
    known = one.ids[order]
    at = np.searchsorted(known, other.ids)
    at[at == len(known)] = 0
    if not len(known):
        return []
    same_id = (known[at] == other.ids) & (other.ids != _NOTHING)
    differ = same_id & (one.sources[order][at] != other.sources)
    return [
        (other.lines[row], one.lines[int(order[at[row]])])
        for row in np.flatnonzero(differ).tolist()
    ]


def _repeated(hashes: Hashes, lines: array[int]) -> list[tuple[int, int]]:
    order = np.argsort(hashes, kind="stable")
    ranked = hashes[order]
    repeats = np.flatnonzero((ranked[1:] == ranked[:-1]) & (ranked[1:] != _NOTHING)) + 1
    firsts = np.searchsorted(ranked, ranked[repeats])
    found = zip(order[repeats].tolist(), order[firsts].tolist(), strict=True)
    return sorted((lines[row], lines[first]) for row, first in found)


def _count_more(findings: Findings, path: Path, kind: Kind, hits: list[tuple[int, int]]) -> None:
    if len(hits) > SHOWN:
        findings.more(path, kind, len(hits) - SHOWN)


def _view(values: array[int]) -> Hashes:
    return np.frombuffer(values, dtype=np.int64)


def _hash(value: object) -> int:
    return hash(value) or 1  # 0 stands for nothing


def _key(text: str) -> int:
    key = overlap_key(text)
    return _NOTHING if key is None else _hash(key)
