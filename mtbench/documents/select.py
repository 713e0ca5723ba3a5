"""Which paragraphs of each document the aligner sees, and why not the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from mtbench.documents.boilerplate import line_key, recurring
from mtbench.documents.records import Document, Reason

SAME_TEXT = 0.8
FEW = 3


@dataclass(frozen=True)
class Selected:
    """What is left of a document.

    Attributes:
        document: The document.
        kept: Positions of the paragraphs that the aligner sees.
        dropped: Position → why the aligner does not see it.
        version_of: Index of an earlier document that holds nearly the same text.
    """

    document: Document
    kept: tuple[int, ...]
    dropped: dict[int, Reason] = field(default_factory=dict)
    version_of: int | None = None

    @property
    def texts(self) -> list[str]:
        """The paragraphs that the aligner sees."""
        return [self.document.paragraphs[i] for i in self.kept]


def select(documents: Sequence[Document]) -> list[Selected]:
    """Takes out boilerplate, lines without words, and documents that are there already.

    A line that stands in two documents of a language is boilerplate, unless the two are versions
    of one text: then every line would be.
    """
    version_of = versions(documents)
    singles = [d for i, d in enumerate(documents) if i not in version_of]
    common = recurring([d.paragraphs for d in singles], [d.language for d in singles])
    found = []
    for index, document in enumerate(documents):
        dropped: dict[int, Reason] = {}
        original = version_of.get(index)
        copied = original is not None and documents[original].key == document.key
        for position, paragraph in enumerate(document.paragraphs):
            key = line_key(paragraph)
            if copied:
                dropped[position] = "duplicate"
            elif not key:
                dropped[position] = "no words"
            elif (document.language, key) in common:
                dropped[position] = "boilerplate"
        kept = tuple(i for i in range(len(document.paragraphs)) if i not in dropped)
        found.append(Selected(document, kept, dropped, original))
    return found


def versions(documents: Sequence[Document]) -> dict[int, int]:
    """Documents that are versions of an earlier one of their language: later → earlier.

    Two documents are if most of the shorter one's text stands in the other and in few besides;
    what stands in many is boilerplate.
    """
    where: dict[tuple[str, str], set[int]] = defaultdict(set)
    sizes = [0] * len(documents)
    for index, document in enumerate(documents):
        for key in {line_key(p) for p in document.paragraphs} - {""}:
            where[document.language, key].add(index)
            sizes[index] += len(key)
    shared: dict[tuple[int, int], int] = defaultdict(int)
    for (_, key), places in where.items():
        ordered = sorted(places)
        if 1 < len(ordered) <= FEW:
            for at, one in enumerate(ordered):
                for two in ordered[at + 1 :]:
                    shared[one, two] += len(key)
    found: dict[int, int] = {}
    for one, two in sorted(shared):
        if shared[one, two] >= SAME_TEXT * min(sizes[one], sizes[two]):
            found.setdefault(two, found.get(one, one))
    first: dict[str, int] = {}
    for index, document in enumerate(documents):  # the same document, however many hold it
        same = first.setdefault(document.key, index)
        if same != index:
            found[index] = found.get(same, same)
    return found
