"""Test set + back end → hypotheses: batches and their order, once for every back end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from mtbench.errors import BackendError, SegmentError
from mtbench.files.digests import canonical_json
from mtbench.plugins import Backend
from mtbench.stages import items
from mtbench.types import WHOLE_DOCUMENT, Finished, Hypothesis, Json, Runtime, Source, Translation

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


def plan(
    sources: Sequence[Source], backend: Backend, runtime: Runtime, finished: frozenset[str]
) -> list[Batch]:
    """The batches that are still to do.

    Equal sources (with equal context and instruction) are translated once where neither batches
    nor ids matter to the output. Where batches do not matter, they hold sources of like length,
    longest first. Where they do, they are the documents (or blocks) of the whole test set, in
    order, so that an interrupted run continues with the same ones.

    Args:
        sources: The whole test set.
        backend: What will translate.
        runtime: Its batch size counts where given.
        finished: Ids that are done.
    """
    size = runtime.batch_size or backend.preferred_batch
    how = batching(backend, runtime, sources)
    if how == "free":
        return list(_by_length(sources, finished, size, by_id=backend.by_id))
    if how == "single":
        return [_batch([group]) for group in _alike(sources, finished, by_id=backend.by_id)]
    if how == "whole":
        groups: Iterable[Sequence[Source]] = [sources]
    else:
        groups = documents(sources) if how == "document" else items.blocks(sources, size)
    return [
        Batch(tuple(group), tuple((source.id,) for source in group))
        for group in groups
        if not all(source.id in finished for source in group)
    ]


def asked_once(sources: Sequence[Source], backend: Backend, runtime: Runtime) -> int:
    """Segments that a back end is asked for where nothing is finished: equal ones may be one."""
    if backend.by_id and batching(backend, runtime, sources) in ("free", "single"):
        return len(sources)
    return sum(len(batch.sources) for batch in plan(sources, backend, runtime, frozenset()))


def _by_length(
    sources: Sequence[Source], finished: frozenset[str], size: int, *, by_id: bool
) -> Iterator[Batch]:
    groups = sorted(
        _alike(sources, finished, by_id=by_id),
        key=lambda group: (-len(group[0].text), group[0].text, group[0].id),
    )
    batch: list[list[Source]] = []
    for group in groups:
        longest = len(batch[0][0].text) if batch else 0
        full = len(batch) == size
        if full or (batch and longest * (len(batch) + 1) > size * CHARACTERS_A_SEGMENT):
            yield _batch(batch)
            batch = []
        batch.append(group)
    if batch:
        yield _batch(batch)


def _alike(
    sources: Sequence[Source], finished: frozenset[str], *, by_id: bool
) -> list[list[Source]]:
    """What is still to do, equal sources together, in the order of the first of each."""
    alike: dict[tuple[str | None, ...], list[Source]] = {}
    for source in sources:
        if source.id not in finished:
            same = (source.text, source.context, source.instruction, source.id if by_id else None)
            alike.setdefault(same, []).append(source)
    return list(alike.values())


def _batch(groups: Sequence[Sequence[Source]]) -> Batch:
    return Batch(
        tuple(group[0] for group in groups),
        tuple(tuple(source.id for source in group) for group in groups),
    )


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
    batches: Sequence[Batch],
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
