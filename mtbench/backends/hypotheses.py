"""Outputs that exist already: a file or folder of hypotheses stands in for a system."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, cast

from pydantic import Field

from mtbench.corpora.formats.recognise import recognise, require_text
from mtbench.corpora.formats.wmt_sgml import read_sgml
from mtbench.corpora.formats.wmt_xml import read_output
from mtbench.errors import DataError, RequestError, SegmentError
from mtbench.files.digests import digest_file
from mtbench.files.inputs import as_it_is, readable
from mtbench.files.jsonl import read_objects
from mtbench.files.writing import read_lines, taken_off
from mtbench.languages import LanguagePair
from mtbench.plugins import Backend
from mtbench.types import Json, Record, Runtime, Source, Translation

Format = Literal["text", "jsonl", "wmt-xml", "wmt-sgml"]

_IN_FOLDER = (".txt", ".jsonl", ".xml")


class Hypotheses(Backend):
    """Reads hypotheses from a file, one per source segment.

    Nothing is cut, padded or guessed: a plain-text file must have exactly one line per segment
    (an empty line is an empty hypothesis), a JSONL file exactly the segments' ids, a WMT XML
    file the same source texts in the same order. The inline target is the path.
    """

    class Options(Record):
        """Which file.

        Attributes:
            path: A file, or a folder that holds ``SRC-TGT.txt``, ``.jsonl`` or ``.xml``;
                ``{src}`` and ``{tgt}`` in it stand for the language tags.
            format: ``text``, ``jsonl`` (keys ``id`` and ``mt``), ``wmt-xml`` or ``wmt-sgml``;
                by default what the file shows itself to be.
            system: The system's name within a WMT XML file; not needed if it holds only one.
        """

        path: Annotated[str, Field(min_length=1)]
        format: Format | None = None
        system: str | None = None

    preferred_batch = 1024

    by_id = True
    timed = False

    options: Options

    def __init__(self, options: Hypotheses.Options, pair: LanguagePair, runtime: Runtime) -> None:
        super().__init__(options, pair, runtime)
        self._found: dict[str, Translation | SegmentError] = {}

    @classmethod
    def from_target(cls, target: str) -> dict[str, Json]:
        """The path, as it is."""
        if not target:
            raise RequestError(
                "hypotheses: needs a path", hint="write hypotheses:FILE, or hypotheses:FOLDER"
            )
        return {"path": target}

    @classmethod
    def serves(cls, options: Record, pair: LanguagePair) -> bool:
        """Whether there is a file for the direction; a plain file is taken for any."""
        path = cast("Hypotheses.Options", options).path
        if _named_by_pair(path) or Path(path).is_dir():
            return any(readable(candidate) for candidate in _candidates(path, pair))
        return True

    @classmethod
    def one_test_set(cls, options: Record) -> bool:
        """Whether one file is meant, whatever the direction."""
        path = cast("Hypotheses.Options", options).path
        return not _named_by_pair(path) and not Path(path).is_dir()

    @property
    def path(self) -> Path:
        """The file that serves this direction.

        Raises:
            RequestError: If there is none, or more than one.
        """
        candidates = _candidates(self.options.path, self.pair)
        there = [path for path in candidates if readable(path)]
        if len(there) > 1:
            raise RequestError(
                f"two files could be meant: {there[0]} and {there[1]}", hint="name one of them"
            )
        odd = [path for path in candidates if path.exists()]  # whoever opens it says why
        if not there and odd:
            return odd[0]
        if not there:
            named = " or ".join(str(path) for path in candidates)
            raise RequestError(f"no hypotheses file {named}", hint="check the path")
        return there[0]

    @property
    def format(self) -> Format:
        """How the file is read.

        Raises:
            DataError: If it is something that holds no output, naming it and the way in.
        """
        path = self.path
        if self.options.format or not readable(path):
            return self.options.format or "text"
        kind = recognise(path).kind
        if kind in ("jsonl", "wmt-xml", "wmt-sgml"):
            return cast("Format", kind)
        require_text(path)
        return "text"

    def check(self) -> None:
        """Whether the file is there and the options fit its format."""
        if self.options.system is not None and self.format != "wmt-xml":
            raise RequestError(
                f"{self.path}: the option 'system' is for WMT XML only",
                hint='leave it out, or set format = "wmt-xml"',
            )
        with as_it_is(self.path):
            pass

    def identity(self) -> dict[str, Json]:
        """The digest of the file."""
        return {"file": digest_file(self.path)}

    def files(self) -> tuple[Path, ...]:
        """The file."""
        return (self.path,)

    def provenance(self) -> dict[str, Json]:
        """Path, format and digest of the file."""
        found = {"path": str(self.path), "format": self.format, "digest": digest_file(self.path)}
        return found | ({"system": self.options.system} if self.options.system else {})

    def notes(self) -> tuple[str, ...]:
        """What was taken off the text."""
        return taken_off(self.path, ends=self.format == "text")

    def sources(self, sources: Sequence[Source]) -> None:
        """Reads the file and holds it against the sources.

        Raises:
            DataError: If it does not have exactly one hypothesis for each of them.
        """
        if self.format == "jsonl":
            self._found = _by_id(self.path, sources)
        elif self.format == "wmt-sgml":
            self._found = _of_sgml(self.path, sources)
        elif self.format == "wmt-xml":
            self._found = _by_source(self.path, self.pair, self.options.system, sources)
        else:
            self._found = _by_line(self.path, sources)

    def translate(self, batch: Sequence[Source]) -> list[Translation]:
        """The hypotheses of a batch, by segment id."""
        answers = []
        for source in batch:
            found = self._found.get(source.id)
            if found is None:
                raise RequestError(
                    f"{self.path}: no hypothesis for segment {source.id}",
                    why="a file of hypotheses serves whole test sets only",
                )
            if isinstance(found, SegmentError):
                raise found
            answers.append(found)
        return answers


def _named_by_pair(path: str) -> bool:
    return "{src}" in path or "{tgt}" in path


def _candidates(path: str, pair: LanguagePair) -> list[Path]:
    filled = Path(path.replace("{src}", pair.source).replace("{tgt}", pair.target))
    if filled.is_dir():
        return [filled / f"{pair}{suffix}" for suffix in _IN_FOLDER]
    return [filled]


def _by_line(path: Path, sources: Sequence[Source]) -> dict[str, Translation | SegmentError]:
    lines = [line for _, line in read_lines(path)]
    _same_count(path, len(lines), "lines", sources)
    return {source.id: Translation(text=line) for source, line in zip(sources, lines, strict=True)}


def _same_count(path: Path, found: int, what: str, sources: Sequence[Source]) -> None:
    if found != len(sources):
        raise DataError(
            f"{path}: {found} {what} for {len(sources)} source segments",
            why=f"it is {'short' if found < len(sources) else 'long'} by "
            f"{abs(found - len(sources))}",
            hint="give the file that belongs to this test set; nothing is cut or filled in",
        )


def _by_id(path: Path, sources: Sequence[Source]) -> dict[str, Translation | SegmentError]:
    found: dict[str, Translation | SegmentError] = {}
    first_line: dict[str, int] = {}
    for number, row in read_objects(path):
        where = f"{path}:{number}"
        name, answer = _parsed(row, where)
        if name in found:
            raise DataError(
                f"{where}: the id {name!r} stands in line {first_line[name]} already",
                hint="give each segment one hypothesis",
            )
        found[name], first_line[name] = answer, number
    wanted = {source.id for source in sources}
    missing = [source.id for source in sources if source.id not in found]
    unknown = [name for name in found if name not in wanted]
    if missing or unknown:
        first = (
            f"first id without a hypothesis: {missing[0]!r}"
            if missing
            else f"{path}:{first_line[unknown[0]]}: first id without a source: {unknown[0]!r}"
        )
        raise DataError(
            f"{path}: {len(found)} hypotheses for {len(sources)} source segments, "
            f"{len(missing)} missing and {len(unknown)} unknown",
            why=first,
            hint="give the file that belongs to this test set; nothing is cut or filled in",
        )
    return found


def _parsed(row: dict[str, Json], where: str) -> tuple[str, Translation | SegmentError]:
    if not isinstance(row.get("id"), str):
        raise DataError(f"{where}: not an object with an id", hint=_HINT_JSONL)
    failure = row.get("failure")
    if row.get("mt") is None and isinstance(failure, str):
        return row["id"], SegmentError(failure)
    if not isinstance(row.get("mt"), str):
        raise DataError(f"{where}: segment {row['id']!r} has no text under mt", hint=_HINT_JSONL)
    kept = {key: value for key, value in row.items() if key not in ("id", "mt")}
    return row["id"], Translation(text=row["mt"], kept=kept)


_HINT_JSONL = 'write one {"id": "…", "mt": "…"} a line'


def _of_sgml(path: Path, sources: Sequence[Source]) -> dict[str, Translation | SegmentError]:
    """By document and segment where the corpus has such ids, else in the order of the file."""
    file = read_sgml(path)
    rows = {f"{document}/{name}": text for (document, name), (text, _) in file.segments.items()}
    _same_count(path, len(rows), "segments", sources)
    ids = [source.id for source in sources]
    strange = next((name for name in rows if name not in set(ids)), None)
    if strange is None:
        return {name: Translation(text=rows[name]) for name in ids}
    if any("/" in name for name in ids):
        raise DataError(
            f"{path}: segment {strange!r} is not in this test set",
            hint="give the file that belongs to this test set",
        )
    return {name: Translation(text=text) for name, text in zip(ids, rows.values(), strict=True)}


def _by_source(
    path: Path, pair: LanguagePair, system: str | None, sources: Sequence[Source]
) -> dict[str, Translation | SegmentError]:
    rows = read_output(path, pair, system)
    _same_count(path, len(rows), "segments", sources)
    for source, row in zip(sources, rows, strict=True):
        if source.text.split() != row.source.split():
            raise DataError(
                f"{row.where}: another source text than segment {source.id!r} has",
                hint="give the file that belongs to this test set",
            )
    return {
        source.id: Translation(text=row.hypothesis)
        for source, row in zip(sources, rows, strict=True)
    }
