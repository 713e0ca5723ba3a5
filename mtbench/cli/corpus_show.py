"""``mtbench corpus list`` and ``mtbench corpus show``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from mtbench.cli import common

if TYPE_CHECKING:
    from mtbench.corpora.describe import CorpusFacts
    from mtbench.types import CorpusCard, Json


@click.command("list", epilog="Example: mtbench corpus list")
@common.format_option("table", "json")
@common.taken_talk_options
def list_(style: str) -> None:
    """List the corpora of the workspace and those that come with mtbench."""
    from mtbench.config import corpus_folders, read_corpus_card, workspace
    from mtbench.corpora.load import pair_files
    from mtbench.errors import MtbenchError

    rows: list[dict[str, Json]] = []
    for name, folder in corpus_folders(workspace().corpora).items():
        row: dict[str, Json] = {"corpus": name, "folder": str(folder), "title": "", "error": None}
        try:
            card = read_corpus_card(folder)
            files = pair_files(folder)
            row["title"] = card.title if card else ""
            row["pairs"] = [str(file.pair) for file in files]
        except MtbenchError as error:
            # One broken corpus must not hide the others; validate says all that is wrong.
            row |= {"pairs": [], "error": error.message}
        rows.append(row)
    if style == "json":
        common.emit_json(rows)
        return
    lines = [
        [row["corpus"], ", ".join(row["pairs"]), row["error"] or row["title"], row["folder"]]
        for row in rows
    ]
    common.emit(common.grid(["corpus", "pairs", "title", "folder"], lines))


@click.command(epilog="Example: mtbench corpus show china-blockchain --pair en-it")
@click.argument("corpora", nargs=-1, required=True, metavar="NAME|PATH...")
@click.option("--pair", "pairs", multiple=True, metavar="SRC-TGT", help="Default: every file's.")
@common.format_option("table", "json")
@common.taken_talk_options
def show(corpora: tuple[str, ...], pairs: tuple[str, ...], style: str) -> None:
    """Show counts, lengths, documents, origins, and the smallest p-value a test can reach."""
    from mtbench.config import find_corpora, read_corpus_card, workspace
    from mtbench.corpora.describe import describe
    from mtbench.corpora.load import load, pair_files
    from mtbench.errors import UnknownName
    from mtbench.languages import LanguagePair
    from mtbench.significance import limits_of_test

    wanted = {LanguagePair.parse(pair) for pair in pairs}
    found = []
    for folder, only in find_corpora(corpora, workspace()):
        files = pair_files(folder, only)
        known = {file.pair for file in files}
        for pair in sorted(wanted - known):
            raise UnknownName(f"language pair of {folder.name}", str(pair), map(str, known))
        chosen = [f for f in files if f.pair in wanted or not (wanted or f.reversed)]
        sets = [load(file) for file in chosen]
        facts = [describe(one, limits_of_test(one.documents)) for one in sets]
        found.append((folder.resolve().name, read_corpus_card(folder), facts))
    if style == "json":
        common.emit_json(
            [
                {
                    "corpus": name,
                    "card": card.model_dump(mode="json", exclude_defaults=True) if card else None,
                    "test_sets": [fact.model_dump(mode="json") for fact in facts],
                }
                for name, card, facts in found
            ]
        )
        return
    blocks = [
        block for name, card, facts in found for block in (_about(name, card), *map(_lines, facts))
    ]
    common.emit("\n\n".join("\n".join(block) for block in blocks))


def _about(name: str, card: CorpusCard | None) -> list[str]:
    if card is None:
        return [f"{name}: no card"]
    lines = [f"{name}: {card.title}" if card.title else name]
    values = {
        "version": card.version,
        "licence": card.licence,
        "url": card.url,
        "published": str(card.date or ""),
        "sides": ", ".join(f"{tag} {origin}" for tag, origin in sorted(card.origin.items())),
    }
    lines += [f"  {key}: {value}" for key, value in values.items() if value]
    return lines + [f"  {line}" for line in card.notes.strip().splitlines() if line.strip()]


def _lines(facts: CorpusFacts) -> list[str]:
    lines = [facts.test_set + (" (its file the other way round)" if facts.reversed else "")]
    counts = ", ".join(f"{count} of {n}" for n, count in facts.references.items())
    one = len(facts.references) == 1
    references = f"{next(iter(facts.references))} each" if one else counts
    if facts.reference_names:
        references += f" ({', '.join(facts.reference_names)})"
    lines.append(f"  segments: {facts.segments}; references: {references}")
    lines.append(f"  {facts.source}: {_length(facts, 'source')}")
    if facts.reference_lengths is not None:
        lines.append(f"  {facts.target}: {_length(facts, 'reference')}")
    if facts.documents:
        lines.append(
            f"  documents: {facts.documents}, the longest of {facts.longest_document} segments"
        )
    for title, counted in (
        ("domains", facts.domains),
        ("first written in", facts.original_languages),
        ("references made by", facts.origins),
        ("further keys", facts.extra_keys),
    ):
        if counted:
            lines.append(f"  {title}: {_counted(counted)}")
    if facts.alignment is not None:
        lines.append(
            f"  alignment: lowest {facts.alignment.lowest:.3f}, "
            f"median {facts.alignment.median:.3f} ({facts.alignment.segments} segments)"
        )
    return [*lines, f"  {_floor(facts)}"]


def _floor(facts: CorpusFacts) -> str:
    tested = f"a test on {facts.units} {facts.unit}s"
    if facts.separable_systems is None:
        return f"{tested}: their number sets no limit that matters to p (2/2^{facts.units})"
    floor = f"{tested} cannot give p below 2/2^{facts.units} = {facts.smallest_p:.2g}"
    most = f"at most {facts.separable_systems} systems can all be told apart at 5 %"
    if facts.separable_systems == 1:
        most = "no two systems can be told apart at 5 %"
    return f"{floor}: {most}" + ("" if facts.reliable else "; intervals are unreliable below 30")


def _length(facts: CorpusFacts, side: str) -> str:
    found = facts.source_lengths if side == "source" else facts.reference_lengths
    if found is None:
        return ""
    return (
        f"{found.characters} characters, {found.words} words; a text has {found.shortest} to "
        f"{found.longest} characters, median {found.median:g}"
    )


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{key or 'not said'} {count}" for key, count in counts.items())
