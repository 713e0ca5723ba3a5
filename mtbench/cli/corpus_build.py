"""``mtbench corpus build``."""

from __future__ import annotations

from pathlib import Path

import click

from mtbench.cli import common
from mtbench.errors import RequestError


@click.command(epilog="Example: mtbench corpus build en.txt it.txt de.txt -o corpora/mine")
@click.argument("documents", nargs=-1, required=True, metavar="DOC...")
@click.option("-o", "--output", required=True, metavar="DIR", help="The corpus folder to make.")
@click.option(
    "--languages",
    metavar="TAG,TAG...",
    default="",
    help="The languages there can be, in the order that makes one of two the source.",
)
@click.option(
    "--language",
    "language_of",
    multiple=True,
    metavar="FILE=TAG",
    help="The language of a document, where the text does not tell it.",
)
@click.option(
    "--story",
    "story_of",
    multiple=True,
    metavar="FILE=LABEL",
    help="Documents of one label are one story, whatever they say.",
)
@click.option("--title", default="", help="Title for the card.")
@click.option("--licence", default="", help="Licence for the card.")
@click.option("--force", is_flag=True, help="Replace corpus files that are there and differ.")
@common.format_option("table", "json")
@common.talk_options
def build(
    documents: tuple[str, ...],
    output: str,
    languages: str,
    language_of: tuple[str, ...],
    story_of: tuple[str, ...],
    title: str,
    licence: str,
    force: bool,
    style: str,
    verbose: bool,
    quiet: bool,
) -> None:
    """Align raw documents into corpus files: any mix of languages and stories, in any order.

    Paragraphs that are translations of each other are kept; what only one language has is left out.
    """
    from mtbench.documents.build import build_corpus
    from mtbench.documents.records import BuildOptions
    from mtbench.documents.write import write_corpus
    from mtbench.languages import normalise_tag
    from mtbench.types import CorpusCard

    tags = tuple(normalise_tag(tag) for tag in languages.split(",") if tag)
    fixed = {name: normalise_tag(tag) for name, tag in _table("--language", language_of).items()}
    options = BuildOptions(
        languages=tags,
        language_of=fixed,
        story_of=_table("--story", story_of),
        card=CorpusCard(title=title, licence=licence),
    )
    built = build_corpus(documents, options)
    counts = {
        name: content.count("\n") for name, content in built.files.items() if name != "card.toml"
    }
    if not counts:
        raise RequestError(
            "no two of these documents are translations of each other",
            hint="say which belong together with --story FILE=LABEL",
        )
    folder = Path(output)
    write_corpus(built, folder, force=force)
    if style == "json":
        common.emit_json({"corpus": str(folder), "segments": counts})
        return
    for name, count in counts.items():
        common.emit(f"{folder / name}\t{count} segments")


def _table(option: str, settings: tuple[str, ...]) -> dict[str, str]:
    """``FILE=TEXT`` options as a table.

    Raises:
        RequestError: If one is malformed.
    """
    found = {}
    for setting in settings:
        name, equals, text = setting.rpartition("=")
        if not (name and equals and text):
            raise RequestError(f"{option}: not FILE=...: {setting!r}")
        found[name] = text
    return found
