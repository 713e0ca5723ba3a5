"""What a test set is, in numbers: how much text, from where, in which documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from mtbench.types import Record, TestSet
from mtbench.types.findings import TestLimits


class Lengths(Record):
    """How long the texts of one side are.

    Attributes:
        characters: All together.
        words: All together; what stands between spaces, so of little use for Chinese or Thai.
        shortest, median, longest: Characters of one text.
    """

    characters: int
    words: int
    shortest: int
    median: float
    longest: int


class Alignment(Record):
    """How sure it is that sources and references belong together.

    Attributes:
        segments: How many say.
        lowest, median: Confidence, 0 to 1.
    """

    segments: int
    lowest: float
    median: float


class CorpusFacts(Record):
    """What ``corpus show`` shows of a test set.

    Attributes:
        test_set: ``CORPUS/SRC-TGT``.
        source, target: Language tags.
        reversed: Whether the file was written for the other direction.
        segments: How many.
        references: Number of references → number of segments that have so many.
        reference_names: Their names.
        source_lengths: Of the sources.
        reference_lengths: Of the references, where there are any.
        documents: How many; 0 where none are named.
        longest_document: Segments of the longest one.
        domains: Domain → segments; those without one under ``""``.
        original_languages: Language first written in → segments; likewise.
        origins: How references came to be → segments; likewise.
        alignment: Confidence, where the corpus was aligned from raw documents.
        extra_keys: Keys of lines that mtbench does not know → segments that have them.
        unit: What a significance test on it resamples.
        units: How many of those there are.
        smallest_p: The smallest two-sided p-value a test on it can reach, 2 / 2ⁿ.
        separable_systems: The most systems that could all be told apart at 5 % after Holm's
            correction over their pairs; None where the number of units sets no limit.
        reliable: Whether intervals on it can be relied on (30 units or more).
        digest: Of pair, sources and references.
    """

    test_set: str
    source: str
    target: str
    reversed: bool
    segments: int
    references: dict[int, int]
    reference_names: tuple[str, ...]
    source_lengths: Lengths
    reference_lengths: Lengths | None
    documents: int
    longest_document: int
    domains: dict[str, int]
    original_languages: dict[str, int]
    origins: dict[str, int]
    alignment: Alignment | None
    extra_keys: dict[str, int]
    unit: str
    units: int
    smallest_p: float
    separable_systems: int | None
    reliable: bool
    digest: str


def describe(test_set: TestSet, limits: TestLimits) -> CorpusFacts:
    """The facts of a test set.

    Args:
        test_set: At least one segment.
        limits: What a significance test on it can show, from ``significance.test_limits``.
    """
    references = [text for texts in test_set.references for text in texts]
    documents = Counter(document for document in test_set.documents if document is not None)
    names = test_set.reference_names
    if not names and test_set.card is not None and not test_set.reversed:
        names = test_set.card.reference_names
    extra = Counter(key for keys in test_set.extras.values() for key in keys)
    return CorpusFacts(
        test_set=test_set.name,
        source=test_set.pair.source,
        target=test_set.pair.target,
        reversed=test_set.reversed,
        segments=len(test_set),
        references=dict(sorted(Counter(len(texts) for texts in test_set.references).items())),
        reference_names=names,
        source_lengths=_lengths([source.text for source in test_set.sources]),
        reference_lengths=_lengths(references) if references else None,
        documents=len(documents),
        longest_document=max(documents.values(), default=0),
        domains=_counted(test_set.domains),
        original_languages=_counted(test_set.original_languages),
        origins=_counted(test_set.origins),
        alignment=_alignment(test_set.alignments),
        extra_keys=dict(sorted(extra.items())),
        unit=limits.unit,
        units=limits.units,
        smallest_p=limits.smallest_p,
        separable_systems=limits.separable_systems,
        reliable=limits.reliable,
        digest=test_set.digest(),
    )


def _lengths(texts: Sequence[str]) -> Lengths:
    sizes = np.fromiter((len(text) for text in texts), dtype=np.int64, count=len(texts))
    return Lengths(
        characters=int(sizes.sum()),
        words=sum(len(text.split()) for text in texts),
        shortest=int(sizes.min()),
        median=float(np.median(sizes)),
        longest=int(sizes.max()),
    )


def _counted(values: Iterable[str | None]) -> dict[str, int]:
    found = Counter(value or "" for value in values)
    if set(found) == {""}:
        return {}
    return dict(sorted(found.items()))


def _alignment(values: Sequence[float | None]) -> Alignment | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    return Alignment(segments=len(known), lowest=min(known), median=float(np.median(known)))
