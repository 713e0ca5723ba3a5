"""The XML of the WMT shared tasks since 2021: sources, references and systems' outputs.

The one reader of it: importing a corpus and taking one system's output stand on the same
documents, so that both see the same segments. Reference:
https://github.com/wmt-conference/wmt-format-tools
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from mtbench.corpora.formats.segments import (
    OTHER_LANGUAGES,
    ImportedSegment,
    Remarks,
    Wanted,
)
from mtbench.errors import DataError, RequestError, UnknownName
from mtbench.files.safe_xml import Element, elements, place, text_of
from mtbench.languages import LanguagePair, base_language, normalise_tag

_UNNAMED = "ref"
_HINT = "see https://github.com/wmt-conference/wmt-format-tools for the format"


class Text(NamedTuple):
    """A segment's text and where it stands."""

    text: str
    where: str


@dataclass(frozen=True, slots=True)
class Target:
    """What a document has in one target language.

    Attributes:
        codes: The language as the file spells it, references first; several where it disagrees
            with itself.
        references: Name of a translator → segment id → text.
        outputs: Name of a system → segment id → text.
    """

    codes: tuple[str, ...]
    references: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)
    outputs: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WmtDocument:
    """One ``<doc>``.

    Attributes:
        name: Its id.
        where: File and line.
        source_language: As the file spells it.
        original_language, domain: As the file has them.
        segments: Segment id → source text, in order.
        targets: What it has in each target language.
    """

    name: str
    where: str
    source_language: str
    original_language: str | None
    domain: str | None
    segments: Mapping[str, Text]
    targets: tuple[Target, ...]


def read_documents(path: Path, remarks: Remarks) -> Iterator[WmtDocument]:
    """The documents of a test set, those of test suites left out as in the published text files.

    Args:
        path: The file.
        remarks: Told of what is left out, and of where the file disagrees with itself.

    Raises:
        DataError: With file and line, if the file does not hold together.
    """
    for document in elements(path, "doc"):
        where = place(path, document)
        if document.get("testsuite") is not None:
            remarks.left_out("segments of test suites", where, len(document.findall("src//seg")))
            continue
        name = document.get("id")
        sources = document.findall("src")
        if not name or len(sources) != 1:
            raise DataError(f"{where}: a <doc> needs an id and one <src>", hint=_HINT)
        segments = _segments(path, sources[0], remarks)
        yield WmtDocument(
            name=name,
            where=where,
            source_language=_language(sources[0], where),
            original_language=document.get("origlang"),
            domain=document.get("domain"),
            segments=segments,
            targets=_targets(path, document, segments, remarks, where),
        )


def read_wmt_xml(path: Path, wanted: Wanted, remarks: Remarks) -> Iterator[ImportedSegment]:
    """The segments of a test set, each with all its references and all systems' outputs.

    A segment's id is ``DOCUMENT/SEGMENT``, both as the file has them. A reference's name is its
    ``translator``.

    Args:
        path: The file.
        wanted: The directions.
        remarks: Told of documents and segments left out.

    Raises:
        DataError: With file and line, if the file does not hold together.
    """
    for document in read_documents(path, remarks):
        if not document.targets:
            many = len(document.segments)
            remarks.left_out("segments without reference and output", document.where, many)
        for target in document.targets:
            code = _code(target.codes, wanted.pairs)
            pair = wanted.match(document.source_language, code, document.where)
            if pair is not None:
                yield from _imported(document, target, pair)
            else:
                many = len(document.segments)
                remarks.left_out(f"segments {OTHER_LANGUAGES}", document.where, many)


def _imported(
    document: WmtDocument, target: Target, pair: LanguagePair
) -> Iterator[ImportedSegment]:
    for identifier, (text, where) in document.segments.items():
        mine = {n: t[identifier].text for n, t in target.references.items() if identifier in t}
        names = tuple(mine)
        yield ImportedSegment(
            pair=pair,
            id=f"{document.name}/{identifier}",
            source=text,
            references=tuple(mine.values()),
            reference_names=() if names == (_UNNAMED,) else names,
            document=document.name,
            domain=document.domain,
            original_language=document.original_language,
            outputs={s: t[identifier].text for s, t in target.outputs.items() if identifier in t},
            where=where,
        )


class OutputRow(NamedTuple):
    """One segment of a system's output.

    Attributes:
        id: As ``corpus import`` names it.
        source: Its source text.
        hypothesis: What the system made of it.
        where: File and line of the hypothesis.
    """

    id: str
    source: str
    hypothesis: str
    where: str


def read_output(path: Path, pair: LanguagePair, system: str | None = None) -> list[OutputRow]:
    """One system's output, of the segments that ``corpus import`` reads and in their order.

    Args:
        path: The file.
        pair: The direction; documents in other languages are another test set's.
        system: The system's name; may be left out where the file has only one.

    Raises:
        RequestError: If there is no such file or system.
        DataError: If the file does not hold together, or the output lacks a segment.
    """
    found: list[tuple[WmtDocument, Target]] = []
    sources: set[str] = set()
    for document in read_documents(path, Remarks()):
        sources.add(document.source_language)
        if _same(document.source_language, pair.source):
            found += [(document, t) for t in document.targets if _serves(t, pair.target)]
    if not any(_same(language, pair.source) for language in sources):
        raise DataError(f"{path}: no document with a source in {pair.source}")
    chosen = _chosen(path, [target for _, target in found], pair, system)
    return [row for document, target in found for row in _rows(document, target, chosen)]


def _chosen(path: Path, targets: Sequence[Target], pair: LanguagePair, system: str | None) -> str:
    names = {name for target in targets for name in target.outputs}
    if system is not None:
        if system not in names:
            raise UnknownName(f"system in {path}", system, names)
        return system
    if len(names) != 1:
        raise RequestError(
            f"{path}: holds the outputs of {len(names)} systems into {pair.target}",
            why=", ".join(sorted(names)) or None,
            hint="name one by the option 'system' of a card",
        )
    return names.pop()


def _rows(document: WmtDocument, target: Target, system: str) -> Iterator[OutputRow]:
    output = target.outputs.get(system)
    where = f"{document.where}: document {document.name!r}"
    if output is None:
        raise DataError(f"{where} has no output of {system!r}")
    if len(output) != len(document.segments):
        raise DataError(
            f"{where} has {len(document.segments)} source segments and {len(output)} of {system!r}"
        )
    for name, (source, _) in document.segments.items():
        text = output[name]
        yield OutputRow(f"{document.name}/{name}", source, text.text, text.where)


def _targets(
    path: Path, document: Element, segments: Mapping[str, Text], remarks: Remarks, where: str
) -> tuple[Target, ...]:
    """A document's sides by target language."""
    sides = [*document.findall("ref"), *document.findall("hyp")]
    tags: dict[str, str] = {}
    groups: list[list[str]] = []
    for side in sides:
        code = _language(side, place(path, side))
        if code in tags:
            continue
        tags[code] = side.tag
        near = next((g for g in groups if any(_same(code, other) for other in g)), None)
        if near is None:
            groups.append([code])
        else:
            near.append(code)
    groups = _without_strays(groups, tags)
    found = []
    for group in groups:
        if len(group) > 1:
            remarks.changed(
                f"documents whose target is spelled {' and '.join(group)}, taken as one", where
            )
        mine = [side for side in sides if side.get("lang") in group]
        found.append(
            Target(
                tuple(group),
                _named(path, mine, "ref", "translator", segments, remarks),
                _named(path, mine, "hyp", "system", segments, remarks),
            )
        )
    return tuple(found)


def _without_strays(groups: list[list[str]], sides: Mapping[str, str]) -> list[list[str]]:
    """Puts two groups together where one is the references', one the outputs', and one no language.

    Published files spell Livonian ``liv`` beside references and ``iv`` beside outputs. Two codes
    that both are languages stay two targets: outputs never come to stand beside references that
    are not theirs.
    """
    if len(groups) != 2 or {sides[group[0]] for group in groups} != {"ref", "hyp"}:
        return groups
    if all(any(_is_language(code) for code in group) for group in groups):
        return groups
    return [[*groups[0], *groups[1]]]


def _is_language(code: str) -> bool:
    import langcodes

    try:
        normalise_tag(code)
    except RequestError:
        return False
    return bool(langcodes.tag_is_valid(code.replace("_", "-")))


def _code(codes: Sequence[str], pairs: Sequence[LanguagePair]) -> str:
    """The code a target is kept under: one that is asked for, else the first that is a language."""
    for target in dict.fromkeys(pair.target for pair in pairs):
        for code in codes:
            if _same(code, target):
                plain = base_language(_standard(code)) == base_language(target)
                return code if plain else target  # cmn, where zh is asked for
    return next((code for code in codes if _is_language(code)), codes[0])


def _serves(target: Target, tag: str) -> bool:
    return any(_same(code, tag) for code in target.codes)


def _same(one: str, other: str) -> bool:
    """Whether two spellings name one language: ``zh``, ``ZH``, ``zh-CN``, ``zho``, ``cmn`` do."""
    left, right = base_language(_standard(one)), base_language(_standard(other))
    return left == right or _macro(left) == right or left == _macro(right)


def _standard(code: str) -> str:
    import langcodes

    try:
        return langcodes.standardize_tag(code.replace("_", "-"))
    except ValueError:
        return code.casefold()


def _macro(language: str) -> str:
    import langcodes

    try:
        return langcodes.standardize_tag(language, macro=True)
    except ValueError:
        return language


def _language(side: Element, where: str) -> str:
    language = side.get("lang")
    if not language:
        raise DataError(f"{where}: a <{side.tag}> without lang", hint=_HINT)
    return str(language)


def _segments(path: Path, side: Element, remarks: Remarks) -> dict[str, Text]:
    """Segment id → text and place; a segment that stands twice in the same words counts once."""
    found: dict[str, Text] = {}
    for segment in side.iter("seg"):
        where = place(path, segment)
        identifier = segment.get("id")
        if not identifier:
            raise DataError(f"{where}: a <seg> without id", hint=_HINT)
        text = text_of(segment)
        if identifier not in found:
            found[identifier] = Text(text, where)
        elif found[identifier].text == text:
            remarks.left_out("texts that stand twice in the same words", where)
        else:
            raise DataError(
                f"{where}: the segment id {identifier!r} stands twice in one <{side.tag}>, "
                "with different texts",
                hint="keep the right one",
            )
    return found


def _named(
    path: Path,
    sides: Iterable[Element],
    tag: str,
    attribute: str,
    segments: Mapping[str, Text],
    remarks: Remarks,
) -> dict[str, dict[str, Text]]:
    """Name of a translator or system → segment id → text."""
    found: dict[str, dict[str, Text]] = {}
    for side in sides:
        if side.tag != tag:
            continue
        where = place(path, side)
        name = side.get(attribute) or (_UNNAMED if tag == "ref" else None)
        if name is None:
            raise DataError(f"{where}: a <{tag}> without {attribute}", hint=_HINT)
        if name in found:
            raise DataError(f"{where}: two <{tag}> of {attribute} {name!r} in one document")
        texts = _segments(path, side, remarks)
        stray = next((identifier for identifier in texts if identifier not in segments), None)
        if stray is not None:
            raise DataError(
                f"{texts[stray].where}: segment {stray!r} of {name!r} has no source in its document"
            )
        found[name] = texts
    return dict(sorted(found.items()))
