"""Test set + back end → hypotheses: batches and their order, once for every back end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import islice, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mtbench.errors import BackendError, SegmentError
from mtbench.files.digests import canonical_json
from mtbench.plugins import Backend
from mtbench.stages import items
from mtbench.types import (
    WHOLE_DOCUMENT,
    Finished,
    Hypothesis,
    Json,
    Runtime,
    Source,
    SourceWriter,
    Translation,
    ids_of,
)

STRETCH = 20_000  # segments of which those of like length stand together
CHARACTERS_A_SEGMENT = 400  # with the batch size, the budget of a batch padded to its longest


Keep = Callable[[Sequence[Finished]], None]


class Batch(NamedTuple):
    """Sources given to a back end at once, and the ids each of them stands for."""

    sources: tuple[Source, ...]
    ids: tuple[tuple[str, ...], ...]

    @property
    def size(self) -> int:
        """Segments it stands for."""
        return sum(map(len, self.ids))


def batching(backend: Backend, runtime: Runtime, sources: Sequence[Source]) -> str:
    """How batches are fixed: ``free`` where they do not matter, else part of what was run."""
    if backend.batching != "document":
        return backend.batching
    if backend.unit == "document" or any(source.document is not None for source in sources):
        return "document"  # where there is none, a segment is one: blocks would tell of one story
    if backend.by_id:
        return "single"
    return f"block:{runtime.batch_size or backend.preferred_batch}"


class Batches(Collection[Batch]):
    """Batches that are made while they are gone through, as often as that is.

    Args:
        make: Begins with the first one.

    Example:
        >>> some = Batches(lambda: iter([Batch((), ())]))
        >>> len(some), list(some) == list(some)
        (1, True)
    """

    def __init__(self, make: Callable[[], Iterator[Batch]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator[Batch]:
        return self._make()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    def __contains__(self, batch: object) -> bool:
        return any(one == batch for one in self)

    def sources(self) -> Sequence[Source]:
        """What will be asked for, in order; of very many, texts lie on disk."""
        writer = SourceWriter()
        for batch in self:
            for source in batch.sources:
                writer.add(source)
        return writer.sources()


def plan(
    sources: Sequence[Source], backend: Backend, runtime: Runtime, finished: Container[str]
) -> Batches:
    """The batches that are still to do.

    Equal sources (with equal context and instruction) are translated once where neither batches
    nor ids matter to the output. Where batches do not matter, they hold sources of like length,
    longest first; of very many, some thousands at a time. Where they do, they are the documents
    (or blocks) of the whole test set, in order, so that an interrupted run continues with the same
    ones.

    Args:
        sources: The whole test set.
        backend: What will translate.
        runtime: Its batch size counts where given.
        finished: Ids that are done.
    """
    size = runtime.batch_size or backend.preferred_batch
    how = batching(backend, runtime, sources)
    if how in ("free", "single"):
        alike = _Alike(sources, finished, by_id=backend.by_id)
        if how == "free":
            return Batches(lambda: _by_length(alike, size))
        return Batches(lambda: (_batch([group]) for group in alike.groups()))
    # What is finished while it is gone through changes no batch: a batch is begun or it is not.
    done = np.fromiter((name in finished for name in ids_of(sources)), np.bool_, len(sources))
    return Batches(lambda: _together(sources, how, size, done))


def _together(
    sources: Sequence[Source], how: str, size: int, done: NDArray[np.bool_]
) -> Iterator[Batch]:
    """The documents or blocks that are not wholly done."""
    groups: Iterable[Sequence[Source]] = [sources]
    if how != "whole":
        groups = documents(sources) if how == "document" else items.blocks(sources, size)
    start = 0
    for group in groups:
        stop = start + len(group)
        if not done[start:stop].all():
            yield Batch(tuple(group), tuple((source.id,) for source in group))
        start = stop


def asked_once(sources: Sequence[Source], backend: Backend, runtime: Runtime) -> int:
    """Segments that a back end is asked for where nothing is finished: equal ones may be one."""
    if backend.by_id or batching(backend, runtime, sources) not in ("free", "single"):
        return len(sources)
    return len(_Alike(sources, (), by_id=False))


class _Alike:
    """What is still to do, equal sources together, in the order of the first of each.

    Args:
        sources: The whole test set.
        finished: Ids that are done.
        by_id: Whether sources of two ids are never equal.
    """

    def __init__(self, sources: Sequence[Source], finished: Container[str], *, by_id: bool) -> None:
        self._sources, self._ids = sources, ids_of(sources)
        to_do = (at for at, name in enumerate(self._ids) if name not in finished)
        self._members = np.fromiter(to_do, np.int64)
        self._starts = np.arange(len(self._members))
        if not by_id:
            self._join()

    def _join(self) -> None:
        """Equal sources stand together, in the order of the first of each; by their digests."""
        wanted = np.zeros(len(self._ids), dtype=np.bool_)
        wanted[self._members] = True
        joined = b"".join(
            _digest(source)
            for source, one in zip(self._sources, wanted, strict=True) if one
        )  # fmt: skip
        keys = np.frombuffer(joined, dtype="<u8").reshape(-1, 2)
        order = np.lexsort((keys[:, 1], keys[:, 0]))  # equal ones stay in their order
        ordered = keys[order]
        new = np.ones(len(order), dtype=np.bool_)
        new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
        group = np.cumsum(new) - 1
        first = order[new]  # of each group
        ranked = np.argsort(first[group], kind="stable")
        self._members = self._members[order[ranked]]
        self._starts = np.flatnonzero(new[ranked])

    def __len__(self) -> int:
        return len(self._starts)

    def groups(self) -> Iterator[tuple[Source, tuple[str, ...]]]:
        """The first source of each group, and the ids of all of them."""
        edges = [*self._starts.tolist(), len(self._members)]
        for start, stop in pairwise(edges):
            members = self._members[start:stop].tolist()
            yield self._sources[members[0]], tuple(self._ids[at] for at in members)


def _digest(source: Source) -> bytes:
    same = canonical_json([source.text, source.context, source.instruction])
    return blake2b(same.encode("utf-8", "surrogatepass"), digest_size=16).digest()


_Group = tuple[Source, tuple[str, ...]]


def _by_length(alike: _Alike, size: int) -> Iterator[Batch]:
    groups = alike.groups()
    while some := list(islice(groups, STRETCH)):
        some.sort(key=lambda group: (-len(group[0].text), group[0].text, group[0].id))
        batch: list[_Group] = []
        for group in some:
            longest = len(batch[0][0].text) if batch else 0
            full = len(batch) == size
            if full or (batch and longest * (len(batch) + 1) > size * CHARACTERS_A_SEGMENT):
                yield _batch(batch)
                batch = []
            batch.append(group)
        if batch:
            yield _batch(batch)


def _batch(groups: Sequence[_Group]) -> Batch:
    return Batch(tuple(source for source, _ in groups), tuple(ids for _, ids in groups))


def documents(sources: Sequence[Source]) -> Iterator[list[Source]]:
    """Sources by document, in order; one without a document is a document of its own.

    Example:
        >>> found = documents([Source(id="1", text="", document="a"), Source(id="2", text="")])
        >>> [[source.id for source in group] for group in found]
        [['1'], ['2']]
    """
    group: list[Source] = []
    for source in sources:
        if group and (source.document is None or source.document != group[-1].document):
            yield group
            group = []
        group.append(source)
    if group:
        yield group


def translate(
    batches: Iterable[Batch],
    backend: Backend,
    keep: Keep,
    *,
    sleep: Callable[[float], object] | None = None,
) -> None:
    """Drives an entered back end over batches, as ``items.work`` does.

    Args:
        batches: From ``plan``.
        backend: Entered.
        keep: Called with each finished batch, in this thread.
        sleep: Waits between attempts; by default a wait that an interruption ends.

    Raises:
        BackendError: If the system as a whole failed; what was kept stays kept.
    """

    def ask(sources: Sequence[Source]) -> list[Translation | SegmentError]:
        return _checked(_for_each(backend, backend.translate(sources), sources), sources)

    # A document is translated as one or not at all: alone, its segments would differ.
    together = backend.batching in ("document", "whole") and not backend.by_id
    respondent = items.Respondent(
        ask, concurrency=backend.max_concurrency, together=together, patience=backend.patience
    )
    items.work(
        batches, respondent, lambda done: keep([f for d in done for f in _finished(d)]), sleep=sleep
    )


def _finished(done: items.Done[Translation]) -> list[Finished]:
    if done.answer is None:
        return [Finished(Hypothesis(id=name, failure=done.failure), {}) for name in done.ids]
    text, kept = done.answer.text, done.answer.kept
    return [Finished(Hypothesis(id=name, text=text), kept) for name in done.ids]


def _for_each(
    backend: Backend, answers: Sequence[str | Translation | SegmentError], sources: Sequence[Source]
) -> Sequence[str | Translation | SegmentError]:
    """A document in another number of paragraphs, where such are laid on the segments later.

    The whole text goes with the first segment.
    """
    if not backend.realigns or backend.unit != "document" or len(answers) == len(sources):
        return answers
    if any(isinstance(one, SegmentError) for one in answers):
        return answers
    texts = [one.text if isinstance(one, Translation) else str(one) for one in answers]
    kept: dict[str, Json] = {}
    for one in answers:
        kept |= one.kept if isinstance(one, Translation) else {}
    whole = "\n\n".join(texts)
    first = Translation(text=whole, kept={**kept, WHOLE_DOCUMENT: whole})
    return [first, *(Translation(text="") for _ in sources[1:])]


def _checked(
    answers: Sequence[str | Translation | SegmentError], sources: Sequence[Source]
) -> list[Translation | SegmentError]:
    if len(answers) != len(sources):
        raise BackendError(
            f"the system gave {len(answers)} translations for {len(sources)} segments "
            f"({sources[0].id} … {sources[-1].id})"
        )
    return [checked(answer, one.id) for answer, one in zip(answers, sources, strict=True)]


def checked(answer: str | Translation | SegmentError, name: str) -> Translation | SegmentError:
    """An answer that our files can hold, or why it is none.

    Args:
        answer: Of a back end.
        name: Id of the segment.

    Raises:
        BackendError: If it is no answer at all.
    """
    if isinstance(answer, SegmentError):
        return answer
    if not isinstance(answer, str | Translation):
        raise BackendError(f"the system gave no text for segment {name!r}: {answer!r}")
    translation = Translation(text=answer) if isinstance(answer, str) else answer
    try:
        translation.text.encode("utf-8")
        if translation.kept:
            canonical_json(translation.kept).encode("utf-8")
    except UnicodeEncodeError:
        return SegmentError(f"the translation of {name!r} is not valid Unicode")
    except (TypeError, ValueError) as error:
        raise BackendError(
            f"the system kept something of segment {name!r} that is not JSON: {error}"
        ) from error
    return translation
