"""The words by which lines of one language are held together are those of the one pattern."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mtbench.text.patterns import WORD
from mtbench.text.shift import _words


@given(st.text(st.characters(codec=None), max_size=40))
def test_words_by_bytes_are_the_words(text: str) -> None:
    assert _words(text) == {word.encode() for word in WORD.findall(text)}
