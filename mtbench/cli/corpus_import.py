"""``mtbench corpus import``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mtbench.cli import common
from mtbench.errors import RequestError, UnknownName

if TYPE_CHECKING:
    from mtbench.corpora.formats.importing import ImportReport

_FROM = "tmx|wmt-xml|wmt-sgml|xliff|po|tsv|csv|plain|spreadsheet|jsonl|parquet|hf|sacrebleu"


@click.command("import", epilog="Example: mtbench corpus import memory.tmx -o corpora/memory")
@click.argument("inputs", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "--output", required=True, metavar="DIR", help="The corpus folder to write.")
@click.option("--from", "kind", metavar=_FROM, help="Format. Default: recognised from FILE.")
@click.option(
    "--pair",
    "pairs",
    multiple=True,
    metavar="SRC-TGT",
    help="Directions. Default: all that FILE states.",
)
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="KEY=COLUMN",
    help="Which column (a.b inside one, or prop of TMX) fills a key; ref may come several times.",
)
@click.option(
    "--columns", metavar="A,B,…", help="Names of a table's columns where its first line is data."
)
@click.option(
    "--delimiter",
    default="",
    metavar="C",
    help="Delimiter of a table: tab, semicolon, or any other.",
)
@click.option("--encoding", default="", metavar="NAME", help="Encoding of a table, such as cp1252.")
@click.option("--sheet", default="", metavar="NAME", help="Sheet of a spreadsheet.")
@click.option(
    "--header-row",
    type=click.IntRange(min=1),
    metavar="N",
    help="Row of a table that names its columns, where titles stand above it.",
)
@click.option(
    "--skip-hidden", is_flag=True, help="Leave out hidden rows and columns of a spreadsheet."
)
@click.option(
    "--dedup",
    type=click.Choice(["exact", "source"]),
    help="Leave out segments that repeat an earlier one: source and reference, or the source.",
)
@click.option("--preset", metavar="flores+|wmt24++|wmt25", help="The shape of a known test set.")
@click.option(
    "--unit",
    type=click.Choice(["paragraph", "document"]),
    default="paragraph",
    show_default=True,
    help="Of --preset wmt25.",
)
@click.option("--config", metavar="NAME", help="Configuration of a Hugging Face data set.")
@click.option("--split", metavar="NAME", help="Split of a Hugging Face data set.")
@click.option("--revision", metavar="REV", help="Revision of a Hugging Face data set.")
@click.option("--reference", metavar="A", help="Keep this one of several references.")
@click.option(
    "--ids",
    type=click.Choice(["own", "number"]),
    default="own",
    show_default=True,
    help="The format's own ids, or numbers from 1.",
)
@click.option(
    "--skip-invalid", is_flag=True, help="Leave out what a corpus cannot hold, and say how much."
)
@click.option("--force", is_flag=True, help="Replace pair files that are there already.")
@click.option("--title", default="", help="Title in the card.")
@click.option("--licence", default="", help="Licence in the card.")
@click.option("--url", default="", help="Address in the card.")
@common.format_option("table", "json")
@common.talk_options
def import_(
    inputs: tuple[str, ...],
    output: str,
    kind: str | None,
    pairs: tuple[str, ...],
    maps: tuple[str, ...],
    columns: str | None,
    preset: str | None,
    ids: str,
    title: str,
    licence: str,
    url: str,
    style: str,
    verbose: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Turn memories, tables, spreadsheets, files of WMT, JSONL, data sets into corpus files.

    FILE is a file, several parallel text files, a local data set folder, hf:ID or sacrebleu:NAME.
    """
    from pathlib import Path

    from mtbench.corpora.formats.columns import parse_map
    from mtbench.corpora.formats.importing import FORMATS, ImportRequest, import_corpus
    from mtbench.corpora.formats.presets import CARDS
    from mtbench.languages import LanguagePair
    from mtbench.types import CorpusCard

    if kind is not None and kind not in FORMATS:
        raise UnknownName("format", kind, FORMATS)
    if preset is not None and preset not in CARDS:
        raise UnknownName("preset", preset, CARDS)
    names = tuple(columns.split(",")) if columns else ()
    if columns is not None and not all(names):
        raise RequestError("--columns: a name is empty", hint="leave a column out by the name -")
    common.say_unfit_name(Path(output), quiet=quiet)
    report = import_corpus(
        ImportRequest.model_validate(
            {
                "inputs": inputs,
                "output": Path(output),
                "format": kind,
                "pairs": tuple(LanguagePair.parse(pair) for pair in pairs),
                "mapping": parse_map(maps),
                "columns": names,
                "preset": preset,
                "numbered_ids": ids == "number",
                **given,
                "card": CorpusCard(title=title, licence=licence, url=url),
            }
        )
    )
    watcher = common.ConsoleWatcher(quiet=quiet)
    watcher.say(f"read: {report.read}; kept: {report.kept}")
    for remark in report.remarks:
        watcher.say(remark)
    if style == "json":
        common.emit_json({**report.model_dump(mode="json"), "read": report.read})
    else:
        common.emit(_table(report))


def _table(report: ImportReport) -> str:
    rows = [
        [
            str(file.pair),
            str(file.segments),
            str(file.documents or ""),
            "varies" if file.references is None else str(file.references),
            ", ".join(file.systems),
            file.path,
        ]
        for file in report.files
    ]
    return common.grid(["pair", "segments", "documents", "references", "outputs of", "file"], rows)
