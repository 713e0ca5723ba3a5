"""The report of a build as text, for a person to check in a minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mtbench.documents.records import BuildReport, DocumentEntry, Dropped, PairEntry

SHOWN = 10
WIDTH = 60

_REASONS = {
    "one-sided": "in one language only",
    "boilerplate": "boilerplate: the line stands in other documents too",
    "no words": "neither letters nor digits",
    "no translation": "in a document without a translation here",
    "duplicate": "in a document that was given twice",
}


def summary(report: BuildReport, *, everything: bool = False) -> str:
    """The report as text.

    Args:
        report: What a build found.
        everything: Whether all of a long list is shown, or its beginning.
    """
    limit = None if everything else SHOWN
    report = _short_names(report)
    blocks = [
        [*_head(report)],
        [*_documents(report, limit)],
        [*_files(report)],
        [*_dropped(report, limit)],
        [*_suspicious(report, limit)],
        [*_comparable(report, limit)],
        [f"warning: {warning}" for warning in report.warnings],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _short_names(report: BuildReport) -> BuildReport:
    """Files by their names alone, where these tell them apart."""
    bare = {entry.name: Path(entry.name).name for entry in report.documents}
    if len(set(bare.values())) < len(bare):
        return report
    return report.model_copy(
        update={
            "documents": tuple(
                one.model_copy(update={"name": bare[one.name]}) for one in report.documents
            ),
            "dropped": tuple(
                one.model_copy(update={"document": bare[one.document]}) for one in report.dropped
            ),
            "comparable": tuple(
                one.model_copy(update={"documents": tuple(bare[name] for name in one.documents)})
                for one in report.comparable
            ),
        }
    )


def _head(report: BuildReport) -> Iterator[str]:
    languages = Counter(entry.language for entry in report.documents)
    kept = sum(entry.segments for entry in report.pairs)
    joined = sum(entry.joined for entry in report.pairs)
    yield (
        f"{_count(len(report.documents), 'document')} "
        f"({', '.join(f'{n} {tag}' for tag, n in languages.items())}), "
        f"{_count(len(report.stories), 'story', 'stories')}: "
        f"{_count(kept, 'segment')} kept, {joined} of them joined; "
        f"{_count(len(report.dropped), 'paragraph')} left out"
        f"{_sentences(report.dropped)}; {len(report.suspicious)} suspicious"
    )
    yield f"unit: {report.unit}; encoder: {report.encoder}"


def _sentences(left_out: Sequence[Dropped]) -> str:
    return " or sentences" if any(one.sentence is not None for one in left_out) else ""


def _documents(report: BuildReport, limit: int | None) -> Iterator[str]:
    match = {story.id: story.match for story in report.stories}
    yield "documents (paragraphs kept of all)"
    ordered = sorted(report.documents, key=lambda d: (d.story is None, d.story or ""))
    shown = ordered if limit is None else ordered[: 4 * limit]
    widths = [max(len(d.name) for d in shown), max(len(d.language) for d in shown)]
    for one in shown:
        sure = "" if one.language_confidence >= 0.995 else f" ({one.language_confidence:.2f})"
        counts = f"{one.kept:>4} of {one.paragraphs}"
        parts = [_story(one, match), _read(one), one.note]
        about = "; ".join(part for part in parts if part)
        yield f"  {one.name:<{widths[0]}}  {one.language:<{widths[1]}}{sure} {counts:<12} {about}"
    yield from _more(len(ordered) - len(shown))


def _story(one: DocumentEntry, match: Mapping[str, float | None]) -> str:
    if one.story is None:
        return ""
    said = match[one.story]
    return f"story {one.story}" + ("" if said is None else f", match {said:.2f}")


def _read(one: DocumentEntry) -> str:
    around = ", ".join(f"{count} of {kind}" for kind, count in sorted(one.left_out.items()))
    left_out = f"left out around its text: {around}" if around else ""
    return "; ".join(part for part in (f"read as: {one.read_as}", left_out) if part)


def _files(report: BuildReport) -> Iterator[str]:
    if report.pairs:
        yield "files"
    for one in report.pairs:
        yield f"  {_file(one)}"


def _file(one: PairEntry) -> str:
    return (
        f"{one.file}: {_count(one.segments, 'segment')} of "
        f"{_count(one.stories, 'story', 'stories')}, {one.joined} joined; alignment median "
        f"{one.median_alignment:.3f}, lowest {one.lowest_alignment:.3f}"
    )


def _dropped(report: BuildReport, limit: int | None) -> Iterator[str]:
    for reason, words in _REASONS.items():
        mine = [one for one in report.dropped if one.reason == reason]
        if not mine:
            continue
        yield f"left out, {words}: {len(mine)}"
        for one in mine[:limit]:
            at = f"{one.document}:{one.paragraph}"
            if one.sentence is not None:
                at += f".{one.sentence}"
            yield f"  {at}: {_short(one.text)}"
        yield from _more(len(mine[limit:] if limit else []))


def _suspicious(report: BuildReport, limit: int | None) -> Iterator[str]:
    if report.suspicious:
        yield f"suspicious: {len(report.suspicious)}"
    for one in report.suspicious[:limit]:
        yield f"  {one.pair} {one.id}: {'; '.join(one.reasons)}"
    yield from _more(len(report.suspicious[limit:] if limit else []))


def _comparable(report: BuildReport, limit: int | None) -> Iterator[str]:
    if report.comparable:
        yield f"comparable, not translations of each other: {len(report.comparable)}"
    for one in report.comparable[:limit]:
        written = f"; {_count(one.segments, 'segment')} apart" if one.segments else ""
        yield f"  {one.pair} {' and '.join(one.documents)}: {one.evidence}{written}"
    yield from _more(len(report.comparable[limit:] if limit else []))


def _more(count: int) -> Iterator[str]:
    if count > 0:
        yield f"  … and {count} more: -v or --format json shows all"


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"


def _count(number: int, one: str, several: str | None = None) -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"
