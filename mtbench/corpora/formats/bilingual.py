"""XLIFF 1.2 and 2, and PO catalogues, by translate-toolkit."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mtbench.corpora.formats import making
from mtbench.corpora.formats.inline import XML_LANG, keeps_space, plain_text
from mtbench.corpora.formats.segments import (
    OTHER_LANGUAGES,
    ImportedSegment,
    Remarks,
    Wanted,
)
from mtbench.errors import DataError, RequestError
from mtbench.files.inputs import opened
from mtbench.files.safe_xml import elements
from mtbench.packages import require

# Xcode's: the forms of a .stringsdict and of a string catalogue, and the key that chooses one.
_APPLE_PLURAL = re.compile(
    r":dict/(?:NSStringLocalizedFormatKey|[^/:]{1,100}:dict/(?:zero|one|two|few|many|other))"
    r":dict/:string$|\|==\|[\w.]{0,100}plural\.\w+$"
)
_UNFINISHED = ("new", "initial", "needs-translation", "needs-adaptation", "needs-l10n")
_LARGEST = 1 << 30  # bytes; the library holds the whole file
_HEADER = 1 << 14  # bytes of a catalogue that its header lies in, comments before it included
_CHARSET = re.compile(rb"charset=([A-Za-z0-9_.:-]+)")
_BLANKS = " \t\r\n\f\v"  # of gettext
_PO_LINE = re.compile(
    r"(?:#.*|(?:(domain|msgctxt|msgid(?:_plural)?|msgstr(?:\[)?)(?:\d{1,3}\])?[ \t]*)?"
    r'"(?:[^"\\]|\\.)*")?'
)
_AFTER = {
    "domain": ("domain", "msgctxt", "msgid"),
    "msgctxt": ("msgid",),
    "msgid": ("msgid_plural", "msgstr"),
    "msgid_plural": ("msgstr[",),
    "msgstr": ("domain", "msgctxt", "msgid"),
    "msgstr[": ("domain", "msgctxt", "msgid", "msgstr["),
}
"""Keyword of a catalogue → those that may come next."""
_MEND = "mend what msgfmt --check says of it"
Prepare = Callable[[bytes, Path], bytes]


def read_xliff(path: Path, wanted: Wanted, remarks: Remarks) -> Iterator[ImportedSegment]:
    """Units as segments; codes of the format are left out of the texts and counted.

    A unit's id is ``FILE/UNIT`` where the file names its originals, which are the documents;
    ``FILE/UNIT/SEGMENT`` where a tool divided the unit into segments. White space is folded,
    unless ``xml:space`` says that it counts. What tools mark as machine translation is taken and
    counted, and says so as its origin.

    Args:
        path: The file.
        wanted: The directions.
        remarks: Told of units left out and changed, and of those that nobody confirmed.

    Raises:
        DataError: If it is not well-formed, declares entities, or names no languages.
        MissingExtra: If translate-toolkit is not installed.
    """
    first = next(elements(path, "*"), None)  # refuses entities before the library looks at it
    if first is None:
        raise DataError(f"{path}: no XML element")
    version = "xliff2" if "document:2" in str(first.tag) else "xliff"
    module = require(f"translate.storage.{version}", "reading XLIFF", "data")
    store = _parsed(path, module.Xliff2File if version == "xliff2" else module.xlifffile)
    for number, unit in enumerate(store.units, start=1):
        where = f"{path}:{unit.xmlelement.sourceline}"
        pair = wanted.match(*_languages(unit, store, wanted, path), where)
        state = unit.target_dom.get("state") if unit.target_dom is not None else None
        state = state or unit.xmlelement.get("state")
        if pair is None:
            remarks.left_out(f"units {OTHER_LANGUAGES}", where)
        elif not unit.istranslatable():
            remarks.left_out("units that are not to be translated", where)
        elif unit.target_dom is None or not str(unit.target or "").strip():
            remarks.left_out("units without a translation", where)
        elif _APPLE_PLURAL.search(str(unit.getid())):
            remarks.left_out("units that are one of several plural forms", where)
        elif state in _UNFINISHED:
            remarks.left_out(f"units whose translation is not made yet ({state})", where)
        else:
            if state and state.startswith("needs-"):
                remarks.suspicious(f"units in the state {state}", where)
            document, _, name = str(unit.getid()).replace("::", "/").rpartition("\x04")
            name = f"{document}/{name}" if document else name or str(number)
            for part, one, two in _divided(unit):
                source, target = (
                    plain_text(side, remarks, where, keep_space=keeps_space(side))
                    for side in (one, two)
                )
                if not target.strip():
                    what = "segments of a unit" if part else "units"
                    remarks.left_out(f"{what} without a translation", where)
                    continue
                made = making.of_xliff(unit.xmlelement, unit.target_dom, part)
                yield ImportedSegment(
                    pair=pair,
                    id=f"{name}/{part}" if part else name,
                    source=source,
                    references=(target,),
                    document=document or None,
                    origin=made.told(remarks, where),
                    where=where,
                )


def _languages(unit: Any, store: Any, wanted: Wanted, path: Path) -> tuple[str, str]:
    """The languages of a unit: XLIFF 1.2 has files of several targets in one, XLIFF 2 has not.

    Raises:
        DataError: If they are not said.
    """
    file = next(unit.xmlelement.iterancestors("{*}file"), None)
    source, target = None, None
    if file is not None:
        source, target = file.get("source-language"), file.get("target-language")
    if source:
        if not target and unit.target_dom is not None:
            target = unit.target_dom.get(XML_LANG)
    else:
        source, target = store.sourcelanguage, store.targetlanguage
    if not target and len(wanted.pairs) == 1:
        target = wanted.pairs[0].target
    if not source or not target:
        raise DataError(
            f"{path}: does not say its languages", hint="say the direction, such as --pair en-de"
        )
    return str(source), str(target)


def _divided(unit: Any) -> Iterator[tuple[str, Any, Any]]:
    """A unit, or the segments that a tool divided it into: name, source and target of each.

    Where a tool marks segments (``mrk`` of the type ``seg``), some may be translated and others
    not, so that the unit as a whole is no pair.
    """
    divided = unit.xmlelement.find("{*}seg-source")
    ones, twos = (_marked(side) for side in (divided, unit.target_dom))
    if not twos or not ones.keys() & twos.keys() or (len(ones) == len(twos) == 1):
        yield "", unit.source_dom, unit.target_dom
        return
    for name, one in ones.items():
        if name in twos:
            yield name, one, twos[name]


def _marked(side: Any) -> dict[str, Any]:
    if side is None:
        return {}
    marks = (one for one in side.iter("{*}mrk") if one.get("mtype") == "seg")
    return {str(one.get("mid")): one for one in marks}


def read_po(path: Path, wanted: Wanted, remarks: Remarks) -> Iterator[ImportedSegment]:
    """Messages as segments; what is fuzzy, obsolete, empty or plural is left out and counted.

    Args:
        path: The file.
        wanted: The direction, which a catalogue does not say.
        remarks: Told of messages left out.

    Raises:
        RequestError: If no direction is asked for.
        DataError: If it is no catalogue.
        MissingExtra: If translate-toolkit is not installed.
    """
    module = require("translate.storage.pypo", "reading PO catalogues", "data")
    store = _parsed(path, module.pofile, _in_utf8)
    said = str(store.gettargetlanguage() or "").strip()
    if len(wanted.pairs) != 1:
        raise RequestError(
            f"{path}: a PO catalogue does not say its source language",
            hint=f"say the direction, such as --pair en-{said or 'de'}",
        )
    asked = wanted.pairs[0]
    pair = wanted.match(asked.source, said.replace("_", "-") or asked.target, str(path))
    if pair is None:
        return
    number = 0
    for unit in store.units:
        where = f"{path}:{unit.line_number}"
        reason = _left_out(unit)
        if unit.isheader():
            continue
        number += 1
        if reason:
            remarks.left_out(f"messages that are {reason}", where)
            continue
        yield ImportedSegment(
            pair=pair,
            id=str(number),
            source=str(unit.source),
            references=(str(unit.target),),
            context=unit.getcontext() or None,
            where=where,
        )


def _left_out(unit: Any) -> str | None:
    if unit.isobsolete():
        return "obsolete"
    if unit.hasplural():
        return "of several plural forms"
    if unit.isfuzzy():
        return "fuzzy"
    return None if str(unit.target).strip() else "not translated"


def _in_utf8(content: bytes, path: Path) -> bytes:
    """A catalogue in UTF-8, which its header says then.

    It is held to what gettext holds it to: the library guesses at bytes and lines that do not
    hold, or passes over them.

    Raises:
        DataError: With file and line, if it is not in the encoding that it says, or a line is
            neither a comment nor a string where one can stand.
    """
    said = _CHARSET.search(content[:_HEADER])
    name = said[1].decode() if said and said[1] != b"CHARSET" else "utf-8"
    try:
        text = content.decode(name)
        text.encode("utf-8")
    except (LookupError, UnicodeError) as error:
        at = content[: getattr(error, "start", 0)].count(b"\n") + 1
        how = f"{name}, as its header says" if said else "UTF-8, and its header says nothing else"
        raise DataError(
            f"{path}:{at}: not in {how}", hint="convert it by msgconv --to-code=UTF-8"
        ) from error
    _check_messages(text.removeprefix("\ufeff"), path)
    if name.lower() in ("utf-8", "utf8", "us-ascii"):
        return content
    return text.replace(f"charset={name}", "charset=UTF-8", 1).encode("utf-8")


def _check_messages(text: str, path: Path) -> None:
    """Whether each line is a comment or a string, and every message whole."""
    last = "domain"
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        found = _PO_LINE.fullmatch(line.strip(_BLANKS))
        keyword = found[1] if found else None
        if keyword and keyword in _AFTER[last]:
            last = keyword
        elif keyword or found is None:
            what = f"no place for {keyword}" if keyword else "no comment and no string in quotes"
            raise DataError(f"{path}:{number}: {what}", hint=_MEND)
    if not last.startswith("msgstr"):
        raise DataError(f"{path}: ends within a message", hint=_MEND)


def _as_it_is(content: bytes, path: Path) -> bytes:
    return content


def _parsed(path: Path, kind: Any, prepared: Prepare = _as_it_is) -> Any:
    with opened(path) as stream:
        content = stream.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise DataError(f"{path}: more than {_LARGEST >> 30} GB", hint="divide it")
    content = prepared(content, path)
    try:
        return kind.parsestring(content)
    except Exception as error:  # the library raises whatever its parsers do
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise DataError(f"{path}: cannot be read: {reason}") from error
