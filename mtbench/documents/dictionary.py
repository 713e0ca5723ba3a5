"""Which words of a translation go with which words of its source, learned from pairs of texts.

IBM Model 1 (Brown et al. 1993), fitted by expectation maximisation. Words are cut to their
beginnings, so that inflected forms count together; a Han character is a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from mtbench.text.patterns import HAN_RANGES

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]

BEGINNING = 5  # letters of a word that count
ROUNDS = 5
MOST_LINKS = 3_000_000  # pairs of words; more texts are not read, which bounds time and memory
BY_CHANCE = 0.1  # share of a translation's words that go with none of the source's
_SELDOM = 1e-3
_NONE = ""  # what stands for no word of the source
_WORD = re.compile(rf"[{HAN_RANGES}]|[^\W_]+")


def words(text: str) -> list[str]:
    """The beginnings of a text's words, case being alike.

    Example:
        >>> words("Die Übersetzungen, 你好")
        ['die', 'übers', '你', '好']
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return [word[:BEGINNING] for word in _WORD.findall(plain)]


class Dictionary:
    """Chances that words are translations of others.

    Args:
        pairs: A source and its translation each.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._source = {_NONE: 0}
        self._target: dict[str, int] = {}
        found: Counter[int] = Counter()
        sources: list[int] = []
        targets: list[int] = []
        sizes: list[int] = []
        for source, target in pairs:
            own = [0, *sorted({self._number(self._source, word) for word in words(source)})]
            if len(sources) > MOST_LINKS:
                break
            for word in words(target):
                number = self._number(self._target, word)
                found[number] += 1
                sources += own
                targets += [number] * len(own)
                sizes.append(len(own))
        self._usual = {word: times / found.total() for word, times in found.items()}
        self._chances: dict[int, tuple[Numbers, Array]] = {}
        if sizes:
            self._fit(np.array(sources), np.array(targets), np.array(sizes))

    @staticmethod
    def _number(known: dict[str, int], word: str) -> int:
        return known.setdefault(word, len(known))

    def _fit(self, sources: Numbers, targets: Numbers, sizes: Numbers) -> None:
        width = len(self._target)
        links, place = np.unique(sources * width + targets, return_inverse=True)
        source = links // width
        word = np.repeat(np.arange(len(sizes)), sizes)
        chance = 1 / np.bincount(source)[source]
        for _ in range(ROUNDS):
            share = chance[place]
            share /= np.bincount(word, share)[word]
            counted = np.bincount(place, share, len(links))
            chance = counted / np.bincount(source, counted)[source]
        often = np.flatnonzero(chance > _SELDOM)
        often = often[np.argsort(links[often] % width, kind="stable")]
        firsts = np.flatnonzero(np.diff(links[often] % width, prepend=-1))
        for own in np.split(often, firsts[1:]):
            if len(own):
                self._chances[int(links[own[0]] % width)] = source[own], chance[own]

    def knows(self, word: str) -> bool:
        """Whether a translation had the word."""
        return word in self._target

    def evidence(self, said: Sequence[str], sources: Sequence[str]) -> Array:
        """How much likelier each word is in a translation of each source than by chance.

        Args:
            said: Words of a translation, as of ``words``.
            sources: Texts.

        Returns:
            Logarithms of shape (words, sources); 0 for words that are not known.

        Example:
            >>> pairs = [("ein Hund", "a dog"), ("ein Haus", "a house"), ("Haus", "house")]
            >>> Dictionary(pairs).evidence(["house"], ["Haus", "Hund"]).round(1).tolist()
            [[0.6, -0.4]]
        """
        there = np.zeros((len(self._source), len(sources)))
        sizes = np.zeros(len(sources))
        for number, text in enumerate(sources):
            own = {self._source.get(word, -1) for word in words(text)} | {0}
            sizes[number] = len(own)  # all words that are not known count as one
            there[list(own - {-1}), number] = 1
        found = np.zeros((len(said), len(sources)))
        known: dict[str, Array] = {}
        for row, one in enumerate(said):
            if one not in known:
                known[one] = self._of_word(one, there, sizes)
            found[row] = known[one]
        return found

    def _of_word(self, said: str, there: Array, sizes: Array) -> Array:
        number = self._target.get(said)
        if number is None:
            return np.zeros(len(sizes))
        expected = self._usual[number]
        mixed = np.full(len(sizes), BY_CHANCE * expected)
        if number in self._chances:
            places, chances = self._chances[number]
            mixed += (1 - BY_CHANCE) * (chances @ there[places]) / sizes
        return np.asarray(np.log(mixed / expected))
