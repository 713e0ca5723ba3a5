"""A document translated in paragraphs of its own → a translation of each segment.

The text is cut into pieces at line ends, blanks and punctuation. A dynamic program lays runs of
pieces on the segments in order: a run may be empty (an omission), and runs may lie between
segments (additions). What speaks for a run is

- how much of its character n-grams the segment's reference or source has (names, numbers, tags),
  rare ones counting more, above what a wrong segment has by chance;
- how near its length is to the one that the source lets expect;
- where it begins: after a line end or a sentence's end rather than within a sentence.

Each is bounded, and none of them is a metric: where the reference leaves a choice, the lengths and
the ends of sentences decide. Maximising overlap with the reference instead was measured to raise
BLEU by .4 over the true segmentation.
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

Array = NDArray[np.float64]
Run = tuple[int | None, int, int]  # segment, first piece, piece behind the last

VERSION = "1"  # another one wherever an alignment could come out differently

ORDER, HAN_ORDER = 4, 2  # characters of an n-gram, and where a character is a word or half of one
CHANCE = 0.15  # share of a text's n-grams that a wrong segment has too, rare ones counting more
SCALE = 0.25  # of a character that the reference bears out
SPREAD = 1.2  # of lengths
OMITTED, ADDED = 2.0, 2.0  # what an empty run and a run between segments cost
INTRUDED = 4.0  # what a sentence costs that lies within a segment's run and is none of its own
WITHIN_SENTENCE, AT_COMMA = 3.0, 1.0  # what a beginning there costs
SAID_BEFORE = 0.8  # share of a sentence's n-grams from which it was said before
REPEATED = 0.5  # share of an addition's n-grams from which it repeats a segment
_LONGEST = 3.0  # times the expected length, and some characters
_MORE = 60.0
_IMPOSSIBLE = -1e18

_HAN = "\u2e80-\u2fff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_MARKS = ",;:.!?…。！？؟।，；：、—–"
_CLOSERS = "'\")»”’」』）]"
_PIECE = re.compile(
    rf"(?:[{_HAN}]|[^\s{_MARKS}{_HAN}]+|(?=[{_MARKS}]))(?:[{_MARKS}]+['\")»”’」』）\]]*)?"
)
_ENDS, _COMMAS = frozenset(".!?…。！？؟।"), frozenset(",;:，；：、—–")
_DENSE = re.compile(f"[{_HAN}]")


class Realigned(NamedTuple):
    """A document laid on its segments.

    Attributes:
        texts: Of each segment; empty where nothing is left of it.
        additions: Texts that belong to no segment, each with the segment before it (-1: none).
        repeated: How many of these repeat a segment.
    """

    texts: tuple[str, ...]
    additions: tuple[tuple[int, str], ...]
    repeated: int


class Rarity:
    """How much the n-grams of a test set's references tell.

    Args:
        references: Of all segments.
    """

    def __init__(self, references: Sequence[str]) -> None:
        self._count = len(references)
        self._found: Counter[str] = Counter()
        for text in references:
            self._found.update(grams(text))

    def of(self, gram: str) -> float:
        """From log 2 for one that all segments have to log(1 + n) for one that none has."""
        return math.log(1 + self._count / (1 + self._found.get(gram, 0)))


def grams(text: str) -> set[str]:
    """A text's n-grams of characters, blanks and case being alike.

    Example:
        >>> sorted(grams("Ein  Ei")), sorted(grams("你好吗"))
        (['ein ', 'in e', 'n ei'], ['你好', '好吗'])
    """
    return {gram for _, gram in _grams_at(" ".join(_plain(text).split()))}


def _grams_at(plain: str) -> Iterator[tuple[int, str]]:
    """Each n-gram with the position of its middle."""
    for at, character in enumerate(plain):
        order = HAN_ORDER if _DENSE.match(character) else ORDER
        gram = plain[at : at + order]
        if len(gram) == order:
            yield at + order // 2, gram


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def expected_ratio(sources: Sequence[str], references: Sequence[str]) -> float:
    """Characters of a reference per character of a source.

    Example:
        >>> expected_ratio(["abcd"], ["ab"])
        0.5
    """
    return max(1, sum(map(len, references))) / max(1, sum(map(len, sources)))


def realign(
    text: str,
    sources: Sequence[str],
    references: Sequence[str],
    rarity: Rarity,
    ratio: float,
) -> Realigned:
    """Lays a document's translation on its segments.

    Args:
        text: The translation of the whole document.
        sources: Of its segments, in order.
        references: Likewise.
        rarity: Of the test set's n-grams.
        ratio: Characters of a translation per character of a source.

    Example:
        >>> references = ["The cat sleeps.", "It is raining."]
        >>> realign("The cat is asleep. It rains.", ["Die Katze schläft.", "Es regnet."],
        ...         references, Rarity(references), 0.9).texts
        ('The cat is asleep.', 'It rains.')
    """
    pieces = list(_pieces(text))
    if not pieces:
        return Realigned(("",) * len(sources), (), 0)
    evidence = _Evidence(text, pieces, sources, references, rarity)
    runs = aligned(evidence, [max(2.0, len(source) * ratio) for source in sources])
    texts: list[list[str]] = [[] for _ in sources]
    additions, repeated, before = [], 0, -1
    for segment, start, end in runs:
        said = " ".join(text[pieces[start][0] : pieces[end - 1][1]].split())
        if segment is None:
            additions.append((before, said))
            repeated += evidence.most(start, end) >= REPEATED
        else:
            texts[segment].append(said)
            before = segment
    return Realigned(tuple(map(" ".join, texts)), tuple(additions), repeated)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Starts and ends of what is never cut: words, and what punctuation hangs together with."""
    end = 0
    for match in _PIECE.finditer(text):
        yield end, match.end()  # the blanks before it are its own
        end = match.end()


def _length(piece: str) -> int:
    """Characters, the blanks before a word being one."""
    return len(piece.strip()) + piece[:1].isspace()


class _Evidence:
    """What speaks for runs of pieces, as sums that are differences of columns.

    Attributes:
        length: Characters up to each piece: shape (pieces + 1,).
        gain: What speaks for each segment up to each piece: shape (pieces + 1, segments).
        beginning: What it costs that a run begins at each piece: shape (pieces + 1,).
    """

    def __init__(
        self,
        text: str,
        pieces: Sequence[tuple[int, int]],
        sources: Sequence[str],
        references: Sequence[str],
        rarity: Rarity,
    ) -> None:
        where: dict[str, list[int]] = {}
        for segment, (source, reference) in enumerate(zip(sources, references, strict=True)):
            # Of the source it is names, numbers, tags that a translation carries over.
            for gram in grams(reference) | grams(source):
                where.setdefault(gram, []).append(segment)
        found = np.zeros((len(pieces) + 1, len(references)))
        there = np.zeros(len(pieces) + 1)
        self._grams: list[list[str]] = [[] for _ in pieces]
        for piece, gram in _grams_of_pieces(text, pieces):
            self._grams[piece].append(gram)
            weight = rarity.of(gram)
            there[piece + 1] += weight
            found[piece + 1, where.get(gram, ())] += weight
        lengths = [0.0, *(float(_length(text[start:end])) for start, end in pieces)]
        self.length = np.cumsum(lengths)
        self._found, self._there = np.cumsum(found, axis=0), np.cumsum(there)
        mean = max(self._there[-1] / max(1.0, self.length[-1]), 1e-9)
        self._scale = float(SCALE / mean)
        self.gain = self._scale * (self._found - CHANCE * self._there[:, None])
        self.beginning = np.array([*_beginnings(text, pieces), 0.0])

    def gains(self, segment: int, sentences: Sequence[tuple[int, int]]) -> list[float]:
        """What speaks for sentences of a run; of one said before, only what is against."""
        found, before = [], set[str]()
        for start, end in sentences:
            own = {gram for at in range(start, end) for gram in self._grams[at]}
            said = bool(own) and len(own & before) >= SAID_BEFORE * len(own)
            before |= own
            there = self._there[end] - self._there[start]
            gain = float(self.gain[end, segment] - self.gain[start, segment])
            found.append(-INTRUDED - self._scale * CHANCE * float(there) if said else gain)
        return found

    def most(self, start: int, end: int) -> float:
        """The largest share of a run's n-grams that one segment has."""
        there = self._there[end] - self._there[start]
        return float((self._found[end] - self._found[start]).max() / there) if there else 0.0


def _grams_of_pieces(text: str, pieces: Sequence[tuple[int, int]]) -> Iterator[tuple[int, str]]:
    """The text's n-grams, each with the piece in which its middle lies."""
    plain: list[str] = []
    owners: list[int] = []
    for number, (start, end) in enumerate(pieces):
        if plain:
            plain.append(" ")
            owners.append(number)
        word = " ".join(_plain(text[start:end]).split())
        if plain and start and not text[start].isspace():
            plain.pop()
            owners.pop()
        plain += word
        owners += [number] * len(word)
    for at, gram in _grams_at("".join(plain)):
        yield owners[at], gram


def _beginnings(text: str, pieces: Sequence[tuple[int, int]]) -> Iterator[float]:
    yield 0.0
    for (start, end), following in pairwise(pieces):
        last = text[start:end].rstrip(_CLOSERS)[-1:]
        piece = text[slice(*following)]
        blank = piece[: len(piece) - len(piece.lstrip())]
        if "\n" in blank or last in _ENDS:
            yield 0.0
        else:
            yield AT_COMMA if last in _COMMAS else WITHIN_SENTENCE


def aligned(evidence: _Evidence, expected: Sequence[float]) -> list[Run]:
    """Runs of pieces with their segments, None for an addition; together they are the text.

    Args:
        evidence: What speaks for them.
        expected: Of each segment, the characters of its translation.
    """
    return [
        part
        for segment, start, end in _best_runs(evidence, expected)
        if start < end
        for part in (
            [(segment, start, end)]
            if segment is None
            else _without_intruders(evidence, segment, start, end, expected[segment])
        )
    ]


def _without_intruders(
    evidence: _Evidence, segment: int, start: int, end: int, expected: float
) -> list[Run]:
    """A segment's run, cut where sentences lie in it that are none of the segment's."""
    cuts = [start, *(at for at in range(start + 1, end) if not evidence.beginning[at]), end]
    sentences = list(pairwise(cuts))
    kept = [True] * len(sentences)
    gains = evidence.gains(segment, sentences)
    length = float(evidence.length[end] - evidence.length[start])
    while sum(kept) > 1:
        worth = [
            _of_length(length, expected)
            - _of_length(length - float(evidence.length[b] - evidence.length[a]), expected)
            + gain
            + INTRUDED
            if here
            else math.inf
            for (a, b), gain, here in zip(sentences, gains, kept, strict=True)
        ]
        least = int(np.argmin(worth))
        if worth[least] >= 0:
            break
        kept[least] = False
        a, b = sentences[least]
        length -= float(evidence.length[b] - evidence.length[a])
    found: list[Run] = []
    for (a, b), here in zip(sentences, kept, strict=True):
        owner = segment if here else None
        if found and found[-1][0] == owner:
            found[-1] = (owner, found[-1][1], b)
        else:
            found.append((owner, a, b))
    return found


def _of_length(length: float, expected: float) -> float:
    """What speaks for a run of a length."""
    deviation = (length - expected) ** 2 / (6 * expected + 20)
    return -0.5 * min(deviation, 30.0) / SPREAD**2


def _best_runs(evidence: _Evidence, expected: Sequence[float]) -> list[Run]:
    """The best way to lay runs on the segments: segment or None, first piece, piece behind it."""
    count = len(evidence.length) - 1
    best = np.full(count + 1, _IMPOSSIBLE)
    best[0] = 0.0
    added: list[NDArray[np.int64]] = []
    laid: list[NDArray[np.int64]] = []
    for segment, length in enumerate(expected):
        best, starts = _with_additions(best, evidence)
        added.append(starts)
        best, starts = _with_runs(best, evidence, segment, length)
        laid.append(starts)
    best, starts = _with_additions(best, evidence)
    found: list[Run] = []
    at = _step_back(found, None, starts, count)
    for segment in reversed(range(len(expected))):
        at = _step_back(found, segment, laid[segment], at)
        at = _step_back(found, None, added[segment], at)
    return found[::-1]


def _step_back(
    found: list[Run],
    segment: int | None,
    starts: NDArray[np.int64],
    end: int,
) -> int:
    start = int(starts[end])
    if segment is not None or start < end:
        found.append((segment, start, end))
    return start


def _with_additions(best: Array, evidence: _Evidence) -> tuple[Array, NDArray[np.int64]]:
    """Values with at most one addition behind what was laid, and where that begins."""
    starts = np.arange(len(best))
    # The best place before each at which an addition may begin.
    before = np.concatenate([[_IMPOSSIBLE], best[:-1] - evidence.beginning[:-1]])
    leader = np.maximum.accumulate(before)
    first = np.where(before == leader, starts - 1, 0)
    first = np.maximum.accumulate(first)
    with_one = leader - ADDED
    taken = with_one > best
    return np.where(taken, with_one, best), np.where(taken, first, starts)


def _with_runs(
    best: Array, evidence: _Evidence, segment: int, expected: float
) -> tuple[Array, NDArray[np.int64]]:
    """Values after one more segment, and where its run begins: nowhere for an omission."""
    after, starts = best - OMITTED, np.arange(len(best))
    gain, length = evidence.gain[:, segment], evidence.length
    reach = np.searchsorted(length, length + _LONGEST * expected + _MORE, side="right")
    for start in np.flatnonzero(best[:-1] > _IMPOSSIBLE / 2):
        ends = slice(start + 1, int(reach[start]))
        deviation = (length[ends] - length[start] - expected) ** 2 / (6 * expected + 20)
        value = (
            best[start]
            - evidence.beginning[start]
            + gain[ends]
            - gain[start]
            - 0.5 * np.minimum(deviation, 30.0) / SPREAD**2
        )
        better = value > after[ends]
        after[ends][better] = value[better]
        starts[ends][better] = start
    return after, starts
