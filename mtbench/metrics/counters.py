"""Rows of statistics for blocks of segments: sacreBLEU's own counts, counted faster.

A counter is given the references of a block of segments and, for each segment, the hypotheses
that differ; it returns one row for each of those, segment by segment. References are tokenized
and prepared once, whatever the number of systems.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtbench.metrics import pooling, ter
from mtbench.metrics.ngrams import (
    Integers,
    Texts,
    TooWideError,
    encode_characters,
    encode_words,
    shared_ngrams,
)
from mtbench.plugins import Array

LARGEST = 1 << 22  # characters times texts per segment that are counted in one go: some 30 MB

Block = tuple[Sequence[Sequence[str]], Sequence[Sequence[str]]]


class Counter(ABC):
    """Counts for one metric.

    Args:
        metric: SacreBLEU's metric object, which tokenizes and carries the options.
    """

    def __init__(self, metric: Any) -> None:
        self._metric = metric

    def __call__(self, block: Block) -> Array:
        """Rows of a block.

        Args:
            block: For each segment its references, and for each its hypotheses.

        Returns:
            Array of shape (hypotheses of all segments, k), segment by segment.
        """
        references, hypotheses = block
        half = len(references) // 2
        if not half or _size(block) <= LARGEST:
            try:
                return self.count(references, hypotheses)
            except TooWideError:
                pass
        if half:
            parts = [
                self((references[:half], hypotheses[:half])),
                self((references[half:], hypotheses[half:])),
            ]
            return np.concatenate(parts)
        return self._one_by_one(references[0], hypotheses[0])

    @abstractmethod
    def count(
        self, references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]]
    ) -> Array:
        """Rows of a block.

        Raises:
            TooWideError: If it has to be split.
        """

    def prepared(self, texts: Sequence[str]) -> list[str]:
        """Texts as sacreBLEU prepares them for this metric."""
        return [self._metric._preprocess_segment(text) for text in texts]

    def _one_by_one(self, references: Sequence[str], hypotheses: Sequence[str]) -> Array:
        """Rows of a segment too large for one sort, by sacreBLEU itself."""
        known = self._metric._extract_reference_info(self.prepared(references))
        rows = [
            self._metric._compute_segment_statistics(text, known)
            for text in self.prepared(hypotheses)
        ]
        return np.asarray(rows, dtype=np.float64)


def _size(block: Block) -> int:
    references, hypotheses = block
    characters = sum(len(text) for texts in (*references, *hypotheses) for text in texts)
    widest = max(len(one) + len(other) for one, other in zip(references, hypotheses, strict=True))
    return characters * widest


class BleuCounter(Counter):
    """Lengths and clipped n-grams; several references clip together, the closest length counts."""

    def count(
        self, references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]]
    ) -> Array:
        """Rows: hypothesis length, reference length, matches by order, n-grams by order."""
        order = self._metric.max_ngram_order
        layout = _Layout(references, hypotheses)
        words = [text.split() for text in self.prepared(layout.texts)]
        lengths = np.asarray([len(found) for found in words], dtype=np.int64)
        texts = layout.encoded(encode_words(words), lengths)
        shared = shared_ngrams(texts, layout.references, order, together=True)
        ours = layout.hypothesis_lengths(lengths)
        rows = np.empty((len(ours), 2 + 2 * order))
        rows[:, 0] = ours
        rows[:, 1] = _closest(ours, layout.reference_lengths(lengths))
        rows[:, 2 : 2 + order] = layout.rows_of(shared)[:, 0]
        rows[:, 2 + order :] = _ngrams(ours, order)
        return rows


class ChrfCounter(Counter):
    """N-grams of either side and those shared, against the reference of the best score."""

    def count(
        self, references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]]
    ) -> Array:
        """Rows: for each order, n-grams of the hypothesis, of the reference, and shared."""
        metric = self._metric
        layout = _Layout(references, hypotheses)
        texts = self.prepared(layout.texts)
        characters = texts if metric.whitespace else ["".join(text.split()) for text in texts]
        lengths = np.asarray([len(text) for text in characters], dtype=np.int64)
        parts = [self._part(layout, encode_characters(characters), lengths, metric.char_order)]
        if metric.word_order:
            words = [metric._remove_punctuation(text) for text in texts]
            lengths = np.asarray([len(found) for found in words], dtype=np.int64)
            parts.append(self._part(layout, encode_words(words), lengths, metric.word_order))
        found = np.concatenate(parts, axis=2)  # (hypotheses, references, orders, 3)
        rows = found.reshape(len(found), layout.references, -1).astype(np.float64)
        if layout.references == 1:
            return rows[:, 0]
        scores = pooling.chrf(rows, beta=metric.beta, eps_smoothing=metric.eps_smoothing)
        scores = np.where(layout.has_reference(), scores, -1.0)
        best = scores.argmax(axis=1)  # the first one among equals, as sacreBLEU takes it
        return np.asarray(rows[np.arange(len(rows)), best])

    @staticmethod
    def _part(layout: _Layout, codes: Integers, lengths: Integers, order: int) -> Integers:
        shared = shared_ngrams(layout.encoded(codes, lengths), layout.references, order)
        ours = _ngrams(layout.hypothesis_lengths(lengths), order)[:, None]
        theirs = _ngrams(np.maximum(layout.reference_lengths(lengths), 0), order)
        ours = np.where(theirs > 0, ours, 0)  # nothing is missed where there is nothing to hit
        return np.stack([ours, theirs, layout.rows_of(shared)], axis=-1)


class TerCounter(Counter):
    """Edits to the nearest reference, and the mean length of all of them."""

    def __init__(self, metric: Any) -> None:
        super().__init__(metric)
        self._levenshtein = ter.load_levenshtein()

    def count(
        self, references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]]
    ) -> Array:
        """Rows: edits, words of the references on average."""
        rows: list[tuple[float, float]] = []
        for theirs, ours in zip(references, hypotheses, strict=True):
            # SacreBLEU prepares references twice: normalized, "x's," is "x's ,", then "x 's ,".
            known = [ter.Reference(text.split()) for text in self.prepared(self.prepared(theirs))]
            words = sum(len(reference.text) for reference in known) / len(known)
            for text in self.prepared(ours):
                found = text.split()
                edits = min(
                    ter.count_edits(found, reference, self._levenshtein) for reference in known
                )
                rows.append((edits, words))
        return np.asarray(rows, dtype=np.float64).reshape(len(rows), 2)


class _Layout:
    """Where the texts of a block stand: each segment's references, then its hypotheses."""

    def __init__(
        self, references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]]
    ) -> None:
        self.references = max(len(texts) for texts in references)
        self.texts: list[str] = []
        segments: list[int] = []
        sides: list[int] = []
        for number, (theirs, ours) in enumerate(zip(references, hypotheses, strict=True)):
            self.texts.extend(theirs)
            self.texts.extend(ours)
            segments.extend([number] * (len(theirs) + len(ours)))
            sides.extend(range(len(theirs)))
            sides.extend(range(self.references, self.references + len(ours)))
        self._count = len(references)
        self._segments = np.asarray(segments, dtype=np.int64)
        self._sides = np.asarray(sides, dtype=np.int64)
        self._is_hypothesis = self._sides >= self.references
        self._owners = self._segments[self._is_hypothesis]

    def encoded(self, codes: Integers, lengths: Integers) -> Texts:
        """The block as codes."""
        return Texts(codes=codes, lengths=lengths, segments=self._segments, sides=self._sides)

    def hypothesis_lengths(self, lengths: Integers) -> Integers:
        """Lengths of the hypotheses, in the order of the rows."""
        return np.asarray(lengths[self._is_hypothesis])

    def reference_lengths(self, lengths: Integers) -> Integers:
        """Lengths of the references of each row: shape (rows, references), -1 where none is."""
        found = np.full((self._count, self.references), -1, dtype=np.int64)
        theirs = ~self._is_hypothesis
        found[self._segments[theirs], self._sides[theirs]] = lengths[theirs]
        return np.asarray(found[self._owners])

    def has_reference(self) -> Any:
        """Whether the segment of each row has that reference: shape (rows, references)."""
        return self.reference_lengths(np.zeros_like(self._segments)) == 0

    def rows_of(self, shared: Integers) -> Integers:
        """Counts by row: (segments, references, hypotheses, order) → (rows, references, order)."""
        at = self._sides[self._is_hypothesis] - self.references
        return shared[self._owners, :, at]


def _ngrams(lengths: Integers, order: int) -> Integers:
    """How many n-grams of each order texts of those lengths have: one axis more."""
    return np.maximum(lengths[..., None] - np.arange(order), 0)


def _closest(lengths: Integers, references: Integers) -> Integers:
    """For each hypothesis the closest length of a reference, the shorter one of two."""
    largest = int(references.max(initial=0)) + 1
    rank = np.abs(references - lengths[:, None]) * largest + references
    rank = np.where(references >= 0, rank, np.iinfo(np.int64).max)
    return np.asarray(references[np.arange(len(references)), rank.argmin(axis=1)])
