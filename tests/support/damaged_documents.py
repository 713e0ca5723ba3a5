"""Outputs by segment → whole documents with sentences left out and added, and what is true of them.

What is damaged is known exactly, so that an alignment can be held against it. The texts are those
of the WMT general tasks, which are not in the repository.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from tests.support.wmt22 import documents_of, lines_of, outputs_of, reference_of

SHARE = 0.05  # of segments dropped, and of sentences behind which a foreign one is added
LINE_ENDS = 0.3  # of the sentences
NTREX = {"ru": "rus", "zh": "zho-CN", "de": "deu", "fr": "fra", "en": "eng"}
_SENTENCE = re.compile(
    r"(?<=[.!?…])['\")»”’]*\s+(?=\S)|(?<=[。！？])(?=[^。！？”’」』）])"
)  # fmt: skip
_SAYS = re.compile("[\\w\u2600-\u27bf\U0001f000-\U0001faff]")


class Set(NamedTuple):
    """A test set with the outputs of its systems.

    Attributes:
        pair: Such as en-ru.
        sources: By segment; so are the three others.
        references: One each.
        documents: Names; segments of one stand together.
        domains: Names; empty strings where they are not known.
        systems: Name → hypotheses.
    """

    pair: str
    sources: list[str]
    references: list[str]
    documents: list[str]
    domains: list[str]
    systems: dict[str, list[str]]

    @property
    def target(self) -> str:
        """The language of the outputs."""
        return self.pair.split("-")[1]

    def groups(self) -> list[list[int]]:
        """Positions of the segments of each document."""
        found: list[list[int]] = []
        before = None
        for at, name in enumerate(self.documents):
            if name != before:
                found.append([])
            found[-1].append(at)
            before = name
        return found


class Damaged(NamedTuple):
    """A document as a system might have said it whole.

    Attributes:
        segments: Positions of the document's segments.
        text: Of the whole document.
        sentences: Start, end, and the segment each is of; None for an added one.
        dropped: Segments of which nothing is in the text.
    """

    segments: list[int]
    text: str
    sentences: list[tuple[int, int, int | None]]
    dropped: set[int]


def wmt24(folder: Path, pair: str) -> Set:
    """WMT24's data for a pair."""
    here = folder / pair
    rows = [line.split("\t") for line in lines_of(here / "documents.txt")]
    return Set(
        pair,
        lines_of(here / "source.txt"),
        lines_of(here / "reference.txt"),
        [row[1] for row in rows],
        [row[0] for row in rows],
        {path.stem: lines_of(path) for path in sorted((here / "systems").glob("*.txt"))},
    )


def wmt22(folder: Path, pair: str) -> Set:
    """WMT22's French and German."""
    source = pair.split("-")[0]
    rows = documents_of(folder, pair)
    return Set(
        pair,
        lines_of(folder / "sources" / f"generaltest2022.{pair}.src.{source}"),
        reference_of(folder, pair),
        [name for name, _ in rows],
        [domain for _, domain in rows],
        outputs_of(folder, pair),
    )


def sentences(text: str) -> list[str]:
    """A text's sentences, by their marks alone; one of marks alone is the end of another.

    Example:
        >>> sentences("He said no. \" And left.")
        ['He said no. "', 'And left.']
    """
    cuts = [0, *(match.end() for match in _SENTENCE.finditer(text)), len(text)]
    found: list[tuple[int, int]] = []
    for start, end in pairwise(cuts):
        if found and not _SAYS.search(text[start:end]):
            start = found.pop()[0]
        found.append((start, end))
    return [text[start:end].strip() for start, end in found if text[start:end].strip()]


def foreign(folder: Path, language: str, most: int = 400) -> list[str]:
    """Sentences of a language from NTREX, which no WMT document has."""
    lines = lines_of(folder / f"{NTREX[language]}.txt")
    return [sentence for line in lines for sentence in sentences(line)][:most]


def damaged(
    one: Set, hypotheses: Sequence[str], strangers: Sequence[str], seed: int
) -> list[Damaged]:
    """A system's documents, with segments dropped, sentences added, and new paragraphs.

    Args:
        one: The test set.
        hypotheses: By segment.
        strangers: Sentences to be added.
        seed: Of all that is drawn.
    """
    draw = random.Random(seed)
    han = one.target == "zh"
    found = []
    for group in one.groups():
        said: list[tuple[str, int | None]] = []
        dropped = set()
        for at in group:
            own = sentences(hypotheses[at])
            if draw.random() < SHARE or not own:
                dropped.add(at)
                continue
            for sentence in own:
                said.append((sentence, at))
                if draw.random() < SHARE:
                    said.append((draw.choice(strangers), None))
        found.append(_written(group, said, dropped, draw, han))
    return found


def _written(
    group: list[int],
    said: Sequence[tuple[str, int | None]],
    dropped: set[int],
    draw: random.Random,
    han: bool,
) -> Damaged:
    text = ""
    spans: list[tuple[int, int, int | None]] = []
    for sentence, at in said:
        if text:
            glued = han and not (text[-1].isascii() and sentence[0].isascii())
            text += "\n" if draw.random() < LINE_ENDS else "" if glued else " "
        spans.append((len(text), len(text) + len(sentence), at))
        text += sentence
    return Damaged(group, text, spans, dropped)


def true_texts(one: Set, documents: Sequence[Damaged]) -> list[str]:
    """What each segment has in the damaged documents."""
    texts = [""] * len(one.sources)
    blank = "" if one.target == "zh" else " "
    for document in documents:
        for start, end, at in document.sentences:
            if at is not None:
                texts[at] = blank.join(filter(None, (texts[at], document.text[start:end])))
    return texts
