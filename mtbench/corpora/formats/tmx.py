"""TMX 1.1 to 1.4b: read as a stream, written as a stream.

Reference: TMX 1.4b Specification, Localisation Industry Standards Association, 2005.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from mtbench import __version__
from mtbench.corpora.formats.segments import ImportedSegment, Remarks, Wanted
from mtbench.corpora.line import KEYS, STRINGS
from mtbench.errors import DataError, RequestError
from mtbench.files.safe_xml import Element, elements, place
from mtbench.languages import LanguagePair, normalise_tag
from mtbench.types import Json

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# Native formatting codes of the tool that wrote the file: markup, not text.
_CODES = frozenset({"bpt", "ept", "it", "ph", "ut"})
_OURS = "x-mtbench-"
_REFERENCE = f"{_OURS}reference"


def read_tmx(path: Path, wanted: Wanted, remarks: Remarks) -> Iterator[ImportedSegment]:
    """Translation units as segments, one for each direction asked for.

    A unit's id is its ``tuid``, or its number in the file. Several variants of the target
    language are several references. Without a direction asked for, the header's or unit's
    ``srclang`` is the source and every other language a target. Formatting codes are left out
    of the text, highlighted text (``hi``) stays.

    Args:
        path: The file.
        wanted: The directions.
        remarks: Told of units that lack a language and of codes left out.

    Raises:
        DataError: If the file is no well-formed TMX or a language tag is none.
        RequestError: If the source language is not said and no direction was asked for.
    """
    srclang: str | None = None
    number = 0
    for element in elements(path, "header", "tu"):
        if element.tag == "header":
            srclang = element.get("srclang")
            continue
        number += 1
        where = place(path, element)
        variants = _variants(element, where, remarks)
        yield from _directions(element, number, variants, srclang, wanted, remarks, where)


def _variants(
    unit: Element, where: str, remarks: Remarks
) -> dict[str, list[tuple[str, str | None]]]:
    """Language → its texts, each with the name of the reference it is, if any."""
    found: dict[str, list[tuple[str, str | None]]] = {}
    for variant in unit.iterchildren("tuv"):
        spelled = variant.get(_XML_LANG) or variant.get("lang")
        if not spelled:
            raise DataError(f"{where}: a <tuv> without xml:lang", hint="say its language")
        segment = variant.find("seg")
        if segment is None:
            raise DataError(f"{where}: a <tuv> without <seg>")
        if any(child.tag in _CODES for child in segment.iter()):
            remarks.add("texts with formatting codes, left out", where)
        names = [p.text for p in variant.iterchildren("prop") if p.get("type") == _REFERENCE]
        found.setdefault(_tag(spelled, where), []).append(
            (_plain(segment), names[0] if names else None)
        )
    return found


def _tag(spelled: str, where: str) -> str:
    try:
        return normalise_tag(spelled)
    except RequestError as error:
        raise DataError(f"{where}: {error.message}", hint=error.hint) from error


def _plain(element: Element) -> str:
    """Text without native codes; what follows a code belongs to the text again."""
    parts = [element.text or ""]
    for child in element:
        if child.tag not in _CODES:
            parts.append(_plain(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _directions(
    unit: Element,
    number: int,
    variants: dict[str, list[tuple[str, str | None]]],
    srclang: str | None,
    wanted: Wanted,
    remarks: Remarks,
    where: str,
) -> Iterator[ImportedSegment]:
    pairs = (
        _asked(variants, wanted, where)
        if wanted.pairs
        else _stated(variants, unit.get("srclang") or srclang, wanted, where)
    )
    if not pairs:
        remarks.add("units without the languages asked for, left out", where)
        return
    properties = _properties(unit, where)
    for pair, source, target in pairs:
        texts = variants[source]
        if len(texts) > 1:
            raise DataError(
                f"{where}: {len(texts)} variants in {source}, the source language",
                hint="a unit has one source; keep one of them",
            )
        names = [name for _, name in variants[target]]
        yield ImportedSegment(
            pair=pair,
            id=unit.get("tuid") or str(number),
            source=texts[0][0],
            references=tuple(text for text, _ in variants[target]),
            reference_names=tuple(n for n in names if n) if all(names) else (),
            where=where,
            **properties,
        )


def _asked(
    variants: dict[str, list[tuple[str, str | None]]], wanted: Wanted, where: str
) -> list[tuple[LanguagePair, str, str]]:
    found = []
    for source in variants:
        for target in variants:
            if source != target:
                pair = wanted.match(source, target, where)
                if pair is not None:
                    found.append((pair, source, target))
    return found


def _stated(
    variants: dict[str, list[tuple[str, str | None]]],
    srclang: str | None,
    wanted: Wanted,
    where: str,
) -> list[tuple[LanguagePair, str, str]]:
    if not srclang or srclang.lower() == "*all*":
        raise RequestError(
            f"{where}: the file does not say which language is the source",
            hint="say the direction: --pair " + "-".join(list(variants)[:2]),
        )
    source = _tag(srclang, where)
    if source not in variants:
        same = [tag for tag in variants if tag.split("-")[0] == source.split("-")[0]]
        if len(same) != 1:
            return []
        source = same[0]
    matched = [(wanted.match(source, t, where), source, t) for t in variants if t != source]
    return [(pair, source, target) for pair, source, target in matched if pair is not None]


def _properties(unit: Element, where: str) -> dict[str, Json]:
    """What the unit's properties say: ours by their keys, others' as extra keys."""
    known: dict[str, Json] = {}
    extra: dict[str, Json] = {}
    for item in unit.iterchildren("prop"):
        kind, text = item.get("type") or "", item.text or ""
        key = kind.removeprefix(_OURS)
        if kind == key:
            if kind and kind not in KEYS:
                extra[kind] = text
        elif key in STRINGS:
            known["document" if key == "doc" else key] = text
        else:
            _structured(key, text, known, extra, where)
    return {**known, "extra": extra}


def _structured(
    key: str, text: str, known: dict[str, Json], extra: dict[str, Json], where: str
) -> None:
    try:
        if key == "alignment":
            known["alignment"] = float(text)
        elif key == "extra":
            extra.update(json.loads(text))
    except ValueError as error:
        raise DataError(f"{where}: the property {_OURS}{key} does not hold: {error}") from error


def write_tmx(segments: Iterable[ImportedSegment], stream: BinaryIO) -> int:
    """Writes segments of one direction as TMX 1.4, in flat memory.

    Args:
        segments: At least one; all of one direction.
        stream: Where to write.

    Returns:
        The number of units.

    Raises:
        DataError: Naming the segment whose text XML cannot hold.
    """
    from lxml import etree

    count = 0
    rest = iter(segments)
    first = next(rest)
    with etree.xmlfile(stream, encoding="utf-8") as file:
        file.write_declaration()
        with file.element("tmx", version="1.4"):
            file.write("\n", _header(first.pair, etree), "\n")
            with file.element("body"):
                file.write("\n")
                for segment in chain((first,), rest):
                    file.write(_checked_unit(segment, etree), "\n")
                    count += 1
            file.write("\n")
    stream.write(b"\n")
    return count


def _checked_unit(segment: ImportedSegment, etree: Element) -> Element:
    try:
        return _unit(segment, etree)
    except ValueError as error:
        raise DataError(
            f"segment {segment.id!r}: XML cannot hold a character of it",
            hint="export as JSONL, CSV or plain text, or remove the control characters",
        ) from error


def _header(pair: LanguagePair, etree: Element) -> Element:
    return etree.Element(
        "header",
        {
            "creationtool": "mtbench",
            "creationtoolversion": __version__,
            "segtype": "paragraph",
            "o-tmf": "mtbench",
            "adminlang": "en",
            "srclang": pair.source,
            "datatype": "plaintext",
        },
    )


def _unit(segment: ImportedSegment, etree: Element) -> Element:
    unit = etree.Element("tu", tuid=segment.id)
    values = {
        "doc": segment.document,
        "domain": segment.domain,
        "original_language": segment.original_language,
        "origin": segment.origin,
        "context": segment.context,
        "instruction": segment.instruction,
        "alignment": None if segment.alignment is None else repr(segment.alignment),
        "extra": json.dumps(dict(segment.extra), ensure_ascii=False) if segment.extra else None,
    }
    for key, value in values.items():
        if value is not None:
            etree.SubElement(unit, "prop", type=f"{_OURS}{key}").text = value
    _variant(unit, segment.pair.source, segment.source, None, etree)
    names: tuple[str | None, ...] = segment.reference_names or (None,) * len(segment.references)
    for text, name in zip(segment.references, names, strict=True):
        _variant(unit, segment.pair.target, text, name, etree)
    return unit


def _variant(unit: Element, language: str, text: str, name: str | None, etree: Element) -> None:
    variant = etree.SubElement(unit, "tuv", {_XML_LANG: language})
    if name is not None:
        etree.SubElement(variant, "prop", type=_REFERENCE).text = name
    etree.SubElement(variant, "seg").text = text
