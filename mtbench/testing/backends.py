"""The contract of back ends, as checks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import get_args

from mtbench.errors import SegmentError
from mtbench.plugins import Backend
from mtbench.seams import Batching
from mtbench.servers.patience import persistent
from mtbench.testing.contract import ContractBroken, require, require_json
from mtbench.types import Source, Translation

PLAIN_TEXTS = (
    "The house is big.",
    "Where is the station?",
    "He bought 15 books in 2019.",
    "The house is big.",
)
"""Texts every system must translate; one of them twice."""

ODD_TEXTS = (
    "First line.\nSecond line.",
    "  two  spaces,\ttab ",
    "😀 👩‍👩‍👧",
    "“Quoted” – see https://example.org/a?b=c&d=%20#e or <b>x</b> {y} [z] $1 ^2 \\n / @ * # ~ |",
    "?!",
    "a",
    "東京 é e\u0301 ﬁ \u00a0 \u2028 \u200b",
)
"""Texts a system must either answer or refuse with a ``SegmentError``, and survive."""

_Answers = dict[str, str | None]


def check_backend(
    make: Callable[[], Backend],
    *,
    sources: Sequence[Source] | None = None,
    plain: int | None = None,
) -> None:
    """Holds a back end against its contract; it must be able to run here.

    Lengths and order, what it declares of itself (determinism, whether batches matter), repeated,
    odd and multi-line texts, being entered and left, and that what it says of itself can be kept
    in a file. It is never given a reference: ``Source`` has no room for one.

    Args:
        make: Makes the back end; called several times.
        sources: What to translate, for a system that only knows certain segments; by default
            ``PLAIN_TEXTS`` and ``ODD_TEXTS``, a document each.
        plain: How many of the sources, from the first, must have an answer; by default all that
            were given, or the ``PLAIN_TEXTS``.

    Raises:
        ContractBroken: With what was asked and what came.
        MtbenchError: Whatever the back end itself raises beyond the contract.

    Example:
        >>> from mtbench.testing import scripted
        >>> check_backend(scripted)
    """
    if sources is None:
        sources = _sources()
        plain = len(PLAIN_TEXTS) if plain is None else plain
    sources = list(sources)
    required = sources[: len(sources) if plain is None else plain]
    _check_declarations(make)
    alone = [[source] for source in sources]
    whole = alone if make().batching == "single" else _documents(sources)
    first = _run(make, sources, whole)
    for source in required:
        require(
            first[source.id] is not None,
            f"segment {source.id} has no answer: {source.text!r}",
        )
    if not make().deterministic:
        return
    _same(first, _run(make, sources, whole), "the same batch in a run of its own")
    if make().batching != "free":
        return
    _same(first, _run(make, sources, [sources[::-1]]), "the same segments in reverse order")
    _same(first, _run(make, sources, alone), "each segment in a batch of its own")


def _sources() -> list[Source]:
    return [
        Source(id=f"{document}-{number}", text=text, document=document)
        for document, texts in (("plain", PLAIN_TEXTS), ("odd", ODD_TEXTS))
        for number, text in enumerate(texts, start=1)
    ]


def _documents(sources: Sequence[Source]) -> list[list[Source]]:
    return [list(group) for _, group in groupby(sources, key=lambda source: source.document)]


def _check_declarations(make: Callable[[], Backend]) -> None:
    one, two = make(), make()
    require(one is not two, "making a back end twice gives one object")
    require(
        one.batching in get_args(Batching),
        f"batching cannot be {one.batching!r}",
    )
    require(one.max_concurrency >= 1, "max_concurrency is below 1")
    require(one.preferred_batch >= 1, "preferred_batch is below 1")
    require(type(one).serves(one.options, one.pair), f"it does not say that it serves {one.pair}")
    for tag in type(one).via(one.options):
        require(isinstance(tag, str), f"via names {tag!r}, not a language tag")
    for backend in (one, two):
        backend.check()
        require_json(backend.identity(), "identity()")
    require(one.identity() == two.identity(), "two equal back ends have different identities")


def _run(
    make: Callable[[], Backend], sources: Sequence[Source], batches: Sequence[Sequence[Source]]
) -> _Answers:
    """Drives a back end as the translation stage does."""
    backend = make()
    backend.check()
    backend.sources(sources)
    answers: _Answers = {}
    with backend as entered:
        require(entered is backend, "entering a back end gives another object")
        require_json(backend.provenance(), "provenance()")
        backend.plan([source for batch in batches for source in batch])
        for batch in batches:
            answers.update(_answers(backend, batch))
        for name, amount in backend.usage().items():
            require(math.isfinite(amount), f"usage() says {amount} of {name!r}")
    for note in backend.notes():
        require(isinstance(note, str) and note != "", f"notes() holds {note!r}")
    return answers


def _answers(backend: Backend, batch: Sequence[Source]) -> _Answers:
    """Segment id → answer, or None where it was refused."""
    try:
        found = persistent(backend.translate, batch)
    except SegmentError:
        if len(batch) == 1 or backend.batching == "document":
            return dict.fromkeys((source.id for source in batch), None)
        return {name: text for s in batch for name, text in _answers(backend, [s]).items()}
    require(len(found) == len(batch), f"{len(found)} answers for a batch of {len(batch)} segments")
    return {source.id: _text(answer, source) for source, answer in zip(batch, found, strict=True)}


def _text(answer: str | Translation | SegmentError, source: Source) -> str | None:
    if isinstance(answer, SegmentError):
        return None
    if isinstance(answer, Translation):
        require_json(answer.kept, f"what is kept of segment {source.id}")
        answer = answer.text
    require(isinstance(answer, str), f"segment {source.id} is answered by {answer!r}, not a text")
    try:
        answer.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ContractBroken(f"the answer to segment {source.id} is not valid Unicode") from error
    return answer


def _same(first: _Answers, other: _Answers, what: str) -> None:
    for name, text in first.items():
        require(
            other[name] == text,
            f"segment {name} came out differently: {text!r}, and {other[name]!r} with {what}",
        )
