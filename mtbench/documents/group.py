"""Documents put together into stories, by what they say or by what the user said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mtbench.documents import match
from mtbench.documents.encoders import Views
from mtbench.documents.segments import Story
from mtbench.documents.select import Sifted

ID_DIGITS = 4


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
    sifted: Sequence[Sifted], views: Views, fixed: Mapping[int, str]
) -> tuple[list[Story], list[Alike]]:
    """Stories of two documents or more, and pairs of documents that are comparable at most.

    Args:
        sifted: All documents, by language and content.
        views: The same as the encoders see them.
        fixed: Document → label of the story that the user put it in.
    """
    languages = [one.document.language for one in sifted]
    ranked: list[match.Link] = []
    for encoder, members, encoded in views.groups():
        near = match.candidates(encoded, [languages[i] for i in members])
        mine = [(a, b) for a, b in near if views.encoder(members[a], members[b]) is encoder]
        for link in match.links(encoded, mine):
            link.left, link.right = members[link.left], members[link.right]
            ranked.append(link)
    ranked.sort(key=lambda link: (-link.score, link.left, link.right))
    groups = match.stories(len(sifted), languages, ranked, fixed)
    names = _names(sifted, groups)
    score = {(link.left, link.right): link.score for link in ranked}
    stories = [
        Story(name, tuple(members), match=_lowest(members, score, fixed))
        for name, members in zip(names, groups, strict=True)
        if len(members) > 1
    ]
    name_of = {i: name for name, members in zip(names, groups, strict=True) for i in members}
    filled = [views.any(i) for i in range(len(sifted))]
    alike = [
        Alike(
            Story(f"{name_of[one.left]}~{name_of[one.right]}", (one.left, one.right)),
            one.score,
            one.evidence,
        )
        for one in match.comparable(filled, ranked, groups)
    ]
    return sorted(stories, key=lambda story: story.members), alike


def _names(sifted: Sequence[Sifted], groups: Sequence[Sequence[int]]) -> list[str]:
    """Names from content: as many digits of the first document's digest as tell them apart.

    Documents given twice have one digest; the later ones get a number.
    """
    keys = [sifted[members[0]].document.key for members in groups]
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
