"""``mtbench corpus build``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mtbench.cli import common
from mtbench.errors import RequestError, UnknownName

if TYPE_CHECKING:
    from mtbench.documents.layout import Layout
    from mtbench.documents.records import Build, BuildOptions

T = TypeVar("T")


@click.command(epilog="Example: mtbench corpus build en.txt it.txt de.txt -o corpora/mine")
@click.argument("documents", nargs=-1, required=True, metavar="DOC...")
@click.option("-o", "--output", required=True, metavar="DIR", help="The corpus folder to make.")
@click.option(
    "--languages",
    metavar="TAG,TAG...",
    default="",
    help="Languages to expect; of two, the one named first is the source.",
)
@click.option(
    "--language",
    "language_of",
    multiple=True,
    metavar="FILE=TAG",
    help="Language of a document, where its text does not show it.",
)
@click.option(
    "--layout",
    "layouts",
    multiple=True,
    metavar="[FILE=]LAYOUT",
    help="How plain text is laid out, where it is not found out rightly: lines (a paragraph per "
    "line), or wrapped at a width with paragraphs apart by blank lines (blocks), that begin with "
    "an indent (indents), that do not (hanging), or that end with a short line (flush).",
)
@click.option(
    "--story",
    "story_of",
    multiple=True,
    metavar="FILE=LABEL",
    help="Documents of one label are one story, whatever they say.",
)
@click.option(
    "--pair",
    "pairs",
    multiple=True,
    metavar="SRC-TGT",
    help="Directions to write. Default: one for every two languages.",
)
@click.option(
    "--unit",
    type=click.Choice(["paragraph", "sentence"]),
    default="paragraph",
    show_default=True,
    help="Whether a segment is a paragraph or a sentence.",
)
@click.option(
    "--notes",
    type=click.Choice(["append", "leave-out"]),
    default="leave-out",
    show_default=True,
    help="Whether footnotes and endnotes of Word, OpenDocument and PDF stand after the text, in "
    "the order of the text, or are left out and counted.",
)
@click.option(
    "--encoder",
    default="",
    metavar="embedded|lexical|MODEL",
    help="What compares texts: a sentence-transformers model such as LaBSE, by hub id or folder. "
    "Default: embedded, and lexical for languages that it does not serve.",
)
@click.option(
    "--comparable",
    is_flag=True,
    help="Also write documents about one event that are no translations, into DIR/comparable.",
)
@click.option("--title", default="", help="Title in the card.")
@click.option("--licence", default="", help="Licence in the card.")
@click.option("--reversible", is_flag=True, help="Say in the card that files serve both ways.")
@click.option(
    "--force",
    is_flag=True,
    help="Replace lines and files that this build would write otherwise; copies are kept.",
)
@common.format_option("table", "json")
@common.talk_options
def build(documents: tuple[str, ...], output: str, style: str, **given: Any) -> None:
    """Align raw documents into corpus files: any mix of languages and stories, in any order.

    Paragraphs that are translations of each other are kept; what only one language has is left out.
    DOC is text (.txt), Markdown (.md) or HTML (.html, .mhtml) in any encoding, Word (.docx),
    OpenDocument (.odt), or PDF with a text layer. Stderr says what was found,
    what was left out and what looks odd. Where DIR has a card, what it says is kept.
    """
    from mtbench.documents.build import build_corpus
    from mtbench.documents.summary import summary
    from mtbench.documents.write import check_folder, write_corpus

    folder = Path(output)
    verbose, quiet = given.pop("verbose"), given.pop("quiet")
    force = given.pop("force")
    options = _options(folder, **given)
    check_folder(folder)
    common.say_unfit_name(folder, quiet=quiet)
    watcher = common.ConsoleWatcher(quiet=quiet)

    def track(what: str, items: Sequence[T]) -> Iterable[T]:
        watcher.start(what, len(items))
        try:
            for item in items:
                yield item
                watcher.advance(1)
        finally:
            watcher.stop()

    built = build_corpus(documents, options, track=track)
    if not quiet:
        common.tell(summary(built.report, everything=verbose))
    if not built.report.pairs:
        raise RequestError(
            "no two documents are translations of each other",
            why=_nearest(built),
            hint="say which belong together with --story FILE=LABEL",
        )
    written = write_corpus(built, folder, force=force)
    for line in written.told(folder):
        watcher.say(line)
    if style == "json":
        report = built.report.model_dump(mode="json")
        common.emit_json(
            {
                "corpus": str(folder),
                **report,
                "kept": list(written.kept),
                "replaced": list(written.replaced),
                "conflicts": [one.model_dump(mode="json") for one in written.conflicts],
            }
        )
        return
    for name, content in built.files.items():
        if name.endswith(".jsonl"):
            common.emit(f"{folder / name}\t{content.count(chr(10))} segments")


def _options(
    folder: Path,
    languages: str,
    language_of: tuple[str, ...],
    layouts: tuple[str, ...],
    story_of: tuple[str, ...],
    pairs: tuple[str, ...],
    title: str,
    licence: str,
    reversible: bool,
    **plain: Any,
) -> BuildOptions:
    from mtbench.config import read_corpus_card
    from mtbench.documents.records import BuildOptions
    from mtbench.languages import LanguagePair, normalise_tag
    from mtbench.types import CorpusCard

    card = (read_corpus_card(folder) if folder.is_dir() else None) or CorpusCard()
    said = {"title": title, "licence": licence, "reversible": reversible}
    fixed = {name: normalise_tag(tag) for name, tag in _table("--language", language_of).items()}
    one_by_one = _table("--layout", tuple(one for one in layouts if "=" in one))
    overall = [_layout(one) for one in layouts if "=" not in one]
    if len(set(overall)) > 1:
        raise RequestError(f"--layout is given twice: {overall[0]} and {overall[1]}")
    return BuildOptions(
        layout=overall[0] if overall else None,
        layout_of={name: _layout(one) for name, one in one_by_one.items()},
        languages=tuple(normalise_tag(tag) for tag in languages.split(",") if tag.strip()),
        language_of=fixed,
        story_of=_table("--story", story_of),
        pairs=tuple(LanguagePair.parse(pair) for pair in pairs),
        card=card.model_copy(update={key: value for key, value in said.items() if value}),
        **plain,
    )


def _layout(name: str) -> Layout:
    from mtbench.documents.layout import LAYOUTS

    for known in LAYOUTS:
        if name == known:
            return known
    raise UnknownName("--layout", name, LAYOUTS)


def _nearest(built: Build) -> str | None:
    """The two documents that come nearest to a translation, where there are any."""
    if not built.report.comparable:
        return None
    best = built.report.comparable[0]
    return f"nearest are {' and '.join(best.documents)}: {best.evidence}"


def _table(option: str, settings: tuple[str, ...]) -> dict[str, str]:
    """``FILE=TEXT`` options as a table.

    Raises:
        RequestError: If one is malformed, or a file is given twice.
    """
    found: dict[str, str] = {}
    for setting in settings:
        name, equals, text = setting.rpartition("=")
        if not (name and equals and text):
            raise RequestError(f"{option}: not FILE=...: {setting!r}")
        if found.get(name, text) != text:
            raise RequestError(f"{option}: {name} is given twice: {found[name]} and {text}")
        found[name] = text
    return found
