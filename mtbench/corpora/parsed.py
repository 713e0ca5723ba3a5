"""Test sets of corpus files that have not changed since they were parsed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mtbench.config import read_corpus_card
from mtbench.corpora import load as corpora
from mtbench.corpora.load import PairFile
from mtbench.files.columns import few, shared
from mtbench.files.parsed import Memory, Parsed
from mtbench.types import Constraints, CorpusCard, SourceColumn, TestSet
from mtbench.types.corpora import tell_digests

_LABELS = ("domains", "original_languages", "origins", "alignments")


def load(
    file: PairFile,
    memory: Memory,
    *,
    reference: str | None = None,
    told: Callable[[int], object] = lambda count: None,
) -> TestSet:
    """As ``load.load``; of a large file that is as it was, without reading it.

    Args:
        file: The file and direction.
        memory: What was parsed before.
        reference: Name of the one reference to use, of several.
        told: Now and then, how many segments more were read.

    Raises:
        DataError, UnknownName: As ``load.load``.
    """
    card = read_corpus_card(file.path.parent)
    says = card.model_dump(mode="json") if card else None
    kind = ["test set", str(file.pair), file.reversed, reference]
    looked = memory.look(file.path, kind, says, {"references": tuple})
    if looked.found is not None:
        return _test_set(file, card, looked.found)
    made = corpora.load(file, reference=reference, told=told)
    if isinstance(made.sources, SourceColumn) and not few(len(made)):
        contexts, instructions = made.sources.beside
        texts = {"texts": made.sources.texts, "contexts": contexts, "instructions": instructions}
        held: dict[str, Any] = {"ids": made.ids, "documents": made.documents}
        held |= {name: getattr(made, name) for name in _LABELS}
        looked.keep(
            {**texts, "references": made.references, **held},
            {
                "reference_names": made.reference_names,
                "taken_off": made.taken_off,
                "extras": made.extras,
                "constraints": {
                    name: one.model_dump(mode="json") for name, one in made.constraints.items()
                },
                "sources": made.sources_digest(),
                "references": made.references_digest(),
            },
        )
    return made


def _test_set(file: PairFile, card: CorpusCard | None, parsed: Parsed) -> TestSet:
    columns, facts = parsed
    alike: dict[Any, Any] = {}  # a label is held once

    def held(name: str) -> tuple[Any, ...]:
        return tuple(alike.setdefault(value, value) for value in columns[name])

    sources = SourceColumn(
        shared(columns["ids"]),
        columns["texts"],
        shared(held("documents")),
        columns["contexts"],
        columns["instructions"],
    )
    made = TestSet(
        corpus=file.path.parent.resolve().name,
        pair=file.pair,
        sources=sources,
        references=columns["references"],
        reference_names=tuple(facts["reference_names"]),
        constraints={
            name: Constraints.model_validate(one) for name, one in facts["constraints"].items()
        },
        extras=facts["extras"],
        reversed=file.reversed,
        card=card,
        taken_off=tuple(facts["taken_off"]),
        **{name: held(name) for name in _LABELS},
    )
    tell_digests(made, facts["sources"], facts["references"])
    return made
