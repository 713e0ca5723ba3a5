"""Sentences: paragraphs are split into them, and they are aligned for all pairs at once."""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from mtbench.documents import axis
from mtbench.documents.records import Bead
from mtbench.documents.scoring import align
from mtbench.documents.segments import AlignedSegment, Label, Place, Story, join
from mtbench.documents.select import Selected
from mtbench.documents.similarity import Embedded
from mtbench.encoders.packaged import SentenceEncoder
from mtbench.languages import base_language
from mtbench.packages import require
from mtbench.text.scripts import HAN_LANGUAGES

Pair = tuple[int, int]
_STRIDE = 1_000_000  # no paragraph has more sentences
Split = Callable[[str], list[str]]

_FULL_WIDTH = re.compile(
    r"(?<=[。！？…])(?![。！？…”’」』）)\]\"'])|(?<=[。！？…][”’」』）)\]\"'])"
)
# Abbreviations that the package's Italian list lacks: no sentence ends with one.
_ITALIAN = re.compile(
    r"(?:^|[\s('’])(?:sigg?|sig\.ra|dott|art|artt|pagg?|avv|ing|prof|cfr|n|tel)\.$", re.I
)


_LONG_RUN = re.compile(r"(\S{1000,})")


@functools.lru_cache(maxsize=64)
def splitter(language: str) -> tuple[Split, bool]:
    """How texts of a language are split into sentences.

    Args:
        language: Its tag.

    Returns:
        The function, and whether it knows the language's abbreviations.

    Raises:
        MissingExtra: If sentence-splitter is not installed.
    """
    base = base_language(language)
    if base in HAN_LANGUAGES:
        return _split_full_width, True
    module = require("sentence_splitter", "splitting into sentences", "text")
    try:
        made = module.SentenceSplitter(language=base)
        known = True
    except module.SentenceSplitterException:
        made, known = module.SentenceSplitter(language="en"), False

    def split(text: str) -> list[str]:
        # The package takes time quadratic in a long run of signs, which holds no sentences.
        parts = enumerate(_LONG_RUN.split(text))
        found = [s for n, part in parts for s in ([part] if n % 2 else made.split(part))]
        return _glued([s for s in found if s.strip()], base)

    return split, known


def _split_full_width(text: str) -> list[str]:
    return [part.strip() for part in _FULL_WIDTH.split(text) if part.strip()]


def _glued(sentences: list[str], language: str) -> list[str]:
    if language != "it":
        return sentences
    found: list[str] = []
    for sentence in sentences:
        if found and _ITALIAN.search(found[-1]):
            found[-1] = f"{found[-1]} {sentence}"
        else:
            found.append(sentence)
    return found


class SentenceIndex:
    """The sentences of documents, each paragraph split once.

    Args:
        selected: All documents.

    Attributes:
        unknown: Languages whose abbreviations the splitter does not know.
    """

    def __init__(self, selected: Sequence[Selected]) -> None:
        self._selected = selected
        self._split: dict[Place, list[str]] = {}
        self.unknown: set[str] = set()

    def of(self, document: int, paragraph: int) -> list[str]:
        """The sentences of a paragraph."""
        place = (document, paragraph)
        if place not in self._split:
            whole = self._selected[document].document
            split, known = splitter(whole.language)
            if not known:
                self.unknown.add(whole.language)
            self._split[place] = split(whole.paragraphs[paragraph])
        return self._split[place]

    def places(self, document: int, units: Iterable[int]) -> list[Place]:
        """Where the sentences of some units stand: paragraph and sentence, from 0."""
        paragraphs = [self._selected[document].kept[unit] for unit in units]
        return [(p, s) for p in paragraphs for s in range(len(self.of(document, p)))]

    def text(self, document: int, places: Iterable[Place]) -> str:
        """Sentences run together."""
        language = self._selected[document].document.language
        return join((self.of(document, p)[s] for p, s in places), language)


def sentence_segments(
    story: Story,
    numbered: Mapping[Pair, Mapping[Bead, tuple[int, ...]]],
    sentences: SentenceIndex,
    encoders: Mapping[Pair, SentenceEncoder],
) -> list[AlignedSegment]:
    """Aligned paragraphs divided further; ids such as ``a1f3/3.2``.

    Args:
        story: The story.
        numbered: For each two of its members, the aligned paragraphs with their numbers.
        sentences: What splits them.
        encoders: For each two of its members, what encodes them.
    """
    found: list[AlignedSegment] = []
    for knot in _knots(numbered):
        beads: dict[Pair, list[Bead]] = defaultdict(list)
        paragraph: dict[tuple[Pair, Bead], int] = {}
        for pair, bead, numbers in knot:
            finer = _aligned(story, pair, bead, sentences, encoders[pair])
            beads[pair] += finer
            paragraph.update({(pair, one): min(numbers) for one in finer})
        places = axis.number(axis.distinct(beads))
        labels = _labels(places, paragraph)
        for pair, ranked in places.items():
            left, right = (story.members[side] for side in pair)
            for bead, numbers in ranked.items():
                mine = tuple(labels[n] for n in numbers)
                one, two = _places(bead.left), _places(bead.right)
                found.append(
                    AlignedSegment(
                        story=story.name,
                        numbers=mine,
                        left=left,
                        right=right,
                        left_places=one,
                        right_places=two,
                        source=sentences.text(left, one),
                        target=sentences.text(right, two),
                        confidence=bead.confidence,
                    )
                )
    return found


def _knots(
    numbered: Mapping[Pair, Mapping[Bead, tuple[int, ...]]],
) -> list[list[tuple[Pair, Bead, tuple[int, ...]]]]:
    """Aligned paragraphs of all pairs, grouped by the numbers that tie them together."""
    group: dict[int, set[int]] = {}
    for beads in numbered.values():
        for numbers in beads.values():
            merged = set().union(*(group.get(n, {n}) for n in numbers))
            group.update(dict.fromkeys(merged, merged))
    knots: dict[int, list[tuple[Pair, Bead, tuple[int, ...]]]] = defaultdict(list)
    for pair, beads in sorted(numbered.items()):
        for bead, numbers in beads.items():
            knots[min(group[numbers[0]])].append((pair, bead, numbers))
    return [knots[first] for first in sorted(knots)]


def _aligned(
    story: Story, pair: Pair, bead: Bead, sentences: SentenceIndex, encoder: SentenceEncoder
) -> list[Bead]:
    """Aligned sentences of an aligned paragraph; their positions are places, put in one number."""
    left, right = (story.members[side] for side in pair)
    one, two = sentences.places(left, bead.left), sentences.places(right, bead.right)
    if len(one) == 1 and len(two) == 1:
        found = [Bead(left=(0,), right=(0,), confidence=bead.confidence)]
    else:
        found = align(
            Embedded([sentences.text(left, [place]) for place in one], encoder),
            Embedded([sentences.text(right, [place]) for place in two], encoder),
        )
    return [
        Bead(
            left=tuple(_position(one[i]) for i in inner.left),
            right=tuple(_position(two[j]) for j in inner.right),
            confidence=inner.confidence,
        )
        for inner in found
    ]


def _labels(
    places: Mapping[Pair, Mapping[Bead, tuple[int, ...]]],
    paragraph: Mapping[tuple[Pair, Bead], int],
) -> dict[int, Label]:
    """Number of a sentence in its knot → paragraph of the story, and sentence of that.

    Where languages divide paragraphs differently, the finest division counts, so that a sentence
    has one label in all pairs.
    """
    of: dict[int, int] = {}
    for pair, ranked in places.items():
        for bead, numbers in ranked.items():
            for number in numbers:
                of[number] = max(of.get(number, 0), paragraph[pair, bead])
    count: dict[int, int] = defaultdict(int)
    labels: dict[int, Label] = {}
    for number in sorted(of):
        count[of[number]] += 1
        labels[number] = (of[number], count[of[number]])
    return labels


def _position(place: Place) -> int:
    return place[0] * _STRIDE + place[1]


def _places(positions: Iterable[int]) -> tuple[Place, ...]:
    return tuple(divmod(position, _STRIDE) for position in positions)
