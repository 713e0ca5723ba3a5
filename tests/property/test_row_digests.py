"""Rows are digested one by one, and alike on whatever way their text is made."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mtbench.files.digests import canonical_json, digest_rows, digest_text

VALUES = st.recursive(
    st.none() | st.text(st.characters(codec=None), max_size=8) | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@given(st.lists(VALUES, max_size=4))
def test_rows_are_digested_as_canonical_json(rows: list[Any]) -> None:
    plain = "".join(f"{canonical_json(row)}\n" for row in rows)
    assert digest_rows(rows) == digest_text(plain)
