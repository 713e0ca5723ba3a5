"""One story: its documents aligned pair by pair, its segments numbered once for all pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mtbench.documents import axis
from mtbench.documents.encoders import Views
from mtbench.documents.finer import Sentences, sentence_segments
from mtbench.documents.records import Bead
from mtbench.documents.scoring import align_story
from mtbench.documents.segments import Segment, Story, join
from mtbench.documents.select import Sifted
from mtbench.encoders.packaged import SentenceEncoder

Pair = tuple[int, int]


def segments_of(
    story: Story, sifted: Sequence[Sifted], views: Views, sentences: Sentences | None = None
) -> list[Segment]:
    """The segments of a story in all its language pairs.

    Args:
        story: The story.
        sifted: All documents.
        views: All documents as the encoders see them.
        sentences: What splits paragraphs; None where they stay whole.
    """
    pairs = [(a, b) for a in range(len(story.members)) for b in range(a + 1, len(story.members))]
    encoders = {(a, b): views.encoder(story.members[a], story.members[b]) for a, b in pairs}
    numbered = axis.number(_aligned(story, views, encoders))
    if sentences is not None:
        return sentence_segments(story, numbered, sentences, encoders)
    found = []
    for (a, b), beads in numbered.items():
        left, right = story.members[a], story.members[b]
        one, two = sifted[left], sifted[right]
        for bead, numbers in beads.items():
            found.append(
                Segment(
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
    story: Story, views: Views, encoders: Mapping[Pair, SentenceEncoder]
) -> dict[Pair, list[Bead]]:
    """Every two documents aligned; those that the main encoder serves bear witness to each other.

    What the other one sees says nothing against what a model of meaning has found.
    """
    seen = {(a, b): views.of(story.members[a], story.members[b]) for a, b in encoders}
    mine = {pair: seen[pair] for pair, used in encoders.items() if used is views.main}
    found = align_story(mine) if mine else {}
    for pair in encoders:
        if pair not in mine:
            found |= align_story({pair: seen[pair]})
    return {pair: found[pair] for pair in encoders}
