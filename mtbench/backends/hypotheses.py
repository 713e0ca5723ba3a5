"""Outputs that exist already: a file or folder of hypotheses stands in for a system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from mtbench.checkpoints.digests import remembered_digest
from mtbench.corpora.formats.recognise import recognise, require_text
from mtbench.corpora.formats.wmt_sgml import read_sgml
from mtbench.corpora.formats.wmt_xml import read_output
from mtbench.errors import DataError, RequestError, SegmentError
from mtbench.files.columns import ColumnWriter, Derived, column, few, shared
from mtbench.files.inputs import as_it_is, readable
from mtbench.files.jsonl import read_objects
from mtbench.files.writing import columns_told, read_lines, taken_off
from mtbench.languages import LanguagePair
from mtbench.plugins import Backend
from mtbench.types import Json, Record, Runtime, Source, Translation, ids_of

Format = Literal["text", "jsonl", "wmt-xml", "wmt-sgml"]
Answer = str | Translation | SegmentError

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
        self._ids: tuple[str, ...] = ()
        self._answers: Sequence[Answer] = ()
        self._places: dict[str, int] = {}

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
        return {"file": remembered_digest(self.path, self.runtime.cache)}

    def files(self) -> tuple[Path, ...]:
        """The file."""
        return (self.path,)

    def provenance(self) -> dict[str, Json]:
        """Path, format and digest of the file."""
        digest = remembered_digest(self.path, self.runtime.cache)
        found = {"path": str(self.path), "format": self.format, "digest": digest}
        return found | ({"system": self.options.system} if self.options.system else {})

    def notes(self) -> tuple[str, ...]:
        """What was taken off the text, and what is odd about its lines."""
        text = self.format == "text"
        return taken_off(self.path, ends=text) + (columns_told(self.path) if text else ())

    def sources(self, sources: Sequence[Source]) -> None:
        """Reads the file and holds it against the sources.

        Raises:
            DataError: If it does not have exactly one hypothesis for each of them.
        """
        ids = ids_of(sources)
        if self.format == "jsonl":
            found = _by_id(self.path, ids)
        elif self.format == "wmt-sgml":
            found = _of_sgml(self.path, ids)
        elif self.format == "wmt-xml":
            found = _by_source(self.path, self.pair, self.options.system, sources)
        else:
            found = _by_line(self.path, len(ids))
        self._ids, self._answers, self._places = shared(ids), found, {}

    def ready(self, sources: Sequence[Source]) -> Sequence[Answer] | None:
        """The hypotheses of all sources that the file was held against, or of the first of them."""
        count = len(sources)
        if self._ids[:count] != ids_of(sources):
            return None
        return self._answers[:count]

    def translate(self, batch: Sequence[Source]) -> list[Translation]:
        """The hypotheses of a batch, by segment id."""
        answers = []
        self._places = self._places or {name: at for at, name in enumerate(self._ids)}
        for source in batch:
            at = self._places.get(source.id)
            if at is None:
                raise RequestError(
                    f"{self.path}: no hypothesis for segment {source.id}",
                    why="a file of hypotheses serves whole test sets only",
                )
            found = self._answers[at]
            if isinstance(found, SegmentError):
                raise found
            answers.append(Translation(text=found) if isinstance(found, str) else found)
        return answers


def _named_by_pair(path: str) -> bool:
    return "{src}" in path or "{tgt}" in path


def _candidates(path: str, pair: LanguagePair) -> list[Path]:
    filled = Path(path.replace("{src}", pair.source).replace("{tgt}", pair.target))
    if filled.is_dir():
        return [filled / f"{pair}{suffix}" for suffix in _IN_FOLDER]
    return [filled]


def _by_line(path: Path, count: int) -> Sequence[Answer]:
    lines = column(line for _, line in read_lines(path))
    _same_count(path, len(lines), "lines", count)
    return lines


def _same_count(path: Path, found: int, what: str, count: int) -> None:
    if found != count:
        raise DataError(
            f"{path}: {found} {what} for {count} source segments",
            why=f"it is {'short' if found < count else 'long'} by {abs(found - count)}",
            hint="give the file that belongs to this test set; nothing is cut or filled in",
        )


def _by_id(path: Path, ids: tuple[str, ...]) -> Sequence[Answer]:
    writer: ColumnWriter[Any] = ColumnWriter()
    first_line: dict[str, int] = {}
    for number, row in read_objects(path):
        where = f"{path}:{number}"
        name, kept = _parsed(row, where)
        first = first_line.setdefault(name, number)
        if first != number:
            raise DataError(
                f"{where}: the id {name!r} stands in line {first} already",
                hint="give each segment one hypothesis",
            )
        writer.add(kept)
    _same_ids(path, ids, first_line)
    answers = Derived(_answer, writer.column())
    if tuple(first_line) == ids:
        return tuple(answers) if few(len(ids)) else answers
    by_id = dict(zip(first_line, answers, strict=True))
    return tuple(by_id[name] for name in ids)


def _same_ids(path: Path, ids: Sequence[str], first_line: Mapping[str, int]) -> None:
    wanted = set(ids)
    missing = [name for name in ids if name not in first_line]
    unknown = [name for name in first_line if name not in wanted]
    if missing or unknown:
        first = (
            f"first id without a hypothesis: {missing[0]!r}"
            if missing
            else f"{path}:{first_line[unknown[0]]}: first id without a source: {unknown[0]!r}"
        )
        raise DataError(
            f"{path}: {len(first_line)} hypotheses for {len(ids)} source segments, "
            f"{len(missing)} missing and {len(unknown)} unknown",
            why=first,
            hint="give the file that belongs to this test set; nothing is cut or filled in",
        )


def _parsed(row: dict[str, Json], where: str) -> tuple[str, list[Json]]:
    """The id of a row, and of its answer the text, what is kept beside it, or why it failed."""
    if not isinstance(row.get("id"), str):
        what = "an id that is no text in quotes" if "id" in row else "not an object with an id"
        raise DataError(f"{where}: {what}", hint=_HINT_JSONL)
    failure = row.get("failure")
    if row.get("mt") is None and isinstance(failure, str):
        return row["id"], [None, {}, failure]
    if not isinstance(row.get("mt"), str):
        raise DataError(f"{where}: segment {row['id']!r} has no text under mt", hint=_HINT_JSONL)
    kept = {key: value for key, value in row.items() if key not in ("id", "mt")}
    return row["id"], [row["mt"], kept, None]


def _answer(parsed: Sequence[Any]) -> Answer:
    text, kept, failure = parsed
    return Translation(text=text, kept=kept) if failure is None else SegmentError(failure)


_HINT_JSONL = 'write one {"id": "…", "mt": "…"} a line'


def _of_sgml(path: Path, ids: Sequence[str]) -> Sequence[Answer]:
    """By document and segment where the corpus has such ids, else in the order of the file."""
    file = read_sgml(path)
    rows = {f"{document}/{name}": text for (document, name), (text, _) in file.segments.items()}
    _same_count(path, len(rows), "segments", len(ids))
    known = set(ids)
    strange = next((name for name in rows if name not in known), None)
    if strange is None:
        return tuple(rows[name] for name in ids)
    if any("/" in name for name in ids):
        raise DataError(
            f"{path}: segment {strange!r} is not in this test set",
            hint="give the file that belongs to this test set",
        )
    return tuple(rows.values())


def _by_source(
    path: Path, pair: LanguagePair, system: str | None, sources: Sequence[Source]
) -> Sequence[Answer]:
    rows = read_output(path, pair, system)
    _same_count(path, len(rows), "segments", len(sources))
    for source, row in zip(sources, rows, strict=True):
        if source.text.split() != row.source.split():
            raise DataError(
                f"{row.where}: another source text than segment {source.id!r} has",
                hint="give the file that belongs to this test set",
            )
    return tuple(row.hypothesis for row in rows)
