"""Corpora of any format that is read here → a corpus folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field

from mtbench.corpora.formats import presets
from mtbench.corpora.formats.delimited import Layout
from mtbench.corpora.formats.recognise import recognise
from mtbench.corpora.formats.segments import ImportedSegment, Remark, Remarks, Wanted
from mtbench.corpora.formats.wmt25 import Unit, wmt25
from mtbench.corpora.formats.writing import CorpusWriter, WrittenFile
from mtbench.errors import DataError, RequestError
from mtbench.files.inputs import readable
from mtbench.languages import LanguagePair
from mtbench.types import CorpusCard, Record

Format = Literal[
    "tmx", "wmt-xml", "wmt-sgml", "xliff", "po", "tsv", "csv", "plain", "spreadsheet", "jsonl",
    "parquet", "hf", "sacrebleu",
]  # fmt: skip
FORMATS: tuple[Format, ...] = get_args(Format)
TABLES: tuple[Format, ...] = ("tsv", "csv", "spreadsheet")
_IN_ROWS = ("jsonl", "parquet", "hf")


class ImportRequest(Record):
    """What to import, and how.

    Attributes:
        inputs: Files; or one folder or hub id (``hf:ID``); or ``sacrebleu:NAME``.
        output: The corpus folder to write.
        format: Of the inputs; by default it follows from their names.
        pairs: The directions; by default all that the inputs state.
        mapping: Key of a corpus line → columns, from ``columns.parse_map``.
        columns: Names of the columns of a table without a header.
        delimiter, encoding, sheet, header_row: Of a table, where they are not as recognised.
        skip_hidden: Whether hidden rows and columns of a spreadsheet are left out.
        preset: Name of a known shape.
        unit: For WMT25: paragraphs, or whole documents.
        config, split, revision: Of a Hugging Face data set.
        reference: Name of the one reference to keep.
        numbered_ids: Whether ids are numbers, whatever the format says.
        dedup: Whether segments that repeat an earlier one are left out: ``exact`` for those of
            the same source and references, ``source`` for those of the same source.
        skip_invalid: Whether segments that a corpus cannot hold are left out.
        force: Whether files that are there already are replaced.
        card: What the card is to say.
    """

    inputs: tuple[str, ...]
    output: Path
    format: Format | None = None
    pairs: tuple[LanguagePair, ...] = ()
    mapping: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    columns: tuple[str, ...] = ()
    delimiter: str = ""
    encoding: str = ""
    sheet: str = ""
    header_row: int | None = Field(default=None, ge=1)
    skip_hidden: bool = False
    dedup: Literal["exact", "source"] | None = None
    preset: str | None = None
    unit: Unit = "paragraph"
    config: str | None = None
    split: str | None = None
    revision: str | None = None
    reference: str | None = None
    numbered_ids: bool = False
    skip_invalid: bool = False
    force: bool = False
    card: CorpusCard = CorpusCard()


class ImportReport(Record):
    """What was imported.

    Attributes:
        corpus: The corpus folder.
        format: As read.
        files: The pair files written.
        kept: Segments written.
        found: What was changed, left out and why, is suspicious, or must be known otherwise.
    """

    corpus: str
    format: str
    files: tuple[WrittenFile, ...]
    kept: int
    found: tuple[Remark, ...]

    @property
    def read(self) -> int:
        """Segments and units that were looked at."""
        return self.kept + sum(one.count for one in self.found if one.sort == "left out")

    @property
    def remarks(self) -> tuple[str, ...]:
        """A sentence for each remark."""
        return tuple(map(str, self.found))


def import_corpus(request: ImportRequest) -> ImportReport:
    """Reads the inputs as a stream and writes a corpus folder.

    Raises:
        RequestError: If the request does not hold together.
        DataError: With file and line, if the inputs do not.
        Unavailable: If a server does not answer, or the folder cannot be written.
    """
    remarks = Remarks(skip_invalid=request.skip_invalid)
    wanted = Wanted(request.pairs)
    kind, inputs = detect(request.inputs, request.format)
    _check(request, kind)
    with CorpusWriter(
        request.output,
        remarks,
        force=request.force,
        numbered=request.numbered_ids,
        reference=request.reference,
        dedup=request.dedup,
    ) as writer:
        for segment in read(kind, inputs, request, wanted, remarks):
            writer.add(segment)
        wanted.check(", ".join(inputs), remarks)
        if writer.empty:
            out = [str(one) for one in remarks.all() if one.sort == "left out"]
            why = f"left out: {'; '.join(out[:3])}" if out else None
            raise DataError(f"{', '.join(inputs)}: no segment was read", why=why)
        files = writer.finish(_card(request))
    return ImportReport(
        corpus=str(request.output),
        format=kind,
        files=files,
        kept=sum(file.segments for file in files),
        found=remarks.all(),
    )


def _card(request: ImportRequest) -> CorpusCard:
    known = presets.CARDS.get(request.preset or "", CorpusCard())
    return known.model_copy(update=request.card.model_dump(exclude_defaults=True))


def detect(inputs: Sequence[str], format: Format | None) -> tuple[Format, tuple[str, ...]]:  # noqa: A002
    """The format of the inputs, and the inputs without a prefix that says it.

    Raises:
        RequestError: If it cannot be told, or the inputs are of several.
    """
    for prefix, kind in (("hf:", "hf"), ("sacrebleu:", "sacrebleu")):
        if any(name.startswith(prefix) for name in inputs):
            if len(inputs) > 1:
                raise RequestError(f"{prefix}… comes alone", hint="import one set at a time")
            return kind, (inputs[0].removeprefix(prefix),)  # type: ignore[return-value]
    if format is not None:
        if format in ("hf", "sacrebleu") and len(inputs) > 1:
            raise RequestError(f"--from {format} takes one name", hint="import one set at a time")
        return format, tuple(inputs)
    found: dict[Format, str] = {}
    for name in inputs:
        found.setdefault(_kind(name, alone=len(inputs) == 1), name)
    if len(found) > 1:
        said = ", ".join(f"{name} is {kind}" for kind, name in sorted(found.items()))
        raise RequestError(
            f"files of several formats: {said}",
            hint="import them one after the other, into the same -o",
        )
    return next(iter(found)), tuple(inputs)


def _kind(name: str, *, alone: bool) -> Format:
    path = Path(name)
    if not path.exists():
        raise RequestError(f"{name}: no such file")
    if path.is_dir():
        return "hf"
    found = recognise(path).kind
    if found == "table" or (found == "text" and alone):
        # One file of text alone has both sides in it, so it is a table whatever its name says.
        return "tsv" if path.name.lower().removesuffix(".gz").endswith(".tsv") else "csv"
    return "plain" if found == "text" else found


def _check(request: ImportRequest, kind: Format) -> None:
    for name in request.inputs:
        if kind not in ("hf", "sacrebleu") and not readable(Path(name)):
            raise RequestError(f"{name}: no such file")
    of_columns = (*TABLES, "tmx", *_IN_ROWS)
    for given, option, kinds in (
        (request.mapping, "--map", of_columns),
        (request.columns, "--columns", TABLES),
        (request.delimiter, "--delimiter", ("tsv", "csv")),
        (request.encoding, "--encoding", ("tsv", "csv")),
        (request.sheet, "--sheet", ("spreadsheet",)),
        (request.header_row, "--header-row", TABLES),
        (request.skip_hidden, "--skip-hidden", ("spreadsheet",)),
        (request.preset, "--preset", _IN_ROWS),
        (request.config, "--config", ("hf",)),
        (request.split, "--split", ("hf",)),
        (request.revision, "--revision", ("hf",)),
    ):
        if given and kind not in kinds:
            raise RequestError(f"{option} does not go with {kind}", hint=f"it is for {_or(kinds)}")
    if request.columns and request.header_row:
        raise RequestError(
            "--columns and --header-row exclude each other",
            hint="--columns is for a table without a header",
        )
    if request.preset and request.mapping:
        raise RequestError("--preset and --map exclude each other", hint="the preset maps all keys")
    if request.unit != "paragraph" and request.preset != "wmt25":
        raise RequestError("--unit is for --preset wmt25", hint="leave it out")


def _or(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]


def read(
    kind: Format,
    inputs: Sequence[str],
    request: ImportRequest,
    wanted: Wanted,
    remarks: Remarks,
) -> Iterator[ImportedSegment]:
    """The segments of all inputs, one after the other."""
    if request.preset:
        yield from _shaped(request, _rows(kind, inputs, request, wanted), wanted, remarks)
    elif kind == "plain":
        from mtbench.corpora.formats.plain import read_plain

        yield from read_plain([Path(name) for name in inputs], wanted, remarks)
    elif kind == "wmt-sgml":
        from mtbench.corpora.formats.wmt_sgml import read_wmt_sgml

        yield from read_wmt_sgml([Path(name) for name in inputs], wanted, remarks)
    elif kind == "sacrebleu":
        from mtbench.corpora.formats.sacrebleu_sets import read_sacrebleu_set

        yield from read_sacrebleu_set(inputs[0], wanted, remarks)
    elif kind == "hf":
        from mtbench.corpora.formats.hf import read_hub

        yield from read_hub(
            inputs[0],
            request.mapping,
            wanted,
            remarks,
            config=request.config,
            split=request.split,
            revision=request.revision,
        )
    else:
        for name in inputs:
            yield from _file(kind, Path(name), request, wanted, remarks)


def _file(
    kind: Format, path: Path, request: ImportRequest, wanted: Wanted, remarks: Remarks
) -> Iterator[ImportedSegment]:
    if kind == "tmx":
        from mtbench.corpora.formats.tmx import read_tmx

        return read_tmx(path, wanted, remarks, request.mapping)
    if kind in ("xliff", "po"):
        from mtbench.corpora.formats.bilingual import read_po, read_xliff

        return (read_xliff if kind == "xliff" else read_po)(path, wanted, remarks)
    if kind == "wmt-xml":
        from mtbench.corpora.formats.wmt_xml import read_wmt_xml

        return read_wmt_xml(path, wanted, remarks)
    if kind in TABLES:
        from mtbench.corpora.formats.tables import read_table

        return read_table(
            path, kind, request.mapping, request.columns, wanted, remarks, _layout(request)
        )
    from mtbench.corpora.formats.tables import read_rows

    return read_rows(_file_rows(kind, path), request.mapping, wanted, remarks, str(path))


def _layout(request: ImportRequest) -> Layout:
    from mtbench.corpora.formats import delimited

    return delimited.Layout(
        delimited.parse_delimiter(request.delimiter) if request.delimiter else "",
        delimited.parse_encoding(request.encoding) if request.encoding else "",
        request.sheet,
        request.header_row,
        request.skip_hidden,
    )


def _file_rows(kind: Format, path: Path) -> Iterable[presets.Row]:
    if kind == "parquet":
        from mtbench.corpora.formats.hf import parquet_rows

        return parquet_rows(path)
    from mtbench.files.jsonl import read_objects

    rows = read_objects(path, blank_lines=True)
    return ((number, f"{path}:{number}", row) for number, row in rows)


def _rows(
    kind: Format, inputs: Sequence[str], request: ImportRequest, wanted: Wanted
) -> Iterable[presets.Row]:
    if kind != "hf":
        return chain.from_iterable(_file_rows(kind, Path(name)) for name in inputs)
    from mtbench.corpora.formats.hf import configs_of, hub_rows

    configs: Sequence[str | None] = (
        [request.config]
        if request.config or Path(inputs[0]).is_dir()
        else configs_of(inputs[0], wanted)
    )
    return chain.from_iterable(
        hub_rows(inputs[0], config=config, split=request.split, revision=request.revision)
        for config in configs
    )


def _shaped(
    request: ImportRequest, rows: Iterable[presets.Row], wanted: Wanted, remarks: Remarks
) -> Iterator[ImportedSegment]:
    if request.preset == "flores+":
        return presets.flores(rows, wanted, ", ".join(request.inputs))
    if request.preset == "wmt24++":
        return presets.wmt24pp(rows, wanted, remarks)
    return wmt25(rows, wanted, remarks, request.unit)
