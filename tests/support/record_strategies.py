"""Hypothesis strategies for records, made from their fields."""

from __future__ import annotations

import datetime
import string
import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from mtbench.languages import LanguagePair
from mtbench.types import Signature

TAGS = ("en", "it", "de-CH", "pt-BR", "zh-Hans", "sr-Latn-RS", "es-419", "ast", "yue", "sl-rozaj")
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
finite = st.floats(allow_nan=False, allow_infinity=False)
hex_digest = st.text("0123456789abcdef", min_size=64, max_size=64)
pairs = st.builds(LanguagePair, source=st.sampled_from(TAGS), target=st.sampled_from(TAGS))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | finite | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=5,
)

signature_fields = st.lists(
    st.tuples(st.text(string.ascii_letters, min_size=1, max_size=8), st.text(max_size=10)),
    max_size=4,
    unique_by=lambda field: field[0],
).map(tuple)

# What a field's type alone does not tell.
SPECIAL: dict[str, st.SearchStrategy[Any]] = {
    "CorpusCard.files": st.dictionaries(text, hex_digest, max_size=2),
    "SystemCard.pairs": st.lists(pairs.map(str), min_size=1, max_size=2).map(tuple)
    | st.just(("*",)),
    "Segment.alignment": st.none() | st.floats(0, 1),
    "Engine.processes": st.none() | st.integers(1, 10**3),
    "Runtime.batch_size": st.none() | st.integers(1, 10**6),
    "TermRecall.asked": st.integers(1, 10**6),
    "Signature.fields": signature_fields,
    "Score.signature": signature_fields.map(lambda fields: str(Signature(fields=fields))),
}


def fields_of(kind: type) -> Mapping[str, FieldInfo]:
    """Name → field, of records and of the data classes that there is one of per segment."""
    found: Mapping[str, FieldInfo] = getattr(kind, "__pydantic_fields__")  # noqa: B009
    return found


def of_record(kind: type) -> st.SearchStrategy[Any]:
    """Valid records of a kind."""
    if kind.__name__ == "Hypothesis":
        texts = st.builds(kind, id=text, text=text)
        return texts | st.builds(kind, id=text, failure=text)
    if kind.__name__ == "TestSet":
        return st.integers(0, 3).flatmap(lambda size: _test_set(kind, size))
    fields = {
        name: SPECIAL[special] if special in SPECIAL else of_type(_whole(field))
        for name, field in fields_of(kind).items()
        for special in [f"{kind.__name__}.{name}"]
    }
    return st.builds(kind, **fields)


def _whole(field: Any) -> Any:
    """A field's type with what pydantic has taken out of ``Annotated``."""
    notes = (field.annotation, *field.metadata)
    return Annotated.__class_getitem__(notes) if field.metadata else field.annotation  # type: ignore[attr-defined]


def _test_set(kind: type, size: int) -> st.SearchStrategy[Any]:
    columns = ("sources", "references", "domains", "original_languages", "origins", "alignments")
    fields = {}
    for name, field in fields_of(kind).items():
        if name in columns:
            inner = get_args(field.annotation)[0]
            fields[name] = st.lists(of_type(inner), min_size=size, max_size=size).map(tuple)
        else:
            fields[name] = of_type(field.annotation)
    return st.builds(kind, **fields)


def of_type(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _annotated(kind)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        return st.one_of(*(of_type(argument) for argument in arguments))
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return st.lists(of_type(arguments[0]), max_size=2).map(tuple)
        return st.tuples(*(of_type(argument) for argument in arguments))
    if origin is Sequence:
        return st.lists(of_type(arguments[0]), max_size=2).map(tuple)
    if origin in (dict, Mapping):
        return st.dictionaries(of_type(arguments[0]), of_type(arguments[1]), max_size=2)
    if kind is LanguagePair:
        return pairs
    if hasattr(kind, "__pydantic_fields__"):
        return of_record(kind)
    return _PLAIN[kind]


def _annotated(kind: Any) -> st.SearchStrategy[Any]:
    inner, *notes = get_args(kind)
    names = {getattr(getattr(note, "func", None), "__name__", "") for note in notes}
    if "normalise_tag" in names:
        return st.sampled_from(TAGS)
    return json_values if inner is Any else of_type(inner)


_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    Any: json_values,
    bool: st.booleans(),
    datetime.date: st.dates(),
    float: finite,
    int: st.integers(0, 10**9),
    str: text,
    type(None): st.none(),
}
