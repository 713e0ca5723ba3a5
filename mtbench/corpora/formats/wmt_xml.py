"""The XML of the WMT shared tasks since 2021: sources, references and systems' outputs.

Reference: https://github.com/wmt-conference/wmt-format-tools
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mtbench.corpora.formats.segments import ImportedSegment, Remarks, Wanted
from mtbench.errors import DataError
from mtbench.files.safe_xml import Element, elements, place, text_of

_UNNAMED = "ref"


def read_wmt_xml(path: Path, wanted: Wanted, remarks: Remarks) -> Iterator[ImportedSegment]:
    """The segments of a test set, each with all its references and all systems' outputs.

    A segment's id is ``DOCUMENT/SEGMENT``, both as the file has them. A reference's name is its
    ``translator``. Documents of test suites are left out, as in the published plain-text files.

    Args:
        path: The file.
        wanted: The directions.
        remarks: Told of documents and segments left out.

    Raises:
        DataError: With file and line, if the file does not hold together.
    """
    for document in elements(path, "doc"):
        where = place(path, document)
        if document.get("testsuite") is not None:
            remarks.add("documents of test suites, left out", where)
            continue
        yield from _document(path, document, wanted, remarks, where)


def _document(
    path: Path, document: Element, wanted: Wanted, remarks: Remarks, where: str
) -> Iterator[ImportedSegment]:
    name = document.get("id")
    sources = document.findall("src")
    if not name or len(sources) != 1:
        raise DataError(f"{where}: a <doc> needs an id and one <src>", hint=_HINT)
    source_language = _language(sources[0], where)
    lines = _segments(path, sources[0])
    by_target: dict[str, list[Element]] = {}
    for side in (*document.findall("ref"), *document.findall("hyp")):
        by_target.setdefault(_language(side, place(path, side)), []).append(side)
    if not by_target:
        remarks.add("documents without references and outputs, left out", where)
    for target, sides in by_target.items():
        pair = wanted.match(source_language, target, where)
        if pair is None:
            continue
        references = _named(path, [s for s in sides if s.tag == "ref"], "translator", lines)
        outputs = _named(path, [s for s in sides if s.tag == "hyp"], "system", lines)
        for identifier, (text, line) in lines.items():
            mine = {n: found[identifier] for n, found in references.items() if identifier in found}
            names = tuple(mine)
            yield ImportedSegment(
                pair=pair,
                id=f"{name}/{identifier}",
                source=text,
                references=tuple(mine.values()),
                reference_names=() if names == (_UNNAMED,) else names,
                document=name,
                domain=document.get("domain"),
                original_language=document.get("origlang"),
                outputs={
                    s: found[identifier] for s, found in outputs.items() if identifier in found
                },
                where=line,
            )


_HINT = "see https://github.com/wmt-conference/wmt-format-tools for the format"


def _language(side: Element, where: str) -> str:
    language = side.get("lang")
    if not language:
        raise DataError(f"{where}: a <{side.tag}> without lang", hint=_HINT)
    return str(language)


def _segments(path: Path, side: Element) -> dict[str, tuple[str, str]]:
    """Segment id → text and place."""
    found: dict[str, tuple[str, str]] = {}
    for segment in side.iter("seg"):
        where = place(path, segment)
        identifier = segment.get("id")
        if not identifier:
            raise DataError(f"{where}: a <seg> without id", hint=_HINT)
        if identifier in found:
            raise DataError(
                f"{where}: the segment id {identifier!r} stands twice in one <{side.tag}>"
            )
        found[identifier] = (text_of(segment), where)
    return found


def _named(
    path: Path, sides: list[Element], attribute: str, lines: dict[str, tuple[str, str]]
) -> dict[str, dict[str, str]]:
    """Name of a translator or system → segment id → text."""
    found: dict[str, dict[str, str]] = {}
    for side in sides:
        where = place(path, side)
        name = side.get(attribute) or (_UNNAMED if side.tag == "ref" else None)
        if name is None:
            raise DataError(f"{where}: a <{side.tag}> without {attribute}", hint=_HINT)
        if name in found:
            raise DataError(f"{where}: two <{side.tag}> of {attribute} {name!r} in one document")
        texts = _segments(path, side)
        stray = next((identifier for identifier in texts if identifier not in lines), None)
        if stray is not None:
            raise DataError(
                f"{texts[stray][1]}: segment {stray!r} of {name!r} has no source in its document"
            )
        found[name] = {identifier: text for identifier, (text, _) in texts.items()}
    return dict(sorted(found.items()))
