"""Validation and reading agree on what a corpus file may hold."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mtbench.corpora.load import read_segments
from mtbench.corpora.validation import validate
from mtbench.errors import DataError
from tests.support.examples import examples

KEYS = (
    "id", "src", "ref", "doc", "domain", "original_language", "origin", "alignment", "context",
    "instruction", "other",
)  # fmt: skip
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.sampled_from(["", " ", "en", "a", "human", "\0", "\ud800", "\u2028", "zho_Hans"])
    | st.text(max_size=3)
)
values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.text(max_size=2), scalars)


@st.composite
def _line(draw: st.DrawFn) -> bytes:
    row: dict[str, Any] = {"id": draw(st.sampled_from("abcdef")), "src": "text"}
    row |= draw(st.dictionaries(st.sampled_from(KEYS), values, max_size=2))
    ascii_only = draw(st.booleans())
    line = json.dumps(row, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 4)) == 0 and line:
        at = draw(st.integers(0, len(line) - 1))
        line = line[:at] + draw(st.binary(max_size=2)) + line[at + 1 :]
    return draw(st.sampled_from([line, line, line, line + b"\r", b"", b"  ", b"\xc2\xa0"]))


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(_line(), min_size=1, max_size=4), st.booleans(), st.booleans())
def test_a_file_is_valid_if_and_only_if_it_can_be_read(
    lines: list[bytes], mark: bool, last: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "en-it.jsonl"
        path.write_bytes(b"\xef\xbb\xbf" * mark + b"\n".join(lines) + b"\n" * last)
        try:
            readable = bool(list(read_segments(path)))
        except DataError:
            readable = False

        assert validate([path]).valid is readable
