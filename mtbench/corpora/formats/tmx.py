"""TMX 1.1 to 1.4b: read as a stream, written as a stream.

Reference: TMX 1.4b Specification, Localisation Industry Standards Association, 2005.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mtbench import __version__
from mtbench.corpora.formats import making
from mtbench.corpora.formats.inline import XML_LANG, XML_SPACE, fold, keeps_space, plain_text
from mtbench.corpora.formats.segments import (
    OTHER_LANGUAGES,
    ImportedSegment,
    Remarks,
    Wanted,
)
from mtbench.corpora.line import KEYS, SKIP, STRINGS
from mtbench.errors import DataError, RequestError
from mtbench.files.safe_xml import Element, elements, misdeclared, place
from mtbench.languages import LanguagePair, base_language, normalise_tag
from mtbench.types import Json

_OURS = "x-mtbench-"
_REFERENCE = f"{_OURS}reference"


Map = Mapping[str, tuple[str, ...]]


class Variant(NamedTuple):
    """One language of a unit.

    Attributes:
        text: Its text.
        name: Of the reference that it is, if any.
    """

    text: str
    name: str | None


def read_tmx(
    path: Path, wanted: Wanted, remarks: Remarks, mapping: Map | None = None
) -> Iterator[ImportedSegment]:
    """Translation units as segments, one for each direction asked for.

    A unit's id is its ``tuid``, or its number in the file. Several variants of the target
    language are several references. Without a direction asked for, the header's or unit's
    ``srclang`` is the source and every other language a target; languages that nobody asked for
    are not looked at. Formatting codes are left out of the text, highlighted text (``hi``) stays;
    white space is folded, unless ``xml:space`` says that it counts. What is marked as machine
    translation (``creationid`` MT!, the property ``x-Origin``) is taken and counted, and says so
    as its origin.

    Args:
        path: The file.
        wanted: The directions.
        remarks: Told of units left out and of texts changed.
        mapping: Key of a corpus line → the property (``prop``) that fills it.

    Raises:
        DataError: If the file is no well-formed TMX or a unit does not hold.
        RequestError: If the source language is not said and no direction was asked for.
    """
    if misdeclared(path):
        remarks.changed(f"{path} calls itself UTF-16 and is read as the UTF-8 that it is")
    srclang: str | None = None
    number = 0
    for element in elements(path, "header", "tu"):
        if element.tag == "header":
            srclang = element.get("srclang")
            continue
        number += 1
        where = place(path, element)
        try:
            found = list(_unit_segments(element, number, srclang, wanted, remarks, mapping, where))
        except DataError as error:
            remarks.refuse(error, where)
            continue
        yield from found


def _unit_segments(
    unit: Element,
    number: int,
    srclang: str | None,
    wanted: Wanted,
    remarks: Remarks,
    mapping: Map | None,
    where: str,
) -> Iterator[ImportedSegment]:
    spelled: dict[str, list[Element]] = {}
    for variant in unit.iterchildren("tuv"):
        language = variant.get(XML_LANG) or variant.get("lang")
        if not language:
            raise DataError(f"{where}: a <tuv> without xml:lang", hint="say its language")
        spelled.setdefault(language, []).append(variant)
    stated = unit.get("srclang") or srclang
    pairs = (
        _asked(spelled, wanted, where) if wanted.pairs else _stated(spelled, stated, wanted, where)
    )
    if not pairs:
        wanted.saw(spelled)
        remarks.left_out(f"units {OTHER_LANGUAGES}", where)
        return
    properties = _properties(unit, mapping or {}, remarks, where)
    for pair, (source, targets) in pairs.items():
        sources = [v for name in source for v in _texts(spelled[name], remarks, where)]
        if len({v.text for v in sources}) > 1:
            raise DataError(
                f"{where}: {len(sources)} variants in {pair.source}, the source language",
                hint="a unit has one source; keep one of them, or leave such units out by "
                "--skip-invalid",
            )
        references = [v for name in targets for v in _texts(spelled[name], remarks, where)]
        names = [v.name for v in references]
        made = making.of_tmx(unit, (one for name in targets for one in spelled[name]))
        origin = made.told(remarks, where)
        yield ImportedSegment(
            pair=pair,
            id=unit.get("tuid") or str(number),
            source=sources[0].text,
            references=tuple(v.text for v in references),
            reference_names=tuple(n for n in names if n) if all(names) else (),
            where=where,
            **{**({"origin": origin} if origin else {}), **properties},
        )


def _texts(variants: Sequence[Element], remarks: Remarks, where: str) -> list[Variant]:
    found = []
    for variant in variants:
        segment = variant.find("seg")
        if segment is None:
            raise DataError(f"{where}: a <tuv> without <seg>", hint=SKIP)
        names = [p.text for p in variant.iterchildren("prop") if p.get("type") == _REFERENCE]
        text = plain_text(segment, remarks, where, keep_space=keeps_space(segment))
        found.append(Variant(text, names[0] if names else None))
    return found


Sides = tuple[list[str], list[str]]
"""The languages of a unit that are the source, and those that are the target, of a direction."""


def _asked(spelled: Iterable[str], wanted: Wanted, where: str) -> dict[LanguagePair, Sides]:
    """Of the languages of a unit, those of the directions asked for; no other is looked at."""
    found: dict[LanguagePair, Sides] = {}
    names = list(spelled)
    for pair in wanted.pairs:
        sources, targets = _named(names, pair.source), _named(names, pair.target)
        if sources and targets:
            for source in sources:
                for target in targets:
                    wanted.match(source, target, where)
            found[pair] = (sources, targets)
    return found


def _stated(
    spelled: Iterable[str], srclang: str | None, wanted: Wanted, where: str
) -> dict[LanguagePair, Sides]:
    names = list(spelled)
    if not srclang or srclang.lower() in ("*all*", "*"):
        raise RequestError(
            f"{where}: the file does not say which language is the source",
            hint="say the direction: --pair " + "-".join(names[:2]),
        )
    source = _tag(srclang, where)
    sides = [name for name in names if _tag(name, where) == source]
    if not sides:
        base = base_language(source)
        same = {_tag(n, where) for n in names if base_language(_tag(n, where)) == base}
        sides = [n for n in names if _tag(n, where) in same] if len(same) == 1 else []
    found: dict[LanguagePair, Sides] = {}
    for name in names if sides else ():
        if name not in sides:
            pair = wanted.match(sides[0], name, where)
            if pair is not None:
                found.setdefault(pair, (sides, []))[1].append(name)
    return found


def _named(names: Iterable[str], wanted: str) -> list[str]:
    """Of the languages of a unit, those that one asked for takes in; exact ones before variants."""
    tags: dict[str, str] = {}
    for name in names:
        with suppress(RequestError):  # no language that anybody can have asked for
            tags[name] = normalise_tag(name)
    exact = [name for name, tag in tags.items() if tag == wanted]
    return exact or [name for name, tag in tags.items() if base_language(tag) == wanted]


def _tag(spelled: str, where: str) -> str:
    try:
        return normalise_tag(spelled)
    except RequestError as error:
        raise DataError(f"{where}: {error.message}", hint=error.hint) from error


def _properties(unit: Element, mapping: Map, remarks: Remarks, where: str) -> dict[str, Json]:
    """What the unit's properties say: ours by their keys, of others what --map asks for."""
    known: dict[str, Json] = {}
    extra: dict[str, Json] = {}
    asked = {column: key for key, columns in mapping.items() for column in columns}
    for item in unit.iterchildren("prop"):
        kind, text = item.get("type") or "", item.text or ""
        key = asked.get(kind, kind.removeprefix(_OURS))
        if kind == key and kind not in asked:
            if kind and kind not in KEYS:
                extra[kind] = text
        elif key in STRINGS:
            known["document" if key == "doc" else key] = text
        elif kind not in asked:
            _structured(key, text, known, extra, where)
    return {**known, "extra": extra}


def _structured(
    key: str, text: str, known: dict[str, Json], extra: dict[str, Json], where: str
) -> None:
    try:
        if key == "alignment":
            known["alignment"] = float(text)
        elif key == "constraints":
            known[key] = json.loads(text)
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
    if any(_counts(text) for text in (segment.source, *segment.references)):
        unit.set(XML_SPACE, "preserve")
    values = {
        "doc": segment.document,
        "domain": segment.domain,
        "original_language": segment.original_language,
        "origin": segment.origin,
        "context": segment.context,
        "instruction": segment.instruction,
        "alignment": None if segment.alignment is None else repr(segment.alignment),
        "constraints": _json(segment.constraints),
        "extra": _json(dict(segment.extra)),
    }
    for key, value in values.items():
        if value is not None:
            etree.SubElement(unit, "prop", type=f"{_OURS}{key}").text = value
    _variant(unit, segment.pair.source, segment.source, None, etree)
    names: tuple[str | None, ...] = segment.reference_names or (None,) * len(segment.references)
    for text, name in zip(segment.references, names, strict=True):
        _variant(unit, segment.pair.target, text, name, etree)
    return unit


def _json(value: Json) -> str | None:
    return json.dumps(value, ensure_ascii=False) if value else None


def _counts(text: str) -> bool:
    """Whether white space of a text would not survive being folded."""
    return fold(text) != text


def _variant(unit: Element, language: str, text: str, name: str | None, etree: Element) -> None:
    variant = etree.SubElement(unit, "tuv", {XML_LANG: language})
    if name is not None:
        etree.SubElement(variant, "prop", type=_REFERENCE).text = name
    etree.SubElement(variant, "seg").text = text
