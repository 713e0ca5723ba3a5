"""Shared n-grams against counting them one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtbench.metrics.ngrams import (
    Integers,
    Texts,
    TooWideError,
    encode_characters,
    encode_words,
    shared_ngrams,
)
from tests.support.examples import examples

Block = list[tuple[list[str], list[str]]]  # for each segment: references, hypotheses


def ngrams(text: Sequence[str], length: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(text[at : at + length]) for at in range(len(text) - length + 1))


def encoded(block: Block, codes: Integers, lengths: list[int]) -> Texts:
    width = max(len(references) for references, _ in block)
    segments, sides = [], []
    for number, (references, hypotheses) in enumerate(block):
        segments += [number] * (len(references) + len(hypotheses))
        sides += [*range(len(references)), *range(width, width + len(hypotheses))]
    return Texts(codes, np.asarray(lengths), np.asarray(segments), np.asarray(sides))


def check(block: Block, order: int, *, together: bool) -> None:
    texts = [text for references, hypotheses in block for text in (*references, *hypotheses)]
    width = max(len(references) for references, _ in block)
    layout = encoded(block, encode_characters(texts), [len(text) for text in texts])
    found = shared_ngrams(layout, width, order, together=together)
    for number, (references, hypotheses) in enumerate(block):
        for which, hypothesis in enumerate(hypotheses):
            for length in range(1, order + 1):
                ours = ngrams(hypothesis, length)
                theirs = [ngrams(text, length) for text in references]
                if together:
                    merged: Counter[tuple[str, ...]] = Counter()
                    for counts in theirs:
                        merged |= counts
                    assert found[number, 0, which, length - 1] == (ours & merged).total()
                    continue
                for at, counts in enumerate(theirs):
                    assert found[number, at, which, length - 1] == (ours & counts).total()


texts = st.text(alphabet="abcäß日 \n\0\U0001f600", max_size=14)
blocks = st.lists(
    st.tuples(st.lists(texts, min_size=1, max_size=3), st.lists(texts, min_size=1, max_size=3)),
    min_size=1,
    max_size=4,
)


@given(block=blocks, order=st.integers(1, 7), together=st.booleans())
@settings(max_examples=examples(300), deadline=None)
def test_counts_are_exact(block: Block, order: int, together: bool) -> None:
    check(block, order, together=together)


def test_many_characters_are_numbered_by_segment() -> None:
    # 3,000 different characters: 12 bits each would not do for six in one integer.
    alphabet = [chr(0x4E00 + number) for number in range(3000)]
    block: Block = []
    for number in range(100):
        sentence = "".join(alphabet[number * 30 : number * 30 + 30])
        block.append(([sentence], [sentence[::-1], sentence[5:] + sentence[:9]]))
    check(block, 6, together=False)


def test_a_segment_too_wide_says_so() -> None:
    text = "".join(chr(0x4E00 + number) for number in range(1200))
    layout = encoded([([text], [text])], encode_characters([text, text]), [1200, 1200])
    with pytest.raises(TooWideError):
        shared_ngrams(layout, 1, 6)


def test_words_are_told_apart_as_a_whole() -> None:
    words = [["a b", "c"], ["a", "b c"], ["a b", "c"]]
    layout = encoded([(["r"], ["h", "i"])], encode_words(words), [2, 2, 2])
    assert shared_ngrams(layout, 1, 2).tolist() == [[[[0, 0], [2, 1]]]]
