"""Shared n-grams of many texts at once: all orders, references and systems from one sort.

An n-gram of the longest order, preceded by the number of its segment and followed by the side it
stands on, is packed into one integer. In a sorted array of those, equal n-grams of every shorter
order stand together too, so that counts are those of equal neighbours. Nothing is hashed: the
counts are exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

_BITS = 62


class TooWideError(ValueError):
    """The n-grams do not fit into one integer; fewer segments may."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts of a block of segments, as codes.

    Attributes:
        codes: All texts, one after the other: one number from 1 upwards a character or word.
        lengths: Of each text, in codes.
        segments: Of each text, the number of its segment.
        sides: Of each text, 0 to R - 1 for the R references, R upwards for hypotheses.
    """

    codes: Integers
    lengths: Integers
    segments: Integers
    sides: Integers


def encode_characters(texts: Sequence[str]) -> Integers:
    """One number a character, from 1 upwards, of all texts one after the other."""
    joined = "".join(texts).encode("utf-32-le", "surrogatepass")
    return np.frombuffer(joined, dtype="<u4").astype(np.int64) + 1


def encode_words(texts: Iterable[Sequence[str]]) -> Integers:
    """One number a word, from 1 upwards, of all texts one after the other."""
    numbers: dict[str, int] = {}
    found = [numbers.setdefault(word, len(numbers) + 1) for words in texts for word in words]
    return np.asarray(found, dtype=np.int64)


def shared_ngrams(texts: Texts, references: int, order: int, *, together: bool = False) -> Integers:
    """How many n-grams each hypothesis shares with each reference of its segment.

    An n-gram counts as often as it occurs in both.

    Args:
        texts: The block.
        references: The number R of sides that are references.
        order: Longest n-gram.
        together: Whether the references are taken as one, in which an n-gram occurs as often as
            in that of them where it is most frequent.

    Returns:
        Array of shape (segments, references, hypotheses, order), with one reference where they
        are taken together; 0 where there is no such text.

    Raises:
        TooWideError: If n-gram, segment and side together need more than 62 bits.
    """
    segments = int(texts.segments.max(initial=-1)) + 1
    width = max(int(texts.sides.max(initial=-1)) + 1, references)
    apart = 1 if together else references
    found = np.zeros((segments, apart, width - references, order), dtype=np.int64)
    grams, bits, side_bits = _packed(texts, references, order, segments, width)
    grams.sort(kind="stable")  # the faster one where segments already stand in order
    sides = (1 << side_bits) - 1
    letter = (1 << bits) - 1
    for length in range(1, order + 1):
        if not grams.size:
            break
        prefixes = grams >> (side_bits + bits * (order - length))
        fresh = np.empty(len(prefixes), dtype=bool)
        fresh[0] = True
        np.not_equal(prefixes[1:], prefixes[:-1], out=fresh[1:])
        group = np.cumsum(fresh) - 1
        first = prefixes[fresh]
        counts = np.bincount(group * width + (grams & sides), minlength=len(first) * width)
        counts = counts.reshape(len(first), width)
        counts[first & letter == 0] = 0  # beyond the end of a text, or not in a reference
        ours, theirs = counts[:, references:], counts[:, :references]
        if together:
            theirs = theirs.max(axis=1, keepdims=True)
        owner = first >> (bits * length)
        begins = np.flatnonzero(np.diff(owner, prepend=-1))
        for which in range(apart):
            both = np.minimum(ours, theirs[:, which, None])
            found[owner[begins], which, :, length - 1] = np.add.reduceat(both, begins, axis=0)
        # What is not shared at this length is not shared at a greater one.
        shared = theirs.any(axis=1) & ours.any(axis=1)
        grams = grams[shared[group]]
    return found


def _packed(
    texts: Texts, references: int, order: int, segments: int, width: int
) -> tuple[Integers, int, int]:
    """Packed n-grams from every position, bits of a code, bits of a side.

    Behind the end of a text stands a 0; what follows it is never looked at.
    """
    number = np.arange(len(texts.lengths))
    text = np.repeat(number, texts.lengths)
    segment, reference = texts.segments[text], texts.sides[text] < references
    side_bits = max(width - 1, 1).bit_length()
    most = (_BITS - side_bits - max(segments - 1, 1).bit_length()) // order
    codes, bits = _compact(texts.codes, reference)
    if bits > most:
        codes, bits = _compact_by_segment(texts.codes, segment, reference)
    if bits > most:
        raise TooWideError(f"{bits} bits a code, {most} at most")
    spaced = np.zeros(len(codes) + len(number) + order, dtype=np.int64)
    spaced[np.arange(len(codes)) + text] = codes
    spread = np.repeat(number, texts.lengths + 1)
    packed = texts.segments[spread]
    for offset in range(order):
        packed = packed << bits | spaced[offset : offset + len(spread)]
    packed = packed << side_bits | texts.sides[spread]
    return packed[spaced[: len(spread)] > 0], bits, side_bits


def _compact(codes: Integers, reference: NDArray[np.bool_]) -> tuple[Integers, int]:
    """The codes that some reference has, numbered from 1; 0 for others."""
    if not codes.size:
        return codes, 1
    table = np.zeros(int(codes.max()) + 1, dtype=np.int64)
    table[codes[reference]] = 1
    table = np.cumsum(table) * table
    return table[codes], max(int(table.max()), 1).bit_length()


def _compact_by_segment(
    codes: Integers, segment: Integers, reference: NDArray[np.bool_]
) -> tuple[Integers, int]:
    """Likewise, with numbers of its own for every segment."""
    keys = segment * (int(codes.max()) + 1) + codes
    known, owners = np.unique(keys[reference], return_index=True)
    owners = segment[reference][owners]
    begins = np.flatnonzero(np.diff(owners, prepend=-1))
    starts = np.zeros(int(segment.max()) + 1, dtype=np.int64)
    starts[owners[begins]] = begins
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    numbered = np.where(known[place] == keys, place - starts[segment] + 1, 0)
    return numbered, max(int(numbered.max()), 1).bit_length()
