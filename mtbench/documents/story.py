"""One story: its documents aligned pair by pair, its segments numbered once for all pairs."""

from __future__ import annotations

from collections.abc import Sequence

from mtbench.documents import axis
from mtbench.documents.encoders import Views
from mtbench.documents.finer import Sentences, sentence_segments
from mtbench.documents.scoring import align_story
from mtbench.documents.segments import Segment, Story, join
from mtbench.documents.sift import Sifted


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
    aligned = align_story({(a, b): views.of(story.members[a], story.members[b]) for a, b in pairs})
    numbered = axis.number(aligned)
    if sentences is not None:
        encoders = {(a, b): views.encoder(story.members[a], story.members[b]) for a, b in pairs}
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
