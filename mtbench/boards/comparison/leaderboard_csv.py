"""Reading leaderboard CSVs: ours, ours of another version or edited by hand, other tools'.

Columns are found by name, in any order. What cannot be read is refused with file and line;
columns that are not read are named in a note.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from mtbench.boards.comparison.sides import Side, SideCell, SideRow
from mtbench.errors import DataError, RequestError, UnknownName
from mtbench.files.spreadsheets import unquoted
from mtbench.files.writing import read_lines
from mtbench.languages import LanguagePair

KEY = ("corpus", "src", "tgt", "system")
PAIR = "pair"
DIGESTS = ("testset_digest", "output_digest")
OTHERS = (
    "segments", "rank", "rank_low", "rank_high", "cluster", "failures", "off_target", "empty",
    "copied", "length_ratio", "seconds_per_segment", "rank_metric", "mtbench_version", "notes",
    "term_recall", "terms_asked", "terms_used",
)  # fmt: skip
OF_A_METRIC = ("_ci_low", "_ci_high", "_signature")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")


def parse_map(settings: Iterable[str]) -> dict[str, str]:
    """``OURS=THEIRS`` names a column, ``OURS:=TEXT`` gives every row the same text.

    Ours are corpus, src, tgt (or pair, such as en-de), system, a metric's name,
    ``METRIC_signature``, testset_digest and output_digest.

    Returns:
        Ours → theirs, or ``=TEXT``.

    Raises:
        RequestError: If a setting is neither.
    """
    found: dict[str, str] = {}
    for setting in settings:
        left, equals, right = setting.partition("=")
        constant = left.endswith(":")
        ours = left.removesuffix(":").strip()
        if not equals or not ours or not right:
            raise RequestError(
                f"--map: not OURS=THEIRS: {setting!r}",
                hint="name a column (bleu=BLEU) or give a text (corpus:=flores)",
            )
        if ours in found:
            raise RequestError(f"--map: {ours} is given twice")
        found[ours] = f"={right}" if constant else right
    return found


def read_side(
    path: Path, *, known_metrics: Collection[str], mapping: Mapping[str, str] | None = None
) -> Side:
    """Reads a leaderboard CSV.

    Args:
        path: The file; commas, or semicolons or tabs where the header has no comma.
        known_metrics: Names that are metrics even without columns of their own beside them.
        mapping: From ``parse_map``, where the columns have other names.

    Raises:
        RequestError: If there is no such file, or the mapping names no column.
        DataError: With file and line, for whatever cannot be read.
    """
    lines = list(_records(path))
    if not lines:
        raise DataError(f"{path}: empty", hint="a leaderboard has a header and rows")
    (_, header), rows = lines[0], lines[1:]
    columns = _Columns(path, header, mapping or {}, known_metrics)
    found: dict[tuple[str, str, str], SideRow] = {}
    primary = set()
    for number, cells in rows:
        if len(cells) != len(header):
            raise DataError(
                f"{path}:{number}: {len(cells)} cells under a header of {len(header)}",
                hint="quote cells that hold the separator",
            )
        row = _row(f"{path}:{number}", cells, columns)
        key = (row.corpus, str(row.pair), row.system)
        if key in found:
            raise DataError(
                f"{path}:{number}: {row.system} on {row.test_set} stands already in "
                f"{found[key].where}",
                hint="keep one of the two rows",
            )
        found[key] = row
        primary.add(columns.text(cells, "rank_metric"))
    notes = []
    if columns.unread:
        notes.append(f"{path}: columns that are not read: {', '.join(columns.unread)}")
    return Side(
        name=str(path),
        rows=tuple(found.values()),
        metrics=columns.metrics,
        rank_metrics=frozenset(p for p in primary if p),
        notes=tuple(notes),
    )


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Non-empty records with the line they start at."""
    numbered = list(read_lines(path))
    first = next((line for _, line in numbered if line.strip()), "")
    delimiter = "," if "," in first else next((d for d in ";\t" if d in first), ",")
    reader = csv.reader((f"{line}\n" for _, line in numbered), delimiter=delimiter, strict=True)
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield start, [cell.strip() for cell in cells]
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{path}:{start}: not CSV: {error}") from error


class _Columns:
    """Which column is what.

    Attributes:
        metrics: The metrics, in order.
        unread: Names of columns that are not read.
        constants: Ours → the text every row has.
    """

    def __init__(
        self, path: Path, header: Sequence[str], mapping: Mapping[str, str], known: Collection[str]
    ) -> None:
        twice = sorted({name for name in header if header.count(name) > 1})
        if twice:
            raise DataError(f"{path}:1: the column {twice[0]!r} stands there twice")
        self.constants = {o: t.removeprefix("=") for o, t in mapping.items() if t[0] == "="}
        renamed = {t: o for o, t in mapping.items() if t[0] != "="}
        if len(renamed) + len(self.constants) != len(mapping):
            raise RequestError("--map: one column cannot be two of ours")
        for theirs in renamed:
            if theirs not in header:
                raise UnknownName("column", theirs, header)
        self._index = {
            renamed.get(name, name): at
            for at, name in enumerate(header)
            # A column of ours that is mapped from elsewhere is not itself.
            if name in renamed or name not in mapping
        }
        names = [*self._index, *(n for n in self.constants if n not in self._index)]
        plain = {*KEY, PAIR, *DIGESTS, *OTHERS}
        self.metrics = tuple(
            name
            for name in self._index
            if name not in plain
            and not name.endswith(OF_A_METRIC)
            and (
                name in known
                or name in mapping
                or any(f"{name}{suffix}" in names for suffix in OF_A_METRIC)
            )
        )
        read = plain | {f"{m}{s}" for m in self.metrics for s in ("", *OF_A_METRIC)}
        used = {at for name, at in self._index.items() if name in read}
        self.unread = [name for at, name in enumerate(header) if name and at not in used]
        self._need(path, names, header)

    def text(self, cells: Sequence[str], name: str) -> str:
        """A cell of a record, or the constant of that name; empty where there is neither."""
        at = self._index.get(name)
        return self.constants.get(name, "") if at is None else unquoted(cells[at])

    def _need(self, path: Path, names: Sequence[str], header: Sequence[str]) -> None:
        wanted = ["corpus", "system"]
        if PAIR not in names:
            wanted += ["src", "tgt"]
        missing = [name for name in wanted if name not in names]
        shown = ", ".join(header[:12])
        if missing:
            raise DataError(
                f"{path}: no column {missing[0]!r}",
                why=f"its columns are: {shown}",
                hint=f"say which one it is with --map {missing[0]}=COLUMN, or give every row the "
                f"same with --map {missing[0]}:=TEXT",
            )
        if not self.metrics:
            raise DataError(
                f"{path}: no column of a metric",
                why=f"its columns are: {shown}",
                hint="say which one it is, such as --map bleu=COLUMN",
            )


def _row(where: str, cells: Sequence[str], columns: _Columns) -> SideRow:
    def text(name: str) -> str:
        return columns.text(cells, name)

    for name in ("corpus", "system"):
        if not text(name):
            raise DataError(f"{where}: the cell {name!r} is empty")
    joined = text(PAIR) or f"{text('src')}-{text('tgt')}"
    try:
        if text(PAIR):
            pair = LanguagePair.parse(joined)
        else:
            pair = LanguagePair(source=text("src"), target=text("tgt"))
    except RequestError as error:
        raise DataError(f"{where}: {error.message}", hint=error.hint) from error
    return SideRow(
        corpus=text("corpus"),
        pair=pair,
        system=text("system"),
        cells={
            metric: SideCell(
                _number(where, metric, text(metric)), text(f"{metric}_signature") or None
            )
            for metric in columns.metrics
        },
        where=where,
        testset_digest=text("testset_digest") or None,
        output_digest=text("output_digest") or None,
    )


def _number(where: str, column: str, text: str) -> float | None:
    if not text:
        return None
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(value):
        hint = "write numbers with a dot" if "," in text else "leave the cell empty for no score"
        raise DataError(f"{where}: not a number in {column!r}: {text!r}", hint=hint)
    return value
