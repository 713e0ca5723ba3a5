"""``constraints`` of a corpus line: what must survive a translation of it, or hold for it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from typing import get_args

from mtbench.types import Constraints, Json, LengthLimit
from mtbench.types.corpora import LengthUnit

KEYS = ("terms", "do_not_translate", "length")
"""Keys of ``constraints`` that mtbench measures; others are kept."""

Complain = Callable[[str], None]
"""Told what is wrong, without the place."""


def parse_constraints(value: Json, complain: Complain) -> Constraints | None:
    """The constraints of a line; None where there are none, or a fault was reported.

    Args:
        value: As it stands in the line: an object.
        complain: Told of each fault.

    Example:
        >>> found = parse_constraints({"terms": {"cell": "cella"}, "length": 20}, print)
        >>> found.terms, found.length.max
        ({'cell': ('cella',)}, 20)
        >>> parse_constraints({"term": {}}, print)
        constraints: 'term' is none: terms is meant
    """
    if value is None:
        return None
    faults: list[str] = []
    if not isinstance(value, Mapping):
        faults.append('constraints: not an object, such as {"do_not_translate": ["mtbench"]}')
        value = {}
    other = {key: item for key, item in value.items() if key not in KEYS}
    for key in other:
        if near := difflib.get_close_matches(key.replace("-", "_"), KEYS, n=1, cutoff=0.75):
            faults.append(f"constraints: {key!r} is none: {near[0]} is meant")
    terms = _terms(value.get("terms"), faults)
    names = _names(value.get("do_not_translate"), faults)
    length = _length(value.get("length"), faults)
    for fault in faults:
        complain(fault)
    if faults or not (terms or names or length or other):
        return None
    return Constraints(terms=terms, do_not_translate=names, length=length, other=other)


def plain_constraints(constraints: Constraints | None) -> dict[str, Json] | None:
    """Constraints as a line holds them.

    Example:
        >>> plain_constraints(Constraints(do_not_translate=("Tor",)))
        {'do_not_translate': ['Tor']}
    """
    if constraints is None:
        return None
    found = constraints.model_dump(mode="json", exclude_defaults=True)
    other = found.pop("other", {})
    return {**found, **other}


def turned_constraints(constraints: Constraints | None) -> Constraints | None:
    """Constraints of a line for the other direction: terms turned round, no length.

    Example:
        >>> turned_constraints(Constraints(terms={"cell": ("cella",)})).terms
        {'cella': ('cell',)}
    """
    if constraints is None:
        return None
    terms: dict[str, tuple[str, ...]] = {}
    for source, targets in constraints.terms.items():
        for target in targets:
            terms[target] = (*terms.get(target, ()), source)
    names = constraints.do_not_translate
    return Constraints(terms=terms, do_not_translate=names) if terms or names else None


def from_cells(cells: Mapping[str, Json], complain: Complain) -> Json:
    """``constraints`` from columns of a table: one of that name, or one for each of its keys.

    Args:
        cells: ``constraints``, ``terms``, ``do_not_translate``, ``length`` → what a cell holds:
            an object, or its JSON; of ``do_not_translate`` also one name; of ``length`` a number.
        complain: Told of a cell that is no JSON.

    Example:
        >>> from_cells({"length": "20", "do_not_translate": "Tor", "terms": '{"a": "b"}'}, print)
        {'length': 20, 'do_not_translate': ['Tor'], 'terms': {'a': 'b'}}
    """
    whole = _from_json("constraints", cells.get("constraints"), complain)
    if whole is not None and not isinstance(whole, Mapping):
        return whole
    found = dict(whole or {})
    for key, cell in cells.items():
        if key != "constraints" and cell not in (None, "", [], {}):
            found[key] = _from_json(key, cell, complain)
    return found or None


def _from_json(key: str, cell: Json, complain: Complain) -> Json:
    if not isinstance(cell, str) or not cell:
        return cell or None
    if key == "do_not_translate" and not cell.lstrip().startswith("["):
        return [cell]
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        complain(f"{key}: neither an object nor its JSON: {cell[:40]!r}")
        return None


def _terms(value: Json, faults: list[str]) -> dict[str, tuple[str, ...]]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        faults.append('constraints: terms: not an object, such as {"cell": "cella"}')
        return {}
    found = {}
    for source, targets in value.items():
        several = [targets] if isinstance(targets, str) else targets
        if (
            not source.strip()
            or not isinstance(several, list)
            or not several
            or not all(isinstance(one, str) and one.strip() for one in several)
        ):
            faults.append(f"constraints: terms: {source!r} needs a translation, or a list of them")
            continue
        found[source] = tuple(dict.fromkeys(several))
    return found


def _names(value: Json, faults: list[str]) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(n, str) and n.strip() for n in value):
        faults.append("constraints: do_not_translate: not a list of texts")
        return ()
    return tuple(dict.fromkeys(value))


def _length(value: Json, faults: list[str]) -> LengthLimit | None:
    if value is None:
        return None
    if isinstance(value, int):
        value = {"max": value}
    units = get_args(LengthUnit)
    what = f'a number of characters, or {{"max": 20, "unit": "{units[0]}"}}'
    if not isinstance(value, Mapping) or not value.keys() <= {"max", "min", "unit"}:
        faults.append(f"constraints: length: not {what}")
        return None
    most, least, unit = value.get("max"), value.get("min", 0), value.get("unit", units[0])
    if unit not in units:
        faults.append(f"constraints: length: the unit is none of {', '.join(units)}")
    elif type(most) is int and type(least) is int and 0 <= least <= most > 0:
        return LengthLimit(max=most, min=least, unit=unit)
    else:
        faults.append(f"constraints: length: not {what}")
    return None
