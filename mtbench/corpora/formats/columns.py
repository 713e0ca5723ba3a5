"""Named columns → segments: what tables, JSONL of other shapes and data sets have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from mtbench.corpora import constraints
from mtbench.corpora.formats.segments import (
    OTHER_LANGUAGES,
    ImportedSegment,
    Remarks,
    Wanted,
)
from mtbench.corpora.line import KEYS, ORIGINS
from mtbench.errors import DataError, RequestError, UnknownName
from mtbench.languages import LanguagePair, base_language, language_names, normalise_tag
from mtbench.types import Json

_LANGUAGES = ("pair", "src_lang", "tgt_lang")
MAP_KEYS = (*KEYS, *_LANGUAGES, *constraints.KEYS)
"""What ``--map`` can fill: keys of a corpus line, and columns that tell the direction."""

# Names under which columns are found where no --map names them.
_ALIASES = {
    "id": ("id", "segment_id"),
    "src": ("src", "source", "src_text"),
    "ref": ("ref", "reference", "references", "refs", "target", "tgt", "tgt_text"),
    "doc": ("doc", "document", "doc_id", "document_id"),
    "pair": ("pair", "lp"),
    "src_lang": ("src_lang", "source_lang"),
    "tgt_lang": ("tgt_lang", "target_lang"),
}
_CONSTRAINTS = ("constraints", *constraints.KEYS)
_NO_TEXTS = ("alignment", *_CONSTRAINTS)
_NAMED_REFERENCE = re.compile(r"ref\..+")


def parse_map(items: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Reads ``KEY=COLUMN`` of ``--map``; ``ref`` may come several times.

    Raises:
        RequestError: If an item is no such pair, or a key other than ``ref`` comes twice.
        UnknownName: If there is no such key.
    """
    found: dict[str, tuple[str, ...]] = {}
    for item in items:
        key, equals, column = item.partition("=")
        if not equals or not key or not column:
            raise RequestError(f"--map {item}: not KEY=COLUMN", hint="such as --map src=source")
        if key not in MAP_KEYS:
            raise UnknownName("key of --map", key, MAP_KEYS)
        if key in found and key != "ref":
            raise RequestError(f"--map names two columns for {key}")
        found[key] = (*found.get(key, ()), column)
    return found


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which column fills which key, for one direction."""

    single: Mapping[str, str]
    references: tuple[str, ...]
    used: frozenset[str]


class Columns:
    """Rows → segments.

    Args:
        mapping: From ``parse_map``.
        names: The columns of the first row.
        wanted: The directions asked for.
        remarks: Told of columns left out.
        place: The file, for messages.
        fixed: Whether every row has the same columns, as in a table.

    Raises:
        RequestError: If nothing tells the languages.
        UnknownName: If ``--map`` names a column that is not there.
    """

    def __init__(
        self,
        mapping: Mapping[str, tuple[str, ...]],
        names: Sequence[str],
        wanted: Wanted,
        remarks: Remarks,
        place: str,
        *,
        fixed: bool,
    ) -> None:
        self._mapping = mapping
        self._names = dict.fromkeys(names)  # all that were seen
        self._wanted = wanted
        self._remarks = remarks
        self._place = place
        self._in_table = fixed
        self._plans: dict[tuple[LanguagePair, tuple[str, ...]], _Plan] = {}
        needed = mapping if fixed else {"src", *_LANGUAGES}
        self._check_map(needed)
        self._tells = {key: _column(mapping, key, self._names) for key in _LANGUAGES}
        told = self._tells["pair"] or (self._tells["src_lang"] and self._tells["tgt_lang"])
        self._per_row = bool(told)
        if not self._per_row and not wanted.pairs:
            raise RequestError(
                f"{place}: no column tells the languages",
                hint="say the direction, such as --pair en-it",
            )

    def segments(self, row: Mapping[str, Json], number: int, where: str) -> list[ImportedSegment]:
        """A row as a segment of each direction that it serves.

        Args:
            row: Column → value.
            number: Its number, which is its id where no column gives one.
            where: File and line.

        Raises:
            DataError: If a value does not hold.
            RequestError: If there is no column for the source.
        """
        return [self._segment(row, pair, number, where) for pair in self._directions(row, where)]

    def _directions(self, row: Mapping[str, Json], where: str) -> list[LanguagePair]:
        if not self._per_row:
            for pair in self._wanted.pairs:
                self._wanted.match(pair.source, pair.target, where)
            return list(self._wanted.pairs)
        if self._tells["pair"]:
            told = _text(lookup(row, self._tells["pair"]), self._tells["pair"], where)
            try:
                stated = LanguagePair.parse(told or "")
            except RequestError as error:
                raise DataError(f"{where}: {error.message}", hint=error.hint) from error
            source, target = stated.source, stated.target
        else:
            source, target = (
                _text(lookup(row, self._tells[key] or ""), key, where) or ""
                for key in ("src_lang", "tgt_lang")
            )
        matched = self._wanted.match(source, target, where)
        if matched is None:
            self._remarks.left_out(f"rows {OTHER_LANGUAGES}", where)
        return [matched] if matched else []

    def _segment(
        self, row: Mapping[str, Json], pair: LanguagePair, number: int, where: str
    ) -> ImportedSegment:
        plan = self._plans.get((pair, tuple(row)))
        if plan is None:
            plan = self._plans[pair, tuple(row)] = self._plan(pair, row)
        texts = {
            key: _text(lookup(row, column), column, where)
            for key, column in plan.single.items()
            if key not in _NO_TEXTS
        }
        references, names = _references(row, plan.references, where)
        origin = texts.get("origin")
        if origin is not None and origin not in ORIGINS:
            raise DataError(f"{where}: origin: {origin!r} is none of {', '.join(ORIGINS)}")
        return ImportedSegment(
            pair=pair,
            id=texts.get("id") or str(number),
            source=texts.get("src") or "",
            references=references,
            reference_names=names,
            document=texts.get("doc"),
            domain=texts.get("domain"),
            original_language=texts.get("original_language"),
            origin=origin,
            alignment=_number(row, plan.single.get("alignment"), where),
            context=texts.get("context"),
            instruction=texts.get("instruction"),
            constraints=_constraints(row, plan.single, where),
            extra={
                key: value
                for key, value in row.items()
                if key not in plan.used and key not in KEYS and value is not None
            },
            where=where,
        )

    def _plan(self, pair: LanguagePair, row: Mapping[str, Json]) -> _Plan:
        """Which columns of a row fill what; rows of the same columns share a plan."""
        self._names.update(dict.fromkeys(row))
        single = {}
        for key in KEYS:
            column = _column(self._mapping, key, row) if key != "ref" else None
            if key == "src" and column is None:
                column = _of_language(pair.source, row)
            if column is not None:
                single[key] = column
        # A column of such a name may well mean something else.
        single.update(
            {key: self._mapping[key][0] for key in constraints.KEYS if key in self._mapping}
        )
        if "src" not in single and not self._plans:
            raise RequestError(
                f"{self._place}: no column for the source",
                why=f"there are: {', '.join(self._names)}",
                hint="name it: --map src=COLUMN --map ref=COLUMN"
                + "; or all, where the first line is data: --columns src,ref; or say --header-row"
                * self._in_table,
            )
        references = _reference_columns(self._mapping, pair.target, row, self._place)
        columns = (*single.values(), *references, *(c for c in self._tells.values() if c))
        used = frozenset(set(columns) | {c.split(".", 1)[0] for c in columns})
        for name in row:
            if name in KEYS and name not in used:
                self._remarks.noted(f"column {name!r} left out: --map fills that key from another")
        return _Plan(single, references, used)

    def _check_map(self, keys: Iterable[str]) -> None:
        for key in keys:
            for column in self._mapping.get(key, ()):
                if not {column, column.split(".", 1)[0]} & set(self._names):
                    raise UnknownName(f"column of {self._place}", column, self._names)

    def check(self) -> None:
        """Says at the end of reading which columns of ``--map`` no row had.

        Raises:
            UnknownName: Naming those that are there.
        """
        self._check_map(self._mapping)


def names_columns(
    names: Sequence[str], mapping: Mapping[str, tuple[str, ...]], wanted: Wanted
) -> bool:
    """Whether the cells of a row can be the header of a table that is to be read.

    Args:
        names: The cells.
        mapping: From ``parse_map``.
        wanted: The directions asked for.

    Returns:
        Whether a column of the source, and all that ``--map`` names, are among them.
    """
    there: dict[str, Json] = dict.fromkeys(name for name in names if name)
    if not all(
        {c, c.split(".", 1)[0]} & set(there) for several in mapping.values() for c in several
    ):
        return False
    if _column(mapping, "src", there):
        return True
    return any(_of_language(pair.source, there) for pair in wanted.pairs)


def _reference_columns(
    mapping: Mapping[str, tuple[str, ...]], target: str, row: Mapping[str, Json], place: str
) -> tuple[str, ...]:
    if "ref" in mapping:
        return mapping["ref"]
    named = tuple(name for name in row if _NAMED_REFERENCE.match(name))
    if named and "ref" in row:
        raise RequestError(
            f"{place}: two columns hold references, 'ref' and {named[0]!r}, and one has no name",
            hint=f"call it ref.NAME in the file, or take one of them: --map ref={named[0]}",
        )
    found = _column(mapping, "ref", row) or _of_language(target, row)
    return named or ((found,) if found else ())


def _column(mapping: Mapping[str, tuple[str, ...]], key: str, row: Iterable[str]) -> str | None:
    given = mapping.get(key)
    if given:
        return given[0]
    known = _ALIASES.get(key, (key,))
    folded = {name.casefold(): name for name in reversed(list(row))}
    return next((c for c in known if c in row), None) or next(
        (folded[c] for c in known if c in folded), None
    )


def _of_language(tag: str, row: Mapping[str, Json]) -> str | None:
    """A column, or a key of a ``translation`` column, that is named by a language."""
    nested = row.get("translation")
    inside = [f"translation.{key}" for key in nested] if isinstance(nested, Mapping) else []
    exact, near = [], []
    for column in (*row, *inside):
        try:
            named = normalise_tag(column.removeprefix("translation."))
        except RequestError:
            continue
        if named == tag:
            exact.append(column)
        elif base_language(named) == tag:
            near.append(column)
    if exact or len(near) == 1:
        return (exact or near)[0]
    called = language_names(tag)
    spelled = [column for column in row if column.strip().casefold() in called]
    return spelled[0] if len(spelled) == 1 else None


def lookup(row: Mapping[str, Json], path: str) -> Json:
    """The value of a column, or of a path inside one: ``refs.refA.ref``, ``translation.en``."""
    if path in row:
        return row[path]
    value: Json = row
    for part in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _text(value: Json, column: str, where: str) -> str | None:
    """A cell as text; an empty one is none."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise DataError(f"{where}: {column}: neither text nor a whole number")


def _references(
    row: Mapping[str, Json], columns: tuple[str, ...], where: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Texts and, of several columns, their names; a single column may hold a list."""
    if len(columns) == 1 and not _NAMED_REFERENCE.match(columns[0]):
        value = lookup(row, columns[0])
        if isinstance(value, list):
            texts = [_text(item, columns[0], where) for item in value]
            if not all(texts):
                raise DataError(f"{where}: {columns[0]}: an empty reference in a list")
            return tuple(t for t in texts if t), ()
        text = _text(value, columns[0], where)
        return ((text,) if text else ()), ()
    found = {column: _text(lookup(row, column), column, where) for column in columns}
    kept = {column.removeprefix("ref."): text for column, text in found.items() if text}
    return tuple(kept.values()), tuple(kept)


def _constraints(row: Mapping[str, Json], columns: Mapping[str, str], where: str) -> Json:
    def refuse(fault: str) -> NoReturn:
        raise DataError(f"{where}: {fault}")

    cells = {key: lookup(row, columns[key]) for key in _CONSTRAINTS if key in columns}
    return constraints.from_cells(cells, refuse) if cells else None


def _number(row: Mapping[str, Json], column: str | None, where: str) -> float | None:
    if column is None:
        return None
    value = lookup(row, column)
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise DataError(f"{where}: {column}: not a number") from None
    if not 0 <= number <= 1:
        raise DataError(f"{where}: {column}: not a number from 0 to 1")
    return number
