"""XLIFF 1.2 and 2, and PO catalogues, by translate-toolkit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mtbench.corpora.formats.inline import plain_text
from mtbench.corpora.formats.segments import ImportedSegment, Remarks, Wanted
from mtbench.errors import DataError, RequestError
from mtbench.files.inputs import opened
from mtbench.files.safe_xml import elements
from mtbench.packages import require

_UNFINISHED = ("new", "initial", "needs-translation", "needs-adaptation", "needs-l10n")
_LARGEST = 1 << 30  # bytes; the library holds the whole file


def read_xliff(path: Path, wanted: Wanted, remarks: Remarks) -> Iterator[ImportedSegment]:
    """Units as segments; codes of the format are left out of the texts and counted.

    A unit's id is ``FILE/UNIT`` where the file names its originals, which are the documents.

    Args:
        path: The file.
        wanted: The directions.
        remarks: Told of units left out and changed.

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
    source, target = str(store.sourcelanguage or ""), str(store.targetlanguage or "")
    if not target and len(wanted.pairs) == 1:
        target = wanted.pairs[0].target
    if not source or not target:
        raise DataError(
            f"{path}: does not say its languages", hint="say the direction, such as --pair en-de"
        )
    pair = wanted.match(source, target, str(path))
    if pair is None:
        return
    for number, unit in enumerate(store.units, start=1):
        where = f"{path}:{unit.xmlelement.sourceline}"
        state = unit.target_dom.get("state") if unit.target_dom is not None else None
        state = state or unit.xmlelement.get("state")
        if not unit.istranslatable():
            remarks.left_out("units that are not to be translated", where)
        elif unit.target_dom is None or not str(unit.target or "").strip():
            remarks.left_out("units without a translation", where)
        elif state in _UNFINISHED:
            remarks.left_out(f"units whose translation is not made yet ({state})", where)
        else:
            if state and state.startswith("needs-"):
                remarks.suspicious(f"units in the state {state}", where)
            document, _, name = str(unit.getid()).replace("::", "/").rpartition("\x04")
            yield ImportedSegment(
                pair=pair,
                id=f"{document}/{name}" if document else name or str(number),
                source=plain_text(unit.source_dom, remarks, where),
                references=(plain_text(unit.target_dom, remarks, where),),
                document=document or None,
                where=where,
            )


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
    store = _parsed(path, module.pofile)
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


def _parsed(path: Path, kind: Any) -> Any:
    with opened(path) as stream:
        content = stream.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise DataError(f"{path}: more than {_LARGEST >> 30} GB", hint="divide it")
    try:
        return kind.parsestring(content)
    except Exception as error:  # the library raises whatever its parsers do
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise DataError(f"{path}: cannot be read: {reason}") from error
