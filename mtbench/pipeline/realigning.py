"""Translations of whole documents → a hypothesis for each segment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mtbench.documents.realign import VERSION, Rarity, expected_ratio, realign
from mtbench.errors import RequestError
from mtbench.stages import translation as translating
from mtbench.types import Additions, Finished, Hypothesis, Json, Realignment, TestSet


class Laid(NamedTuple):
    """What whole documents come to.

    Attributes:
        hypotheses: One per segment, in order.
        kept: Segment id → what is kept beside it, additions among it.
        record: What came of it; None where nothing was laid.
    """

    hypotheses: tuple[Hypothesis, ...]
    kept: dict[str, dict[str, Json]]
    record: Realignment | None


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
        finished: Segment id → what the back end said: a document's text with its first segment.
        additions: What becomes of text that is no segment's translation.
    """
    references = [references[0] for references in test_set.references]
    sources = [source.text for source in test_set.sources]
    rarity, ratio = Rarity(references), expected_ratio(sources, references)
    hypotheses: list[Hypothesis] = []
    kept = {name: dict(one.kept) for name, one in finished.items() if one.kept}
    omitted = added = repeated = 0
    characters = [0, 0]  # of all, and of additions
    documents = list(translating.documents(test_set.sources))
    place = {source.id: at for at, source in enumerate(test_set.sources)}
    for document in documents:
        ids = [source.id for source in document]
        positions = [place[name] for name in ids]
        first = finished[ids[0]].hypothesis
        if first.text is None:
            hypotheses += [Hypothesis(id=name, failure=first.failure) for name in ids]
            continue
        found = realign(
            first.text,
            [sources[at] for at in positions],
            [references[at] for at in positions],
            rarity,
            ratio,
        )
        texts = list(found.texts)
        omitted += sum(not text for text in texts)
        added += len(found.additions)
        repeated += found.repeated
        characters[0] += len(first.text)
        for before, text in found.additions:
            characters[1] += len(text)
            at = max(before, 0)
            kept.setdefault(ids[at], {}).setdefault("additions", []).append(text)
            if additions == "keep":
                parts = (texts[at], text) if before >= 0 else (text, texts[at])
                texts[at] = " ".join(filter(None, parts))
        hypotheses += [
            Hypothesis(id=name, text=text) for name, text in zip(ids, texts, strict=True)
        ]
    record = Realignment(
        version=VERSION,
        references_digest=test_set.references_digest(),
        documents=len(documents),
        omitted=omitted,
        added=added,
        repeated=repeated,
        share_added=round(characters[1] / max(1, characters[0]), 6),
        additions=additions,
    )
    return Laid(tuple(hypotheses), kept, record)


def sentence(record: Realignment) -> str:
    """What a reader must know of a system's realigned documents."""
    became = "stay with the segment before them" if record.additions == "keep" else "are left out"
    return (
        f"{record.documents} whole documents were laid on the segments: {record.omitted} segments "
        f"have nothing in them, {record.added} passages ({record.share_added:.1%} of the text) are "
        f"no segment's translation, {record.repeated} of them repetitions; they {became}"
    )
