"""Records: whole through JSON, closed to what they do not know, and never a number that is none."""

from __future__ import annotations

import inspect
import json
import math
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

import mtbench.types
from mtbench.files.digests import canonical_json, digest_json, digest_rows
from mtbench.languages import LanguagePair, normalise_tag
from mtbench.types import Record, Signature, Source, Statistics
from tests.support.examples import examples
from tests.support.record_strategies import TAGS, fields_of, json_values, of_record, pairs, text

RECORDS = sorted(
    (
        kind
        for _, kind in inspect.getmembers(mtbench.types, inspect.isclass)
        if hasattr(kind, "__pydantic_fields__") and kind is not Record
    ),
    key=lambda kind: kind.__name__,
)
LOOSE = settings(max_examples=examples(25), deadline=None, suppress_health_check=list(HealthCheck))


def test_all_of_them_are_here() -> None:
    names = {kind.__name__ for kind in RECORDS}
    assert {"TestSet", "RunRecord", "Score", "Leaderboard", "Signature", "SystemCard"} <= names


@pytest.mark.parametrize("kind", RECORDS)
@given(data=st.data())
@LOOSE
def test_whole_through_json(kind: type, data: st.DataObject) -> None:
    by: TypeAdapter[Any] = TypeAdapter(kind)
    record = data.draw(of_record(kind))
    assert by.validate_json(by.dump_json(record)) == record
    by_file = json.loads(json.dumps(by.dump_python(record, mode="json"), allow_nan=False))
    assert by.validate_python(by_file) == record


@pytest.mark.parametrize("kind", RECORDS)
@given(data=st.data())
@settings(LOOSE, max_examples=examples(3))
def test_closed_and_frozen(kind: type, data: st.DataObject) -> None:
    by: TypeAdapter[Any] = TypeAdapter(kind)
    record = data.draw(of_record(kind))
    with pytest.raises(ValidationError, match=r"Extra inputs|Unexpected keyword"):
        by.validate_python({**by.dump_python(record), "surprise": 1})
    name = next(iter(fields_of(kind)))
    with pytest.raises((ValidationError, FrozenInstanceError), match=r"frozen|cannot assign"):
        setattr(record, name, getattr(record, name))


def numbers(kind: type) -> list[str]:
    """Fields that may hold a float."""
    return [name for name, field in fields_of(kind).items() if "float" in str(field.annotation)]


@pytest.mark.parametrize("kind", [kind for kind in RECORDS if numbers(kind)])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@given(data=st.data())
@settings(LOOSE, max_examples=examples(2))
def test_no_number_that_is_none(kind: type, value: float, data: st.DataObject) -> None:
    by: TypeAdapter[Any] = TypeAdapter(kind)
    record = data.draw(of_record(kind))
    for name in numbers(kind):
        shapes: list[Any] = [value, [value], {"key": value}, [value, value]]
        for shape in shapes:
            with pytest.raises(ValidationError):
                by.validate_python({**by.dump_python(record), name: shape})


@pytest.mark.parametrize("value", [math.nan, {"a": [1, {"b": math.inf}]}, [[-math.inf]]])
def test_nor_anywhere_within_json(value: object) -> None:
    with pytest.raises(ValidationError, match="finite"):
        mtbench.types.Translation(text="x", kept={"deep": value})


# --- signatures -----------------------------------------------------------------------------


@given(of_record(Signature))
@settings(max_examples=examples(200), deadline=None)
def test_a_signature_reads_what_it_writes(signature: Signature) -> None:
    written = str(signature)
    assert Signature.parse(written) == signature
    assert written.isprintable() or written == ""
    written.encode("utf-8")
    assert len(signature.digest8()) == 8
    for key, value in signature.fields:
        assert signature.get(key) == value


@given(of_record(Signature), text)
@settings(max_examples=examples(50), deadline=None)
def test_more_fields_at_the_end(signature: Signature, value: str) -> None:
    more = signature.plus(lastly_x=value)
    assert more.fields[:-1] == signature.fields
    assert more.get("lastly_x") == value
    with pytest.raises(ValueError, match="once"):
        more.plus(lastly_x=value)


@pytest.mark.parametrize("written", ["bleu", "a:1|b", "a:1||b:2", ":1", "a b:1", "1a:1", "a:1|a:2"])
def test_not_a_signature(written: str) -> None:
    with pytest.raises(ValueError, match="signature"):
        Signature.parse(written)


# --- languages ------------------------------------------------------------------------------


@given(pairs)
@settings(deadline=None)
def test_a_pair_reads_what_it_writes(pair: LanguagePair) -> None:
    assert LanguagePair.parse(str(pair)) == pair
    assert pair.reversed.reversed == pair
    assert LanguagePair.model_validate_json(pair.model_dump_json()) == pair


@given(st.lists(pairs, max_size=6))
@settings(deadline=None)
def test_pairs_sort_by_their_tags(several: list[LanguagePair]) -> None:
    assert [(p.source, p.target) for p in sorted(several)] == sorted(
        (p.source, p.target) for p in several
    )


@pytest.mark.parametrize("tag", TAGS)
def test_a_plain_tag_stays_itself(tag: str) -> None:
    assert normalise_tag(tag) == tag
    assert normalise_tag(normalise_tag(tag.lower())) == tag


# --- digests --------------------------------------------------------------------------------


@given(st.dictionaries(text, json_values, max_size=4), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_a_digest_does_not_see_the_order_of_keys(value: dict[str, Any], order: Any) -> None:
    keys = list(value)
    order.shuffle(keys)
    assert digest_json({key: value[key] for key in keys}) == digest_json(value)
    assert json.loads(canonical_json(value)) == value


@given(st.lists(text, max_size=4), st.lists(text, max_size=4))
@settings(deadline=None)
def test_different_rows_have_different_digests(one: list[str], other: list[str]) -> None:
    assert (digest_rows(one) == digest_rows(other)) == (one == other)


@given(st.lists(of_record(Source), min_size=1, max_size=3, unique_by=lambda s: s.id))
@LOOSE
def test_the_digest_of_sources_sees_every_field(sources: list[Source]) -> None:
    by = TypeAdapter(Source)

    def digest(changed: list[Source]) -> str:
        return digest_rows(by.dump_python(source, exclude_none=True) for source in changed)

    for name in fields_of(Source):
        value = (getattr(sources[0], name) or "") + "x"
        changed = [replace(sources[0], **{name: value}), *sources[1:]]
        assert digest(changed) != digest(sources)
    assert digest(sources[::-1]) != digest(sources) or len(sources) == 1


# --- statistics -----------------------------------------------------------------------------


def test_statistics_have_a_row_and_a_score_for_each_segment() -> None:
    import numpy as np

    rows, scores = np.zeros((2, 3)), np.zeros(2)
    assert Statistics(("a", "b"), rows, scores).rows.shape == (2, 3)
    for ids, wrong_rows, wrong_scores in (
        (("a",), rows, scores),
        (("a", "b"), rows[0], scores),
        (("a", "b"), rows, np.zeros(3)),
        (("a", "b"), rows, np.zeros((2, 1))),
    ):
        with pytest.raises(ValueError, match=r"2 ids|1 ids"):
            Statistics(ids, wrong_rows, wrong_scores)
