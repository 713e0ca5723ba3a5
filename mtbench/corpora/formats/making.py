"""How a translation was made, as far as the tools of translators mark it in XLIFF and TMX.

A translation that a machine made and nobody confirmed is no reference. It is taken all the same,
as everything that a file calls a translation, but counted, and its line says its origin.

References: XLIFF 1.2 (OASIS, 2008), ``state-qualifier``; XLIFF 2.1 (OASIS, 2018), ``subState`` and
ITS; TMX 1.4b, ``creationid``. The marks of Trados Studio, memoQ and Phrase are those in files that
they write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from mtbench.corpora.formats.segments import Remarks
from mtbench.files.safe_xml import Element
from mtbench.types import Origin

_TRADOS = "{http://sdl.com/FileTypes/SdlXliff/1.0}"
_MEMOQ = "{MQXliff}"
_PHRASE = "{http://www.memsource.com/mxlf/2.0}"
_ITS = "{http://www.w3.org/2005/11/its}"
_MACHINES = frozenset(
    {
        "mt", "nmt", "amt", "machine", "machinetranslation", "neuralmachinetranslation",
        "adaptivemachinetranslation", "automatictranslation",
    }
)  # fmt: skip
_UNCONFIRMED = frozenset({"unspecified", "draft", "rejectedtranslation", "rejectedsignoff"})
_BY_MEMOQ = frozenset(
    {"machinetranslated", "pretranslated", "assembledfromfragments", "partiallyedited", "rejected"}
)
_QUALIFIERS = frozenset({"leveraged-mt", "mt-suggestion"})
_FINAL = frozenset({"final", "signed-off", "reviewed"})
_SUB_STATE = re.compile(r"(?:^|[:._-])[an]?mt(?:$|[:._-])", re.I)
_CREATOR = re.compile(r"MT!?")  # as Trados Workbench has it


class Making(NamedTuple):
    """What marks say of a translation.

    Attributes:
        machine: Whether a machine made it.
        edited: Whether a person has worked on it since.
        confirmed: Whether a person confirmed it; None where nothing says.
        marks: The marks, for messages.
    """

    machine: bool = False
    edited: bool = False
    confirmed: bool | None = None
    marks: str = ""

    def told(self, remarks: Remarks, where: str) -> Origin | None:
        """Counts a translation that nobody stands for, and gives the origin of its line."""
        said = f" ({self.marks})" if self.marks else ""
        if not self.machine:
            if self.confirmed is False:
                remarks.suspicious(f"translations that nobody confirmed{said}", where)
            return None
        if self.edited:
            remarks.noted("machine translations that a person edited: post-edited", where)
        elif self.confirmed:
            remarks.suspicious(
                f"machine translations that were confirmed as they were{said}", where
            )
        else:
            remarks.suspicious(f"machine translations that nobody confirmed{said}", where)
            return "machine"
        return "post-edited"


def of_xliff(unit: Any, target: Any, part: str) -> Making:
    """What a unit of XLIFF, or a part of it, is marked as.

    Args:
        unit: The element of the unit, or of the segment in XLIFF 2.
        target: Its translation.
        part: Name of the part, where a tool divided the unit.
    """
    of_trados = [
        one
        for one in unit.iterfind(f"{_TRADOS}seg-defs/{_TRADOS}seg")
        if not part or one.get("id") == part
    ]
    if of_trados:
        return _of_trados(of_trados)
    status = str(unit.get(f"{_MEMOQ}status") or "")
    if status:
        machine = status.lower() == "machinetranslated"
        known = status.lower() in _BY_MEMOQ
        return Making(machine, False, False if known else None, status if known else "")
    origin = str(unit.get(f"{_PHRASE}trans-origin") or "").lower()
    confirmed = unit.get(f"{_PHRASE}confirmed")
    if origin or confirmed is not None:
        machine = origin in _MACHINES
        sure = None if confirmed is None else confirmed in ("1", "true")
        return Making(machine, False, sure, origin if machine else "")
    return _of_standard(unit, target)


def _of_trados(parts: Iterable[Any]) -> Making:
    """The first part that nobody stands for speaks for the unit."""
    found = []
    for one in parts:
        level = str(one.get("conf") or "")
        confirmed = bool(level) and level.lower() not in _UNCONFIRMED
        origin = str(one.get("origin") or "").lower()
        before = {str(was.get("origin") or "").lower() for was in one.iter(f"{_TRADOS}prev-origin")}
        edited = origin not in _MACHINES and not before.isdisjoint(_MACHINES)
        machine = edited or origin in _MACHINES
        marks = [level] if level.lower() in _UNCONFIRMED else []
        marks += [origin] if machine and not edited else []
        # Studio says no level of what it has not looked at, such as numbers alone.
        sure = confirmed if level or machine else None
        found.append(Making(machine, edited, sure, ", ".join(marks)))
    return min(found, key=lambda one: (not one.machine, one.edited, one.confirmed is not False))


def _of_standard(unit: Any, target: Any) -> Making:
    qualifier = str(target.get("state-qualifier") or "")
    state = str(target.get("state") or unit.get("state") or "")
    if qualifier in _QUALIFIERS:
        sure = state in _FINAL or unit.get("approved") == "yes"
        return Making(True, False, sure, qualifier)
    if qualifier.startswith("rejected-"):
        return Making(False, False, False, "rejected")
    below = str(unit.get("subState") or "")
    if _SUB_STATE.search(below):
        return Making(True, False, state in _FINAL, "subState mt")
    if target.get(f"{_ITS}mtConfidence") or "mt-confidence|" in str(
        target.get(f"{_ITS}annotatorsRef") or ""
    ):
        return Making(True, False, state in _FINAL, "mtConfidence")
    return Making()


def of_tmx(unit: Element, variants: Iterable[Element]) -> Making:
    """What a unit of TMX is marked as.

    Args:
        unit: The element of the unit.
        variants: Those of its variants that are the translation.
    """
    places = [unit, *variants]
    creator = next(
        (c for one in places if _CREATOR.fullmatch(c := one.get("creationid") or "")), ""
    )
    changers = {c for one in places if (c := one.get("changeid")) and not _CREATOR.fullmatch(c)}
    said = {
        str(one.get("type") or "").lower(): (one.text or "").strip()
        for place in places
        for one in place.iterchildren("prop")
    }
    origin, level = said.get("x-origin", ""), said.get("x-confirmationlevel", "")
    unsure = level.lower() in _UNCONFIRMED
    machine = bool(creator) or origin.lower() in _MACHINES
    marks = [creator or origin] if machine else []
    marks += [level] if unsure else []
    sure = not unsure if level else None
    return Making(machine, machine and bool(changers), sure, ", ".join(marks))
