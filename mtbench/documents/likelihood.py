"""How much likelier a clause is as part of one segment's translation than as anything else.

Each clause of a document is held against each of its segments: character n-grams that the reference
or the source has too, words that go with the source's, numbers and names, and, where an encoder
serves both languages, the nearness of sentence vectors to the source's, also beside the nearness to
other sources. Weights make log odds of these (``realign_weights``). Fitting them again to each
output, from the alignment that they give at first, was tried and helped nowhere; nor did vectors of
the references.

Overlap with the reference is one witness of several, each bounded: an alignment must not be chosen
by what it is scored with.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mtbench.documents.dictionary import Dictionary, words
from mtbench.documents.edges import FEW, FEW_HAN, first_part, last_part, of_beginnings, of_ends
from mtbench.documents.pieces import CutText, cut
from mtbench.documents.realign_weights import BY_CHARACTERS, BY_VECTORS
from mtbench.encoders.packaged import SentenceEncoder
from mtbench.text.anchors import anchors
from mtbench.text.patterns import HAN

Array = NDArray[np.float64]

ORDER, HAN_ORDER = 4, 2  # characters of an n-gram, and where a character is a word or half of one
LOOP = 8  # characters that are said again
IN_A_LOOP = 0.3  # share of a sentence that repeats itself
CHANCE = 0.15  # share of a text's n-grams that a wrong segment has too, rare ones counting more
WORDS_BY_CHANCE = 0.2
NEAREST = 16  # sentences of sources, in whose midst a sentence is
MANY_CAPITALS = 0.3  # beside one small word, so many capitals: German
_SMALL, _CAPITAL = re.compile(r"(?<=\w )[^\W\d_A-ZÀ-ÞА-Я]"), re.compile(r"(?<=\w )[A-ZÀ-ÞА-Я]")
NAMES = (
    "one",
    "n-grams",
    "n-grams, much",
    "words",
    "words, much",
    "dictionary",
    "dictionary, much",
    "unknown words",
    "anchors",
    "anchors, many",
    "length",
    "n-grams of the sentence",
    "source",
    "source squared",
    "source, long",
    "source, sentence",
    "source, margin",
    "source, margin of the sentence",
)
WITHOUT_ENCODER = 12  # of the names, the first that need none


class Local(NamedTuple):
    """What speaks for single pieces.

    Attributes:
        found: Weight of the n-grams that the segments have: shape (pieces, segments).
        there: Weight of all: (pieces,).
        dictionary: Sums of log odds of words: (pieces, segments).
    """

    found: Array
    there: Array
    dictionary: Array


class Rarity:
    """How much n-grams and words tell, by how many of some texts have them.

    Args:
        texts: The references of a test set.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._count = len(texts)
        self._grams: Counter[str] = Counter()
        self._words: Counter[str] = Counter()
        for text in texts:
            self._grams.update(grams(text))
            self._words.update(set(words(text)))

    def of_gram(self, gram: str) -> float:
        """From log 2 for one that all texts have to log(1 + n) for one that none has."""
        return math.log(1 + self._count / (1 + self._grams.get(gram, 0)))

    def of_word(self, word: str) -> float:
        """Likewise."""
        return math.log(1 + self._count / (1 + self._words.get(word, 0)))


def grams(text: str) -> set[str]:
    """A text's n-grams of characters, blanks and case being alike.

    Example:
        >>> sorted(grams("Ein  Ei")), sorted(grams("你好吗"))
        (['ein ', 'in e', 'n ei'], ['你好', '好吗'])
    """
    return {gram for _, gram in _grams_at(" ".join(_plain(text).split()))}


def repeated(text: str) -> NDArray[np.bool_]:
    """Which characters end what stands before them in a text, too, as in that of a model in a loop.

    Example:
        >>> [round(repeated(text).mean(), 2) for text in ("ha" * 40, "Contact us", "联系我们" * 9)]
        [0.89, 0.0, 0.69]
    """
    found = np.zeros(len(text), dtype=bool)
    letters = [at for at, character in enumerate(text) if not character.isspace()]
    plain = "".join(text[at] for at in letters)
    seen: set[str] = set()
    for end in range(LOOP, len(plain) + 1):
        gram = plain[end - LOOP : end]
        found[letters[end - 1]] = gram in seen
        seen.add(gram)
    return found


def _grams_at(plain: str) -> Iterator[tuple[int, str]]:
    """Each n-gram with the position of its middle."""
    for at, character in enumerate(plain):
        order = HAN_ORDER if HAN.match(character) else ORDER
        gram = plain[at : at + order]
        if len(gram) == order:
            yield at + order // 2, gram


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


class KnownSegments:
    """The segments of a test set, as clauses are held against them.

    Args:
        sources: Their texts.
        references: Likewise.
        encoder: Serves both languages; None where there is no such encoder.
    """

    def __init__(
        self, sources: Sequence[str], references: Sequence[str], encoder: SentenceEncoder | None
    ) -> None:
        self.sources, self.references = sources, references
        self.rarity = Rarity(references)
        self.dictionary = Dictionary(zip(sources, references, strict=True))
        self.encoder = encoder
        self.names = NAMES if encoder else NAMES[:WITHOUT_ENCODER]
        self.weights = BY_VECTORS if encoder else BY_CHARACTERS
        self.capitals = _seldom_capitals(references)
        self._vectors = _vectors_of_sentences(encoder, sources) if encoder else []
        self._all: Array | None = None

    def usual_likeness(self, vectors: Array) -> Array:
        """The mean cosine with the nearest sentences of all sources: (n,).

        What is near to many is near to none (the margins of Artetxe and Schwenk, 2019).
        """
        if self._all is None:
            self._all = np.concatenate(self._vectors)
        found = np.empty(len(vectors))
        for start in range(0, len(vectors), 256):
            cosines = vectors[start : start + 256] @ self._all.T
            nearest = np.partition(cosines, -min(NEAREST, cosines.shape[1]), axis=1)
            found[start : start + 256] = nearest[:, -NEAREST:].mean(axis=1)
        return found

    def likeness(self, vectors: Array, segments: Sequence[int]) -> Array:
        """The greatest cosine with a segment's source or a sentence of it: (n, segments)."""
        found = [(vectors @ self._vectors[at].T).max(axis=1) for at in segments]
        return np.stack(found, axis=1)


def _seldom_capitals(texts: Sequence[str]) -> bool:
    """Whether few words within sentences begin with a capital, as in most languages."""
    small = sum(len(_SMALL.findall(text)) for text in texts)
    return sum(len(_CAPITAL.findall(text)) for text in texts) < MANY_CAPITALS * small


def _vectors_of_sentences(encoder: SentenceEncoder, texts: Sequence[str]) -> list[Array]:
    """Of each text, the vectors of itself and of its sentences: shape (n, d)."""
    parts = []
    for text in texts:
        found = cut(text, capitals=False)
        parts.append([text, *found.texts(text, found.sentence)])
    vectors = encoded(encoder, [part for own in parts for part in own])
    return np.split(vectors, np.cumsum([len(own) for own in parts])[:-1])


def encoded(encoder: SentenceEncoder, texts: Sequence[str]) -> Array:
    """Vectors of texts: shape (n, d); equal texts are encoded once.

    Bits that depend on neighbours in a batch are rounded off.
    """
    unique = list(dict.fromkeys(texts))
    place = {text: at for at, text in enumerate(unique)}
    blocks = [encoder.encode(unique[at : at + 256]) for at in range(0, len(unique), 256)]
    vectors = np.round(np.concatenate(blocks).astype(np.float64), 5)
    return np.asarray(vectors[[place[text] for text in texts]])


class Witnesses:
    """All that speaks for the clauses of a document, for each of its segments.

    Args:
        text: Of the document.
        pieces: The text, cut.
        segments: Of the test set.
        own: Positions of the segments that the document has, in order.

    Attributes:
        local: What speaks for single pieces.
        words: Of each piece, as the dictionary has them.
        weights: Of all that speaks.
    """

    def __init__(
        self, text: str, pieces: CutText, segments: KnownSegments, own: Sequence[int]
    ) -> None:
        self._pieces, self._segments, self._own = pieces, segments, own
        self._text, self.weights = text, segments.weights
        self._clauses = pieces.texts(text, pieces.clause)
        self._sentences = pieces.texts(text, pieces.sentence)
        self.local = self._local(text)

    def _local(self, text: str) -> Local:
        pieces, segments = self._pieces, self._segments
        self._grams = [
            (piece, gram, segments.rarity.of_gram(gram))
            for piece, gram in _grams_of_pieces(text, pieces.spans)
        ]
        count = len(pieces.spans)
        there = np.zeros(count)
        for piece, _, weight in self._grams:
            there[piece] += weight
        # Of the source it is names, numbers, tags that a translation carries over.
        found = self._near(
            [grams(segments.references[at]) | grams(segments.sources[at]) for at in self._own]
        )
        self.words = [words(text[start:end]) for start, end in pieces.spans]
        self._words = [word for one in self.words for word in one]
        self._word_piece = np.repeat(np.arange(count), list(map(len, self.words)))
        self._log_odds = self._odds([segments.sources[at] for at in self._own])
        return Local(found, there, _sums(self._log_odds, self._word_piece, count))

    def _near(self, known: Sequence[set[str]]) -> Array:
        """Of each piece, the weight of n-grams that some texts have: (pieces, texts)."""
        where: dict[str, list[int]] = {}
        for number, one in enumerate(known):
            for gram in one:
                where.setdefault(gram, []).append(number)
        found = np.zeros((len(self._pieces.spans), len(known)))
        for piece, gram, weight in self._grams:
            if gram in where:
                found[piece, where[gram]] += weight
        return found

    def _odds(self, sources: Sequence[str]) -> Array:
        """Log odds of each word as a translation of some texts: (words, texts)."""
        return np.clip(self._segments.dictionary.evidence(self._words, sources), -3, 5)

    def features(self) -> Array:
        """What speaks for each clause: shape (clauses, segments, names)."""
        count = len(self._clauses)
        found = np.zeros((count, len(self._own), len(self._segments.names)))
        found[..., 0] = 1
        clause = self._pieces.clause
        share, size = self._share_of_grams(clause, count)
        found[..., 1], found[..., 2] = share, share * np.sqrt(size)[:, None]
        self._add_words(found, clause[self._word_piece], count)
        self._add_anchors(found)
        long = np.log1p([len(text) for text in self._clauses]) / 3
        found[..., 10] = long[:, None]
        sentence = self._sentence_of_clause()
        found[..., 11] = self._share_of_grams(self._pieces.sentence, len(self._sentences))[0][
            sentence
        ]
        encoder = self._segments.encoder
        if encoder:
            self._add_likeness(found, encoder, np.minimum(long, 1.5)[:, None], sentence)
        return found

    def log_odds(self) -> Array:
        """How much likelier each clause is as part of each segment: shape (clauses, segments)."""
        return np.asarray(self.features() @ np.array(self.weights.clause))

    def loops(self) -> Array:
        """How much of each piece's sentence repeats itself, and of the piece: (pieces, 2).

        Of a piece it is 0 where its sentence is in no loop.
        """
        spans, sentence = self._pieces.spans, self._pieces.sentence
        starts = np.flatnonzero(np.diff(sentence, prepend=-1))
        found = np.zeros((len(spans), 2))
        for first, last in pairwise([*starts.tolist(), len(spans)]):
            start, end = spans[first][0], spans[last - 1][1]
            again = repeated(self._text[start:end])
            found[first:last, 0] = again.mean()
            if again.mean() > IN_A_LOOP:
                own = [again[a - start : b - start].mean() for a, b in spans[first:last]]
                found[first:last, 1] = own
        return found

    def edges(self) -> tuple[Array, Array]:
        """What is seen of beginnings and ends of pieces, as ``edges`` names it."""
        sources, references = self._segments.sources, self._segments.references
        shown = [sources[at] if sources[at].strip() else references[at] for at in self._own]
        found = (
            of_beginnings(self._text, self._pieces, shown),
            of_ends(self._text, self._pieces, shown),
        )
        han = sum(map(bool, map(HAN.match, self._words))) > len(self._words) / 2
        size = FEW_HAN if han else FEW
        for edge, part, forward in zip(found, (first_part, last_part), (True, False), strict=True):
            own = [(part(sources[at]), part(references[at])) for at in self._own]
            near = self._near([set().union(*map(grams, both)) for both in own])
            odds = _sums(
                self._odds([source for source, _ in own]), self._word_piece, len(self._pieces.spans)
            )
            edge[..., -2] = _window(near, size, forward) / np.maximum(
                _window(self.local.there[:, None], size, forward), 1e-9
            )
            many = np.bincount(self._word_piece, minlength=len(self._pieces.spans))[:, None]
            edge[..., -1] = _window(odds, size, forward) / np.maximum(
                _window(many.astype(np.float64), size, forward), 1
            )
        return found

    def _sentence_of_clause(self) -> NDArray[np.int64]:
        firsts = np.flatnonzero(np.diff(self._pieces.clause, prepend=-1))
        return np.asarray(self._pieces.sentence[firsts])

    def _share_of_grams(self, owners: NDArray[np.int64], count: int) -> tuple[Array, Array]:
        """Of clauses or sentences: shares of n-grams above chance, and how much they are of."""
        there = np.bincount(owners, self.local.there, count)
        found = _sums(self.local.found, owners, count)
        share = found / np.maximum(there, 1e-9)[:, None] - CHANCE
        return np.where(there[:, None] > 0, share, 0.0), there / 6

    def _add_words(self, found: Array, owners: NDArray[np.int64], count: int) -> None:
        segments = self._segments
        weight = np.array([segments.rarity.of_word(word) for word in self._words])
        has = np.zeros((len(self._words), len(self._own)))
        places: dict[str, list[int]] = {}
        for number, at in enumerate(self._own):
            for word in {*words(segments.references[at]), *words(segments.sources[at])}:
                places.setdefault(word, []).append(number)
        for row, word in enumerate(self._words):
            has[row, places.get(word, [])] = weight[row]
        total = np.bincount(owners, weight, count)
        many = np.bincount(owners, minlength=count).astype(np.float64)
        share = _sums(has, owners, count) / np.maximum(total, 1e-9)[:, None] - WORDS_BY_CHANCE
        share[many == 0] = 0
        found[..., 3], found[..., 4] = share, share * np.sqrt(many)[:, None]
        odds = _sums(self._log_odds, owners, count)
        at_least = np.maximum(many, 1)[:, None]
        found[..., 5], found[..., 6] = odds / at_least, odds / np.sqrt(at_least)
        strange = [not segments.dictionary.knows(word) for word in self._words]
        found[..., 7] = (np.bincount(owners, strange, count) / at_least[:, 0])[:, None]

    def _add_anchors(self, found: Array) -> None:
        segments = self._segments
        theirs = [
            anchors(segments.references[at]) | anchors(segments.sources[at]) for at in self._own
        ]
        for row, text in enumerate(self._clauses):
            own = anchors(text)
            if own:
                both = np.array([len(own & one) for one in theirs])
                found[row, :, 8], found[row, :, 9] = both / len(own), both - len(own) / 2

    def _add_likeness(
        self, found: Array, encoder: SentenceEncoder, long: Array, sentence: NDArray[np.int64]
    ) -> None:
        vectors = encoded(encoder, [*self._clauses, *self._sentences])
        near = self._segments.likeness(vectors, self._own)
        margin = near - self._segments.usual_likeness(vectors)[:, None]
        clause, whole = near[: len(self._clauses)], near[len(self._clauses) :]
        found[..., 12], found[..., 13], found[..., 14] = clause, clause**2, clause * long
        found[..., 15] = whole[sentence]
        found[..., 16] = margin[: len(self._clauses)]
        found[..., 17] = margin[len(self._clauses) :][sentence]


def _sums(values: Array, owners: NDArray[np.int64], count: int) -> Array:
    """Sums of rows by owner; owners stand in order."""
    found = np.zeros((count, values.shape[1]))
    np.add.at(found, owners, values)
    return found


def _window(values: Array, size: int, forward: bool) -> Array:
    """Sums over each row and the next ones, or those before it."""
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    at = np.arange(len(values))
    start, end = (at, at + size) if forward else (at - size + 1, at + 1)
    return np.asarray(sums[np.minimum(end, len(values))] - sums[np.maximum(start, 0)])


def _grams_of_pieces(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, str]]:
    """The text's n-grams, each with the piece in which its middle lies."""
    plain: list[str] = []
    owners: list[int] = []
    for number, (start, end) in enumerate(spans):
        word = " ".join(_plain(text[start:end]).split())
        if plain and text[start].isspace():
            plain.append(" ")
            owners.append(number)
        plain += word
        owners += [number] * len(word)
    for at, gram in _grams_at("".join(plain)):
        yield owners[at], gram
