"""Which documents belong together, and the segments of each story in all its language pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mtbench.documents import axis
from mtbench.documents.encoders import Views
from mtbench.documents.records import Bead
from mtbench.documents.scoring import Counterparts, align, align_story, counterparts
from mtbench.documents.segments import AlignedSegment, Story, join
from mtbench.documents.select import Selected
from mtbench.documents.sentences import SentenceIndex, sentence_segments
from mtbench.documents.similarity import Embedded, likeness
from mtbench.encoders.packaged import SentenceEncoder

NEIGHBOURS = 8
NEAREST = 3
TRANSLATION = 0.69
ON_ONE_EVENT = 0.2
FEWEST_PAIRS = 2
UNEVEN = 0.9  # mean deviation of lengths from which no text is a translation
SPREAD_OF_UNEVEN = 0.5  # of one pair
ID_DIGITS = 4
Pair = tuple[int, int]


@dataclass(frozen=True)
class Alike:
    """Two documents on one event that are no translations of each other.

    Attributes:
        story: The two as if they were one story.
        score: How far they say the same, in 0..1.
        evidence: Why they are taken for what they are.
    """

    story: Story
    score: float
    evidence: str


def group(
    selected: Sequence[Selected], views: Views, fixed: Mapping[int, str]
) -> tuple[list[Story], list[Alike]]:
    """Stories of two documents or more, and pairs of documents that are comparable at most.

    Args:
        selected: All documents, by language and content.
        views: The same as the encoders see them.
        fixed: Document → label of the story that the user put it in.
    """
    languages = [one.document.language for one in selected]
    ranked: list[Link] = []
    for encoder, members, encoded in views.groups():
        near = candidates(encoded, [languages[i] for i in members])
        mine = [(a, b) for a, b in near if views.encoder(members[a], members[b]) is encoder]
        for link in links(encoded, mine):
            link.left, link.right = members[link.left], members[link.right]
            ranked.append(link)
    ranked.sort(key=lambda link: (-link.score, link.left, link.right))
    groups = _grouped(len(selected), languages, ranked, fixed)
    names = _names(selected, groups)
    score = {(link.left, link.right): link.score for link in ranked}
    stories = [
        Story(name, tuple(members), match=_lowest(members, score, fixed))
        for name, members in zip(names, groups, strict=True)
        if len(members) > 1
    ]
    name_of = {i: name for name, members in zip(names, groups, strict=True) for i in members}
    filled = [views.any(i) for i in range(len(selected))]
    alike = [
        Alike(
            Story(f"{name_of[one.left]}~{name_of[one.right]}", (one.left, one.right)),
            one.score,
            one.evidence,
        )
        for one in comparable(filled, ranked, groups)
    ]
    return sorted(stories, key=lambda story: story.members), alike


def _names(selected: Sequence[Selected], groups: Sequence[Sequence[int]]) -> list[str]:
    """Names from content: as many digits of the first document's digest as tell them apart.

    Documents given twice have one digest; the later ones get a number.
    """
    keys = [selected[members[0]].document.key for members in groups]
    digits = ID_DIGITS
    while len({key[:digits] for key in keys}) < len(set(keys)):
        digits += 1
    seen: dict[str, int] = {}
    found = []
    for key in keys:
        name = key[:digits]
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return found


def _lowest(
    members: Sequence[int], score: Mapping[tuple[int, int], float], fixed: Mapping[int, str]
) -> float | None:
    if any(member in fixed for member in members):
        return None
    known = [
        score[one, two]
        for at, one in enumerate(members)
        for two in members[at + 1 :]
        if (one, two) in score
    ]
    return min(known, default=None)


class Link:
    """Two documents of different languages and how far one is a translation of the other."""

    def __init__(self, left: int, right: int, score: float, beads: Sequence[Bead]) -> None:
        self.left = left
        self.right = right
        self.score = score
        self.beads = tuple(beads)


class Comparison:
    """Two documents that report one event in part, and are no translations of each other.

    Attributes:
        left: The document whose language comes first.
        right: The other one.
        score: What ``Link`` gives the two, in 0..1; a translation has ``TRANSLATION`` or more.
        share: Share of the shorter document's paragraphs that align, in 0..1.
        beads: How they would align.
        evidence: The above in a sentence.
    """

    def __init__(self, link: Link, documents: Sequence[Embedded]) -> None:
        self.left, self.right = link.left, link.right
        self.score = link.score
        self.beads = link.beads
        sizes = len(documents[link.left]), len(documents[link.right])
        aligned = sum(len(b.left) for b in link.beads), sum(len(b.right) for b in link.beads)
        self.share = round(max(a / n for a, n in zip(aligned, sizes, strict=True)), 3)
        self.evidence = (
            f"{aligned[0]} of {sizes[0]} and {aligned[1]} of {sizes[1]} paragraphs are alike, but "
            f"not closely enough for a translation ({link.score:.2f}; {TRANSLATION:.2f} is asked)"
        )


def comparable(
    documents: Sequence[Embedded], ranked: Sequence[Link], groups: Sequence[Sequence[int]]
) -> list[Comparison]:
    """Pairs of documents on one event that are no translations of each other, best first.

    Args:
        documents: All documents.
        ranked: What ``links`` returned.
        groups: What ``_grouped`` returned for them; documents of one group are no such pair.
    """
    story = {i: number for number, group in enumerate(groups) for i in group}
    return [
        Comparison(link, documents)
        for link in ranked
        if story[link.left] != story[link.right]
        and ON_ONE_EVENT <= link.score < TRANSLATION
        and len(link.beads) >= FEWEST_PAIRS
    ]


def coverage(left: Embedded, right: Embedded, beads: Sequence[Bead]) -> float:
    """How far two documents say the same: share of the shorter one's text that is aligned.

    Each pair of runs counts with its confidence.
    """
    if not len(left) or not len(right):
        return 0.0
    one = sum(b.confidence * left.lengths[list(b.left)].sum() for b in beads)
    two = sum(b.confidence * right.lengths[list(b.right)].sum() for b in beads)
    return round(float(max(one / left.lengths.sum(), two / right.lengths.sum())), 4)


def candidates(documents: Sequence[Embedded], languages: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs worth aligning: for each document its nearest ones in each other language.

    Nearest as a whole first, which takes one product per language pair; of these the ones whose
    paragraphs have the nearest counterparts. So the number of pairs grows with that of documents.
    """
    by_language: dict[str, list[int]] = {}
    for index, language in enumerate(languages):
        by_language.setdefault(language, []).append(index)
    found: set[tuple[int, int]] = set()
    for one in by_language:
        for two in by_language:
            if one == two:
                continue
            left, right = by_language[one], by_language[two]
            centres = np.stack([documents[i].centre() for i in left])
            others = np.stack([documents[j].centre() for j in right])
            near = np.argsort(-np.round(centres @ others.T, 5), axis=1, kind="stable")
            for row, i in enumerate(left):
                some = [right[c] for c in near[row, :NEIGHBOURS].tolist()]
                some.sort(key=lambda j: (-closeness(documents[i], documents[j]), j))
                found.update((min(i, j), max(i, j)) for j in some[:NEAREST])
    return sorted(found)


def closeness(left: Embedded, right: Embedded) -> float:
    """Mean cosine of each paragraph of the shorter document with its nearest in the other."""
    near = likeness(left, right, left.vectors, right.vectors)
    if not near.size:
        return 0.0
    return float(near.max(axis=int(near.shape[0] <= near.shape[1])).mean())


def links(documents: Sequence[Embedded], pairs: Sequence[tuple[int, int]]) -> list[Link]:
    """Candidate pairs with their scores, best first.

    Where the paragraphs of a document are much like one another, as lines of menus are, it is
    doubtful which goes with which, and yet the documents are translations. So two that are
    comparable at first sight are judged by what has any counterpart, if their lengths go together.
    """
    found = []
    for i, j in pairs:
        left, right = documents[i], documents[j]
        beads = align(left, right, exact=False)
        score = coverage(left, right, beads)
        if ON_ONE_EVENT <= score < TRANSLATION:
            common = counterparts(left, right)
            if even(common):
                score = max(score, round(common.share, 4))
        found.append(Link(i, j, score, beads))
    return sorted(found, key=lambda link: (-link.score, link.left, link.right))


def even(common: Counterparts) -> bool:
    """Whether the lengths of what two documents have in common go together as translations do.

    Those of two reports on one event do not. Of few pairs more is asked: that they would go
    together even if they were by their standard error further apart.
    """
    error = SPREAD_OF_UNEVEN / np.sqrt(max(common.pairs, 1.0))
    return bool(common.uneven + error < UNEVEN)


def _grouped(
    count: int,
    languages: Sequence[str],
    ranked: Sequence[Link],
    fixed: Mapping[int, str],
) -> list[list[int]]:
    """Groups of documents that are translations of each other, at most one of each language.

    The strongest link first; a link joins two groups if they have no language in common.
    """
    group = {i: [i] for i in range(count)}
    by_label: dict[str, int] = {}
    for i, label in sorted(fixed.items()):
        if label in by_label:
            _merge(group, by_label[label], i)
        by_label.setdefault(label, i)
    for link in ranked:
        one, two = group[link.left], group[link.right]
        if link.score < TRANSLATION or one is two:
            continue
        if link.left in fixed or link.right in fixed:
            continue
        if {languages[i] for i in one} & {languages[j] for j in two}:
            continue
        _merge(group, link.left, link.right)
    found = {id(members): sorted(members) for members in group.values()}
    return sorted(found.values())


def _merge(group: dict[int, list[int]], one: int, two: int) -> None:
    members = group[one] + group[two]
    for member in members:
        group[member] = members


def segments_of(
    story: Story, selected: Sequence[Selected], views: Views, sentences: SentenceIndex | None = None
) -> list[AlignedSegment]:
    """The segments of a story in all its language pairs.

    Args:
        story: The story.
        selected: All documents.
        views: All documents as the encoders see them.
        sentences: What splits paragraphs; None where they stay whole.
    """
    pairs = [(a, b) for a in range(len(story.members)) for b in range(a + 1, len(story.members))]
    encoders = {(a, b): views.encoder(story.members[a], story.members[b]) for a, b in pairs}
    numbered = axis.number(_aligned(story, views, encoders, in_part=sentences is not None))
    if sentences is not None:
        return sentence_segments(story, numbered, sentences, encoders)
    found = []
    for (a, b), beads in numbered.items():
        left, right = story.members[a], story.members[b]
        one, two = selected[left], selected[right]
        for bead, numbers in beads.items():
            found.append(
                AlignedSegment(
                    story=story.name,
                    numbers=tuple((number, 0) for number in numbers),
                    left=left,
                    right=right,
                    left_places=tuple((one.kept[i], -1) for i in bead.left),
                    right_places=tuple((two.kept[j], -1) for j in bead.right),
                    source=join((one.texts[i] for i in bead.left), one.document.language),
                    target=join((two.texts[j] for j in bead.right), two.document.language),
                    confidence=bead.confidence,
                )
            )
    return found


def _aligned(
    story: Story, views: Views, encoders: Mapping[Pair, SentenceEncoder], *, in_part: bool
) -> dict[Pair, list[Bead]]:
    """Every two documents aligned; those that the main encoder serves bear witness to each other.

    What the other one sees says nothing against what a model of meaning has found.
    """
    seen = {(a, b): views.of(story.members[a], story.members[b]) for a, b in encoders}
    mine = {pair: seen[pair] for pair, used in encoders.items() if used is views.main}
    found = align_story(mine, in_part=in_part) if mine else {}
    for pair in encoders:
        if pair not in mine:
            found |= align_story({pair: seen[pair]}, in_part=in_part)
    return axis.distinct({pair: found[pair] for pair in encoders})
